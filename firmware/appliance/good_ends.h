// SPDX-License-Identifier: Apache-2.0
// What came to a good end by whoever's hand, as the answer of `holdfast status` tells: a person at
// a terminal does the work of a duty as well.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "firmware/appliance/job.h"

namespace holdfast::appliance {

struct GoodEnd {
  JobKind kind = JobKind::backup;
  std::string business;
  Timestamp time;
  bool operator==(const GoodEnd&) const = default;
};

// The newest of each kind of each business: a backup that looked at everything, a verify and a
// drill that found nothing wrong. Nothing of a document that makes no sense.
[[nodiscard]] std::vector<GoodEnd> good_ends_in(std::string_view document);

}  // namespace holdfast::appliance

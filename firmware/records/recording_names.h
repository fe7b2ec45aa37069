// SPDX-License-Identifier: Apache-2.0
// What the paths of a mapping's recordings say of their calls.
#pragma once

#include <optional>

#include "firmware/records/facts.h"
#include "firmware/records/mapping.h"
#include "firmware/records/name_pattern.h"
#include "firmware/records/time_format.h"
#include "firmware/records/time_zone.h"

namespace holdfast::records {

// One thread at a time.
class RecordingNames {
 public:
  // The mapping's texts must be good, as whoever reads it from a file sees to; without a pattern
  // no name says anything.
  explicit RecordingNames(const Mapping& mapping);
  // Fills in call id, numbers and start by facts.path.
  void read(RecordingFacts& facts);

 private:
  NumberRules rules_;
  std::optional<NamePattern> pattern_;
  std::optional<TimeFormat> format_;
  std::optional<TimeZone> zone_;
};

}  // namespace holdfast::records

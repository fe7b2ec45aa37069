// SPDX-License-Identifier: Apache-2.0
// What a reconciliation said of rows and recordings, by their ids in the index: a few bytes of
// each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/records/binding.h"
#include "firmware/records/call_class.h"

namespace holdfast::job {

struct Finding {
  std::optional<records::CallClass> call_class;  // none: it was not judged
  records::Contradiction contradiction = records::Contradiction::none;

  [[nodiscard]] std::string_view class_name() const {
    return call_class ? name_of(*call_class) : std::string_view();
  }
};

class Findings {
 public:
  void set(std::uint32_t id, const Finding& finding) {
    if (found_.size() <= id) found_.resize(id + std::size_t{1});
    found_[id] = finding;
  }
  [[nodiscard]] Finding of(std::uint32_t id) const {
    return id < found_.size() ? found_[id] : Finding{};
  }

 private:
  std::vector<Finding> found_;
};

}  // namespace holdfast::job

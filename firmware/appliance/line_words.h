// SPDX-License-Identifier: Apache-2.0
// Words of the checked lines in home (vault/checked_line.h) that the appliance keeps: blanks and
// bytes that are no text are escaped, and what there is none of is `-`.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "hal/base/time.h"

namespace holdfast::appliance {

inline constexpr std::string_view kNoWord = "-";

[[nodiscard]] std::string word_text(const std::string& word);
[[nodiscard]] std::string word_text(const std::optional<Timestamp>& time);

// The words of a line, one after the other. What is not there or not right makes it fail for good.
class LineWords {
 public:
  explicit LineWords(std::string_view line) : rest_(line) {}

  [[nodiscard]] std::string_view next();
  [[nodiscard]] std::string text();
  [[nodiscard]] std::uint64_t number(
      std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
  [[nodiscard]] std::optional<Timestamp> time();
  [[nodiscard]] Timestamp known_time();
  void fail() { has_failed_ = true; }
  [[nodiscard]] bool is_at_end() const { return is_at_end_; }
  [[nodiscard]] bool has_failed() const { return has_failed_; }

 private:
  std::string_view rest_;
  bool is_at_end_ = false;
  bool has_failed_ = false;
};

// Calls `take` with the words of each line whose check is there and right; how many lines are not
// so.
[[nodiscard]] std::uint64_t for_each_line(std::string_view text,
                                          const std::function<void(LineWords& words)>& take);

}  // namespace holdfast::appliance

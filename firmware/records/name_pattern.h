// SPDX-License-Identifier: Apache-2.0
// What the path of a recording says of its call, by a pattern (RE2) with names:
//
//   (?P<agent>\d+)_(?P<phone>\d+)_(?P<start>\d{14})\.wav$
//
//   call_id                      the call's
//   start, start_date, ...       joined as they stand, they are the start
//   phone..., agent..., number...   each is a number of the call
//
// It is looked for anywhere in the item's path; ^ and $ hold it to begin and end. A path is bytes,
// and so is the pattern: other letters than ASCII stand for themselves, but not in brackets.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "firmware/records/facts.h"
#include "firmware/records/number_rules.h"
#include "firmware/records/time_format.h"
#include "firmware/records/time_zone.h"

namespace re2 {
class RE2;
}

namespace holdfast::records {

class NamePattern {
 public:
  // Nothing if it is none: no RE2, none of these names or others, or one too costly to look for.
  [[nodiscard]] static std::optional<NamePattern> parse(std::string_view text);
  ~NamePattern();
  NamePattern(NamePattern&&) noexcept;
  NamePattern& operator=(NamePattern&&) noexcept;

  // It has at least one group for the start, so that a format is needed.
  [[nodiscard]] bool has_start() const { return has_start_; }

  // Fills in call_id, numbers and start_ms by facts.path; what the path does not tell, or what
  // cannot be understood, is left empty. A start needs a format. One thread at a time.
  void read(RecordingFacts& facts, const NumberRules& rules,
            const std::optional<TimeFormat>& format, TimeZone& zone);

 private:
  enum class Group : std::uint8_t { unnamed, call_id, start, number };

  NamePattern();

  std::unique_ptr<re2::RE2> pattern_;
  std::vector<Group> groups_;  // from the whole match on
  bool has_start_ = false;
  struct Found;
  std::unique_ptr<Found> found_;
};

}  // namespace holdfast::records

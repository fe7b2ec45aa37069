// SPDX-License-Identifier: Apache-2.0
// Whether a source gave all it should have, judged by counts alone: numbers missing in a sequence,
// hours with only one of rows and recordings, days with far fewer calls than that weekday has.
//
// Hours and days are numbers that rise by one in the source's own time; which zone that is, is
// decided by whoever counts. Input out of order is ErrorCode::internal.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/result.h"

namespace holdfast::records {

// A call id or flow number, split before the digits at its end.
struct SequenceNumber {
  std::string_view prefix;
  std::uint64_t number = 0;
  std::size_t digits = 0;  // how many it is written with
};

// Nothing if it does not end in digits, or in more than 18 of them.
[[nodiscard]] std::optional<SequenceNumber> sequence_number_of(std::string_view text);

// Numbers that are missing, both ends included.
struct SequenceGap {
  std::string prefix;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::size_t digits = 0;

  // "C0041", or "C0041 … C0043".
  [[nodiscard]] std::string text() const;

  bool operator==(const SequenceGap&) const = default;
};

class SequenceGaps {
 public:
  // More than `jump_min` numbers missing at once are no gap but a counter that was set anew. The
  // first `gaps_max` gaps are kept, all are counted.
  explicit SequenceGaps(std::uint64_t jump_min = 100'000, std::size_t gaps_max = 100)
      : jump_min_(jump_min), gaps_max_(gaps_max) {}

  // In rising order of prefix and number; the same one may come again. Without `is_judged` what is
  // missing right before it is left out.
  [[nodiscard]] Result<void> add(const SequenceNumber& next, bool is_judged = true);

  [[nodiscard]] const std::vector<SequenceGap>& gaps() const { return gaps_; }
  [[nodiscard]] std::uint64_t gap_count() const { return gap_count_; }
  [[nodiscard]] std::uint64_t missing() const { return missing_; }  // numbers in all gaps
  [[nodiscard]] std::uint64_t jumps() const { return jumps_; }

 private:
  std::uint64_t jump_min_;
  std::size_t gaps_max_;
  bool has_last_ = false;
  std::string prefix_;
  std::uint64_t last_ = 0;
  std::vector<SequenceGap> gaps_;
  std::uint64_t gap_count_ = 0;
  std::uint64_t missing_ = 0;
  std::uint64_t jumps_ = 0;
};

struct HourCount {
  std::int64_t hour = 0;
  std::uint64_t rows = 0;  // those that expect a recording
  std::uint64_t recordings = 0;
};

struct OneSidedHour {
  std::int64_t hour = 0;
  bool has_rows = false;    // true: rows and no recordings; false: the reverse
  std::uint64_t count = 0;  // of what there is

  bool operator==(const OneSidedHour&) const = default;
};

// Hours with at least `count_min` of one and none of the other.
[[nodiscard]] Result<std::vector<OneSidedHour>> one_sided_hours(std::span<const HourCount> hours,
                                                                std::uint64_t count_min = 5);

struct DayCount {
  std::int64_t day = 0;
  std::uint64_t count = 0;
};

struct DayRules {
  std::uint32_t weeks = 8;       // how many of the same weekday before it say what is usual
  std::uint32_t weeks_min = 3;   // with fewer of them nothing is judged
  std::uint64_t usual_min = 20;  // where fewer are usual nothing is judged
  std::uint32_t percent = 50;    // of the usual count; below is far below
  // Neither judged nor part of what is usual.
  std::set<std::int64_t> holidays = {};
};

struct LowDay {
  std::int64_t day = 0;
  std::uint64_t count = 0;
  std::uint64_t usual = 0;  // the median

  bool operator==(const LowDay&) const = default;
};

// Of the days from `first` to `last` those far below what is usual on their weekday. A day that is
// not listed has a count of 0; before the first one that is, nothing was counted.
[[nodiscard]] Result<std::vector<LowDay>> low_days(std::span<const DayCount> days,
                                                   std::int64_t first, std::int64_t last,
                                                   const DayRules& rules = {});

// Of one recorder, agent or source: the first day without anything since, if it has gone silent by
// `last`. Days on which nothing is usual (weekends) alone are no silence.
[[nodiscard]] Result<std::optional<std::int64_t>> silent_since(std::span<const DayCount> days,
                                                               std::int64_t last,
                                                               const DayRules& rules = {});

// What a source may not have given. The names stand in reports, and are frozen (docs/formats.md,
// section 10).
#define HOLDFAST_INCOMPLETE_KINDS(X)                                              \
  X(sequence_gap)            /* numbers missing between call ids that count up */ \
  X(hour_without_recordings) /* an hour with rows, and none of its recordings */  \
  X(hour_without_rows)       /* an hour with recordings, and no row */            \
  X(low_rows)                /* a day with far fewer rows than its weekday has */ \
  X(low_recordings)                                                               \
  X(silent_rows) /* no row since that day */                                      \
  X(silent_recordings)

enum class IncompleteKind : std::uint8_t {
#define HOLDFAST_ENUMERATOR(name) name,
  HOLDFAST_INCOMPLETE_KINDS(HOLDFAST_ENUMERATOR)
#undef HOLDFAST_ENUMERATOR
};

inline constexpr std::array kIncompleteKinds = {
#define HOLDFAST_VALUE(name) IncompleteKind::name,
    HOLDFAST_INCOMPLETE_KINDS(HOLDFAST_VALUE)
#undef HOLDFAST_VALUE
};

// The name as written above.
[[nodiscard]] std::string_view name_of(IncompleteKind kind);
[[nodiscard]] std::optional<IncompleteKind> incomplete_kind_named(std::string_view name);

// What a business says of one source.
struct CompletenessRules {
  std::uint32_t days = 7;         // how many days, up to the last one that is judged
  std::uint32_t settle_days = 1;  // so many whole days pass between a day and its judgement
  std::uint64_t hour_calls = 5;   // so many of one, and none of the other, are told of an hour
  bool call_ids_count_up = false;
  DayRules day;
  std::set<IncompleteKind> failures;  // these make the run a failure, the others a warning
  std::set<IncompleteKind> off;       // these are not told
};

struct Incomplete {
  IncompleteKind kind = IncompleteKind::sequence_gap;
  std::string what;         // the ids, the hour or the day
  std::uint64_t count = 0;  // missing ids; calls of the hour or day; silent days
  std::uint64_t usual = 0;  // of a low day

  bool operator==(const Incomplete&) const = default;
};

// "2026-11-29", "2026-11-29 09:00": days and hours since 1970, as they stand on the site's wall.
[[nodiscard]] std::string day_text(std::int64_t day);
[[nodiscard]] std::string hour_text(std::int64_t hour);
// Nothing if it is no day written so.
[[nodiscard]] std::optional<std::int64_t> day_of_text(std::string_view text);

}  // namespace holdfast::records

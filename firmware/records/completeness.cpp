// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/completeness.h"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <tuple>

#include "hal/base/time.h"

namespace holdfast::records {

namespace {

constexpr std::size_t kDigitsMax = 18;
constexpr std::int64_t kWeek = 7;
constexpr std::int64_t kHour_ns = 3'600'000'000'000;
constexpr std::int64_t kDay_ns = 24 * kHour_ns;
constexpr std::string_view kDayText = "2026-11-29";
constexpr std::string_view kTimeText = "09:00";

Error out_of_order(std::string where) {
  return make_error(ErrorCode::internal, std::move(where), {{"what", "records out of order"}});
}

Result<void> check_order(std::span<const DayCount> days) {
  const auto does_not_rise = [](const DayCount& left, const DayCount& right) {
    return left.day >= right.day;
  };
  if (std::ranges::adjacent_find(days, does_not_rise) != days.end()) return out_of_order("days");
  return {};
}

std::uint64_t count_on(std::span<const DayCount> days, std::int64_t day) {
  const auto found = std::ranges::lower_bound(days, day, {}, &DayCount::day);
  return found == days.end() || found->day != day ? 0 : found->count;
}

// The median, the lower one of two. Nothing if too few of that weekday were counted.
std::optional<std::uint64_t> usual_on(std::span<const DayCount> days, std::int64_t day,
                                      const DayRules& rules) {
  std::vector<std::uint64_t> counts;
  for (std::uint32_t week = 1; week <= rules.weeks; ++week) {
    const std::int64_t before = day - kWeek * week;
    if (before < days.front().day) break;
    if (rules.holidays.contains(before)) continue;
    counts.push_back(count_on(days, before));
  }
  if (counts.empty() || counts.size() < rules.weeks_min) return std::nullopt;
  const auto middle = counts.begin() + static_cast<std::ptrdiff_t>((counts.size() - 1) / 2);
  std::ranges::nth_element(counts, middle);
  return *middle;
}

// count / usual < percent / 100, without overflow.
bool is_far_below(std::uint64_t count, std::uint64_t usual, std::uint32_t percent) {
  const std::uint64_t whole = usual / 100 * percent;
  const std::uint64_t rest = usual % 100 * percent;
  return count < whole + rest / 100 + (rest % 100 != 0 ? 1 : 0);
}

}  // namespace

std::optional<SequenceNumber> sequence_number_of(std::string_view text) {
  const auto is_digit = [](char byte) { return byte >= '0' && byte <= '9'; };
  const auto digits = static_cast<std::size_t>(
      std::ranges::find_if_not(text | std::views::reverse, is_digit) - text.rbegin());
  if (digits == 0 || digits > kDigitsMax) return std::nullopt;
  SequenceNumber split{text.substr(0, text.size() - digits), 0, digits};
  std::from_chars(text.data() + split.prefix.size(), text.data() + text.size(), split.number);
  return split;
}

std::string SequenceGap::text() const {
  const auto id = [this](std::uint64_t number) {
    const std::string written = std::to_string(number);
    const std::size_t zeros = digits > written.size() ? digits - written.size() : 0;
    return prefix + std::string(zeros, '0') + written;
  };
  return first == last ? id(first) : id(first) + " … " + id(last);
}

Result<void> SequenceGaps::add(const SequenceNumber& next, bool is_judged) {
  const bool is_same_sequence = has_last_ && next.prefix == prefix_;
  if (has_last_ && (is_same_sequence ? next.number < last_ : next.prefix < prefix_)) {
    return out_of_order("sequence numbers");
  }
  if (is_judged && is_same_sequence && next.number - last_ > 1) {
    const std::uint64_t count = next.number - last_ - 1;
    if (count > jump_min_) {
      ++jumps_;
    } else {
      missing_ += count;
      ++gap_count_;
      if (gaps_.size() < gaps_max_) {
        gaps_.push_back({prefix_, last_ + 1, next.number - 1, next.digits});
      }
    }
  }
  if (!is_same_sequence) prefix_.assign(next.prefix);
  last_ = next.number;
  has_last_ = true;
  return {};
}

Result<std::vector<OneSidedHour>> one_sided_hours(std::span<const HourCount> hours,
                                                  std::uint64_t count_min) {
  std::vector<OneSidedHour> found;
  const HourCount* before = nullptr;
  for (const HourCount& hour : hours) {
    if (before != nullptr && hour.hour <= before->hour) return out_of_order("hours");
    before = &hour;
    const std::uint64_t count = std::max(hour.rows, hour.recordings);
    if (std::min(hour.rows, hour.recordings) > 0 || count == 0 || count < count_min) continue;
    found.push_back({hour.hour, hour.rows > 0, count});
  }
  return found;
}

Result<std::vector<LowDay>> low_days(std::span<const DayCount> days, std::int64_t first,
                                     std::int64_t last, const DayRules& rules) {
  HF_TRY(check_order(days));
  std::vector<LowDay> low;
  if (days.empty()) return low;
  for (std::int64_t day = std::max(first, days.front().day); day <= last; ++day) {
    if (rules.holidays.contains(day)) continue;
    const auto usual = usual_on(days, day, rules);
    if (!usual || *usual < rules.usual_min) continue;
    const std::uint64_t count = count_on(days, day);
    if (is_far_below(count, *usual, rules.percent)) low.push_back({day, count, *usual});
  }
  return low;
}

Result<std::optional<std::int64_t>> silent_since(std::span<const DayCount> days, std::int64_t last,
                                                 const DayRules& rules) {
  const auto newest = std::ranges::find_if(days | std::views::reverse, [&](const DayCount& day) {
    return day.count > 0 && day.day <= last;
  });
  if (newest == days.rend()) return std::optional<std::int64_t>();
  const std::int64_t since = newest->day + 1;
  HF_TRY(const auto low, low_days(days, since, last, rules));
  return low.empty() ? std::optional<std::int64_t>() : since;
}

std::string_view name_of(IncompleteKind kind) {
  static constexpr std::array<std::string_view, kIncompleteKinds.size()> kNames = {
#define HOLDFAST_NAME(name) #name,
      HOLDFAST_INCOMPLETE_KINDS(HOLDFAST_NAME)
#undef HOLDFAST_NAME
  };
  return kNames.at(static_cast<std::size_t>(kind));
}

std::optional<IncompleteKind> incomplete_kind_named(std::string_view name) {
  for (const IncompleteKind kind : kIncompleteKinds) {
    if (name_of(kind) == name) return kind;
  }
  return std::nullopt;
}

std::string day_text(std::int64_t day) {
  return Timestamp{day * kDay_ns}.rfc3339().substr(0, kDayText.size());
}

std::string hour_text(std::int64_t hour) {
  std::string text = Timestamp{hour * kHour_ns}.rfc3339();
  text[kDayText.size()] = ' ';
  return text.substr(0, kDayText.size() + 1 + kTimeText.size());
}

std::optional<std::int64_t> day_of_text(std::string_view text) {
  const auto time = Timestamp::parse(text);
  if (text.size() != kDayText.size() || !time) return std::nullopt;
  return time->ns / kDay_ns;
}

}  // namespace holdfast::records

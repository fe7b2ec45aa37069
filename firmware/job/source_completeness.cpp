// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/source_completeness.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace holdfast::job {

namespace {

using records::DayCount;
using records::Incomplete;
using records::IncompleteKind;

constexpr std::uint64_t kKeptMax = 100;  // of a kind
constexpr std::int64_t kDay_ms = 86'400'000;
constexpr std::int64_t kHours = 24;

class Judge {
 public:
  Judge(const records::CompletenessRules& rules, const DayRange& days, Completeness& out)
      : rules_(rules), days_(days), out_(out) {}

  // The first day of silence; none: it gives something still.
  Result<std::optional<std::int64_t>> judge_days(const std::vector<DayCount>& days,
                                                 IncompleteKind low, IncompleteKind silent);
  Result<void> judge_hours(const SourceCounts& counts,
                           const std::optional<std::int64_t>& rows_silent,
                           const std::optional<std::int64_t>& recordings_silent);
  Result<void> judge_call_ids(const std::string& source, records::TimeZone& zone,
                              catalog::RecordBatch& batch);

 private:
  void add(IncompleteKind kind, std::string what, std::uint64_t count, std::uint64_t usual = 0) {
    if (rules_.off.contains(kind)) return;
    if (++out_.counts.at(std::to_underlying(kind)) > kKeptMax) return;
    out_.findings.push_back({kind, std::move(what), count, usual});
  }

  const records::CompletenessRules& rules_;
  const DayRange& days_;
  Completeness& out_;
};

Result<std::optional<std::int64_t>> Judge::judge_days(const std::vector<DayCount>& days,
                                                      IncompleteKind low, IncompleteKind silent) {
  std::optional<std::int64_t> since;
  // Not by a day of the future, which is a slip.
  const DayRange unsettled{days_.last + 1, days_.last + 1 + rules_.settle_days};
  const bool came_back =
      std::ranges::any_of(days, [&](const DayCount& day) { return unsettled.has(day.day); });
  if (!came_back) {
    HF_TRY(since, records::silent_since(days, days_.last, rules_.day));
  }
  HF_TRY(const auto low_days, records::low_days(days, days_.first, days_.last, rules_.day));
  for (const records::LowDay& day : low_days) {
    if (since && day.day >= *since) break;
    add(low, records::day_text(day.day), day.count, day.usual);
  }
  if (since) {
    add(silent, records::day_text(*since), static_cast<std::uint64_t>(days_.last - *since + 1));
  }
  return since;
}

// Silence is told once, not hour by hour.
Result<void> Judge::judge_hours(const SourceCounts& counts,
                                const std::optional<std::int64_t>& rows_silent,
                                const std::optional<std::int64_t>& recordings_silent) {
  HF_TRY(const auto hours, records::one_sided_hours(counts.hours, rules_.hour_calls));
  for (const records::OneSidedHour& hour : hours) {
    const auto& silent = hour.has_rows ? recordings_silent : rows_silent;
    if (silent && hour.hour >= *silent * kHours) continue;
    add(hour.has_rows ? IncompleteKind::hour_without_recordings : IncompleteKind::hour_without_rows,
        records::hour_text(hour.hour), hour.count);
  }
  return {};
}

// A number may have been given in another order than the calls began: rows of the day before and of
// all days since are looked at too, so that none is missing because it stands beside the days that
// are judged.
Result<void> Judge::judge_call_ids(const std::string& source, records::TimeZone& zone,
                                   catalog::RecordBatch& batch) {
  if (!rules_.call_ids_count_up) return {};
  records::SequenceGaps gaps;
  bool was_judged = false;
  const std::int64_t from_ms = (days_.first - 2) * kDay_ms;  // in any zone a day before
  HF_TRY(batch.for_each_call_id(
      source, from_ms, [&](const std::string& call_id, std::int64_t start_ms) -> Result<void> {
        const auto number = records::sequence_number_of(call_id);
        if (!number) return {};
        const bool is_judged = days_.has(day_of(zone, start_ms));
        // One with a zero byte has another order in the index, and is none of a counter's.
        if (gaps.add(*number, is_judged && was_judged)) was_judged = is_judged;
        return {};
      }));
  for (const records::SequenceGap& gap : gaps.gaps()) {
    add(IncompleteKind::sequence_gap, gap.text(), gap.last - gap.first + 1);
  }
  if (!rules_.off.contains(IncompleteKind::sequence_gap)) {
    out_.counts.at(std::to_underlying(IncompleteKind::sequence_gap)) = gaps.gap_count();
  }
  return {};
}

}  // namespace

std::int64_t settled_day(const records::CompletenessRules& rules, records::TimeZone& zone,
                         std::int64_t now_ms) {
  return day_of(zone, now_ms) - 1 - rules.settle_days;
}

DayRange judged_days(const records::CompletenessRules& rules, records::TimeZone& zone,
                     std::int64_t now_ms, const std::optional<std::int64_t>& watched_since_ms) {
  if (!watched_since_ms) return {};
  const std::int64_t last = settled_day(rules, zone, now_ms);
  const std::int64_t first = day_of(zone, *watched_since_ms) + 1;
  return {std::max(last - rules.days + 1, first), last};
}

Result<Completeness> judge_completeness(const records::CompletenessRules& rules,
                                        records::TimeZone& zone, const DayRange& days,
                                        const SourceCounts& counts, const std::string& source,
                                        catalog::RecordBatch& batch) {
  Completeness out;
  out.days = days;
  if (days.first > days.last) return out;
  Judge judge(rules, days, out);
  HF_TRY(const auto rows_silent, judge.judge_days(counts.calls_by_day(), IncompleteKind::low_rows,
                                                  IncompleteKind::silent_rows));
  HF_TRY(const auto recordings_silent,
         judge.judge_days(counts.recordings_by_day(), IncompleteKind::low_recordings,
                          IncompleteKind::silent_recordings));
  HF_TRY(judge.judge_hours(counts, rows_silent, recordings_silent));
  HF_TRY(judge.judge_call_ids(source, zone, batch));
  std::ranges::sort(out.findings, [](const Incomplete& a, const Incomplete& b) {
    return std::tie(a.kind, a.what) < std::tie(b.kind, b.what);
  });
  return out;
}

}  // namespace holdfast::job

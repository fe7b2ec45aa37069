// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/source_counts.h"

#include <algorithm>
#include <limits>

#include "firmware/records/time_format.h"

namespace holdfast::job {

namespace {

using records::CallClass;

constexpr std::int64_t kHour_ms = 3'600'000;
constexpr std::int64_t kHours = 24;
constexpr std::int32_t kNoHour = std::numeric_limits<std::int32_t>::min();

std::int64_t floor_of(std::int64_t value, std::int64_t unit) {
  return value / unit - (value % unit < 0 ? 1 : 0);
}

// Starts outside of 1970 to 2200 are none that a source means.
std::int32_t hour_of(records::TimeZone& zone, const std::optional<std::int64_t>& utc_ms) {
  if (!utc_ms || *utc_ms < 0 || *utc_ms > records::kMomentMax) return kNoHour;
  return static_cast<std::int32_t>(floor_of(zone.wall_of(*utc_ms), kHour_ms));
}

std::optional<std::size_t> hour_of_day(std::int32_t hour) {
  if (hour == kNoHour) return std::nullopt;
  return static_cast<std::size_t>(hour - floor_of(hour, kHours) * kHours);
}

bool expects_recording(CallClass call_class) {
  switch (call_class) {
    case CallClass::row_rejected:
    case CallClass::duplicate_key:
    case CallClass::not_expected:
    case CallClass::under_minimum:
    case CallClass::recording_pruned:
      return false;
    default:
      return true;
  }
}

class Counter {
 public:
  Counter(catalog::RecordInput& input, records::TimeZone& zone, const DayRange& days)
      : input_(input), zone_(zone), days_(days), hours_(input.recording_count(), kNoHour) {}

  Result<void> count_rows(const Findings& findings, const StopFlag* stop);
  Result<void> count_recordings(const Findings& findings, const StopFlag* stop);
  SourceCounts take();

 private:
  records::DayStatistics& day_at(std::int32_t hour) {
    if (hour == kNoHour) return counts_.statistics.days[std::nullopt];
    return counts_.statistics.days[floor_of(hour, kHours)];
  }
  records::HourCount* hour_at(std::int32_t hour) {
    const bool is_asked = hour != kNoHour && days_.has(floor_of(hour, kHours));
    return is_asked ? &by_hour_[hour] : nullptr;
  }

  catalog::RecordInput& input_;
  records::TimeZone& zone_;
  const DayRange& days_;
  std::vector<std::int32_t> hours_;  // of recordings that have a row, by number
  std::map<std::int64_t, records::HourCount> by_hour_;
  SourceCounts counts_;
};

// Side by side with the bindings, which are in order of rows as well.
Result<void> Counter::count_rows(const Findings& findings, const StopFlag* stop) {
  HF_TRY(const auto rows, input_.rows());
  HF_TRY(const auto bindings, input_.bindings());
  records::Binding binding;
  HF_TRY(bool has_binding, bindings->next(binding));
  records::RowFacts row;
  for (;;) {
    HF_TRY(check_stop(stop));
    HF_TRY(const bool found, rows->next(row));
    if (!found) return {};
    const std::int32_t hour = hour_of(zone_, row.start_ms);
    while (has_binding && binding.row <= row.id) {
      std::int32_t& of = hours_.at(binding.recording);
      if (binding.row == row.id && of == kNoHour) of = hour;
      HF_TRY(has_binding, bindings->next(binding));
    }
    const CallClass call_class =
        findings.of(input_.row_id(row.id)).call_class.value_or(CallClass::matched);
    day_at(hour).add_row(call_class, hour_of_day(hour));
    records::HourCount* count = hour_at(hour);
    if (count != nullptr && expects_recording(call_class)) ++count->rows;
  }
}

Result<void> Counter::count_recordings(const Findings& findings, const StopFlag* stop) {
  HF_TRY(const auto recordings, input_.recordings());
  records::RecordingFacts recording;
  for (;;) {
    HF_TRY(check_stop(stop));
    HF_TRY(const bool found, recordings->next(recording));
    if (!found) return {};
    std::int32_t hour = hours_.at(recording.id);
    if (hour == kNoHour) hour = hour_of(zone_, recording.start_ms);
    const CallClass call_class =
        findings.of(input_.recording_id(recording.id)).call_class.value_or(CallClass::matched);
    day_at(hour).add_recording(recording, call_class);
    if (records::HourCount* count = hour_at(hour)) ++count->recordings;
  }
}

SourceCounts Counter::take() {
  for (auto& [hour, count] : by_hour_) {
    count.hour = hour;
    counts_.hours.push_back(count);
  }
  return std::move(counts_);
}

template <class CountOf>
std::vector<records::DayCount> days_of(const records::Statistics& statistics, CountOf count_of) {
  std::vector<records::DayCount> days;
  for (const auto& [day, of_day] : statistics.days) {
    const std::uint64_t count = count_of(of_day);
    if (day && count > 0) days.push_back({*day, count});
  }
  return days;
}

}  // namespace

std::int64_t day_of(records::TimeZone& zone, std::int64_t utc_ms) {
  return floor_of(zone.wall_of(utc_ms), kHour_ms * kHours);
}

std::vector<records::DayCount> SourceCounts::calls_by_day() const {
  return days_of(statistics, [](const records::DayStatistics& day) { return day.calls; });
}

std::vector<records::DayCount> SourceCounts::recordings_by_day() const {
  return days_of(statistics, [](const records::DayStatistics& day) { return day.recordings; });
}

Result<SourceCounts> count_source(catalog::RecordInput& input, records::TimeZone& zone,
                                  const Findings& rows, const Findings& recordings,
                                  const DayRange& hours, const StopFlag* stop) {
  Counter counter(input, zone, hours);
  HF_TRY(counter.count_rows(rows, stop));
  HF_TRY(counter.count_recordings(recordings, stop));
  return counter.take();
}

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/statistics_files.h"

#include <algorithm>
#include <charconv>

#include "firmware/job/outcome_files.h"
#include "firmware/job/record_tree.h"
#include "firmware/records/completeness.h"
#include "firmware/records/csv_writer.h"

namespace holdfast::job {

namespace {

using records::ClassCounts;
using records::DayStatistics;

// Of a name without an ending. Not empty: a field that begins with = is a formula to spreadsheets.
constexpr std::string_view kNoType = ".";
constexpr std::size_t kMonthSize = 7;  // 2026-11

std::string text_of(const ClassCounts& counts) {
  std::string text;
  for (const records::CallClass each : records::kCallClasses) {
    if (counts.of(each) == 0) continue;
    text += (text.empty() ? "" : ";") + std::string(name_of(each)) + "=" +
            std::to_string(counts.of(each));
  }
  return text;
}

std::string text_of(const std::map<std::string, records::FileTypeCount>& types) {
  std::string text;
  for (const auto& [type, count] : types) {
    text += (text.empty() ? "" : ";") + (type.empty() ? std::string(kNoType) : type) + "=" +
            std::to_string(count.files) + "/" + std::to_string(count.bytes);
  }
  return text;
}

std::string text_of(const records::HoursOfDay& hours) {
  std::string text;
  for (std::size_t hour = 0; hour < hours.size(); ++hour) {
    if (hours.at(hour) == 0) continue;
    text += (text.empty() ? "" : ";") + std::to_string(hour) + "=" + std::to_string(hours.at(hour));
  }
  return text;
}

bool read_number(std::string_view text, std::uint64_t& out) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failure == std::errc{} && end == text.data() + text.size();
}

// Takes what stands before the mark off the text, and the mark.
std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

// A class that is not known is left out.
bool read_classes(std::string_view text, ClassCounts& out) {
  while (!text.empty()) {
    std::string_view value = take_until(text, ';');
    const auto call_class = records::call_class_named(take_until(value, '='));
    std::uint64_t count = 0;
    if (!read_number(value, count)) return false;
    if (call_class) out.add(*call_class, count);
  }
  return true;
}

bool read_types(std::string_view text, std::map<std::string, records::FileTypeCount>& out) {
  while (!text.empty()) {
    std::string_view value = take_until(text, ';');
    const std::string_view type = take_until(value, '=');
    records::FileTypeCount& count = out[type == kNoType ? std::string() : std::string(type)];
    const std::string_view files = take_until(value, '/');
    if (!read_number(files, count.files) || !read_number(value, count.bytes)) return false;
  }
  return true;
}

bool read_hours(std::string_view text, records::HoursOfDay& out) {
  while (!text.empty()) {
    std::string_view value = take_until(text, ';');
    std::uint64_t hour = 0;
    if (!read_number(take_until(value, '='), hour) || hour >= out.size()) return false;
    if (!read_number(value, out.at(hour))) return false;
  }
  return true;
}

}  // namespace

bool read_statistics_line(const OutcomeField& field, DayStatistics& out) {
  return read_number(field("calls"), out.calls) && read_number(field("rows"), out.rows) &&
         read_number(field("recordings"), out.recordings) &&
         read_number(field("bytes"), out.bytes) && read_number(field("speech_ms"), out.speech_ms) &&
         read_number(field("unmeasured"), out.unmeasured) &&
         read_classes(field("row_classes"), out.row_classes) &&
         read_classes(field("recording_classes"), out.recording_classes) &&
         read_types(field("file_types"), out.file_types) &&
         read_hours(field("calls_by_hour"), out.calls_by_hour);
}

namespace {

Result<void> read_month(vault::ContentReader& content, const vault::Item& item,
                        records::Statistics& out) {
  return read_outcomes(content, item, [&](const OutcomeField& field) -> Result<void> {
    const std::string_view text = field("day");
    const auto day = records::day_of_text(text);
    DayStatistics of_day;
    if ((!day && !text.empty()) || !read_statistics_line(field, of_day)) {
      return make_error(ErrorCode::damaged, item.path, {{"what", "outcomes"}});
    }
    out.days[day].merge(of_day);
    return {};
  });
}

}  // namespace

std::string statistics_folder(std::string_view source) {
  return outcomes_folder(source) + "/statistics";
}

std::string statistics_file(std::string_view source, const std::optional<std::int64_t>& day) {
  if (!day) return statistics_folder(source) + "/undated.csv";
  const std::string month = records::day_text(*day).substr(0, kMonthSize);
  return statistics_folder(source) + "/" + month + ".csv";
}

const std::vector<std::string>& statistics_columns() {
  static const std::vector<std::string> columns = {
      "day",          "calls",      "rows",        "recordings",        "bytes",
      "speech_ms",    "unmeasured", "row_classes", "recording_classes", "file_types",
      "calls_by_hour"};
  return columns;
}

std::vector<std::string> statistics_line(const std::optional<std::int64_t>& day,
                                         const DayStatistics& of_day) {
  return {day ? records::day_text(*day) : "", std::to_string(of_day.calls),
          std::to_string(of_day.rows),        std::to_string(of_day.recordings),
          std::to_string(of_day.bytes),       std::to_string(of_day.speech_ms),
          std::to_string(of_day.unmeasured),  text_of(of_day.row_classes),
          text_of(of_day.recording_classes),  text_of(of_day.file_types),
          text_of(of_day.calls_by_hour)};
}

Result<std::vector<SourceStatistics>> read_statistics(vault::Business& business,
                                                      const catalog::SnapshotRow& snapshot,
                                                      const StopFlag* stop) {
  HF_TRY(const auto content, vault::ContentReader::open(business));
  HF_TRY(const auto sources, recorded_sources(*content, vault::tree_of(snapshot)));
  RecordTree tree(*content, vault::tree_of(snapshot), nullptr, stop);
  std::vector<SourceStatistics> all;
  for (const std::string& source : sources) {
    records::Statistics statistics;
    HF_TRY(tree.walk(statistics_folder(source), [&](const vault::Item& item) {
      return read_month(*content, item, statistics);
    }));
    if (!statistics.days.empty()) all.push_back({source, std::move(statistics)});
  }
  return all;
}

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// record statistics: what a business has of each day.
#include <algorithm>
#include <numeric>

#include "firmware/app/arguments.h"
#include "firmware/app/verbs.h"
#include "firmware/job/statistics_files.h"
#include "firmware/records/completeness.h"
#include "firmware/records/csv_writer.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

using job::SourceStatistics;
using records::CallClass;
using records::ClassCounts;
using records::DayStatistics;

constexpr std::int64_t kMillisecond_ns = 1'000'000;

// Both included; none: no limit, and then what has no start is shown as well.
struct Days {
  std::optional<std::int64_t> first;
  std::optional<std::int64_t> last;

  [[nodiscard]] bool have(const std::optional<std::int64_t>& day) const {
    if (!day) return !first && !last;
    return (!first || *first <= *day) && (!last || *day <= *last);
  }
};

Result<std::optional<std::int64_t>> parse_day(const std::string& text,
                                              messages::Language language) {
  if (text.empty()) return std::optional<std::int64_t>();
  const auto day = records::day_of_text(text);
  if (!day) return usage_error(language, "cli.usage.bad_day", {{"text", text}});
  return day;
}

std::string text_of_day(const std::optional<std::int64_t>& day) {
  return day ? records::day_text(*day) : std::string();
}

std::string two_digits(std::size_t hour) {
  return (hour < 10 ? "0" : "") + std::to_string(hour);
}

void write_classes(JsonWriter& json, const std::string& key, const ClassCounts& counts) {
  json.begin_object(key);
  for (const CallClass each : records::kCallClasses) {
    if (counts.of(each) > 0) json.field(std::string(name_of(each)), counts.of(each));
  }
  json.end();
}

void write_day(JsonWriter& json, const DayStatistics& day) {
  json.field("calls", day.calls);
  json.field("rows", day.rows);
  json.field("recordings", day.recordings);
  json.field("bytes", day.bytes);
  json.field("speech_ms", day.speech_ms);
  json.field("unmeasured", day.unmeasured);
  write_classes(json, "row_classes", day.row_classes);
  write_classes(json, "recording_classes", day.recording_classes);
  json.begin_array("file_types");
  for (const auto& [type, count] : day.file_types) {
    json.begin_object();
    json.field("type", type);
    json.field("files", count.files);
    json.field("bytes", count.bytes);
    json.end();
  }
  json.end();
  json.begin_object("calls_by_hour");
  for (std::size_t hour = 0; hour < day.calls_by_hour.size(); ++hour) {
    const std::uint64_t calls = day.calls_by_hour.at(hour);
    if (calls > 0) json.field(two_digits(hour), calls);
  }
  json.end();
}

void write_sources(JsonWriter& json, const std::vector<SourceStatistics>& all) {
  json.begin_array("sources");
  for (const SourceStatistics& each : all) {
    json.begin_object();
    json.path("source", each.source);
    json.begin_array("days");
    for (const auto& [day, of_day] : each.statistics.days) {
      json.begin_object();
      if (day) json.field("day", text_of_day(day));
      if (!day) json.null("day");
      write_day(json, of_day);
      json.end();
    }
    json.end();
    json.begin_object("sum");
    write_day(json, each.statistics.sum());
    json.end();
    json.end();
  }
  json.end();
}

std::ptrdiff_t place_of(std::string_view column) {
  const std::vector<std::string>& stored = job::statistics_columns();
  return std::ranges::find(stored, column) - stored.begin();
}

// The columns of the files in a snapshot, but that each class and each hour has one of its own.
std::vector<std::string> csv_columns() {
  std::vector<std::string> columns = {"source"};
  const std::vector<std::string>& stored = job::statistics_columns();
  columns.insert(columns.end(), stored.begin(), stored.begin() + place_of("row_classes"));
  for (const char* of : {"rows_", "recordings_"}) {
    for (const CallClass each : records::kCallClasses) {
      columns.push_back(of + std::string(name_of(each)));
    }
  }
  columns.emplace_back("file_types");
  for (std::size_t hour = 0; hour < records::HoursOfDay().size(); ++hour) {
    columns.push_back("calls_" + two_digits(hour));
  }
  return columns;
}

std::uint64_t calls_in_hours(const DayStatistics& day) {
  return std::accumulate(day.calls_by_hour.begin(), day.calls_by_hour.end(), std::uint64_t{0});
}

std::vector<std::string> csv_line(const std::string& source, const std::optional<std::int64_t>& day,
                                  const DayStatistics& of_day) {
  std::vector<std::string> stored = job::statistics_line(day, of_day);
  std::vector<std::string> line = {escape_path(source)};
  line.insert(line.end(), stored.begin(), stored.begin() + place_of("row_classes"));
  for (const ClassCounts* counts : {&of_day.row_classes, &of_day.recording_classes}) {
    for (const CallClass each : records::kCallClasses) {
      line.push_back(std::to_string(counts->of(each)));
    }
  }
  line.push_back(*(stored.begin() + place_of("file_types")));
  // Where no hour is known of its calls, that there are none in it is not known either.
  const bool is_known = of_day.calls == 0 || calls_in_hours(of_day) > 0;
  for (const std::uint64_t calls : of_day.calls_by_hour) {
    line.push_back(is_known ? std::to_string(calls) : std::string());
  }
  return line;
}

Result<void> print_csv(Session& session, const std::vector<SourceStatistics>& all) {
  std::string text;
  const auto add = [&text](const std::vector<std::string>& line) {
    const std::vector<records::CsvField> fields(line.begin(), line.end());
    append_csv_row(records::kRfc4180, fields, text);
  };
  add(csv_columns());
  for (const SourceStatistics& each : all) {
    for (const auto& [day, of_day] : each.statistics.days) add(csv_line(each.source, day, of_day));
  }
  return session.output().write(text);
}

std::string types_text(const DayStatistics& day) {
  std::string text;
  for (const auto& [type, count] : day.file_types) {
    text += (text.empty() ? "" : ", ") + (type.empty() ? std::string(".") : type) + " " +
            std::to_string(count.files);
  }
  return text;
}

void add_line(Table& table, std::string name, const DayStatistics& day) {
  table.add({std::move(name), std::to_string(day.calls), std::to_string(day.rows),
             std::to_string(day.recordings),
             std::to_string(day.row_classes.of(CallClass::missing_recording)),
             duration_text(static_cast<std::int64_t>(day.speech_ms) * kMillisecond_ns),
             size_text(day.bytes), types_text(day)});
}

Table::Column number(Session& session, const char* key) {
  return {session.text(key), Table::Align::right};
}

// Those that have calls; nothing if the snapshot does not say of any.
void print_hours(Session& session, const SourceStatistics& of, const DayStatistics& sum) {
  Table table({{session.text("cli.column.hour")}, number(session, "cli.column.calls")});
  for (std::size_t hour = 0; hour < sum.calls_by_hour.size(); ++hour) {
    const std::uint64_t calls = sum.calls_by_hour.at(hour);
    if (calls > 0) table.add({two_digits(hour), std::to_string(calls)});
  }
  const std::uint64_t known = calls_in_hours(sum);
  if (known > 0) {
    session.say("cli.statistics.by_hour", {{"source", of.source}});
    table.print(session.out());
  }
  const auto undated = of.statistics.days.find(std::nullopt);
  const std::uint64_t no_start = undated == of.statistics.days.end() ? 0 : undated->second.calls;
  if (no_start > 0) {
    session.say("cli.statistics.no_start", {{"count", std::to_string(no_start)}});
  }
  if (known + no_start < sum.calls) {
    const std::uint64_t earlier = sum.calls - known - no_start;
    session.say("cli.statistics.no_hour", {{"count", std::to_string(earlier)}});
  }
}

void print(Session& session, const SourceStatistics& each) {
  session.say("cli.statistics.source", {{"source", each.source}});
  Table table({{session.text("cli.column.day")},
               number(session, "cli.column.calls"),
               number(session, "cli.column.rows"),
               number(session, "cli.column.recordings"),
               number(session, "cli.column.missing"),
               number(session, "cli.column.speech"),
               number(session, "cli.column.size"),
               {session.text("cli.column.types")}});
  for (const auto& [day, of_day] : each.statistics.days) {
    add_line(table, day ? text_of_day(day) : session.text("cli.statistics.undated"), of_day);
  }
  const DayStatistics sum = each.statistics.sum();
  add_line(table, session.text("cli.statistics.sum"), sum);
  table.print(session.out());
  print_hours(session, each, sum);
}

}  // namespace

Result<ExitCode> run_record_statistics(Session& session, const RecordStatisticsOptions& options) {
  const messages::Language language = session.language();
  if (options.csv && session.wants_json()) return usage_error(language, "cli.usage.csv_or_json");
  Days days;
  HF_TRY(days.first, parse_day(options.from, language));
  HF_TRY(days.last, parse_day(options.to, language));
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const auto snapshot, business->find_snapshot({}));
  HF_TRY(auto all, job::read_statistics(*business, snapshot, &session.stop()));
  for (SourceStatistics& each : all) {
    std::erase_if(each.statistics.days, [&](const auto& day) { return !days.have(day.first); });
  }
  if (session.wants_json()) {
    session.json().field("snapshot", snapshot.head.number);
    write_sources(session.json(), all);
    return ExitCode::done;
  }
  if (options.csv) {
    HF_TRY(print_csv(session, all));
    return ExitCode::done;
  }
  for (const SourceStatistics& each : all) print(session, each);
  if (all.empty()) session.say("cli.statistics.none");
  return ExitCode::done;
}

}  // namespace holdfast::app

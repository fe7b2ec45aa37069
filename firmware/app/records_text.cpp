// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/records_text.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <span>

#include "firmware/records/completeness.h"

namespace holdfast::app {

namespace {

using job::StoredReport;

constexpr std::int64_t kMillisecond_ns = 1'000'000;
constexpr std::size_t kShownMax = 5;  // of each kind of what was not given

void write_classes(JsonWriter& json, const std::string& key, const StoredReport& report,
                   std::string_view about) {
  json.begin_object(key);
  for (const StoredReport::Count& count : report.counts) {
    if (count.about == about) json.field(count.name, count.count);
  }
  json.end();
}

bool is_incomplete(std::string_view name) {
  return records::incomplete_kind_named(name).has_value();
}

// A text by its key.
struct Line {
  std::string key;
  messages::Arguments arguments;
};

std::string known_text(messages::Language language, const std::string& key, std::string_view name,
                       const messages::Arguments& arguments = {}) {
  std::string text = messages::render(language, key, arguments);
  if (text != key) return text;
  return messages::render(language, "cli.newer_word", {{"name", std::string(name)}});
}

Line not_given_line(const StoredReport::Count& count) {
  return {"cli.incomplete." + count.about,
          {{"what", count.name},
           {"count", std::to_string(count.count)},
           {"usual", std::to_string(count.usual)}}};
}

// Of a class that reached its threshold, or of what a source did not give.
Line verdict_line(Session& session, const StoredReport::Count& count) {
  const bool is_of_source = is_incomplete(count.name) || count.name == job::kColumnDrift;
  return {(is_of_source ? "cli.incomplete_verdict." : "cli.records.") + count.about,
          {{"class", class_text(session.language(), count.name)},
           {"count", std::to_string(count.count)}}};
}

void write_completeness(JsonWriter& json, const StoredReport& report) {
  if (report.judged_until().empty()) return json.null("completeness");
  json.begin_object("completeness");
  json.field("until", report.judged_until());
  json.field("days", report.count_of("judged", report.judged_until()));
  json.begin_array("findings");
  for (const StoredReport::Count& count : report.counts) {
    if (!is_not_given(count)) continue;
    json.begin_object();
    json.field("kind", count.about);
    json.path("what", count.name);
    json.field("count", count.count);
    if (count.usual > 0) json.field("usual", count.usual);
    json.end();
  }
  json.end();
  json.end();
}

void write_columns(JsonWriter& json, const StoredReport& report) {
  json.begin_array("columns");
  for (const StoredReport::Count& count : report.counts) {
    if (!is_column_change(count)) continue;
    json.begin_object();
    json.field("change", count.about);
    json.path("what", count.name);
    json.field("items", count.count);
    json.end();
  }
  json.end();
}

void write_suggestions(JsonWriter& json, const Suggestions& suggestions) {
  json.begin_array("pairs");
  for (const job::StoredSuggestion& each : suggestions) {
    json.begin_object();
    json.path("item", each.item);
    json.field("row", each.row);
    json.path("recording", each.recording);
    json.field("reason", each.reason);
    if (each.start_difference_ms) json.field("start_difference_ms", *each.start_difference_ms);
    if (each.duration_difference_ms) {
      json.field("duration_difference_ms", *each.duration_difference_ms);
    }
    json.end();
  }
  json.end();
}

std::string difference_text(const std::optional<std::int64_t>& difference_ms) {
  if (!difference_ms) return "?";
  return duration_text(std::abs(*difference_ms) * kMillisecond_ns);
}

// Those that stand in the snapshot, and those for which there was no room.
void say_suggested(Session& session, const StoredReport& report) {
  std::uint64_t pairs = 0;
  for (const StoredReport::Count& count : report.counts) {
    if (count.about == "suggested" && count.name != "left_out") pairs += count.count;
  }
  if (pairs > 0) session.say("cli.suggestions.count", {{"count", std::to_string(pairs)}});
  const std::uint64_t left_out = report.count_of("suggested", "left_out");
  if (left_out > 0) session.say("cli.suggestions.left_out", {{"count", std::to_string(left_out)}});
}

// The first ones of each kind; all stand in the report that the snapshot has.
void say_completeness(Session& session, const StoredReport& report) {
  std::map<std::string, std::size_t> said;
  for (const StoredReport::Count& count : report.counts) {
    if (!is_not_given(count) || ++said[count.about] > kShownMax) continue;
    const Line line = not_given_line(count);
    session.say(line.key, line.arguments);
  }
}

}  // namespace

void write_report(JsonWriter& json, const std::string& source, const StoredReport& report,
                  const Suggestions* suggestions) {
  json.begin_object();
  json.path("source", source);
  json.field("rows", report.count_of("sum", "rows"));
  json.field("recordings", report.count_of("sum", "recordings"));
  write_classes(json, "row_classes", report, "rows");
  write_classes(json, "recording_classes", report, "recordings");
  json.field("verdict", std::string(report.verdict()));
  write_classes(json, "warnings", report, "warning");
  write_classes(json, "failures", report, "failure");
  write_classes(json, "suggestions", report, "suggested");
  if (suggestions != nullptr) write_suggestions(json, *suggestions);
  write_columns(json, report);
  write_completeness(json, report);
  json.end();
}

void say_report(Session& session, const std::string& source, const StoredReport& report) {
  session.say("cli.records.sum",
              {{"source", source},
               {"rows", std::to_string(report.count_of("sum", "rows"))},
               {"recordings", std::to_string(report.count_of("sum", "recordings"))}});
  for (const StoredReport::Count& count : report.counts) {
    if (count.count == 0) continue;
    const messages::Arguments arguments = {{"class", class_text(session.language(), count.name)},
                                           {"count", std::to_string(count.count)}};
    if (count.about == "rows") session.say("cli.records.rows", arguments);
    if (count.about == "recordings") session.say("cli.records.recordings", arguments);
  }
  for (const StoredReport::Count& count : report.counts) {
    if (!is_column_change(count)) continue;
    session.say("cli.records.column", {{"change", column_text(session.language(), count), true}});
  }
  say_suggested(session, report);
  say_completeness(session, report);
  for (const StoredReport::Count& count : report.counts) {
    if (count.about != "warning" && count.about != "failure") continue;
    const Line line = verdict_line(session, count);
    session.warn(line.key, line.arguments);
  }
}

std::string suggestion_text(messages::Language language, const job::StoredSuggestion& each) {
  return known_text(language, "cli.suggested." + each.reason, each.reason,
                    {{"start", difference_text(each.start_difference_ms)},
                     {"duration", difference_text(each.duration_difference_ms)}});
}

void say_suggestions(Session& session, const std::string& business, std::uint64_t snapshot,
                     const Suggestions& suggestions) {
  for (const job::StoredSuggestion& each :
       std::span(suggestions).first(std::min(suggestions.size(), kShownMax))) {
    session.say("cli.suggestions.pair",
                {{"item", each.item},
                 {"row", std::to_string(each.row)},
                 {"recording", each.recording},
                 {"reason", suggestion_text(session.language(), each), true}});
  }
  if (suggestions.size() <= kShownMax) return;
  session.say("cli.suggestions.more", {{"count", std::to_string(suggestions.size() - kShownMax)},
                                       {"business", business},
                                       {"number", std::to_string(snapshot)}});
}

void write_records(JsonWriter& json, const std::vector<job::SourceRecords>& records) {
  if (records.empty()) return;
  json.begin_array("records");
  for (const job::SourceRecords& each : records) {
    if (each.report) write_report(json, each.source, *each.report);
  }
  json.end();
}

void say_records(Session& session, const job::SourceRecords& records) {
  if (records.report) say_report(session, records.source, *records.report);
}

bool has_failed(const std::vector<job::SourceRecords>& records) {
  return std::ranges::any_of(records, [](const job::SourceRecords& each) {
    return each.report && each.report->verdict() == "failure";
  });
}

bool is_not_given(const StoredReport::Count& count) {
  return is_incomplete(count.about);
}

std::string not_given_text(Session& session, const StoredReport::Count& count) {
  const Line line = not_given_line(count);
  return session.text(line.key, line.arguments);
}

bool is_column_change(const StoredReport::Count& count) {
  return count.about.starts_with("column_") || count.about == "columns_reordered";
}

std::string column_text(messages::Language language, const StoredReport::Count& count) {
  return known_text(language, "cli.columns." + count.about, count.about,
                    {{"what", count.name}, {"count", std::to_string(count.count)}});
}

std::string verdict_text(Session& session, const StoredReport::Count& count) {
  const Line line = verdict_line(session, count);
  return session.text(line.key, line.arguments);
}

std::string class_text(messages::Language language, std::string_view name) {
  return known_text(language, "cli.class." + (name.empty() ? "none" : std::string(name)), name);
}

std::string rung_text(Session& session, records::Rung rung) {
  return session.text("cli.rung." + std::to_string(static_cast<int>(rung)));
}

std::string reason_text(messages::Language language, std::string_view name) {
  return name.empty() ? "" : known_text(language, "cli.why." + std::string(name), name);
}

}  // namespace holdfast::app

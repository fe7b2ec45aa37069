// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/records_text.h"

#include <algorithm>

namespace holdfast::app {

namespace {

using job::StoredReport;

void write_classes(JsonWriter& json, const std::string& key, const StoredReport& report,
                   std::string_view about) {
  json.begin_object(key);
  for (const StoredReport::Count& count : report.counts) {
    if (count.about == about) json.field(count.name, count.count);
  }
  json.end();
}

}  // namespace

void write_report(JsonWriter& json, const std::string& source, const StoredReport& report) {
  json.begin_object();
  json.path("source", source);
  json.field("rows", report.count_of("sum", "rows"));
  json.field("recordings", report.count_of("sum", "recordings"));
  write_classes(json, "row_classes", report, "rows");
  write_classes(json, "recording_classes", report, "recordings");
  json.field("verdict", std::string(report.verdict()));
  write_classes(json, "warnings", report, "warning");
  write_classes(json, "failures", report, "failure");
  json.end();
}

void say_report(Session& session, const std::string& source, const StoredReport& report) {
  session.say("cli.records.sum",
              {{"source", source},
               {"rows", std::to_string(report.count_of("sum", "rows"))},
               {"recordings", std::to_string(report.count_of("sum", "recordings"))}});
  for (const StoredReport::Count& count : report.counts) {
    if (count.count == 0 || count.about == "sum") continue;
    const messages::Arguments arguments = {{"class", class_text(session, count.name)},
                                           {"count", std::to_string(count.count)}};
    if (count.about == "rows") session.say("cli.records.rows", arguments);
    if (count.about == "recordings") session.say("cli.records.recordings", arguments);
    if (count.about == "warning") session.warn("cli.records.warning", arguments);
    if (count.about == "failure") session.warn("cli.records.failure", arguments);
  }
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

std::string class_text(Session& session, std::string_view name) {
  return session.text("cli.class." + (name.empty() ? "none" : std::string(name)));
}

std::string rung_text(Session& session, records::Rung rung) {
  return session.text("cli.rung." + std::to_string(static_cast<int>(rung)));
}

}  // namespace holdfast::app

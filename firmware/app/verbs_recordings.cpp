// SPDX-License-Identifier: Apache-2.0
// record recordings: those of one class, and the call that each belongs to.
#include "firmware/app/arguments.h"
#include "firmware/app/records_text.h"
#include "firmware/app/report.h"
#include "firmware/app/source_day.h"
#include "firmware/app/verbs.h"
#include "firmware/job/class_recordings.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

using job::ClassRecording;
using job::ClassRecordings;

constexpr std::int64_t kMillisecond_ns = 1'000'000;

Result<records::CallClass> parse_class(const std::string& text, messages::Language language) {
  if (const auto found = records::call_class_named(text)) return *found;
  std::string names;
  for (const records::CallClass each : records::kCallClasses) {
    names += (names.empty() ? "" : ", ") + std::string(name_of(each));
  }
  return usage_error(language, "cli.usage.bad_class", {{"text", text}, {"names", names}});
}

std::string time_of(const std::optional<std::int64_t>& start_ms) {
  return start_ms ? Timestamp{*start_ms * kMillisecond_ns}.rfc3339() : std::string();
}

void write_row(JsonWriter& json, const std::optional<catalog::CallRow>& row) {
  if (!row) return json.null("row");
  json.begin_object("row");
  json.path("item", row->item);
  json.field("row", row->number);
  json.field("key", row->key);
  json.field("call_id", row->call_id);
  json.end();
}

void write_recording(JsonWriter& json, const ClassRecording& each) {
  const job::Outcome& outcome = each.outcome;
  json.begin_object();
  json.path("source", outcome.source);
  json.path("path", outcome.recording);
  json.field("reason", outcome.reason);
  json.field("audio", outcome.audio);
  outcome.duration_ms ? json.field("duration_ms", *outcome.duration_ms) : json.null("duration_ms");
  json.field("first_seen", outcome.first_seen);
  each.call.start_ms ? json.field("start", time_of(each.call.start_ms)) : json.null("start");
  write_row(json, each.call.row);
  json.end();
}

void tell(Session& session, const ClassRecordings& found) {
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.field("snapshot", found.snapshot);
    json.field("count", found.count);
    json.begin_array("recordings");
    for (const ClassRecording& each : found.recordings) write_recording(json, each);
    json.end();
    return;
  }
  Table table({{session.text("cli.column.path")},
               {session.text("cli.column.start")},
               {session.text("cli.column.row")},
               {session.text("cli.column.reason")}});
  for (const auto& [outcome, call] : found.recordings) {
    const auto& row = call.row;
    table.add({escape_path(outcome.recording), time_of(call.start_ms),
               row ? escape_path(row->item) + ":" + std::to_string(row->number) : "",
               reason_text(session.language(), outcome.reason)});
  }
  table.print(session.out());
  session.note("cli.records.of_class", {{"shown", std::to_string(found.recordings.size())},
                                        {"count", std::to_string(found.count)}});
}

}  // namespace

Result<ExitCode> run_record_recordings(Session& session, const RecordRecordingsOptions& options) {
  job::ClassQuestion question;
  HF_TRY(question.call_class, parse_class(options.call_class, session.language()));
  question.skip = static_cast<std::uint64_t>(options.skip);
  question.limit = static_cast<std::uint64_t>(options.limit);
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const SourceDay day, parse_source_day(session, *business, options.source, options.day));
  question.source = day.source;
  question.is_wanted = [&day](const std::optional<std::int64_t>& start_ms) {
    return day.takes(start_ms);
  };
  HF_TRY(const auto found, job::find_class_recordings(*business, question, &session.stop()));
  tell(session, found);
  if (found.lost.count == 0) return ExitCode::done;
  warn_of_problems(session, "cli.lost", found.lost);
  return ExitCode::lost;
}

}  // namespace holdfast::app

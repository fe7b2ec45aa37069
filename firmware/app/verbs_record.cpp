// SPDX-License-Identifier: Apache-2.0
// record find: the rows of a business and the recordings they belong to.
#include <algorithm>
#include <tuple>

#include "firmware/app/arguments.h"
#include "firmware/app/masked_rows.h"
#include "firmware/app/records_text.h"
#include "firmware/app/source_day.h"
#include "firmware/app/verbs.h"
#include "firmware/job/record_condition.h"
#include "firmware/job/record_index_file.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::int64_t kMillisecond_ns = 1'000'000;

Result<std::optional<std::int64_t>> parse_moment(const std::string& text,
                                                 messages::Language language) {
  if (text.empty()) return std::optional<std::int64_t>();
  const auto time = Timestamp::parse(text);
  if (!time) return usage_error(language, "cli.usage.bad_time", {{"text", text}});
  return std::optional(time->ns / kMillisecond_ns);
}

Result<catalog::RecordQuery> parse_query(const RecordFindOptions& options,
                                         messages::Language language) {
  catalog::RecordQuery query;
  for (const std::string& condition : options.conditions) {
    if (job::add_condition(condition, query)) continue;
    return usage_error(language, "cli.usage.bad_key", {{"text", condition}});
  }
  HF_TRY(query.from_ms, parse_moment(options.from, language));
  HF_TRY(query.until_ms, parse_moment(options.to, language));
  query.skip = static_cast<std::uint32_t>(options.skip);
  query.limit = static_cast<std::uint32_t>(options.limit);
  return query;
}

// --source and --day.
Result<void> narrow(Session& session, vault::Business& business, const RecordFindOptions& options,
                    catalog::RecordQuery& query) {
  HF_TRY(const SourceDay of, parse_source_day(session, business, options.source, options.day));
  query.source = of.source;
  query.is_undated = of.is_undated;
  if (options.day.empty()) return {};
  if (query.from_ms || query.until_ms) {
    return usage_error(session.language(), "cli.usage.day_or_times");
  }
  query.from_ms = of.from_ms;
  query.until_ms = of.until_ms;
  return {};
}

// The latest start first, those without one last. What has one start is told in the same order by
// every index of the same snapshot, in whatever order it was made.
bool goes_before(const catalog::FoundRow& left, const catalog::FoundRow& right) {
  const auto key_of = [](const catalog::FoundRow& row) {
    return std::tie(row.is_former, row.item.source, row.item.path, row.row.number);
  };
  const auto& start = left.row.facts.start_ms;
  const auto& other = right.row.facts.start_ms;
  return start != other ? start > other : key_of(left) < key_of(right);
}

std::string class_name(const catalog::FoundRow& row) {
  if (!row.row_class) return "";
  return std::string(name_of(*row.row_class));
}

bool is_rejected(const catalog::FoundRow& row) {
  return row.row.facts.fault != records::RowFault::none;
}

std::string fault_name(const catalog::FoundRow& row) {
  return std::string(name_of(row.row.facts.fault));
}

void write_recordings(JsonWriter& json, const catalog::FoundRow& row) {
  json.begin_array("recordings");
  for (const catalog::FoundRecording& recording : row.recordings) {
    json.begin_object();
    json.path("path", recording.path);
    json.field("rung", static_cast<int>(recording.rung));
    json.field("gone", recording.gone);
    if (recording.is_pruned) json.field("pruned", true);
    json.end();
  }
  json.end();
}

void write_row(JsonWriter& json, const catalog::FoundRow& row, std::uint64_t snapshot) {
  json.begin_object();
  json.path("source", row.item.source);
  json.path("item", row.item.path);
  json.field("row", row.row.number);
  json.field("snapshot", snapshot);
  json.field("class", class_name(row));
  if (is_rejected(row)) json.field("reason", fault_name(row));
  json.field("former", row.is_former);
  json.begin_object("columns");
  for (std::size_t i = 0; i < row.row.fields.size(); ++i) {
    const std::string& column = row.item.columns[i];
    const auto& field = row.row.fields[i];
    if (field) json.field(column, *field);
    if (!field) json.null(column);
  }
  json.end();
  write_recordings(json, row);
  json.end();
}

void say_row(Session& session, const catalog::FoundRow& row) {
  const std::string key = is_rejected(row) ? "cli.records.row_why" : "cli.records.row";
  session.say(key, {{"item", row.item.path},
                    {"row", std::to_string(row.row.number)},
                    {"class", class_text(session.language(), class_name(row))},
                    {"why", reason_text(session.language(), fault_name(row)), true}});
  for (std::size_t i = 0; i < row.row.fields.size(); ++i) {
    const auto& field = row.row.fields[i];
    if (!field || field->empty()) continue;
    session.say("cli.records.field", {{"column", row.item.columns[i]}, {"value", *field}});
  }
  for (const catalog::FoundRecording& recording : row.recordings) {
    session.say("cli.records.recording",
                {{"path", recording.path}, {"rung", rung_text(session, recording.rung)}});
  }
}

// As a shell takes it for one word, whatever is in it.
std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,";
  if (text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char byte : text) word += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
  return word + "'";
}

// The way from a row to its recording: of the first one, as an example.
void note_way(Session& session, const std::string& business, const catalog::FoundRows& found,
              std::uint64_t snapshot) {
  for (const catalog::FoundRow& row : found.rows) {
    if (row.recordings.empty() || row.recordings.front().is_pruned) continue;
    const catalog::FoundRecording& recording = row.recordings.front();
    return session.note("cli.records.get", {{"business", shell_word(business)},
                                            {"path", shell_word(escape_path(recording.path)), true},
                                            {"number", std::to_string(snapshot)},
                                            {"gone", recording.gone ? " --gone" : ""}});
  }
}

}  // namespace

Result<ExitCode> run_record_find(Session& session, const RecordFindOptions& options) {
  HF_TRY(catalog::RecordQuery query, parse_query(options, session.language()));
  HF_TRY(check_reason(options.reason, session.language()));
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(narrow(session, *business, options, query));
  std::optional<RowMask> mask;
  if (options.masked) {
    HF_TRY(mask, RowMask::make(session, *business));
    if (!mask->allows(query)) return usage_error(session.language(), "cli.usage.masked_find");
  }
  HF_TRY(auto index, job::open_record_index(*business));
  HF_TRY(catalog::FoundRows found, index.find(query));
  std::ranges::sort(found.rows, goes_before);
  HF_TRY(const journal::Head snapshot, index.head());
  if (mask) {
    for (catalog::FoundRow& row : found.rows) mask->apply(row);
  }
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.begin_array("rows");
    for (const catalog::FoundRow& row : found.rows) write_row(json, row, snapshot.number);
    json.end();
    json.field("more", found.has_more);
    json.field("masked", options.masked);
    return ExitCode::done;
  }
  for (const catalog::FoundRow& row : found.rows) say_row(session, row);
  if (found.rows.empty()) session.say("cli.records.none");
  if (!options.masked) note_way(session, options.name, found, snapshot.number);
  if (found.has_more) session.note("cli.records.more", {{"count", std::to_string(query.limit)}});
  return ExitCode::done;
}

}  // namespace holdfast::app

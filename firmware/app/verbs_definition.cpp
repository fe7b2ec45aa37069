// SPDX-License-Identifier: Apache-2.0
// business preview, change: a definition is looked at before it is taken.
#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/app/asked_definition.h"
#include "firmware/app/audit_trail.h"
#include "firmware/app/config.h"
#include "firmware/app/definition.h"
#include "firmware/app/definition_text.h"
#include "firmware/app/item_text.h"
#include "firmware/app/records_text.h"
#include "firmware/app/schedule_config.h"
#include "firmware/app/verbs.h"
#include "firmware/job/source_preview.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::int64_t kMillisecond_ns = 1'000'000;

// A definition that is given for a business, which may not be there yet.
struct Given {
  std::unique_ptr<vault::Business> business;  // null: there is none of that name
  std::string before;                         // its definition as it is now
  std::string text;                           // what would stand in its place
  source::BusinessDefinition definition;
};

Result<Given> read_given(Session& session, const DefinitionOptions& options, vault::Access access) {
  HF_TRY(check_business_name(options.name, session.language()));
  HF_TRY(const std::string text, read_definition(session, options.file));
  HF_TRY(const BusinessFile file, parse_business(text, options.file, session.language()));
  HF_TRY(check_schedule(text, options.file, session.language(), file.definition.schedule,
                        session.ports().clock.now()));
  HF_TRY(const vault::Box* box, session.box());
  Given given;
  given.text = text;
  if (box->keyring().find_business(options.name) == nullptr) {
    HF_TRY(check_new_file(session, file, options.name));
    given.definition = file.definition;
    given.definition.name = options.name;
    HF_TRY(check_asked(session, {}, given.definition));
    return given;
  }
  HF_TRY(given.business, session.open_business(options.name, access));
  HF_TRY(given.definition, check_definition(session, *given.business, file, options.file));
  given.text = complete_business(text, file, given.business->id(), options.name);
  HF_TRY(given.before, given.business->definition());
  HF_TRY(check_asked(session, given.before, given.definition));
  return given;
}

// Locks that would be in force.
Result<source::LockDays> locks_of(const Given& given) {
  if (!given.business) return source::locks_of(given.definition);
  HF_TRY(const auto policy, given.business->policy_in_force());
  return source::locks_of(given.definition, policy ? policy->lock_days : source::LockDays());
}

Result<std::vector<job::SourcePreview>> look_at(Session& session,
                                                const source::BusinessDefinition& definition) {
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(const std::vector<std::string> disks, box->disk_paths());
  std::vector<std::string> apart = disks;
  HF_TRY(std::string home, session.home_path());
  apart.push_back(std::move(home));
  const AppPorts& ports = session.ports();
  HF_TRY(ports::Disk * disk, session.home_disk());
  return job::preview_sources(
      {definition, ports.files, *disk, ports.clock, ports.sql,
       "sort-preview-" + to_hex(ports.random.array<8>()), std::move(apart),
       [&](const std::string& path) { return session.read_password(path); },
       [&](const source::SourceDefinition& each) { return check_source(session, each, disks); },
       &session.stop()});
}

void write_problem(Session& session, const std::string& key, const std::optional<Error>& error) {
  if (error) return write_error(session.json(), session.language(), *error, key);
  session.json().null(key);
}

void write_facts(JsonWriter& json, const records::RowFacts& facts) {
  json.path("key", facts.key);
  json.path("call_id", facts.call_id);
  write_time(
      json, "start",
      facts.start_ms ? std::optional(Timestamp{*facts.start_ms * kMillisecond_ns}) : std::nullopt);
  if (facts.duration_ms) {
    json.field("duration_ms", *facts.duration_ms);
  } else {
    json.null("duration_ms");
  }
  json.begin_array("numbers");
  for (const std::string& number : facts.numbers) json.path_element(number);
  json.end();
  json.path("path", facts.path);
  json.field("expected", facts.expects_recording);
}

void write_row(JsonWriter& json, const job::PreviewRow& row,
               const std::vector<std::string>& columns) {
  json.begin_object();
  json.begin_object("columns");
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    const std::string column = escape_path(columns[i]);
    if (row.fields[i]) json.path(column, *row.fields[i]);
    if (!row.fields[i]) json.null(column);
  }
  json.end();
  const bool is_rejected = row.facts.fault != records::RowFault::none;
  json.field("reason", is_rejected ? std::string(name_of(row.facts.fault)) : std::string());
  if (!is_rejected) write_facts(json, row.facts);
  json.begin_array("recordings");
  for (const auto& match : row.recordings) {
    json.begin_object();
    json.path("path", match.path);
    json.field("rung", static_cast<int>(match.rung));
    json.end();
  }
  json.end();
  json.end();
}

void write_item(JsonWriter& json, const vault::Item& item) {
  json.begin_object();
  json.path("path", item.path);
  json.field("type", name_of(item.type));
  json.field("size", item.size);
  json.field("mtime", Timestamp{item.mtime_ns});
  json.end();
}

void write_preview(Session& session, const source::SourceDefinition& source,
                   const job::SourcePreview& preview) {
  JsonWriter& json = session.json();
  json.begin_object();
  json.path("name", source.name);
  json.field("type", std::string(name_of(source.type)));
  write_problem(session, "problem", preview.error);
  json.begin_array("items");
  for (const vault::Item& item : preview.items) write_item(json, item);
  json.end();
  json.field("items_looked", preview.items_looked);
  json.field("more", preview.has_more);
  if (source.has_rows()) {
    write_problem(session, "rows_problem", preview.rows_error);
    json.path("rows_item", preview.row_item);
    json.begin_array("columns");
    for (const std::string& column : preview.columns) json.path_element(column);
    json.end();
    json.begin_array("rows");
    for (const job::PreviewRow& row : preview.rows) write_row(json, row, preview.columns);
    json.end();
    json.field("recordings_looked", preview.recordings_looked);
  }
  json.end();
}

void say_rows(Session& session, const job::SourcePreview& preview) {
  std::string columns;
  for (const std::string& column : preview.columns) {
    columns += (columns.empty() ? "" : ", ") + column;
  }
  if (!columns.empty()) session.say("cli.preview.columns", {{"columns", columns}});
  for (const job::PreviewRow& row : preview.rows) {
    std::string fields;
    for (const auto& field : row.fields) {
      fields += (fields.empty() ? "" : " | ") + field.value_or("NULL");
    }
    const records::RowFault fault = row.facts.fault;
    if (fault != records::RowFault::none) {
      session.say(
          "cli.preview.rejected",
          {{"fields", fields}, {"why", reason_text(session.language(), name_of(fault)), true}});
    } else {
      session.say("cli.preview.row", {{"fields", fields}});
    }
    for (const auto& match : row.recordings) {
      session.say("cli.records.recording",
                  {{"path", match.path}, {"rung", rung_text(session, match.rung)}});
    }
  }
}

void say_preview(Session& session, const source::SourceDefinition& source,
                 const job::SourcePreview& preview) {
  session.say("cli.preview.source", {{"name", source.name}});
  for (const vault::Item& item : preview.items) {
    session.say("cli.preview.item", {{"path", item.path}, {"size", size_text(item.size)}});
  }
  const std::string key = preview.has_more ? "cli.preview.looked_more" : "cli.preview.looked";
  if (source.has_folder()) session.say(key, {{"count", std::to_string(preview.items_looked)}});
  say_rows(session, preview);
  for (const auto& error : {preview.error, preview.rows_error}) {
    if (error) session.tell(*error);
  }
}

}  // namespace

Result<ExitCode> run_business_preview(Session& session, const DefinitionOptions& options) {
  HF_TRY(const Given given, read_given(session, options, vault::Access::read));
  HF_TRY(const auto locks, locks_of(given));
  HF_TRY(note_reading(session, "business preview", given.definition, given.text));
  HF_TRY(const auto previews, look_at(session, given.definition));
  const bool has_problem =
      std::ranges::any_of(previews, [](const auto& each) { return each.error || each.rows_error; });
  const ExitCode outcome = has_problem ? ExitCode::unreadable : ExitCode::done;
  if (!session.wants_json()) {
    for (std::size_t i = 0; i < previews.size(); ++i) {
      say_preview(session, given.definition.sources[i], previews[i]);
    }
    return outcome;
  }
  JsonWriter& json = session.json();
  json.field("name", options.name);
  json.field("known", given.business != nullptr);
  if (given.business) {
    json.field("before", given.before);
    json.field("before_sha256", definition_sha256(given.before));
  } else {
    json.null("before");
    json.null("before_sha256");
  }
  json.field("definition", given.text);
  write_sources(json, given.definition, locks);
  json.begin_array("previews");
  for (std::size_t i = 0; i < previews.size(); ++i) {
    write_preview(session, given.definition.sources[i], previews[i]);
  }
  json.end();
  return outcome;
}

Result<ExitCode> run_business_change(Session& session, const DefinitionOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(vault::Box * box, session.box());
  if (box->keyring().find_business(options.name) == nullptr) {
    return make_error(ErrorCode::no_business, options.name);
  }
  HF_TRY(
      const Given given,
      read_given(session, options, options.dry_run ? vault::Access::read : vault::Access::write));
  // Under the writer lock, unless it is a dry run.
  const bool must_be_said = !session.environment().actor.empty() || !options.before.empty();
  if (must_be_said && options.before != definition_sha256(given.before)) {
    return make_error(ErrorCode::invalid_argument, "--before",
                      {{"what", session.text("cli.config.changed_meanwhile"), true}});
  }
  HF_TRY(const std::vector<std::string> disk_paths, box->disk_paths());
  HF_TRY(check_sources(session, given.definition, disk_paths));
  HF_TRY(check_kinds_apart(session, *box, given.definition));
  HF_TRY(const auto locks, locks_of(given));
  const bool is_same = given.before == given.text;
  std::optional<Error> incomplete;
  if (!options.dry_run && !is_same) {
    bool is_kept = false;
    const auto changed = given.business->change_definition(given.text, locks, is_kept);
    if (!is_kept) return changed.error();
    if (!changed) incomplete = changed.error();
    session.set_committed(
        changed ? std::optional(given.business->journal().head().number) : std::nullopt,
        given.business->warnings());
  }
  constexpr const char* kWarning = "cli.business.change_not_complete";
  messages::Arguments arguments = {{"name", options.name}};
  if (incomplete) {
    arguments.push_back({"what", messages::render_error(session.language(), *incomplete), true});
    session.warn(kWarning, arguments);
  }
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.field("name", options.name);
    json.field("id", given.business->id().hex());
    json.field("changed", !is_same);
    write_sources(json, given.definition, locks);
    session.write_committed();
    if (incomplete) json.field("warning", session.text(kWarning, arguments));
  }
  const char* said = is_same           ? "cli.business.unchanged"
                     : options.dry_run ? "cli.business.would_change"
                                       : "cli.business.changed";
  session.say(said, {{"name", options.name}});
  return ExitCode::done;
}

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
// restore: a snapshot, or parts of it, into a folder; with --into an export, into a new folder on a
// medium (docs/decisions/0044).
#include <algorithm>

#include "firmware/api/accounts.h"
#include "firmware/app/arguments.h"
#include "firmware/app/audit_trail.h"
#include "firmware/app/definition.h"
#include "firmware/app/export_folder.h"
#include "firmware/app/pruned.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/restore.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

Result<job::RestoreRequest> make_request(Session& session, vault::Business& business,
                                         const RestoreOptions& options) {
  const messages::Language language = session.language();
  job::RestoreRequest request;
  for (const std::string& path : options.paths) {
    HF_TRY(std::string raw, parse_item_path(path, language));
    request.selection.paths.push_back(std::move(raw));
  }
  HF_TRY(const auto selector, parse_restore_snapshot(options, language));
  HF_TRY(request.selection.snapshot, business.find_snapshot(selector));
  if (!options.since.empty()) {
    HF_TRY(const auto since, parse_snapshot(options.since, language));
    HF_TRY(request.selection.since, business.find_snapshot(since));
  }
  if (options.with_rows) {
    HF_TRY(request.rows_by, load_definition(session, business));
  }
  request.target = options.target;
  request.selection.gone = options.gone;
  request.overwrite = options.overwrite;
  request.dry_run = options.dry_run;
  request.stop = &session.stop();
  request.progress = &session.progress();
  return request;
}

// What the snapshot had where it was asked for, and what does not come back with it.
struct PrunedItems {
  static constexpr std::size_t kKeptMax = 1000;
  std::uint64_t count = 0;
  std::vector<catalog::DeletedRow> kept;  // the first ones
};

Result<PrunedItems> find_pruned_items(vault::Business& business,
                                      const job::RestoreRequest& request) {
  PrunedItems found;
  std::vector<std::string> paths = request.selection.paths;
  if (paths.empty()) paths.emplace_back();
  for (const std::string& path : paths) {
    HF_TRY(job::list_pruned(business, request.selection.snapshot, path, true, request.stop,
                            [&](const catalog::DeletedRow& row) -> Result<void> {
                              found.count += 1;
                              if (found.kept.size() < PrunedItems::kKeptMax) {
                                found.kept.push_back(row);
                              }
                              return {};
                            }));
  }
  return found;
}

// The target holds all that the snapshot can still give, durably.
bool is_whole(const job::RestoreRequest& request, const job::RestoreReport& report) {
  return !request.dry_run && report.failed.count == 0 && !report.ended;
}

ExitCode exit_code_of(const job::RestoreReport& report) {
  if (report.ended) return app::exit_code_of(*report.ended);
  return worst_of({report.failed.count > 0 ? ExitCode::failed : ExitCode::done,
                   report.lost.count > 0 ? ExitCode::lost : ExitCode::done});
}

void write_moved(JsonWriter& json, const job::Moved& moved) {
  json.field("moved_total", moved.items);
  json.begin_array("moved");
  for (const auto& [folder, place] : moved.folders) {
    json.begin_object();
    json.path("folder", folder);
    json.path("place", place);
    json.end();
  }
  json.end();
}

void write_rows(JsonWriter& json, const job::RestoredRows& rows) {
  json.begin_object("rows");
  json.field("recordings", rows.recordings);
  json.field("rows", rows.rows);
  json.field("without", rows.without);
  json.end();
}

void write_report(Session& session, const vault::Business& business,
                  const job::RestoreRequest& request, const job::RestoreReport& report,
                  const PrunedItems& pruned) {
  JsonWriter& json = session.json();
  json.field("snapshot", request.selection.snapshot.head.digest.hex());
  json.field("number", request.selection.snapshot.head.number);
  write_state(json, request.selection.snapshot.body);
  json.path("target", request.target);
  json.field("committed", is_whole(request, report));
  json.field("dry_run", request.dry_run);
  json.field("items", report.items);
  json.field("files", report.files);
  json.field("bytes", report.bytes);
  if (request.rows_by) write_rows(json, report.rows);
  if (request.is_for_others) json.field("left_out", report.left_out);
  write_moved(json, report.moved);
  json.field("pruned_total", pruned.count);
  json.begin_array("pruned");
  for (const catalog::DeletedRow& row : pruned.kept) write_pruned(json, row);
  json.end();
  write_unread(json, report.unread);
  write_made_up(json, business);
  write_seconds(json, report.duration_ns);
  write_problems(session, "lost", report.lost);
  write_problems(session, "failed", report.failed);
  if (report.ended) write_error(json, session.language(), *report.ended);
}

Result<ExitCode> tell(Session& session, vault::Business& business,
                      const job::RestoreRequest& request, Result<job::RestoreReport> restored) {
  if (!restored) return explain_missing(business, std::move(restored.error()));
  const job::RestoreReport& report = *restored;
  HF_TRY(const PrunedItems pruned, find_pruned_items(business, request));
  if (is_whole(request, report)) session.set_committed();
  if (session.wants_json()) write_report(session, business, request, report, pruned);
  std::string_view outcome = request.dry_run ? "cli.restore.would_do" : "cli.restore.done";
  if (report.ended) outcome = "cli.restore.ended_early";
  session.say(outcome, {{"number", std::to_string(request.selection.snapshot.head.number)},
                        {"items", std::to_string(report.items)},
                        {"size", size_text(report.bytes)},
                        {"target", request.target},
                        {"time", duration_text(report.duration_ns)}});
  if (request.rows_by) {
    session.say(request.dry_run ? "cli.restore.would_do_rows" : "cli.restore.rows",
                {{"recordings", std::to_string(report.rows.recordings)},
                 {"rows", std::to_string(report.rows.rows)},
                 {"without", std::to_string(report.rows.without)}});
  }
  for (const auto& [folder, place] : report.moved.folders) {
    session.warn("cli.restore.moved", {{"folder", folder}, {"place", place}});
  }
  if (pruned.count > 0) {
    session.note("cli.restore.pruned", {{"items", std::to_string(pruned.count)}});
  }
  if (report.left_out > 0) {
    session.warn("cli.restore.left_out", {{"items", std::to_string(report.left_out)}});
  }
  if (report.is_unsure) session.warn("cli.restore.unsure", {{"target", request.target}});
  warn_of_unread(session, report.unread);
  warn_of_made_up(session, business);
  warn_of_problems(session, "cli.restore.failed", report.failed);
  warn_of_problems(session, "cli.lost", report.lost);
  if (report.ended) session.tell(*report.ended);
  return exit_code_of(report);
}

Result<void> check_options(const RestoreOptions& options, messages::Language language) {
  if (options.into.empty() == options.target.empty()) {
    return usage_error(language, "cli.usage.target_or_into");
  }
  HF_TRY(check_reason(options.reason, language));
  if (options.into.empty()) {
    return options.reason.empty() ? Result<void>()
                                  : usage_error(language, "cli.usage.reason_of_export");
  }
  if (options.reason.empty()) return usage_error(language, "cli.usage.export_reason");
  return options.overwrite ? usage_error(language, "cli.usage.export_overwrite") : Result<void>();
}

// Before the paths, of which there may be more than a line of the log has room for.
std::vector<std::string> export_words(const RestoreOptions& options,
                                      const job::RestoreRequest& request,
                                      const job::RestoreReport* report) {
  std::vector<std::string> words = {
      "business=" + options.name,
      "snapshot=" + std::to_string(request.selection.snapshot.head.number),
      "folder=" + request.target, "reason=" + options.reason};
  if (report != nullptr) {
    if (report->is_unsure) words.emplace_back("durable=no");
    words.push_back("items=" + std::to_string(report->items));
    words.push_back("bytes=" + std::to_string(report->bytes));
    words.push_back("rows=" + std::to_string(report->rows.rows));
  }
  if (request.selection.since) {
    words.push_back("since=" + std::to_string(request.selection.since->head.number));
  }
  if (request.selection.gone) words.emplace_back("gone=yes");
  if (request.rows_by) words.emplace_back("with_rows=yes");
  for (const std::string& path : request.selection.paths) words.push_back("path=" + path);
  return words;
}

std::string outcome_of(const Result<job::RestoreReport>& restored) {
  if (!restored) return std::string(holdfast::name_of(restored.error().code));
  if (restored->ended) return std::string(holdfast::name_of(restored->ended->code));
  const ExitCode code = exit_code_of(*restored);
  return code == ExitCode::done ? "ok" : "exit " + std::to_string(static_cast<int>(code));
}

// What is full, or does not write any more, is the medium, and no disk of the box.
Error of_medium(Error error) {
  if (error.code == ErrorCode::no_space) error.code = ErrorCode::medium_full;
  if (error.code == ErrorCode::io) error.code = ErrorCode::medium_missing;
  return error;
}

// Between the question of a page and this moment hours may lie, in which the account was locked.
Result<void> check_asker(Session& session, const std::string& target) {
  const std::string& name = session.environment().actor;
  if (name.empty()) return {};  // a person at the box
  HF_TRY(ports::Disk * home, session.home_disk());
  const api::Accounts accounts(*home, session.ports().clock, session.ports().random);
  HF_TRY(const std::vector<api::Account> all, accounts.list());
  const auto account = std::ranges::find(all, name, &api::Account::name);
  const bool may_hear =
      account != all.end() && !account->is_locked && api::may(account->role, api::Right::hear);
  if (may_hear) return {};
  return make_error(ErrorCode::denied, target,
                    {{"what", session.text("cli.export.account"), true}});
}

Result<job::RestoreReport> write_export(Session& session, vault::Business& business,
                                        const RestoreOptions& options,
                                        job::RestoreRequest& request) {
  HF_TRY(check_asker(session, request.target));
  ports::Files& files = session.ports().files;
  HF_TRY(const ExportRules rules, read_export_rules(session, business.box()));
  HF_TRY(const ExportPlace place, find_export_place(files, rules, session.language(), options.into,
                                                    std::string(last_name_of(request.target))));
  request.is_for_others = true;
  request.open_target = [&] { return make_export_folder(place); };
  request.is_target_gone = [&] { return is_medium_gone(session.ports().mounts, place); };
  HF_TRY(auto report, job::run_restore(business, files, request));
  if (report.ended) report.ended = of_medium(std::move(*report.ended));
  return report;
}

// Nothing is looked at or written before the log says who takes what, and why.
Result<ExitCode> run_export(Session& session, vault::Business& business,
                            const RestoreOptions& options, job::RestoreRequest& request) {
  const std::uint64_t number = request.selection.snapshot.head.number;
  request.target =
      options.into + "/" +
      export_name(options.name, number, session.ports().clock.now(), session.ports().random);
  if (request.dry_run) {
    return tell(session, business, request, write_export(session, business, options, request));
  }
  HF_TRY(note_export(session, export_words(options, request, nullptr), "begun"));
  auto restored = write_export(session, business, options, request);
  const job::RestoreReport* report = restored ? &*restored : nullptr;
  // That it began stands there, whatever becomes of this line.
  (void)note_export(session, export_words(options, request, report), outcome_of(restored));
  return tell(session, business, request, std::move(restored));
}

}  // namespace

Result<ExitCode> run_restore(Session& session, const RestoreOptions& options) {
  HF_TRY(check_options(options, session.language()));
  session.begin_writing(options.dry_run);
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(job::RestoreRequest request, make_request(session, *business, options));
  warn_of_state(session, request.selection.snapshot);
  if (!options.into.empty()) return run_export(session, *business, options, request);
  HF_TRY(const auto disk_paths, business->box().disk_paths());
  HF_TRY(check_target(session, options.target, disk_paths));
  return tell(session, *business, request,
              job::run_restore(*business, session.ports().files, request));
}

}  // namespace holdfast::app

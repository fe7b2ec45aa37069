// SPDX-License-Identifier: Apache-2.0
// restore: a snapshot, or parts of it, into a folder.
#include "firmware/app/arguments.h"
#include "firmware/app/definition.h"
#include "firmware/app/pruned.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/restore.h"

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

}  // namespace

Result<ExitCode> run_restore(Session& session, const RestoreOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const job::RestoreRequest request, make_request(session, *business, options));
  warn_of_state(session, request.selection.snapshot);
  HF_TRY(const auto disk_paths, business->box().disk_paths());
  HF_TRY(check_target(session, options.target, disk_paths));
  auto restored = job::run_restore(*business, session.ports().files, request);
  if (!restored) return explain_missing(*business, std::move(restored.error()));
  const job::RestoreReport& report = *restored;
  HF_TRY(const PrunedItems pruned, find_pruned_items(*business, request));
  if (is_whole(request, report)) session.set_committed();
  if (session.wants_json()) write_report(session, *business, request, report, pruned);
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
  warn_of_unread(session, report.unread);
  warn_of_made_up(session, *business);
  warn_of_problems(session, "cli.restore.failed", report.failed);
  warn_of_problems(session, "cli.lost", report.lost);
  if (report.ended) {
    session.tell(*report.ended);
    return exit_code_of(*report.ended);
  }
  return worst_of({report.failed.count > 0 ? ExitCode::failed : ExitCode::done,
                   report.lost.count > 0 ? ExitCode::lost : ExitCode::done});
}

}  // namespace holdfast::app

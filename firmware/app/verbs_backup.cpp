// SPDX-License-Identifier: Apache-2.0
// backup: all sources of a business into one snapshot.
#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/app/definition.h"
#include "firmware/app/verbs.h"
#include "firmware/job/backup.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kShownMax = 10;  // problems named to people; JSON has all that were kept

Result<job::BackupRequest> make_request(Session& session, vault::Business& business,
                                        const BackupOptions& options) {
  job::BackupRequest request;
  HF_TRY(request.definition, load_definition(session, business));
  request.tags = options.tags;
  request.host = escape_path(session.ports().console.host_name());
  HF_TRY(request.exclude_paths, business.box().disk_paths());
  HF_TRY(std::string home, session.home_path());
  request.exclude_paths.push_back(std::move(home));
  request.stop = &session.stop();
  request.progress = &session.progress();
  return request;
}

void write_counts(JsonWriter& json, const journal::SnapshotCounts& counts) {
  json.field("items", counts.items);
  json.field("bytes", counts.bytes);
  json.field("items_new", counts.items_new);
  json.field("items_changed", counts.items_changed);
  json.field("items_unchanged", counts.items_unchanged);
  json.field("items_gone", counts.items_gone);
  json.field("items_unreadable", counts.items_unreadable);
  json.field("items_changing", counts.items_changing);
}

void write_report(Session& session, const job::BackupReport& report) {
  JsonWriter& json = session.json();
  json.field("snapshot", report.snapshot.digest.hex());
  session.write_committed();
  json.field("entry_written", report.entry_written);
  json.field("partial", report.partial);
  write_counts(json, report.counts);
  json.field("bytes_read", report.bytes_read);
  json.field("bytes_new", report.bytes_new);
  json.field("bytes_stored", report.bytes_stored);
  json.field("under_protected", report.under_protected);
  json.field("seconds", static_cast<double>(report.duration_ns) / 1e9);
  json.field("problems_total", report.problems.count);
  json.begin_array("problems");
  for (const job::Problem& problem : report.problems.kept) {
    write_problem(json, session.language(), problem.path, problem.error);
  }
  json.end();
}

void warn_of_problems(Session& session, const job::Problems& problems) {
  for (std::size_t i = 0; i < std::min(problems.kept.size(), kShownMax); ++i) {
    const job::Problem& problem = problems.kept[i];
    Error error = problem.error;
    error.where.clear();
    session.warn("cli.problem", {{"path", problem.path},
                                 {"what", messages::render_error(session.language(), error)}});
  }
  if (problems.count > kShownMax) {
    session.warn("cli.more_problems", {{"count", std::to_string(problems.count - kShownMax)}});
  }
}

void print_report(Session& session, const job::BackupReport& report) {
  const journal::SnapshotCounts& counts = report.counts;
  session.say(report.entry_written ? "cli.backup.done" : "cli.backup.nothing_new",
              {{"number", std::to_string(report.snapshot.number)},
               {"items", std::to_string(counts.items)},
               {"size", size_text(counts.bytes)},
               {"time", duration_text(report.duration_ns)}});
  session.say("cli.backup.counts", {{"new", std::to_string(counts.items_new)},
                                    {"changed", std::to_string(counts.items_changed)},
                                    {"unchanged", std::to_string(counts.items_unchanged)},
                                    {"gone", std::to_string(counts.items_gone)},
                                    {"unreadable", std::to_string(counts.items_unreadable)}});
  session.say("cli.backup.bytes", {{"read", size_text(report.bytes_read)},
                                   {"new", size_text(report.bytes_new)},
                                   {"stored", size_text(report.bytes_stored)}});
  if (report.partial) session.warn("cli.backup.partial");
  if (report.under_protected) session.warn("cli.backup.under_protected");
  warn_of_problems(session, report.problems);
}

}  // namespace

Result<ExitCode> run_backup(Session& session, const BackupOptions& options) {
  session.set_committed(false);
  for (const std::string& tag : options.tags) HF_TRY(check_tag(tag, session.language()));
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::write));
  HF_TRY(const job::BackupRequest request, make_request(session, *business, options));
  HF_TRY(const job::BackupReport report,
         job::run_backup(*business, session.ports().files, request));
  session.set_committed(true, report.snapshot.number);
  if (session.wants_json()) {
    write_report(session, report);
  } else {
    print_report(session, report);
  }
  if (report.partial) return ExitCode::interrupted;
  return report.problems.count > 0 ? ExitCode::unreadable : ExitCode::done;
}

}  // namespace holdfast::app

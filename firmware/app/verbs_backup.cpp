// SPDX-License-Identifier: Apache-2.0
// backup: all sources of a business into one snapshot.
#include <algorithm>

#include "firmware/app/appliance_config.h"
#include "firmware/app/arguments.h"
#include "firmware/app/definition.h"
#include "firmware/app/records_text.h"
#include "firmware/app/report.h"
#include "firmware/app/row_index.h"
#include "firmware/app/verbs.h"
#include "firmware/job/last_run.h"
#include "firmware/job/newest_folders.h"
#include "firmware/job/preview.h"
#include "firmware/job/source_looks.h"
#include "firmware/job/tend.h"
#include "firmware/status/pool_facts.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kShownMax = 10;  // problems named to people; JSON has all that were kept

Result<void> add_paths(Session& session, const BackupOptions& options,
                       job::BackupRequest& request) {
  for (const std::string& typed : options.paths) {
    HF_TRY(std::string path, parse_item_path(typed, session.language()));
    const auto has = [&](const auto& source) {
      return source.has_folder() && is_within(path, source.name);
    };
    if (std::ranges::none_of(request.definition.sources, has)) {
      return usage_error(session.language(), "cli.usage.path_of_no_source", {{"path", typed}});
    }
    request.paths.push_back(std::move(path));
  }
  return {};
}

Result<void> add_newest(Session& session, const BackupOptions& options,
                        job::BackupRequest& request) {
  for (const std::string& typed : options.newest) {
    HF_TRY(const std::string name, parse_item_path(typed, session.language()));
    const auto& sources = request.definition.sources;
    const auto source = std::ranges::find(sources, name, &source::SourceDefinition::name);
    if (source == sources.end() || !source->has_folder()) {
      return usage_error(session.language(), "cli.usage.path_of_no_source", {{"path", typed}});
    }
    for (std::string& path :
         job::newest_folders(*source, session.ports().files, &session.progress())) {
      request.paths.push_back(std::move(path));
    }
  }
  return {};
}

// The clock on the wall of the site. The appliance says which it goes by, for its file may be wrong
// by now.
Result<policy::TimeZone> site_zone(Session& session) {
  const auto known = policy::TimeZone::find(session.environment().zone);
  if (known) return *known;
  HF_TRY(ports::Disk * home, session.home_disk());
  HF_TRY(const ApplianceSettings settings, load_appliance(*home, session.language()));
  return settings.zone;
}

Result<void> add_definition(Session& session, vault::Business& business,
                            const BackupOptions& options, job::BackupRequest& request) {
  if (!options.definition_in_force) {
    HF_TRY(request.definition, load_definition(session, business));
    return {};
  }
  HF_TRY(GoodDefinition good, load_good_definition(session, business));
  request.definition = std::move(good.definition);
  request.keeps_policy = good.wrong.has_value();
  if (good.wrong) {
    session.warn("cli.backup.definition_wrong",
                 {{"what", messages::render_error(session.language(), *good.wrong), true}});
  }
  return {};
}

// Only what was changed since it was put in force is refused: another business whose definition was
// changed stops that one's backups, and not these.
Result<void> check_kinds(Session& session, vault::Business& business,
                         const source::BusinessDefinition& definition) {
  HF_TRY(const auto in_force, business.policy_in_force());
  HF_TRY(const std::string text, business.definition());
  if (in_force && in_force->definition == text) return {};
  return check_kinds_apart(session, business.box(), definition);
}

Result<job::BackupRequest> make_request(Session& session, vault::Business& business,
                                        const BackupOptions& options) {
  job::BackupRequest request;
  HF_TRY(add_definition(session, business, options, request));
  if (!request.keeps_policy) HF_TRY(check_kinds(session, business, request.definition));
  for (const std::string& tag : options.tags) {
    const bool twice = std::ranges::find(request.tags, tag) != request.tags.end();
    if (!twice) request.tags.push_back(tag);
  }
  HF_TRY(add_paths(session, options, request));
  HF_TRY(add_newest(session, options, request));
  if (!options.ignore_window && request.definition.schedule.window) {
    request.window = request.definition.schedule.window;
    HF_TRY(request.site, site_zone(session));
  }
  request.allow_empty = options.allow_empty;
  request.accept_loss = options.accept_loss;
  request.partial_interval_ns = static_cast<std::int64_t>(options.partial_interval_s * 1e9);
  request.full_interval_ns = static_cast<std::int64_t>(options.full_interval_s * 1e9);
  request.host = escape_path(session.ports().console.host_name());
  HF_TRY(request.exclude_paths, business.box().disk_paths());
  HF_TRY(std::string home, session.home_path());
  request.exclude_paths.push_back(std::move(home));
  request.stop = &session.stop();
  request.progress = &session.progress();
  request.sql = &session.ports().sql;
  request.read_secret = [&session](const std::string& path) { return session.read_password(path); };
  request.rebuild_index = [&session](vault::Business& opened) -> Result<bool> {
    HF_TRY(const auto made, rebuild_rows(session, opened));
    return made.has_value();
  };
  return request;
}

using Disks = std::vector<pool::DiskStatus>;

void write_failed_disks(JsonWriter& json, const Disks& disks) {
  json.begin_array("disks_failed");
  for (const pool::DiskStatus& disk : disks) {
    json.begin_object();
    json.field("id", disk.id.hex());
    json.path("path", disk.path);
    json.field("state", std::string(status::state_name_of(disk)));
    json.field("errors", disk.errors);
    json.end();
  }
  json.end();
}

void warn_of_failed_disks(Session& session, const Disks& disks) {
  for (const pool::DiskStatus& disk : disks) {
    const bool failed = disk.errors > 0;
    const std::string what = failed ? "failed" : std::string(status::state_name_of(disk));
    session.warn("cli.backup_disk." + what,
                 {{"path", disk.path}, {"count", std::to_string(disk.errors)}});
  }
}

void write_report(Session& session, const job::BackupReport& report, const Disks& failed,
                  bool is_definition_wrong) {
  JsonWriter& json = session.json();
  json.field("snapshot", report.snapshot.digest.hex());
  session.write_committed();
  json.field("entry_written", report.entry_written);
  json.begin_array("tag_entries");
  for (const job::GivenTag& given : report.tags_given) {
    json.begin_object();
    json.field("tag", given.tag);
    json.field("number", given.entry);
    json.end();
  }
  json.end();
  json.field("partial", report.partial);
  json.field("window_closed", report.window_closed);
  json.field("definition_wrong", is_definition_wrong);
  json.field("paths", report.paths);
  json.field("gap", report.has_gap);
  json.field("items", report.counts.items);
  json.field("bytes", report.counts.bytes);
  write_counts(json, report.counts);
  json.field("bytes_read", report.bytes_read);
  json.field("bytes_new", report.bytes_new);
  json.field("bytes_stored", report.bytes_stored);
  json.field("under_protected", report.under_protected);
  write_failed_disks(json, failed);
  write_records(json, report.records);
  write_seconds(json, report.duration_ns);
  write_problems(session, "problems", report.problems);
}

void print_report(Session& session, const job::BackupReport& report, const Disks& failed) {
  const journal::SnapshotCounts& counts = report.counts;
  std::string_view outcome = "cli.backup.done";
  if (!report.entry_written) {
    const bool saw_all = report.problems.count == 0;
    outcome = saw_all ? "cli.backup.nothing_new" : "cli.backup.nothing_new_but";
  }
  if (report.paths > 0) {
    outcome = report.entry_written ? "cli.backup.done_paths" : "cli.backup.nothing_new_paths";
  }
  session.say(outcome, {{"number", std::to_string(report.snapshot.number)},
                        {"paths", std::to_string(report.paths)},
                        {"items", std::to_string(counts.items)},
                        {"size", size_text(counts.bytes)},
                        {"time", duration_text(report.duration_ns)}});
  for (const job::GivenTag& given : report.tags_given) {
    session.say("cli.snapshot.tagged",
                {{"number", std::to_string(report.snapshot.number)}, {"tag", given.tag}});
  }
  say_counts(session, counts);
  session.say("cli.backup.bytes", {{"read", size_text(report.bytes_read)},
                                   {"new", size_text(report.bytes_new)},
                                   {"stored", size_text(report.bytes_stored)}});
  for (const job::SourceRecords& records : report.records) say_records(session, records);
  if (report.partial) {
    session.warn(report.window_closed ? "cli.backup.window_closed" : "cli.backup.partial");
  }
  if (report.has_gap) session.warn("cli.backup.gap");
  if (report.under_protected) session.warn("cli.backup.under_protected");
  warn_of_failed_disks(session, failed);
  warn_of_problems(session, "cli.problem", report.problems, kShownMax);
}

journal::SnapshotCounts counts_of(const job::PreviewReport& report) {
  journal::SnapshotCounts counts;
  counts.items_new = report.items_new;
  counts.items_changed = report.items_changed;
  counts.items_unchanged = report.items_unchanged;
  counts.items_gone = report.items_gone;
  counts.items_unreadable = report.items_unreadable;
  return counts;
}

Result<ExitCode> preview(Session& session, const BackupOptions& options) {
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(business->box().check_newest());
  HF_TRY(const job::BackupRequest request, make_request(session, *business, options));
  HF_TRY(const job::PreviewReport report,
         job::preview_backup(*business, session.ports().files, request));
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    session.write_committed();
    write_counts(json, counts_of(report));
    json.field("bytes_to_read", report.bytes_to_read);
    write_seconds(json, report.duration_ns);
    write_problems(session, "problems", report.problems);
  }
  session.say("cli.backup.would_do", {{"size", size_text(report.bytes_to_read)}});
  say_counts(session, counts_of(report));
  warn_of_problems(session, "cli.problem", report.problems, kShownMax);
  return report.problems.count > 0 ? ExitCode::unreadable : ExitCode::done;
}

// For `status`; no part of what the run promised. One that was stopped, or told where to look, has
// not seen everything.
void note_run(vault::Business& business, const source::BusinessDefinition& definition,
              const job::BackupReport& report) {
  if (report.partial || report.paths > 0) return;
  const vault::VaultPorts& ports = business.box().ports();
  const job::LastRun run{report.snapshot.number, ports.clock.now(), report.problems.count};
  static_cast<void>(job::note_source_looks(ports.home, business.id(), definition,
                                           job::sources_read(definition, report.problems),
                                           run.snapshot, run.time)
                        .has_value());
  static_cast<void>(job::note_last_run(ports.home, business.id(), run).has_value());
}

// Also for `status`: a backup that fails every night must not look well until its age tells.
void note_failure(Session& session, vault::Box& box, const std::string& name, const Error& error) {
  const keys::BusinessKeys* business = box.keyring().find_business(name);
  if (business == nullptr || !job::is_failed_run(error.code)) return;
  const job::FailedRun run{session.ports().clock.now(), error};
  static_cast<void>(job::note_failed_run(box.ports().home, business->id, run).has_value());
}

Result<ExitCode> back_up(Session& session, const BackupOptions& options) {
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::write));
  HF_TRY(const job::BackupRequest request, make_request(session, *business, options));
  HF_TRY(const job::BackupReport report,
         job::run_backup(*business, session.ports().files, request));
  session.set_committed(report.snapshot.number, business->warnings());
  note_run(*business, request.definition, report);
  const Disks failed = status::failed_disks(business->pool());
  if (session.wants_json()) {
    write_report(session, report, failed, request.keeps_policy);
  } else {
    print_report(session, report, failed);
  }
  if (report.partial) return ExitCode::interrupted;
  if (report.names_lost) return ExitCode::lost;
  if (has_failed(report.records)) return ExitCode::differences;
  return report.problems.count > 0 ? ExitCode::unreadable : ExitCode::done;
}

}  // namespace

Result<ExitCode> run_backup(Session& session, const BackupOptions& options) {
  session.begin_writing(options.dry_run);
  for (const std::string& tag : options.tags) HF_TRY(check_tag(tag, session.language()));
  if (options.dry_run) return preview(session, options);
  HF_TRY(vault::Box * box, session.box());
  auto outcome = back_up(session, options);
  // Of no weight for the backup: a strike that cannot be noted does not count.
  static_cast<void>(job::note_disks(*box));
  // Whoever asked for paths is told; the state of the business is what whole runs say.
  if (!outcome && options.paths.empty()) note_failure(session, *box, options.name, outcome.error());
  return outcome;
}

}  // namespace holdfast::app

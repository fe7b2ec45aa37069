// SPDX-License-Identifier: Apache-2.0
// pool tend.
#include "firmware/app/report.h"
#include "firmware/app/scrub_report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/tend.h"

namespace holdfast::app {

namespace {

constexpr std::int64_t kHour_ns = 3'600'000'000'000;

std::optional<Timestamp> given_up_at(const policy::WatchedDisk& disk,
                                     const policy::WatchRules& rules) {
  const auto since = policy::closed_since(disk);
  if (!since) return std::nullopt;
  return Timestamp{since->ns + rules.away_max_ns};
}

void write_disks(JsonWriter& json, const job::TendSummary& summary,
                 const policy::WatchRules& rules) {
  json.begin_array("disks");
  for (const job::TendedDisk& disk : summary.disks) {
    const policy::WatchedDisk& watched = disk.watched;
    json.begin_object();
    json.field("id", watched.disk.hex());
    json.path("path", disk.path);
    write_time(json, "away_since", watched.away_since);
    write_time(json, "read_only_since", watched.read_only);
    write_time(json, "given_up", given_up_at(watched, rules));
    json.field("strikes", static_cast<std::uint64_t>(watched.strikes));
    json.field("failing", policy::is_failing(watched, rules));
    json.end();
  }
  json.end();
}

void write_half(Session& session, const std::string& name,
                const std::optional<job::ScrubSummary>& summary, bool heals) {
  JsonWriter& json = session.json();
  if (!summary) return json.null(name);
  json.begin_object(name);
  write_scrub_report(session, *summary, heals);
  json.end();
}

void write_report(Session& session, const job::TendSummary& summary,
                  const policy::WatchRules& rules, bool is_dry_run) {
  JsonWriter& json = session.json();
  session.write_committed();
  write_disks(json, summary, rules);
  json.field("disks_given_up", static_cast<std::uint64_t>(summary.given_up));
  json.field("shards_removed", summary.scrubbed ? summary.scrubbed->shards_removed : 0);
  write_half(session, "scrub", summary.scrubbed, false);
  write_half(session, "heal", summary.healed, !is_dry_run);
  json.begin_array("disks_left");
  for (const DiskId& disk : summary.left) json.path_element(disk.hex());
  json.end();
  if (summary.ended) write_error(json, session.language(), *summary.ended);
}

// How it is that nothing can be written on the disk.
std::string_view key_of(const job::TendedDisk& disk, bool is_given_up) {
  if (!disk.watched.away_since) {
    return is_given_up ? "cli.tend.read_only_given_up" : "cli.tend.read_only";
  }
  if (disk.is_unreadable) return "cli.tend.unreadable";
  return is_given_up ? "cli.tend.given_up" : "cli.tend.away";
}

void tell_disk(Session& session, const job::TendedDisk& disk, const policy::WatchRules& rules,
               Timestamp now) {
  const policy::WatchedDisk& watched = disk.watched;
  if (const auto until = given_up_at(watched, rules)) {
    const bool is_given_up = policy::is_given_up(watched, now, rules);
    const Timestamp since = watched.away_since ? *watched.away_since : *watched.read_only;
    session.warn(std::string(key_of(disk, is_given_up)),
                 {{"path", disk.path}, {"since", utc_text(since)}, {"until", utc_text(*until)}});
  }
  if (watched.strikes == 0) return;
  const bool is_failing = policy::is_failing(watched, rules);
  session.warn(is_failing ? "cli.tend.failing" : "cli.tend.struck",
               {{"path", disk.path},
                {"strikes", std::to_string(watched.strikes)},
                {"max", std::to_string(rules.strikes_max)}});
}

// Both halves tell what is lost: the scrub what was due, the heal all that is known. Once, and all.
job::ScrubSummary with_all_lost(const job::TendSummary& summary) {
  job::ScrubSummary shown = *summary.scrubbed;
  const auto& healed = summary.healed;
  // One that ended early may not have come to the list.
  const bool has_all = healed && healed->lost_packs.size() >= shown.lost_packs.size() &&
                       healed->lost.count >= shown.lost.count;
  if (has_all) {
    shown.lost_packs = healed->lost_packs;
    shown.lost = healed->lost;
  }
  return shown;
}

void print_report(Session& session, const job::TendSummary& summary,
                  const policy::WatchRules& rules, bool is_dry_run) {
  const Timestamp now = session.ports().clock.now();
  for (const job::TendedDisk& disk : summary.disks) tell_disk(session, disk, rules, now);
  if (summary.scrubbed) print_scrub_report(session, with_all_lost(summary), false);
  if (summary.scrubbed && summary.scrubbed->shards_removed > 0) {
    session.say("cli.tend.removed", {{"shards", std::to_string(summary.scrubbed->shards_removed)}});
  }
  if (!summary.healed) return;
  const job::ScrubSummary& healed = *summary.healed;
  if (!summary.scrubbed) warn_of_lost(session, healed);
  warn_of_problems(session, "cli.problem", healed.problems);
  if (healed.packs + healed.shards_unhealed > 0) {
    session.say(is_dry_run ? "cli.tend.would_heal" : "cli.tend.healed",
                {{"packs", std::to_string(healed.packs)},
                 {"written", std::to_string(healed.shards_written)},
                 {"unhealed", std::to_string(healed.shards_unhealed)}});
  }
  if (healed.shards_unhealed > 0) session.warn("cli.heal.unhealed");
  for (const DiskId& disk : summary.left) {
    session.say("cli.members.left", {{"disk", disk.hex().substr(0, 8)}});
  }
}

ExitCode code_of(const job::TendSummary& summary) {
  if (summary.ended) return exit_code_of(*summary.ended);
  return worst_of({summary.has_lost() ? ExitCode::lost : ExitCode::done,
                   summary.is_not_mended() ? ExitCode::differences : ExitCode::done});
}

}  // namespace

Result<ExitCode> run_pool_tend(Session& session, const PoolTendOptions& options) {
  session.begin_writing(options.dry_run);
  job::TendRequest request;
  request.rules.away_max_ns = options.away_hours * kHour_ns;
  request.cycle_days = options.cycle_days;
  request.dry_run = options.dry_run;
  request.stop = &session.stop();
  request.progress = &session.progress();
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(const job::TendSummary summary, job::run_tend(*box, request));
  if (!options.dry_run) session.set_committed();
  if (session.wants_json()) {
    write_report(session, summary, request.rules, options.dry_run);
  } else {
    print_report(session, summary, request.rules, options.dry_run);
  }
  if (summary.ended) session.tell(*summary.ended);
  return code_of(summary);
}

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
// pool tend.
#include "firmware/app/report.h"
#include "firmware/app/scrub_report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/tend.h"

namespace holdfast::app {

namespace {

constexpr std::int64_t kHour_ns = 3'600'000'000'000;

Timestamp given_up_at(const policy::WatchedDisk& disk, const policy::WatchRules& rules) {
  return {disk.away_since->ns + rules.away_max_ns};
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
    write_time(json, "given_up",
               watched.away_since ? std::optional(given_up_at(watched, rules)) : std::nullopt);
    json.field("strikes", static_cast<std::uint64_t>(watched.strikes));
    json.field("failing", policy::is_failing(watched, rules));
    json.end();
  }
  json.end();
}

void write_report(Session& session, const job::TendSummary& summary,
                  const policy::WatchRules& rules) {
  JsonWriter& json = session.json();
  session.write_committed();
  write_disks(json, summary, rules);
  json.field("disks_given_up", static_cast<std::uint64_t>(summary.given_up));
  json.begin_object("scrub");
  write_scrub_report(session, summary.scrubbed, false);
  json.end();
  if (summary.healed) {
    json.begin_object("heal");
    write_scrub_report(session, *summary.healed, true);
    json.end();
  } else {
    json.null("heal");
  }
  if (summary.ended) write_error(json, session.language(), *summary.ended);
}

void tell_disk(Session& session, const job::TendedDisk& disk, const policy::WatchRules& rules,
               Timestamp now) {
  const policy::WatchedDisk& watched = disk.watched;
  if (watched.away_since) {
    const bool is_given_up = policy::is_given_up(watched, now, rules);
    session.warn(is_given_up ? "cli.tend.given_up" : "cli.tend.away",
                 {{"path", disk.path},
                  {"since", time_text(*watched.away_since)},
                  {"until", time_text(given_up_at(watched, rules))}});
  }
  if (watched.strikes == 0) return;
  const bool is_failing = policy::is_failing(watched, rules);
  session.warn(is_failing ? "cli.tend.failing" : "cli.tend.struck",
               {{"path", disk.path},
                {"strikes", std::to_string(watched.strikes)},
                {"max", std::to_string(rules.strikes_max)}});
}

void print_report(Session& session, const job::TendSummary& summary,
                  const policy::WatchRules& rules) {
  const Timestamp now = session.ports().clock.now();
  for (const job::TendedDisk& disk : summary.disks) tell_disk(session, disk, rules, now);
  print_scrub_report(session, summary.scrubbed, false);
  if (!summary.healed) return;
  const job::ScrubSummary& healed = *summary.healed;
  warn_of_problems(session, "cli.problem", healed.problems);
  if (healed.packs + healed.shards_unhealed > 0) {
    session.say("cli.tend.healed", {{"packs", std::to_string(healed.packs)},
                                    {"written", std::to_string(healed.shards_written)},
                                    {"unhealed", std::to_string(healed.shards_unhealed)}});
  }
  if (healed.shards_unhealed > 0) session.warn("cli.heal.unhealed");
}

ExitCode code_of(const job::TendSummary& summary) {
  if (summary.ended) return exit_code_of(*summary.ended);
  const bool has_lost = summary.scrubbed.lost.count + summary.scrubbed.copies.lost.size() > 0;
  return worst_of({has_lost ? ExitCode::lost : ExitCode::done,
                   summary.is_not_mended() ? ExitCode::differences : ExitCode::done});
}

}  // namespace

Result<ExitCode> run_pool_tend(Session& session, const PoolTendOptions& options) {
  session.begin_writing(false);
  job::TendRequest request;
  request.rules.away_max_ns = options.away_hours * kHour_ns;
  request.cycle_days = options.cycle_days;
  request.stop = &session.stop();
  request.progress = &session.progress();
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(const job::TendSummary summary, job::run_tend(*box, request));
  session.set_committed();
  if (session.wants_json()) {
    write_report(session, summary, request.rules);
  } else {
    print_report(session, summary, request.rules);
  }
  if (summary.ended) session.tell(*summary.ended);
  return code_of(summary);
}

}  // namespace holdfast::app

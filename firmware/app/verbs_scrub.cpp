// SPDX-License-Identifier: Apache-2.0
// pool scrub, pool heal.
#include "firmware/app/arguments.h"
#include "firmware/app/report.h"
#include "firmware/app/scrub_report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/members.h"
#include "firmware/job/tend.h"

namespace holdfast::app {

namespace {

void write_left(JsonWriter& json, const std::vector<DiskId>& left) {
  json.begin_array("disks_left");
  for (const DiskId& disk : left) json.path_element(disk.hex());
  json.end();
}

Result<ExitCode> run(Session& session, const job::ScrubRequest& request) {
  const bool heals = request.heal && !request.dry_run;
  HF_TRY(vault::Box * box, session.box());
  std::unique_ptr<ports::Lock> lock;  // of all that is noted around it, too
  if (!request.dry_run) {
    HF_TRY(lock, box->lock(job::kScrubLock));
  }
  Result<std::vector<policy::WatchedDisk>> away = std::vector<policy::WatchedDisk>();
  if (heals) away = job::note_away(*box);
  auto scrubbed = job::run_scrub(*box, request, lock.get());
  // Of no weight for what was found.
  if (!request.dry_run) static_cast<void>(job::note_disks(*box, job::Reads::of_disks));
  HF_TRY(job::ScrubSummary summary, std::move(scrubbed));
  if (heals) session.set_committed();
  if (heals && away) static_cast<void>(job::note_healed(*box, summary, *away));  // nor here
  lock.reset();
  std::vector<DiskId> left;
  if (heals && !summary.ended) {
    auto settled = job::settle_leaving(*box, summary, request.stop);
    if (settled) left = std::move(*settled);
    if (!settled) summary.ended = std::move(settled.error());
  }
  if (session.wants_json()) {
    session.write_committed();
    write_scrub_report(session, summary, heals);
    if (heals) write_left(session.json(), left);
  } else {
    print_scrub_report(session, summary, heals);
    if (!heals && !found_all_whole(summary)) session.say("cli.scrub.heal_next");
  }
  for (const DiskId& disk : left) {
    session.say("cli.members.left", {{"disk", disk.hex().substr(0, 8)}});
  }
  if (summary.ended) session.tell(*summary.ended);
  return exit_code_of(summary, heals);
}

}  // namespace

Result<ExitCode> run_pool_scrub(Session& session, const PoolScrubOptions& options) {
  if (options.full && options.cycle_days > 0) {
    return usage_error(session.language(), "cli.usage.unclear");
  }
  job::ScrubRequest request;
  request.full = options.full;
  request.cycle_days = options.cycle_days;
  request.stop = &session.stop();
  request.progress = &session.progress();
  return run(session, request);
}

// Every shard that was written is durable and counts, whatever ends the rest.
Result<ExitCode> run_pool_heal(Session& session, const PoolHealOptions& options) {
  session.begin_writing(options.dry_run);
  job::ScrubRequest request;
  request.heal = true;
  request.dry_run = options.dry_run;
  request.stop = &session.stop();
  request.progress = &session.progress();
  return run(session, request);
}

}  // namespace holdfast::app

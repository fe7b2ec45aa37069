// SPDX-License-Identifier: Apache-2.0
// pool add, pool replace, pool retire.
#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/app/candidates.h"
#include "firmware/app/definition.h"
#include "firmware/app/export_folder.h"
#include "firmware/app/lost_text.h"
#include "firmware/app/plugged_disks.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/members.h"

namespace holdfast::app {

namespace {

void write_plan(Session& session, const pool::Pool& pool, const job::MemberPlan& plan) {
  JsonWriter& json = session.json();
  json.field("pool", pool.label().record.pool.hex());
  write_geometry(json, plan.geometry.k, plan.geometry.m);
  json.field("disks", plan.disks);
  json.field("bytes_usable_before", plan.bytes_usable_before);
  json.field("bytes_usable", plan.bytes_usable);
  if (plan.leaves) json.field("leaving", plan.leaves->hex());
  json.field("shards_to_move", plan.shards_to_move);
  json.field("bytes_to_move", plan.bytes_to_move);
}

// Before anything is written: what the pool will be like.
void print_plan(Session& session, const job::MemberPlan& plan) {
  session.say("cli.members.plan", {{"geometry", geometry_text(plan.geometry.k, plan.geometry.m)},
                                   {"disks", std::to_string(plan.disks)},
                                   {"usable", size_text(plan.bytes_usable)},
                                   {"before", size_text(plan.bytes_usable_before)}});
  if (!plan.leaves) return;
  session.say(plan.goes_on ? "cli.members.goes_on" : "cli.members.moves",
              {{"disk", plan.leaves->hex().substr(0, 8)},
               {"shards", std::to_string(plan.shards_to_move)},
               {"size", size_text(plan.bytes_to_move)}});
}

void write_summary(Session& session, const job::MemberSummary& summary) {
  JsonWriter& json = session.json();
  session.write_committed();
  json.field("settled", summary.settled);
  if (summary.moved) {
    json.field("shards_written", summary.moved->shards_written);
    json.field("shards_unhealed", summary.moved->shards_unhealed);
    json.field("packs_lost", summary.moved->lost_packs.size());
    write_lost(session, summary.moved->lost);
    write_problems(session, "problems", summary.moved->problems);
  }
  if (summary.ended) write_error(json, session.language(), *summary.ended);
}

void print_summary(Session& session, const job::MemberPlan& plan,
                   const job::MemberSummary& summary) {
  if (!plan.leaves) {
    session.say("cli.members.added");
    return;
  }
  const std::string disk = plan.leaves->hex().substr(0, 8);
  if (summary.moved) {
    for (const Digest& pack : summary.moved->lost_packs) {
      session.warn("cli.scrub.lost_pack", {{"pack", pack.hex()}});
    }
    warn_of_lost_items(session, summary.moved->lost);
    warn_of_problems(session, "cli.problem", summary.moved->problems);
    session.say("cli.members.moved", {{"written", std::to_string(summary.moved->shards_written)},
                                      {"size", size_text(summary.moved->bytes_read)},
                                      {"time", duration_text(summary.moved->duration_ns)}});
  }
  if (!summary.moved && !summary.ended) {
    session.say("cli.members.later", {{"disk", disk}});
  } else if (summary.settled) {
    session.say("cli.members.left", {{"disk", disk}});
  } else {
    session.warn("cli.members.still_leaving", {{"disk", disk}});
  }
}

ExitCode code_of(const job::MemberPlan& plan, const job::MemberSummary& summary) {
  if (summary.ended) return exit_code_of(*summary.ended);
  if (!summary.moved) return ExitCode::done;
  const bool lost = summary.moved && summary.moved->lost.count > 0;
  const bool unsettled = plan.leaves.has_value() && !summary.settled;
  return worst_of(
      {lost ? ExitCode::lost : ExitCode::done, unsettled ? ExitCode::differences : ExitCode::done});
}

Result<void> check_joining(Session& session, vault::Box& box, const pool::Pool& pool,
                           job::MemberRequest& request) {
  HF_TRY(const Plugged plugged, look_at_plugged(session));
  HF_TRY(check_none_for_exports(session, plugged, {*request.joining}));
  HF_TRY(const auto devices, check_chosen(session, box, plugged, {*request.joining}));
  if (!devices.empty()) request.joining_device = devices.front();
  if (request.same_device_allowed || pool.label().record.same_device_allowed) return {};
  std::vector<std::string> folders = places_at_work(pool);
  std::erase(folders, *request.joining);
  folders.push_back(*request.joining);
  return check_no_disk_shared(plugged, folders, folders.size() - 1);
}

Result<ExitCode> run(Session& session, job::MemberRequest request, bool dry_run) {
  session.begin_writing(dry_run);
  HF_TRY(vault::Box * box, session.box());
  if (request.joining) {
    HF_TRY(request.joining, resolve_disk(session, *request.joining));
    // One that is in the list already is told by its label.
    HF_TRY(std::vector<std::string> disks, box->disk_paths());
    std::erase(disks, *request.joining);
    disks.push_back(*request.joining);
    HF_TRY(check_disks_apart(session, disks));
  }
  HF_TRY(const pool::Pool* pool, box->pool());
  if (request.joining) HF_TRY(check_joining(session, *box, *pool, request));
  if (request.leaving) request.leaving = place_of(session, *pool, *request.leaving);
  request.stop = &session.stop();
  request.progress = &session.progress();
  HF_TRY(const job::MemberPlan plan, job::plan_members(*box, request));
  if (session.wants_json()) write_plan(session, *pool, plan);
  print_plan(session, plan);
  if (dry_run) {
    if (session.wants_json()) session.write_committed();
    session.say("cli.members.dry_run");
    return ExitCode::done;
  }
  HF_TRY(const job::MemberSummary summary, job::change_members(*box, request, plan));
  session.set_committed();
  if (session.wants_json()) write_summary(session, summary);
  print_summary(session, plan, summary);
  if (summary.ended) session.tell(*summary.ended);
  if (request.same_device_allowed) session.warn("cli.pool.same_device");
  return code_of(plan, summary);
}

}  // namespace

Result<ExitCode> run_pool_add(Session& session, const PoolAddOptions& options) {
  job::MemberRequest request;
  request.joining = options.disk;
  request.same_device_allowed = options.same_device_allowed;
  return run(session, std::move(request), options.dry_run);
}

Result<ExitCode> run_pool_replace(Session& session, const PoolReplaceOptions& options) {
  job::MemberRequest request;
  request.leaving = options.old_disk;
  request.joining = options.new_disk;
  request.same_device_allowed = options.same_device_allowed;
  request.loss_accepted = options.loss_accepted;
  request.moves_later = options.moves_later;
  return run(session, std::move(request), options.dry_run);
}

Result<ExitCode> run_pool_retire(Session& session, const PoolRetireOptions& options) {
  job::MemberRequest request;
  request.leaving = options.disk;
  request.loss_accepted = options.loss_accepted;
  request.moves_later = options.moves_later;
  return run(session, std::move(request), options.dry_run);
}

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
// prune: what may go, when, and what holds the rest; and unless it is a dry run it goes.
#include <algorithm>

#include "firmware/app/definition.h"
#include "firmware/app/holds.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/prune.h"
#include "firmware/job/tend.h"
#include "firmware/status/document.h"
#include "firmware/status/pool_fill.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

using job::PrunePlan;
using policy::ItemReason;
using policy::ItemSums;

Result<job::PruneRequest> request_of(Session& session, vault::Business& business,
                                     const PruneOptions& options) {
  job::PruneRequest request;
  if (options.packs_only) {
    // Of what a person writes it asks for one number: a slip of the pen ends nothing here.
    HF_TRY(auto good, load_good_definition(session, business));
    request.definition = std::move(good.definition);
  } else {
    HF_TRY(request.definition, load_definition(session, business));
  }
  HF_TRY(const auto policy, business.policy_in_force());
  request.lock_days =
      source::locks_of(request.definition, policy ? policy->lock_days : source::LockDays());
  HF_TRY(const Timestamp trusted, business.trusted_time());
  request.is_trusted = trusted.ns > 0;
  request.now = request.is_trusted ? trusted : session.ports().clock.now();
  request.accept_loss = options.accept_loss;
  request.packs_only = options.packs_only;
  request.bytes_wait_ns = static_cast<std::int64_t>(options.bytes_wait_s * 1e9);
  request.stop = &session.stop();
  request.progress = &session.progress();
  return request;
}

void write_sums(JsonWriter& json, const ItemSums& sums) {
  json.field("items", sums.items);
  json.field("bytes", sums.bytes);
}

void write_snapshots(JsonWriter& json, const PrunePlan& plan) {
  json.begin_array("snapshots");
  for (const job::PlannedSnapshot& snapshot : plan.snapshots) {
    json.begin_object();
    json.field("number", snapshot.head.number);
    json.field("id", snapshot.head.digest.hex());
    json.field("time", snapshot.time);
    json.field("goes", goes(snapshot.verdict.reason));
    json.field("reason", std::string(name_of(snapshot.verdict.reason)));
    write_time(json, "until", snapshot.verdict.until);
    json.end();
  }
  json.end();
}

void write_items(JsonWriter& json, const PrunePlan& plan) {
  json.begin_array("items");
  for (const auto& [key, sums] : plan.items.reasons) {
    json.begin_object();
    json.field("reason", std::string(name_of(key.first)));
    json.field("goes", goes(key.first));
    json.field("class", key.second ? std::optional<std::uint64_t>(*key.second) : std::nullopt);
    write_sums(json, sums);
    write_time(json, "first", sums.first);
    write_time(json, "last", sums.last);
    json.end();
  }
  json.end();
  json.begin_array("later");
  for (const auto& [month, sums] : plan.items.months) {
    json.begin_object();
    json.field("from", *sums.first);
    json.field("to", *sums.last);
    write_sums(json, sums);
    json.end();
  }
  json.end();
  json.begin_array("going");
  for (const std::string& path : plan.going_paths) json.path_element(path);
  json.end();
  json.field("going_total", plan.going);
  json.field("waiting_total", plan.waiting);
}

ItemSums held_by(const PrunePlan& plan, const catalog::HoldRow& hold) {
  const auto found = plan.items.holds.find(hold.number);
  return found == plan.items.holds.end() ? ItemSums() : found->second;
}

void write_plan_holds(JsonWriter& json, const PrunePlan& plan) {
  json.begin_array("holds");
  for (const catalog::HoldRow& hold : plan.holds) {
    json.begin_object();
    json.field("number", hold.number);
    const ItemSums sums = held_by(plan, hold);
    write_held(json, hold.body.scope, hold.body.value, sums.items > 0);
    json.path("reason", hold.body.reason);
    write_sums(json, sums);
    json.end();
  }
  json.end();
}

void write_packs(JsonWriter& json, const job::PlannedPacks& packs) {
  json.begin_object("packs");
  json.field("condemned", packs.condemned);
  json.field("repacked", packs.repacked);
  json.field("joined", packs.joined);
  json.field("joined_into", packs.joined_into);
  json.field("bytes_freed", packs.bytes_freed());
  json.field("bytes_read", packs.bytes_read);
  json.field("bytes_written", packs.bytes_written);
  json.field("bytes_left", packs.bytes_left);
  json.field("later", packs.later);
  json.field("no_room", packs.no_room);
  json.field("room", packs.no_room > 0 ? std::optional(packs.room) : std::nullopt);
  json.field("room_lacking", packs.room_lacking);
  json.field("no_key", packs.no_key);
  json.end();
}

void write_freezes(JsonWriter& json, const char* key, const std::vector<job::Freeze>& freezes) {
  json.begin_array(key);
  for (const job::Freeze& freeze : freezes) {
    json.begin_object();
    json.field("reason", std::string(name_of(freeze.reason)));
    json.field("count", freeze.count);
    if (!freeze.path.empty()) json.path("path", freeze.path);
    if (freeze.hold > 0) json.field("hold", freeze.hold);
    json.end();
  }
  json.end();
}

void write_plan(Session& session, const PrunePlan& plan, Timestamp now) {
  JsonWriter& json = session.json();
  json.field("as_of", now);
  json.field("packs_only", plan.packs_only);
  write_snapshots(json, plan);
  write_items(json, plan);
  write_plan_holds(json, plan);
  write_packs(json, plan.packs);
  json.begin_array("unused_paths");
  for (const policy::PathRetention& rule : plan.no_items) json.path_element(rule.path);
  json.end();
  write_freezes(json, "frozen", plan.frozen);
  write_freezes(json, "given_up", plan.given_up);
  write_problems(session, "lost", plan.lost);
}

void write_removed(Session& session, const job::RemovedBytes& removed) {
  JsonWriter& json = session.json();
  json.begin_object("removed");
  json.field("packs", removed.packs);
  json.field("shards", removed.shards);
  json.field("bytes", removed.bytes);
  json.field("packs_waiting", removed.waiting);
  json.field("packs_taken_back", removed.taken_back);
  write_problems(session, "failed", removed.problems);
  json.end();
}

void write_repacked(Session& session, const job::RepackReport& repacked) {
  JsonWriter& json = session.json();
  json.begin_object("repacked");
  json.field("packs", repacked.packs);
  json.field("packs_left", repacked.packs_left);
  json.field("chunks", repacked.chunks);
  json.field("bytes_read", repacked.bytes_read);
  json.field("bytes_written", repacked.bytes_written);
  json.field("end", std::string(name_of(repacked.end)));
  json.end();
}

std::string fate_text(Session& session, bool goes) {
  return session.text(goes ? "cli.prune.goes" : "cli.prune.stays");
}

std::string day_text(std::optional<Timestamp> time) {
  return time ? time->rfc3339().substr(0, 10) : "";
}

void print_snapshots(Session& session, const PrunePlan& plan) {
  Table table({{session.text("cli.column.number"), Table::Align::right},
               {session.text("cli.column.time")},
               {session.text("cli.column.fate")},
               {session.text("cli.column.why")},
               {session.text("cli.column.until")}});
  for (const job::PlannedSnapshot& snapshot : plan.snapshots) {
    const policy::SnapshotReason reason = snapshot.verdict.reason;
    table.add({std::to_string(snapshot.head.number), time_text(snapshot.time),
               fate_text(session, goes(reason)),
               session.text("cli.snapshot_reason." + std::string(name_of(reason))),
               day_text(snapshot.verdict.until)});
  }
  table.print(session.out());
}

void print_items(Session& session, const PrunePlan& plan) {
  Table table({{session.text("cli.column.class"), Table::Align::right},
               {session.text("cli.column.items"), Table::Align::right},
               {session.text("cli.column.size"), Table::Align::right},
               {session.text("cli.column.fate")},
               {session.text("cli.column.why")},
               {session.text("cli.column.from")},
               {session.text("cli.column.until")}});
  for (const auto& [key, sums] : plan.items.reasons) {
    table.add({key.second ? std::to_string(*key.second) : "", std::to_string(sums.items),
               size_text(sums.bytes), fate_text(session, goes(key.first)),
               session.text("cli.item_reason." + std::string(name_of(key.first))),
               day_text(sums.first), day_text(sums.last)});
  }
  table.print(session.out());
}

// By the months in which it ends, the next ones.
void print_later(Session& session, const PrunePlan& plan) {
  constexpr std::size_t kMonthsShown = 12;
  std::size_t shown = 0;
  for (const auto& [month, sums] : plan.items.months) {
    if (++shown > kMonthsShown) return;
    session.say("cli.prune.later", {{"month", sums.first->rfc3339().substr(0, 7)},
                                    {"items", std::to_string(sums.items)},
                                    {"size", size_text(sums.bytes)}});
  }
}

void print_holds(Session& session, const PrunePlan& plan) {
  for (const catalog::HoldRow& hold : plan.holds) {
    const ItemSums sums = held_by(plan, hold);
    const bool is_snapshot = hold.body.scope == journal::HoldScope::snapshot;
    session.say(is_snapshot ? "cli.prune.held_snapshot" : "cli.prune.held",
                {{"what", held_text(session, hold.body.scope, hold.body.value), true},
                 {"items", std::to_string(sums.items)},
                 {"size", size_text(sums.bytes)},
                 {"reason", hold.body.reason}});
  }
}

void warn_of(Session& session, const job::Freeze& freeze) {
  session.warn("cli.freeze." + std::string(name_of(freeze.reason)),
               {{"count", std::to_string(freeze.count)},
                {"path", escape_path(freeze.path)},
                {"hold", std::to_string(freeze.hold)}});
}

// What a person who wrote the rules would want to know of them.
void print_notes(Session& session, const PrunePlan& plan) {
  for (const auto& [key, sums] : plan.items.reasons) {
    const messages::Arguments arguments = {{"class", std::to_string(key.second.value_or(0))},
                                           {"items", std::to_string(sums.items)}};
    if (key.first == ItemReason::no_end) session.note("cli.prune.no_end", arguments);
    if (key.first == ItemReason::no_date) session.note("cli.prune.no_date", arguments);
  }
  for (const policy::PathRetention& rule : plan.no_items) {
    session.note("cli.prune.unused_path", {{"path", escape_path(rule.path)}});
  }
  if (plan.waiting > 0) {
    session.note("cli.prune.items_wait", {{"items", std::to_string(plan.waiting)}});
  }
  for (const job::Freeze& freeze : plan.given_up) {
    session.warn("cli.given_up." + std::string(name_of(freeze.reason)),
                 {{"count", std::to_string(freeze.count)}, {"path", escape_path(freeze.path)}});
  }
  warn_of_problems(session, "cli.prune.lost", plan.lost);
  for (const job::Freeze& freeze : plan.frozen) warn_of(session, freeze);
  if (plan.packs_only && !plan.is_frozen()) session.note("cli.prune.packs_only");
}

void print_packs(Session& session, const job::PlannedPacks& packs) {
  session.say("cli.prune.packs", {{"condemned", std::to_string(packs.condemned)},
                                  {"freed", size_text(packs.bytes_freed())},
                                  {"left", size_text(packs.bytes_left)}});
  if (packs.repacked > 0) {
    session.say("cli.prune.repack", {{"packs", std::to_string(packs.repacked)},
                                     {"size", size_text(packs.bytes_repacked)},
                                     {"read", size_text(packs.bytes_read)},
                                     {"written", size_text(packs.bytes_written)}});
  }
  if (packs.joined > 0) {
    session.say("cli.prune.joined", {{"packs", std::to_string(packs.joined)},
                                     {"into", std::to_string(packs.joined_into)}});
  }
  if (packs.later > 0) {
    session.note("cli.prune.repack_later", {{"packs", std::to_string(packs.later)}});
  }
  if (packs.no_key > 0) {
    session.note("cli.prune.repack_no_key", {{"packs", std::to_string(packs.no_key)}});
  }
  if (packs.no_room > 0) {
    session.warn("cli.prune.repack_no_room", {{"packs", std::to_string(packs.no_room)},
                                              {"needed", size_text(packs.room_lacking)},
                                              {"room", size_text(packs.room)}});
  }
}

void print_plan(Session& session, const PrunePlan& plan, const std::string& name, Timestamp now) {
  session.progress().clear();
  session.say("cli.prune.plan", {{"name", name}, {"time", time_text(now)}});
  const auto is_by_clock = [](const job::Freeze& freeze) {
    return freeze.reason == job::FreezeReason::time_unconfirmed;
  };
  if (std::ranges::any_of(plan.frozen, is_by_clock)) session.note("cli.prune.by_clock");
  if (plan.snapshots.empty() && !plan.packs_only) return session.say("cli.prune.nothing");
  if (!plan.snapshots.empty()) {
    print_snapshots(session, plan);
    print_items(session, plan);
    print_later(session, plan);
    print_holds(session, plan);
  }
  print_packs(session, plan.packs);
  print_notes(session, plan);
}

// Why not all was deleted; nothing: it was, or there was nothing to delete.
std::optional<Error> refusal(const job::PruneReport& report, const std::string& name) {
  if (report.removed.stopped) return make_error(ErrorCode::interrupted);
  if (report.is_done()) return std::nullopt;
  std::vector<job::Freeze> reasons = report.plan.frozen;
  if (report.removed.refused) reasons.push_back(*report.removed.refused);
  const auto has = [&](job::FreezeReason reason) {
    return std::ranges::find(reasons, reason, &job::Freeze::reason) != reasons.end();
  };
  if (has(job::FreezeReason::disks_absent)) return make_error(ErrorCode::disk_missing, name);
  if (has(job::FreezeReason::packs_needed)) {
    return make_error(ErrorCode::internal, name, {{"what", "a needed pack was condemned"}});
  }
  return make_error(ErrorCode::not_pruned, name, {{"count", std::to_string(reasons.size())}});
}

void say_repacked(Session& session, const job::RepackReport& repacked) {
  if (repacked.packs > 0) {
    session.say("cli.prune.repacked", {{"packs", std::to_string(repacked.packs)},
                                       {"written", size_text(repacked.bytes_written)}});
  }
  if (repacked.packs_left == 0) return;
  const bool is_full = repacked.end == job::RepackEnd::full;
  session.warn(is_full ? "cli.prune.repack_full" : "cli.prune.repack_thin",
               {{"packs", std::to_string(repacked.packs_left)}});
}

void say_done(Session& session, const job::PruneReport& report) {
  const job::RemovedBytes& removed = report.removed;
  const journal::PruneBody& entry = report.plan.entry;
  if (removed.shards > 0) {
    session.say("cli.prune.removed", {{"size", size_text(removed.bytes)},
                                      {"shards", std::to_string(removed.shards)},
                                      {"packs", std::to_string(removed.packs)}});
  }
  if (removed.waiting > 0) {
    session.say("cli.prune.bytes_wait", {{"packs", std::to_string(removed.waiting)}});
  }
  if (removed.taken_back > 0) {
    session.warn("cli.prune.taken_back", {{"packs", std::to_string(removed.taken_back)}});
  }
  warn_of_problems(session, "cli.prune.not_removed", removed.problems);
  if (removed.refused) warn_of(session, *removed.refused);
  say_repacked(session, report.repacked);
  const std::uint64_t items = report.plan.packs_only ? 0 : report.plan.going;
  if (report.entry) {
    session.say("cli.prune.done", {{"number", std::to_string(report.entry->number)},
                                   {"items", std::to_string(items)},
                                   {"snapshots", std::to_string(entry.snapshots.size())},
                                   {"packs", std::to_string(entry.packs.size())}});
  } else if (report.is_done() && !report.has_work) {
    session.say("cli.prune.nothing_done");
  }
}

// What backups may write now, and once the plan is done and its bytes are gone.
struct Room {
  std::uint64_t bytes_free = 0;
  status::Fill fill = {};
  std::uint64_t bytes_free_then = 0;
  status::Fill fill_then = {};
};

Result<Room> room_of(Session& session, vault::Box& box, const job::PlannedPacks& packs) {
  HF_TRY(pool::Pool * pool, box.pool());
  Room room;
  HF_TRY(room.bytes_free, pool->free_bytes());
  // Shards, with parity; all of them as new packs would be coded.
  const erasure::Geometry geometry = pool->write_geometry();
  const std::uint64_t freed =
      packs.bytes_freed() / static_cast<std::uint64_t>(geometry.total()) * geometry.k;
  room.bytes_free_then = std::min(room.bytes_free + freed, pool->usable_bytes());
  job::Problems problems;
  const auto businesses = job::open_businesses(box, problems);
  const status::PoolGrowth growth =
      status::growth_of(businesses, problems.count == 0, session.ports().clock.now());
  room.fill = status::fill_of(growth, room.bytes_free);
  room.fill_then = status::fill_of(growth, room.bytes_free_then);
  return room;
}

void write_room(JsonWriter& json, const Room& room) {
  json.begin_object("room");
  json.field("bytes_free", room.bytes_free);
  status::write_fill(json, room.fill);
  json.end();
  json.begin_object("room_then");
  json.field("bytes_free", room.bytes_free_then);
  status::write_fill(json, room.fill_then);
  json.end();
}

void print_room(Session& session, const Room& room) {
  session.say("cli.prune.room",
              {{"now", size_text(room.bytes_free)},
               {"then", size_text(room.bytes_free_then)},
               {"fill", status::text_of(session.language(), room.fill_then), true}});
}

Result<ExitCode> plan_only(Session& session, const PruneOptions& options) {
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const job::PruneRequest request, request_of(session, *business, options));
  HF_TRY(const PrunePlan plan, job::plan_prune(*business, request));
  HF_TRY(const Room room, room_of(session, business->box(), plan.packs));
  if (session.wants_json()) {
    write_plan(session, plan, request.now);
    write_room(session.json(), room);
    session.write_committed();
    return ExitCode::done;
  }
  print_plan(session, plan, options.name, request.now);
  print_room(session, room);
  session.say("cli.prune.dry_run");
  return ExitCode::done;
}

}  // namespace

Result<ExitCode> run_prune(Session& session, const PruneOptions& options) {
  session.begin_writing(options.dry_run);
  if (options.dry_run) return plan_only(session, options);
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::write));
  HF_TRY(const job::PruneRequest request, request_of(session, *business, options));
  const auto show = [&](const PrunePlan& plan, Timestamp now) {
    if (session.wants_json()) return write_plan(session, plan, now);
    print_plan(session, plan, options.name, now);
    session.out().flush();  // before anything goes
  };
  auto pruned = job::run_prune(*business, request, show);
  // Of no weight for the prune.
  static_cast<void>(job::note_disks(business->box()));
  HF_TRY(const job::PruneReport report, std::move(pruned));
  if (report.entry) {
    session.set_committed(report.entry->number, business->warnings());
  } else if (report.removed.shards + report.removed.taken_back > 0) {
    session.set_committed({}, business->warnings());
  }
  const std::optional<Error> refused = refusal(report, options.name);
  if (session.wants_json()) {
    write_removed(session, report.removed);
    write_repacked(session, report.repacked);
    if (refused) write_error(session.json(), session.language(), *refused);
    session.write_committed();
  }
  say_done(session, report);
  if (refused) session.tell(*refused);
  if (refused) return exit_code_of(*refused);
  return report.removed.problems.count > 0 ? ExitCode::failed : ExitCode::done;
}

}  // namespace holdfast::app

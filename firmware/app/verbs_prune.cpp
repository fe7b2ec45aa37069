// SPDX-License-Identifier: Apache-2.0
// prune --dry-run: what may go, when, and what holds the rest.
#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/app/definition.h"
#include "firmware/app/holds.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/prune_plan.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

using job::PrunePlan;
using policy::ItemReason;
using policy::ItemSums;

Result<job::PruneRequest> request_of(Session& session, vault::Business& business) {
  job::PruneRequest request;
  HF_TRY(request.definition, load_definition(session, business));
  HF_TRY(const auto policy, business.policy_in_force());
  request.lock_days =
      source::locks_of(request.definition, policy ? policy->lock_days : source::LockDays());
  HF_TRY(const Timestamp trusted, business.trusted_time());
  request.is_trusted = trusted.ns > 0;
  request.now = request.is_trusted ? trusted : session.ports().clock.now();
  request.stop = &session.stop();
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
  json.field("bytes_freed", packs.bytes_freed());
  json.field("bytes_written", packs.bytes_written);
  json.field("bytes_left", packs.bytes_left);
  json.end();
}

void write_plan(Session& session, const PrunePlan& plan, Timestamp now) {
  JsonWriter& json = session.json();
  json.field("as_of", now);
  write_snapshots(json, plan);
  write_items(json, plan);
  write_plan_holds(json, plan);
  write_packs(json, plan.packs);
  json.begin_array("unused_paths");
  for (const policy::PathRetention& rule : plan.no_items) json.path_element(rule.path);
  json.end();
  json.begin_array("frozen");
  for (const job::Freeze& freeze : plan.frozen) {
    json.begin_object();
    json.field("reason", std::string(name_of(freeze.reason)));
    json.field("count", freeze.count);
    json.end();
  }
  json.end();
  session.write_committed();
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
  for (const job::Freeze& freeze : plan.frozen) {
    session.warn("cli.freeze." + std::string(name_of(freeze.reason)),
                 {{"count", std::to_string(freeze.count)}});
  }
}

void print_plan(Session& session, const PrunePlan& plan, const std::string& name, Timestamp now) {
  session.say("cli.prune.plan", {{"name", name}, {"time", time_text(now)}});
  if (plan.snapshots.empty()) return session.say("cli.prune.nothing");
  print_snapshots(session, plan);
  print_items(session, plan);
  print_later(session, plan);
  print_holds(session, plan);
  session.say("cli.prune.packs", {{"condemned", std::to_string(plan.packs.condemned)},
                                  {"repacked", std::to_string(plan.packs.repacked)},
                                  {"freed", size_text(plan.packs.bytes_freed())},
                                  {"room", size_text(plan.packs.bytes_written)},
                                  {"left", size_text(plan.packs.bytes_left)}});
  print_notes(session, plan);
}

}  // namespace

Result<ExitCode> run_prune(Session& session, const PruneOptions& options) {
  session.begin_writing(options.dry_run);
  if (!options.dry_run) {
    return usage_error(session.language(), "cli.usage.missing", {{"option", "--dry-run"}});
  }
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const job::PruneRequest request, request_of(session, *business));
  HF_TRY(const PrunePlan plan, job::plan_prune(*business, request));
  if (session.wants_json()) {
    write_plan(session, plan, request.now);
  } else {
    print_plan(session, plan, options.name, request.now);
  }
  return ExitCode::done;
}

}  // namespace holdfast::app

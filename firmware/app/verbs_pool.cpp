// SPDX-License-Identifier: Apache-2.0
// pool create, pool status.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "firmware/app/arguments.h"
#include "firmware/app/candidates.h"
#include "firmware/app/definition.h"
#include "firmware/app/export_folder.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/scrub_note.h"
#include "firmware/status/document.h"
#include "firmware/status/pool_facts.h"
#include "firmware/status/pool_fill.h"
#include "firmware/status/pool_outlook.h"
#include "firmware/vault/read_back_note.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

void write_disks(JsonWriter& json, const std::vector<pool::DiskStatus>& disks) {
  json.begin_array("disks");
  for (const pool::DiskStatus& disk : disks) {
    json.begin_object();
    json.field("id", disk.id.hex());
    json.path("path", disk.path);
    json.field("state", std::string(status::state_name_of(disk)));
    json.field("bytes_total", disk.bytes_total);
    json.field("bytes_free", disk.bytes_free);
    json.field("errors", disk.errors);
    json.field("leaving", disk.is_leaving);
    json.field("read_only", disk.is_read_only);
    write_time(json, "slow", disk.slow);
    json.end();
  }
  json.end();
}

void print_scrub(Session& session, const job::ScrubNote& note) {
  if (note.last) {
    session.say("cli.pool.scrubbed", {{"time", time_text(*note.last->ended)},
                                      {"packs", std::to_string(note.last->packs)}});
  } else {
    session.say("cli.pool.never_scrubbed");
  }
  if (note.shards_bad() > 0) {
    session.warn("cli.pool.bad", {{"bad", std::to_string(note.shards_bad())}});
  }
}

// Packs that nobody can count must not look like none.
void write_facts(JsonWriter& json, const std::optional<status::PackFacts>& facts,
                 std::uint64_t bad) {
  using Number = std::optional<std::uint64_t>;
  json.field("packs", facts ? Number(facts->packs) : Number());
  json.field("shards_missing", facts ? Number(facts->shards_missing) : Number());
  json.field("shards_twice", facts ? Number(facts->shards_twice) : Number());
  json.field("shards_bad", bad);
  json.field("packs_under_protected", facts ? Number(facts->under_protected) : Number());
  json.field("packs_lost", facts ? Number(facts->lost) : Number());
  json.field("may_lose", facts ? Number(facts->may_lose) : Number());
}

void print_facts(Session& session, const pool::LabelRecord& record,
                 const std::optional<status::PackFacts>& facts) {
  const std::string geometry = geometry_text(record.k, record.m);
  if (!facts) return session.say("cli.pool.status_unknown", {{"geometry", geometry}});
  session.say("cli.pool.status", {{"geometry", geometry},
                                  {"packs", std::to_string(facts->packs)},
                                  {"missing", std::to_string(facts->shards_missing)},
                                  {"disks", std::to_string(facts->may_lose)}});
}

void write_outlook(JsonWriter& json, const std::optional<status::PoolOutlook>& outlook) {
  if (!outlook) return json.null("durability");
  json.begin_object("durability");
  json.field("nines", outlook->durability.nines());
  json.field("loss_a_year", outlook->durability.loss_a_year);
  json.field("spare_disks", outlook->spare);
  json.field("visit_days", outlook->wear.new_disk_days);
  json.field("scrub_days", outlook->wear.scrub_days);
  json.field("heal_bytes_per_second", outlook->wear.heal_bytes_a_second);
  json.field("heal_measured", outlook->is_heal_measured);
  json.field("disk_deaths_per_year", outlook->wear.disk_deaths_a_year);
  json.field("later_deaths_factor", outlook->wear.later_deaths);
  json.field("unreadable_bits_per_bit_year", outlook->wear.unreadable_bits);
  json.end();
}

std::string odds_text(const policy::Durability& durability) {
  // Two digits: no model of disks knows more.
  const double one_in = 1 / std::max(durability.loss_a_year, 1e-15);
  const double unit = std::pow(10, std::max(std::floor(std::log10(one_in)) - 1, 0.0));
  return fmt::format("{:.0f}", std::round(one_in / unit) * unit);
}

void print_outlook(Session& session, const status::PackFacts& facts,
                   const status::PoolOutlook& outlook) {
  if (facts.may_lose == 0) {
    session.say("cli.pool.next_death_loses");
  } else if (outlook.spare > 0) {
    session.say("cli.pool.next_death_heals", {{"disks", std::to_string(facts.may_lose - 1)}});
  } else {
    session.say("cli.pool.next_death_waits", {{"disks", std::to_string(facts.may_lose - 1)}});
  }
  const policy::Wear& wear = outlook.wear;
  session.say(outlook.is_heal_measured ? "cli.pool.odds_measured" : "cli.pool.odds",
              {{"odds", odds_text(outlook.durability)},
               {"nines", fmt::format("{:.1f}", outlook.durability.nines())},
               {"visit", fmt::format("{:.0f}", wear.new_disk_days)},
               {"scrub", fmt::format("{:.0f}", wear.scrub_days)},
               {"speed", size_text(static_cast<std::uint64_t>(wear.heal_bytes_a_second))}});
}

// "present, read-only": its state, and what else is known of it.
std::string state_text(Session& session, const pool::DiskStatus& disk) {
  std::string text = session.text("cli.disk_state." + std::string(status::state_name_of(disk)));
  const std::string separator = session.text("cli.disk_mark.separator");
  if (disk.is_leaving && disk.state != pool::DiskState::leaving) {
    text += separator + session.text("cli.disk_state.leaving");
  }
  if (disk.is_read_only) text += separator + session.text("cli.disk_mark.read_only");
  if (disk.slow) text += separator + session.text("cli.disk_mark.slow");
  return text;
}

void print_pool_status(Session& session, const pool::Pool& pool, ports::Disk& home,
                       const std::optional<status::PackFacts>& facts) {
  print_facts(session, pool.label().record, facts);
  Table table({{session.text("cli.column.disk")},
               {session.text("cli.column.state")},
               {session.text("cli.column.free"), Table::Align::right},
               {session.text("cli.column.errors"), Table::Align::right},
               {session.text("cli.column.path")}});
  for (const pool::DiskStatus& disk : status::marked_disks(pool, home)) {
    table.add({disk.id.hex().substr(0, 8), state_text(session, disk), size_text(disk.bytes_free),
               std::to_string(disk.errors), escape_path(disk.path)});
  }
  table.print(session.out());
}

}  // namespace

namespace {

void report_created(Session& session, const pool::Pool& pool) {
  const pool::LabelRecord& record = pool.label().record;
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.field("pool", record.pool.hex());
    write_geometry(json, record.k, record.m);
    write_disks(json, pool.status());
    json.field("bytes_usable", pool.usable_bytes());
    session.write_committed();
  }
  session.say("cli.pool.created", {{"geometry", geometry_text(record.k, record.m)},
                                   {"disks", std::to_string(record.members.size())},
                                   {"usable", size_text(pool.usable_bytes())},
                                   {"may_lose", std::to_string(record.m)}});
}

void report_planned(Session& session, const erasure::Geometry& geometry,
                    const std::vector<std::string>& disks) {
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    write_geometry(json, geometry.k, geometry.m);
    json.begin_array("disks");
    for (const std::string& disk : disks) {
      json.begin_object();
      json.path("path", disk);
      json.end();
    }
    json.end();
    session.write_committed();
  }
  session.say("cli.pool.would_create", {{"geometry", geometry_text(geometry.k, geometry.m)},
                                        {"disks", std::to_string(disks.size())},
                                        {"may_lose", std::to_string(geometry.m)}});
}

}  // namespace

Result<ExitCode> run_pool_create(Session& session, const PoolCreateOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(const GeometryChoice geometry, parse_geometry(options.geometry, session.language()));
  HF_TRY(vault::Box * box, session.box());
  std::vector<std::string> disks;
  for (const std::string& path : options.disks) {
    HF_TRY(std::string real, resolve_disk(session, path));
    disks.push_back(std::move(real));
  }
  HF_TRY(check_disks_apart(session, disks));
  HF_TRY(const Plugged plugged, look_at_plugged(session));
  HF_TRY(check_none_for_exports(session, plugged, disks));
  if (!options.same_device_allowed) HF_TRY(check_no_disk_shared(plugged, disks, 0));
  // Of a box that has a pool the making itself says so.
  const bool is_first = box->keyring().content().pool.is_null();
  pool::CreateOptions create;
  if (is_first) {
    HF_TRY(create.devices, check_chosen(session, *box, plugged, disks));
  }
  create.policy = geometry.policy;
  create.fixed = geometry.fixed;
  create.same_device_allowed = options.same_device_allowed;
  int parity = 0;
  if (options.dry_run) {
    HF_TRY(const erasure::Geometry planned, box->check_create_pool(disks, create));
    parity = planned.m;
    report_planned(session, planned, disks);
  } else {
    HF_TRY(const pool::Pool* pool, box->create_pool(disks, create));
    session.set_committed();
    parity = pool->label().record.m;
    report_created(session, *pool);
  }
  if (parity == 0) session.warn("cli.pool.no_parity");
  if (options.same_device_allowed) session.warn("cli.pool.same_device");
  return ExitCode::done;
}

Result<ExitCode> run_pool_status(Session& session, const PoolStatusOptions& options) {
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(pool::Pool * pool, box->pool());
  HF_TRY(const std::uint64_t bytes_free, pool->free_bytes());
  // One that cannot be opened ends nothing: status is asked for when not all is well.
  job::Problems problems;
  const auto businesses = job::open_businesses(*box, problems);
  ports::Disk& home = box->ports().home;
  const job::ScrubNote scrub = job::load_scrub_note(home);
  std::optional<status::PackFacts> facts;
  const status::NotedDamage damage = status::load_noted_damage(home, businesses);
  if (problems.count == 0) {
    HF_TRY(facts, status::count_packs(*pool, businesses, damage, session.stop()));
  }
  const pool::LabelRecord& record = pool->label().record;
  std::optional<status::PoolOutlook> outlook;
  if (facts && facts->lost == 0 && damage.lost.empty()) {
    outlook = status::outlook_of(record, pool->status(), facts->may_lose, scrub,
                                 box->ports().clock.now(), options.visit_days);
  }
  const Timestamp now = box->ports().clock.now();
  const status::Fill fill =
      status::fill_of(status::growth_of(businesses, problems.count == 0, now), bytes_free);
  const auto newest = box->check_newest();
  const auto writable = newest ? pool->writable() : newest;
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.field("pool", record.pool.hex());
    write_geometry(json, record.k, record.m);
    write_disks(json, status::marked_disks(*pool, home));
    json.field("bytes_usable", pool->usable_bytes());
    json.field("bytes_free", bytes_free);
    status::write_fill(json, fill);
    write_facts(json, facts, scrub.shards_bad());
    write_outlook(json, outlook);
    json.field("writable", writable.has_value());
    json.field("read_back_percent", std::uint64_t{vault::load_read_back_percent(home)});
    write_time(json, "last_scrub", scrub.last ? scrub.last->ended : std::nullopt);
    write_problems(session, "problems", problems);
    return ExitCode::done;
  }
  print_pool_status(session, *pool, home, facts);
  session.say("cli.pool.room", {{"free", size_text(bytes_free)},
                                {"usable", size_text(pool->usable_bytes())},
                                {"fill", status::text_of(session.language(), fill), true}});
  if (outlook) print_outlook(session, *facts, *outlook);
  if (facts && !outlook) session.say("cli.pool.lost_already");
  print_scrub(session, scrub);
  if (record.m == 0) session.warn("cli.pool.no_parity");
  if (facts && facts->shards_twice > 0) {
    session.say("cli.pool.twice", {{"shards", std::to_string(facts->shards_twice)}});
  }
  warn_of_problems(session, "cli.pool.not_opened", problems);
  if (facts && facts->lost > 0) {
    session.warn("cli.pool.lost", {{"packs", std::to_string(facts->lost)}});
  }
  if (!writable)
    session.ports().console.write_error(error_line(session.language(), writable.error()));
  return ExitCode::done;
}

}  // namespace holdfast::app

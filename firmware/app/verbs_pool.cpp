// SPDX-License-Identifier: Apache-2.0
// pool create, pool status.
#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/app/definition.h"
#include "firmware/app/pool_facts.h"
#include "firmware/app/verbs.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

// A pool disk that holds another one, or home, would count its bytes twice and back itself up.
Result<void> check_apart(Session& session, const std::vector<std::string>& disks) {
  HF_TRY(const std::string home, session.home_path());
  for (std::size_t i = 0; i < disks.size(); ++i) {
    if (paths_overlap(disks[i], home)) {
      return usage_error(session.language(), "cli.usage.disk_and_home", {{"disk", disks[i]}});
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (disks[i] == disks[j]) return make_error(ErrorCode::disk_given_twice, disks[i]);
      if (!paths_overlap(disks[i], disks[j])) continue;
      return usage_error(session.language(), "cli.usage.nested_disks",
                         {{"disk", disks[i]}, {"other", disks[j]}});
    }
  }
  return {};
}

void write_geometry(JsonWriter& json, const pool::LabelRecord& record) {
  json.begin_object("geometry");
  json.field("k", int{record.k});
  json.field("m", int{record.m});
  json.end();
}

void write_disks(JsonWriter& json, const std::vector<pool::DiskStatus>& disks) {
  json.begin_array("disks");
  for (const pool::DiskStatus& disk : disks) {
    json.begin_object();
    json.field("id", disk.id.hex());
    json.path("path", disk.path);
    json.field("state", std::string(name_of(disk.state)));
    json.field("bytes_total", disk.bytes_total);
    json.field("bytes_free", disk.bytes_free);
    json.field("errors", disk.errors);
    json.end();
  }
  json.end();
}

std::string geometry_text(const pool::LabelRecord& record) {
  return std::to_string(record.k) + "+" + std::to_string(record.m);
}

// Those that can be opened: status is asked for when not all is well.
std::vector<std::unique_ptr<vault::Business>> open_businesses(vault::Box& box) {
  std::vector<std::unique_ptr<vault::Business>> opened;
  for (const vault::BusinessName& name : box.businesses()) {
    auto business = box.open_business(name.name, vault::Access::read);
    if (business) opened.push_back(std::move(*business));
  }
  return opened;
}

void print_pool_status(Session& session, pool::Pool& pool, const PackFacts& facts) {
  session.say("cli.pool.status", {{"geometry", geometry_text(pool.label().record)},
                                  {"packs", std::to_string(facts.packs)},
                                  {"missing", std::to_string(facts.shards_missing)},
                                  {"disks", std::to_string(facts.may_lose)}});
  Table table({{session.text("cli.column.disk")},
               {session.text("cli.column.state")},
               {session.text("cli.column.free"), Table::Align::right},
               {session.text("cli.column.errors"), Table::Align::right},
               {session.text("cli.column.path")}});
  for (const pool::DiskStatus& disk : pool.status()) {
    table.add({disk.id.hex().substr(0, 8),
               session.text("cli.disk_state." + std::string(name_of(disk.state))),
               size_text(disk.bytes_free), std::to_string(disk.errors), escape_path(disk.path)});
  }
  table.print(session.out());
}

}  // namespace

Result<ExitCode> run_pool_create(Session& session, const PoolCreateOptions& options) {
  session.set_committed(false);
  HF_TRY(const GeometryChoice geometry, parse_geometry(options.geometry, session.language()));
  HF_TRY(vault::Box * box, session.box());
  std::vector<std::string> disks;
  for (const std::string& path : options.disks) {
    HF_TRY(std::string real, session.ports().files.resolve(path));
    disks.push_back(std::move(real));
  }
  HF_TRY(check_apart(session, disks));
  pool::CreateOptions create;
  create.policy = geometry.policy;
  create.fixed = geometry.fixed;
  create.same_device_allowed = options.same_device_allowed;
  HF_TRY(pool::Pool * pool, box->create_pool(disks, create));
  session.set_committed(true);
  const pool::LabelRecord& record = pool->label().record;
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.field("pool", record.pool.hex());
    write_geometry(json, record);
    write_disks(json, pool->status());
    json.field("bytes_usable", pool->usable_bytes());
    session.write_committed();
  }
  session.say("cli.pool.created", {{"geometry", geometry_text(record)},
                                   {"disks", std::to_string(disks.size())},
                                   {"usable", size_text(pool->usable_bytes())},
                                   {"may_lose", std::to_string(record.m)}});
  if (record.m == 0) session.warn("cli.pool.no_parity");
  if (options.same_device_allowed) session.warn("cli.pool.same_device");
  return ExitCode::done;
}

Result<ExitCode> run_pool_status(Session& session) {
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(pool::Pool * pool, box->pool());
  const auto businesses = open_businesses(*box);
  HF_TRY(const PackFacts facts, count_packs(*pool, businesses));
  const pool::LabelRecord& record = pool->label().record;
  const auto writable = pool->writable();
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.field("pool", record.pool.hex());
    write_geometry(json, record);
    write_disks(json, pool->status());
    json.field("bytes_usable", pool->usable_bytes());
    json.field("packs", facts.packs);
    json.field("shards_missing", facts.shards_missing);
    json.field("shards_bad", 0);
    json.field("packs_under_protected", facts.under_protected);
    json.field("packs_lost", facts.lost);
    json.field("may_lose", facts.may_lose);
    json.field("writable", writable.has_value());
    return ExitCode::done;
  }
  print_pool_status(session, *pool, facts);
  if (record.m == 0) session.warn("cli.pool.no_parity");
  if (facts.lost > 0) session.warn("cli.pool.lost", {{"packs", std::to_string(facts.lost)}});
  if (!writable)
    session.ports().console.write_error(error_line(session.language(), writable.error()));
  return ExitCode::done;
}

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
// pool bays: which disk is where.
#include "firmware/app/appliance_config.h"
#include "firmware/app/bay_map.h"
#include "firmware/app/verbs.h"
#include "firmware/status/pool_facts.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

void write_bay(JsonWriter& json, const Bay& bay) {
  using Number = std::optional<std::uint64_t>;
  json.begin_object();
  json.field("number", bay.number ? Number(*bay.number) : Number());
  json.field("row", bay.number ? Number(bay.row) : Number());
  json.field("column", bay.number ? Number(bay.column) : Number());
  json.field("state", std::string(name_of(bay.state)));
  if (bay.member && !bay.member->id.is_null()) {
    json.field("disk", bay.member->id.hex());
  } else {
    json.null("disk");
  }
  if (bay.path.empty()) {
    json.null("path");
  } else {
    json.path("path", bay.path);
  }
  json.begin_array("hardware");
  for (const ports::BlockDisk& disk : bay.hardware) {
    json.begin_object();
    write_hardware(json, disk);
    json.end();
  }
  json.end();
  json.end();
}

void print_bays(Session& session, const BayMap& map) {
  Table table({{session.text("cli.column.bay"), Table::Align::right},
               {session.text("cli.column.row"), Table::Align::right},
               {session.text("cli.column.column"), Table::Align::right},
               {session.text("cli.column.disk")},
               {session.text("cli.column.state")},
               {session.text("cli.column.path")},
               {session.text("cli.column.hardware")}});
  for (const Bay& bay : map.bays) {
    std::string hardware;
    for (const ports::BlockDisk& disk : bay.hardware) {
      if (!hardware.empty()) hardware += ", ";
      hardware += hardware_text(disk);
    }
    const std::string state =
        bay.member ? "cli.disk_state." + std::string(status::state_name_of(*bay.member))
                   : "cli.bay_state." + std::string(name_of(bay.state));
    const auto place = [&](std::uint32_t number) {
      return bay.number ? std::to_string(number) : std::string("-");
    };
    table.add({place(bay.number.value_or(0)), place(bay.row), place(bay.column),
               bay.member ? bay.member->id.hex().substr(0, 8) : std::string(), session.text(state),
               escape_path(bay.path), hardware});
  }
  table.print(session.out());
}

}  // namespace

// A file that is wrong does not keep anybody from seeing the disks: one row is shown then.
Result<ExitCode> run_pool_bays(Session& session) {
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(const pool::Pool* pool, box->pool());
  HF_TRY(const Plugged plugged, look_at_plugged(session));
  const auto settings = load_appliance(box->ports().home, session.language());
  if (!settings && settings.error().is_of_process()) return settings.error();
  const std::optional<BayPlan> plan = settings ? settings->bays : std::nullopt;
  const BayMap map = map_bays(plan, status::disks_to_show(*pool), plugged);
  if (!session.wants_json()) {
    print_bays(session, map);
    if (!settings) session.tell(settings.error());
    return ExitCode::done;
  }
  JsonWriter& json = session.json();
  json.field("pool", pool->label().record.pool.hex());
  json.field("rows", std::uint64_t{map.rows});
  json.field("columns", std::uint64_t{map.columns});
  json.field("told", plan.has_value());
  if (settings) {
    json.null("problem");
  } else {
    write_error(json, session.language(), settings.error(), "problem");
  }
  json.begin_array("bays");
  for (const Bay& bay : map.bays) write_bay(json, bay);
  json.end();
  return ExitCode::done;
}

}  // namespace holdfast::app

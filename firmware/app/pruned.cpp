// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/pruned.h"

#include <algorithm>

#include "firmware/policy/retention.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

std::string day_text(Timestamp time) {
  return time.rfc3339().substr(0, 10);
}

}  // namespace

void write_pruned(JsonWriter& json, const catalog::DeletedRow& row) {
  json.begin_object();
  json.path("path", row.path);
  json.field("number", row.prune);
  json.field("time", row.decided);
  json.field("until", row.until);
  json.end();
}

std::string pruned_line(Session& session, const catalog::DeletedRow& row) {
  return session.text("cli.pruned.item", {{"path", row.path},
                                          {"time", day_text(row.decided)},
                                          {"number", std::to_string(row.prune)},
                                          {"until", day_text(row.until)}}) +
         "\n";
}

Error explain_missing(vault::Business& business, Error error) {
  if (error.code != ErrorCode::no_item || error.where.empty()) return error;
  std::optional<catalog::DeletedRow> newest;
  const auto look = [&](catalog::Catalog& catalog) {
    return catalog.for_each_deleted(error.where,
                                    [&](const catalog::DeletedRow& row) -> Result<void> {
                                      if (!newest || row.prune > newest->prune) newest = row;
                                      return {};
                                    });
  };
  // Whatever cannot be read now, it is not there.
  if (!business.with_catalog(look) || !newest) return error;
  return make_error(ErrorCode::item_pruned, error.where,
                    {{"number", std::to_string(newest->prune)},
                     {"time", day_text(newest->decided)},
                     {"until", day_text(newest->until)}});
}

bool Prunes::touched(std::uint64_t snapshot) const {
  return std::ranges::any_of(all, [&](const catalog::PruneRow& prune) {
    return prune.items > 0 && prune.number > snapshot;
  });
}

Result<Prunes> load_prunes(vault::Business& business) {
  return business.with_catalog([](catalog::Catalog& catalog) -> Result<Prunes> {
    Prunes prunes;
    HF_TRY(prunes.all, catalog.prunes());
    HF_TRY(prunes.dropped, catalog.dropped_snapshots());
    // Those that only said which packs are needed after all.
    std::erase_if(prunes.all, [&](const catalog::PruneRow& prune) {
      return prune.items + prune.packs == 0 &&
             std::ranges::find(prunes.dropped, prune.number, &catalog::DroppedRow::prune) ==
                 prunes.dropped.end();
    });
    return prunes;
  });
}

void write_prunes(JsonWriter& json, const Prunes& prunes) {
  json.begin_array("prunes");
  for (const catalog::PruneRow& prune : prunes.all) {
    json.begin_object();
    json.field("number", prune.number);
    json.field("time", prune.decided);
    json.field("items", prune.items);
    json.field("packs", prune.packs);
    json.begin_array("snapshots");
    for (const catalog::DroppedRow& dropped : prunes.dropped) {
      if (dropped.prune != prune.number) continue;
      json.begin_object();
      json.field("number", dropped.snapshot.number);
      json.field("id", dropped.snapshot.digest.hex());
      json.field("reason",
                 std::string(name_of(static_cast<policy::SnapshotReason>(dropped.reason))));
      json.end();
    }
    json.end();
    json.end();
  }
  json.end();
}

void say_prunes(Session& session, const Prunes& prunes) {
  for (const catalog::PruneRow& prune : prunes.all) {
    std::string numbers;
    for (const catalog::DroppedRow& dropped : prunes.dropped) {
      if (dropped.prune != prune.number) continue;
      numbers += (numbers.empty() ? "" : ", ") + std::to_string(dropped.snapshot.number);
    }
    const messages::Arguments arguments = {{"number", std::to_string(prune.number)},
                                           {"time", day_text(prune.decided)},
                                           {"items", std::to_string(prune.items)},
                                           {"snapshots", numbers}};
    session.say(numbers.empty() ? "cli.pruned.items" : "cli.pruned.snapshots", arguments);
  }
  const bool has_items =
      std::ranges::any_of(prunes.all, [](const auto& prune) { return prune.items > 0; });
  if (has_items) session.say("cli.pruned.counted");
}

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
// What prunes took away, told where somebody looks for it.
#pragma once

#include <string>

#include "firmware/app/session.h"
#include "firmware/job/browse.h"

namespace holdfast::app {

// One of the "pruned" that documents have: path, number, time, until.
void write_pruned(JsonWriter& json, const catalog::DeletedRow& row);
// As lines of a listing have it, with its end.
[[nodiscard]] std::string pruned_line(Session& session, const catalog::DeletedRow& row);

// no_item of what was pruned: item_pruned. Every other error as it is.
[[nodiscard]] Error explain_missing(vault::Business& business, Error error);

// "prunes", and whether one of them took items of that snapshot away: as the catalog has them.
struct Prunes {
  std::vector<catalog::PruneRow> all;
  std::vector<catalog::DroppedRow> dropped;

  [[nodiscard]] bool touched(std::uint64_t snapshot) const;
};
[[nodiscard]] Result<Prunes> load_prunes(vault::Business& business);
void write_prunes(JsonWriter& json, const Prunes& prunes);
void say_prunes(Session& session, const Prunes& prunes);

}  // namespace holdfast::app

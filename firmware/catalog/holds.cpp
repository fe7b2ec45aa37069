// SPDX-License-Identifier: Apache-2.0
// Holds that stand: a hold's entry makes a row, the release of its id takes it away. What holds on
// keys stand on is added by later entries.
#include <algorithm>
#include <utility>

#include "firmware/catalog/state.h"

namespace holdfast::catalog {

Result<void> Catalog::State::apply_hold(const journal::Entry& entry,
                                        const journal::HoldBody& hold) {
  if (entry.kind == journal::EntryKind::release) {
    Statement paths(database,
                    "DELETE FROM held_paths WHERE hold IN (SELECT number FROM holds WHERE id = ?)");
    HF_TRY(paths.with(hold.id.view()).run());
    Statement release(database, "DELETE FROM holds WHERE id = ?");
    return release.with(hold.id.view()).run();
  }
  Statement insert(database,
                   "INSERT INTO holds(number, time, id, scope, value, reason, found) "
                   "SELECT ?1, ?2, ?3, ?4, ?5, ?6, 0 "
                   "WHERE ?7 = 0 OR NOT EXISTS(SELECT 1 FROM holds WHERE id = ?3)");
  HF_TRY(insert
             .with(entry.number, entry.time.ns, hold.id.view(), std::to_underlying(hold.scope),
                   view_of(hold.value), view_of(hold.reason), hold.found.has_value())
             .run());
  return hold.found ? note_found(hold) : Result<void>();
}

Result<void> Catalog::State::note_found(const journal::HoldBody& hold) {
  const KeyFound found = hold.found->is_all ? KeyFound::all : KeyFound::partly;
  Statement mark(database, "UPDATE holds SET found = max(found, ?) WHERE id = ?");
  HF_TRY(mark.with(std::to_underlying(found), hold.id.view()).run());
  Statement insert(database,
                   "INSERT INTO held_paths(hold, path) SELECT number, ? FROM holds WHERE id = ? "
                   "ON CONFLICT(hold, path) DO NOTHING");
  for (const std::string& path : hold.found->paths) {
    HF_TRY(insert.with(view_of(path), hold.id.view()).run());
  }
  return {};
}

Result<std::vector<HoldRow>> Catalog::holds() {
  Statement select(state_->database,
                   "SELECT number, time, id, scope, value, reason, found FROM holds "
                   "ORDER BY number");
  std::vector<HoldRow> holds;
  Query row = select.with();
  HF_TRY(row.each([&]() -> Result<void> {
    HoldRow hold;
    hold.number = row.u64();
    hold.time.ns = row.i64();
    const ByteView id = row.blob();
    if (id.size() != hold.body.id.bytes.size()) return state_->database.damaged("id of hold");
    std::ranges::copy(id, hold.body.id.bytes.begin());
    const std::uint8_t scope = row.u8();
    if (scope < 1 || scope > 3) return state_->database.damaged("scope of hold");
    hold.body.scope = static_cast<journal::HoldScope>(scope);
    hold.body.value = std::string(text_of(row.blob()));
    hold.body.reason = std::string(text_of(row.blob()));
    const std::uint8_t found = row.u8();
    if (found > std::to_underlying(KeyFound::partly)) {
      return state_->database.damaged("what a hold found");
    }
    hold.found = static_cast<KeyFound>(found);
    HF_TRY(row.intact());
    holds.push_back(std::move(hold));
    return {};
  }));
  return holds;
}

Result<std::vector<std::string>> Catalog::held_paths(std::uint64_t hold) {
  Statement select(state_->database, "SELECT path FROM held_paths WHERE hold = ? ORDER BY path");
  std::vector<std::string> paths;
  Query row = select.with(hold);
  HF_TRY(row.each([&] {
    paths.emplace_back(text_of(row.blob()));
    return row.intact();
  }));
  return paths;
}

}  // namespace holdfast::catalog

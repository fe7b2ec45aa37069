// SPDX-License-Identifier: Apache-2.0
// Holds that stand: a hold's entry makes a row, the release of its id takes it away.
#include <algorithm>
#include <utility>

#include "firmware/catalog/state.h"

namespace holdfast::catalog {

Result<void> Catalog::State::apply_hold(const journal::Entry& entry,
                                        const journal::HoldBody& hold) {
  if (entry.kind == journal::EntryKind::release) {
    Statement release(database, "DELETE FROM holds WHERE id = ?");
    return release.with(hold.id.view()).run();
  }
  Statement insert(database,
                   "INSERT INTO holds(number, time, id, scope, value, reason) "
                   "VALUES(?, ?, ?, ?, ?, ?)");
  return insert
      .with(entry.number, entry.time.ns, hold.id.view(), std::to_underlying(hold.scope),
            view_of(hold.value), view_of(hold.reason))
      .run();
}

Result<std::vector<HoldRow>> Catalog::holds() {
  Statement select(state_->database,
                   "SELECT number, time, id, scope, value, reason FROM holds ORDER BY number");
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
    HF_TRY(row.intact());
    holds.push_back(std::move(hold));
    return {};
  }));
  return holds;
}

}  // namespace holdfast::catalog

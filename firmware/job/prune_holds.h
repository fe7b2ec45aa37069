// SPDX-License-Identifier: Apache-2.0
// Which items the holds of a business stand on.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "firmware/catalog/record_index.h"
#include "firmware/policy/item_plan.h"
#include "firmware/vault/tree_cursor.h"
#include "hal/base/path.h"

namespace holdfast::job {

// Rows that a hold on a key may have, so that memory stays bounded: with more it holds everything,
// until it is released.
inline constexpr std::uint32_t kHeldRowsMax = 100'000;

struct HeldThings {
  std::vector<policy::HeldPath> paths;
  // The number of the hold's entry, by the snapshot's.
  std::map<std::uint64_t, std::uint64_t> snapshots;
  // Keys could not be looked up: those holds stand on everything.
  bool is_unsure = false;
  // The numbers of holds with more rows than are looked at: they stand on everything as well.
  std::set<std::uint64_t> too_wide;
};

// What the rows with that hold's key lead to, put into `paths`: the items that they are in, and
// their recordings. False: not all of them are known. Errors of the index.
[[nodiscard]] Result<bool> find_by_key(const catalog::HoldRow& hold, catalog::RecordIndex& index,
                                       std::set<std::string, PathLess>& paths,
                                       std::uint32_t rows_max = kHeldRowsMax);

// Items, folders, and what the rows with a key lead to now. `index`: null if there is none. Errors
// of the index.
[[nodiscard]] Result<HeldThings> find_held(const std::vector<catalog::HoldRow>& holds,
                                           const std::vector<catalog::SnapshotRow>& snapshots,
                                           catalog::RecordIndex* index,
                                           std::uint32_t rows_max = kHeldRowsMax);

// Which of several snapshots have an item of that path, asked in path order. One thread.
class HeldSnapshots {
 public:
  // With the number of the hold's entry.
  void add(vault::NodeSource& nodes, const catalog::SnapshotRow& snapshot, std::uint64_t hold);
  // The hold of one that has it, or may have it among what is lost.
  [[nodiscard]] Result<std::optional<std::uint64_t>> find(std::string_view path);

 private:
  struct Held {
    std::uint64_t hold;
    bool is_partly_lost = false;
    std::optional<vault::TreeCursor> cursor = {};
  };
  std::vector<std::unique_ptr<Held>> held_;
};

}  // namespace holdfast::job

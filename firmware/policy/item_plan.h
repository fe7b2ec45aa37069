// SPDX-License-Identifier: Apache-2.0
// Which items of a business may go, and why the others stay. Items are given one by one in path
// order, so that a million of them take no more memory than the holds. One thread.
#pragma once

#include <map>
#include <utility>

#include "firmware/policy/path_cover.h"
#include "firmware/policy/retention.h"

namespace holdfast::policy {

struct ItemFacts {
  std::string_view path;
  std::uint64_t bytes = 0;
  std::optional<std::uint32_t> retention_class;  // of its source; none: no source has it
  bool at_source = false;
  bool made_here = false;
  // By what its class's ItemDate says, UTC; none: not known.
  std::optional<Timestamp> date;
  std::optional<std::uint64_t> hold;  // on a snapshot that has it: number of the hold's entry
  bool may_be_held = false;           // by a hold on a key: nobody knows whose call it is
};

// A hold on an item, a folder, or what a record leads to. An empty path: on everything.
struct HeldPath {
  std::string path;
  std::uint64_t hold = 0;  // number of its entry
};

struct ItemVerdict {
  ItemReason reason = ItemReason::held;
  // Locked and kept: from when on it goes, by trusted time. Ended: since when.
  std::optional<Timestamp> until;
  std::uint64_t hold = 0;  // held: one of the holds
  bool operator==(const ItemVerdict&) const = default;
};

class ItemPlan {
 public:
  struct Rules {
    bool is_mirror = false;
    Retention retention;
    LockDays lock_days;  // in force, of every class that a source is of
  };

  ItemPlan(Rules rules, std::vector<HeldPath> held, Timestamp now);

  [[nodiscard]] ItemVerdict decide(const ItemFacts& item);

  // Whether it would be over, or nobody knew, if no hold stood. Asked right behind decide().
  [[nodiscard]] bool may_be_over(const ItemFacts& item);

  // Rules in which no item lies that was asked for.
  [[nodiscard]] std::vector<PathRetention> unused_rules() const { return paths_.unused(); }
  // What an item of that class counts from.
  [[nodiscard]] ItemDate date_of(std::uint32_t retention_class) const;

 private:
  [[nodiscard]] ItemVerdict decide_unheld(const ItemFacts& item, const PathRetention* path) const;
  [[nodiscard]] ItemVerdict decide_by_age(const ItemFacts& item, const PathRetention* path) const;

  Rules rules_;
  PathCover<PathRetention> paths_;
  PathCover<HeldPath> held_;
  Timestamp now_;
};

// What a plan comes to, for people: sums that do not grow with the items.
struct ItemSums {
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;
  std::optional<Timestamp> first;  // of all `until`
  std::optional<Timestamp> last;
  void add(std::uint64_t item_bytes, std::optional<Timestamp> until);
};

struct ItemTally {
  using Key = std::pair<ItemReason, std::optional<std::uint32_t>>;  // and its class
  std::map<Key, ItemSums> reasons;
  std::map<std::uint64_t, ItemSums> holds;   // by number of entry
  std::map<std::uint32_t, ItemSums> months;  // in which they will go: Timestamp::month()
  void add(const ItemFacts& item, const ItemVerdict& verdict);
};

}  // namespace holdfast::policy

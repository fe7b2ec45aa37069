// SPDX-License-Identifier: Apache-2.0
// What a prune of a business would take away, and why everything else stays. Only looks.
//
//   holds, rules -> items of the newest snapshot -> snapshots -> packs that nothing needs any more
//
// What goes is gone from every snapshot that has it; a hold on a snapshot is a hold on all that is
// in it. Memory: LiveChunks, and the lists of what goes and of what is written anew.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "firmware/catalog/catalog.h"
#include "firmware/job/chunk_names.h"
#include "firmware/job/progress.h"
#include "firmware/policy/item_plan.h"
#include "firmware/policy/snapshot_plan.h"
#include "firmware/source/definition.h"
#include "firmware/vault/business.h"

namespace holdfast::job {

// From a prune on, by trusted time, until the bytes of its packs may go.
inline constexpr std::int64_t kBytesWait_ns = 86'400'000'000'000;

// So that the entry of a prune can be written and read.
inline constexpr std::size_t kPrunedItemsSizeMax = 16 * kMiB;

inline constexpr std::uint64_t kRepackBytesMax = 64 * kGiB;
inline constexpr std::size_t kRepacksMax = 100'000;

struct PruneRequest {
  source::BusinessDefinition definition;
  source::LockDays lock_days;  // in force, of every class that a source is of
  Timestamp now;               // trusted time, or the box's clock if nobody has confirmed one
  bool is_trusted = false;     // which of them
  std::int64_t bytes_wait_ns = kBytesWait_ns;
  // Of the entry's list of items. What is beyond stays until the next prune.
  std::size_t items_size_max = kPrunedItemsSizeMax;
  // Of chunks that are written anew: a prune ends, and the next one goes on.
  std::uint64_t repack_bytes_max = kRepackBytesMax;
  // Packs of which little is needed that are chosen from, and as many small ones beside them.
  std::size_t repacks_max = kRepacksMax;
  // What is lost now will never come back: it stops nothing.
  bool accept_loss = false;
  // Nothing ends, no item and no snapshot: what rows, rules and holds say is not asked.
  bool packs_only = false;
  const StopFlag* stop = nullptr;  // may be null
  Progress* progress = nullptr;    // may be null
};

struct PlannedSnapshot {
  journal::Head head;
  Timestamp time;
  policy::SnapshotVerdict verdict;
};

// Bytes as shards, with parity, where nothing else is said.
struct PlannedPacks {
  std::uint64_t condemned = 0;
  std::uint64_t repacked = 0;     // written anew
  std::uint64_t joined = 0;       // of these: small ones that are put together
  std::uint64_t joined_into = 0;  // packs that they become, or a few more
  std::uint64_t bytes_condemned = 0;
  std::uint64_t bytes_repacked = 0;  // of the packs that are written anew
  std::uint64_t bytes_read = 0;      // what is needed of them, without parity
  std::uint64_t bytes_written = 0;   // the same: room must be there for it first
  std::uint64_t bytes_left = 0;      // not needed, in packs that stay as they are
  // Packs of which little enough is needed, or that are small, and that stay all the same.
  std::uint64_t later = 0;         // beyond what one prune writes anew
  std::uint64_t no_room = 0;       // for what is needed of them
  std::uint64_t no_key = 0;        // of their epochs, so that they cannot be read; small ones aside
  std::uint64_t room = 0;          // that a prune may take for it, without parity
  std::uint64_t room_lacking = 0;  // what is needed of those that have none, without parity

  [[nodiscard]] std::uint64_t bytes_freed() const {
    const std::uint64_t gone = bytes_condemned + bytes_repacked;
    return gone - std::min(gone, bytes_written);
  }
};

// Why nothing may be deleted although it is planned.
enum class FreezeReason : std::uint8_t {
  disks_absent,      // members that are not there: they could bring back what was deleted
  packs_lost,        // what was lost with them may come back with a disk
  entries_lost,      // a hold may be among the journal's entries that no disk has
  names_lost,        // parts of trees
  newest_has_gap,    // the newest snapshot lacks what lost names told of
  packs_needed,      // what stays needs what a pack had that was to go: a defect of this program
  packs_thin,        // what was written anew has less protection than it should
  time_unconfirmed,  // nobody has confirmed a time that locks could age by
  rows_not_indexed,  // what holds on keys stand on, and the days of calls, are not known
  rows_missing,      // the index of them is not whole: the same
  holds_on_keys,     // what rows of before led to, the index may not know any more
  not_backed_up,     // no backup of everything has run by the definition in force
  keys_too_wide,     // holds on keys that more rows have than are looked at
  no_rows,           // holds on keys, and no source of the definition has rows
};
[[nodiscard]] std::string_view name_of(FreezeReason reason);
// It makes unsure what may end, and nothing else: where nothing ends it stops nothing.
[[nodiscard]] bool is_about_ends(FreezeReason reason);
struct Freeze {
  FreezeReason reason;
  std::uint64_t count = 1;
  std::string path = {};   // rows_missing: of the first that is missing
  std::uint64_t hold = 0;  // no_rows: the number of the first one
};

struct PrunePlan {
  static constexpr std::size_t kPathsKept = 1000;
  // Of the entry. What is beyond stays until the next prune, as items do.
  static constexpr std::size_t kPacksMax = 1'000'000;

  std::vector<PlannedSnapshot> snapshots;  // by number
  policy::ItemTally items;                 // folders are not counted
  std::uint64_t going = 0;
  std::vector<std::string> going_paths;  // the first of them
  std::uint64_t waiting = 0;             // their time has ended, and they go with the next prune
  std::uint64_t unsure = 0;  // not known to be over now, but perhaps with all rows at hand
  PlannedPacks packs;
  std::vector<Digest> repacked;  // names of packs, in the order in which they are written anew
  ChunkNames needed;             // of the chunks of these, by what stays
  std::vector<catalog::HoldRow> holds;          // that stand
  std::vector<policy::PathRetention> no_items;  // rules in which no item lies
  std::vector<Freeze> frozen;                   // empty: it could be done
  std::vector<Freeze> given_up;  // with accept_loss: what else would stand against it
  Problems lost;                 // and the items of snapshots that are lost with it
  journal::PruneBody entry;      // that would do it, repacked packs left out
  bool packs_only = false;       // it lets nothing end: so was asked, or a reason is about ends

  [[nodiscard]] bool has_entry() const {
    return !entry.items.empty() || !entry.packs.empty() || !entry.snapshots.empty();
  }
  [[nodiscard]] bool is_empty() const { return !has_entry() && repacked.empty(); }
  // Something is over by the rules, or may be, whether it can go now or not.
  [[nodiscard]] bool has_ends() const;
  // Nothing at all can be done. If reasons are about ends only, packs are written anew all the
  // same, with all that there is as needed.
  [[nodiscard]] bool is_frozen() const;
};

// A snapshot of the business is there, else there is nothing to plan. interrupted; errors of the
// store that are no loss.
[[nodiscard]] Result<PrunePlan> plan_prune(vault::Business& business, const PruneRequest& request);

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// scrub and heal: every shard of every pack is read; heal also writes anew what is missing or
// damaged.
//
// The first time a pack is met it is proved: decoded, and all its shards compared with what has its
// name. Only that finds a shard that was wrong before its checksums were taken, and such a one can
// only come from its writing. From then on (proved_packs.h) its checksums tell whether it is as it
// was, until one of its shards is written anew.
//
// First of all the small files that every disk has a copy of (copies.h): all of them, by each call,
// for they are few and everything hangs on them.
//
// Packs with the fewest shards to spare come first when healing, so that a stop, or one more disk
// that goes, finds the most endangered ones mended; then all in order of their names. How far it
// came is noted in home (scrub_note.h) now and then, and the next call goes on from there. One at a
// time; backups and readers need not wait for it. What is beyond repair is noted in home
// (vault/lost_packs.h), so that the next backup reads it again from its source if it still can.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware/job/copies.h"
#include "firmware/job/pool_packs.h"
#include "firmware/pool/scrub.h"

namespace holdfast::job {

struct ScrubRequest {
  bool heal = false;
  // Not from where the last call stopped; and every pack is proved anew, by this call and by those
  // that go on from it.
  bool full = false;
  // Of heal: only packs of which a shard lies on no plain member by name. It is no round: where it
  // came is not noted, for the names tell what is left to do.
  bool only_missing = false;
  // Of heal: only packs that are known to need it (pack_needs.h), and all copies. No round either;
  // the rounds that are noted say less afterwards.
  bool only_known = false;
  // Of a scrub: of packs that are looked at and have more files than they need, one goes.
  bool trims = false;
  std::size_t waited_for = 0;  // disks that are away and may come back: what may lie there can wait
  bool dry_run = false;        // of heal: looks, and writes nothing, not even the note
  // Of a scrub that is not full: only what is due, if each pack is to be looked at once in so many
  // days, called daily (due_packs.h). 0: all that the round has not looked at.
  int cycle_days = 0;
  const StopFlag* stop = nullptr;
  Progress* progress = nullptr;
};

// One damaged part of one shard.
struct FoundDamage {
  Digest pack;
  std::uint8_t shard = 0;
  DiskId disk{};
  std::string path;
  pool::ShardDamage damage{};
};

// A shard that no present disk has; with a path, one that lies there beside another shard of its
// pack and would go with that one.
struct MissingShard {
  Digest pack;
  std::uint16_t generation = 0;
  std::uint8_t shard = 0;
  std::string path;
  bool may_be_away = false;  // its pack lacks no more shards than disks are away
};

struct ScrubSummary {
  bool complete = false;    // looked at all packs, those of earlier calls included
  bool left_undue = false;  // not complete because the rest is not due yet
  std::uint64_t packs = 0;  // looked at by this call
  // By the calls that it went on from: packs, and shards that they left missing or damaged.
  std::uint64_t packs_before = 0;
  std::uint64_t shards_before = 0;
  std::uint64_t packs_proved = 0;  // decoded by this call, and had back by their names
  std::uint64_t bytes_read = 0;
  // As found by this call.
  std::uint64_t shards_missing = 0;  // or without a disk of their own
  std::uint64_t shards_bad = 0;      // damaged files
  std::vector<std::string> disks_away;
  std::uint64_t packs_away = 0;       // that lack no more shards than disks are away
  std::uint64_t shards_away = 0;      // those of shards_missing
  std::uint64_t under_protected = 0;  // packs; of heal: that still are
  std::uint64_t shards_removed = 0;   // that were there twice
  // What heal did about it.
  std::uint64_t shards_written = 0;
  std::uint64_t shards_unhealed = 0;
  std::uint64_t packs_waiting = 0;  // of only_known: that lack no more than waited_for, left so
  std::uint64_t packs_recoded = 0;  // had too little redundancy and have enough now
  // The first ones are kept; every damaged part is counted.
  static constexpr std::size_t kDamagesKeptMax = 1000;
  std::uint64_t damages = 0;
  std::vector<FoundDamage> kept_damages;
  std::vector<MissingShard> kept_missing;  // of shards_missing, as many at most
  // Files in folders of ours that nothing needs under their names. Told, never touched, and no
  // difference: they take nothing from what is there.
  std::uint64_t strays = 0;
  std::vector<pool::StrayFile> kept_strays;  // as many at most
  std::vector<Digest> lost_packs;            // beyond repair with the disks present
  CopiesReport copies;                       // as found by this call
  std::uint64_t copies_unmended = 0;         // of heal
  Problems lost;                             // items, with those packs
  Problems problems;  // businesses that cannot be opened, disks that failed, home
  std::int64_t duration_ns = 0;
  std::optional<Error> ended;  // that ended it early; interrupted among them

  [[nodiscard]] bool found_differences() const {
    return shards_missing + shards_bad + shards_before + copies.count > 0 || has_lost() ||
           problems.count > 0;
  }
  [[nodiscard]] bool is_not_mended() const {
    return shards_unhealed + shards_before + copies_unmended > 0 || has_lost() ||
           problems.count > 0;
  }
  [[nodiscard]] bool has_lost() const { return !lost_packs.empty() || !copies.lost.empty(); }
};

// An error only if nothing was looked at: no_pool, locked, and for heal what
// vault::Box::check_safe() says. `held`: the lock of scrubs, if the caller has it.
[[nodiscard]] Result<ScrubSummary> run_scrub(vault::Box& box, const ScrubRequest& request,
                                             const ports::Lock* held = nullptr);
inline constexpr const char* kScrubLock = "scrub";

}  // namespace holdfast::job

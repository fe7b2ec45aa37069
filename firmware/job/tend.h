// SPDX-License-Identifier: Apache-2.0
// pool tend: what a box does for its pool when nobody comes. Called once an hour or once a day, it
// does what is due and ends; called more often it does no more.
//
//   look at the disks, and write on each -> scrub what is due today -> heal what is known to need
//   it
//
// A disk that is away may come back (somebody cleans its slot): until it has been away for too long
// (firmware/policy/disk_watch.h) only packs are mended that lack more than it could have. Then its
// shards are written anew on others, the most endangered packs first. So they are if it is here and
// takes no writes for as long. What is damaged is mended at once. Once all disks have been well for
// days, shards that are there twice go as the scrub comes by (Pool::trim_pack()). Each step is
// durable by itself: stopped anywhere, the next call goes on.
#pragma once

#include <optional>
#include <vector>

#include "firmware/job/scrub.h"
#include "firmware/policy/disk_watch.h"

namespace holdfast::job {

struct TendRequest {
  policy::WatchRules rules{};
  int cycle_days = 14;   // in which every pack is looked at once; at least 1
  bool dry_run = false;  // no scrub; what would be healed is looked at, and nothing is written
  const StopFlag* stop = nullptr;
  Progress* progress = nullptr;
};

struct TendedDisk {
  policy::WatchedDisk watched;
  std::string path;            // where it is, or was seen last
  bool is_unreadable = false;  // a disk is there, and its label cannot be read
};

struct TendSummary {
  std::vector<TendedDisk> disks;         // the pool's plain members
  std::size_t given_up = 0;              // of them, away or read-only for too long
  std::optional<ScrubSummary> scrubbed;  // not by a dry run
  std::optional<ScrubSummary> healed;    // unless the scrub ended early
  std::vector<DiskId> left;              // that were leaving, and have nothing more to move
  std::optional<Error> ended;            // that ended it early; interrupted among them

  [[nodiscard]] bool has_lost() const;  // items or entries
  // Something is left that nothing but a person can mend, or that ended it.
  [[nodiscard]] bool is_not_mended() const;
};

// An error only if nothing was done: no_pool, locked, and those of the first look.
[[nodiscard]] Result<TendSummary> run_tend(vault::Box& box, const TendRequest& request);

// Where what a job read came from: a system that remembers what it has read is quick whatever its
// disk is.
enum class Reads : std::uint8_t { of_system, of_disks };

// After another job that reads or writes the pool: a strike for each disk that failed in it, and
// which were slow at reading. That one is quick again only reads of disks say. While somebody else
// writes the note nothing is noted.
[[nodiscard]] Result<void> note_disks(vault::Box& box, Reads reads = Reads::of_system);

// Around a heal of all packs: if none lacks a shard then that could be written, no room need be
// kept for what disks had that are away. `before`: what note_away() has returned, which is
// nothing while anybody writes. As note_disks().
[[nodiscard]] Result<std::vector<policy::WatchedDisk>> note_away(vault::Box& box);
[[nodiscard]] Result<void> note_healed(vault::Box& box, const ScrubSummary& healed,
                                       const std::vector<policy::WatchedDisk>& before);

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// What a box remembers of its disks from one look to the next, and when it must not wait any longer
// for somebody to come: a disk that stays away, or fails again and again.
//
//   here --not there--> away --too long--> given up: its shards are written anew on others
//   here --takes no write--> read-only --too long--> given up as well, and read from still
//   here --fails on several days--> failing --good looks, over some days--> here
//
// State in, sights in, state out: no I/O, no clock. The time is the box's own: one that jumps
// forward gives up early, which costs room and nothing else; one that was set back begins to wait
// anew. Nothing of it changes the pool's members, and a state that is lost only begins anew.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "hal/base/id.h"
#include "hal/base/time.h"

namespace holdfast::policy {

// A plain member of the pool, as one look found it.
struct DiskSight {
  DiskId disk{};
  bool is_here = false;
  bool has_failed = false;  // an error was counted against it
  // Whether nothing can be written on it, as a write has shown; nothing: none was tried.
  std::optional<bool> is_read_only{};
};

struct WatchedDisk {
  DiskId disk{};
  std::optional<Timestamp> away_since{};  // the first look that missed it
  std::uint32_t strikes = 0;              // at most one a day, but for strike_out()
  std::optional<Timestamp> struck{};      // when it got the last of them
  // Since it failed last: looks in which it was here and did not fail, and the first of them.
  std::uint32_t clean_looks = 0;
  std::optional<Timestamp> clean_since{};
  std::optional<Timestamp> slow{};  // when its reads were last found slow, and not quick since
  // The first write that found it read-only, if none has found it otherwise since.
  std::optional<Timestamp> read_only{};
  // While it is away or read-only: since when all that it had lies on others, as far as it can. Who
  // keeps room for that may use it then; and nobody writes shards on it before the mark is off.
  std::optional<Timestamp> healed{};
  // Since when each look found it here, without an error and not read-only.
  std::optional<Timestamp> well_since{};
  std::uint32_t visits = 0;  // while it is away or read-only: by writers that could write there
  std::optional<Timestamp> given_up{};  // while it is: the first look that found it so
  std::uint32_t returns = 0;            // how often it was back after that
  bool operator==(const WatchedDisk&) const = default;
};

struct WatchRules {
  std::int64_t away_max_ns = 86'400'000'000'000;
  std::uint32_t strikes_max = 3;  // so many are too many
  // What takes all strikes off: so many good looks in a row, over at least so long.
  std::uint32_t clean_looks = 3;
  std::int64_t clean_ns = 3LL * 86'400'000'000'000;  // so long all are well, too: are_settled()
};

// One for each sight, in its order: disks that are no members any more are forgotten.
[[nodiscard]] std::vector<WatchedDisk> watch(std::span<const WatchedDisk> before,
                                             std::span<const DiskSight> sights, Timestamp now,
                                             const WatchRules& rules);

// It failed: what went before is forgotten but for its strikes, and today gives it one at most.
void strike(WatchedDisk& disk, Timestamp now);

// It has not kept what it called durable: at once it has as many strikes as are too many. Good
// looks take them off.
void strike_out(WatchedDisk& disk, Timestamp now, const WatchRules& rules);

// Its reads were measured; whoever read too little to say calls nothing. Slow counts against a disk
// in no way: it is told, and each process decides for itself where it reads.
void note_pace(WatchedDisk& disk, bool is_slow, Timestamp now);

// These are here, and shards are written on them from now on: they are not healed any more.
// `writable`: of those that were read-only, who takes writes now; the others keep the mark. Only
// watch() ends the waiting: one that comes and goes would be waited for for ever. True if that
// changed anything.
bool note_here(std::vector<WatchedDisk>& disks, std::span<const DiskId> here,
               std::span<const DiskId> writable);

// These are not here: those that no look has missed yet are away from now on.
void note_away(std::vector<WatchedDisk>& disks, std::span<const DiskId> away, Timestamp now);

// What these had lies on others now. `before`: the note when the heal began; who was here since, as
// far as the note knows, may have got something that no heal has seen, and gets no mark.
void note_healed(std::vector<WatchedDisk>& disks, std::span<const WatchedDisk> before,
                 std::span<const DiskId> gone, Timestamp now);

// Since when nothing can be written on it: it is away or read-only.
[[nodiscard]] std::optional<Timestamp> closed_since(const WatchedDisk& disk);
// So for so long that its shards are to be written anew on other disks.
[[nodiscard]] bool is_given_up(const WatchedDisk& disk, Timestamp now, const WatchRules& rules);
// At least one disk was given up so long ago that nobody waits any longer for those that went
// since.
[[nodiscard]] bool is_waiting_over(std::span<const WatchedDisk> disks, Timestamp now,
                                   const WatchRules& rules);
// It got a strike within the last day, by a clock that may have been set meanwhile.
[[nodiscard]] bool is_struck_lately(const WatchedDisk& disk, Timestamp now);
// To be replaced: it has failed too often of late.
[[nodiscard]] bool is_failing(const WatchedDisk& disk, const WatchRules& rules);
// All of them have been well for days: whoever was away is back to stay, and what was made anew for
// it can go. Twice as many days each time that one of them came back: who comes and goes for ever
// is not believed for ever.
[[nodiscard]] bool are_settled(std::span<const WatchedDisk> disks, Timestamp now,
                               const WatchRules& rules);

}  // namespace holdfast::policy

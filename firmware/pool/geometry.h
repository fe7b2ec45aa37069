// SPDX-License-Identifier: Apache-2.0
// Which k + m fits how many disks, and how many bytes that makes usable. Pure arithmetic.
#pragma once

#include <cstdint>
#include <span>

#include "firmware/erasure/reed_solomon.h"
#include "firmware/pool/label.h"
#include "hal/base/result.h"

namespace holdfast::pool {

// 1: 1+0, 2: 1+1, 3: 2+1, 4 and 5: 2+2, 6: 3+2, 7: 4+2, 8: 5+2, 9: 5+3, 10: 6+3, 11: 7+3, 12: 8+3;
// beyond, m = 3 up to 16 disks and 4 from there. From five disks on, one is left over: space to
// heal into is worth more than one more parity when nobody can bring a disk for weeks.
[[nodiscard]] erasure::Geometry automatic_geometry(std::size_t disks);

// Geometry for a new pool of `disks` members; bad_geometry if `fixed` needs more disks than there
// are or breaks a limit (k >= 1, k + m <= disks). Half: as much parity as data, or one less.
[[nodiscard]] Result<erasure::Geometry> choose_geometry(GeometryPolicy policy,
                                                        erasure::Geometry fixed, std::size_t disks);

// With only `present` disks writable: k shrinks first (to 1), then m. Equal to `wanted` if it fits;
// 1+0 with none.
[[nodiscard]] erasure::Geometry degraded_geometry(erasure::Geometry wanted, std::size_t present);

// Bytes of a disk that neither backups nor shards that are healed or moved use up: room for the
// journal. `reserve`: of the pool's settings.
[[nodiscard]] std::uint64_t reserve_of(std::uint64_t capacity, std::uint64_t reserve);

// Whether room is kept so that what a disk held can be healed onto the others, whichever one goes.
enum class Spare { none, kept };

// Bytes of packs that go on disks which can hold `disk_bytes` each (at most kMembersMax), each
// shard of a pack on another one. Water filling: the largest U with sum_i min(disk_i, U/k) >=
// U (k+m)/k. With the spare kept, the least that the others give when any one disk is gone; where
// no disk is left over beyond k + m there is nothing to heal onto, and no spare. Exact.
[[nodiscard]] std::uint64_t usable_bytes(std::span<const std::uint64_t> disk_bytes,
                                         erasure::Geometry geometry, Spare spare);

struct DiskRoom {
  std::uint64_t size = 0;  // bytes that the disk has for shards
  std::uint64_t free = 0;  // of them not used yet
};

// Bytes of packs that can still be written, by the same rule: what is used counts as shards.
[[nodiscard]] std::uint64_t free_bytes(std::span<const DiskRoom> disks, erasure::Geometry geometry,
                                       Spare spare);

// True if the spare of these disks (all that take shards) is whole still when k + m shards of
// `shard_bytes` each are written. With one disk left over that is exact: whatever lies where, each
// pack has one disk to go to. With more of them a shard's room is kept on each disk besides, since
// the pieces do not fill disks to the byte.
[[nodiscard]] bool leaves_spare(std::span<const DiskRoom> disks, erasure::Geometry geometry,
                                std::uint64_t shard_bytes);

// Members that are away, and whose shards may not lie on the others yet: each pack may lack one
// shard for each of them, and no more than it has parity.
struct HealDue {
  erasure::Geometry wanted{1, 0};  // of the pool
  std::size_t away = 0;
};

// With such members: what can still be written on the disks that are here, coded as `geometry`, so
// that every pack can be healed onto them. Where no disk is left to heal onto, all that fits.
[[nodiscard]] std::uint64_t free_bytes(std::span<const DiskRoom> here, erasure::Geometry geometry,
                                       const HealDue& due);

// True if there is still room for that heal when one more pack of such shards is written. How many
// bytes the members had that are away nobody knows: of packs that lack nothing as much room is kept
// as if they did, so it may say no a little early, never late.
[[nodiscard]] bool leaves_heal_room(std::span<const DiskRoom> here, const HealDue& due,
                                    std::uint64_t shard_bytes);

}  // namespace holdfast::pool

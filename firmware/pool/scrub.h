// SPDX-License-Identifier: Apache-2.0
// What scrub and heal say of one pack (values; they outlive the pool), and their memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "firmware/pool/shard.h"
#include "hal/base/bytes.h"
#include "hal/base/error.h"
#include "hal/base/id.h"

namespace holdfast::pool {

enum class DamageKind {
  unreadable,  // the disk gave an error
  checksum,    // not what its checksum or the format says
  content,     // its checksum is right, and the pack's name says that it is wrong
};

// A part of a shard file: header, padding, leaf, entry of the table of CRCs, or copy of the header;
// the whole file if its size is wrong. Neighbours of one kind are told as one.
struct ShardDamage {
  DamageKind kind = DamageKind::checksum;
  std::uint64_t offset = 0;  // bytes from the start of the file
  std::uint64_t length = 0;  // bytes

  bool operator==(const ShardDamage&) const = default;
};

inline constexpr std::size_t kDamagesMax = 64;

// One file that is, by its name, a shard of the pack.
struct ShardState {
  std::uint8_t index = 0;
  DiskId disk{};
  std::string path{};                  // with the disk's, for people
  std::vector<ShardDamage> damages{};  // in order of offset, at most kDamagesMax
  std::uint64_t damages_more = 0;      // that are not in the list
  // Damaged, and nothing needs it: another shard lies intact on its disk, and this one on another.
  // It is never mended.
  bool needless = false;

  [[nodiscard]] bool intact() const { return damages.empty(); }
};

// A file in a folder of ours that nothing needs under its name: it is told, and left as it is.
struct StrayFile {
  DiskId disk{};
  std::string path;  // with the disk's
};

struct ScrubReport {
  Digest pack;
  // What the shards agree on; nothing if no header of any is intact.
  std::optional<ShardHeader> shape{};
  // The pack was had back and has its name; of Pool::sum_pack() that it was so before. If not, it
  // is beyond repair with the disks present, and only what checksums tell is listed as damage: with
  // no damage at all and none missing, what lies on the disks is not the pack although every CRC is
  // right.
  bool proved = false;
  // Files of that shape's generation, in order of index, then of slot: more than one of an index
  // where a disk came back after its shard was written anew elsewhere.
  std::vector<ShardState> shards{};
  std::vector<std::uint8_t> missing{};  // of which no present disk has a file
  // Intact, but only on disks that others need: each goes with the other one.
  std::vector<std::uint8_t> crowded{};
  std::vector<DiskId> unreadable_disks{};  // that do not tell what they have
  std::vector<std::string> other_files{};  // of this pack and another generation; left alone
  std::vector<StrayFile> strays{};         // of these, files that are not what they are called
  std::uint64_t bytes_read = 0;            // of shard files

  // A file of that shard without any damage.
  [[nodiscard]] bool has(std::uint8_t index) const;
  // Proved, every shard there on a disk of its own, and no file damaged that is needed.
  [[nodiscard]] bool whole() const;
};

// What a thread that looks at one pack after the other need not ask the system for each time.
struct PackMemory {
  Buffer data;     // the k data shards
  Buffer stripes;  // a short piece of each other shard, read and reckoned
  Buffer parity;   // one shard
};

// A shard that was written anew, read back and compared; it is durable.
struct HealedShard {
  std::uint8_t index = 0;
  DiskId disk{};
  bool replaced = false;  // in place of a damaged file

  bool operator==(const HealedShard&) const = default;
};

// A disk that failed while a shard was written to it.
struct HealFailure {
  std::uint8_t index = 0;
  DiskId disk{};
  Error error{};
};

struct HealReport {
  ScrubReport found;  // before anything was written
  std::vector<HealedShard> written{};
  std::vector<HealFailure> failures{};
  // Shards that still have no disk of their own (firmware/pool/spread.h): no disk is left that is
  // free of the pack, works, and has room above its reserve. All that are not intact if the pack is
  // beyond repair.
  std::vector<std::uint8_t> unhealed{};
  // The pack was written with less parity than the pool wants, and still has no more.
  bool under_protected = false;
  // It was, and has been written once more as the pool wants it: of those shards. They are durable,
  // and were read back and proved.
  std::optional<ShardHeader> recoded{};

  // As many shards may be lost as the pack's geometry says.
  [[nodiscard]] bool healed() const { return found.proved && unhealed.empty(); }
};

struct TrimReport {
  ScrubReport found;  // without what was removed
  std::optional<StrayFile> removed{};
  std::optional<HealFailure> failure{};  // the disk failed while it was removed; it may come back
};

}  // namespace holdfast::pool

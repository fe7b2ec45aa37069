// SPDX-License-Identifier: Apache-2.0
// Packs that were decoded and proved by their names, each with the disks whose shards were compared
// then: of these a scrub reads checksums only. A note in home (docs/formats.md, section 2), in
// parts so that few bytes are written anew; what it does not say, or cannot say any more, is proved
// again.
//
// Durable is what store() has written. Whoever writes a shard takes the pack's proof away first,
// durably: at a cut there may be a proof too few, never one too many. One thread at a time.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "hal/base/digest.h"
#include "hal/base/id.h"
#include "hal/ports/disk.h"

namespace holdfast::job {

class ProvedPacks {
 public:
  // A part that is absent or damaged says nothing.
  [[nodiscard]] static ProvedPacks load(ports::Disk& home);

  // The disks that it was proved with; none if it was not.
  [[nodiscard]] std::vector<DiskId> disks_of(const Digest& pack) const;
  void add(const Digest& pack, std::span<const DiskId> disks);
  bool remove(const Digest& pack);  // true if it was there, or its file may say so
  void clear();
  // Writes what changed since. A part that cannot be written is removed, if home lets us.
  [[nodiscard]] Result<void> store(ports::Disk& home);

 private:
  static constexpr std::size_t kParts = 16;  // by the first hex digit of the names
  struct Part {
    std::vector<DiskId> disks;
    std::map<Digest, std::uint32_t> packs;  // bit i: the disk with number i
    bool is_changed = false;
    bool is_unread = false;  // its file may call packs proved that are not known here
  };
  [[nodiscard]] static std::size_t part_of(const Digest& pack) { return pack.bytes[0] >> 4; }
  [[nodiscard]] static Bytes encode(const Part& part);
  [[nodiscard]] static std::optional<Part> parse(ByteView bytes, std::size_t number);
  [[nodiscard]] static Result<void> store_part(ports::Disk& home, std::size_t number,
                                               const Part& part);
  std::array<Part, kParts> parts_;
};

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// Files of shards that scrub or heal found damaged, by their packs, until one of the two finds or
// makes them right: so that who counts shards by their names knows which of them are not worth
// counting. A note in home (docs/formats.md, section 2), bounded: of very many damaged packs it
// says only that there are more.
//
// Written now and then, before the round's cursor passes. One thread at a time.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "firmware/pool/shard_census.h"
#include "hal/base/digest.h"
#include "hal/ports/disk.h"

namespace holdfast::job {

class DamagedShards {
 public:
  static constexpr std::size_t kPacksMax = 65536;

  // `expected`: the last round left damaged shards. Without a note that can be read there may be
  // more of them than anybody knows: has_more().
  [[nodiscard]] static DamagedShards load(ports::Disk& home, bool expected);

  // Of that pack and generation.
  [[nodiscard]] std::vector<pool::PlacedShard> shards_of(const Digest& pack,
                                                         std::uint16_t generation) const;
  // By name.
  [[nodiscard]] std::vector<Digest> packs() const;
  [[nodiscard]] std::uint64_t count() const;  // of files
  [[nodiscard]] bool names(const Digest& pack) const { return packs_.contains(pack); }
  // There are damaged packs that are not named here.
  [[nodiscard]] bool has_more() const { return more_before_ || more_now_; }

  // What a look at all shards of the pack has found, or left; none: all are right.
  void set(const Digest& pack, std::uint16_t generation, std::span<const pool::PlacedShard> shards);
  // A round over all packs begins, or has ended: then only it tells whether there are more.
  void begin_round();
  void end_round();
  // If something changed.
  [[nodiscard]] Result<void> store(ports::Disk& home);

 private:
  struct Damage {
    std::uint16_t generation = 0;
    std::vector<pool::PlacedShard> shards;
    bool operator==(const Damage&) const = default;
  };
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] bool parse(ByteView bytes);

  std::map<Digest, Damage> packs_;
  bool more_before_ = false;  // of rounds before the present one
  bool more_now_ = false;
  bool is_changed_ = false;
};

}  // namespace holdfast::job

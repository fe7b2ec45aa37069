// SPDX-License-Identifier: Apache-2.0
// A box whose pool is scrubbed and healed, and what happens to the shards on its disks.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>

#include "firmware/job/damaged_shards.h"
#include "firmware/job/scrub.h"
#include "firmware/job/scrub_note.h"
#include "firmware/vault/lost_packs.h"
#include "tests/sim/lossy_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

// Several packs of calls: a.wav and b.wav of the first day, and more of the second.
class ScrubbedBox : public LossyBox {
 public:
  ScrubbedBox() {
    for (std::size_t i = 0; i < 6; ++i) {
      write("call" + std::to_string(i), noise(3000 + 700 * i));
    }
    REQUIRE(backup());
  }

  Result<job::ScrubSummary> scrub(const job::ScrubRequest& request = {}) {
    HF_TRY(const auto box, open());
    return job::run_scrub(*box, request);
  }
  Result<job::ScrubSummary> heal() {
    job::ScrubRequest request;
    request.heal = true;
    return scrub(request);
  }
  // The shard's file: the disk, and its path there.
  std::pair<sim::SimDisk*, std::string> shard_of(const catalog::PackRow& row, std::uint8_t index) {
    const std::string path = pool::shard_path(row.pack.name, row.hint.generation, index);
    for (const auto& disk : disks) {
      if (disk->contents(path)) return {disk.get(), path};
    }
    FAIL("no such shard");
    return {};
  }
  void flip(const catalog::PackRow& row, std::uint8_t index, std::uint64_t offset) {
    const auto [disk, path] = shard_of(row, index);
    disk->flip_bit(path, offset, 1);
  }
  // Beyond repair, though every file is there; the second time it is mended.
  void damage_within(const catalog::PackRow& row) {
    for (std::uint8_t index = 0; index < 3; ++index) {
      flip(row, index, pool::kShardHeaderSize + 10);
    }
  }
  std::vector<Digest> noted() {
    const auto box = open();
    return *vault::noted_lost_packs(home, (*box)->businesses().front().id);
  }
  // Other data under CRCs that agree with them.
  void forge(const catalog::PackRow& row, std::uint8_t index) {
    const auto [disk, path] = shard_of(row, index);
    Bytes bytes = *disk->contents(path);
    const auto header = pool::parse_shard_header(ByteView(bytes).first(pool::kShardFieldsSize));
    REQUIRE(header);
    const auto length = static_cast<std::size_t>(header->shard_length());
    bytes[pool::kShardHeaderSize + 5] ^= 0x55;
    Bytes crcs;
    pool::append_crcs(ByteView(bytes).subspan(pool::kShardHeaderSize, length), header->leaf_size,
                      crcs);
    std::ranges::copy(crcs,
                      bytes.begin() + static_cast<std::ptrdiff_t>(pool::kShardHeaderSize + length));
    disk->plant(path, bytes);
  }
  void erase(const catalog::PackRow& row, std::uint8_t index) {
    const auto [disk, path] = shard_of(row, index);
    disk->erase(path);
  }
  catalog::PackRow content_pack() {
    const auto rows = packs();
    return *std::ranges::find_if(
        rows, [](const auto& row) { return row.pack.kind == pack::PackKind::content; });
  }
  job::ScrubNote note() { return job::load_scrub_note(home); }
  job::DamagedShards damaged() { return job::DamagedShards::load(home, note().shards_bad() > 0); }
  std::set<std::string> lost_paths(const job::ScrubSummary& summary) {
    std::set<std::string> paths;
    for (const job::Problem& problem : summary.lost.kept) paths.insert(problem.path);
    return paths;
  }
};

inline constexpr Strides kHealCuts{3, 1, 13, 5};
inline constexpr Strides kHealErrors{7, 1, 61, 23};

}  // namespace holdfast::test

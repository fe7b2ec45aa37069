// SPDX-License-Identifier: Apache-2.0
// Which disks take the shards of one pack. Pure: the same arguments give the same answer.
//
// Disks with most free bytes come first, so that disks of any sizes fill up together as water
// filling says (geometry.h). The pack's name breaks ties and deals out the shard numbers, so that
// equal disks share data and parity evenly.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hal/base/digest.h"

namespace holdfast::pool {

struct Candidate {
  std::size_t disk = 0;          // the caller's number for it, each once
  std::uint64_t free_bytes = 0;  // above the disk's reserve
  bool is_failing = false;       // taken after all others
};

// Element i is the disk of shard i. At most `count` disks, each once; fewer if fewer have room for
// a file of `shard_file_size` bytes.
[[nodiscard]] std::vector<std::size_t> choose_disks(std::span<const Candidate> candidates,
                                                    std::size_t count,
                                                    std::uint64_t shard_file_size,
                                                    const Digest& pack);

}  // namespace holdfast::pool

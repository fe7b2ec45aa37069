// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/placement.h"

#include <algorithm>
#include <tuple>

namespace holdfast::pool {

namespace {

// A number for each pair of pack and disk, without pattern over packs or over disks. The name is a
// digest and so evenly spread already; the mixing (MurmurHash3's finalizer) is for the disk.
std::uint64_t lot_of(const Digest& pack, std::size_t disk) {
  std::uint64_t value = ByteReader(pack.view()).u64() + disk * 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdU;
  value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53U;
  return value ^ (value >> 33);
}

}  // namespace

std::vector<std::size_t> choose_disks(std::span<const Candidate> candidates, std::size_t count,
                                      std::uint64_t shard_file_size, const Digest& pack) {
  std::vector<Candidate> fitting;
  std::ranges::copy_if(candidates, std::back_inserter(fitting), [&](const Candidate& candidate) {
    return candidate.free_bytes >= shard_file_size;
  });
  std::ranges::sort(fitting, {}, [&](const Candidate& candidate) {
    return std::tuple(candidate.is_failing, ~candidate.free_bytes, lot_of(pack, candidate.disk));
  });
  fitting.resize(std::min(fitting.size(), count));

  // Shard numbers by lot, or the emptiest disks would hold all the data and no parity.
  std::vector<std::size_t> chosen;
  std::ranges::transform(fitting, std::back_inserter(chosen), &Candidate::disk);
  std::ranges::sort(chosen, {}, [&](std::size_t disk) { return lot_of(pack, disk); });
  return chosen;
}

}  // namespace holdfast::pool

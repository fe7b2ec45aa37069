// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/chunk_names.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "hal/base/bytes.h"

namespace holdfast::job {

namespace {

// Of what a part has, for what comes behind it: less would be settled often, more takes memory.
constexpr std::size_t kRoomShare = 8;
constexpr std::size_t kRoomMin = 64;

std::uint64_t first_bytes(const Digest& name) {
  // As a number whose order is that of the bytes, so that parts are by the first of them.
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8U | name.bytes[i];
  return value;
}

}  // namespace

void ChunkNames::add(const Digest& name) {
  const std::uint64_t value = first_bytes(name);
  Part& part = part_of(value);
  if (part.names.size() == part.names.capacity()) settle(part);
  part.names.push_back(value);
}

// Room is made by hand: a vector that grows by itself takes twice what it has.
void ChunkNames::settle(Part& part) {
  const auto behind = part.names.begin() + static_cast<std::ptrdiff_t>(part.sorted);
  std::sort(behind, part.names.end());
  const auto end = std::unique(behind, part.names.end());
  united_.clear();
  std::set_union(part.names.begin(), behind, behind, end, std::back_inserter(united_));
  part.names.assign(united_.begin(), united_.end());
  part.sorted = part.names.size();
  const std::size_t room = std::max(kRoomMin, part.sorted / kRoomShare);
  part.names.reserve(part.sorted + room);
}

void ChunkNames::finish() {
  for (Part& part : parts_) {
    settle(part);
    part.met.assign(part.names.size(), false);
    part.unmet = part.names.size();
  }
  united_ = {};
}

bool ChunkNames::contains(const Digest& name) const {
  const std::uint64_t value = first_bytes(name);
  return std::ranges::binary_search(parts_[value >> 56U].names, value);
}

void ChunkNames::meet(const Digest& name) {
  const std::uint64_t value = first_bytes(name);
  Part& part = part_of(value);
  const auto found = std::ranges::lower_bound(part.names, value);
  if (found == part.names.end() || *found != value) return;
  auto is_met = part.met[static_cast<std::size_t>(found - part.names.begin())];
  if (!is_met) part.unmet -= 1;
  is_met = true;
}

bool ChunkNames::has_met_all() const {
  return std::ranges::all_of(parts_, [](const Part& part) { return part.unmet == 0; });
}

bool ChunkNames::lacks(const Digest& name) const {
  const std::uint64_t value = first_bytes(name);
  const Part& part = parts_[value >> 56U];
  const auto found = std::ranges::lower_bound(part.names, value);
  if (found == part.names.end() || *found != value) return false;
  return !part.met[static_cast<std::size_t>(found - part.names.begin())];
}

std::size_t ChunkNames::size() const {
  return std::accumulate(parts_.begin(), parts_.end(), std::size_t{0},
                         [](std::size_t sum, const Part& part) { return sum + part.names.size(); });
}

std::size_t ChunkNames::bytes() const {
  std::size_t words = united_.capacity();
  std::size_t marks = 0;
  for (const Part& part : parts_) {
    words += part.names.capacity();
    marks += part.met.capacity();
  }
  return words * sizeof(std::uint64_t) + marks / 8;
}

}  // namespace holdfast::job

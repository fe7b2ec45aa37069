// SPDX-License-Identifier: Apache-2.0
// A set of very many chunks, by the first eight bytes of their names: one that is not in it may be
// taken for another one that is, never the other way round.
//
// Memory: 9 bytes for each chunk (9 MiB for a million, 86 MiB for ten millions) and 1 MiB, however
// often each of them is added.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "hal/base/digest.h"

namespace holdfast::job {

// add() for all, then finish(), then the rest. One thread.
class ChunkNames {
 public:
  void add(const Digest& name);
  void finish();
  [[nodiscard]] bool contains(const Digest& name) const;
  // Notes that it was met somewhere; nothing, if it is not in the set.
  void meet(const Digest& name);
  [[nodiscard]] bool has_met_all() const;
  // It is in the set, and was not met.
  [[nodiscard]] bool lacks(const Digest& name) const;
  [[nodiscard]] std::size_t size() const;
  // Memory that is taken now.
  [[nodiscard]] std::size_t bytes() const;

 private:
  // Those of one first byte, rising up to `sorted`; what was added since stands behind.
  struct Part {
    std::vector<std::uint64_t> names;
    std::size_t sorted = 0;
    std::vector<bool> met;  // by place
    std::size_t unmet = 0;
  };
  void settle(Part& part);
  [[nodiscard]] Part& part_of(std::uint64_t name) { return parts_[name >> 56U]; }

  std::array<Part, 256> parts_;
  std::vector<std::uint64_t> united_;  // of the part that is settled: kept for the next one
};

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// Says of most chunk names that they were never added, without asking the catalog: a Bloom filter.
// A "no" is certain, a "maybe" is not; the fuller it is, the more often it says "maybe".
//
//   names added          a million   ten millions   fifty millions
//   wrong "maybe"        1 in 90000       1 in 25      most
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "hal/base/digest.h"

namespace holdfast::vault {

class NameFilter {
 public:
  NameFilter();  // 8 MiB, whatever is added; what is not touched takes no memory

  void add(const Digest& name);
  // Always true for a name that was added.
  [[nodiscard]] bool may_hold(const Digest& name) const;

 private:
  struct Free {
    void operator()(std::uint64_t* words) const { std::free(words); }
  };
  std::unique_ptr<std::uint64_t[], Free> words_;  // zeros of calloc()
};

}  // namespace holdfast::vault

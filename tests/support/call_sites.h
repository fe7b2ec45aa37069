// SPDX-License-Identifier: Apache-2.0
// The calls of the program on whose way a failure was met: a sweep that fails an operation whenever
// it is reached through a call that has seen none takes every error branch between the operation
// and whoever asked for it, with as few failures as that needs.
#pragma once

#include <unordered_set>

namespace holdfast::test {

// Of one thread. A copy of the process (branches.h) knows what was known when it was made.
class CallSites {
 public:
  // True if one of the calls that this one is within is in none of the ways until now. They all are
  // from now on.
  bool add_way_here();

 private:
  std::unordered_set<void*> known_;
};

}  // namespace holdfast::test

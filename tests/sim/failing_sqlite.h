// SPDX-License-Identifier: Apache-2.0
// A database that fails on request. The program of the test has functions of its own under SQLite's
// names, which the product then calls, and which call SQLite's.
#pragma once

#include <functional>
#include <optional>

#include "hal/base/error.h"

namespace holdfast::test {

// From its making to its end. One at a time; of one thread.
class FailingSqlite {
 public:
  // Asked before each statement and each step of one; an answer makes it fail with that (io,
  // out_of_memory, no_space, damaged), and nothing is done.
  using Ask = std::function<std::optional<ErrorCode>()>;
  explicit FailingSqlite(Ask ask);
  ~FailingSqlite();
  FailingSqlite(const FailingSqlite&) = delete;
  FailingSqlite& operator=(const FailingSqlite&) = delete;
};

}  // namespace holdfast::test

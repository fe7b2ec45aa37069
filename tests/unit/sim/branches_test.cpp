// SPDX-License-Identifier: Apache-2.0
// Sweeps prove nothing unless whatever goes wrong in a copy makes its test fail. [!shouldfail]: the
// case passes by failing.
#include "tests/support/branches.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <stdexcept>

namespace holdfast::test {

namespace {

// `act` in a copy alone.
void run_in_copy(const std::function<void()>& act) {
  Branches branches;
  branches.run([&] {
    if (branches.split("a copy")) act();
  });
}

}  // namespace

TEST_CASE("A copy whose checks are right fails nothing, and this process goes on") {
  Tally seen;
  int here = 0;
  run_in_copy([&] {
    seen.add(2);
    here = 1;
    CHECK(seen.sum() == 2);
  });
  CHECK(seen.sum() == 2);
  CHECK(here == 0);
}

TEST_CASE("A check that fails in a copy fails the test", "[!shouldfail]") {
  run_in_copy([] { CHECK(false); });
}

TEST_CASE("A demand that fails in a copy fails the test", "[!shouldfail]") {
  run_in_copy([] { REQUIRE(false); });
}

TEST_CASE("An exception in a copy fails the test", "[!shouldfail]") {
  run_in_copy([] { throw std::runtime_error("in a copy"); });
}

TEST_CASE("A copy that is killed fails the test", "[!shouldfail]") {
  run_in_copy([] { static_cast<void>(std::raise(SIGKILL)); });
}

TEST_CASE("A check that fails in a copy of a copy fails the test", "[!shouldfail]") {
  run_in_copy([] { run_in_copy([] { CHECK(false); }); });
}

}  // namespace holdfast::test

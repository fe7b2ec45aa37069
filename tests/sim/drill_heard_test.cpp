// SPDX-License-Identifier: Apache-2.0
// One recording of each drill is decoded.
#include <set>

#include "tests/sim/drilled_box.h"

namespace holdfast::test {

namespace {

using Box = Drilled<IndexedBox>;

}  // namespace

TEST_CASE("One recording of each drill is decoded, and nothing that comes of it is a difference") {
  using job::Heard;
  Box box;
  CHECK_FALSE(box.drilled().heard);
  std::set<std::string> heard;
  Heard outcome = Heard::decoded;
  box.hear = [&](const std::string& path, const Bytes& recording) -> Result<Heard> {
    heard.insert(path);
    for (int i = 1; i <= kCalls; ++i) {
      if (Box::path_of(i) == path) CHECK(text_of(recording) == Box::sound(Box::call(i)));
    }
    return outcome;
  };
  for (int i = 0; i < 60 && heard.size() < kCalls; ++i) {
    const auto report = box.drilled();
    CHECK(report.is_good());
    REQUIRE(report.heard);
    CHECK(report.heard->heard == Heard::decoded);
  }
  // Each has its turn, and what is no recording none.
  std::set<std::string> calls;
  for (int i = 1; i <= kCalls; ++i) calls.insert(Box::path_of(i));
  CHECK(heard == calls);
  for (const Heard other : {Heard::in_part, Heard::broken, Heard::not_known, Heard::no_decoder}) {
    outcome = other;
    const auto report = box.drilled();
    CHECK(report.is_good());
    CHECK(report.items_good == report.items_total);
    CHECK(report.heard->heard == other);
  }
  box.hear = [](const std::string&, const Bytes&) -> Result<Heard> {
    return make_error(ErrorCode::interrupted);
  };
  const auto stopped = box.drill();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == ErrorCode::interrupted);
}

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// A few rows and recordings are bound as a backup binds them.
#include "firmware/job/sampled_calls.h"

#include <catch2/catch.hpp>

namespace holdfast::job {

namespace {

using records::RecordingFacts;
using records::RowFacts;

RowFacts row(std::string call_id, std::string number, std::int64_t start_ms) {
  RowFacts facts;
  facts.key = call_id;
  facts.call_id = std::move(call_id);
  facts.numbers = {std::move(number)};
  facts.start_ms = start_ms;
  return facts;
}

RecordingFacts recording(std::string path, std::string number, std::int64_t start_ms) {
  RecordingFacts facts;
  facts.path = std::move(path);
  facts.numbers = {std::move(number)};
  facts.start_ms = start_ms;
  return facts;
}

std::vector<records::Binding> bound(std::vector<RowFacts> rows,
                                    std::vector<RecordingFacts> recordings) {
  auto bindings = bind_sample(std::move(rows), std::move(recordings), {});
  REQUIRE(bindings);
  return std::move(*bindings);
}

}  // namespace

TEST_CASE("a sample is bound by path and by numbers, whatever its order") {
  auto by_path = row("c1", "111", 1'000'000);
  by_path.path = "r/b.wav";
  const std::vector<RowFacts> rows = {row("c3", "333", 5'000'000), by_path};
  const std::vector<RecordingFacts> recordings = {recording("r/z.wav", "333", 5'001'000),
                                                  recording("r/b.wav", "111", 1'000'000),
                                                  recording("r/a.wav", "999", 1'000'000)};
  auto bindings = bound(rows, recordings);
  REQUIRE(bindings.size() == 2);
  if (bindings[0].row != 0) std::swap(bindings[0], bindings[1]);
  CHECK(bindings[0] == records::Binding{0, 0, records::Rung::numbers});
  CHECK(bindings[1] == records::Binding{1, 1, records::Rung::path});
}

TEST_CASE("what was rejected, or has two candidates, is bound to nothing") {
  auto rejected = row("c1", "111", 1'000'000);
  rejected.fault = records::RowFault::bad_time;
  CHECK(bound({rejected}, {recording("r/a.wav", "111", 1'000'000)}).empty());
  CHECK(bound({row("c1", "111", 1'000'000)},
              {recording("r/a.wav", "111", 1'000'000), recording("r/b.wav", "111", 1'000'500)})
            .empty());
  CHECK(bound({}, {}).empty());
}

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// Workers that wait behind a full line are called away, whenever the call comes.
#include "firmware/job/item_queue.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>

#include "firmware/job/sources.h"
#include "firmware/vault/content_reader.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

TEST_CASE("A call that comes while a worker is about to wait is not lost") {
  ReadyBox ready;
  const std::size_t length = job::ItemQueue::kLengthMax;
  for (std::size_t call = 0; call <= length; ++call) ready.write(std::to_string(call), {});
  const auto box = ready.open();
  REQUIRE(box);
  const auto business = (*box)->open_business("calls", vault::Access::write);
  REQUIRE(business);
  job::BackupRequest request;
  request.definition.sources.push_back({"calls", "/calls", {}, false, {}, 0});
  const auto sources = job::open_sources(request, ready.files, ready.home, "sort");
  const auto nodes = vault::ContentReader::open(**business);
  REQUIRE(nodes);
  job::Former former(**nodes, {}, [](const vault::IndexEntry&) {});
  job::Merge merge(
      sources, former, ready.clock.now(), [](const auto&, const auto&) { return true; }, false);
  job::SourcePace pace(ready.clock, std::nullopt, {}, nullptr);
  job::ItemQueue queue(
      merge, [](job::Step&) { return std::optional<vault::Item>(); },
      [](const job::Task&) -> Result<void> { return {}; }, pace);
  for (std::size_t taken = 0; taken < length; ++taken) {
    const auto turn = queue.take([] { return false; });
    REQUIRE(turn);
    REQUIRE(turn->task != nullptr);
  }

  // The call comes between the worker's question and its sleep: it must not be over before that.
  std::atomic<bool> called = false;
  std::future<void> caller;
  bool too_early = false;
  const auto is_called = [&] {
    if (caller.valid()) return called.load();
    caller = std::async(std::launch::async, [&] {
      called = true;
      queue.call();
    });
    too_early = caller.wait_for(std::chrono::milliseconds(200)) == std::future_status::ready;
    return too_early;  // else this worker would wait for ever
  };
  const auto turn = queue.take(is_called);
  REQUIRE(turn);
  CHECK(turn->called);
  CHECK_FALSE(too_early);
}

}  // namespace holdfast::test

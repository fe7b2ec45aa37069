// SPDX-License-Identifier: Apache-2.0
// One disk takes a hundred times as long as the others for every call: readers do without it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "firmware/job/browse.h"
#include "hal/sim/random.h"
#include "tests/sim/sim_box.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kHealthy_ns = 10'000'000;  // of each call: a spinning disk's seek
constexpr std::int64_t kSlow_ns = 100 * kHealthy_ns;
constexpr std::size_t kReads = 1'500;

class SlowBox : public SimBox {
 public:
  SlowBox() {
    sim::Generator noise(7);
    for (int call = 0; call < 60; ++call) {
      Bytes bytes(400 + noise.below(500));
      for (auto& byte : bytes) byte = static_cast<std::uint8_t>(noise.next());
      names.push_back(std::to_string(call % 6) + "/" + std::to_string(call) + ".wav");
      files.write_file("/calls/" + names.back(), bytes);
    }
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
    REQUIRE(backup());
  }

  void delay(std::size_t disk, std::int64_t delay_ns) {
    disks[disk]->set_faults({.delay_ns = delay_ns}, &clock);
  }
  void delay_all() {
    for (std::size_t disk = 0; disk < kDisks; ++disk) delay(disk, kHealthy_ns);
  }

  std::vector<std::string> names;
};

struct Latencies {
  std::int64_t p50 = 0;
  std::int64_t p99 = 0;
};

// Of reads of items by chance, each by a reader of its own; what comes is compared.
Latencies read_by_chance(SlowBox& box, vault::Business& business) {
  const auto newest = business.find_snapshot({}).value();
  const Contents source = box.source();
  sim::Generator choice(1);
  std::vector<std::int64_t> took;
  for (std::size_t read = 0; read < kReads; ++read) {
    const std::string& name = box.names[choice.below(box.names.size())];
    Bytes bytes;
    const std::int64_t begun = box.clock.monotonic_ns();
    REQUIRE(job::print_item(business, newest, "calls/" + name, {}, nullptr,
                            [&](ByteView piece) -> Result<void> {
                              bytes.insert(bytes.end(), piece.begin(), piece.end());
                              return {};
                            }));
    took.push_back(box.clock.monotonic_ns() - begun);
    REQUIRE(bytes == source.at(name));
  }
  std::ranges::sort(took);
  return {took[took.size() / 2], took[took.size() * 99 / 100]};
}

}  // namespace

TEST_CASE("With one disk a hundred times as slow, reads' p99 is at most twice a healthy pool's") {
  SlowBox box;
  box.delay_all();
  const auto read = [&](const std::string& what) {
    const auto opened = box.open().value();
    const auto business = opened->open_business("calls", vault::Access::read).value();
    const Latencies latencies = read_by_chance(box, *business);
    std::cout << what << ": p50 " << latencies.p50 / 1'000'000 << " ms, p99 "
              << latencies.p99 / 1'000'000 << " ms\n";
    return latencies;
  };
  const Latencies healthy = read("all disks healthy");
  for (std::size_t slow = 0; slow < SimBox::kDisks; ++slow) {
    box.delay_all();
    box.delay(slow, kSlow_ns);
    CHECK(read("disk " + std::to_string(slow) + " slow").p99 <= 2 * healthy.p99);
  }
}

}  // namespace holdfast::test

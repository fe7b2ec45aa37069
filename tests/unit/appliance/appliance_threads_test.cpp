// SPDX-License-Identifier: Apache-2.0
// Whoever asks, cancels or looks does so on another thread than the one that turns.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "firmware/appliance/appliance.h"
#include "hal/sim/clock.h"
#include "hal/sim/disk.h"
#include "hal/sim/process.h"
#include "hal/sim/watch.h"

namespace holdfast::appliance {

namespace {

class SharedBell final : public ports::Bell {
 public:
  void ring() override { has_rung_ = true; }
  [[nodiscard]] bool wait_until(std::int64_t) override { return has_rung_.exchange(false); }

 private:
  std::atomic<bool> has_rung_ = false;
};

class NoSettings final : public SettingsSource {
 public:
  [[nodiscard]] Settings look() override { return {}; }
};

class NoLog final : public EventLog {
 public:
  void note(const Event&) override {}
};

}  // namespace

TEST_CASE("many threads may ask while one turns", "[appliance]") {
  sim::World world(1);
  sim::SimDisk home(world, "/home");
  sim::SimClock clock(Timestamp{0});
  SharedBell bell;
  NoSettings settings;
  NoLog log;
  sim::SimWatches watches(clock);
  sim::SimProcesses processes([](const ports::ProcessRequest&) { return sim::SimScript{}; });
  Appliance appliance({clock, bell, processes, home, settings, log, watches},
                      {"/holdfast", "/home", {}});
  constexpr int kThreads = 3;
  constexpr int kAsks = 50;
  std::atomic<int> refused = 0;
  std::atomic<int> left = kThreads;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      SharedBell listener;
      appliance.listen(listener);
      std::uint64_t revision = 0;
      for (int i = 0; i < kAsks; ++i) {
        const auto id = appliance.ask({.business = std::to_string(thread),
                                       .arguments = {std::to_string(i)},
                                       .asked_by = "a"});
        if (!id) ++refused;
        if (id && i % 3 == 0) static_cast<void>(appliance.cancel(*id));
        const auto state = appliance.state();
        if (state->revision < revision) ++refused;
        revision = state->revision;
        if (i % 10 == 0) appliance.reload();
      }
      appliance.unlisten(listener);
      --left;
    });
  }
  while (left > 0) {
    appliance.turn();
    processes.run();
  }
  for (std::thread& thread : threads) thread.join();
  const auto is_waiting = [&] {
    return std::ranges::any_of(appliance.state()->jobs, [](const Job& job) {
      return job.state == JobState::queued || job.state == JobState::running;
    });
  };
  do {
    appliance.turn();
    processes.run();
  } while (is_waiting());
  CHECK(refused == 0);
  CHECK(appliance.state()->jobs.size() == kThreads * kAsks);
}

}  // namespace holdfast::appliance

// SPDX-License-Identifier: Apache-2.0
// How long it takes to decide what may go. Items are made up while they are decided, in path order,
// so that what is measured is the plan and nothing that hands it its input. Prints a row of a
// table; docs/bench.md says how to run it.
//
//   bench_prune ITEMS [HOLDS] [SNAPSHOTS]
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include "firmware/policy/item_plan.h"
#include "firmware/policy/snapshot_plan.h"
#include "hal/linux/clock.h"

namespace holdfast {

namespace {

constexpr std::int64_t kHour_ms = 3'600'000;
constexpr Timestamp kNow{1'790'000'000'000'000'000};

std::string path_of(std::uint64_t item) {
  std::string digits = std::to_string(item);
  digits.insert(0, 10 - digits.size(), '0');
  return "recordings/" + digits.substr(0, 4) + "/" + digits.substr(4, 3) + "/2049_15372388463_" +
         digits + ".wav";
}

// Four years, three quarters of them gone at the source; of every hundred one has no date.
policy::ItemTally plan_items(std::uint64_t items, std::uint64_t holds) {
  policy::ItemPlan::Rules rules;
  rules.retention.classes[0].keep_days = 1095;
  rules.lock_days = {{0, 1095}};
  for (int folder = 0; folder < 20; ++folder) {
    rules.retention.paths.push_back({path_of(static_cast<std::uint64_t>(folder) * 40'000), 2000});
  }
  std::vector<policy::HeldPath> held;
  for (std::uint64_t i = 0; i < holds; ++i) held.push_back({path_of(i * items / holds), i + 1});
  policy::ItemPlan plan(std::move(rules), std::move(held), kNow);
  policy::ItemTally tally;
  for (std::uint64_t i = 0; i < items; ++i) {
    const std::string path = path_of(i);
    policy::ItemFacts item;
    item.path = path;
    item.bytes = 480'000;
    item.retention_class = 0;
    item.at_source = i % 4 == 0;
    const auto age_days = static_cast<std::int64_t>((items - i) * 1461 / items);
    if (i % 100 > 0) item.date = Timestamp{kNow.ns - age_days * 24 * kHour_ms * 1'000'000};
    tally.add(item, plan.decide(item));
  }
  return tally;
}

std::uint64_t plan_snapshots(std::uint64_t count) {
  const policy::SnapshotRetention rules{24, 31, 8, 24, 5, {}, "UTC"};
  std::vector<policy::SnapshotFacts> snapshots(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::int64_t wall_ms =
        kNow.ns / 1'000'000 - static_cast<std::int64_t>(count - i) * kHour_ms;
    snapshots[i].number = i + 1;
    snapshots[i].made = Timestamp{wall_ms * 1'000'000};
    snapshots[i].made_by_clock = snapshots[i].made_by_trust = wall_ms;
    snapshots[i].is_complete = true;
  }
  std::uint64_t staying = 0;
  for (const auto& verdict : policy::plan_snapshots(rules, snapshots, kNow)) {
    if (!goes(verdict.reason)) ++staying;
  }
  return staying;
}

void run(std::uint64_t items, std::uint64_t holds, std::uint64_t snapshots) {
  linux::SystemClock clock;
  const std::int64_t begun_ns = clock.monotonic_ns();
  const std::clock_t begun_cpu = std::clock();
  const policy::ItemTally tally = plan_items(items, holds);
  const std::uint64_t staying = plan_snapshots(snapshots);
  const double wall_s = static_cast<double>(clock.monotonic_ns() - begun_ns) / 1e9;
  const double cpu_s = static_cast<double>(std::clock() - begun_cpu) / CLOCKS_PER_SEC;
  const auto going = tally.reasons.find({policy::ItemReason::ended, 0U});
  std::cout.precision(3);
  std::cout << "| " << items << " | " << holds << " | "
            << (going == tally.reasons.end() ? 0 : going->second.items) << " | " << snapshots
            << " | " << staying << " | " << wall_s << " | " << cpu_s << " |\n";
}

}  // namespace

}  // namespace holdfast

int main(int argc, char** argv) {
  const auto number = [&](int at, std::uint64_t otherwise) {
    return argc > at ? std::strtoull(argv[at], nullptr, 10) : otherwise;
  };
  if (number(1, 0) == 0) {
    std::cerr << "usage: bench_prune ITEMS [HOLDS] [SNAPSHOTS]\n";
    return 2;
  }
  std::cout << "| items | holds | go | snapshots | stay | s | CPU s |\n"
            << "|---:|---:|---:|---:|---:|---:|---:|\n";
  holdfast::run(number(1, 0), number(2, 10'000), number(3, 26'280));
  return 0;
}

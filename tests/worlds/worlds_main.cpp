// SPDX-License-Identifier: Apache-2.0
// worlds [--months] [--hours N | --seconds N] [--seed N]: random worlds until the time is over.
// With
// --months those that somebody visits once a month. With --seed one world alone, with its whole
// story. Ends with 1 where a promise is broken.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <optional>

#include "tests/worlds/campaign.h"

namespace {

using namespace holdfast::worlds;
using Clock = std::chrono::steady_clock;

void print(const Campaign& campaign, double seconds) {
  std::cout << campaign.worlds << " worlds, " << campaign.days << " days, " << campaign.operations
            << " calls of ports, " << static_cast<double>(campaign.days) / seconds
            << " days a second\n";
  for (const std::string& mark : campaign.marks) std::cout << "  seen: " << mark << "\n";
  if (campaign.broken.empty()) return;
  for (const std::string& line : campaign.story) std::cout << line << "\n";
  std::cout << "seed " << campaign.failed_seed << ": " << campaign.broken << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("random worlds of one appliance");
  double hours = 0;
  double seconds = 10;
  std::optional<std::uint64_t> seed;
  app.add_option("--hours", hours, "how long");
  app.add_option("--seconds", seconds, "how long, without --hours");
  app.add_option("--seed", seed, "this world alone");
  std::uint64_t from = 1;
  app.add_option("--from", from, "the first seed");
  bool of_months = false;
  app.add_flag("--months", of_months, "worlds of months, with a visit in each");
  CLI11_PARSE(app, argc, argv);
  const Pace pace = of_months ? Pace::months : Pace::days;
  if (seed) {
    Life life(*seed);
    const std::string broken = live(life, pace);
    for (const std::string& line : life.story()) std::cout << line << "\n";
    std::cout << "trace " << life.trace().hex() << "\n"
              << (broken.empty() ? "all promises kept" : broken) << "\n";
    return broken.empty() ? 0 : 1;
  }
  const auto begin = Clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  const double limit = hours > 0 ? hours * 3600 : seconds;
  const Campaign campaign =
      run_campaign(pace, from, [&](const Campaign&) { return passed() < limit; });
  print(campaign, passed());
  return campaign.broken.empty() ? 0 : 1;
}

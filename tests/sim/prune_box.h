// SPDX-License-Identifier: Apache-2.0
// A box whose calls came day by day, and what a prune of it is asked for.
#pragma once

#include <set>

#include "firmware/job/prune.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

inline constexpr std::int64_t kDay_ns = 86'400'000'000'000;

struct PruneBox : ReadyBox {
  static std::string name_of(int day) { return "day" + std::to_string(100 + day) + ".wav"; }
  static std::string text_of_day(int day) {
    std::string text = name_of(day);
    for (int i = 0; i < 900; ++i) text += static_cast<char>('a' + (day * 7 + i * i) % 25);
    return text;
  }
  // Files of a chunk or more, so that each is in packs of few: what goes frees some of them.
  void write_days(int first, int last) {
    for (int day = first; day <= last; ++day) {
      write(name_of(day), text_of_day(day));
      REQUIRE(backup());
      clock.set(Timestamp{clock.now().ns + kDay_ns});
    }
  }
  void remove(int day) { files.remove("/calls/" + name_of(day)); }

  // What was gone for 30 days goes.
  job::PruneRequest request() {
    job::PruneRequest made;
    made.definition.name = "calls";
    made.definition.sources.push_back({"calls", "/calls", {}, false, {}, 0});
    made.definition.retention.classes[0] = {30, policy::ItemDate::change};
    made.definition.lock_days[0] = 0;
    made.lock_days[0] = 0;
    made.now = Timestamp{clock.now().ns + 300 * kDay_ns};
    made.is_trusted = true;
    return made;
  }
  std::unique_ptr<vault::Business> business(vault::Access access = vault::Access::read) {
    opened_ = open().value();
    return opened_->open_business("calls", access).value();
  }
  job::PrunePlan plan(const job::PruneRequest& asked) {
    const auto opened = business();
    auto made = job::plan_prune(*opened, asked);
    INFO((made ? "" : debug_text(made.error())));
    REQUIRE(made);
    return std::move(*made);
  }

  void confirm_time() { REQUIRE(business(vault::Access::write)->confirm_time(clock.now())); }
  Result<job::PruneReport> prune(const job::PruneRequest& asked) {
    const auto opened = business(vault::Access::write);
    return job::run_prune(*opened, asked);
  }
  // Those that there are, by number.
  std::set<std::uint64_t> snapshots() {
    std::set<std::uint64_t> numbers;
    for (const auto& row : business()->snapshots().value()) numbers.insert(row.head.number);
    return numbers;
  }

  std::unique_ptr<vault::Box> opened_;
};

}  // namespace holdfast::test

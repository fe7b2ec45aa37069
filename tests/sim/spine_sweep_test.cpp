// SPDX-License-Identifier: Apache-2.0
// The power goes at every change of init, pool create, business add and two backups.
// Three cuts in a row: crash_sweep_test.cpp. Whatever the crash leaves of unsynced bytes: what was
// acknowledged comes back (P1), what is visible is complete (P2), and the work can be finished
// (P4). The catalog is absent each time (P9).
#include <catch2/catch.hpp>

#include "tests/sim/sim_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

// How far a day got before the power went.
struct Acknowledged {
  bool home = false;
  bool pool = false;
  bool business = false;
  std::vector<std::pair<std::uint64_t, Contents>> snapshots;
};

class Day : public SimBox {
 public:
  static constexpr std::size_t kSnapshots = 2;

  explicit Day(std::uint64_t seed) : SimBox(seed) { first_calls(); }

  // Does the steps that were not acknowledged yet; ends at the first error.
  Result<void> go_on() {
    if (!done_.home) HF_TRY(init());
    done_.home = true;
    if (!done_.pool) HF_TRY(create_pool());
    done_.pool = true;
    if (!done_.business) HF_TRY(add_business());
    done_.business = true;
    while (!has_done_all()) {
      if (done_.snapshots.size() == 1) second_calls();
      HF_TRY(const auto report, backup());
      done_.snapshots.emplace_back(report.snapshot.number, source());
    }
    return {};
  }

  [[nodiscard]] bool has_done_all() const { return done_.snapshots.size() == kSnapshots; }

  // After a crash: a step that was cut may have happened all the same.
  void look_again() {
    if (const auto box = open()) {
      done_.home = true;
      done_.pool = done_.pool || !(*box)->keyring().content().pool.is_null();
      done_.business = done_.business || !(*box)->businesses().empty();
    }
  }

  // Every visible snapshot can be restored, and every acknowledged one is visible and right.
  void check_promises() {
    if (!done_.business) return;
    const auto box = open();
    REQUIRE(box);
    const auto business = (*box)->open_business("calls", vault::Access::read);
    INFO((business ? "" : debug_text(business.error())));
    REQUIRE(business);
    const auto rows = (*business)->snapshots();
    REQUIRE(rows);
    std::map<std::uint64_t, Contents> restored;
    for (const auto& row : *rows) {
      auto contents = restore(**business, row.head.number);
      INFO((contents ? "" : debug_text(contents.error())));
      REQUIRE(contents);
      restored[row.head.number] = std::move(contents).value();
    }
    for (const auto& [number, contents] : done_.snapshots) {
      REQUIRE(restored.count(number) == 1);
      REQUIRE(restored.at(number) == contents);
    }
  }

 private:
  void first_calls() {
    write("a.wav", std::string(300, 'a'));
    write("b.wav", std::string(2500, 'b'));
    write("01/c.wav", "hello");
  }
  void second_calls() {
    write("a.wav", "changed");
    write("02/d.wav", std::string(1500, 'd'));
  }
  Acknowledged done_;
};

constexpr Strides kStrides{1, 1, 5, 5};

Result<void> go_on(Day& day) {
  return day.go_on();
}

// After a crash. Power that goes behind the last commit makes nothing of it undone.
template <class Answer>
void finish(Day& day, const Answer& answer) {
  REQUIRE((!answer || day.has_done_all()));
  day.look_again();
  day.check_promises();
  const auto finished = day.go_on();
  INFO((finished ? "" : debug_text(finished.error())));
  REQUIRE(finished);
  day.check_promises();
}

}  // namespace

TEST_CASE("The power may go at every operation of a day") {
  const auto make = [] { return std::make_unique<Day>(7); };
  const auto check = [](Day& day, const auto& answer) { finish(day, answer); };
  sweep_cuts({stride_of(kStrides), 1, true}, make, go_on, check);
}

}  // namespace holdfast::test

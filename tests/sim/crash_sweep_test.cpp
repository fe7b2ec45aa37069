// SPDX-License-Identifier: Apache-2.0
// The power goes during every job, again while the cut job is done once more, and once more during
// that: three deep, everywhere. What each crash leaves is looked at whole: what was acknowledged
// comes back (P1), what is visible is complete (P2), nothing lies open (P7), looking changes
// nothing (P10), and the job can be done (P4).
#include <array>
#include <catch2/catch.hpp>
#include <iostream>

#include "tests/sim/jobs.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

constexpr int kDepths = 3;

// How many changes of a job are cuts at each depth, if it has as many: at the first one each in
// three ways.
struct Cuts {
  std::array<std::uint64_t, kDepths> counts;
};

Cuts chosen_cuts() {
#ifdef HOLDFAST_SANITIZED
  return {{4, 1, 1}};
#else
  return std::getenv("HOLDFAST_LONG") != nullptr ? Cuts{{96, 6, 4}} : Cuts{{48, 6, 3}};
#endif
}

struct Tallies {
  std::array<Tally, kDepths> reached;  // crash states, by depth
  Tally distinct;                      // of which no other was the same, byte for byte
  Tally finished;                      // and from which the box was gone on with for a day
  SharedSet states;
};

class JobSweep {
 public:
  // `changes`: of a good run.
  JobSweep(const Job& job, std::uint64_t changes, Tallies& tallies)
      : job_(job), changes_(changes), tallies_(tallies) {}

  // Does the job on this box, which is at the end of it afterwards, and cuts it on the way.
  // `phase`: with which of the changes the strides begin.
  void cut(JobBox& box, int depth, std::uint64_t phase) {
    const std::uint64_t cuts = chosen_cuts().counts[static_cast<std::size_t>(depth)];
    const std::uint64_t stride = std::max<std::uint64_t>(1, changes_ / cuts);
    const std::uint64_t before = box.world.changes();
    std::uint64_t number = 0;
    auto policy = sim::CrashPolicy::drop_unsynced;
    Branches branches;
    const auto choose = [&](const sim::Moment& now) -> std::optional<ErrorCode> {
      if (now.touch == sim::Touch::look || branches.is_copy()) return std::nullopt;
      number = now.change - before;
      if (number % stride != phase % stride) return std::nullopt;
      for (const sim::CrashPolicy each : policies_of(depth, number)) {
        policy = each;
        if (branches.split(way_of(depth, number, now))) return ErrorCode::power_cut;
      }
      return std::nullopt;
    };
    branches.run([&] {
      box.world.ask(choose);
      const auto answer = job_.act(box);
      box.world.ask({});
      if (!branches.is_copy()) {
        require_done(answer);
        policy = sim::CrashPolicy::drop_unsynced;
        if (!branches.split(std::string(job_.name) + " is done, and then the power goes")) return;
      }
      box.world.crash({policy, number});
      look(box, answer, depth);
    });
  }

 private:
  // All of them at first; deeper in turn.
  static std::vector<sim::CrashPolicy> policies_of(int depth, std::uint64_t number) {
    using enum sim::CrashPolicy;
    if (depth == 0) return {drop_unsynced, keep_all, random};
    return {std::array{drop_unsynced, keep_all, random}[number % 3]};
  }
  std::string way_of(int depth, std::uint64_t number, const sim::Moment& now) const {
    return std::string(job_.name) + ": cut " + std::to_string(depth + 1) + " at change " +
           std::to_string(number) + ", " + std::string(now.name) + " " + std::string(now.where);
  }

  void look(JobBox& box, const Result<void>& answer, int depth) {
    tallies_.reached[static_cast<std::size_t>(depth)].add(1);
    const std::uint64_t state = box.state();
    if (!tallies_.states.add(state ^ (answer ? 2U : 0U))) return;
    tallies_.distinct.add(1);
    box.check_kept();
    if (depth == 0) {
      box.check_secrets();
      CHECK(box.state() == state);  // looking writes nothing
    }
    // Of the many at the third depth some are gone on from.
    if (depth + 1 == kDepths && state / 2 % kEndedOfEach != 0) return;
    if (!answer) go_on(box, depth, state / kFinishedOfEach);
    job_.check_done(box);
    if (state / kEndedOfEach / 2 % kFinishedOfEach != 0) return;
    tallies_.finished.add(1);
    box.check_goes_on();
    box.check_secrets();
    // What a cut left lies there: no more than one write of each disk and home for each cut.
    CHECK(box.count_unfinished() <= static_cast<std::size_t>(depth + 1) * (box.disks.size() + 1));
  }
  void go_on(JobBox& box, int depth, std::uint64_t phase) {
    if (depth + 1 < kDepths) {
      cut(box, depth + 1, phase);
    } else {
      require_done(job_.act(box));
    }
  }

  static constexpr std::uint64_t kEndedOfEach = 4;
  static constexpr std::uint64_t kFinishedOfEach = 8;
  const Job& job_;
  std::uint64_t changes_;
  Tallies& tallies_;
};

}  // namespace

TEST_CASE("The power may go three times in any job: nothing is lost, and the job can be done") {
  for (const Job& job : all_jobs()) {
    DYNAMIC_SECTION(job.name) {
      const auto make = [&job] {
        auto box = std::make_unique<JobBox>();
        require_done(job.prepare(*box));
        return box;
      };
      const std::uint64_t changes = count(make, job.act).changes;
      Tallies tallies;
      JobSweep(job, changes, tallies).cut(*make(), 0, 0);
      std::cout << job.name << ": " << tallies.reached[0].sum() << " + " << tallies.reached[1].sum()
                << " + " << tallies.reached[2].sum() << " crash states, distinct "
                << tallies.distinct.sum() << ", gone on with " << tallies.finished.sum() << "\n";
      CHECK(tallies.reached[0].sum() > 0);
    }
  }
}

}  // namespace holdfast::test

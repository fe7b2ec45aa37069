// SPDX-License-Identifier: Apache-2.0
// Sweeps: one act, cut or failed at one operation after the other. Each time a copy of the process
// (tests/support/branches.h) goes that way; what its checks note outside the box is gone with it.
//
//   make_box() -> pointer to a box
//   act(box) -> Result               what is cut; its answer goes to `check`
//   check(box, answer)               what holds afterwards, with the power back
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "hal/base/result.h"
#include "hal/sim/world.h"
#include "tests/support/branches.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

// Every how manieth operation is taken. A sanitizer makes each many times slower.
struct Strides {
  std::uint64_t usual;
  std::uint64_t long_run;  // with HOLDFAST_LONG
  std::uint64_t sanitized;
  std::uint64_t sanitized_long;
};

inline std::uint64_t stride_of(const Strides& strides) {
  const bool is_long = std::getenv("HOLDFAST_LONG") != nullptr;
#ifdef HOLDFAST_SANITIZED
  return is_long ? strides.sanitized_long : strides.sanitized;
#else
  return is_long ? strides.long_run : strides.usual;
#endif
}

// Every `stride`th one, from `first` on.
struct Sweep {
  std::uint64_t stride;
  std::uint64_t first = 1;
  // Of what was not synced all goes, or all stays, or chance decides: each of them at every cut;
  // else always chance.
  bool each_policy = false;

  [[nodiscard]] bool takes(std::uint64_t number) const {
    return number >= first && (number - first) % stride == 0;
  }
};

struct Counted {
  std::uint64_t operations = 0;
  std::uint64_t changes = 0;
};

// What the act does when nothing goes wrong.
template <class Make, class Act>
Counted count(const Make& make_box, const Act& act) {
  const auto box = make_box();
  const Counted before{box->world.operations(), box->world.changes()};
  const auto done = act(*box);
  INFO((done ? "" : debug_text(done.error())));
  REQUIRE(done);
  return {box->world.operations() - before.operations, box->world.changes() - before.changes};
}

// A box with files outside the process, which copies of it would share.
template <class Box>
concept HasRealFiles = requires { Box::kHasRealFiles; };

// One way of such a box, in a copy of the process that has files of its own. `branches`: of all of
// them.
template <class Box>
void go_with_own_files(Branches& branches, Box& box, const std::string& way,
                       const std::function<void()>& act) {
  const TemporaryFolder files;  // of the first process, which outlives the copy
  std::filesystem::copy(box.settings.catalog_directory, files.path(),
                        std::filesystem::copy_options::recursive);
  branches.run([&] {
    if (!branches.split(way)) return;
    box.settings.catalog_directory = files.path();
    act();
  });
}

// In a good run the act is done.
template <class Answer>
void require_done(const Answer& answer) {
  INFO((answer ? "" : debug_text(answer.error())));
  REQUIRE(answer);
}

// The power goes at changes of the act on this box; a cut where it only looks leaves nothing else.
// Afterwards the box is one whose power went right after the act was acknowledged.
template <class Box, class Act, class Check>
void cut_everywhere(const Sweep& sweep, Box& box, const Act& act, const Check& check) {
  using sim::CrashPolicy;
  std::vector<CrashPolicy> policies{CrashPolicy::random};
  if (sweep.each_policy) policies = {CrashPolicy::drop_unsynced, CrashPolicy::keep_all};
  if (sweep.each_policy) policies.push_back(CrashPolicy::random);
  const std::uint64_t before = box.world.changes();
  std::uint64_t cut = 0;
  CrashPolicy policy = CrashPolicy::random;
  Branches branches;
  const auto choose = [&](const sim::Moment& now) -> std::optional<ErrorCode> {
    if (now.touch == sim::Touch::look) return std::nullopt;
    cut = now.change - before;
    if (!sweep.takes(cut)) return std::nullopt;
    for (const CrashPolicy each : policies) {
      policy = each;
      const std::string way = "the power goes at change " + std::to_string(cut) + ", policy " +
                              std::to_string(static_cast<int>(each));
      if (branches.split(way)) return ErrorCode::power_cut;
    }
    return std::nullopt;
  };
  branches.run([&] {
    box.world.ask(choose);
    const auto answer = act(box);
    box.world.ask({});
    if (!branches.is_copy()) {
      require_done(answer);
      REQUIRE(cut >= sweep.first);
      cut += 1;
    }
    CAPTURE(cut, policy);
    REQUIRE(box.world.is_cut() == branches.is_copy());
    box.world.crash({policy, cut});
    check(box, answer);
  });
}

template <class Make, class Act, class Check>
void sweep_cuts_of_files(const Sweep& sweep, const Make& make_box, const Act& act,
                         const Check& check) {
  const std::uint64_t changes = count(make_box, act).changes;
  REQUIRE(changes >= sweep.first);
  const auto box = make_box();
  Branches branches;
  for (std::uint64_t cut = 1; cut <= changes + 1; ++cut) {
    if (!sweep.takes(cut) && cut <= changes) continue;
    go_with_own_files(branches, *box, "the power goes at change " + std::to_string(cut), [&] {
      CAPTURE(cut);
      box->world.cut_at_change(box->world.changes() + cut);
      const auto answer = act(*box);
      REQUIRE(box->world.is_cut() == (cut <= changes));
      const auto in_turn = static_cast<sim::CrashPolicy>(cut / sweep.stride % 3);
      box->world.crash({sweep.each_policy ? in_turn : sim::CrashPolicy::random, cut});
      check(*box, answer);
    });
  }
}

template <class Make, class Act, class Check>
void sweep_cuts(const Sweep& sweep, const Make& make_box, const Act& act, const Check& check) {
  if constexpr (HasRealFiles<typename decltype(make_box())::element_type>) {
    sweep_cuts_of_files(sweep, make_box, act, check);
  } else {
    const auto box = make_box();
    cut_everywhere(sweep, *box, act, check);
  }
}

template <class Make, class Act, class Check>
void sweep_errors_of_files(const Sweep& sweep, const Make& make_box, const Act& act,
                           const Check& check, ErrorCode error) {
  const std::uint64_t operations = count(make_box, act).operations;
  REQUIRE(operations >= sweep.first);
  const auto box = make_box();
  Branches branches;
  for (std::uint64_t number = 1; number <= operations; ++number) {
    if (!sweep.takes(number)) continue;
    go_with_own_files(branches, *box, "an error at operation " + std::to_string(number), [&] {
      CAPTURE(number);
      box->world.fail_at(box->world.operations() + number, error);
      const auto answer = act(*box);
      check(*box, answer);
    });
  }
}

// An error comes at its operations, once, and the process lives on.
template <class Make, class Act, class Check>
void sweep_errors(const Sweep& sweep, const Make& make_box, const Act& act, const Check& check,
                  ErrorCode error = ErrorCode::io) {
  if constexpr (HasRealFiles<typename decltype(make_box())::element_type>) {
    return sweep_errors_of_files(sweep, make_box, act, check, error);
  }
  const auto box = make_box();
  const std::uint64_t before = box->world.operations();
  std::uint64_t number = 0;
  Branches branches;
  const auto choose = [&](const sim::Moment& now) -> std::optional<ErrorCode> {
    if (branches.is_copy()) return std::nullopt;
    number = now.operation - before;
    if (!sweep.takes(number)) return std::nullopt;
    if (!branches.split("an error at operation " + std::to_string(number))) return std::nullopt;
    return error;
  };
  branches.run([&] {
    box->world.ask(choose);
    const auto answer = act(*box);
    box->world.ask({});
    if (!branches.is_copy()) {
      require_done(answer);
      REQUIRE(number >= sweep.first);
    }
    CAPTURE(number);
    check(*box, answer);
  });
}

}  // namespace holdfast::test

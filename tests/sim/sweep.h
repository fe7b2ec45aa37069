// SPDX-License-Identifier: Apache-2.0
// Sweeps: the same act in a new box again and again, cut or failed at one operation after the
// other.
//
//   make_box() -> pointer to a box   each time the same one
//   act(box) -> Result               what is cut; its answer goes to `check`
//   check(box, answer)               what holds afterwards, with the power back
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>

#include "hal/base/result.h"
#include "hal/sim/world.h"

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
  // Of what was not synced all goes, or all stays, or chance decides, in turn; else always chance.
  bool each_policy = false;
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

// The power goes at its changes; a cut where it only looks leaves nothing else.
template <class Make, class Act, class Check>
void sweep_cuts(const Sweep& sweep, const Make& make_box, const Act& act, const Check& check) {
  const std::uint64_t changes = count(make_box, act).changes;
  REQUIRE(changes >= sweep.first);
  const auto cut_at = [&](std::uint64_t cut) {
    CAPTURE(cut);
    const auto box = make_box();
    box->world.cut_at_change(box->world.changes() + cut);
    const auto answer = act(*box);
    REQUIRE(box->world.is_cut() == (cut <= changes));
    const auto in_turn = static_cast<sim::CrashPolicy>(cut / sweep.stride % 3);
    box->world.crash({sweep.each_policy ? in_turn : sim::CrashPolicy::random, cut});
    check(*box, answer);
  };
  for (std::uint64_t cut = sweep.first; cut <= changes; cut += sweep.stride) cut_at(cut);
  cut_at(changes + 1);  // right after it was acknowledged
}

// An error comes at its operations, once, and the process lives on.
template <class Make, class Act, class Check>
void sweep_errors(const Sweep& sweep, const Make& make_box, const Act& act, const Check& check) {
  const std::uint64_t operations = count(make_box, act).operations;
  REQUIRE(operations >= sweep.first);
  for (std::uint64_t number = sweep.first; number <= operations; number += sweep.stride) {
    CAPTURE(number);
    const auto box = make_box();
    box->world.fail_at(box->world.operations() + number, ErrorCode::io);
    const auto answer = act(*box);
    check(*box, answer);
  }
}

}  // namespace holdfast::test

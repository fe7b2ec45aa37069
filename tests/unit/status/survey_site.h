// SPDX-License-Identifier: Apache-2.0
// A box whose survey is looked at.
#pragma once

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/job/proof_note.h"
#include "firmware/job/source_looks.h"
#include "firmware/status/survey.h"
#include "tests/sim/records_box.h"

namespace holdfast::status {

inline constexpr std::int64_t kSecond_ns = 1'000'000'000;  // more than a look takes
inline constexpr std::int64_t kHour_ns = 3600 * kSecond_ns;

struct Site : test::SimBox {
  explicit Site(std::optional<std::uint64_t> disk_bytes = {}) {
    for (const auto& disk : disks) {
      if (disk_bytes) disk->set_capacity(*disk_bytes);
    }
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
    for (int i = 0; i < 20; ++i) write(std::to_string(i), std::string(700, 'a'));
  }
  Model look() {
    const auto box = open();
    REQUIRE(box);
    auto model = survey(**box, {[this](vault::Business&) { return targets; }, &stop});
    REQUIRE(model);
    return *std::move(model);
  }
  void note(const job::ProofNote& proof) {
    const auto box = open();
    REQUIRE(box);
    REQUIRE(job::note_proof(home, (*box)->businesses().front().id, proof));
  }
  // As a backup of everything notes it, of the sources of `targets`.
  void note_looks(const std::vector<std::string>& read, Timestamp time,
                  std::uint64_t snapshot = 1) {
    const auto box = open();
    REQUIRE(box);
    source::BusinessDefinition definition;
    for (const std::string& name : targets->sources) definition.sources.emplace_back().name = name;
    REQUIRE(job::note_source_looks(home, (*box)->businesses().front().id, definition, read,
                                   snapshot, time));
  }
  // The level of the reason with that code, if there is one.
  std::optional<Verdict> level_of(std::string_view code) {
    const Model model = look();
    for (const Reason& reason : model.reasons) {
      if (reason.code == code) return reason.level;
    }
    return std::nullopt;
  }

  Result<Targets> targets = Targets();
};

}  // namespace holdfast::status

// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/due_packs.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "hal/sim/disk.h"
#include "hal/sim/world.h"

namespace holdfast::job {
namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;
constexpr std::uint64_t kPackSize = 1000;

// A pool with its rounds of scrub, day by day.
class Rounds {
 public:
  explicit Rounds(std::size_t packs) {
    for (std::size_t i = 0; i < packs; ++i) add(i);
    for (const PoolPack& pack : packs_) prove(pack.name);
  }

  void add(std::uint64_t number) {
    Bytes bytes;
    ByteWriter(bytes).u64(number);
    PoolPack pack;
    pack.name = sha256(bytes);
    pack.hint.pack_size = kPackSize;
    packs_.push_back(pack);
    std::ranges::sort(packs_, {}, &PoolPack::name);
  }

  // Names that a scrub looks at at this time; those never proved first.
  std::vector<Digest> scrub(std::int64_t now_ns) {
    if (!in_round_) begun_ns_ = now_ns;
    in_round_ = true;
    std::vector<PoolPack> left = packs_;
    std::erase_if(left, [&](const PoolPack& pack) {
      return cursor_ && pack.name <= *cursor_ && !proved_.disks_of(pack.name).empty();
    });
    DueRequest request{
        .cycle_ns = 14 * kDay_ns, .bytes_all = packs_.size() * kPackSize, .bytes_most = kPackSize};
    begun_ns_ = begun_by_its_way(left, {begun_ns_}, {now_ns}, request).ns;
    request.round_age_ns = now_ns - begun_ns_;
    const DuePacks due = keep_due(left, proved_, request);
    std::vector<Digest> names;
    for (std::size_t i = 0; i < left.size(); ++i) {
      CHECK((i < due.never_proved) == proved_.disks_of(left[i].name).empty());
      names.push_back(left[i].name);
      if (i >= due.never_proved) cursor_ = left[i].name;
    }
    for (const Digest& name : names) prove(name);
    if (due.are_all) {
      in_round_ = false;
      cursor_.reset();
    }
    return names;
  }
  [[nodiscard]] bool in_round() const { return in_round_; }

 private:
  void prove(const Digest& pack) {
    const DiskId disk{};
    proved_.add(pack, std::span(&disk, 1));
  }

  sim::World world_{1};
  sim::SimDisk home_{world_, "/home"};
  ProvedPacks proved_ = ProvedPacks::load(home_);
  std::vector<PoolPack> packs_;
  std::optional<Digest> cursor_;
  std::int64_t begun_ns_ = 0;
  bool in_round_ = false;
};

TEST_CASE(
    "In fourteen days each pack is looked at once, and no day has a tenth more than its share") {
  constexpr std::size_t kPacks = 1400;
  Rounds rounds(kPacks);
  for (std::int64_t round = 0; round < 2; ++round) {
    std::set<Digest> seen;
    for (std::int64_t day = 0; day < 14; ++day) {
      const auto names = rounds.scrub((round * 14 + day) * kDay_ns);
      INFO("day " << day);
      CHECK(names.size() >= 90);
      CHECK(names.size() <= 110);
      for (const Digest& name : names) CHECK(seen.insert(name).second);
    }
    CHECK(seen.size() == kPacks);
    CHECK_FALSE(rounds.in_round());
  }
}

TEST_CASE("A pack that was never proved is looked at by the next call, wherever its name stands") {
  Rounds rounds(1400);
  for (std::int64_t day = 0; day < 7; ++day) CHECK_FALSE(rounds.scrub(day * kDay_ns).empty());
  for (std::uint64_t i = 10'000; i < 10'020; ++i) rounds.add(i);
  const auto names = rounds.scrub(7 * kDay_ns);
  CHECK(names.size() >= 110);
  CHECK(names.size() <= 130);
}

TEST_CASE("Called more often it does no more, and after some days off it catches up") {
  Rounds rounds(1400);
  CHECK(rounds.scrub(0).size() == 100);
  CHECK(rounds.scrub(1).size() <= 1);
  CHECK(rounds.scrub(kDay_ns / 100).size() <= 1);
  CHECK(rounds.scrub(5 * kDay_ns).size() == Approx(500).margin(3));
  CHECK(rounds.scrub(100 * kDay_ns).size() == Approx(800).margin(3));
  CHECK_FALSE(rounds.in_round());
}

TEST_CASE("A clock that was set forward, or back and right again, costs a week's share at most") {
  const auto back = GENERATE(0, 1, 5000);
  Rounds rounds(1400);
  CHECK(rounds.scrub(6000 * kDay_ns).size() == 100);
  CHECK(rounds.scrub((6000 - back) * kDay_ns + 1).size() <= 1);
  CHECK(rounds.scrub(9000 * kDay_ns).size() == Approx(800).margin(3));
  CHECK(rounds.scrub(9000 * kDay_ns + 1).size() <= 1);
  CHECK(rounds.scrub(9001 * kDay_ns).size() == Approx(100).margin(3));
}

TEST_CASE("However far a clock is set back, and when, the round goes on at its pace from there") {
  constexpr std::size_t kPacks = 1400;
  const auto days_before = GENERATE(1, 6, 13);
  const auto back = GENERATE(1, 3, 40, 5000);
  Rounds rounds(kPacks);
  std::set<Digest> seen;
  std::int64_t now_ns = 9000 * kDay_ns;
  for (int day = 0; day < days_before; ++day, now_ns += kDay_ns) {
    for (const Digest& name : rounds.scrub(now_ns)) seen.insert(name);
  }
  CHECK(seen.size() == static_cast<std::size_t>(days_before) * 100);
  now_ns -= back * kDay_ns;
  CHECK(rounds.scrub(now_ns - kDay_ns).size() <= 1);  // of that day it has done its part
  for (int day = days_before; day <= 14 && rounds.in_round(); ++day, now_ns += kDay_ns) {
    const auto names = rounds.scrub(now_ns);
    INFO("day " << day);
    CHECK(names.size() <= 110);
    seen.insert(names.begin(), names.end());
  }
  CHECK(seen.size() == kPacks);
  CHECK_FALSE(rounds.in_round());
}

TEST_CASE("A pool of few packs, or of none, is looked at within its days, too") {
  Rounds few(3);
  std::set<Digest> seen;
  for (std::int64_t day = 0; day < 14; ++day) {
    for (const Digest& name : few.scrub(day * kDay_ns)) seen.insert(name);
  }
  CHECK(seen.size() == 3);
  Rounds none(0);
  CHECK(none.scrub(0).empty());
  CHECK_FALSE(none.in_round());
}

}  // namespace
}  // namespace holdfast::job

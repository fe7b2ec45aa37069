// SPDX-License-Identifier: Apache-2.0
// Sessions, the gate before logins, and the code of the first boot.
#include "firmware/api/sessions.h"

#include <array>
#include <catch2/catch.hpp>

#include "firmware/api/first_boot.h"
#include "firmware/api/gate.h"
#include "hal/sim/clock.h"
#include "hal/sim/random.h"

namespace holdfast::api {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::int64_t kMinute_ns = 60 * kSecond_ns;

struct Door {
  sim::SimClock clock{Timestamp{1'764'000'000'000'000'000}, 1};
  sim::SimRandom random{11};
  Sessions sessions{clock, random};
  Gate gate{clock};
  FirstBoot first{clock, random};
};

}  // namespace

TEST_CASE("A session is found by its token alone") {
  Door door;
  const auto one = door.sessions.open("alice", "a");
  const auto two = door.sessions.open("bob", "a");
  CHECK(one.token.size() == 64);
  CHECK(one.token != two.token);
  CHECK(one.session.change_word != two.session.change_word);
  CHECK(door.sessions.find(one.token)->account == "alice");
  CHECK(door.sessions.find(two.token)->credential == "a");
  CHECK_FALSE(door.sessions.find(""));
  CHECK_FALSE(door.sessions.find(one.session.change_word));
  CHECK(is_change_word(one.session, one.session.change_word));
  CHECK_FALSE(is_change_word(one.session, two.session.change_word));
  CHECK_FALSE(is_change_word(one.session, ""));
  door.sessions.close(one.token);
  CHECK_FALSE(door.sessions.find(one.token));
  CHECK(door.sessions.find(two.token));
  door.sessions.close(two.token);
  CHECK(door.sessions.count() == 0);
}

TEST_CASE("A session ends when it is idle, and in the end anyway; the wall clock does not count") {
  Door door;
  const auto idle = door.sessions.open("alice", "a");
  door.clock.advance(kSessionIdle_ns - kSecond_ns);
  CHECK(door.sessions.find(idle.token));
  door.clock.set(Timestamp{0});
  door.clock.advance(kSessionIdle_ns - kSecond_ns);
  CHECK(door.sessions.find(idle.token));
  door.clock.set(Timestamp{4'000'000'000'000'000'000});
  CHECK(door.sessions.find(idle.token));
  door.clock.advance(kSessionIdle_ns + kSecond_ns);
  CHECK_FALSE(door.sessions.find(idle.token));

  const auto busy = door.sessions.open("alice", "a");
  for (std::int64_t past = 0; past < kSessionLife_ns - kMinute_ns; past += 20 * kMinute_ns) {
    CHECK(door.sessions.find(busy.token));
    door.clock.advance(20 * kMinute_ns);
  }
  door.clock.advance(kMinute_ns);
  CHECK_FALSE(door.sessions.find(busy.token));
}

TEST_CASE("There are no more sessions than may be; the one idle longest makes room") {
  Door door;
  const auto first = door.sessions.open("first", "a");
  const auto second = door.sessions.open("second", "a");
  CHECK(door.sessions.find(first.token));
  for (std::size_t i = 2; i <= kSessionsMax; ++i) (void)door.sessions.open("more", "a");
  CHECK(door.sessions.count() == kSessionsMax);
  CHECK(door.sessions.find(first.token));
  CHECK_FALSE(door.sessions.find(second.token));
}

TEST_CASE("Five failures are free, then the wait doubles up to a quarter of an hour") {
  Door door;
  const std::array alice = {GateKey{"alice"}};
  for (std::uint32_t i = 0; i < kFreeTries; ++i) CHECK(door.gate.enter(alice) == 0);
  std::int64_t expected = kFirstWait_ns;
  for (int i = 0; i < 4; ++i) {
    const std::int64_t wait = door.gate.enter(alice);
    CHECK(wait > expected - kSecond_ns);
    CHECK(wait <= expected);
    door.clock.advance(expected + kSecond_ns);
    CHECK(door.gate.enter(alice) == 0);
    expected = 2 * expected;
  }
  CHECK(door.gate.enter(std::array{GateKey{"bob"}}) == 0);
  for (int i = 0; i < 50; ++i) {
    CHECK(door.gate.enter(alice) <= kLastWait_ns);
    door.clock.advance(kLastWait_ns + kSecond_ns);
    CHECK(door.gate.enter(alice) == 0);
  }
  door.gate.clear("alice");
  CHECK(door.gate.enter(alice) == 0);
}

TEST_CASE("Tries are counted before they are made, and only those that were good are taken back") {
  Door door;
  const std::array keys = {GateKey{"alice at home"}, GateKey{"home", 20}};
  int entered = 0;
  for (int i = 0; i < 100; ++i) entered += door.gate.enter(keys) == 0 ? 1 : 0;
  CHECK(entered == static_cast<int>(kFreeTries));
  door.gate.take_back(keys);
  CHECK(door.gate.enter(keys) == 0);
  CHECK(door.gate.enter(keys) > 0);
  // A good try clears its account, not its address.
  for (int i = 0; i < 15; ++i) {
    door.gate.clear("alice at home");
    CHECK(door.gate.enter(keys) == 0);
  }
  door.gate.clear("alice at home");
  CHECK(door.gate.enter(keys) > 0);
  door.clock.advance(25 * kLastWait_ns);
  for (int i = 0; i < 5; ++i) CHECK(door.gate.enter(keys) == 0);
}

TEST_CASE("Failures of very many addresses do not fill the memory, nor free the newest") {
  Door door;
  for (int i = 0; i < 10'500; ++i) {
    CHECK(door.gate.enter(std::array{GateKey{"address " + std::to_string(i)}}) == 0);
  }
  const std::array last = {GateKey{"address 10499"}};
  for (std::uint32_t i = 1; i < kFreeTries; ++i) CHECK(door.gate.enter(last) == 0);
  CHECK(door.gate.enter(last) > 0);
}

TEST_CASE("The code of the first boot is good once, for ten minutes and five tries") {
  Door door;
  CHECK_FALSE(door.first.take(""));
  const std::string code = door.first.show().value();
  CHECK(code.size() == 8);
  CHECK(code.find_first_not_of("0123456789") == std::string::npos);
  CHECK(door.first.show() == code);
  const std::string wrong = code == "00000000" ? "00000001" : "00000000";
  for (int i = 0; i < 4; ++i) CHECK_FALSE(door.first.take(wrong));
  CHECK(door.first.take(code));
  CHECK_FALSE(door.first.take(code));

  const std::string second = door.first.show().value();
  CHECK(second != code);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(door.first.take(code));
  CHECK_FALSE(door.first.take(second));
  CHECK_FALSE(door.first.show());
  door.clock.advance(9 * kMinute_ns);
  CHECK_FALSE(door.first.show());
  CHECK_FALSE(door.first.take(second));

  door.clock.advance(2 * kMinute_ns);
  const std::string third = door.first.show().value();
  CHECK(third != second);
  door.clock.advance(11 * kMinute_ns);
  CHECK_FALSE(door.first.take(third));
  CHECK_FALSE(door.first.take(""));
}

}  // namespace holdfast::api

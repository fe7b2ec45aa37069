// SPDX-License-Identifier: Apache-2.0
// The time that locks age by, as a box keeps it: in home and in its snapshots. Whatever is lost,
// old or put back, and whatever its clock says, it is never ahead of the true one.
#include <catch2/catch.hpp>

#include "firmware/vault/trusted_clock.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;
const std::string kFile(vault::kTrustedTimePath);

struct TimedBox : ReadyBox {
  void confirm() {
    const auto box = open().value();
    const auto business = box->open_business("calls", vault::Access::write).value();
    REQUIRE(business->confirm_time(clock.now()));
  }
  // The newest snapshot's, of a backup that has something to say.
  Timestamp back_up() {
    const std::string call = std::to_string(++calls_);
    write("call" + call + ".wav", call);
    const auto done = backup();
    INFO((done ? "" : debug_text(done.error())));
    REQUIRE(done);
    const auto box = open().value();
    const auto business = box->open_business("calls", vault::Access::read).value();
    return business->newest_snapshot().value()->body.trusted;
  }

 private:
  int calls_ = 0;
};

}  // namespace

TEST_CASE("Nobody has confirmed a time: snapshots tell none, and home has no file of it") {
  TimedBox box;
  CHECK(box.back_up().ns == 0);
  CHECK_FALSE(box.home.contents(kFile));
}

TEST_CASE("Snapshots tell the trusted time, which the clock of the box does not move") {
  TimedBox box;
  const std::int64_t start_ns = box.clock.now().ns;
  box.confirm();
  const Timestamp first = box.back_up();
  CHECK(first.ns >= start_ns);
  box.clock.set(Timestamp{start_ns + 5000 * kDay_ns});
  CHECK(box.back_up().ns < first.ns + kDay_ns);
  box.clock.set(Timestamp{start_ns - 300 * kDay_ns});
  CHECK(box.back_up().ns < first.ns + kDay_ns);
  box.clock.advance(2 * kDay_ns);
  CHECK(box.back_up().ns > first.ns + kDay_ns);
}

TEST_CASE("Pulled forward over many power-offs, the clock adds nothing") {
  TimedBox box;
  box.confirm();
  const Timestamp first = box.back_up();
  for (int night = 0; night < 40; ++night) {
    box.clock.restart(kDay_ns);
    box.clock.set(Timestamp{box.clock.now().ns + 40 * kDay_ns});
    CHECK(box.back_up().ns < first.ns + kDay_ns);
  }
}

TEST_CASE("A home that is lost, damaged or old goes on from the newest snapshot") {
  TimedBox box;
  box.confirm();
  box.back_up();
  const Bytes old = *box.home.contents(kFile);
  box.clock.advance(3 * kDay_ns);
  const Timestamp newest = box.back_up();
  const auto goes_on = [&] {
    const Timestamp next = box.back_up();
    CHECK(next >= newest);
    CHECK(next.ns < newest.ns + kDay_ns);
  };
  box.home.erase(kFile);
  goes_on();
  box.home.erase(kFile);
  REQUIRE(ports::store(box.home, kFile, old));
  goes_on();
  box.home.flip_bit(kFile, 13);
  goes_on();
}

TEST_CASE("A box that makes one backup in each of many short boots counts what these take") {
  TimedBox box;
  box.confirm();
  const Timestamp first = box.back_up();
  constexpr std::int64_t kSecond_ns = 1'000'000'000;
  std::int64_t on_ns = 0;
  box.world.ask([&](const sim::Moment&) -> std::optional<ErrorCode> {
    box.clock.advance(kSecond_ns);
    on_ns += kSecond_ns;
    return std::nullopt;
  });
  Timestamp last;
  for (int boot = 0; boot < 10; ++boot) {
    box.clock.restart(kDay_ns);
    last = box.back_up();
  }
  box.world.ask({});
  CHECK(last.ns - first.ns > on_ns / 5);  // opening the box takes the rest
  CHECK(last.ns - first.ns < on_ns + kDay_ns / 100);
}

TEST_CASE("A confirmation is bounded by what the journals of all businesses tell") {
  TimedBox box;
  box.confirm();
  const Timestamp known = box.back_up();
  const auto opened = box.open().value();
  REQUIRE(opened->add_business("younger",
                               [](const BusinessId& id) { return "id = \"" + id.hex() + "\"\n"; }));
  box.home.erase(kFile);
  const auto younger = opened->open_business("younger", vault::Access::write).value();
  const auto confirmed = younger->confirm_time(Timestamp{known.ns + 5000 * kDay_ns});
  REQUIRE(confirmed);
  CHECK(*confirmed >= known);
  CHECK(confirmed->ns < known.ns + kDay_ns);
  CHECK(younger->trusted_time().value().ns < known.ns + kDay_ns);
}

TEST_CASE("Nothing is confirmed while a journal cannot be read that may know better") {
  TimedBox box;
  box.confirm();
  box.back_up();
  const auto opened = box.open().value();
  REQUIRE(opened->add_business("younger",
                               [](const BusinessId& id) { return "id = \"" + id.hex() + "\"\n"; }));
  box.home.erase(kFile);
  const auto younger = opened->open_business("younger", vault::Access::write).value();
  const std::string calls = opened->businesses().front().id.hex();
  box.world.ask([&](const sim::Moment& now) -> std::optional<ErrorCode> {
    const bool is_of_calls = std::string(now.where).find(calls) != std::string::npos;
    return is_of_calls ? std::optional(ErrorCode::io) : std::nullopt;
  });
  const auto confirmed = younger->confirm_time(box.clock.now());
  box.world.ask({});
  CHECK_FALSE(confirmed);
  CHECK_FALSE(box.home.contents(kFile));
}

TEST_CASE("A home that cannot take the time loses what was counted, and no backup") {
  TimedBox box;
  box.confirm();
  const Timestamp before = box.back_up();
  box.clock.advance(kDay_ns);
  std::size_t failed = 0;
  box.world.ask([&](const sim::Moment& now) -> std::optional<ErrorCode> {
    const bool is_time = std::string(now.where).find("/" + kFile) != std::string::npos;
    if (!is_time || now.touch == sim::Touch::look) return std::nullopt;
    ++failed;
    return ErrorCode::io;
  });
  const Timestamp after = box.back_up();
  box.world.ask({});
  CHECK(failed > 0);
  CHECK(after == before);
}

}  // namespace holdfast::test

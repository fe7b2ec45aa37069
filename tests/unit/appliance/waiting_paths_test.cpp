// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/waiting_paths.h"

#include <catch2/catch.hpp>

namespace holdfast::appliance {

namespace {

using ports::FileEventKind;
using Paths = std::vector<std::string>;

constexpr std::int64_t kSecond_ns = 1'000'000'000;

struct Desk {
  void hear(FileEventKind kind, const std::string& path) { waiting.hear(kind, path, now_ns); }
  void close(const std::string& path) { hear(FileEventKind::closed, path); }
  void after(std::int64_t seconds) { now_ns += seconds * kSecond_ns; }
  Paths take() { return waiting.take(now_ns); }
  Paths take_and_forget() {
    Paths taken = take();
    waiting.forget_taken({}, now_ns);
    return taken;
  }

  WaitingPaths waiting;
  std::int64_t now_ns = 1000 * kSecond_ns;
};

}  // namespace

TEST_CASE("what was closed is taken when it has settled", "[hot]") {
  Desk desk;
  desk.close("calls/a.wav");
  CHECK(desk.waiting.ready_ns() == desk.now_ns + WaitingPaths::kSettle_ns);
  desk.after(1);
  CHECK(desk.take().empty());
  desk.after(1);
  CHECK(desk.take() == Paths{"calls/a.wav"});
  CHECK_FALSE(desk.waiting.ready_ns());
}

TEST_CASE("what is written to again waits until it is closed", "[hot]") {
  Desk desk;
  const std::int64_t closed_ns = desk.now_ns;
  desk.close("calls/a.wav");
  desk.hear(FileEventKind::written, "calls/a.wav");
  desk.hear(FileEventKind::altered, "calls/a.wav");  // its times, while it is open
  desk.after(60);
  CHECK(desk.take().empty());
  // What was whole before is in no snapshot either.
  CHECK(desk.waiting.oldest_ns("calls") == closed_ns);
  desk.close("calls/a.wav");
  desk.after(2);
  CHECK(desk.take() == Paths{"calls/a.wav"});
}

TEST_CASE("what nobody closes is taken after a while, though it is written to all the time",
          "[hot]") {
  Desk desk;
  desk.hear(FileEventKind::created, "calls/log");
  for (int second = 1; second < 900; ++second) {
    desk.after(1);
    desk.hear(FileEventKind::written, "calls/log");
    CHECK(desk.take().empty());
  }
  CHECK_FALSE(desk.waiting.oldest_ns("calls"));
  desk.after(1);
  CHECK(desk.take_and_forget() == Paths{"calls/log"});
  desk.hear(FileEventKind::written, "calls/log");
  desk.after(899);
  CHECK(desk.take().empty());
  desk.after(1);
  CHECK(desk.take() == Paths{"calls/log"});
}

TEST_CASE("what is closed again and again does not wait for its last time", "[hot]") {
  Desk desk;
  for (int second = 0; second < 15; ++second) {
    desk.hear(FileEventKind::written, "calls/log");
    desk.close("calls/log");
    CHECK(desk.take().empty());
    desk.after(1);
  }
  desk.hear(FileEventKind::written, "calls/log");
  desk.close("calls/log");
  CHECK(desk.take() == Paths{"calls/log"});
}

TEST_CASE("what came and went before anybody looked is no news", "[hot]") {
  Desk desk;
  desk.hear(FileEventKind::created, "calls/a.tmp");
  desk.close("calls/a.tmp");
  desk.hear(FileEventKind::removed, "calls/a.tmp");
  desk.close("calls/a.wav");
  desk.after(2);
  CHECK(desk.take() == Paths{"calls/a.wav"});
}

TEST_CASE("what may be in a snapshot and went is news", "[hot]") {
  Desk desk;
  desk.close("calls/moved.wav");  // in the place of another one, perhaps
  desk.hear(FileEventKind::removed, "calls/moved.wav");
  desk.hear(FileEventKind::created, "calls/a.wav");
  desk.close("calls/a.wav");
  desk.after(2);
  CHECK(desk.take() == Paths{"calls/a.wav", "calls/moved.wav"});
  desk.hear(FileEventKind::removed, "calls/a.wav");  // while a backup reads it
  desk.waiting.forget_taken({}, desk.now_ns);
  desk.after(2);
  CHECK(desk.take() == Paths{"calls/a.wav"});
}

TEST_CASE("what is below a folder goes with it, and the oldest change counts", "[hot]") {
  Desk desk;
  const std::int64_t first_ns = desk.now_ns;
  desk.close("calls/31/a.wav");
  desk.after(1);
  desk.close("calls/31.wav");  // beside it, though it sorts near
  desk.hear(FileEventKind::removed, "calls/31");
  desk.after(2);
  CHECK(desk.waiting.oldest_ns("calls/31") == first_ns);
  CHECK(desk.take() == Paths{"calls/31", "calls/31.wav"});
}

TEST_CASE("what was taken is forgotten by a good end alone", "[hot]") {
  Desk desk;
  const std::int64_t closed_ns = desk.now_ns;
  desk.close("calls/a.wav");
  desk.after(2);
  REQUIRE(desk.take() == Paths{"calls/a.wav"});
  CHECK(desk.waiting.oldest_ns("calls") == closed_ns);
  desk.waiting.give_back();
  CHECK(desk.waiting.oldest_ns("calls") == closed_ns);
  REQUIRE(desk.take() == Paths{"calls/a.wav"});
  desk.close("calls/a.wav");  // once more, while it is read
  const std::int64_t again_ns = desk.now_ns;
  desk.waiting.forget_taken({}, desk.now_ns);
  CHECK(desk.waiting.oldest_ns("calls") == again_ns);
  desk.after(2);
  CHECK(desk.take_and_forget() == Paths{"calls/a.wav"});
  CHECK_FALSE(desk.waiting.oldest_ns("calls"));
}

TEST_CASE("what could not be read waits longer each time, and keeps its age", "[hot]") {
  Desk desk;
  const std::int64_t closed_ns = desk.now_ns;
  const Paths unread = {"calls/a.wav"};
  desk.close("calls/a.wav");
  desk.close("calls/b.wav");
  desk.after(2);
  REQUIRE(desk.take().size() == 2);
  desk.waiting.forget_taken(unread, desk.now_ns);
  CHECK(desk.waiting.oldest_ns("calls") == closed_ns);
  for (const std::int64_t wait_s : {60, 120, 240}) {
    CHECK(desk.waiting.ready_ns() == desk.now_ns + wait_s * kSecond_ns);
    desk.after(wait_s);
    REQUIRE(desk.take() == unread);
    desk.waiting.forget_taken(unread, desk.now_ns);
  }
  CHECK(desk.waiting.oldest_ns("calls") == closed_ns);
}

TEST_CASE("a look at everything settles what was there before it began", "[hot]") {
  Desk desk;
  desk.close("calls/a.wav");
  desk.hear(FileEventKind::created, "calls/open.wav");
  desk.after(10);
  const std::int64_t looked_ns = desk.now_ns;
  desk.close("calls/b.wav");
  desk.waiting.forget_until(looked_ns, {}, looked_ns);
  desk.after(2);
  CHECK(desk.take_and_forget() == Paths{"calls/b.wav"});
  desk.close("calls/open.wav");
  desk.after(2);
  CHECK(desk.take() == Paths{"calls/open.wav"});
}

TEST_CASE("each of many that come at once is looked at, whatever is chosen", "[hot]") {
  constexpr std::size_t kFiles = 10'000;
  Desk desk;
  for (std::size_t i = 0; i < kFiles; ++i) {
    desk.close("calls/" + std::to_string(i % 300) + "/" + std::to_string(i) + ".wav");
  }
  desk.after(2);
  std::size_t runs = 0;
  while (desk.waiting.size() > 0) {
    const Paths taken = desk.take();
    REQUIRE_FALSE(taken.empty());
    std::size_t bytes = 0;
    for (const std::string& path : taken) bytes += path.size();
    CHECK(bytes <= std::size_t{48} << 10);
    CHECK(taken.size() <= 1000);
    desk.waiting.forget_taken({}, desk.now_ns);
    ++runs;
  }
  CHECK(runs == 10);  // no folder has so many that all of it is worth a look
}

TEST_CASE("the age of a source is its own", "[hot]") {
  Desk desk;
  desk.close("calls/a.wav");
  CHECK(desk.waiting.oldest_ns("calls"));
  CHECK_FALSE(desk.waiting.oldest_ns("call"));
  CHECK_FALSE(desk.waiting.oldest_ns("other"));
}

}  // namespace holdfast::appliance

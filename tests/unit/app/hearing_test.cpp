// SPDX-License-Identifier: Apache-2.0
// One hearing is one line, and none is lost for it.
#include "firmware/app/hearing.h"

#include <catch2/catch.hpp>
#include <functional>
#include <vector>

#include "hal/sim/disk.h"

namespace holdfast::app {

namespace {

constexpr std::int64_t kMinute_ns = 60'000'000'000;

struct Trail {
  sim::World world{7};
  sim::SimClock clock{Timestamp{1'764'000'000'000'000'000}};
  sim::SimDisk disk{world, "/home"};
  api::AuditLog log{disk, clock};
  api::AuditEvent event{"wang", "auditor", "10.0.0.7", "hear", "hear (parts) -- desk a.wav 3", ""};

  void append(api::AuditEvent line, const std::string& outcome) {
    line.outcome = outcome;
    REQUIRE(log.append(line));
  }
  void append(const std::string& outcome) { append(event, outcome); }
  bool is_noted() { return is_hearing_noted(log, event, "wang", clock.now()); }
};

}  // namespace

TEST_CASE("The line of a hearing names all but its parts, and no reason can look like that") {
  CHECK(hearing_subject({"--home", "h", "hear", "--from-byte=0", "--bytes=44", "--reason=case 1",
                         "--", "desk", "--bytes=1", "3"}) ==
        "--home h hear '--reason=case 1' (parts) -- desk --bytes=1 3");
  CHECK(hearing_subject({"cat", "--bytes=44", "--", "desk", "a"}) == "cat (parts) -- desk a");
  // The whole of it, or its waveform: each has a line.
  CHECK_FALSE(hearing_subject({"cat", "--reason=x", "--", "desk", "--bytes=1", "3"}));
  CHECK_FALSE(hearing_subject({"hear", "--peaks=800", "--", "desk", "a"}));
  CHECK_FALSE(hearing_subject({}));
}

TEST_CASE("A part needs no line while the hearing's own stands there") {
  Trail trail;
  CHECK_FALSE(trail.is_noted());
  trail.append("begun");
  CHECK(trail.is_noted());
  trail.append("ok");
  CHECK(trail.is_noted());
  trail.append("begun");
  trail.append("interrupted");  // the player wants another part
  CHECK(trail.is_noted());
  trail.clock.advance(29 * kMinute_ns);
  CHECK(trail.is_noted());
  trail.clock.advance(2 * kMinute_ns);
  CHECK_FALSE(trail.is_noted());
  trail.append("begun");
  trail.clock.set(Timestamp{trail.clock.now().ns - 40 * kMinute_ns});
  CHECK_FALSE(trail.is_noted());  // nobody knows how old it is
}

TEST_CASE("Another item, person, place, reason or login is another hearing") {
  for (const auto& change : std::vector<std::function<void(api::AuditEvent&)>>{
           [](auto& line) { line.actor = "li"; }, [](auto& line) { line.peer = "10.0.0.8"; },
           [](auto& line) { line.role = "administrator"; }, [](auto& line) { line.action = "cat"; },
           [](auto& line) { line.subject = "hear (parts) -- desk a.wav 4"; }}) {
    Trail trail;
    api::AuditEvent other = trail.event;
    change(other);
    trail.append(other, "begun");
    CHECK_FALSE(trail.is_noted());
  }
  Trail trail;
  trail.append("begun");
  trail.append({"li", "auditor", "10.0.0.7", "login", "li"}, "ok");
  CHECK(trail.is_noted());
  trail.append({"wang", "auditor", "10.0.0.7", "login", "wang"}, "ok");
  CHECK_FALSE(trail.is_noted());
}

TEST_CASE("What failed was not heard, and what was cut is not known") {
  Trail trail;
  trail.append("begun");
  trail.append("no_sound");
  CHECK_FALSE(trail.is_noted());
  trail.append("begun");
  CHECK(trail.is_noted());
  trail.event.subject += "…";
  trail.append("begun");
  CHECK_FALSE(trail.is_noted());
}

}  // namespace holdfast::app

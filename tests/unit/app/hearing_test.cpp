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
  Result<bool> ask() { return is_hearing_noted(log, event, "wang", clock.now()); }
  bool is_noted() {
    const auto noted = ask();
    REQUIRE(noted);
    return *noted;
  }
  // No sync of the log works, and a later one of the same bytes says that all is well.
  void break_sync(bool is_broken) {
    if (!is_broken) return world.ask({});
    world.ask([](const sim::Moment& moment) -> std::optional<ErrorCode> {
      const bool is_log = moment.where.find("/audit/") != moment.where.npos;
      return is_log && moment.name == "sync" ? std::optional(ErrorCode::io) : std::nullopt;
    });
  }
};

}  // namespace

TEST_CASE("The line of a hearing names all but its parts, and no reason can look like that") {
  CHECK(hearing_subject({"--home", "h", "hear", "--from-byte=0", "--bytes=44", "--reason=case 1",
                         "--", "desk", "--bytes=1", "3"}) ==
        "--home h hear '--reason=case 1' (parts) -- desk --bytes=1 3");
  CHECK(hearing_subject({"cat", "--bytes=44", "--", "desk", "a.WAV"}) ==
        "cat (parts) -- desk a.WAV");
  // Nobody seeks in it: each part that is taken has a line.
  CHECK_FALSE(hearing_subject({"cat", "--bytes=44", "--", "desk", "a.txt", "3"}));
  CHECK_FALSE(hearing_subject({"cat", "--bytes=44", "--", "desk"}));
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

TEST_CASE("A line that could not be made durable counts for no part, whoever asks again") {
  Trail trail;
  const bool has_lines = GENERATE(false, true);
  if (has_lines) trail.append({"li", "auditor", "", "login", "li"}, "ok");
  trail.break_sync(true);
  trail.event.outcome = "begun";
  CHECK_FALSE(trail.log.append(trail.event));
  CHECK_FALSE(trail.is_noted());
  trail.break_sync(false);  // as a second sync of one file does: all is well
  CHECK_FALSE(trail.is_noted());
  trail.append("begun");
  CHECK(trail.is_noted());
  // What was written and not synced is refused as long as it cannot be synced.
  trail.break_sync(true);
  CHECK_FALSE(trail.ask());
  trail.break_sync(false);
  CHECK_FALSE(trail.is_noted());
  trail.append("begun");
  CHECK(trail.is_noted());
  CHECK_FALSE(trail.log.survey()->fault);
}

TEST_CASE("A part does not run ahead of the line that is being written") {
  Trail trail;
  trail.append({"li", "auditor", "", "login", "li"}, "ok");
  // Whoever writes has the lock until its line is durable, however slow the disk is.
  auto writer = trail.disk.lock("locks/audit", ports::LockMode::exclusive, "audit");
  REQUIRE(writer);
  sim::World other{8};
  sim::SimDisk twin{other, "/twin"};
  const auto before = ports::load(trail.disk, "audit/0000000000000001.log", kMiB);
  REQUIRE(before);
  twin.plant("audit/0000000000000001.log", *before);
  trail.event.outcome = "begun";
  REQUIRE(api::AuditLog(twin, trail.clock).append(trail.event));
  const auto after = ports::load(twin, "audit/0000000000000001.log", kMiB);
  REQUIRE(after);
  {
    auto file = trail.disk.open_append("audit/0000000000000001.log");
    REQUIRE(file);
    REQUIRE((*file)->append(ByteView(*after).subspan(before->size())));
  }
  const auto refused = trail.ask();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::locked);
  // It dies before its sync: what is believed then is there after a power cut, too.
  writer->reset();
  CHECK(trail.is_noted());
  trail.world.crash({sim::CrashPolicy::drop_unsynced, 0});
  CHECK(trail.is_noted());
}

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
// What a crash may and may not do: the durability sentences of hal/ports/disk.h.
#include <catch2/catch.hpp>

#include "hal/sim/disk.h"

namespace holdfast::sim {

namespace {

constexpr std::uint64_t kSeeds = 300;

class OneDisk {
 public:
  World world{1};
  SimDisk disk{world, "/disk"};

  void write_durably(std::string_view path, std::string_view text) {
    REQUIRE(ports::store(disk, path, view_of(text)));
  }
  std::unique_ptr<ports::WriteFile> write(std::string_view path, std::string_view text) {
    auto file = *disk.create(path);
    REQUIRE(file->append(view_of(text)));
    return file;
  }
  std::string text(std::string_view path) {
    const auto bytes = disk.contents(path);
    return bytes ? std::string(text_of(*bytes)) : "(none)";
  }
};

// What a crash made of a run, over many seeds.
template <class Run, class Look>
std::set<std::string> all_outcomes(Run run, Look look) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    OneDisk one;
    run(one);
    one.world.crash({CrashPolicy::random, seed});
    seen.insert(look(one));
  }
  return seen;
}

using Outcomes = std::set<std::string>;

}  // namespace

TEST_CASE("what was synced survives every crash") {
  const auto run = [](OneDisk& one) {
    REQUIRE(ports::make_directories(one.disk, "a/b"));
    const auto file = one.write("a/b/c", "bytes");
    REQUIRE(file->sync());
    REQUIRE(one.disk.sync_directory("a/b"));
  };
  CHECK(all_outcomes(run, [](OneDisk& one) { return one.text("a/b/c"); }) == Outcomes{"bytes"});
}

TEST_CASE("a name that was not synced may be lost, with all its bytes") {
  const auto run = [](OneDisk& one) { REQUIRE(one.write("a", "bytes")->sync()); };
  CHECK(all_outcomes(run, [](OneDisk& one) { return one.text("a"); }) ==
        Outcomes{"bytes", "(none)"});
}

TEST_CASE("a file below a directory that was not synced may be lost") {
  const auto run = [](OneDisk& one) {
    REQUIRE(one.disk.make_directory("d"));
    REQUIRE(one.write("d/a", "bytes")->sync());
    REQUIRE(one.disk.sync_directory("d"));
  };
  CHECK(all_outcomes(run, [](OneDisk& one) { return one.text("d/a"); }) ==
        Outcomes{"bytes", "(none)"});
}

TEST_CASE("an unsynced tail may be kept, lost, torn or zero; what is before it stays") {
  const std::string synced(5000, 's');
  const std::string tail(10'000, 't');
  const auto run = [&](OneDisk& one) {
    one.write_durably("a", synced);
    REQUIRE((*one.disk.open_append("a"))->append(view_of(tail)));
  };
  std::set<std::string> kinds;
  for (const std::string& text : all_outcomes(run, [](OneDisk& one) { return one.text("a"); })) {
    REQUIRE(text.starts_with(synced));
    const std::string rest = text.substr(synced.size());
    REQUIRE(rest.size() <= tail.size());
    if (rest.empty()) kinds.insert("lost");
    if (rest == tail) kinds.insert("kept");
    if (!rest.empty() && rest.size() < tail.size()) {
      CHECK(text.size() % 512 == 0);
      kinds.insert("torn");
    }
    if (rest.size() == tail.size() && rest.find('\0') != std::string::npos) kinds.insert("zeros");
  }
  CHECK(kinds == std::set<std::string>{"kept", "lost", "torn", "zeros"});
}

TEST_CASE("a rename shows the old file or the new one") {
  const auto run = [](OneDisk& one) {
    one.write_durably("a", "old");
    REQUIRE(one.write("a.tmp", "new")->sync());
    REQUIRE(one.disk.rename("a.tmp", "a"));
  };
  CHECK(all_outcomes(run, [](OneDisk& one) { return one.text("a"); }) == Outcomes{"old", "new"});
}

TEST_CASE("a rename of a durable file loses it under no crash") {
  const auto run = [](OneDisk& one) {
    one.write_durably("first", "bytes");
    REQUIRE(one.disk.rename("first", "second"));
    REQUIRE(one.disk.rename("second", "third"));
  };
  const auto is_there = [](OneDisk& one) -> std::string {
    for (const char* name : {"first", "second", "third"}) {
      if (one.text(name) == "bytes") return "there";
    }
    return "lost";
  };
  CHECK(all_outcomes(run, is_there) == Outcomes{"there"});
}

TEST_CASE("a removal that was not synced may come undone") {
  const auto run = [](OneDisk& one) {
    one.write_durably("a", "bytes");
    REQUIRE(one.disk.remove("a"));
  };
  CHECK(all_outcomes(run, [](OneDisk& one) { return one.text("a"); }) ==
        Outcomes{"bytes", "(none)"});
}

TEST_CASE("changes of different names become durable in any order") {
  const auto run = [](OneDisk& one) {
    static_cast<void>(one.write("a", "")->sync());
    static_cast<void>(one.write("b", "")->sync());
  };
  const auto look = [](OneDisk& one) { return one.text("a") + one.text("b"); };
  CHECK(all_outcomes(run, look) == Outcomes{"", "(none)", "(none)(none)"});
  const auto second_only = [](OneDisk& one) {
    return std::string(one.text("a").empty() ? "a" : "") + (one.text("b").empty() ? "b" : "");
  };
  CHECK(all_outcomes(run, second_only) == Outcomes{"", "a", "b", "ab"});
}

TEST_CASE("the policies without chance drop or keep everything") {
  for (const bool keeps : {false, true}) {
    OneDisk one;
    one.write_durably("a", "durable");
    one.write("b", "new");
    REQUIRE((*one.disk.open_append("a"))->append(view_of(" tail")));
    one.world.crash({keeps ? CrashPolicy::keep_all : CrashPolicy::drop_unsynced, 0});
    CHECK(one.text("a") == (keeps ? "durable tail" : "durable"));
    CHECK(one.text("b") == (keeps ? "new" : "(none)"));
  }
}

TEST_CASE("files and locks of before a crash are dead; locks are free") {
  OneDisk one;
  const auto file = one.write("a", "");
  const auto lock = *one.disk.lock("lock", ports::LockMode::exclusive, "me");
  one.world.crash({CrashPolicy::keep_all, 0});
  CHECK(file->append(view_of("x")).error().code == ErrorCode::io);
  CHECK(file->sync().error().code == ErrorCode::io);
  CHECK(one.disk.lock("lock", ports::LockMode::exclusive, "you"));
}

TEST_CASE("a file whose sync failed never becomes durable") {
  OneDisk one;
  REQUIRE(one.disk.create("a"));
  REQUIRE(one.disk.sync_directory(""));
  const auto file = *one.disk.open_append("a");
  REQUIRE(file->append(view_of("bytes")));
  one.world.fail_at(one.world.operations() + 1, ErrorCode::io);
  CHECK(file->sync().error().code == ErrorCode::io);
  CHECK(file->sync().error().code == ErrorCode::io);
  REQUIRE((*one.disk.open_append("a"))->sync());  // the system may say ok: it has forgotten
  one.world.crash({CrashPolicy::drop_unsynced, 0});
  CHECK(one.text("a").empty());
}

TEST_CASE("names whose sync failed never become durable by a later one") {
  OneDisk one;
  one.write("a", "");
  one.world.fail_at(one.world.operations() + 1, ErrorCode::io);
  CHECK_FALSE(one.disk.sync_directory(""));
  one.write("b", "");
  REQUIRE(one.disk.sync_directory(""));
  one.world.crash({CrashPolicy::drop_unsynced, 0});
  CHECK(one.text("a") == "(none)");
  CHECK(one.text("b").empty());
}

TEST_CASE("an append that fails may leave a part") {
  OneDisk one;
  const auto file = *one.disk.create("a");
  one.world.fail_at(one.world.operations() + 1, ErrorCode::io);
  CHECK_FALSE(file->append(view_of("12345678")));
  CHECK(one.text("a") == "1234");
}

}  // namespace holdfast::sim

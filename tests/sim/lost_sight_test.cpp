// SPDX-License-Identifier: Apache-2.0
// What a backup cannot see is not gone: a failed look at a name or a folder, and a source that is
// empty because its share is not mounted.
#include <catch2/catch.hpp>
#include <set>

#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

struct Site : ReadyBox {
  Site() {
    write("a.wav", "first call");
    write("day/b.wav", "second call");
    write("day/c.wav", "third call");
    files.add_symlink("/calls/link", "a.wav");
  }

  static constexpr std::uint64_t kItems = 4;

  void unmount() {
    files.remove("/calls");
    files.add_folder("/calls");
  }

  // Of two folders, /calls and /other.
  Result<job::BackupReport> backup_both(bool allow_empty = false) {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::write));
    job::BackupRequest request;
    request.definition.name = "calls";
    request.definition.kind = kind;
    for (const std::string name : {"calls", "other"}) {
      request.definition.sources.push_back({name, "/" + name, {}, false, {}, 0});
    }
    request.allow_empty = allow_empty;
    return job::run_backup(*business, files, request);
  }
};

}  // namespace

TEST_CASE("No single failure makes a backup forget an item it had") {
  Site good;
  REQUIRE(good.backup());
  const std::uint64_t begin = good.world.operations() + 1;
  REQUIRE(good.backup());
  const std::uint64_t end = good.world.operations();
  std::set<std::string> unseen;
  for (std::uint64_t at = begin; at <= end; ++at) {
    CAPTURE(at);
    Site site;
    REQUIRE(site.backup());
    site.world.fail_at(at, ErrorCode::io);
    const auto report = site.backup();
    if (!report) continue;
    for (const auto& problem : report->problems.kept) unseen.insert(problem.path);
    CHECK(report->counts.items == Site::kItems);
    CHECK(report->counts.items_gone == 0);
    CHECK(*site.restore() == site.source());
  }
  CHECK(unseen == std::set<std::string>{"calls/a.wav", "calls/day", "calls/day/b.wav",
                                        "calls/day/c.wav", "calls/link"});
}

TEST_CASE("What was never seen is no item, whatever it may be") {
  Site good;
  const std::uint64_t begin = good.world.operations() + 1;
  REQUIRE(good.backup());
  const std::uint64_t end = good.world.operations();
  std::size_t problems = 0;
  for (std::uint64_t at = begin; at <= end; ++at) {
    CAPTURE(at);
    Site site;
    site.world.fail_at(at, ErrorCode::io);
    const auto report = site.backup();
    if (!report) continue;
    problems += report->problems.kept.size();
    const auto restored = site.restore();
    REQUIRE(restored);
    const Contents source = site.source();
    for (const auto& file : *restored) CHECK(source.count(file.first) == 1);
  }
  CHECK(problems > 0);
}

TEST_CASE("A source that has become empty fails its backup and loses nothing") {
  Site site;
  site.kind = GENERATE(source::BusinessKind::archive, source::BusinessKind::mirror);
  REQUIRE(site.backup());
  const Contents before = site.source();
  site.unmount();
  const auto report = site.backup();
  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::source_empty);
  CHECK(report.error().where == "/calls");
  CHECK(*site.restore() == before);
}

TEST_CASE("One of two sources that has become empty is named and what it had stays") {
  Site site;
  site.files.add_folder("/other");  // empty from the first day: nothing to lose
  REQUIRE(site.backup_both()->problems.count == 0);
  const Contents before = site.source();
  site.unmount();
  const std::string text = "new";
  site.files.write_file("/other/new.wav", view_of(text));
  const auto report = site.backup_both();
  REQUIRE(report);
  REQUIRE(report->problems.count == 1);
  CHECK(report->problems.kept.front().path == "calls");
  CHECK(report->problems.kept.front().error.code == ErrorCode::source_empty);
  CHECK(report->counts.items_gone == 0);
  CHECK(*site.restore() == before);

  const auto again = site.backup_both();
  REQUIRE(again);
  CHECK_FALSE(again->entry_written);
  CHECK(again->problems.count == 1);
}

TEST_CASE("An empty source is believed when that is asked for, and from then on") {
  Site site;
  const std::string text = "other";
  site.files.write_file("/other/call.wav", view_of(text));
  REQUIRE(site.backup_both());
  site.unmount();
  const auto report = site.backup_both(true);
  REQUIRE(report);
  CHECK(report->problems.count == 0);
  CHECK(report->counts.items_gone == Site::kItems);
  const auto again = site.backup_both();
  REQUIRE(again);
  CHECK(again->problems.count == 0);
}

}  // namespace holdfast::test

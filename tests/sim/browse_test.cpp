// SPDX-License-Identifier: Apache-2.0
// Looking into snapshots on simulated ports: what differs between two, and a stop while looking.
#include "firmware/job/browse.h"

#include <catch2/catch.hpp>

#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

struct Site : ReadyBox {
  Site() {
    write("a.wav", std::string(5000, 'a'));
    write("b.wav", "b");
    write("c.wav", "c");
    first = commit();
    write("b.wav", "other");
    write("d.wav", "d");
    files.remove("/calls/c.wav");
    second = commit();
  }
  std::uint64_t commit() {
    const auto report = backup();
    REQUIRE(report);
    return report->snapshot.number;
  }
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

struct Opened {
  explicit Opened(Site& site) {
    auto opened = site.open();
    REQUIRE(opened);
    box = std::move(*opened);
    auto reader = box->open_business("calls", vault::Access::read);
    REQUIRE(reader);
    business = std::move(*reader);
  }
  catalog::SnapshotRow snapshot(std::uint64_t number) {
    const auto row = business->find_snapshot({number, {}, {}});
    REQUIRE(row);
    return *row;
  }
  std::unique_ptr<vault::Box> box;
  std::unique_ptr<vault::Business> business;
};

template <class Value>
bool is_interrupted(const Result<Value>& done) {
  return !done && done.error().code == ErrorCode::interrupted;
}

}  // namespace

TEST_CASE("Two snapshots differ in what came, went and changed, and in nothing else") {
  Site site;
  Opened opened(site);
  std::vector<std::pair<job::Change, std::string>> changes;
  REQUIRE(job::compare_snapshots(*opened.business, opened.snapshot(site.first),
                                 opened.snapshot(site.second), nullptr,
                                 [&](job::Change change, const std::string& path) -> Result<void> {
                                   changes.emplace_back(change, path);
                                   return {};
                                 }));
  CHECK(changes ==
        std::vector<std::pair<job::Change, std::string>>{{job::Change::changed, "calls/b.wav"},
                                                         {job::Change::removed, "calls/c.wav"},
                                                         {job::Change::added, "calls/d.wav"}});
}

TEST_CASE("A stop ends looking, though nothing would be shown") {
  Site site;
  Opened opened(site);
  const auto row = opened.snapshot(site.second);
  const job::StopFlag stop = true;
  int visited = 0;
  const auto visit = [&](const vault::Item&) -> Result<void> {
    ++visited;
    return {};
  };
  CHECK(is_interrupted(job::list_items(*opened.business, row, "", true, &stop, visit)));
  CHECK(is_interrupted(job::find_items(*opened.business, row, "no such name", &stop, visit)));
  CHECK(is_interrupted(
      job::print_item(*opened.business, row, "calls/a.wav", &stop, [&](ByteView) -> Result<void> {
        ++visited;
        return {};
      })));
  CHECK(is_interrupted(job::compare_snapshots(*opened.business, opened.snapshot(site.first), row,
                                              &stop,
                                              [&](job::Change, const std::string&) -> Result<void> {
                                                ++visited;
                                                return {};
                                              })));
  CHECK(visited == 0);
}

}  // namespace holdfast::test

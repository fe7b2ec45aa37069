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
  explicit Opened(SimBox& site) {
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

using Changes = std::vector<std::pair<job::Change, std::string>>;

// With those that are kept as gone, and since when, in `gone`.
Changes changes(Opened& opened, std::uint64_t before, std::uint64_t after,
                std::map<std::string, Timestamp>* gone = nullptr) {
  Changes changes;
  REQUIRE(job::compare_snapshots(*opened.business, opened.snapshot(before), opened.snapshot(after),
                                 nullptr,
                                 [&](job::Change change, const vault::Item& item) -> Result<void> {
                                   changes.emplace_back(change, item.path);
                                   if (gone != nullptr && item.is_gone()) {
                                     (*gone)[item.path] = item.gone_since;
                                   }
                                   return {};
                                 }));
  return changes;
}

template <class Value>
bool is_interrupted(const Result<Value>& done) {
  return !done && done.error().code == ErrorCode::interrupted;
}

}  // namespace

TEST_CASE("Two snapshots differ in what came, went and changed, and in nothing else") {
  Site site;
  Opened opened(site);
  CHECK(changes(opened, site.first, site.second) == Changes{{job::Change::changed, "calls/b.wav"},
                                                            {job::Change::removed, "calls/c.wav"},
                                                            {job::Change::added, "calls/d.wav"}});
}

TEST_CASE("What went between two snapshots of an archive is told with its date") {
  Site site;
  const Timestamp went = site.clock.now();
  site.clock.advance(3'600'000'000'000);
  site.files.remove("/calls/d.wav");
  site.write("c.wav", "back");
  const std::uint64_t third = site.commit();
  Opened opened(site);
  const Timestamp since = opened.snapshot(third).body.started;
  REQUIRE(since.ns > went.ns);
  std::map<std::string, Timestamp> gone;
  // d.wav came and went between the first and the third; c.wav was gone, and is there again.
  CHECK(changes(opened, site.first, third, &gone) == Changes{{job::Change::changed, "calls/b.wav"},
                                                             {job::Change::changed, "calls/c.wav"},
                                                             {job::Change::passed, "calls/d.wav"}});
  CHECK(gone == std::map<std::string, Timestamp>{{"calls/d.wav", since}});
  gone.clear();
  CHECK(changes(opened, site.second, third, &gone) ==
        Changes{{job::Change::added, "calls/c.wav"}, {job::Change::removed, "calls/d.wav"}});
  CHECK(gone == std::map<std::string, Timestamp>{{"calls/d.wav", since}});
  // Backwards, what is gone in the newer one is not told as gone in the older.
  gone.clear();
  CHECK(changes(opened, third, site.second, &gone) ==
        Changes{{job::Change::removed, "calls/c.wav"}, {job::Change::added, "calls/d.wav"}});
  CHECK(gone == std::map<std::string, Timestamp>{
                    {"calls/c.wav", opened.snapshot(site.second).body.started}});
}

TEST_CASE("A mirror keeps nothing that is gone, and the difference says so") {
  ReadyBox site;
  site.kind = source::BusinessKind::mirror;
  site.write("a.wav", "a");
  site.write("b.wav", "b");
  const auto first = site.backup();
  REQUIRE(first);
  site.files.remove("/calls/a.wav");
  const auto second = site.backup();
  REQUIRE(second);
  Opened opened(site);
  std::map<std::string, Timestamp> gone;
  CHECK(changes(opened, first->snapshot.number, second->snapshot.number, &gone) ==
        Changes{{job::Change::removed, "calls/a.wav"}});
  CHECK(gone.empty());
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
  CHECK(is_interrupted(job::print_item(*opened.business, row, "calls/a.wav", {}, &stop,
                                       [&](ByteView) -> Result<void> {
                                         ++visited;
                                         return {};
                                       })));
  CHECK(is_interrupted(job::compare_snapshots(*opened.business, opened.snapshot(site.first), row,
                                              &stop,
                                              [&](job::Change, const vault::Item&) -> Result<void> {
                                                ++visited;
                                                return {};
                                              })));
  CHECK(visited == 0);
}

TEST_CASE("A range of an item is those bytes of it, and what is behind its end is nothing") {
  Site site;
  Opened opened(site);
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>('a' + i % 26);
  site.write("long.wav", text);
  const std::uint64_t number = site.commit();
  Opened again(site);
  const auto row = again.snapshot(number);
  const auto range = [&](std::uint64_t offset, std::uint64_t length) {
    std::string got;
    REQUIRE(job::print_item(*again.business, row, "calls/long.wav", {offset, length}, nullptr,
                            [&](ByteView bytes) -> Result<void> {
                              got += text_of(bytes);
                              return {};
                            }));
    return got;
  };
  CHECK(range(0, 5000) == text);
  CHECK(range(0, 1) == text.substr(0, 1));
  CHECK(range(4999, 1) == text.substr(4999));
  CHECK(range(1234, 2000) == text.substr(1234, 2000));
  CHECK(range(4000, 1'000'000) == text.substr(4000));
  CHECK(range(5000, 10).empty());
  CHECK(range(1'000'000, 10).empty());
  CHECK(range(10, 0).empty());
}

}  // namespace holdfast::test

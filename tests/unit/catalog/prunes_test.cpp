// SPDX-License-Identifier: Apache-2.0
// What a catalog knows of prunes.
#include "firmware/catalog/catalog.h"

#include <algorithm>

#include "tests/unit/catalog/fixture.h"

using namespace holdfast;
using namespace holdfast::catalog;

using pack::PackKind;

TEST_CASE("A pack that was condemned before its row was there gives no hits either") {
  const TestPack pack = pack_of("behind", {"a"});
  TestJournal journal;
  journal.add_prune({"behind"});

  Catalog found_late = opened(":memory:");
  apply_all(found_late, journal);
  note(found_late, pack);
  CHECK_FALSE(found_late.find_holder(digest_of("a"), 0, PackKind::content).value());
  CHECK(found_late.find_pack(digest_of("behind")).value().value().condemned == 1);
  REQUIRE(found_late.name_found_packs(1, {pack.row.pack}));
  CHECK_FALSE(found_late.find_holder(digest_of("a"), 0, PackKind::content).value());
  CHECK(found_late.found_packs().value().empty());
  CHECK(found_late.pack_totals().value().packs == 0);
  const auto condemned = found_late.condemned_packs().value();
  REQUIRE(condemned.size() == 1);
  CHECK(condemned[0].name == digest_of("behind"));
  CHECK(condemned[0].number == 1);

  Catalog known_before = opened(":memory:");
  note(known_before, pack);
  apply_all(known_before, journal);
  CHECK(dump_of(found_late) == dump_of(known_before));
  Catalog without = opened(":memory:");
  apply_all(without, journal);
  CHECK(dump_of(without) == dump_of(known_before));
}

TEST_CASE("A pack that a later entry names counts again, whatever condemned it before") {
  const TestPack pack = pack_of("p", {"a"});
  Catalog catalog = opened(":memory:");
  note(catalog, pack);
  TestJournal journal;
  journal.add_snapshot("vm", {pack});
  journal.add_prune({"p", "q"});
  journal.add_snapshot("vm");
  for (const auto& step : journal.steps()) REQUIRE(apply(catalog, step));
  CHECK(catalog.condemned_packs().value().size() == 2);
  // Found behind a gap it is named by nobody.
  REQUIRE(catalog.name_found_packs(9, {pack.row.pack}));
  CHECK(catalog.condemned_packs().value().size() == 2);
  journal.add_snapshot("vm", {pack});
  REQUIRE(apply(catalog, journal.steps().back()));
  const auto condemned = catalog.condemned_packs().value();
  REQUIRE(condemned.size() == 1);
  CHECK(condemned[0].name == digest_of("q"));
  CHECK(catalog.find_pack(digest_of("p")).value().value().condemned == 0);
  CHECK(catalog.find_holder(digest_of("a"), 0, PackKind::content).value() == digest_of("p"));
  Catalog rebuilt = opened(":memory:");
  note(rebuilt, pack);
  apply_all(rebuilt, journal);
  CHECK(dump_of(rebuilt) == dump_of(catalog));
}

TEST_CASE("What a condemned pack had is forgotten, and of no other") {
  Catalog catalog = opened(":memory:");
  for (const char* name : {"p", "q"}) note(catalog, pack_of(name, {"a", "b"}));
  TestJournal journal;
  journal.add_prune({"p", "no row"});
  apply_all(catalog, journal);
  const auto count_with_chunks = [&] {
    const auto packs = catalog.condemned_packs().value();
    CHECK(packs.size() == 2);
    return std::ranges::count_if(packs, &CondemnedRow::has_chunks);
  };
  CHECK(count_with_chunks() == 1);
  for (const char* name : {"p", "q", "no row"}) {
    REQUIRE(catalog.forget_chunks_of(digest_of(name)));
  }
  CHECK(count_with_chunks() == 0);
  CHECK(catalog.chunks_of(digest_of("p")).value().empty());
  CHECK(catalog.chunks_of(digest_of("q")).value().size() == 2);
  CHECK(catalog.find_holder(digest_of("a"), 0, PackKind::content).value() == digest_of("q"));
  // Nobody goes to the disks for its index.
  CHECK_FALSE(catalog.has_unindexed_packs().value());
}

TEST_CASE("The first prune that condemns a pack is the one that counts") {
  Catalog catalog = opened(":memory:");
  note(catalog, pack_of("p", {"a"}));
  TestJournal journal;
  journal.add_prune({"p"});
  journal.add_prune({"p"});
  apply_all(catalog, journal);
  CHECK(catalog.find_pack(digest_of("p")).value().value().condemned == 1);
  CHECK(catalog.condemned_packs().value().at(0).number == 1);
}

// Each pack has a million bytes.
TEST_CASE(
    "Growth is what came less what went, since the newest whole snapshot that is old enough") {
  Catalog catalog = opened(":memory:");
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) note(catalog, pack_of(name, {name}));
  TestJournal journal;
  const auto snapshot = [&](std::int64_t time, const std::vector<TestPack>& packs, bool complete) {
    journal.add_snapshot("box", packs);
    auto& step = journal.last();
    step.entry.time.ns = time;
    step.snapshot->complete = complete;
  };
  CHECK_FALSE(catalog.growth({1000}).value());
  snapshot(100, {pack_of("a", {"a"})}, false);
  apply_all(catalog, journal);
  CHECK_FALSE(catalog.growth({1000}).value());
  const std::size_t partial = journal.steps().size();
  snapshot(200, {pack_of("b", {"b"})}, true);
  snapshot(300, {pack_of("c", {"c"}), pack_of("d", {"d"})}, true);
  snapshot(400, {pack_of("e", {"e"})}, false);
  for (std::size_t i = partial; i < journal.steps().size(); ++i) {
    REQUIRE(apply(catalog, journal.steps()[i]));
  }
  const auto grown = [&](std::int64_t from) {
    const auto growth = catalog.growth({from}).value().value();
    return std::pair(growth.since.ns, growth.bytes);
  };
  using Grown = std::pair<std::int64_t, std::int64_t>;
  CHECK(grown(0) == Grown{200, 3'000'000});
  CHECK(grown(299) == Grown{200, 3'000'000});
  CHECK(grown(300) == Grown{300, 1'000'000});
  CHECK(grown(999) == Grown{300, 1'000'000});
  // What came within the time and went within it took no room.
  journal.add_prune({"a", "b", "c"});
  REQUIRE(apply(catalog, journal.steps().back()));
  CHECK(grown(299) == Grown{200, 0});
  CHECK(grown(300) == Grown{300, -2'000'000});
}

TEST_CASE("What prunes took away is found by path and folder, each time by the newest that did") {
  Catalog catalog = opened(":memory:");
  TestJournal journal;
  const auto prune = [&](const std::vector<std::string>& paths, std::int64_t decided) {
    Prune body;
    body.body.decided.ns = decided;
    for (const std::string& path : paths) {
      body.items.push_back({path, digest_of("what " + path), 10, Timestamp{7}});
    }
    body.body.snapshots.push_back({{3, digest_of("snapshot")}, 13});
    journal.add(journal::EntryKind::prune).prune = body;
  };
  prune({"a", "a/b", "a/c", "a0", "ab"}, 100);
  prune({"a/c"}, 200);
  apply_all(catalog, journal);
  const auto within = [&](std::string_view path) {
    std::vector<std::pair<std::string, std::uint64_t>> found;
    REQUIRE(catalog.for_each_deleted(path, [&](const DeletedRow& row) -> Result<void> {
      CHECK(row.decided.ns == static_cast<std::int64_t>(row.prune) * 100);
      CHECK(row.identity == digest_of("what " + row.path));
      CHECK(row.until.ns == 7);
      found.emplace_back(row.path, row.prune);
      return {};
    }));
    return found;
  };
  using Found = std::vector<std::pair<std::string, std::uint64_t>>;
  CHECK(within("").size() == 5);
  CHECK(within("a") == Found{{"a", 1}, {"a/b", 1}, {"a/c", 2}});
  CHECK(within("a/c") == Found{{"a/c", 2}});
  CHECK(within("b").empty());
  CHECK(catalog.deleted_by("a/c", digest_of("what a/c")).value() == 2);
  CHECK(catalog.deleted_by("a/c", digest_of("another")).value() == 0);
  const auto prunes = catalog.prunes().value();
  REQUIRE(prunes.size() == 2);
  CHECK(prunes[0].items == 5);
  const auto dropped = catalog.dropped_snapshots().value();
  REQUIRE(dropped.size() == 1);
  CHECK(dropped[0].snapshot.number == 3);
  CHECK(dropped[0].prune == 1);
}

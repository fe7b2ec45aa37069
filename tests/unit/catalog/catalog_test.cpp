// SPDX-License-Identifier: Apache-2.0
// What a catalog knows after it was fed.
#include "firmware/catalog/catalog.h"

#include <algorithm>

#include "tests/unit/catalog/fixture.h"

using namespace holdfast;
using namespace holdfast::catalog;

namespace {

using pack::PackKind;

bool any_snapshot(const SnapshotRow& /*row*/) {
  return true;
}

std::vector<std::string> tags_of(Catalog& catalog, std::uint64_t number) {
  return catalog.find_snapshot(number).value().value().tags;
}

}  // namespace

TEST_CASE("A new catalog stands before the first entry and knows nothing") {
  Catalog catalog = opened(":memory:");
  CHECK(catalog.head().value() == journal::Head{});
  CHECK(catalog.open_packs().value().empty());
  CHECK(catalog.find_chunk(digest_of("call")).value().empty());
  CHECK_FALSE(catalog.find_holder(digest_of("call"), 0, PackKind::content).value());
  CHECK_FALSE(catalog.find_pack(digest_of("pack")).value());
  CHECK(catalog.chunks_of(digest_of("pack")).value().empty());
  CHECK(catalog.snapshots().value().empty());
  CHECK_FALSE(catalog.find_snapshot(1).value());
  CHECK_FALSE(catalog.find_newest(any_snapshot).value());
  CHECK_FALSE(catalog.newest_policy().value());
}

TEST_CASE("A noted pack is open, and its chunks are found") {
  Catalog catalog = opened(":memory:");
  TestPack pack = pack_of("pack", {"a", "b", "c"});
  pack.row.under_protected = true;
  note(catalog, pack);

  const std::vector<PackRow> open = catalog.open_packs().value();
  REQUIRE(open.size() == 1);
  CHECK(open[0].pack == pack.row.pack);
  CHECK(open[0].hint.geometry == erasure::Geometry{3, 2});
  CHECK(open[0].hint.generation == 1);
  CHECK(open[0].hint.pack_size == open[0].pack.size);
  CHECK(open[0].under_protected);
  CHECK(open[0].entry == 0);
  CHECK(catalog.chunks_of(digest_of("pack")).value() == pack.index);

  const ChunkPlace place = catalog.find_chunk(digest_of("b")).value().at(0);
  CHECK(place.pack == digest_of("pack"));
  CHECK(place.hint.geometry == erasure::Geometry{3, 2});
  CHECK(place.hint.generation == 1);
  CHECK(place.hint.pack_size == 1'000'000);
  CHECK(place.epoch == 672);
  CHECK(place.kind == PackKind::content);
  CHECK(place.record == pack.index[1]);
}

TEST_CASE("Packs are counted whole, and visited by the first byte of their names") {
  Catalog catalog = opened(":memory:");
  CHECK(catalog.pack_totals().value().packs == 0);
  constexpr std::uint64_t kPacks = 300;
  for (std::uint64_t i = 0; i < kPacks; ++i) {
    TestPack pack = pack_of("pack " + std::to_string(i), {"chunk " + std::to_string(i)});
    pack.row.under_protected = i < 3;
    note(catalog, pack);
  }
  REQUIRE(catalog.mark_lost(digest_of("pack 7"), true));
  const Catalog::PackTotals totals = catalog.pack_totals().value();
  CHECK(totals.packs == kPacks);
  CHECK(totals.under_protected == 3);
  CHECK(totals.lost == 1);
  std::vector<Digest> visited;
  for (unsigned first = 0; first < 256; ++first) {
    REQUIRE(catalog.for_each_pack_in(static_cast<std::uint8_t>(first),
                                     [&](const PackRow& row) -> Result<void> {
                                       CHECK(row.pack.name.bytes[0] == first);
                                       visited.push_back(row.pack.name);
                                       return {};
                                     }));
  }
  CHECK(visited.size() == kPacks);
  CHECK(std::ranges::is_sorted(visited));
}

TEST_CASE("A pack noted twice stays as it was") {
  Catalog catalog = opened(":memory:");
  note(catalog, pack_of("pack", {"a"}));
  note(catalog, pack_of("pack", {"b"}, 7));
  CHECK(catalog.open_packs().value().size() == 1);
  CHECK(catalog.find_pack(digest_of("pack")).value().value().pack.retention_class == 0);
  CHECK(catalog.find_chunk(digest_of("b")).value().empty());
}

TEST_CASE("A chunk counts as held only in its retention class and kind") {
  Catalog catalog = opened(":memory:");
  note(catalog, pack_of("calls", {"a"}, 2, PackKind::content));
  note(catalog, pack_of("rows", {"a"}, 3, PackKind::meta));
  CHECK(catalog.find_holder(digest_of("a"), 2, PackKind::content).value());
  CHECK(catalog.find_holder(digest_of("a"), 3, PackKind::meta).value());
  CHECK_FALSE(catalog.find_holder(digest_of("a"), 2, PackKind::meta).value());
  CHECK_FALSE(catalog.find_holder(digest_of("a"), 1, PackKind::content).value());
  CHECK_FALSE(catalog.find_holder(digest_of("b"), 2, PackKind::content).value());
}

TEST_CASE("An open pack can be forgotten, a named one cannot") {
  Catalog catalog = opened(":memory:");
  const TestPack named = pack_of("named", {"a"});
  note(catalog, named);
  note(catalog, pack_of("open", {"b", "c"}));
  note(catalog, pack_of("other", {"d"}));
  TestJournal journal;
  journal.add_snapshot("host", {named});
  apply_all(catalog, journal);

  for (const char* name : {"named", "open", "unknown"}) {
    CHECK(catalog.forget_open_pack(digest_of(name)));
  }
  CHECK_FALSE(catalog.find_pack(digest_of("open")).value());
  CHECK(catalog.chunks_of(digest_of("open")).value().empty());
  CHECK(catalog.find_chunk(digest_of("c")).value().empty());
  CHECK(catalog.find_chunk(digest_of("a")).value().size() == 1);
  CHECK(catalog.find_chunk(digest_of("d")).value().size() == 1);
}

TEST_CASE("An entry names its packs and moves the head") {
  Catalog catalog = opened(":memory:");
  const TestPack first = pack_of("first", {"a"});
  const TestPack second = pack_of("second", {"b"});
  note(catalog, first);
  note(catalog, second);
  note(catalog, pack_of("left open", {"c"}));
  TestJournal journal;
  journal.add_snapshot("host", {first, second});
  apply_all(catalog, journal);

  CHECK(catalog.head().value() == journal::Head{1, digest_of("entry 1")});
  CHECK(catalog.find_pack(digest_of("second")).value().value().entry == 1);
  REQUIRE(catalog.open_packs().value().size() == 1);
  CHECK(catalog.open_packs().value()[0].pack.name == digest_of("left open"));
}

TEST_CASE("The signed entry is believed more than the note, and the first name stays") {
  Catalog catalog = opened(":memory:");
  TestPack pack = pack_of("pack", {"a"});
  note(catalog, pack);
  pack.row.pack.retention_class = 5;
  TestJournal journal;
  journal.add_snapshot("host", {pack});
  journal.add_snapshot("host", {pack});
  apply_all(catalog, journal);
  const PackRow row = catalog.find_pack(digest_of("pack")).value().value();
  CHECK(row.pack == pack.row.pack);
  CHECK(row.entry == 1);
}

TEST_CASE("A chunk in several packs is taken from the pack that was named first") {
  Catalog catalog = opened(":memory:");
  std::vector<TestPack> packs;
  for (const char* name : {"open", "third", "second", "first"}) {
    packs.push_back(pack_of(name, {"padding", "a"}));
    note(catalog, packs.back());
  }
  const auto holder = [&] { return catalog.find_chunk(digest_of("a")).value().at(0).pack; };
  CHECK(holder() == digest_of("open"));
  TestJournal journal;
  journal.add_snapshot("host", {packs[3], packs[2]});
  journal.add_snapshot("host", {packs[1]});
  REQUIRE(apply(catalog, journal.steps()[0]));
  CHECK(holder() == digest_of("first"));
  REQUIRE(apply(catalog, journal.steps()[1]));
  CHECK(holder() == digest_of("first"));
}

TEST_CASE("An entry that does not follow the head changes nothing") {
  Catalog catalog = opened(":memory:");
  const TestPack pack = pack_of("pack", {"a"});
  note(catalog, pack);
  TestJournal journal;
  journal.add_snapshot("host");
  journal.add_snapshot("host", {pack});
  TestJournal::Step strange = journal.steps()[1];
  strange.entry.previous = digest_of("another entry 1");
  TestJournal::Step foreign = journal.steps()[1];
  foreign.entry.business = BusinessId{{9}};

  CHECK(apply(catalog, journal.steps()[1]).error().code == ErrorCode::chain_broken);
  REQUIRE(apply(catalog, journal.steps()[0]));
  for (const TestJournal::Step& step : {journal.steps()[0], strange, foreign}) {
    CHECK(apply(catalog, step).error().code == ErrorCode::chain_broken);
  }
  CHECK(catalog.head().value().number == 1);
  CHECK(catalog.open_packs().value().size() == 1);
  CHECK(apply(catalog, journal.steps()[1]));
}

TEST_CASE("An entry whose pack was not noted is refused whole") {
  Catalog catalog = opened(":memory:");
  const TestPack known = pack_of("known", {"a"});
  note(catalog, known);
  TestJournal journal;
  journal.add_snapshot("host", {known, pack_of("unknown", {"b"})});
  CHECK(apply(catalog, journal.steps()[0]).error().code == ErrorCode::internal);
  CHECK(catalog.head().value() == journal::Head{});
  CHECK(catalog.open_packs().value().size() == 1);
  CHECK(catalog.snapshots().value().empty());
}

TEST_CASE("Snapshots come back with their bodies, by number") {
  Catalog catalog = opened(":memory:");
  TestJournal journal;
  journal.add_snapshot("recorder");
  journal.add(journal::EntryKind::hold);
  journal.add_snapshot("database");
  journal.add(journal::EntryKind::delta).snapshot = journal::SnapshotBody{};
  journal.add(journal::EntryKind::snapshot);  // its body was dropped by a prune
  apply_all(catalog, journal);

  const std::vector<SnapshotRow> rows = catalog.snapshots().value();
  CHECK(catalog.count_snapshots().value() == rows.size());
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].body.host == "recorder");
  CHECK(rows[1].body.host == "database");
  CHECK(rows[1].head == journal::Head{3, digest_of("entry 3")});
  CHECK(rows[1].time.ns == 1002);
  CHECK(rows[2].kind == journal::EntryKind::delta);
  CHECK(catalog.find_snapshot(3).value().value().body.host == "database");
  CHECK_FALSE(catalog.find_snapshot(2).value());
  CHECK(catalog.find_newest(any_snapshot).value().value().head.number == 4);
  const auto at = [](std::int64_t ns) {
    return [ns](const SnapshotRow& row) { return row.time.ns <= ns; };
  };
  CHECK(catalog.find_newest(at(1002)).value().value().head.number == 3);
  CHECK_FALSE(catalog.find_newest(at(0)).value());
}

TEST_CASE("Tags are those of the body, set and taken away by later entries") {
  Catalog catalog = opened(":memory:");
  TestJournal journal;
  journal.add_snapshot("host", {}, {"first", "month"});
  journal.add_snapshot("host");
  journal.add_tag(1, "audit", true);
  journal.add_tag(1, "first", false);
  journal.add_tag(1, "month", true);
  journal.add_tag(2, "other", true);
  journal.add(journal::EntryKind::tag).tag =
      journal::TagBody{1, digest_of("entry 1 of a fork"), "fork", true};
  apply_all(catalog, journal);
  CHECK(tags_of(catalog, 1) == std::vector<std::string>{"month", "audit"});
  CHECK(tags_of(catalog, 2) == std::vector<std::string>{"other"});
}

TEST_CASE("The newest policy entry is known") {
  Catalog catalog = opened(":memory:");
  TestJournal journal;
  journal.add(journal::EntryKind::policy);
  journal.add(journal::EntryKind::policy);
  journal.add_snapshot("host");
  apply_all(catalog, journal);
  CHECK(catalog.newest_policy().value() == journal::Head{2, digest_of("entry 2")});
  CHECK_FALSE(catalog.policy_in_force().value());  // neither could be read
}

TEST_CASE("In force is the newest policy that could be read, with the longest locks of all") {
  Catalog catalog = opened(":memory:");
  TestJournal journal;
  journal.add(journal::EntryKind::policy).policy =
      journal::PolicyBody{"a", {}, "x", {{0, 9}, {1, 5}}};
  journal.add(journal::EntryKind::policy).policy =
      journal::PolicyBody{"b", {}, "y", {{0, 3}, {2, 7}}};
  apply_all(catalog, journal);
  const journal::LockDays longest{{0, 9}, {1, 5}, {2, 7}};
  auto known = catalog.policy_in_force().value();
  REQUIRE(known);
  CHECK(known->is_newest);
  CHECK(known->body.definition == "b");
  CHECK(known->body.lock_days == longest);
  journal.add(journal::EntryKind::policy);
  REQUIRE(apply(catalog, journal.steps().back()));
  known = catalog.policy_in_force().value();
  REQUIRE(known);
  CHECK_FALSE(known->is_newest);
  CHECK(known->body.lock_days == longest);
}

TEST_CASE("A pack that was found behind lost entries is so until an entry names it") {
  Catalog catalog = opened(":memory:");
  const TestPack found = pack_of("found", {"chunk"});
  note(catalog, found);
  note(catalog, pack_of("open", {"other"}));
  REQUIRE(catalog.name_found_packs(3, {found.row.pack}));
  CHECK(catalog.open_packs()->size() == 1);
  CHECK(catalog.found_packs().value() == std::vector{found.row.pack});
  TestJournal journal;
  journal.add_snapshot("host", {found});
  apply_all(catalog, journal);
  CHECK(catalog.found_packs()->empty());
  CHECK(catalog.find_pack(found.row.pack.name).value()->entry == 1);
}

TEST_CASE("Packs are visited by name, and the visitor may read and may stop") {
  Catalog catalog = opened(":memory:");
  for (const char* name : {"a", "b", "c", "d"}) note(catalog, pack_of(name, {name}));
  std::vector<Digest> names;
  CHECK(catalog.for_each_pack([&](const PackRow& row) -> Result<void> {
    names.push_back(row.pack.name);
    HF_TRY(const auto chunks, catalog.chunks_of(row.pack.name));
    CHECK(chunks.size() == 1);
    return {};
  }));
  CHECK(names.size() == 4);
  CHECK(std::is_sorted(names.begin(), names.end()));

  int visits = 0;
  const Result<void> stopped = catalog.for_each_pack([&](const PackRow&) -> Result<void> {
    if (++visits == 2) return make_error(ErrorCode::interrupted);
    return {};
  });
  CHECK(stopped.error().code == ErrorCode::interrupted);
  CHECK(visits == 2);
}

TEST_CASE("Catalogs fed in another order and in other batches print the same") {
  const std::vector<TestPack> packs{pack_of("p", {"a", "b"}), pack_of("q", {"b", "c", "b"}),
                                    pack_of("r", {"d"}, 1, PackKind::meta)};
  TestJournal journal;
  journal.add(journal::EntryKind::policy);
  journal.add_snapshot("host", {packs[1], packs[0]}, {"month"});
  journal.add_tag(2, "audit", true);
  journal.add_snapshot("host", {packs[2]});

  Catalog lived = opened(":memory:");
  note(lived, pack_of("lost", {"a"}));
  for (const TestPack& pack : packs) note(lived, pack);
  note(lived, pack_of("not named", {"b"}));
  REQUIRE(lived.forget_open_pack(digest_of("lost")));
  apply_all(lived, journal);

  Catalog rebuilt = opened(":memory:");
  REQUIRE(rebuilt.begin());
  for (const std::size_t i : {2U, 1U, 0U}) note(rebuilt, packs[i]);
  apply_all(rebuilt, journal);
  REQUIRE(rebuilt.commit());

  const std::vector<std::string> lines = dump_of(lived);
  CHECK(lines == dump_of(rebuilt));
  // business, head, 3 packs, 6 chunks, 2 snapshots, 1 tag, 1 policy
  CHECK(lines.size() == 15);

  REQUIRE(rebuilt.begin());
  TestJournal::Step next;
  next.entry.business = kBusiness;
  next.entry.number = 5;
  next.entry.previous = digest_of("entry 4");
  REQUIRE(apply(rebuilt, next));
  CHECK(lines != dump_of(rebuilt));
}
TEST_CASE("A hold stands until its own release, and the rows say from when and why") {
  Catalog catalog = opened(":memory:");
  TestJournal journal;
  journal.add_hold("calls/a.wav", 1);
  journal.add_hold("calls/a.wav", 2);
  journal.add_release(9);  // of no hold
  journal.add_release(1);
  const auto& steps = journal.steps();
  for (std::size_t i = 0; i < 3; ++i) REQUIRE(apply(catalog, steps[i]));
  auto holds = catalog.holds();
  REQUIRE(holds);
  REQUIRE(holds->size() == 2);
  CHECK(holds->front().number == 1);
  CHECK(holds->front().time == steps[0].entry.time);
  CHECK(holds->front().body.scope == journal::HoldScope::item);
  CHECK(holds->front().body.value == "calls/a.wav");
  CHECK(holds->front().body.reason == "why");
  CHECK(holds->front().body.id == steps[0].hold->id);
  REQUIRE(apply(catalog, steps[3]));
  holds = catalog.holds();
  REQUIRE(holds);
  REQUIRE(holds->size() == 1);
  CHECK(holds->front().body.id == steps[1].hold->id);
  // Catalogs that differ in a hold differ in what they print.
  CHECK(dump_of(catalog).size() == 3);
}
TEST_CASE("What a hold on a key stands on adds up, and goes with its release") {
  Catalog catalog = opened(":memory:");
  TestJournal journal;
  journal.add_found(1, {"calls/a"});  // its own entry was lost
  journal.add_found(1, {"calls/a", "calls/b"}, false);
  journal.add_found(1, {});
  journal.add_found(2, {"calls/c"});
  journal.add_release(1);
  const auto& steps = journal.steps();
  REQUIRE(apply(catalog, steps[0]));
  CHECK(catalog.holds().value().front().found == KeyFound::all);
  for (std::size_t i = 1; i < 4; ++i) REQUIRE(apply(catalog, steps[i]));
  const auto holds = catalog.holds().value();
  REQUIRE(holds.size() == 2);
  CHECK(holds[0].number == 1);
  CHECK(holds[0].found == KeyFound::partly);  // for good
  CHECK(catalog.held_paths(1).value() == std::vector<std::string>{"calls/a", "calls/b"});
  CHECK(catalog.held_paths(holds[1].number).value() == std::vector<std::string>{"calls/c"});
  REQUIRE(apply(catalog, steps[4]));
  CHECK(catalog.held_paths(1).value().empty());
  CHECK(catalog.held_paths(holds[1].number).value().size() == 1);
}

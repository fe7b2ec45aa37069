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

// SPDX-License-Identifier: Apache-2.0
// What a catalog knows of prunes.
#include "firmware/catalog/catalog.h"
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

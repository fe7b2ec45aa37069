// SPDX-License-Identifier: Apache-2.0
// What the catalog passes as lost: entries that no disk had, for good or for a while.
#include "firmware/vault/run.h"
#include "tests/sim/copied_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

void forget_catalog(CopiedBox& box) {
  std::filesystem::remove(box.catalog_file());
}

void put_away_all_but(CopiedBox& box, std::size_t number) {
  for (std::size_t i = 0; i < SimBox::kDisks; ++i) {
    if (i != number) box.missing[box.disks[i]->name()] = true;
  }
}

}  // namespace

TEST_CASE("What was away while the catalog passed it is taken in when it is back") {
  CopiedBox box;
  const journal::Head hold = box.entry_of(4);
  box.lose_entry_on(hold, *box.disks[0]);
  put_away_all_but(box, 0);
  forget_catalog(box);
  CHECK(box.holds() == 8);
  CHECK(box.gaps() == std::vector<journal::EntryRange>{{hold.number, hold.number}});
  box.missing.clear();
  SECTION("by a reader") {
    CHECK(box.holds() == 9);
  }
  SECTION("by whoever writes") {
    REQUIRE(box.backup());
  }
  SECTION("when the disk that lacks it was healed first") {
    REQUIRE(box.heal());
  }
  CHECK(box.gaps().empty());
  CHECK(box.holds() == 9);
  CHECK(*box.restore() == box.source());
}

TEST_CASE("What is lost for good is told as long as the catalog lives, and looked for each time") {
  CopiedBox box;
  box.lose_entry(4);
  forget_catalog(box);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(box.holds() == 8 + i);
    CHECK(box.gaps() == std::vector<journal::EntryRange>{{4, 4}});
    REQUIRE(box.hold("more" + std::to_string(i)));
    REQUIRE(box.gaps().size() == 1);
    forget_catalog(box);
  }
}

TEST_CASE("An entry that never counted does not take the place of the one that is lost") {
  CopiedBox box;
  const journal::Head last = box.entry_of(box.holds() + 3);  // the newest one
  std::uint64_t cut = 0;
  std::unique_ptr<CopiedBox> site;
  std::size_t holders = 0;
  while (holders != 1) {
    site = std::make_unique<CopiedBox>();
    site->world.cut_at_change(site->world.changes() + ++cut);
    REQUIRE_FALSE(site->hold("never"));
    site->world.crash({sim::CrashPolicy::keep_all, cut});
    holders = 0;
    for (const auto& disk : site->disks) {
      const auto names = journal::list_segments(*disk, site->id);
      const auto segment = journal::load_segment(
          *disk, site->id, names->back(), (*site->open())->trusted(), journal::Signatures::needed);
      holders += segment && segment->find(last.number + 1) != nullptr ? 1 : 0;
    }
    REQUIRE(holders <= 1);
  }
  site->missing["/disk0"] = true;
  const auto counted = site->hold("counted");
  REQUIRE(counted);
  CHECK(counted->number == last.number + 1);
  for (const char* reason : {"a", "b"}) REQUIRE(site->hold(reason));
  site->missing.clear();
  REQUIRE(site->hold("c"));
  CHECK(site->holds() == 13);
  site->lose_entry(*counted);
  const auto found = site->scrub();
  REQUIRE(found);
  REQUIRE(found->copies.lost.size() == 1);
  CHECK(site->holds() == 13);  // the catalog had it before
  forget_catalog(*site);
  CHECK(site->holds() == 12);
  CHECK(site->gaps() == std::vector<journal::EntryRange>{{counted->number, counted->number}});
  REQUIRE(site->backup());
  REQUIRE(site->heal());
  CHECK(*site->restore() == site->source());
}

TEST_CASE("Behind a gap what nobody can read of a pack is nobody's, and stops nothing") {
  CopiedBox box;
  const auto packs = box.packs();
  Digest other = packs[0].pack.name;
  other.bytes[31] ^= 1;
  const auto [from, path] = box.shard_of(packs[0], 0);
  Bytes bytes = *from->contents(path);
  SECTION("a shard under another pack's name") {}
  SECTION("a shard of a key that nobody has, under right checksums") {
    auto header = *pool::parse_shard_header(ByteView(bytes).first(pool::kShardFieldsSize));
    auto pack = *pack::parse_header(header.pack_header);
    pack.identity.epoch = 999;
    header.pack_header = pack::encode(pack);
    header.pack = other;
    const auto fields = pool::encode(header);
    std::ranges::copy(fields, bytes.begin());
    std::ranges::copy(fields, bytes.end() - static_cast<std::ptrdiff_t>(fields.size()));
  }
  SECTION("garbage") {
    bytes = Bytes(3000, 7);
  }
  box.disks[2]->plant(pool::shard_path(other, 0, 0), bytes);
  box.lose_entry(4);
  forget_catalog(box);
  CHECK(box.holds() == 8);
  CHECK(box.packs().size() == packs.size());
  CHECK(box.gaps().size() == 1);
  REQUIRE(box.backup());
  CHECK(*box.restore() == box.source());
}

TEST_CASE("What cannot be read for a moment is not lost for good") {
  const auto make = [] {
    auto box = std::make_unique<CopiedBox>();
    forget_catalog(*box);
    return box;
  };
  const auto read = [](CopiedBox& box) -> Result<std::size_t> {
    HF_TRY(const auto opened, box.open());
    HF_TRY(const auto business, opened->open_business("calls", vault::Access::read));
    HF_TRY(const auto holds, business->holds());
    return holds.size();
  };
  sweep_errors({stride_of({7, 1, 53, 17})}, make, read, [](CopiedBox& box, const auto&) {
    CHECK(box.holds() == 9);
    CHECK(box.gaps().empty());
    CHECK(*box.restore() == box.source());
  });
  // Where only one disk is there, an error has nobody to make up for it.
  const auto make_alone = [&] {
    auto box = make();
    put_away_all_but(*box, 0);
    return box;
  };
  sweep_errors({stride_of({7, 1, 53, 17})}, make_alone, read, [](CopiedBox& box, const auto&) {
    box.missing.clear();
    CHECK(box.holds() == 9);
    CHECK(box.gaps().empty());
    CHECK(*box.restore() == box.source());
  });
}

TEST_CASE("A lock that could not be read for a while is as long as it was") {
  CopiedBox box;
  const auto ensure = [&](std::uint32_t days, const std::string& more) {
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", vault::Access::write);
    REQUIRE(business);
    const std::string path = vault::definition_path(box.id);
    box.home.plant(path, view_of(*(*business)->definition() + more));
    REQUIRE((*business)->ensure_policy({{0, days}}));
    return (*business)->journal().head();
  };
  const auto days = [&] {
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", vault::Access::read);
    const auto policy = (*business)->policy_in_force();
    REQUIRE(policy);
    REQUIRE(*policy);
    return (*policy)->lock_days.at(0);
  };
  ensure(1000, "# one\n");
  const journal::Head longest = ensure(4000, "# two\n");
  for (const char* reason : {"a", "b", "c"}) REQUIRE(box.hold(reason));
  for (const std::size_t number : {0U, 1U, 2U, 3U}) box.lose_entry_on(longest, *box.disks[number]);
  box.missing["/disk4"] = box.missing["/disk5"] = true;
  forget_catalog(box);
  CHECK(days() < 4000);
  ensure(2000, "# three\n");
  box.missing.clear();
  CHECK(days() == 4000);
  // The catalog knows it, whatever becomes of the entry.
  box.lose_entry_on(longest, *box.disks[4]);
  box.lose_entry_on(longest, *box.disks[5]);
  CHECK(days() == 4000);
}

TEST_CASE("Behind a gap the packs of another business are not ours") {
  CopiedBox box;
  {
    const auto opened = box.open();
    REQUIRE((*opened)->add_business(
        "others", [](const BusinessId& id) { return "id = \"" + id.hex() + "\"\n"; }));
    const auto business = (*opened)->open_business("others", vault::Access::write);
    REQUIRE(business);
    job::BackupRequest request = box.backup_request();
    request.definition.name = "others";
    REQUIRE(job::run_backup(**business, box.files, request));
  }
  const auto names = [&] {
    std::set<Digest> all;
    for (const catalog::PackRow& row : box.packs()) all.insert(row.pack.name);
    return all;
  };
  const auto before = names();
  box.lose_entry(4);
  forget_catalog(box);
  CHECK(box.gaps().size() == 1);
  CHECK(names() == before);
  REQUIRE(box.backup());
  CHECK(*box.restore() == box.source());
}

TEST_CASE("A catalog that passed what is found again is kept beside, or told if it cannot be") {
  CopiedBox box;
  const journal::Head hold = box.entry_of(4);
  box.lose_entry_on(hold, *box.disks[0]);
  put_away_all_but(box, 0);
  forget_catalog(box);
  CHECK(box.holds() == 8);
  box.missing.clear();
  const std::string beside = box.catalog_file() + ".replaced";
  std::filesystem::create_directories(beside + "/theirs");
  for (const auto access : {vault::Access::write, vault::Access::read}) {
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", access);
    REQUIRE_FALSE(business);
    CHECK(business.error().code == ErrorCode::io);
  }
  std::filesystem::remove_all(beside);
  CHECK(box.holds() == 9);
  CHECK(std::filesystem::is_regular_file(beside));
}

TEST_CASE(
    "A policy that nobody could open when the catalog passed it is in force once somebody can") {
  CopiedBox box;
  const auto old_wraps = box.wraps();
  constexpr std::int64_t kMonth_ns = std::int64_t{32} * 86'400 * 1'000'000'000;
  box.clock.advance(kMonth_ns);
  journal::Head head;
  {
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", vault::Access::write);
    const std::string path = vault::definition_path(box.id);
    box.home.plant(path, view_of(*(*business)->definition() + "# more\n"));
    REQUIRE((*business)->ensure_policy({{0, 1000}}));
    head = (*business)->journal().head();
  }
  std::map<std::string, Bytes> wraps;
  for (const std::string& path : box.wraps()) {
    if (std::ranges::find(old_wraps, path) != old_wraps.end()) continue;
    wraps[path] = *box.home.contents(path);
  }
  REQUIRE(wraps.size() == 2);
  box.clock.advance(kMonth_ns);
  REQUIRE(box.hold("of another month"));
  const auto policy = [&]() -> Result<std::optional<journal::PolicyBody>> {
    HF_TRY(const auto opened, box.open());
    HF_TRY(const auto business, opened->open_business("calls", vault::Access::read));
    return business->policy_in_force();
  };
  REQUIRE(policy());
  for (const auto& [path, bytes] : wraps) {
    box.home.erase(path);
    for (const auto& disk : box.disks) disk->erase(path);
  }
  CHECK(policy().value()->lock_days.at(0) == 1000);  // the catalog has it
  forget_catalog(box);
  CHECK(policy().error().code == ErrorCode::no_key);
  for (const auto& [path, bytes] : wraps) {
    box.home.plant(path, bytes);
    for (const auto& disk : box.disks) disk->plant(path, bytes);
  }
  CHECK(policy().value()->lock_days.at(0) == 1000);
  box.lose_entry(head);
  CHECK_FALSE(policy());
}

TEST_CASE("What a backup takes from packs found behind a gap is there when the gap is filled") {
  CopiedBox box;
  const journal::Head hold = box.entry_of(4);
  for (std::size_t i = 0; i < 5; ++i) box.lose_entry_on(hold, *box.disks[i]);
  box.missing["/disk5"] = true;
  forget_catalog(box);
  REQUIRE(box.gaps().size() == 1);
  box.write("new", box.noise(900));
  // A run that is cut before its entry.
  {
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", vault::Access::write);
    const auto run = vault::Run::begin(**business);
    REQUIRE(run);
    vault::ChunkWriter writer(**run, pack::PackKind::content);
    const std::string text = box.noise(900);
    const auto room = writer.prepare(0, text.size());
    std::ranges::copy(text, room->begin());
    REQUIRE(writer.keep(text.size(), codec::Compression::none));
    REQUIRE(writer.flush());
    REQUIRE((*run)->totals().packs == 1);
  }
  SECTION("by the catalog that had noted them") {}
  SECTION("by one that was made anew") {
    forget_catalog(box);
  }
  const auto content_packs = [&] {
    return std::ranges::count(box.packs(), pack::PackKind::content,
                              [](const catalog::PackRow& row) { return row.pack.kind; });
  };
  const auto before = content_packs();
  REQUIRE(box.backup());
  CHECK(content_packs() == before);
  CHECK(*box.restore() == box.source());
  box.missing.clear();
  REQUIRE(box.gaps().empty());
  CHECK(*box.restore() == box.source());
}

}  // namespace holdfast::test

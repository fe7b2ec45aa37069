// SPDX-License-Identifier: Apache-2.0
// Scrub and heal of what every disk has a copy of: journals, wraps, keyring, label.
#include "tests/sim/copied_box.h"
#include "tests/sim/sweep.h"
#include "tests/support/every_damage.h"

namespace holdfast::test {

TEST_CASE("Copies that are as they should be are nothing to tell, and a heal writes none") {
  CopiedBox box;
  box.check_whole();
  std::vector<std::optional<Bytes>> before;
  for (const auto& path : box.segments()) before.push_back(box.disks[2]->contents(path));
  const auto healed = box.heal();
  REQUIRE(healed);
  CHECK_FALSE(healed->is_not_mended());
  std::vector<std::optional<Bytes>> after;
  for (const auto& path : box.segments()) after.push_back(box.disks[2]->contents(path));
  CHECK(after == before);
}

TEST_CASE("Rot in an old segment on four of six disks is told and mended, and two may go then") {
  CopiedBox box;
  const std::string segment = box.segments().front();
  box.flip(segment, 4);
  const auto bad = box.bad();
  REQUIRE(bad.size() == 4);
  for (std::size_t i = 0; i < bad.size(); ++i) {
    CHECK(bad[i].copy.kind == vault::CopyKind::journal);
    CHECK(bad[i].copy.path == box.disks[i]->name() + "/" + segment);
    CHECK(bad[i].business == "calls");
    CHECK(bad[i].entries == journal::EntryRange{1, 1});
  }
  const auto healed = box.heal();
  REQUIRE(healed);
  CHECK(healed->copies.count == 4);
  CHECK(healed->copies_unmended == 0);
  CHECK_FALSE(healed->is_not_mended());
  box.check_whole();
  box.missing["/disk4"] = true;
  box.missing["/disk5"] = true;
  CHECK(box.holds() == 9);
  CHECK(*box.restore() == box.source());
}

TEST_CASE("What a disk gives no more is written anew on it, copies and shards") {
  CopiedBox box;
  sim::SimDisk& disk = *box.disks[3];
  for (const std::string& path : disk.files()) {
    if (!path.starts_with("label")) disk.spoil(path);
  }
  const auto bad = box.bad();
  REQUIRE(bad.size() > 3);
  for (const auto& each : bad) CHECK(each.copy.fault == journal::CopyFault::unreadable);
  const auto healed = box.heal();
  REQUIRE(healed);
  CHECK(healed->copies_unmended == 0);
  CHECK(healed->shards_written > 0);
  CHECK(healed->shards_written == healed->shards_bad);
  CHECK_FALSE(healed->is_not_mended());
  box.check_whole();
  for (const char* away : {"/disk0", "/disk1"}) box.missing[away] = true;
  CHECK(*box.restore() == box.source());
}

TEST_CASE("A wrap that cannot be read stays where too few others are seen to agree on one") {
  CopiedBox box;
  const std::string path = box.wraps().front();
  for (const char* away : {"/disk0", "/disk1"}) box.missing[away] = true;
  box.disks[2]->flip_bit(path, 100);
  box.disks[3]->spoil(path);
  REQUIRE(box.heal());  // two disks had it, and three are needed; now three have it
  CHECK(ports::load(*box.disks[3], path, kMiB).error().code == ErrorCode::io);
  REQUIRE(box.heal());
  CHECK(ports::load(*box.disks[3], path, kMiB));
}

TEST_CASE("Every kind of copy is told by its disk and mended") {
  using vault::CopyKind;
  CopiedBox box;
  const CopyKind kind =
      GENERATE(CopyKind::journal, CopyKind::wrap, CopyKind::keyring, CopyKind::label);
  const bool is_gone = GENERATE(false, true);
  CAPTURE(static_cast<int>(kind), is_gone);
  std::string path = is_gone ? "label.b" : "label.a";
  std::uint64_t offset = 100;  // of the keyring it is in a slot
  if (kind == CopyKind::keyring) path = "keyring";
  if (kind == CopyKind::wrap) path = box.wraps()[1];
  if (kind == CopyKind::journal) {
    path = box.segments()[1];
    offset = kInEntry;
  }
  if (is_gone) {
    box.disks[3]->erase(path);
  } else {
    box.disks[3]->flip_bit(path, offset, 1);
  }
  const auto right = box.disks[2]->contents(path);
  const auto bad = box.bad();
  REQUIRE(bad.size() == 1);
  CHECK(bad.front().copy.kind == kind);
  CHECK(bad.front().copy.path == "/disk3/" + path);
  CHECK((bad.front().copy.fault == journal::CopyFault::missing) == is_gone);
  const auto healed = box.heal();
  REQUIRE(healed);
  CHECK(healed->copies.count == 1);
  CHECK(healed->copies_unmended == 0);
  if (kind != CopyKind::label) CHECK(box.disks[3]->contents(path) == right);
  box.check_whole();
}

TEST_CASE("Any flipped bit, cut or further byte of any copy is told by its disk and file") {
  CopiedBox box;
  // A bit of each byte of one that is large; all where versions and sizes stand.
  const std::uint64_t stride = stride_of({7, 1, 61, 17});
  std::string path = "keyring";
  SECTION("keyring") {}
  SECTION("wrap") {
    path = box.wraps()[0];
  }
  SECTION("label") {
    path = "label.a";
  }
  const Bytes right = *box.disks[3]->contents(path);
  std::uint64_t number = 0;
  for_every_damage(right, [&](ByteView bytes, const SmallDamage& damage) {
    const bool is_at_front = damage.is_flip && damage.at < std::size_t{16} * 8;
    if (++number % stride != 0 && !is_at_front) return true;
    box.disks[3]->plant(path, bytes);
    const auto opened = box.open();
    job::Problems problems;
    const auto found = job::look_at_copies(**opened, nullptr, problems);
    return found && problems.count == 0 && found->count == 1 &&
           found->kept.front().copy.path == "/disk3/" + path;
  });
  box.disks[3]->plant(path, right);
  box.check_whole();
}

TEST_CASE("A dry run of heal tells of copies and mends none") {
  CopiedBox box;
  box.rot_something();
  const auto file = box.disks[0]->contents(box.segments()[0]);
  job::ScrubRequest request;
  request.heal = true;
  request.dry_run = true;
  const auto would = box.scrub(request);
  REQUIRE(would);
  CHECK(would->copies.count == 12);
  CHECK(box.disks[0]->contents(box.segments()[0]) == file);
  CHECK(box.bad().size() == 12);
}

TEST_CASE("While a business is being written, its copies are mended by the next heal") {
  CopiedBox box;
  box.flip(box.segments().front(), 1);
  {
    const auto opened = box.open();
    const auto writer = (*opened)->open_business("calls", vault::Access::write);
    REQUIRE(writer);
    const auto healed = box.heal();
    REQUIRE(healed);
    CHECK(healed->copies_unmended == 1);
    INFO((healed->ended ? debug_text(*healed->ended) : "not ended"));
    REQUIRE(healed->problems.count == 1);
    CHECK(healed->problems.kept.front().error.code == ErrorCode::locked);
  }
  CHECK_FALSE(box.heal()->is_not_mended());
  box.check_whole();
}

TEST_CASE("An entry that no disk has any more takes nothing with it but what it said") {
  CopiedBox box;
  std::uint64_t number = 2;  // the first snapshot, on whose packs the later ones stand
  SECTION("in an old segment") {}
  SECTION("in the newest segment") {
    number = journal::list_segments(*box.disks[0], box.id)->back().first;
  }
  box.lose_entry(number);
  for (const bool heals : {false, true}) {
    const auto found = heals ? box.heal() : box.scrub();
    REQUIRE(found);
    REQUIRE(found->copies.lost.size() == 1);
    CHECK(found->copies.lost.front().entries == journal::EntryRange{number, number});
    CHECK(found->has_lost());
  }
  CHECK(*box.restore() == box.source());
  CHECK(box.holds() == 9);  // a catalog that was level knows it still
  std::filesystem::remove(box.catalog_file());
  CHECK(box.holds() == (number == 2 ? 9 : 8));
  CHECK(*box.restore() == box.source());
  box.write("later", "more");
  REQUIRE(box.backup());
  CHECK(*box.restore() == box.source());
  box.missing["/disk0"] = true;
  box.missing["/disk5"] = true;
  CHECK(*box.restore() == box.source());
}

TEST_CASE("A policy that every disk has lost sets nothing free: the one before it stays in force") {
  CopiedBox box;
  const auto in_force = [&] {
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", vault::Access::read);
    REQUIRE(business);
    const auto policy = (*business)->policy_in_force();
    REQUIRE(policy);
    REQUIRE(*policy);
    return (*policy)->definition;
  };
  const std::string before = in_force();
  const std::string path = vault::definition_path(box.id);
  const std::string after = before + "# changed\n";
  box.home.plant(path, view_of(after));
  box.write("later", "more");
  const auto report = box.backup();
  REQUIRE(report);
  CHECK(in_force() == after);
  box.lose_entry(report->snapshot.number - 1);
  CHECK(in_force() == after);  // a catalog that was level knows it still
  std::filesystem::remove(box.catalog_file());
  CHECK(in_force() == before);
}

TEST_CASE(
    "Power that goes while copies are healed leaves all that was there, and the next heal goes "
    "on") {
  const auto make = [] {
    auto box = std::make_unique<CopiedBox>();
    box->rot_something();
    return box;
  };
  const auto act = [](CopiedBox& box) { return box.heal(); };
  const auto check = [](CopiedBox& box, const Result<job::ScrubSummary>&) {
    CHECK(*box.restore() == box.source());
    CHECK(box.holds() == 9);
    const auto healed = box.heal();
    REQUIRE(healed);
    CHECK_FALSE(healed->is_not_mended());
    box.check_whole();
    box.missing["/disk4"] = true;
    box.missing["/disk5"] = true;
    CHECK(box.holds() == 9);
    CHECK(*box.restore() == box.source());
  };
  SECTION("cuts") {
    sweep_cuts({stride_of({13, 1, 53, 17}), 1, true}, make, act, check);
  }
  SECTION("errors") {
    sweep_errors({stride_of({53, 3, 211, 53})}, make, act, check);
  }
}

}  // namespace holdfast::test

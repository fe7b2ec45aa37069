// SPDX-License-Identifier: Apache-2.0
// A catalog knows more packs than the disks may still have: what it says must follow the disks.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "firmware/vault/lost_packs.h"
#include "firmware/vault/run.h"
#include "tests/sim/lossy_box.h"

namespace holdfast::test {

TEST_CASE("What only a lost pack held is stored again, and everything that is equal comes back") {
  LossyBox box;
  box.lose_content();
  REQUIRE_FALSE(box.restore());
  box.write("again.wav", box.noise(3000));
  box.write("b.wav", "b, changed");
  const auto report = box.backup();
  REQUIRE(report);
  CHECK(report->bytes_new >= 3000);
  // a.wav did not change, and lives on in the chunks of its equal.
  const auto restored = box.restore();
  REQUIRE(restored);
  CHECK(*restored == box.source());
}

TEST_CASE("What did not change is read again when its content is lost, and an entry names it") {
  LossyBox box;
  box.lose_content();
  REQUIRE_FALSE(box.restore());
  const auto report = box.backup();
  REQUIRE(report);
  CHECK(report->entry_written);
  CHECK(report->bytes_new == 3001);
  CHECK(*box.restore() == box.source());
  // What the disks alone say is the same.
  std::filesystem::remove(box.catalog_file());
  CHECK(*box.restore() == box.source());
  const auto again = box.backup();
  REQUIRE(again);
  CHECK_FALSE(again->entry_written);
  CHECK(again->bytes_read == 0);
}

TEST_CASE("What a lost pack held is read from another class that has it too") {
  LossyBox box;
  const auto packs = box.packs();
  box.retention_class = 1;
  box.write("a.wav", box.noise(3000));
  box.write("b.wav", "b");
  REQUIRE(box.backup());
  for (const catalog::PackRow& row : packs) {
    if (row.pack.kind == pack::PackKind::content) box.lose(row.pack.name);
  }
  const auto restored = box.restore();
  REQUIRE(restored);
  CHECK(*restored == box.source());
}

TEST_CASE("Notes of lost packs: what is no note is none, and what cannot be taken away is told") {
  LossyBox box;
  const Digest pack = box.content_of_first();
  const BusinessId id = (*box.open())->businesses().front().id;
  CHECK(vault::noted_lost_packs(box.home, id)->empty());
  REQUIRE(vault::forget_lost_pack(box.home, id, pack));  // nothing is there
  REQUIRE(vault::note_lost_pack(box.home, id, pack));
  box.home.plant("lost/" + id.hex() + "/read.me", view_of("something"));
  CHECK(*vault::noted_lost_packs(box.home, id) == std::vector<Digest>{pack});
  box.world.fail_at(box.world.operations() + 1, ErrorCode::io);
  CHECK(vault::forget_lost_pack(box.home, id, pack).error().code == ErrorCode::io);
  CHECK(vault::noted_lost_packs(box.home, id)->size() == 1);
  REQUIRE(vault::forget_lost_pack(box.home, id, pack));
  CHECK(vault::noted_lost_packs(box.home, id)->empty());
}

TEST_CASE("A note of a pack that is lost indeed stays, and the pack is not relied on") {
  LossyBox box;
  const BusinessId id = (*box.open())->businesses().front().id;
  const Digest pack = box.content_of_first();
  box.lose_content();
  REQUIRE(vault::note_lost_pack(box.home, id, pack));
  const auto report = box.backup();
  REQUIRE(report);
  CHECK(report->bytes_new == 3001);
  CHECK(*vault::noted_lost_packs(box.home, id) == std::vector<Digest>{pack});
  CHECK(*box.restore() == box.source());
}

TEST_CASE("A pack of a run that was cut, and that no disk has any more, is forgotten") {
  LossyBox box;
  const auto before = box.packs();
  std::optional<Digest> cut;
  {
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", vault::Access::write);
    const auto run = vault::Run::begin(**business);
    REQUIRE(run);
    vault::ChunkWriter writer(**run, pack::PackKind::content);
    const std::string text = box.noise(700);
    std::ranges::copy(view_of(text), writer.prepare(0, text.size())->begin());
    REQUIRE(writer.keep(text.size(), codec::Compression::none));
    REQUIRE(writer.flush());
    cut = (*business)->with_catalog(
        [](catalog::Catalog& catalog) { return catalog.open_packs().value().at(0).pack.name; });
  }
  box.lose(*cut);
  box.write("c.wav", box.noise(700));
  const auto report = box.backup();
  REQUIRE(report);
  CHECK(report->bytes_new >= 700);
  for (const catalog::PackRow& row : box.packs()) CHECK(row.pack.name != *cut);
  CHECK(*box.restore() == box.source());
}

TEST_CASE("No pack has more chunks than it may") {
  SimBox box;
  box.settings.pack_chunks_max = 2;
  REQUIRE(box.init());
  REQUIRE(box.create_pool());
  REQUIRE(box.add_business());
  for (int i = 0; i < 9; ++i) box.write(std::to_string(i), "call " + std::to_string(i));
  REQUIRE(box.backup());
  const auto opened = box.open();
  const auto business = (*opened)->open_business("calls", vault::Access::read);
  REQUIRE((*business)->with_catalog([&](catalog::Catalog& catalog) {
    return catalog.for_each_pack([&](const catalog::PackRow& row) -> Result<void> {
      CHECK(catalog.chunks_of(row.pack.name)->size() <= 2);
      return {};
    });
  }));
  CHECK(*box.restore() == box.source());
  // A disk fails where a pack is full, not at the end.
  box.write("one", "more");
  box.write("two", "more of it");
  box.world.ask([](const sim::Moment& now) {
    return now.name == "create" && now.where.find("/packs/") != std::string_view::npos
               ? std::optional(ErrorCode::out_of_memory)
               : std::nullopt;
  });
  CHECK_FALSE(box.backup());
  box.world.ask({});
  REQUIRE(box.backup());
  CHECK(*box.restore() == box.source());
}

TEST_CASE("A pack that was lost counts again when its disks are back") {
  LossyBox box;
  std::vector<std::pair<std::string, Bytes>> shards;
  for (const auto& disk : box.disks) {
    const auto folders = disk->list("packs");
    REQUIRE(folders);
    for (const auto& folder : *folders) {
      const std::string path = "packs/" + folder.name;
      for (const auto& file : *disk->list(path)) {
        shards.emplace_back(path + "/" + file.name, *disk->contents(path + "/" + file.name));
      }
    }
  }
  REQUIRE_FALSE(shards.empty());
  box.lose_content();
  box.write("c.wav", "c");
  REQUIRE(box.backup());
  const auto lost = [&] {
    const auto rows = box.packs();
    return std::count_if(rows.begin(), rows.end(),
                         [](const catalog::PackRow& row) { return row.lost; });
  };
  CHECK(lost() > 0);
  for (const auto& [path, bytes] : shards) {
    const auto name = pool::parse_shard_file_name(path.substr(path.rfind('/') + 1));
    REQUIRE(name);
    box.disks[name->index]->plant(path, bytes);
  }
  REQUIRE(box.backup());
  CHECK(lost() == 0);
  CHECK(*box.restore() == box.source());
}

TEST_CASE("A catalog that was made without some disks is completed when they are back") {
  LossyBox box;
  std::filesystem::remove(box.catalog_file());
  box.hide_disks(3);
  const auto missed = box.restore();
  REQUIRE_FALSE(missed);
  CHECK(missed.error().code == ErrorCode::names_lost);
  box.missing.clear();
  const auto report = box.backup();
  REQUIRE(report);
  CHECK_FALSE(report->entry_written);
  for (const catalog::PackRow& row : box.packs()) CHECK_FALSE(row.index_missing());
  CHECK(*box.restore() == box.source());
}

TEST_CASE("Readers too complete a catalog that was made without some disks") {
  LossyBox box;
  std::filesystem::remove(box.catalog_file());
  box.hide_disks(3);
  REQUIRE_FALSE(box.restore());
  box.missing.clear();
  const auto restored = box.restore();
  REQUIRE(restored);
  CHECK(*restored == box.source());
}

TEST_CASE("A reader that finds no catalog while another one works makes one of its own") {
  LossyBox box;
  const auto opened = box.open();
  const auto writer = (*opened)->open_business("calls", vault::Access::write);
  REQUIRE(writer);
  std::filesystem::remove(box.catalog_file());
  const auto restored = box.restore();
  REQUIRE(restored);
  CHECK(*restored == box.source());
  CHECK_FALSE(std::filesystem::exists(box.catalog_file()));
}

// A run that stores one chunk and ends without a commit. True if it took up packs of one before.
bool begin_and_break_off(LossyBox& box, std::size_t disks_that_fail = 0) {
  const auto opened = box.open();
  const auto business = (*opened)->open_business("calls", vault::Access::write);
  REQUIRE(business);
  const auto run = vault::Run::begin(**business);
  REQUIRE(run);
  const bool adopted = (*run)->has_new_packs();
  for (std::size_t i = 0; i < disks_that_fail; ++i) box.disks[i]->set_read_only(true);
  vault::ChunkWriter writer(**run, pack::PackKind::content);
  const std::string text = box.noise(500);
  const auto room = writer.prepare(0, text.size());
  REQUIRE(room);
  std::copy(text.begin(), text.end(), room->begin());
  REQUIRE(writer.keep(text.size(), codec::Compression::none));
  REQUIRE(writer.flush());
  REQUIRE((*run)->suspend());
  for (const auto& disk : box.disks) disk->set_read_only(false);
  return adopted;
}

TEST_CASE("Packs of a run that was cut are taken up, but not if they would get more parity now") {
  LossyBox box;
  box.write("c.wav", box.noise(500));
  SECTION("written with all disks") {
    CHECK_FALSE(begin_and_break_off(box));
    CHECK(begin_and_break_off(box));
    const auto report = box.backup();
    REQUIRE(report);
    CHECK(report->bytes_new < 500);  // tree nodes only
  }
  SECTION("written while disks failed") {
    CHECK_FALSE(begin_and_break_off(box, 4));
    CHECK_FALSE(begin_and_break_off(box, 4));
    const auto report = box.backup();
    REQUIRE(report);
    CHECK(report->bytes_new >= 500);
    CHECK_FALSE(report->under_protected);
    // Any two disks may go.
    box.missing = {{box.disks[4]->name(), true}, {box.disks[5]->name(), true}};
    const auto restored = box.restore();
    REQUIRE(restored);
    CHECK(*restored == box.source());
  }
}

TEST_CASE("Readers see the whole business while its catalog is made anew") {
  LossyBox box;
  const std::string file = box.catalog_file();
  const auto opened = box.open();
  const auto business = (*opened)->open_business("calls", vault::Access::write);
  REQUIRE(business);
  int looks = 0;
  REQUIRE((*business)->rebuild_catalog([&](std::uint64_t, std::uint64_t) {
    ++looks;
    CHECK(std::filesystem::exists(file + ".new"));
    CHECK(*box.restore() == box.source());
  }));
  CHECK(looks > 0);
  CHECK_FALSE(std::filesystem::exists(file + ".new"));
  CHECK(*box.restore() == box.source());
}

}  // namespace holdfast::test

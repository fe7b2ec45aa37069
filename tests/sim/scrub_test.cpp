// SPDX-License-Identifier: Apache-2.0
// Scrub and heal of a whole box: what they find, what they mend, what they say is lost, and where
// they go on after a stop.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "tests/sim/scrubbed_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

TEST_CASE("A scrub of a whole pool reads every shard and says when") {
  ScrubbedBox box;
  const auto packs = box.packs();
  REQUIRE(packs.size() > 4);
  const auto summary = box.scrub();
  REQUIRE(summary);
  CHECK(summary->complete);
  CHECK(summary->packs == packs.size());
  CHECK_FALSE(summary->found_differences());
  std::uint64_t bytes = 0;
  for (const auto& row : packs) bytes += row.pack.size;
  CHECK(summary->bytes_read > bytes * 5 / 3);
  const auto note = box.note();
  REQUIRE(note.last);
  CHECK(note.last->packs == packs.size());
  CHECK(note.last->ended);
  CHECK_FALSE(note.current);
  CHECK(box.workers.gives_way());
}

TEST_CASE("Scrub names what is damaged and missing, heal mends exactly that") {
  ScrubbedBox box;
  const auto packs = box.packs();
  box.flip(packs[0], 1, pool::kShardHeaderSize + 10);
  box.erase(packs[1], 0);
  const auto found = box.scrub();
  REQUIRE(found);
  CHECK(found->shards_bad == 1);
  CHECK(found->shards_missing == 1);
  CHECK(found->lost_packs.empty());
  REQUIRE(found->kept_damages.size() == 1);
  const job::FoundDamage& damage = found->kept_damages.front();
  CHECK(damage.pack == packs[0].pack.name);
  CHECK(damage.shard == 1);
  CHECK(damage.damage.offset == pool::kShardHeaderSize);
  const auto [disk, path] = box.shard_of(packs[0], 1);
  CHECK(damage.path == disk->name() + "/" + path);
  CHECK(box.note().shards_bad() == 1);
  CHECK(box.damaged().packs() == std::vector{packs[0].pack.name});
  const auto shards = box.damaged().shards_of(packs[0].pack.name, packs[0].hint.generation);
  CHECK(shards == std::vector<pool::PlacedShard>{{1, damage.disk}});

  const auto healed = box.heal();
  REQUIRE(healed);
  CHECK(healed->shards_written == 2);
  CHECK_FALSE(healed->is_not_mended());
  CHECK(box.note().shards_bad() == 0);
  CHECK(box.damaged().packs().empty());
  const auto again = box.scrub();
  REQUIRE(again);
  CHECK_FALSE(again->found_differences());
}

TEST_CASE("A dry run of heal says what it would mend and writes nothing") {
  ScrubbedBox box;
  box.erase(box.packs()[1], 0);
  REQUIRE(box.scrub());
  const auto note = box.home.contents("scrub");
  job::ScrubRequest request;
  request.heal = true;
  request.dry_run = true;
  const auto would = box.scrub(request);
  REQUIRE(would);
  CHECK(would->shards_missing == 1);
  CHECK(would->shards_written == 0);
  CHECK(box.home.contents("scrub") == note);
  CHECK(box.scrub()->shards_missing == 1);
}

TEST_CASE("After a disk is gone the rest is healed, and two more may go") {
  ScrubbedBox box;
  box.missing["/disk0"] = true;
  const auto healed = box.heal();
  REQUIRE(healed);
  CHECK(healed->shards_written > 0);
  CHECK_FALSE(healed->is_not_mended());
  box.missing["/disk1"] = true;
  box.missing["/disk2"] = true;
  const auto restored = box.restore();
  REQUIRE(restored);
  CHECK(*restored == box.source());
}

TEST_CASE("With too few disks heal says what is left to do") {
  ScrubbedBox box;
  box.hide_disks(2);
  const auto healed = box.heal();
  REQUIRE(healed);
  CHECK(healed->is_not_mended());
  CHECK(healed->shards_unhealed > 0);
  CHECK(healed->lost_packs.empty());
  CHECK(box.note().last->shards_missing == healed->shards_unhealed);
}

TEST_CASE("What heal could not mend stays noted, and what it could does not") {
  ScrubbedBox box;
  const auto packs = box.packs();
  box.damage_within(packs[0]);  // beyond repair
  box.flip(packs[1], 2, pool::kShardHeaderSize + 10);
  REQUIRE(box.scrub());
  CHECK(box.damaged().packs().size() == 2);
  REQUIRE(box.heal());
  CHECK(box.damaged().packs() == std::vector{packs[0].pack.name});
  CHECK(box.damaged().shards_of(packs[0].pack.name, packs[0].hint.generation).size() == 3);
  box.damage_within(packs[0]);  // the same bits: back
  REQUIRE(box.scrub());
  CHECK(box.damaged().packs().empty());
}

TEST_CASE("What is beyond repair is listed item by item, and read again by the next backup") {
  ScrubbedBox box;
  const auto row = box.content_pack();
  box.damage_within(row);
  const auto found = box.scrub();
  REQUIRE(found);
  REQUIRE(found->lost_packs == std::vector{row.pack.name});
  const auto lost = box.lost_paths(*found);
  REQUIRE_FALSE(lost.empty());
  CHECK(found->lost.count == lost.size());

  // Exactly these do not come back.
  const auto opened = box.open();
  const auto business = (*opened)->open_business("calls", vault::Access::read);
  job::RestoreRequest request;
  request.selection.snapshot = *(*business)->find_snapshot({});
  request.target = "/target";
  const auto report = job::run_restore(**business, box.files, request);
  REQUIRE(report);
  std::set<std::string> not_restored;
  for (const job::Problem& problem : report->lost.kept) not_restored.insert(problem.path);
  CHECK(not_restored == lost);

  REQUIRE(box.backup());
  CHECK(*box.restore() == box.source());
  const auto after = box.scrub();
  REQUIRE(after);
  CHECK(after->lost_packs.size() == 1);
  CHECK(after->lost.count == 0);
}

TEST_CASE("A pack that was noted as lost counts again once it proves") {
  ScrubbedBox box;
  const auto row = box.content_pack();
  box.damage_within(row);
  REQUIRE(box.scrub());
  CHECK(box.noted() == std::vector{row.pack.name});
  box.damage_within(row);  // the same bits: back
  SECTION("by a backup") {
    const auto report = box.backup();
    REQUIRE(report);
    CHECK(report->bytes_new == 0);
  }
  SECTION("by a scrub") {
    REQUIRE(box.scrub());
  }
  CHECK(box.noted().empty());
}

TEST_CASE("What a reader could not have back is read again by the next backup") {
  ScrubbedBox box;
  const auto row = box.content_pack();
  box.damage_within(row);
  // Nobody has looked: every shard is there.
  REQUIRE(box.backup());
  CHECK_FALSE(box.restore());
  CHECK(box.noted() == std::vector{row.pack.name});
  SECTION("and by one with a new catalog") {
    std::filesystem::remove(box.catalog_file());
  }
  const auto report = box.backup();
  REQUIRE(report);
  CHECK(report->bytes_new > 0);
  CHECK(*box.restore() == box.source());
  CHECK(box.noted() == std::vector{row.pack.name});
}

TEST_CASE("What lay in shards that rotted as a whole, headers too, is read again") {
  const std::uint8_t rotten = GENERATE(std::uint8_t{3}, std::uint8_t{5});
  ScrubbedBox box;
  const auto row = box.content_pack();
  for (std::uint8_t index = 0; index < rotten; ++index) {
    const auto [disk, path] = box.shard_of(row, index);
    const std::string bytes = box.noise(disk->contents(path)->size());
    disk->plant(path, Bytes(bytes.begin(), bytes.end()));
  }
  SECTION("after a restore that missed it") {
    CHECK_FALSE(box.restore());
  }
  SECTION("after a scrub") {
    const auto summary = box.scrub();
    REQUIRE(summary);
    CHECK(summary->lost_packs == std::vector{row.pack.name});
  }
  CHECK(box.noted() == std::vector{row.pack.name});
  const auto report = box.backup();
  REQUIRE(report);
  CHECK(report->bytes_new > 0);
  CHECK(*box.restore() == box.source());
}

TEST_CASE("Equal content is not taken as stored in a pack whose shards are cut short") {
  ScrubbedBox box;
  const auto row = box.content_pack();
  for (std::uint8_t index = 0; index < 3; ++index) {
    const auto [disk, path] = box.shard_of(row, index);
    Bytes bytes = *disk->contents(path);
    bytes.resize(bytes.size() / 2);
    disk->plant(path, bytes);
  }
  const Contents all = box.source();
  for (const auto& [name, bytes] : all) box.write("again/" + name, std::string(text_of(bytes)));
  const auto report = box.backup();
  REQUIRE(report);
  const auto restored = box.restore();
  REQUIRE(restored);
  CHECK(*restored == box.source());
}

TEST_CASE("A stopped scrub goes on behind the last pack that it proved") {
  ScrubbedBox box;
  const auto packs = box.packs();
  struct StopAfter final : job::Progress {
    job::StopFlag stop = false;
    std::uint64_t packs = 2;
    void update(const job::ProgressState& state) override { stop = state.items_done >= packs; }
  } progress;
  for (const bool heals : {false, true}) {
    progress.stop = false;
    job::ScrubRequest request;
    request.heal = heals;
    request.stop = &progress.stop;
    request.progress = &progress;
    const auto first = box.scrub(request);
    REQUIRE(first);
    CHECK_FALSE(first->complete);
    REQUIRE(first->ended);
    CHECK(first->ended->code == ErrorCode::interrupted);
    CHECK(first->packs == 2);
    CHECK(box.note().current->cursor == packs[1].pack.name);

    request.stop = nullptr;
    const auto second = box.scrub(request);
    REQUIRE(second);
    CHECK(second->complete);
    CHECK(second->packs_before == 2);
    CHECK(second->packs == packs.size() - 2);
    CHECK(box.note().last->packs == packs.size());
  }
  // Asked for, the next one begins anew.
  progress.stop = false;
  job::ScrubRequest request;
  request.stop = &progress.stop;
  request.progress = &progress;
  REQUIRE(box.scrub(request));
  request.stop = nullptr;
  request.full = true;
  CHECK(box.scrub(request)->packs == packs.size());
}

TEST_CASE("What a stopped scrub found lost is listed by the one that goes on") {
  ScrubbedBox box;
  const auto packs = box.packs();
  const auto lost = std::ranges::find_if(
      packs, [](const auto& row) { return row.pack.kind == pack::PackKind::content; });
  REQUIRE(lost + 1 != packs.end());
  box.damage_within(*lost);
  struct StopBehind final : job::Progress {
    job::StopFlag stop = false;
    std::uint64_t packs = 0;
    void update(const job::ProgressState& state) override { stop = state.items_done >= packs; }
  } progress;
  progress.packs = static_cast<std::uint64_t>(lost - packs.begin()) + 1;
  job::ScrubRequest request;
  request.stop = &progress.stop;
  request.progress = &progress;
  const auto first = box.scrub(request);
  REQUIRE(first);
  REQUIRE(first->ended);
  CHECK(first->lost_packs == std::vector{lost->pack.name});
  CHECK(box.noted() == std::vector{lost->pack.name});
  const auto second = box.scrub();
  REQUIRE(second);
  CHECK(second->complete);
  CHECK(second->lost_packs == std::vector{lost->pack.name});
  CHECK(second->lost.count > 0);
  CHECK(box.note().last->packs_lost == 1);
}

TEST_CASE("What a stopped scrub found damaged is not forgotten by the one that goes on") {
  ScrubbedBox box;
  const auto packs = box.packs();
  box.flip(packs[0], 1, pool::kShardHeaderSize + 10);
  struct StopAtOnce final : job::Progress {
    job::StopFlag stop = false;
    void update(const job::ProgressState& /*state*/) override { stop = true; }
  } progress;
  job::ScrubRequest request;
  request.stop = &progress.stop;
  request.progress = &progress;
  REQUIRE(box.scrub(request));
  const auto second = box.scrub();
  REQUIRE(second);
  CHECK(second->shards_bad == 0);
  CHECK(second->shards_before == 1);
  CHECK(second->found_differences());
}

TEST_CASE("Packs whose disks are away are lost without a note: they come back with them") {
  ScrubbedBox box;
  box.hide_disks(3);
  const auto found = box.scrub();
  REQUIRE(found);
  REQUIRE_FALSE(found->lost_packs.empty());
  CHECK(box.noted().empty());
  box.missing.clear();
  CHECK_FALSE(box.scrub()->found_differences());
}

TEST_CASE("A business that cannot be opened is told, and the round is not whole") {
  ScrubbedBox box;
  std::filesystem::remove(box.catalog_file());
  const auto take_wraps = [](sim::SimDisk& disk) {
    const auto businesses = disk.list("wraps");
    if (!businesses) return;
    for (const auto& business : *businesses) {
      const std::string folder = "wraps/" + business.name;
      const auto wraps = disk.list(folder);
      REQUIRE(wraps);
      for (const auto& wrap : *wraps) disk.erase(folder + "/" + wrap.name);
    }
  };
  take_wraps(box.home);
  for (const auto& disk : box.disks) take_wraps(*disk);
  const auto found = box.scrub();
  REQUIRE(found);
  CHECK(found->problems.count == 1);
  CHECK_FALSE(found->complete);
  CHECK(found->found_differences());
  CHECK_FALSE(box.note().last);
  CHECK_FALSE(box.note().current);
}

TEST_CASE("A home that is full stops no heal, and is told") {
  ScrubbedBox box;
  box.erase(box.packs()[1], 0);
  REQUIRE(box.home.lock("locks/scrub", ports::LockMode::exclusive, "test"));
  box.home.set_capacity(1);
  const auto healed = box.heal();
  REQUIRE(healed);
  CHECK_FALSE(healed->ended);
  CHECK(healed->shards_written == 1);
  REQUIRE(healed->problems.count == 1);
  CHECK(healed->problems.kept.front().error.code == ErrorCode::no_space);
}

TEST_CASE("Packs with the fewest shards to spare are healed first") {
  ScrubbedBox box;
  const auto packs = box.packs();
  REQUIRE(packs.size() > 4);
  const catalog::PackRow& one_less = packs[2];
  const catalog::PackRow& two_less = packs[4];
  box.erase(one_less, 0);
  box.erase(two_less, 0);
  box.erase(two_less, 1);
  struct Watch final : job::Progress {
    job::StopFlag stop = false;
    void update(const job::ProgressState& /*state*/) override { stop = true; }
  } watch;
  job::ScrubRequest request;
  request.heal = true;
  request.stop = &watch.stop;
  request.progress = &watch;
  const auto has_all = [&](const catalog::PackRow& row) {
    for (std::uint8_t index = 0; index < row.hint.geometry.total(); ++index) {
      const std::string path = pool::shard_path(row.pack.name, row.hint.generation, index);
      if (std::ranges::none_of(box.disks,
                               [&](auto& disk) { return disk->contents(path).has_value(); })) {
        return false;
      }
    }
    return true;
  };
  REQUIRE(box.scrub(request));
  CHECK(has_all(two_less));
  CHECK_FALSE(has_all(one_less));
  watch.stop = false;
  REQUIRE(box.scrub(request));
  CHECK(has_all(one_less));
}

TEST_CASE("Two scrubs do not run at once") {
  ScrubbedBox box;
  const auto lock = box.home.lock("locks/scrub", ports::LockMode::exclusive, "another");
  REQUIRE(lock);
  const auto refused = box.heal();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::locked);
}

TEST_CASE("The power may go at every operation of heal: nothing is lost, and it can be finished") {
  const auto damage = [](ScrubbedBox& box) {
    const auto packs = box.packs();
    box.flip(packs[0], 1, pool::kShardHeaderSize + 10);
    box.flip(packs[0], 2, pool::kShardHeaderSize + 80);
    box.erase(packs[1], 0);
    box.erase(packs[1], 3);
  };
  const auto make = [&] {
    auto box = std::make_unique<ScrubbedBox>();
    damage(*box);
    return box;
  };
  const auto heal = [](ScrubbedBox& box) { return box.heal(); };
  sweep_cuts({stride_of(kHealCuts)}, make, heal, [](ScrubbedBox& box, const auto& /*answer*/) {
    CHECK(*box.restore() == box.source());
    const auto healed = box.heal();
    REQUIRE(healed);
    CHECK_FALSE(healed->is_not_mended());
    CHECK(box.damaged().packs().empty());
    CHECK_FALSE(box.damaged().has_more());
    CHECK_FALSE(box.scrub()->found_differences());
  });
}

TEST_CASE("A disk may be full at any operation of heal: it is named, and the rest is mended") {
  const auto make_box = [] {
    auto box = std::make_unique<ScrubbedBox>();
    const auto packs = box->packs();
    box->flip(packs[0], 1, pool::kShardHeaderSize + 10);
    box->erase(packs[1], 0);
    box->erase(packs[1], 3);
    return box;
  };
  const auto heal = [](ScrubbedBox& box) { return box.heal(); };
  const auto check = [](ScrubbedBox& box, const auto& healed) {
    if (healed) {
      // By where it is, and never by its id.
      for (const job::Problem& problem : healed->problems.kept) {
        CAPTURE(problem.path);
        CHECK((problem.path.starts_with("/disk") || problem.path == "/home" ||
               problem.path == "calls"));
      }
    }
    CHECK(*box.restore() == box.source());
    const auto again = box.heal();
    REQUIRE(again);
    CHECK_FALSE(again->is_not_mended());
    CHECK_FALSE(box.scrub()->found_differences());
  };
  sweep_errors({stride_of(kHealCuts)}, make_box, heal, check, ErrorCode::no_space);
}

}  // namespace holdfast::test

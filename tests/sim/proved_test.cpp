// SPDX-License-Identifier: Apache-2.0
// Which packs a scrub proves by their names, and of which it reads checksums only: a shard that was
// wrong before its checksums were taken is found by the first scrub that meets it.
#include "firmware/job/proved_packs.h"
#include "tests/sim/scrubbed_box.h"

namespace holdfast::test {

namespace {

job::ScrubRequest full() {
  job::ScrubRequest request;
  request.full = true;
  return request;
}

// Of exactly this shard the contents are told as wrong although its checksums are right.
void check_named(const Result<job::ScrubSummary>& found, const catalog::PackRow& row,
                 std::uint8_t index) {
  REQUIRE(found);
  CHECK(found->shards_bad == 1);
  CHECK(found->lost_packs.empty());
  REQUIRE_FALSE(found->kept_damages.empty());
  const job::FoundDamage& damage = found->kept_damages.front();
  CHECK(damage.pack == row.pack.name);
  CHECK(damage.shard == index);
  CHECK(damage.damage.kind == pool::DamageKind::content);
  CHECK(damage.damage.offset == pool::kShardHeaderSize);
}

struct StopAfter final : job::Progress {
  job::StopFlag stop = false;
  std::uint64_t packs = 2;
  void update(const job::ProgressState& state) override { stop = state.items_done >= packs; }
};

}  // namespace

TEST_CASE("A pack is proved once, and from then on its checksums are read") {
  ScrubbedBox box;
  const auto packs = box.packs();
  const auto first = box.scrub();
  REQUIRE(first);
  CHECK(first->packs_proved == packs.size());
  const auto second = box.scrub();
  REQUIRE(second);
  CHECK(second->complete);
  CHECK(second->packs == packs.size());
  CHECK(second->packs_proved == 0);
  CHECK(second->bytes_read == first->bytes_read);
  CHECK_FALSE(second->found_differences());
  CHECK(box.scrub(full())->packs_proved == packs.size());
  CHECK(box.scrub()->packs_proved == 0);

  // A heal that has nothing to do goes by the same.
  const auto healed = box.heal();
  REQUIRE(healed);
  CHECK(healed->packs_proved == 0);
  CHECK(healed->packs == packs.size());
  CHECK_FALSE(healed->found_differences());

  // What a later backup writes is proved by the next scrub.
  box.write("later", "not stored yet" + box.noise(3000));
  REQUIRE(box.backup());
  const auto third = box.scrub();
  REQUIRE(third);
  CHECK(third->packs_proved > 0);
  CHECK(third->packs_proved == box.packs().size() - packs.size());
}

TEST_CASE("A shard that lies under right checksums is found by the first scrub") {
  const std::uint8_t index = GENERATE(std::uint8_t{0}, std::uint8_t{2}, std::uint8_t{4});
  ScrubbedBox box;
  const auto row = box.packs()[1];
  box.forge(row, index);
  check_named(box.scrub(), row, index);
  // As long as it lies there the pack is not proved: the next one names it as well.
  const auto again = box.scrub();
  check_named(again, row, index);
  CHECK(again->packs_proved == 1);
  REQUIRE(box.heal());
  const auto after = box.scrub();
  REQUIRE(after);
  CHECK_FALSE(after->found_differences());
  CHECK(after->packs_proved == 1);
}

TEST_CASE("What a heal wrote, and how long it took, is known behind the rounds that follow") {
  ScrubbedBox box;
  for (const auto& row : box.packs()) box.erase(row, 0);
  REQUIRE(box.heal());
  const job::ScrubRound healed = *box.note().last;
  CHECK(healed.bytes_written > 0);
  CHECK(healed.work_ms > 0);
  box.erase(box.packs().front(), 1);
  REQUIRE(box.heal());  // of less
  REQUIRE(box.scrub());
  CHECK_FALSE(box.note().last->heals);
  CHECK(box.note().last->bytes_written == healed.bytes_written);
  CHECK(box.note().last->work_ms == healed.work_ms);
}

TEST_CASE("What came in the middle of a round is proved by the next call") {
  ScrubbedBox box;
  REQUIRE(box.scrub());
  job::ScrubRequest daily;
  daily.cycle_days = 2;
  REQUIRE(box.scrub(daily)->left_undue);  // half of the names are passed
  for (int i = 0; i < 4; ++i) {
    const std::size_t before = box.packs().size();
    box.write("more" + std::to_string(i), std::string(3000, static_cast<char>('a' + i)));
    REQUIRE(box.backup());
    const auto found = box.scrub(daily);
    REQUIRE(found);
    CHECK(found->left_undue);
    CHECK(found->packs_proved == box.packs().size() - before);
    CHECK(found->packs_proved > 0);
  }
}

TEST_CASE(
    "Scrubbed day by day, what is new is proved at once and rot anywhere is found within the "
    "days") {
  ScrubbedBox box;
  REQUIRE(box.scrub());
  const auto packs = box.packs();
  REQUIRE(packs.size() >= 4);
  const catalog::PackRow rotten = packs.back();
  box.flip(rotten, 1, pool::kShardHeaderSize + 3);
  box.write("one more", std::string(5000, 'x'));
  REQUIRE(box.backup());
  job::ScrubRequest daily;
  daily.cycle_days = 4;
  std::uint64_t looked_at = 0;
  std::uint64_t bad = 0;
  bool is_over = false;
  for (int day = 0; day < 4 && !is_over; ++day) {
    const auto found = box.scrub(daily);
    REQUIRE(found);
    if (day == 0) CHECK(found->packs_proved == box.packs().size() - packs.size());
    CHECK(found->complete != found->left_undue);
    CHECK((day > 0 || found->left_undue));
    is_over = found->complete;
    looked_at += found->packs;
    bad += found->shards_bad;
    box.clock.advance(86'400'000'000'000);
  }
  CHECK(is_over);
  CHECK(bad == 1);
  CHECK(box.note().last->shards_bad == 1);
  // Each once; a new one once more if its turn comes after the day on which it was proved.
  CHECK(looked_at >= box.packs().size());
  CHECK(looked_at <= 2 * box.packs().size() - packs.size());
}

TEST_CASE("A heal that comes before any scrub names and mends a shard that lies") {
  ScrubbedBox box;
  const auto row = box.packs()[1];
  box.forge(row, 3);
  SECTION("in a pack that lacks nothing") {}
  SECTION("in one that lacks a shard, too") {
    box.erase(row, 0);
  }
  const auto healed = box.heal();
  check_named(healed, row, 3);
  CHECK_FALSE(healed->is_not_mended());
  CHECK_FALSE(box.scrub(full())->found_differences());
}

TEST_CASE("A shard that came to lie after its pack was proved is found by a full scrub") {
  ScrubbedBox box;
  REQUIRE(box.scrub());
  const auto row = box.packs()[2];
  box.forge(row, 1);
  CHECK_FALSE(box.scrub()->found_differences());  // its checksums are right, and nobody wrote it
  check_named(box.scrub(full()), row, 1);
}

TEST_CASE("A full scrub that was stopped proves the rest when it goes on") {
  ScrubbedBox box;
  REQUIRE(box.scrub());
  const auto packs = box.packs();
  box.forge(packs.back(), 1);
  StopAfter progress;
  auto request = full();
  request.stop = &progress.stop;
  request.progress = &progress;
  CHECK(box.scrub(request)->packs == 2);
  const auto rest = box.scrub();
  check_named(rest, packs.back(), 1);
  CHECK(rest->complete);
  CHECK(rest->packs_proved == packs.size() - 2);
}

TEST_CASE("What was healed is proved by the next scrub, and nothing else is") {
  ScrubbedBox box;
  REQUIRE(box.scrub());
  const auto packs = box.packs();
  box.erase(packs[0], 2);
  box.flip(packs[3], 1, pool::kShardHeaderSize + 10);
  REQUIRE_FALSE(box.heal()->is_not_mended());
  const auto next = box.scrub();
  REQUIRE(next);
  CHECK_FALSE(next->found_differences());
  CHECK(next->packs_proved == 2);
}

TEST_CASE("Rot in a pack that was proved is named and mended by a heal alone") {
  ScrubbedBox box;
  REQUIRE(box.scrub());
  const auto row = box.packs()[3];
  box.flip(row, 4, pool::kShardHeaderSize + 10);
  const auto healed = box.heal();
  REQUIRE(healed);
  CHECK(healed->shards_bad == 1);
  CHECK(healed->shards_written == 1);
  CHECK_FALSE(box.scrub()->found_differences());
}

TEST_CASE(
    "Shards on a disk that was away when their packs were proved are compared when it is back") {
  ScrubbedBox box;
  const auto row = box.packs()[1];
  const auto [disk, path] = box.shard_of(row, 1);
  box.forge(row, 1);
  box.missing[disk->name()] = true;
  const auto without = box.scrub();
  REQUIRE(without);
  CHECK(without->shards_missing > 0);
  CHECK(without->shards_bad == 0);
  CHECK(box.scrub()->packs_proved == 0);
  box.missing.clear();
  check_named(box.scrub(), row, 1);
}

TEST_CASE("A pack noted as lost is proved, whatever is known of it") {
  ScrubbedBox box;
  REQUIRE(box.scrub());
  const auto row = box.content_pack();
  {
    const auto opened = box.open();
    const auto business = (*opened)->businesses().front().id;
    REQUIRE(vault::note_lost_pack(box.home, business, row.pack.name));
  }
  const auto found = box.scrub();
  REQUIRE(found);
  CHECK(found->packs_proved == 1);
  CHECK(box.noted().empty());
}

TEST_CASE("Without the note of what was proved, or with one that is damaged, all is proved again") {
  ScrubbedBox box;
  REQUIRE(box.scrub());
  const auto packs = box.packs();
  const auto parts = box.home.list("proved");
  REQUIRE(parts);
  REQUIRE_FALSE(parts->empty());
  SECTION("absent") {
    for (const auto& part : *parts) box.home.erase("proved/" + part.name);
    CHECK(box.scrub()->packs_proved == packs.size());
  }
  SECTION("damaged, in whatever byte") {
    for (const auto& part : *parts) {
      const std::string path = "proved/" + part.name;
      const Bytes right = *box.home.contents(path);
      const auto before = job::ProvedPacks::load(box.home);
      for (std::size_t at = 0; at < right.size(); ++at) {
        box.home.flip_bit(path, at, 3);
        const auto damaged = job::ProvedPacks::load(box.home);
        for (const auto& row : packs) {
          const bool here = part.name == row.pack.name.hex().substr(0, 1);
          const auto disks = damaged.disks_of(row.pack.name);
          CHECK(disks == (here ? std::vector<DiskId>() : before.disks_of(row.pack.name)));
        }
        box.home.flip_bit(path, at, 3);
      }
    }
  }
  SECTION("with another's packs in it") {
    const std::string path = "proved/" + parts->front().name;
    const std::string other = parts->front().name == "0" ? "proved/1" : "proved/0";
    box.home.plant(other, *box.home.contents(path));
    box.home.erase(path);
    CHECK(box.scrub()->packs_proved > 0);
  }
}

// Swept: at no cut and at no error is a shard new while its pack is still called proved.
TEST_CASE("Whenever a heal ends, no pack of which it wrote a shard is called proved") {
  const auto prepare = [](ScrubbedBox& box) {
    REQUIRE(box.scrub());
    const auto packs = box.packs();
    box.flip(packs[0], 1, pool::kShardHeaderSize + 10);
    box.erase(packs[1], 0);
    box.erase(packs[4], 3);
  };
  const auto shards_of = [](ScrubbedBox& box, const catalog::PackRow& row) {
    std::vector<std::optional<Bytes>> files;
    for (const auto& disk : box.disks) {
      for (std::uint8_t index = 0; index < row.hint.geometry.total(); ++index) {
        files.push_back(disk->contents(pool::shard_path(row.pack.name, 0, index)));
      }
    }
    return files;
  };
  const auto check = [&](ScrubbedBox& box, const auto& before) {
    const auto proved = job::ProvedPacks::load(box.home);
    std::size_t changed = 0;
    const auto packs = box.packs();
    for (std::size_t i = 0; i < packs.size(); ++i) {
      if ((shards_of(box, packs[i]) == before[i])) continue;
      ++changed;
      CHECK(proved.disks_of(packs[i].pack.name).empty());
    }
    return changed;
  };
  const auto all_shards = [&](ScrubbedBox& box) {
    std::vector<std::vector<std::optional<Bytes>>> all;
    for (const auto& row : box.packs()) all.push_back(shards_of(box, row));
    return all;
  };
  std::vector<std::vector<std::optional<Bytes>>> before;
  const auto make = [&] {
    auto box = std::make_unique<ScrubbedBox>();
    prepare(*box);
    before = all_shards(*box);
    return box;
  };
  const auto heal = [](ScrubbedBox& box) { return box.heal(); };
  Tally changed;
  Tally all_changed;
  const auto check_after = [&](ScrubbedBox& box, const auto& /*answer*/) {
    const std::size_t now = check(box, before);
    changed.add(now);
    if (now == 3) all_changed.add(1);
    CHECK(*box.restore() == box.source());
    REQUIRE_FALSE(box.heal()->is_not_mended());
    CHECK_FALSE(box.scrub()->found_differences());
  };
  sweep_cuts({stride_of(kHealCuts)}, make, heal, check_after);
  CHECK(all_changed.sum() > 0);
  CHECK(changed.sum() > 3 * all_changed.sum());
  sweep_errors({stride_of(kHealErrors)}, make, heal, check_after);
}

}  // namespace holdfast::test

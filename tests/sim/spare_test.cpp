// SPDX-License-Identifier: Apache-2.0
// A box whose small disks fill up: backups end where the spare begins, and heal goes on in it. When
// a disk has gone they leave what its heal needs, and go on where that ends.
#include "tests/sim/small_disks.h"

namespace holdfast::test {

TEST_CASE("Backups store what is shown as free, and leave the spare") {
  SmallDisks box;
  const std::uint64_t shown = box.bytes_free();
  const std::size_t stored = box.fill();
  // Each shard file has 4352 bytes besides, and CRCs of tiny leaves; each backup has its tree.
  CHECK(stored * kCall <= shown);
  CHECK(stored * kCall >= shown / 3);
  CHECK(box.room() >= kDisk);
  CHECK(box.room() < kDisk + 5 * 20'000);  // less than one more pack
  CHECK(box.bytes_free() < box.settings.pack_size + 20'000);
  const auto restored = box.restore();
  REQUIRE(restored);
  CHECK(*restored == box.source());
}

TEST_CASE("Disks of any sizes, filled until refused: whichever goes, all that it had is healed") {
  for (std::size_t gone = 0; gone < SimBox::kDisks; ++gone) {
    CAPTURE(gone);
    SmallDisks box({3'000'000, 2'500'000, 800'000, 1'500'000, 900'000, 800'000});
    CHECK(box.fill() > 15);
    box.missing[box.disks[gone]->name()] = true;
    {
      const auto opened = box.open();
      job::ScrubRequest request;
      request.heal = true;
      const auto report = job::run_scrub(**opened, request);
      REQUIRE(report);
      CHECK(report->shards_written > 0);
      CHECK(report->shards_unhealed == 0);
    }
    // Two more may go.
    box.missing[box.disks[(gone + 1) % SimBox::kDisks]->name()] = true;
    box.missing[box.disks[(gone + 3) % SimBox::kDisks]->name()] = true;
    const auto restored = box.restore();
    REQUIRE(restored);
    CHECK(*restored == box.source());
  }
}

TEST_CASE("Calls of the day for which a disk is waited for leave what its heal needs") {
  for (std::size_t gone = 0; gone < SimBox::kDisks; ++gone) {
    CAPTURE(gone);
    SmallDisks box({3'000'000, 2'500'000, 800'000, 1'500'000, 900'000, 800'000});
    if (gone % 2 == 0) box.fill();
    box.missing[box.disks[gone]->name()] = true;
    const job::TendSummary acts = box.tend_for_a_day();
    CHECK(acts.given_up == 1);
    CHECK(acts.healed->shards_unhealed == 0);
    CHECK_FALSE(acts.is_not_mended());
    box.missing[box.disks[(gone + 1) % SimBox::kDisks]->name()] = true;
    box.missing[box.disks[(gone + 3) % SimBox::kDisks]->name()] = true;
    const auto restored = box.restore();
    REQUIRE(restored);
    CHECK(*restored == box.source());
  }
}

TEST_CASE(
    "A full pool that lost a disk stores nothing more until that is healed, and then goes on") {
  SmallDisks box;
  for (int call = 0; call < 20; ++call) REQUIRE(box.backup_call());
  box.missing[box.disks[4]->name()] = true;
  box.fill();
  CHECK(box.room() > kDisk / 2);
  const std::uint64_t waits = box.bytes_free();
  CHECK(waits < box.settings.pack_size + 20'000);
  CHECK(box.tend_for_a_day().healed->shards_unhealed == 0);
  CHECK(box.bytes_free() > waits);
  CHECK(box.fill() > 0);
}

TEST_CASE("A pool that was healed into its spare takes backups still") {
  SmallDisks box;
  for (int call = 0; call < 20; ++call) {
    const auto stored = box.backup_call();
    INFO((stored ? "" : debug_text(stored.error())));
    REQUIRE(stored);
  }
  box.missing[box.disks[4]->name()] = true;
  {
    const auto opened = box.open();
    REQUIRE(opened);
    job::ScrubRequest request;
    request.heal = true;
    const auto away = job::note_away(**opened);  // no tend has missed the disk
    REQUIRE(away);
    const auto report = job::run_scrub(**opened, request);
    REQUIRE(report);
    CHECK(report->lost_packs.empty());
    CHECK(report->shards_unhealed == 0);
    REQUIRE(job::note_healed(**opened, *report, *away));
  }
  CHECK(box.bytes_free() > 0);
  CHECK(box.fill() > 0);
  CHECK(box.room() < kDisk / 2);
  // Two more may go.
  box.missing[box.disks[0]->name()] = true;
  box.missing[box.disks[2]->name()] = true;
  const auto restored = box.restore();
  REQUIRE(restored);
  CHECK(*restored == box.source());
}

}  // namespace holdfast::test

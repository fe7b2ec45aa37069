// SPDX-License-Identifier: Apache-2.0
// A box whose small disks fill up: backups end where the spare begins, and heal goes on in it. When
// a disk has gone they leave what its heal needs, and go on where that ends.
#include <catch2/catch.hpp>

#include "firmware/job/scrub.h"
#include "firmware/job/tend.h"
#include "tests/sim/sim_box.h"

namespace holdfast::test {

namespace {

constexpr std::uint64_t kDisk = 1'000'000;
constexpr std::uint64_t kCall = 60'000;

struct SmallDisks : SimBox {
  explicit SmallDisks(const std::vector<std::uint64_t>& sizes = std::vector(kDisks, kDisk)) {
    settings.pack_size = 32'768;
    for (std::size_t i = 0; i < kDisks; ++i) disks[i]->set_capacity(sizes[i]);
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
  }
  // One more call that nobody has stored yet.
  Result<job::BackupReport> backup_call() {
    std::string noise(kCall, '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(noise.data()), noise.size()});
    write("call" + std::to_string(++calls), noise);
    return backup();
  }
  // Until the pool is full. The last call is not stored, and is taken away again.
  std::size_t fill() {
    std::size_t stored = 0;
    while (true) {
      const auto report = backup_call();
      if (report) {
        CHECK_FALSE(report->under_protected);
        ++stored;
        continue;
      }
      CHECK(report.error().code == ErrorCode::pool_full);
      files.remove("/calls/call" + std::to_string(calls));
      return stored;
    }
  }
  std::uint64_t bytes_free() {
    const auto box = open();
    REQUIRE(box);
    const auto pool = (*box)->pool();
    REQUIRE(pool);
    const auto free = (*pool)->free_bytes();
    REQUIRE(free);
    return *free;
  }
  // On the disks that are here.
  std::uint64_t room() {
    std::uint64_t sum = 0;
    for (const auto& disk : disks) {
      if (missing.count(disk->name()) == 0) sum += disk->space()->free;
    }
    return sum;
  }
  job::TendSummary tend() {
    const auto box = open();
    REQUIRE(box);
    const auto summary = job::run_tend(**box, {});
    REQUIRE(summary);
    return *summary;
  }
  // A disk is away for a day, while calls come as ever; then it is given up.
  job::TendSummary tend_for_a_day() {
    for (int hour = 0; hour < 24; ++hour) {
      if (hour % 8 == 0) CHECK(tend().healed->shards_written == 0);
      const auto stored = backup_call();
      if (!stored) files.remove("/calls/call" + std::to_string(calls));
      if (!stored) CHECK(stored.error().code == ErrorCode::pool_full);
      clock.advance(3'600'000'000'000);
    }
    return tend();
  }
  int calls = 0;
};

}  // namespace

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

TEST_CASE("Room that a disk left for good to backups is kept again once it was back") {
  SmallDisks box;
  for (int call = 0; call < 5; ++call) REQUIRE(box.backup_call());
  box.missing[box.disks[4]->name()] = true;
  box.tend();
  box.clock.advance(24 * 3'600'000'000'000);
  const std::uint64_t waits = box.bytes_free();
  box.tend();
  const std::uint64_t healed = box.bytes_free();
  CHECK(healed > waits);
  box.missing.clear();
  REQUIRE(box.backup_call());
  {
    const auto opened = box.open();
    REQUIRE(opened);
    REQUIRE(job::note_disks(**opened));
  }
  box.missing[box.disks[4]->name()] = true;
  CHECK(box.bytes_free() < waits);
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
    const auto report = job::run_scrub(**opened, request);
    REQUIRE(report);
    CHECK(report->lost_packs.empty());
    CHECK(report->shards_unhealed == 0);
    REQUIRE(job::note_healed(**opened, *report));  // and no tend has missed the disk
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

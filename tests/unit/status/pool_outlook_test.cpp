// SPDX-License-Identifier: Apache-2.0
#include "firmware/status/pool_outlook.h"

#include <catch2/catch.hpp>

namespace holdfast::status {
namespace {

constexpr std::uint64_t kGigabyte = 1'000'000'000;
constexpr Timestamp kNow{400LL * 86'400 * 1'000'000'000};

pool::LabelRecord three_and_two() {
  pool::LabelRecord record;
  record.k = 3;
  record.m = 2;
  record.members.resize(6);
  return record;
}

std::vector<pool::DiskStatus> six_disks(std::uint64_t stored, std::uint64_t free) {
  std::vector<pool::DiskStatus> disks(6);
  for (pool::DiskStatus& disk : disks) {
    disk.bytes_total = stored + free;
    disk.bytes_free = free;
  }
  return disks;
}

PoolOutlook outlook(const std::vector<pool::DiskStatus>& disks, std::uint64_t may_lose,
                    const job::ScrubNote& note = {}) {
  return outlook_of(three_and_two(), disks, may_lose, note, kNow, 30);
}

job::ScrubNote healed(std::uint64_t bytes, std::uint64_t ms) {
  job::ScrubRound round;
  round.heals = true;
  round.begun = round.ended.emplace(Timestamp{kNow.ns - 1});
  round.bytes_written = bytes;
  round.work_ms = ms;
  return {.last = round, .current = {}};
}

TEST_CASE("Six disks with room heal one that dies; full ones do not") {
  CHECK(outlook(six_disks(100 * kGigabyte, 100 * kGigabyte), 2).spare == 1);
  CHECK(outlook(six_disks(100 * kGigabyte, 10 * kGigabyte), 2).spare == 0);
  CHECK(outlook(six_disks(0, kGigabyte), 2).spare == 1);
}

TEST_CASE("A disk that died leaves no room for another, and healing it is worth much") {
  auto disks = six_disks(100 * kGigabyte, 100 * kGigabyte);
  const double whole = outlook(disks, 2).durability.nines();
  disks[3].state = pool::DiskState::missing;
  const PoolOutlook mended = outlook(disks, 2);
  CHECK(mended.spare == 0);
  CHECK(mended.durability.nines() < whole);
  const PoolOutlook not_mended = outlook(disks, 1);
  CHECK(not_mended.spare == 1);
  CHECK(not_mended.durability.nines() < mended.durability.nines());
  CHECK(outlook(disks, 0).durability.nines() < not_mended.durability.nines());
}

TEST_CASE("The speed of a heal is taken from one that wrote much of a disk, else for granted") {
  const auto disks = six_disks(100 * kGigabyte, 100 * kGigabyte);
  const PoolOutlook measured = outlook(disks, 2, healed(50 * kGigabyte, 1'000'000));
  CHECK(measured.is_heal_measured);
  CHECK(measured.wear.heal_bytes_a_second == Approx(50e6));
  CHECK_FALSE(outlook(disks, 2, healed(kGigabyte, 1'000'000)).is_heal_measured);
  CHECK_FALSE(outlook(disks, 2, healed(50 * kGigabyte, 0)).is_heal_measured);
}

TEST_CASE("A scrub long ago, or none, makes a loss likelier") {
  const auto disks = six_disks(1000 * kGigabyte, 1000 * kGigabyte);
  job::ScrubNote note = healed(0, 0);
  const double fresh = outlook(disks, 2, note).durability.loss_a_year;
  note.last->ended = Timestamp{kNow.ns - 100LL * 86'400 * 1'000'000'000};
  const PoolOutlook old = outlook(disks, 2, note);
  CHECK(old.wear.scrub_days == Approx(100));
  CHECK(old.durability.loss_a_year > fresh);
  CHECK(outlook(disks, 2).durability.loss_a_year > old.durability.loss_a_year);
}

}  // namespace
}  // namespace holdfast::status

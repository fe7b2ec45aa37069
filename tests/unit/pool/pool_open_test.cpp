// SPDX-License-Identifier: Apache-2.0
// Opening a pool from whatever disks are shown.
#include "tests/unit/pool/pool_fixture.h"

#include "firmware/pool/election.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

std::size_t count_of(const Pool& pool, DiskState state) {
  const auto all = pool.status();
  return static_cast<std::size_t>(std::ranges::count(all, state, &DiskStatus::state));
}

// Writes the next record onto the labels of some disks, as a change of members would.
LabelRecord relabel(PoolFixture& fixture, LabelRecord record,
                    const std::vector<std::size_t>& numbers) {
  const Bytes bytes = encode_record(record, fixture.signer);
  for (const std::size_t i : numbers) {
    const Bytes label = encode_label(bytes, record.members[i].disk, fixture.signer);
    fixture.disks[i]->plant("label.a", label);
    fixture.disks[i]->plant("label.b", label);
  }
  return record;
}

LabelRecord next_of(LabelRecord record, std::uint8_t nonce) {
  ++record.epoch;
  record.nonce = {nonce};
  return record;
}

ErrorCode why_not_writable(const Pool& pool) {
  return code_of(pool.writable());
}

}  // namespace

TEST_CASE("disks may be shown in any order and some may be missing") {
  PoolFixture fixture(6);
  (void)fixture.create();
  const auto pool = fixture.open({5, 2, 0, 4});
  CHECK(pool->writable());
  CHECK(pool->members_present() == 4);
  CHECK(count_of(*pool, DiskState::missing) == 2);
  CHECK(pool->write_geometry() == erasure::Geometry{2, 2});
  std::vector<std::string> names;
  for (const auto& member : pool->present_members()) names.push_back(member.disk->name());
  CHECK(names == std::vector<std::string>{"/disk0", "/disk2", "/disk4", "/disk5"});
}

TEST_CASE("half of the disks are written only if home agrees") {
  PoolFixture fixture(6);
  (void)fixture.create();
  const std::vector<std::size_t> half = {0, 1, 2};
  CHECK(fixture.open(half)->writable());
  const auto alone = fixture.try_open(half, {}).value();
  CHECK(why_not_writable(*alone) == ErrorCode::too_few_disks);
  auto pack = fixture.make_pack();
  CHECK(code_of(alone->write_pack(pack)) == ErrorCode::too_few_disks);
  CHECK(code_of(alone->store_copies("keyring", Bytes(3))) == ErrorCode::too_few_disks);
  const auto damaged_witness = fixture.try_open(half, Bytes(100)).value();
  CHECK(why_not_writable(*damaged_witness) == ErrorCode::too_few_disks);
  CHECK(fixture.try_open({2, 3, 4, 5}, {}).value()->writable());
}

TEST_CASE("a single disk of many still opens, to read") {
  PoolFixture fixture(6);
  (void)fixture.create();
  const auto pool = fixture.try_open({3}, {}).value();
  CHECK(why_not_writable(*pool) == ErrorCode::too_few_disks);
  CHECK(code_of(fixture.try_open({}, fixture.witness)) == ErrorCode::too_few_disks);
}

TEST_CASE("either copy of a label is enough") {
  PoolFixture fixture(3);
  (void)fixture.create();
  fixture.disks[0]->erase("label.a");
  fixture.disks[1]->flip_bit("label.a", 100);
  fixture.disks[2]->flip_bit("label.b", 100);
  CHECK(fixture.open(fixture.all())->members_present() == 3);
  fixture.disks[1]->flip_bit("label.b", 200);
  const auto pool = fixture.open(fixture.all());
  CHECK(pool->members_present() == 2);
  CHECK(count_of(*pool, DiskState::damaged) == 1);
}

TEST_CASE("foreign disks are named and never touched") {
  PoolFixture fixture(3);
  (void)fixture.create();
  PoolFixture other(2, 7);
  (void)other.create();
  fixture.add_disk().plant("label.a", other.disks[0]->contents("label.a").value());
  fixture.add_disk();  // empty
  // Names our pool, but is signed by somebody else.
  auto forged = parse_label(fixture.disks[0]->contents("label.a").value(), fixture.trusted());
  sim::SimDisk& impostor = fixture.add_disk();
  const Bytes record = encode_record(forged->record, other.signer);
  impostor.plant("label.a", encode_label(record, forged->disk, other.signer));

  const auto before = fixture.disks[3]->contents("label.a");
  const auto pool = fixture.open(fixture.all());
  CHECK(pool->members_present() == 3);
  CHECK(count_of(*pool, DiskState::foreign) == 3);
  CHECK(pool->status().back().path == "/disk5");
  auto pack = fixture.make_pack();
  REQUIRE(pool->write_pack(pack));
  CHECK(fixture.disks[3]->contents("label.a") == before);
  CHECK(fixture.disks[4]->list("")->empty());
}

TEST_CASE("a copied disk is left out") {
  PoolFixture fixture(3);
  (void)fixture.create();
  sim::SimDisk& copy = fixture.add_disk();
  copy.plant("label.a", fixture.disks[1]->contents("label.a").value());
  const auto pool = fixture.open({3, 0, 1, 2});
  CHECK(pool->members_present() == 3);
  CHECK(count_of(*pool, DiskState::clone) == 1);
  CHECK(pool->status().back().path == "/disk1");
}

TEST_CASE("of a disk and its copy the one with the newer label stays") {
  PoolFixture fixture(3);
  const LabelRecord first = fixture.create()->label().record;
  sim::SimDisk& old_copy = fixture.add_disk();
  old_copy.plant("label.a", fixture.disks[1]->contents("label.a").value());
  relabel(fixture, next_of(first, 1), {0, 1, 2});
  for (const std::vector<std::size_t>& order :
       {std::vector<std::size_t>{3, 0, 1, 2}, {0, 1, 2, 3}}) {
    const auto pool = fixture.open(order);
    CHECK(pool->writable());
    CHECK(pool->status().back().state == DiskState::clone);
    CHECK(pool->status().back().path == "/disk3");
  }
}

TEST_CASE("a disk that was away when the label changed is still a member") {
  PoolFixture fixture(4);
  const LabelRecord first = fixture.create()->label().record;
  const LabelRecord second = relabel(fixture, next_of(first, 1), {0, 1, 2});
  const auto pool = fixture.open(fixture.all());  // home has not heard of it either
  CHECK(pool->label().record.epoch == 2);
  CHECK(pool->writable());
  CHECK(pool->members_present() == 4);
  CHECK(pool->write_geometry() == erasure::Geometry{2, 2});
}

TEST_CASE("a retired disk is read and not written") {
  PoolFixture fixture(4);
  auto pool = fixture.create();
  auto pack = fixture.make_pack();
  REQUIRE(pool->write_pack(pack));
  LabelRecord second = next_of(pool->label().record, 1);
  second.members[3].state = MemberState::retired;
  relabel(fixture, second, {0, 1, 2});
  pool = fixture.open(fixture.all());
  CHECK(pool->members_present() == 3);
  CHECK(count_of(*pool, DiskState::retired) == 1);
  CHECK(pool->write_geometry() == erasure::Geometry{1, 2});
  CHECK(pool->open_pack(pack.name, {}).value()->shards_present().value() == 4);
  REQUIRE(pool->store_copies("keyring", Bytes(3)));
  CHECK(!fixture.disks[3]->contents("keyring"));
}

TEST_CASE("a record on too few disks does not count while those that could hold it are here") {
  PoolFixture fixture(4);
  const LabelRecord first = fixture.create()->label().record;
  relabel(fixture, next_of(first, 1), {0, 1});
  CHECK(fixture.open(fixture.all())->label().record.epoch == 1);
  CHECK(fixture.open(fixture.all())->writable());
}

TEST_CASE("a newer record that absent disks may hold stops writing") {
  PoolFixture fixture(6);
  const LabelRecord first = fixture.create()->label().record;
  relabel(fixture, next_of(first, 1), {0, 4, 5});
  const auto pool = fixture.open({0, 1, 2, 3});
  CHECK(pool->label().record.epoch == 1);
  CHECK(why_not_writable(*pool) == ErrorCode::not_newest);
}

TEST_CASE("home knows a newer record than the disks") {
  PoolFixture fixture(4);
  const LabelRecord first = fixture.create()->label().record;
  fixture.witness = encode_record(next_of(first, 1), fixture.signer);
  const auto pool = fixture.open(fixture.all());
  CHECK(pool->label().record.epoch == 1);
  CHECK(why_not_writable(*pool) == ErrorCode::not_newest);
}

TEST_CASE("home's record counts even on one disk") {
  PoolFixture fixture(4);
  const LabelRecord first = fixture.create()->label().record;
  const LabelRecord second = relabel(fixture, next_of(first, 1), {2});
  fixture.witness = encode_record(second, fixture.signer);
  const auto pool = fixture.open(fixture.all());
  CHECK(pool->label().record.epoch == 2);
  CHECK(pool->writable());
}

TEST_CASE("two records with one number are a fork") {
  PoolFixture fixture(4);
  const LabelRecord first = fixture.create()->label().record;
  relabel(fixture, next_of(first, 1), {0, 1, 2});
  relabel(fixture, next_of(first, 2), {3});
  // Disks that are away may hold either.
  CHECK(why_not_writable(*fixture.open({0, 3})) == ErrorCode::fork);
  // The other one is in home.
  fixture.witness = encode_record(next_of(first, 3), fixture.signer);
  CHECK(why_not_writable(*fixture.open({0, 1, 2})) == ErrorCode::fork);
}

TEST_CASE("another record of that number on too few disks is no fork: it never counted") {
  PoolFixture fixture(4);
  const LabelRecord first = fixture.create()->label().record;
  const LabelRecord second = relabel(fixture, next_of(first, 1), {0, 1, 2});
  relabel(fixture, next_of(first, 2), {3});
  const auto pool = fixture.open(fixture.all());
  CHECK(pool->writable());
  CHECK(pool->label().record.nonce == second.nonce);
  CHECK_FALSE(pool->labels_are_level());
  REQUIRE(pool->level_labels(fixture.signer, fixture.trusted()));
  CHECK(pool->labels_are_level());
  CHECK(fixture.open(fixture.all())->labels_are_level());
  // Home knows which of the two was acknowledged, whoever is away.
  relabel(fixture, next_of(first, 2), {3});
  fixture.witness = encode_record(second, fixture.signer);
  CHECK(fixture.open({0, 1, 3})->writable());
}

TEST_CASE("a flipped bit anywhere in one copy of a label stops nothing, and is mended") {
  PoolFixture fixture(3);
  (void)fixture.create();
  const Bytes label = fixture.disks[1]->contents("label.b").value();
  for (const char* copy : {"label.a", "label.b"}) {
    for (std::size_t at = 0; at < label.size(); at += 3) {
      Bytes rotten = label;
      rotten[at] ^= 0x10;
      fixture.disks[1]->plant(copy, rotten);
      const auto pool = fixture.open(fixture.all());
      REQUIRE(pool->writable());
      CHECK_FALSE(pool->labels_are_level());
      REQUIRE(pool->level_labels(fixture.signer, fixture.trusted()));
      CHECK(fixture.disks[1]->contents(copy) == label);
    }
  }
}

TEST_CASE("a change that was cut is completed only with the quorum of the record before") {
  PoolFixture fixture(6);
  const LabelRecord first = fixture.create()->label().record;
  LabelRecord second = next_of(first, 1);
  second.previous = fixture.open(fixture.all())->label().record_digest;
  second.m = 1;  // two copies would be enough for it
  second.k = 4;
  relabel(fixture, second, {0});
  // Home's witness is the record before; the disks that are away may write by that.
  const auto few = fixture.open({0, 1});
  CHECK(few->label().record.epoch == 2);
  CHECK(code_of(few->level_labels(fixture.signer, fixture.trusted())) == ErrorCode::too_few_disks);
  const auto enough = fixture.open({0, 1, 2});
  REQUIRE(enough->level_labels(fixture.signer, fixture.trusted()));
  CHECK(enough->labels_are_level());
}

TEST_CASE("opening stops at a power cut and changes nothing") {
  PoolFixture fixture(3);
  (void)fixture.create();
  std::vector<Bytes> before;
  for (const auto& disk : fixture.disks) before.push_back(disk->contents("label.a").value());
  const std::uint64_t begin = fixture.world.operations();
  (void)fixture.open(fixture.all());
  const std::uint64_t operations = fixture.world.operations() - begin;
  for (std::uint64_t at = 1; at <= operations; ++at) {
    fixture.world.cut_at(fixture.world.operations() + at);
    CHECK(code_of(fixture.try_open(fixture.all(), fixture.witness)) == ErrorCode::power_cut);
    fixture.world.crash({.seed = at});
  }
  for (std::size_t i = 0; i < 3; ++i) CHECK(fixture.disks[i]->contents("label.a") == before[i]);
}

// SPDX-License-Identifier: Apache-2.0
// Creating a pool: refusals that write nothing, and power cuts at every step.
#include "tests/unit/pool/pool_fixture.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

bool is_untouched(PoolFixture& fixture) {
  return std::ranges::all_of(fixture.disks, [](const auto& disk) {
    const auto entries = disk->list("");
    return entries && std::ranges::none_of(*entries, [](const ports::DirectoryEntry& entry) {
             return entry.name.starts_with("label") || entry.name == "packs" ||
                    entry.name == "probe.tmp";
           });
  });
}

ErrorCode refusal(PoolFixture& fixture, const CreateOptions& options = {}) {
  const ErrorCode code = code_of(fixture.try_create(options));
  CHECK(is_untouched(fixture));
  return code;
}

}  // namespace

TEST_CASE("a new pool has a label on every disk, by the options") {
  PoolFixture fixture(6);
  REQUIRE(fixture.disks[3]->make_directory("lost+found"));
  const auto pool = fixture.create();
  CHECK(pool->writable());
  CHECK(pool->members_present() == 6);
  CHECK(pool->quorum_copies() == 3);
  CHECK(pool->write_geometry() == erasure::Geometry{3, 2});
  CHECK(pool->label().record.spare > 0);
  const std::uint64_t capacity = pool->label().record.members[0].capacity;
  CHECK(pool->usable_bytes() > 2 * capacity);
  CHECK(pool->usable_bytes() <= 3 * capacity);
  for (const auto& disk : fixture.disks) {
    CHECK(disk->contents("label.a") == disk->contents("label.b"));
    CHECK(!disk->contents("probe.tmp"));
    CHECK(parse_label(disk->contents("label.a").value(), fixture.trusted()));
  }
}

TEST_CASE("nothing is written before every disk has passed every check") {
  PoolFixture fixture(3);
  sim::SimDisk& last = *fixture.disks[2];
  SECTION("no disk") {
    fixture.disks.clear();
    CHECK(refusal(fixture) == ErrorCode::too_few_disks);
  }
  SECTION("something lies there") {
    last.plant("holiday.jpg", Bytes(1));
    CHECK(refusal(fixture) == ErrorCode::disk_not_empty);
  }
  SECTION("one device") {
    last.set_device(fixture.disks[0]->device().value());
    CHECK(refusal(fixture) == ErrorCode::disk_same_device);
    CHECK(fixture.try_create({.same_device_allowed = true}));
  }
  SECTION("a disk that cannot be written") {
    last.set_read_only(true);
    CHECK(refusal(fixture) == ErrorCode::read_only);
  }
  SECTION("a disk without room") {
    fixture.settings.disk_reserve = kGiB;
    last.set_capacity(0);
    CHECK(refusal(fixture) == ErrorCode::no_space);
  }
  SECTION("too much asked of the geometry") {
    const CreateOptions options{.policy = GeometryPolicy::fixed, .fixed = {3, 1}};
    CHECK(refusal(fixture, options) == ErrorCode::bad_geometry);
  }
}

TEST_CASE("what a create would make is told without writing") {
  PoolFixture fixture(6);
  fixture.disks[0]->plant("probe.tmp", Bytes(1));  // of a create that was cut
  for (const auto& disk : fixture.disks) disk->set_read_only(true);
  const auto check = [&](const CreateOptions& options = {}) {
    return Pool::check_create(fixture.lend(fixture.all()), options, fixture.settings);
  };
  const auto geometry = check();
  REQUIRE(geometry);
  CHECK(*geometry == erasure::Geometry{3, 2});
  CHECK(code_of(check({.policy = GeometryPolicy::fixed, .fixed = {6, 1}})) ==
        ErrorCode::bad_geometry);
  fixture.disks[1]->plant("holiday.jpg", Bytes(1));
  CHECK(code_of(check()) == ErrorCode::disk_not_empty);
  CHECK(fixture.disks[0]->contents("probe.tmp"));
}

TEST_CASE("one directory given twice is noticed, also by another path") {
  PoolFixture fixture(2);
  const CreateOptions options{.same_device_allowed = true};
  CHECK(code_of(Pool::create(fixture.lend({0, 1, 0}), options, fixture.settings, fixture.signer,
                             fixture.random)) == ErrorCode::disk_given_twice);
  auto disks = fixture.lend({0, 1});
  disks.push_back(std::make_unique<BorrowedDisk>(*fixture.disks[0], fixture.counters, "/other"));
  const auto twice =
      Pool::create(std::move(disks), options, fixture.settings, fixture.signer, fixture.random);
  CHECK(code_of(twice) == ErrorCode::disk_given_twice);
  CHECK(is_untouched(fixture));
}

TEST_CASE("a disk with a label is never taken") {
  PoolFixture fixture(2);
  const auto pool = fixture.create();
  CHECK(code_of(fixture.try_create()) == ErrorCode::disk_foreign);
  CHECK(fixture.open(fixture.all())->members_present() == 2);
}

TEST_CASE("first labels of the box's own are taken over only where nothing else lies") {
  PoolFixture fixture(2);
  fixture.create();
  sim::SimDisk& disk = *fixture.disks[0];
  CreateOptions options{.trusted = fixture.trusted()};
  SECTION("labels alone") {
    CHECK(fixture.try_create(options));
    return;
  }
  SECTION("a keyring: the pool has come to life") {
    disk.plant("keyring", Bytes(8, 1));
  }
  SECTION("a pack") {
    disk.plant("packs/00/pack.shard", Bytes(8, 1));
  }
  SECTION("a later record") {
    LabelRecord record = parse_label(*disk.contents("label.b"), fixture.trusted()).value().record;
    record.epoch = 2;
    const DiskId id = record.members[0].disk;
    const Bytes later = encode_label(encode_record(record, fixture.signer), id, fixture.signer);
    disk.plant("label.b", later);
  }
  SECTION("a label that is none") {
    disk.plant("label.b", Bytes(8, 1));
  }
  SECTION("a label that is too large") {
    disk.plant("label.b", Bytes(kLabelSizeMax + 1, 1));
  }
  SECTION("of another box") {
    options.box = fixture.random.id<BoxId>();
  }
  SECTION("of another life of this one") {
    options.incarnation = 2;
  }
  SECTION("of another signer") {
    const keys::Signer other(fixture.random.key());
    options.trusted = keys::TrustedSigners(&other.public_key(), 1);
    CHECK(code_of(fixture.try_create(options)) == ErrorCode::disk_foreign);
    return;
  }
  const auto before = disk.files();
  CHECK(code_of(fixture.try_create(options)) == ErrorCode::disk_foreign);
  CHECK(disk.files() == before);
}

TEST_CASE("a create that fails in the middle gives the disks back") {
  PoolFixture counted(3);
  (void)counted.create();
  const std::uint64_t operations = counted.world.operations();
  for (std::uint64_t at = 1; at <= operations; ++at) {
    PoolFixture fixture(3);
    fixture.world.fail_at(at, ErrorCode::io);
    CHECK(code_of(fixture.try_create()) == ErrorCode::io);
    CHECK(fixture.try_create());
  }
}

TEST_CASE("power goes at every step of create") {
  PoolFixture counted(4);
  (void)counted.create();
  const std::uint64_t operations = counted.world.operations();
  for (std::uint64_t at = 1; at <= operations; ++at) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      PoolFixture fixture(4);
      fixture.world.cut_at(at);
      CHECK(code_of(fixture.try_create()) == ErrorCode::power_cut);
      fixture.world.crash({.seed = seed});

      std::size_t labels = 0;
      for (const auto& disk : fixture.disks) {
        const auto bytes = disk->contents("label.a");
        if (!bytes) continue;
        const auto label = parse_label(*bytes, fixture.trusted());
        REQUIRE(label);  // never torn
        fixture.id = label->record.pool;
        ++labels;
      }
      const auto opened = fixture.try_open(fixture.all(), {});
      CHECK(opened.has_value() == (labels > 0));
      if (labels == 4) CHECK((*opened)->writable());
      if (labels < 2) CHECK((!opened || !(*opened)->writable()));
      // Again, as a box without a pool does it; what the cut left becomes part of the new one.
      const auto again = fixture.try_create({.trusted = fixture.trusted()});
      REQUIRE(again);
      fixture.id = (*again)->label().record.pool;
      CHECK(fixture.open(fixture.all())->members_present() == 4);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/member_disk.h"

#include "tests/unit/pool/pool_fixture.h"

using namespace holdfast;
using namespace holdfast::pool;

TEST_CASE("room that is claimed is not offered twice, and comes back if it is not used") {
  PoolFixture fixture(1);
  fixture.disks[0]->set_capacity(16'000);
  fixture.settings.disk_reserve = 5000;
  MemberDisk disk(std::move(fixture.lend({0}).front()), {}, MemberState::member, fixture.settings);
  const std::uint64_t room = 15'000;  // a sixteenth is reserve
  CHECK(disk.room(false).value() == room);
  {
    RoomClaim used(disk, 4000);
    const RoomClaim unused(disk, 100'000);
    CHECK(disk.room(false).value() == 0);
    used.use();
  }
  CHECK(disk.room(false).value() == room - 4000);
  CHECK(disk.room(true).value() == room);  // nothing was written in truth
}

TEST_CASE("only what is the disk's fault counts against it") {
  PoolFixture fixture(1);
  MemberDisk disk(std::move(fixture.lend({0}).front()), {}, MemberState::member, fixture.settings);
  disk.note_read_failure(make_error(ErrorCode::not_found));
  disk.note_read_failure(make_error(ErrorCode::truncated));
  disk.note_write_failure(make_error(ErrorCode::no_space));
  CHECK(disk.takes_shards());
  CHECK(disk.room(false).value() > 0);  // not asked yet
  disk.note_write_failure(make_error(ErrorCode::no_space));
  CHECK(disk.room(false).value() == 0);
  Error no_files = make_error(ErrorCode::io);
  no_files.retryable = true;  // EMFILE
  for (const Error& own : {no_files, make_error(ErrorCode::out_of_memory)}) {
    disk.note_read_failure(own);
    disk.note_write_failure(own);
  }
  CHECK(disk.takes_shards());
  disk.note_read_failure(make_error(ErrorCode::io));
  CHECK(disk.errors() == 1);
  CHECK(!disk.takes_shards());
}

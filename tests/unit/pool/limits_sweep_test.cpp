// SPDX-License-Identifier: Apache-2.0
// A process at a limit of its own (no memory, no file descriptors) is told so at whatever operation
// of whatever call that happens: nothing is called lost, no disk is blamed, and the call passes
// once the limit is gone.
#include <functional>

#include "tests/unit/pool/heal_fixture.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

struct Call {
  const char* name;
  std::function<void(StoredPack&)> prepare;
  std::function<Result<void>(StoredPack&)> act;
};

void nothing(StoredPack& /*box*/) {}

// Two shards lie under right checksums: shapes and checksums all look well.
void lie(StoredPack& box) {
  box.forge(0);
  box.forge(4);
}

void rot_and_lose(StoredPack& box) {
  box.flip(1, kShardHeaderSize + 70);
  box.erase(2);
}

// Written while four disks were away, which are back.
void write_thin(StoredPack& box) {
  for (std::size_t gone = 2; gone < 6; ++gone) box.disks[gone]->vanish();
  box.pack = box.make_pack();
  box.hint = box.pool->write_pack(box.pack)->hint;
  for (std::size_t gone = 2; gone < 6; ++gone) box.disks[gone]->return_();
  box.reopen();
}

// A thin shape and a new one of which nothing is left but too few shards.
void write_two_shapes(StoredPack& box) {
  write_thin(box);
  const auto healed = box.heal();
  REQUIRE(healed);
  REQUIRE(healed->recoded);
  for (const std::uint8_t index : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}}) {
    const std::size_t disk = box.disk_of(box.pack.name, index, healed->recoded->generation);
    box.disks[disk]->erase(shard_path(box.pack.name, healed->recoded->generation, index));
  }
  box.hint = {healed->recoded->geometry, healed->recoded->generation};
}

template <class T>
Result<void> without_value(const Result<T>& result) {
  if (!result) return result.error();
  return {};
}

Result<void> read_all_ways(StoredPack& box) {
  HF_TRY(const auto handle, box.pool->open_pack(box.pack.name, box.hint));
  Bytes all(3000);
  HF_TRY(handle->read(0, all));
  HF_TRY(handle->read_checked(0, all));
  HF_TRY(const int present, handle->shards_present());
  CHECK(present >= 1);
  return without_value(handle->read_whole());
}

Result<void> list_all(StoredPack& box) {
  HF_TRY(box.pool->list_packs([](const FoundPack&) { return Result<void>(); }));
  return without_value(box.pool->census(box.pack.name.bytes[0]));
}

Result<void> use_copies(StoredPack& box) {
  const Bytes bytes(40, 7);
  HF_TRY(box.pool->store_copies("notes/one", bytes));
  HF_TRY(box.pool->load_copies("notes/one", 100, [](ByteView) { return true; }));
  return without_value(box.pool->list_copies("notes"));
}

Result<void> look_at_room(StoredPack& box) {
  HF_TRY(box.pool->free_bytes());
  return without_value(box.pool->room_on(box.id_at(0)));
}

Result<void> scrub_pack(StoredPack& box) {
  return without_value(box.scrub());
}

Result<void> heal_pack(StoredPack& box) {
  return without_value(box.heal());
}

Result<void> plan_a_disk(StoredPack& box) {
  return without_value(box.pool->check_new_disk(*box.disks.back(), false, true));
}

Result<void> level_labels(StoredPack& box) {
  return box.pool->level_labels(box.signer, box.trusted());
}

const std::vector<Call>& calls() {
  static const std::vector<Call> kCalls{
      {"scrub", rot_and_lose, scrub_pack},
      {"scrub of shards that lie", lie, scrub_pack},
      {"scrub of two shapes", write_two_shapes, scrub_pack},
      {"checksums", nothing, [](StoredPack& box) { return without_value(box.sum()); }},
      {"heal", rot_and_lose, heal_pack},
      {"heal of shards that lie", lie, heal_pack},
      {"heal of two shapes", write_two_shapes, heal_pack},
      {"coding anew", write_thin, heal_pack},
      {"reading", rot_and_lose, read_all_ways},
      {"reading shards that lie", lie, read_all_ways},
      {"reading two shapes", write_two_shapes, read_all_ways},
      {"listing", nothing, list_all},
      {"copies", nothing, use_copies},
      {"room", nothing, look_at_room},
      {"a new disk", [](StoredPack& box) { box.add_disk(); }, plan_a_disk},
      {"labels",
       [](StoredPack& box) {
         for (const std::size_t disk : {0U, 3U}) box.disks[disk]->erase("label.a");
         box.reopen();
       },
       level_labels},
      {"folders", nothing,
       [](StoredPack& box) { return without_value(box.pool->sync_shard_folders()); }},
  };
  return kCalls;
}

#ifdef HOLDFAST_SANITIZED
constexpr std::uint64_t kStride = 7;
#else
constexpr std::uint64_t kStride = 1;
#endif

std::uint64_t operations_of(const Call& call) {
  StoredPack box;
  call.prepare(box);
  const std::uint64_t begun = box.world.operations();
  REQUIRE(call.act(box));
  return box.world.operations() - begun;
}

}  // namespace

TEST_CASE("a process at its own limit is told so by every call, and blames no disk") {
  for (const Call& call : calls()) {
    const std::uint64_t operations = operations_of(call);
    REQUIRE(operations > 5);
    for (std::uint64_t at = 1; at <= operations; at += kStride) {
      CAPTURE(call.name, at);
      StoredPack box;
      call.prepare(box);
      std::uint64_t errors = 0;
      for (const DiskStatus& disk : box.pool->status()) errors += disk.errors;
      box.world.fail_at(box.world.operations() + at, ErrorCode::out_of_memory);
      CHECK(code_of(call.act(box)) == ErrorCode::out_of_memory);
      std::uint64_t errors_now = 0;
      for (const DiskStatus& disk : box.pool->status()) errors_now += disk.errors;
      CHECK(errors_now == errors);
      CHECK(call.act(box));
      const auto whole = box.pool->read_whole(box.pack.name, {});
      REQUIRE(whole);
      CHECK(std::ranges::equal(whole->view(), box.pack.bytes.view()));
    }
  }
}

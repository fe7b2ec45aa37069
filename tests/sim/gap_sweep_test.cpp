// SPDX-License-Identifier: Apache-2.0
// A backup while names are lost, cut and failed at every operation: what the source shows is stored
// all the same, and what only the lost names told of is taken in again when the disks are back
// (docs/decisions/0012).
#include <catch2/catch.hpp>

#include "tests/sim/lossy_box.h"

namespace holdfast::test {

namespace {

// b.wav is gone at the source: only the names on the disks that are away still tell of it. A new
// call waits to be stored.
class GapBox : public LossyBox {
 public:
  GapBox() {
    files.remove("/calls/b.wav");
    REQUIRE(backup());
    before_ = source();
    hide_newest_list();
    write("new.wav", noise(500));
  }

  // Whatever happened to the backup with the gap.
  void check_promises() {
    const auto gap = backup();
    INFO((gap ? "" : debug_text(gap.error())));
    REQUIRE(gap);
    CHECK(gap->has_gap);
    CHECK(*restore() == source());

    missing.clear();
    const auto whole = backup();
    INFO((whole ? "" : debug_text(whole.error())));
    REQUIRE(whole);
    CHECK_FALSE(whole->has_gap);
    CHECK(whole->problems.count == 0);
    CHECK(*restore() == source());
    CHECK(*restore(3) == before_);  // the snapshot before the disks went
    CHECK(restored_with_gone().contains("b.wav"));
  }

 private:
  // Three of the disks with its pack.
  void hide_newest_list() {
    catalog::PackRow newest;
    for (const catalog::PackRow& row : packs()) {
      if (row.pack.kind == pack::PackKind::meta && row.entry >= newest.entry) newest = row;
    }
    for (const auto& disk : disks) {
      for (std::uint8_t index = 0; index < 5 && missing.size() < 3; ++index) {
        const auto path = pool::shard_path(newest.pack.name, newest.hint.generation, index);
        if (disk->contents(path)) missing[disk->name()] = true;
      }
    }
    REQUIRE(missing.size() == 3);
  }
  Contents restored_with_gone() {
    const auto box = open();
    const auto business = (*box)->open_business("calls", vault::Access::read);
    REQUIRE(business);
    job::RestoreRequest request;
    request.selection.snapshot = *(*business)->find_snapshot({});
    request.selection.gone = true;
    request.target = "/all";
    const auto report = job::run_restore(**business, files, request);
    REQUIRE(report);
    CHECK(report->lost.count == 0);
    return read_tree("/all/calls");
  }
  Contents before_;
};

#ifdef HOLDFAST_SANITIZED
constexpr std::uint64_t kStride = 31;
#else
constexpr std::uint64_t kStride = 7;
#endif

std::uint64_t operations_of_a_gap() {
  GapBox box;
  const std::uint64_t before = box.world.operations();
  const auto report = box.backup();
  REQUIRE(report);
  REQUIRE(report->has_gap);
  return box.world.operations() - before;
}

}  // namespace

TEST_CASE("The power may go at every operation of a backup with a gap") {
  const std::uint64_t operations = operations_of_a_gap();
  REQUIRE(operations > 50);
  for (std::uint64_t cut = 1; cut <= operations; cut += kStride) {
    CAPTURE(cut);
    GapBox box;
    box.world.cut_at(box.world.operations() + cut);
    // What comes after the commit may be cut from a backup that is acknowledged.
    static_cast<void>(box.backup().has_value());
    box.world.crash({sim::CrashPolicy::random, cut});
    box.check_promises();
  }
}

TEST_CASE("An error at any operation of a backup with a gap loses nothing") {
  const std::uint64_t operations = operations_of_a_gap();
  for (std::uint64_t number = 2; number <= operations; number += kStride) {
    CAPTURE(number);
    GapBox box;
    box.world.fail_at(box.world.operations() + number, ErrorCode::io);
    static_cast<void>(box.backup().has_value());
    box.check_promises();
  }
}

}  // namespace holdfast::test

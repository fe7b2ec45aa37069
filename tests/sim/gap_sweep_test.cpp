// SPDX-License-Identifier: Apache-2.0
// A backup while names are lost, cut and failed at every operation: what the source shows is stored
// all the same, and what only the lost names told of is taken in again when the disks are back
// (docs/decisions/0012).
#include <catch2/catch.hpp>

#include "tests/sim/lossy_box.h"
#include "tests/sim/sweep.h"

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

constexpr Strides kStrides{7, 3, 61, 31};
constexpr Strides kCutStrides{3, 1, 31, 11};

std::unique_ptr<GapBox> make_box() {
  return std::make_unique<GapBox>();
}

Result<job::BackupReport> back_up(GapBox& box) {
  auto report = box.backup();
  if (report) CHECK(report->has_gap);
  return report;
}

void check_after(GapBox& box, const Result<job::BackupReport>& /*answer*/) {
  box.check_promises();
}

}  // namespace

TEST_CASE("The power may go at every operation of a backup with a gap") {
  sweep_cuts({stride_of(kCutStrides)}, make_box, back_up, check_after);
}

TEST_CASE("An error at any operation of a backup with a gap loses nothing") {
  sweep_errors({stride_of(kStrides), 2}, make_box, back_up, check_after);
}

}  // namespace holdfast::test

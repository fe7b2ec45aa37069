// SPDX-License-Identifier: Apache-2.0
// A long backup that commits partial snapshots on its way, and is cut or fails at every operation
// (P2): what each of them promised comes back, and the next backup goes on from the newest.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/sim/ready_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

constexpr int kCalls = 24;

std::string name_of(int call) {
  return "call" + std::to_string(100 + call) + ".wav";
}

std::uint64_t bytes_of(const Contents& contents) {
  std::uint64_t bytes = 0;
  for (const auto& [path, content] : contents) bytes += content.size();
  return bytes;
}

// Every item takes longer than the time between two partial snapshots.
class LongBox : public ReadyBox {
 public:
  LongBox() {
    clock.advance(3'600'000'000'000);
    for (int call = 0; call < kCalls; ++call) write(name_of(call), content(call, 1));
  }

  std::int64_t partial_interval_ns = 0;
  journal::Head acknowledged;  // the newest entry, as the run that just ended knew it

  Result<job::BackupReport> backup() {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::write));
    job::BackupRequest request;
    request.definition.name = "calls";
    request.definition.kind = kind;
    request.definition.sources.push_back({"calls", "/calls", {}, false, {}, 0});
    request.partial_interval_ns = partial_interval_ns;
    auto report = job::run_backup(*business, files, request);
    acknowledged = business->journal().head();
    return report;
  }

  static std::string content(int call, int version) {
    return std::string(600, static_cast<char>('a' + call)) + std::to_string(version);
  }
  // So that no date is near to a run.
  void let_pass() { clock.advance(3'600'000'000'000); }

  void change_some() {
    for (int call = 2; call < kCalls; call += 5) write(name_of(call), content(call, 2));
    write("call1095.wav", "new in the middle");
    write("zz.wav", "new at the end");
  }
  void change_all_but_last() {
    for (int call = 0; call < kCalls; ++call) write(name_of(call), content(call, 3));
  }

  std::vector<catalog::SnapshotRow> snapshots() {
    const auto box = open();
    REQUIRE(box);
    const auto business = (*box)->open_business("calls", vault::Access::read);
    INFO((business ? "" : debug_text(business.error())));
    REQUIRE(business);
    return *(*business)->snapshots();
  }

  // Everything that a snapshot counts is in it, and it has all that the one before had.
  void check_snapshots() {
    Contents before;
    for (const catalog::SnapshotRow& row : snapshots()) {
      CAPTURE(row.head.number, row.body.complete);
      const auto restored = restore(row.head.number);
      INFO((restored ? "" : debug_text(restored.error())));
      REQUIRE(restored);
      const journal::SnapshotCounts& counts = row.body.counts;
      // One that never could be read is counted, and there is nothing of it.
      CHECK(restored->size() + counts.items_unreadable >= counts.items);
      if (counts.items_unreadable == 0) {
        CHECK(restored->size() == counts.items);
        CHECK(counts.items_new + counts.items_changed + counts.items_unchanged == counts.items);
        CHECK(bytes_of(*restored) == counts.bytes);
      }
      for (const auto& [path, content] : before) CHECK(restored->contains(path));
      before = *restored;
    }
  }
};

std::uint64_t operations_of(LongBox& box) {
  const std::uint64_t before = box.world.operations();
  const auto report = box.backup();
  REQUIRE(report);
  REQUIRE(report->partial_snapshots >= 3);
  return box.world.operations() - before;
}

// A run with partial snapshots has some thousand operations.
constexpr Strides kStrides{53, 23, 307, 127};
constexpr Strides kCutStrides{19, 5, 101, 41};

// `second`: of a backup that has a snapshot to go on from.
std::unique_ptr<LongBox> make_box(bool second) {
  auto box = std::make_unique<LongBox>();
  if (second) {
    REQUIRE(box->backup());
    box->let_pass();
    box->change_some();
    box->let_pass();
  }
  box->partial_interval_ns = second ? 2'000'000 : 10'000'000;
  return box;
}

void check_promises(LongBox& box, const std::vector<catalog::SnapshotRow>& acknowledged) {
  const auto rows = box.snapshots();
  const auto is_there = [&](const journal::Head& head) {
    return std::ranges::any_of(rows, [&](const auto& row) { return row.head == head; });
  };
  for (const catalog::SnapshotRow& row : acknowledged) CHECK(is_there(row.head));
  if (box.acknowledged.number > 1) CHECK(is_there(box.acknowledged));  // the first is the policy
  box.check_snapshots();
  const auto next = box.backup();
  INFO((next ? "" : debug_text(next.error())));
  REQUIRE(next);
  CHECK_FALSE(next->partial);
  CHECK(*box.restore() == box.source());
}

// `sweep`: sweep_cuts or sweep_errors. What the box had before is acknowledged.
template <class SweepAll>
void sweep_runs(const SweepAll& sweep, const Strides& strides) {
  for (const bool second : {false, true}) {
    CAPTURE(second);
    std::vector<catalog::SnapshotRow> before;
    const auto make = [&] {
      auto box = make_box(second);
      if (second) before = box->snapshots();
      return box;
    };
    const auto back_up = [](LongBox& box) { return box.backup(); };
    const auto check = [&](LongBox& box, const auto& /*answer*/) { check_promises(box, before); };
    sweep(Sweep{stride_of(strides)}, make, back_up, check);
  }
}

}  // namespace

TEST_CASE("A long backup commits what it has on its way, and goes on") {
  const auto box = make_box(false);
  const auto report = box->backup();
  REQUIRE(report);
  CHECK_FALSE(report->partial);
  CHECK(report->partial_snapshots >= 3);
  const auto rows = box->snapshots();
  REQUIRE(rows.size() == report->partial_snapshots + 1);
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    CHECK_FALSE(rows[i].body.complete);
    CHECK(rows[i].body.counts.items < kCalls);
    if (i > 0) CHECK(rows[i].body.counts.items > rows[i - 1].body.counts.items);
    if (i > 0) CHECK(rows[i].body.previous_snapshot == rows[i - 1].head.digest);
  }
  CHECK(rows.back().body.complete);
  CHECK(rows.back().body.previous_snapshot == rows[rows.size() - 2].head.digest);
  box->check_snapshots();
  CHECK(*box->restore() == box->source());
}

TEST_CASE("A partial snapshot has all that the one before it had") {
  const auto box = make_box(true);
  const auto before = box->restore();
  REQUIRE(before);
  const auto report = box->backup();
  REQUIRE(report);
  REQUIRE(report->partial_snapshots >= 2);
  box->check_snapshots();
  for (const catalog::SnapshotRow& row : box->snapshots()) {
    const auto restored = box->restore(row.head.number);
    REQUIRE(restored);
    for (const auto& [path, content] : *before) CHECK(restored->contains(path));
  }
}

TEST_CASE("While nothing new is found nothing is committed on the way") {
  const auto box = make_box(true);
  REQUIRE(box->backup());
  const std::size_t entries = box->snapshots().size();
  box->let_pass();
  const auto report = box->backup();
  REQUIRE(report);
  CHECK(report->partial_snapshots == 0);
  CHECK_FALSE(report->entry_written);
  CHECK(box->snapshots().size() == entries);
}

TEST_CASE("What a partial snapshot has is not read again by the next backup") {
  const auto box = make_box(false);
  const std::uint64_t operations = operations_of(*make_box(false));
  box->world.cut_at(box->world.operations() + operations * 3 / 4);
  REQUIRE_FALSE(box->backup());
  box->world.crash({sim::CrashPolicy::drop_unsynced, 1});
  const auto rows = box->snapshots();
  REQUIRE_FALSE(rows.empty());
  REQUIRE_FALSE(rows.back().body.complete);
  box->let_pass();
  const auto next = box->backup();
  REQUIRE(next);
  CHECK(next->counts.items_unchanged == rows.back().body.counts.items);
  CHECK(next->bytes_read == (kCalls - rows.back().body.counts.items) * 601);
}

TEST_CASE("What changed behind the place that a partial snapshot came to is seen by the next") {
  const auto box = make_box(false);
  box->partial_interval_ns = 0;
  // Written again in the very tick in which it is stored: only another look tells.
  box->write("zz.wav", "first");
  sim::FileNode& file = box->files.node("/calls/zz.wav");
  file.status.mtime_ns = box->clock.now().ns;
  file.status.ctime_ns = file.status.mtime_ns;
  REQUIRE(box->backup());
  const std::string other = "other";
  file.bytes = Bytes(other.begin(), other.end());
  box->let_pass();
  box->change_all_but_last();
  box->partial_interval_ns = 10'000'000;
  box->world.cut_at(box->world.operations() + 700);
  REQUIRE_FALSE(box->backup());
  box->world.crash({sim::CrashPolicy::drop_unsynced, 1});
  REQUIRE_FALSE(box->snapshots().back().body.complete);
  box->let_pass();
  REQUIRE(box->backup());
  CHECK(*box->restore() == box->source());
}

TEST_CASE("The power may go at every operation of a backup with partial snapshots") {
  sweep_runs([](auto&&... parts) { sweep_cuts(parts...); }, kCutStrides);
}

TEST_CASE("An error at any operation of a backup with partial snapshots breaks none of them") {
  sweep_runs([](auto&&... parts) { sweep_errors(parts...); }, kStrides);
}

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// A hot business with rows: backups of paths are the newest nearly always. What is over ends all
// the same where rows tell, and small packs are put together where they do not.
#include "firmware/job/prune.h"
#include "firmware/job/scrub.h"
#include "firmware/job/verify.h"
#include "tests/sim/indexed_box.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;

struct HotRowsBox : IndexedBox {
  static constexpr int kRunsADay = 12;

  HotRowsBox() {
    full_interval_ns = 0;
    REQUIRE(writing()->confirm_time(clock.now()));
    tell();
    backed_up();
  }

  std::unique_ptr<vault::Business> writing() { return business(vault::Access::write); }
  std::unique_ptr<vault::Business> business(vault::Access access = vault::Access::read) {
    opened_ = open().value();
    return opened_->open_business("calls", access).value();
  }
  // Rows tell of all calls there are, and of as many more.
  void tell() {
    std::string text = header();
    for (int number = 1; number <= last_ + 3; ++number) text += row(call(number));
    write_rows("report.csv", text);
  }
  void run_hot() {
    const Call made = call(++last_);
    record(made);
    only_paths = {"calls/" + RecordsBox::name_of(made)};
    CHECK(backed_up().problems.count == 0);
    only_paths.clear();
    clock.advance(kDay_ns / kRunsADay);
  }
  // A backup of everything, which alone takes rows, and hot runs until the next one.
  void live_a_day() {
    tell();
    backed_up();
    for (int run = 0; run < kRunsADay; ++run) run_hot();
  }
  // Of items nothing ends by time; of snapshots the last two stay.
  job::PruneRequest asked(bool packs_only = true) {
    job::PruneRequest made;
    made.definition = definition();
    made.definition.retention.classes[0] = {30, policy::ItemDate::change};
    made.definition.retention.snapshots = policy::SnapshotRetention{2, 0, 0, 0, 0, {}, "UTC"};
    made.lock_days[0] = 0;
    made.now = clock.now();
    made.is_trusted = true;
    made.packs_only = packs_only;
    return made;
  }
  job::PrunePlan plan(const job::PruneRequest& request) {
    auto made = job::plan_prune(*business(), request);
    INFO((made ? "" : debug_text(made.error())));
    REQUIRE(made);
    return std::move(*made);
  }
  job::PruneReport prune(const job::PruneRequest& request) {
    auto report = job::run_prune(*writing(), request);
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    return std::move(*report);
  }
  std::size_t count_packs() {
    std::size_t count = 0;
    REQUIRE(business()->with_catalog([&](catalog::Catalog& catalog) {
      return catalog.for_each_pack([&](const catalog::PackRow& /*row*/) -> Result<void> {
        ++count;
        return {};
      });
    }));
    return count;
  }
  std::size_t count_shards() {
    std::size_t count = 0;
    for (const auto& disk : disks) {
      for (const std::string& path : disk->files()) count += path.ends_with(".shard") ? 1 : 0;
    }
    return count;
  }
  std::vector<catalog::SnapshotRow> snapshots() { return business()->snapshots().value(); }
  void check_every_snapshot() {
    for (const catalog::SnapshotRow& row : snapshots()) {
      CAPTURE(row.head.number);
      job::VerifyRequest asked;
      asked.snapshot = row;
      const auto verified = job::run_verify(*business(), asked);
      REQUIRE(verified);
      CHECK(verified->lost.count == 0);
      CHECK(verified->items == verified->items_total);
    }
  }
  void check_bears_two_disks() {
    for (std::size_t a = 0; a < disks.size(); ++a) {
      for (std::size_t b = a + 1; b < disks.size(); ++b) {
        CAPTURE(a, b);
        missing = {{disks[a]->name(), true}, {disks[b]->name(), true}};
        CHECK(restore().value() == source());
      }
    }
    missing.clear();
  }

  static std::string path_of(int number) {
    return "calls/" + RecordsBox::name_of(RecordsBox::call(number));
  }

  int last_ = 0;

 private:
  std::unique_ptr<vault::Box> opened_;
};

std::vector<job::FreezeReason> reasons_of(const job::PrunePlan& plan) {
  std::vector<job::FreezeReason> reasons;
  for (const job::Freeze& freeze : plan.frozen) reasons.push_back(freeze.reason);
  return reasons;
}

}  // namespace

TEST_CASE("Of days of hot runs with rows few packs are left, and nothing ends") {
  HotRowsBox box;
  std::size_t snapshots = box.snapshots().size();
  std::size_t there = box.count_packs();
  std::size_t brought = there;
  for (int day = 1; day <= 6; ++day) {
    CAPTURE(day);
    box.live_a_day();
    snapshots += HotRowsBox::kRunsADay + 1;
    const auto answers = box.answers();
    const std::size_t before = box.count_packs();
    brought += before - there;
    const job::PrunePlan planned = box.plan(box.asked());
    CHECK(planned.frozen.empty());
    CHECK(planned.packs.joined >= 8);
    const job::PruneReport done = box.prune(box.asked());
    REQUIRE(done.entry);
    CHECK(done.is_done());
    CHECK_FALSE(done.is_refused());
    CHECK(done.plan.entry.items.empty());
    CHECK(done.plan.entry.snapshots.empty());
    CHECK(done.repacked.packs == planned.packs.repacked);
    CHECK(box.count_packs() < before);
    CHECK(box.snapshots().size() == snapshots);
    // A second one may find more to put together: once, and few.
    if (!box.plan(box.asked()).is_empty()) CHECK(box.prune(box.asked()).repacked.packs < 20);
    CHECK(box.plan(box.asked()).is_empty());
    CHECK(box.answers() == answers);
    CHECK(box.restore().value() == box.source());
    there = box.count_packs();
  }
  CHECK(there * 2 < brought);  // all snapshots are there, and packs are tiny
  box.check_every_snapshot();
  box.check_bears_two_disks();
  // Bytes go a day later, by the next one.
  const std::size_t many = box.count_shards();
  box.clock.advance(2 * kDay_ns);
  CHECK(box.prune(box.asked()).removed.packs > 0);
  CHECK(box.count_shards() < many);
  REQUIRE(box.writing()->rebuild_catalog({}));
  CHECK(box.snapshots().size() == snapshots);
  box.check_every_snapshot();
  box.check_bears_two_disks();
}

TEST_CASE("A prune that must let nothing end writes packs anew all the same, and says what waits") {
  HotRowsBox box;
  box.live_a_day();
  box.files.remove("/calls/" + RecordsBox::name_of(RecordsBox::call(1)));
  box.backed_up();
  box.clock.advance(60 * kDay_ns);
  REQUIRE(box.writing()->confirm_time(box.clock.now()));
  box.run_hot();
  box.lose_index();
  const std::size_t snapshots = box.snapshots().size();
  const job::PruneReport done = box.prune(box.asked(false));
  CHECK(reasons_of(done.plan) == std::vector{job::FreezeReason::rows_not_indexed});
  CHECK(done.plan.packs_only);
  REQUIRE(done.plan.has_ends());
  CHECK(done.is_refused());
  CHECK_FALSE(done.is_done());
  REQUIRE(done.entry);
  CHECK(done.repacked.packs >= 8);
  CHECK(box.snapshots().size() == snapshots);
  box.check_every_snapshot();
  // And once rows are known it ends.
  box.tell();
  box.backed_up();
  const job::PruneReport then = box.prune(box.asked(false));
  CHECK(then.plan.frozen.empty());
  CHECK_FALSE(then.plan.entry.snapshots.empty());
  CHECK(box.snapshots().size() == 2);
  box.check_every_snapshot();
}

TEST_CASE("Behind hot runs what is over ends, by the rows of the last backup of everything") {
  HotRowsBox box;
  box.live_a_day();
  box.tell();
  const std::uint64_t whole = box.backed_up().snapshot.number;
  const auto see = [&](int number) {
    box.only_paths = {HotRowsBox::path_of(number)};
    box.backed_up();
    box.only_paths.clear();
  };
  const auto remove = [&](int number) {
    box.files.remove("/" + HotRowsBox::path_of(number));
    see(number);
  };
  remove(1);
  // Both have come since: a call, and other bytes with a name of then.
  box.run_hot();
  remove(box.last_);
  box.write(RecordsBox::name_of(RecordsBox::call(2)), "another call");
  see(2);
  remove(2);
  box.clock.advance(60 * kDay_ns);
  REQUIRE(box.writing()->confirm_time(box.clock.now()));
  job::PruneRequest asked = box.asked(false);
  asked.definition.retention.classes[0].date = policy::ItemDate::call;
  const job::PruneReport done = box.prune(asked);
  CHECK(done.plan.frozen.empty());
  CHECK(done.is_done());
  CHECK(done.plan.going_paths == std::vector{HotRowsBox::path_of(1)});
  CHECK(done.plan.items.reasons.at({policy::ItemReason::no_date, 0U}).items == 2);
  // The index's own snapshot is there still, beside the last two.
  CHECK(box.snapshots().size() == 3);
  CHECK(box.snapshots().front().head.number == whole);
  CHECK(box.plan(asked).frozen.empty());
  box.check_every_snapshot();
}

TEST_CASE("What is about the pool, or the day that bytes wait, stops packs too") {
  HotRowsBox box;
  box.live_a_day();
  const std::size_t there = box.count_packs();
  job::PruneRequest asked = box.asked();
  job::FreezeReason reason{};
  SECTION("a disk that is away") {
    box.missing[box.disks[2]->name()] = true;
    reason = job::FreezeReason::disks_absent;
  }
  SECTION("a time that nobody has confirmed") {
    asked.is_trusted = false;
    reason = job::FreezeReason::time_unconfirmed;
  }
  const job::PrunePlan plan = box.plan(asked);
  CHECK(reasons_of(plan) == std::vector{reason});
  CHECK(plan.is_frozen());
  if (reason == job::FreezeReason::disks_absent) {
    const auto done = job::run_prune(*box.writing(), asked);
    CHECK((!done || (done->is_stopped() && !done->entry && !done->is_done())));
  }
  box.missing.clear();
  CHECK(box.count_packs() == there);
}

TEST_CASE("Rows that are missing, and a definition of now, do not stop what lets nothing end") {
  HotRowsBox box;
  box.live_a_day();
  box.lose_index();
  job::PruneRequest asked = box.asked();
  CHECK(box.plan(asked).frozen.empty());
  CHECK(box.prune(asked).repacked.packs >= 8);
  for (const auto reason : {job::FreezeReason::rows_not_indexed, job::FreezeReason::rows_missing,
                            job::FreezeReason::holds_on_keys, job::FreezeReason::keys_too_wide,
                            job::FreezeReason::not_backed_up}) {
    CHECK(job::is_about_ends(reason));
  }
  for (const auto reason : {job::FreezeReason::disks_absent, job::FreezeReason::packs_lost,
                            job::FreezeReason::entries_lost, job::FreezeReason::names_lost,
                            job::FreezeReason::newest_has_gap, job::FreezeReason::packs_needed,
                            job::FreezeReason::packs_thin, job::FreezeReason::time_unconfirmed}) {
    CHECK_FALSE(job::is_about_ends(reason));
  }
}

}  // namespace holdfast::test

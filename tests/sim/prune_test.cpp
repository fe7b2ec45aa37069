// SPDX-License-Identifier: Apache-2.0
// What a prune would take away of a whole box, against a plain look at all that is stored.
#include <catch2/catch.hpp>
#include <set>

#include "firmware/job/browse.h"
#include "firmware/pack/format.h"
#include "tests/sim/prune_box.h"

namespace holdfast::test {

namespace {

std::set<std::uint64_t> staying(const job::PrunePlan& plan) {
  std::set<std::uint64_t> numbers;
  for (const job::PlannedSnapshot& each : plan.snapshots) {
    if (!goes(each.verdict.reason)) numbers.insert(each.head.number);
  }
  return numbers;
}

// Content packs without a chunk of an item that some snapshot which stays has, and that does not
// go, by listing every one of them.
std::uint64_t naive_condemned(vault::Business& business, const job::PrunePlan& plan) {
  const std::set<std::string> going(plan.going_paths.begin(), plan.going_paths.end());
  std::set<Digest> needed;
  const auto rows = business.snapshots().value();
  for (const catalog::SnapshotRow& row : rows) {
    if (!staying(plan).contains(row.head.number)) continue;
    const auto listed = job::list_items(
        business, row, "", true, nullptr, [&](const vault::Item& item) -> Result<void> {
          for (const auto& chunk : item.chunks) {
            if (going.contains(item.path)) continue;
            needed.insert(pack::chunk_name(business.id_key(), chunk.digest));
          }
          return {};
        });
    REQUIRE(listed);
  }
  std::uint64_t condemned = 0;
  REQUIRE(business.with_catalog([&](catalog::Catalog& catalog) {
    return catalog.for_each_pack([&](const catalog::PackRow& pack) -> Result<void> {
      if (pack.pack.kind != pack::PackKind::content) return {};
      bool is_needed = false;
      for (const auto& chunk : catalog.chunks_of(pack.pack.name).value()) {
        is_needed = is_needed || needed.contains(chunk.name);
      }
      condemned += is_needed ? 0 : 1;
      return {};
    });
  }));
  return condemned;
}

}  // namespace

TEST_CASE("Without rules nothing goes, and every pack is needed") {
  PruneBox box;
  box.write_days(1, 6);
  for (const int day : {1, 2, 3}) box.remove(day);
  REQUIRE(box.backup());
  job::PruneRequest request = box.request();
  request.definition.retention = {};
  const job::PrunePlan plan = box.plan(request);
  CHECK(plan.going == 0);
  CHECK(plan.packs.condemned == 0);
  CHECK(plan.packs.repacked == 0);
  CHECK(plan.packs.bytes_left == 0);
  CHECK(plan.frozen.empty());
  CHECK(staying(plan).size() == plan.snapshots.size());
}

TEST_CASE("The packs that go are those that a plain look finds to be needed by nothing") {
  PruneBox box;
  box.write_days(1, 9);
  for (const int day : {1, 2, 3, 7}) box.remove(day);
  REQUIRE(box.backup());
  job::PruneRequest request = box.request();
  request.definition.retention.snapshots = policy::SnapshotRetention{2, 0, 0, 0, 0, {}, "UTC"};
  const job::PrunePlan plan = box.plan(request);
  CHECK(plan.going == 4);
  CHECK(staying(plan).size() == 2);
  // Nothing was written.
  CHECK(box.plan(request).packs.condemned == plan.packs.condemned);
  const auto opened = box.business();
  const std::uint64_t condemned = naive_condemned(*opened, plan);
  CHECK(condemned >= 3);
  // Packs of trees of the snapshots that go come on top.
  CHECK(plan.packs.condemned >= condemned);
  CHECK(plan.packs.bytes_freed() > 3 * 900);
}

// Each time it is backed up as it stands then.
struct MirrorBox : PruneBox {
  MirrorBox() { kind = source::BusinessKind::mirror; }
  void back_up(std::initializer_list<int> days) {
    for (const auto& [name, day] : files_) files.remove("/calls/" + name);
    files_.clear();
    for (const int day : days) {
      const std::string name = "file" + std::to_string(day / 10) + ".wav";
      files_.emplace_back(name, day);
      write(name, text_of_day(day));
    }
    REQUIRE(backup());
    clock.set(Timestamp{clock.now().ns + kDay_ns});
  }
  void hold(std::size_t place) {
    const auto opened = business(vault::Access::write);
    const journal::Head head = opened->snapshots().value().at(place).head;
    REQUIRE(opened->hold(journal::HoldScope::snapshot,
                         journal::hold_value(head.number, head.digest), "audit"));
  }
  job::PruneRequest mirror_request() {
    job::PruneRequest made = request();
    made.definition.kind = source::BusinessKind::mirror;
    made.definition.retention.classes.clear();
    return made;
  }

 private:
  std::vector<std::pair<std::string, int>> files_;
};

// Numbers of texts: the second digit tells versions of one file.
TEST_CASE("Every version stays that some snapshot has, and nothing else") {
  MirrorBox box;
  box.back_up({11, 21, 31});
  box.back_up({12, 21, 31});
  box.back_up({13, 22, 41});
  const job::PrunePlan plan = box.plan(box.mirror_request());
  CHECK(staying(plan).size() == 3);
  CHECK(plan.packs.condemned == 0);
  CHECK(plan.packs.bytes_left == 0);
}

TEST_CASE("What a snapshot has in common with one that goes stays with it") {
  MirrorBox box;
  box.back_up({21, 31});
  box.back_up({11, 21, 31});
  box.back_up({12, 21, 31, 51});
  box.back_up({13, 41});
  box.hold(1);
  job::PruneRequest request = box.mirror_request();
  request.definition.retention.snapshots = policy::SnapshotRetention{1, 0, 0, 0, 0, {}, "UTC"};
  const job::PrunePlan plan = box.plan(request);
  CHECK(staying(plan).size() == 2);
  const auto opened = box.business();
  std::uint64_t condemned = 0;
  for (const journal::CondemnedPack& each : plan.entry.packs) {
    const auto row = opened->with_catalog(
        [&](catalog::Catalog& catalog) { return catalog.find_pack(each.name); });
    condemned += row.value()->pack.kind == pack::PackKind::content ? 1 : 0;
  }
  CHECK(condemned == naive_condemned(*opened, plan));
  CHECK(condemned == 1);
}

TEST_CASE("A mirror's items go with the last snapshot that has them, and a lock keeps that") {
  PruneBox box;
  box.kind = source::BusinessKind::mirror;
  box.write_days(1, 3);
  box.remove(1);
  REQUIRE(box.backup());
  job::PruneRequest request = box.request();
  request.definition.kind = source::BusinessKind::mirror;
  request.definition.retention.classes.clear();
  request.definition.retention.snapshots = policy::SnapshotRetention{1, 0, 0, 0, 0, {}, "UTC"};
  const job::PrunePlan plan = box.plan(request);
  CHECK(plan.going == 0);
  CHECK(staying(plan).size() == 1);
  CHECK(plan.packs.condemned >= 1);
  request.lock_days[0] = 10'000;
  const job::PrunePlan locked = box.plan(request);
  CHECK(staying(locked).size() == 2);
  CHECK(locked.snapshots[2].verdict.reason == policy::SnapshotReason::locked);
  // What was stored under that class stays locked, whatever class its source has now.
  request.definition.sources[0].retention_class = 1;
  request.lock_days[1] = 0;
  const job::PrunePlan moved = box.plan(request);
  CHECK(staying(moved) == staying(locked));
  CHECK(moved.snapshots[2].verdict.reason == policy::SnapshotReason::locked);
}

TEST_CASE("What trusted time was behind when a snapshot was made is no age of its lock") {
  PruneBox box;
  box.kind = source::BusinessKind::mirror;
  box.write("first.wav", "there is a time to confirm");
  REQUIRE(box.backup());
  box.confirm_time();
  box.clock.restart(90 * kDay_ns);
  box.write_days(1, 3);
  box.remove(1);
  REQUIRE(box.backup());
  REQUIRE(box.business()->newest_snapshot().value()->body.trusted.ns <
          box.clock.now().ns - 85 * kDay_ns);
  job::PruneRequest request = box.request();
  request.definition.kind = source::BusinessKind::mirror;
  request.definition.retention.classes.clear();
  request.definition.retention.snapshots = policy::SnapshotRetention{1, 0, 0, 0, 0, {}, "UTC"};
  request.lock_days[0] = 60;
  // As confirmations bring it up to the true one within days.
  request.now = Timestamp{box.clock.now().ns + 3 * kDay_ns};
  const auto is_locked = [](const job::PlannedSnapshot& each) {
    return each.verdict.reason == policy::SnapshotReason::locked;
  };
  CHECK(std::ranges::count_if(box.plan(request).snapshots, is_locked) == 1);
  request.now = Timestamp{box.clock.now().ns + 61 * kDay_ns};
  CHECK(std::ranges::count_if(box.plan(request).snapshots, is_locked) == 0);
}

TEST_CASE("A clock that was set back takes no lock off what could not be looked at since") {
  PruneBox box;
  box.kind = source::BusinessKind::mirror;
  box.files.add_folder("/calls/sub");
  box.write("sub/a.wav", "as it was");
  box.files.node("/calls/sub/a.wav").status.mtime_ns = SimBox::start().ns;
  box.files.node("/calls/sub/a.wav").status.ctime_ns = SimBox::start().ns;
  box.clock.set(Timestamp{SimBox::start().ns - 400 * kDay_ns});
  REQUIRE(box.backup());
  box.clock.set(Timestamp{SimBox::start().ns + 10 * kDay_ns});
  box.world.ask([](const sim::Moment& now) -> std::optional<ErrorCode> {
    const bool is_listing = now.where == "/calls/sub" && now.name.starts_with("list");
    return is_listing ? std::optional(ErrorCode::io) : std::nullopt;
  });
  const auto unread = box.backup();
  box.world.ask({});
  REQUIRE(unread);
  REQUIRE(unread->problems.count == 1);
  box.write("b.wav", "so that there is a snapshot");
  box.write("sub/a.wav", "encrypted by somebody");
  REQUIRE(box.backup());
  job::PruneRequest request = box.request();
  request.definition.kind = source::BusinessKind::mirror;
  request.definition.retention.classes.clear();
  request.definition.retention.snapshots = policy::SnapshotRetention{1, 0, 0, 0, 0, {}, "UTC"};
  request.lock_days[0] = 10'000;
  const job::PrunePlan plan = box.plan(request);
  REQUIRE(plan.snapshots.size() >= 2);
  std::set<std::string> kept;
  for (const std::uint64_t number : staying(plan)) {
    const auto contents = box.restore(number).value();
    const auto found = contents.find("sub/a.wav");
    if (found != contents.end()) kept.insert(std::string(text_of(found->second)));
  }
  CHECK(kept == std::set<std::string>{"as it was", "encrypted by somebody"});
}

TEST_CASE("A clock that was set back leaves no file out") {
  PruneBox box;
  box.write_days(1, 3);
  for (const std::int64_t days : {-400, 800, -1000}) {
    CAPTURE(days);
    box.clock.set(Timestamp{box.clock.now().ns + days * kDay_ns});
    const std::string name = "new" + std::to_string(days + 2000) + ".wav";
    box.write(name, "dated as the source says");
    box.files.node("/calls/" + name).status.mtime_ns = SimBox::start().ns;
    const auto done = box.backup();
    REQUIRE(done);
    CHECK(done->counts.items_new == 1);
    CHECK(done->counts.items_changing == 0);
    CHECK_FALSE(done->partial);
    CHECK(done->problems.count == 0);
    CHECK(box.restore().value() == box.source());
    // And what is written once more is read once more.
    box.write(name, "with other bytes");
    box.files.node("/calls/" + name).status.mtime_ns = SimBox::start().ns;
    const auto again = box.backup();
    REQUIRE(again);
    CHECK(again->counts.items_changed == 1);
    CHECK(box.restore().value() == box.source());
  }
}

TEST_CASE("What was lost or is away freezes the plan") {
  PruneBox box;
  box.write_days(1, 3);
  box.missing[box.disks[0]->name()] = true;
  const job::PrunePlan plan = box.plan(box.request());
  REQUIRE(plan.frozen.size() == 1);
  CHECK(plan.frozen.front().reason == job::FreezeReason::disks_absent);
  for (std::size_t i = 1; i < 4; ++i) box.missing[box.disks[i]->name()] = true;
  const auto opened = box.business();
  const auto lost = job::plan_prune(*opened, box.request());
  REQUIRE(lost);
  const bool names_lost = std::ranges::any_of(lost->frozen, [](const job::Freeze& freeze) {
    return freeze.reason == job::FreezeReason::names_lost;
  });
  CHECK(names_lost);
  for (const job::PlannedSnapshot& each : lost->snapshots) CHECK_FALSE(goes(each.verdict.reason));
}

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// Small packs, as backups of what just came write them, are put together, so that a box that runs
// for years has few; and what is in them is never in danger.
#include <cstdlib>

#include "tests/sim/mixed_box.h"

namespace holdfast::test {

namespace {

using Kind = std::pair<std::uint32_t, pack::PackKind>;

// Calls come one by one, and each is backed up at once. Packs hold 4 KiB, and a call is small.
struct HotBox : PruneBox {
  static constexpr int kRunsADay = 12;

  explicit HotBox(bool keeps_catalog = true) {
    if (keeps_catalog) settings.catalog_directory = folder_.path();
    confirm_time();
    write("first.wav", "the first call");
    REQUIRE(backup());
  }

  void run_hot(const std::string& name) { run_hot(name, text_of(name)); }
  void run_hot(const std::string& name, const std::string& text) {
    write(name, text);
    only_paths = {"calls/" + name};
    const auto done = backup();
    only_paths.clear();
    INFO((done ? "" : debug_text(done.error())));
    REQUIRE(done);
    REQUIRE(done->entry_written);
    clock.advance(kDay_ns / kRunsADay);
  }
  void live_days(int count) {
    for (int run = 0; run < count * kRunsADay; ++run) {
      run_hot("call" + std::to_string(1000 + ++last_) + ".wav");
    }
  }
  // Of 60 to 200 bytes that no other call has.
  static std::string text_of(const std::string& name) {
    std::string text = name;
    const std::size_t length = 60 + sha256(view_of(name)).bytes[0] % 140;
    while (text.size() < length) text += sha256(view_of(text)).hex();
    return text.substr(0, length);
  }
  // Of nothing the time ends; of snapshots the last two stay.
  job::PruneRequest asked() {
    job::PruneRequest made = request();
    made.now = clock.now();
    made.definition.retention.snapshots = policy::SnapshotRetention{2, 0, 0, 0, 0, {}, "UTC"};
    return made;
  }
  PackRows packs() {
    PackRows rows;
    REQUIRE(business()->with_catalog([&](catalog::Catalog& catalog) {
      return catalog.for_each_pack([&](const catalog::PackRow& row) -> Result<void> {
        rows.push_back(row);
        return {};
      });
    }));
    return rows;
  }
  std::size_t count_content() {
    const PackRows rows = packs();
    return static_cast<std::size_t>(std::ranges::count_if(
        rows, [](const auto& row) { return row.pack.kind == pack::PackKind::content; }));
  }
  // Every snapshot comes back, and the newest is what the source has.
  void check_all() {
    check_gone({});
    CHECK(restore().value() == source());
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

  int last_ = 0;
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("Of days of hot runs few packs are left, and all of it comes back with disks away") {
  HotBox box;
  std::uint64_t stored = 0;   // chunks that runs brought
  std::uint64_t written = 0;  // chunks that prunes wrote anew
  for (int day = 1; day <= 8; ++day) {
    CAPTURE(day);
    box.live_days(1);
    stored += HotBox::kRunsADay;
    const std::size_t before = box.count_content();
    const job::PrunePlan planned = box.plan(box.asked());
    CHECK(planned.packs.joined >= 8);
    CHECK(planned.packs.joined_into < planned.packs.joined / 4);
    const job::PruneReport done = box.prune_all(box.asked());
    REQUIRE(done.entry);
    CHECK(done.repacked.end == job::RepackEnd::done);
    CHECK(done.repacked.packs == planned.packs.repacked);
    written += done.repacked.chunks;
    CHECK(box.count_content() < before);
    CHECK(box.count_content() < 20);
    CHECK(box.plan(box.asked()).repacked.empty());
    CHECK(box.restore().value() == box.source());
  }
  // Beside calls there are parts of trees.
  CHECK(written < 4 * stored);
  box.check_all();
  box.check_bears_two_disks();
  box.clock.advance(2 * kDay_ns);
  CHECK_FALSE(box.prune_all(box.asked()).removed.refused);
  CHECK(box.condemned_shards().empty());
  {
    const auto opened = box.business(vault::Access::write);
    REQUIRE(opened->rebuild_catalog({}));
  }
  box.check_all();
  box.check_bears_two_disks();
  const auto opened = box.open().value();
  const auto found = job::run_scrub(*opened, {});
  REQUIRE(found);
  CHECK(found->complete);
  CHECK_FALSE(found->found_differences());
}

TEST_CASE("A pack that has half of what it could have is never written anew for its size") {
  HotBox box;
  box.live_days(3);
  REQUIRE(box.prune_all(box.asked()).repacked.packs > 0);
  std::set<Digest> large;
  for (const catalog::PackRow& row : box.packs()) {
    if (row.pack.size > 3000) large.insert(row.pack.name);
  }
  REQUIRE_FALSE(large.empty());
  for (int day = 0; day < 3; ++day) {
    box.live_days(1);
    const job::PruneReport done = box.prune_all(box.asked());
    for (const Digest& name : done.plan.repacked) CHECK_FALSE(large.contains(name));
  }
}

TEST_CASE("Classes and kinds are kept apart when small packs are put together") {
  HotBox box;
  job::PruneRequest asked = box.asked();
  asked.definition.retention.classes[3] = {30, policy::ItemDate::change};
  asked.lock_days[3] = 0;
  const auto kinds = [&] {
    std::map<Kind, std::set<Digest>> found;
    for (const catalog::PackRow& row : box.packs()) {
      const auto chunks = box.business()->with_catalog(
          [&](catalog::Catalog& catalog) { return catalog.chunks_of(row.pack.name); });
      for (const auto& chunk : chunks.value()) {
        found[{row.pack.retention_class, row.pack.kind}].insert(chunk.name);
      }
    }
    return found;
  };
  box.live_days(1);
  box.retention_class = 3;
  asked.definition.sources.front().retention_class = 3;
  box.live_days(1);
  auto before = kinds();
  REQUIRE(before.contains({0, pack::PackKind::content}));
  REQUIRE(before.contains({3, pack::PackKind::content}));
  asked.now = box.clock.now();
  const job::PruneReport done = box.prune_all(asked);
  CHECK(done.plan.packs.joined >= 16);
  for (const auto& [kind, chunks] : kinds()) {
    CAPTURE(kind.first, static_cast<int>(kind.second));
    CHECK(std::ranges::includes(before[kind], chunks));
  }
  CHECK(kinds()[Kind(3, pack::PackKind::content)] == before[Kind(3, pack::PackKind::content)]);
  box.check_all();
}

TEST_CASE("Small packs wait for others of their class") {
  HotBox box;
  job::PruneRequest asked = box.asked();
  for (const std::uint32_t retention_class : {0U, 3U}) {
    box.retention_class = retention_class;
    for (int run = 0; run < 7; ++run) {
      const std::string name = std::to_string(retention_class) + std::to_string(run);
      box.run_hot(name, sha256(view_of(name)).hex());  // of one size
    }
  }
  asked.definition.sources.front().retention_class = 3;
  asked.definition.retention.classes[3] = {30, policy::ItemDate::change};
  asked.lock_days[3] = 0;
  asked.now = box.clock.now();
  const std::size_t there = box.count_content();
  REQUIRE(there >= 14);
  box.prune_all(asked);
  CHECK(box.count_content() == there);
}

TEST_CASE("What keeps packs from being written anew keeps small ones from being put together") {
  HotBox box;
  box.live_days(1);
  job::PruneRequest asked = box.asked();
  REQUIRE(box.plan(asked).packs.joined >= 8);
  const std::size_t there = box.packs().size();
  SECTION("a threshold of 0") {
    asked.definition.repack_below_percent = 0;
    CHECK(box.plan(asked).packs.joined == 0);
    CHECK(box.prune_all(asked).repacked.packs == 0);
  }
  SECTION("a disk that is away") {
    box.missing[box.disks[2]->name()] = true;
    const auto done = box.prune(asked);
    CHECK((!done || done->is_refused()));
    box.missing.clear();
    CHECK(box.packs().size() == there);
  }
  SECTION("no room") {
    for (const auto& disk : box.disks) {
      std::uint64_t bytes = 4300;
      for (const std::string& path : disk->files()) bytes += disk->contents(path)->size();
      disk->set_capacity(bytes);
    }
    const job::PruneReport done = box.prune_all(asked);
    CHECK(done.plan.packs.joined == 0);
    CHECK(done.plan.packs.no_room >= 8);
    CHECK(done.plan.packs.room_lacking > done.plan.packs.room);
  }
  SECTION("no time") {
    asked.repack_bytes_max = 100;
    const job::PrunePlan plan = box.plan(asked);
    CHECK(plan.packs.joined == 0);
    CHECK(plan.packs.later >= 8);
  }
  box.check_all();
}

TEST_CASE("However many small packs there are, those of which little is needed are chosen first") {
  MixedBox box;
  job::PruneRequest asked = box.request();
  const std::uint64_t little = [&] {
    const job::PlannedPacks packs = box.plan(asked).packs;
    return packs.repacked - packs.joined;
  }();
  REQUIRE(little > 1);
  for (int call = 0; call < 24; ++call) {
    box.write("call" + std::to_string(100 + call) + ".wav", HotBox::text_of(std::to_string(call)));
    REQUIRE(box.backup());
  }
  asked.now = Timestamp{box.clock.now().ns + 300 * kDay_ns};
  const job::PlannedPacks all = box.plan(asked).packs;
  CHECK(all.repacked - all.joined == little);
  REQUIRE(all.joined > little);
  asked.repacks_max = little;
  const job::PlannedPacks some = box.plan(asked).packs;
  CHECK(some.repacked - some.joined == little);
  CHECK(some.later >= all.joined - little);
  // Those that are put together are the smallest: each prune gets on.
  asked.repacks_max = 10;
  std::uint64_t before = UINT64_MAX;
  for (job::PlannedPacks left = box.plan(asked).packs; left.repacked > 0;
       left = box.plan(asked).packs) {
    CHECK(left.later < before);
    before = left.later;
    REQUIRE(box.prune_all(asked).repacked.packs > 0);
  }
  CHECK(box.restore().value() == box.source());
}

TEST_CASE("A power cut while small packs are put together takes nothing, wherever it comes") {
  std::uint64_t changes = 0;
  {
    HotBox box;
    box.live_days(1);
    const std::uint64_t before = box.world.changes();
    REQUIRE(box.prune_all(box.asked()).repacked.packs >= 8);
    changes = box.world.changes() - before;
  }
  REQUIRE(changes > 20);
  const std::uint64_t stride = std::getenv("HOLDFAST_LONG") != nullptr ? 1 : 5;
  for (std::uint64_t cut = 1; cut <= changes; cut += stride) {
    CAPTURE(cut);
    HotBox box(cut % 2 == 0);
    box.live_days(1);
    box.world.cut_at_change(box.world.changes() + cut);
    static_cast<void>(box.prune(box.asked()));
    box.world.crash({static_cast<sim::CrashPolicy>(cut % 3), cut});
    CHECK(box.restore().value() == box.source());
    // The next hot run takes over what is durable, and the next prune goes on.
    box.run_hot("after.wav");
    box.prune_all(box.asked());
    CHECK(box.plan(box.asked()).repacked.empty());
    CHECK(box.count_content() < 12);
    box.clock.advance(2 * kDay_ns);
    CHECK_FALSE(box.prune_all(box.asked()).removed.refused);
    box.check_all();
  }
}

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// Of packs of which little is needed the rest comes free, and what is needed is never in danger.
#include "firmware/job/members.h"
#include "firmware/vault/loss.h"
#include "tests/sim/lost_packs.h"
#include "tests/sim/mixed_box.h"

namespace holdfast::test {

namespace {

// Acts once the first pack has been written anew.
class ActMeanwhile : public job::Progress {
 public:
  explicit ActMeanwhile(std::function<void()> act) : act_(std::move(act)) {}
  void update(const job::ProgressState& state) override {
    if (state.phase == "repacking" && state.items_done == 1) act_();
  }

 private:
  std::function<void()> act_;
};

// Of a shard every leaf.
void spoil(sim::SimDisk& disk, const std::string& path) {
  const std::uint64_t end = disk.contents(path)->size() - 256;
  for (std::uint64_t at = 4100; at < end; at += 64) disk.flip_bit(path, at);
}

std::uint64_t bytes_of(const PackRows& rows) {
  std::uint64_t bytes = 0;
  for (const catalog::PackRow& row : rows) bytes += row.pack.size;
  return bytes;
}

}  // namespace

TEST_CASE("What is needed of a pack is written anew, and the rest of it comes free") {
  MixedBox box;
  const std::uint64_t stored = bytes_of(box.packs());
  const job::PrunePlan planned = box.plan(box.request());
  CHECK(planned.packs.repacked > 1);
  CHECK(planned.packs.bytes_freed() > 0);
  CHECK(planned.packs.bytes_read < planned.packs.bytes_repacked);
  const job::PruneReport done = box.prune_all();
  REQUIRE(done.entry);
  CHECK(done.repacked.end == job::RepackEnd::done);
  CHECK(done.repacked.packs == planned.packs.repacked);
  // Of all that is needed no more is kept while bytes are removed.
  CHECK(planned.needed.size() == done.repacked.chunks);
  CHECK(done.repacked.packs_left == 0);
  const auto repacked = std::ranges::count(done.plan.entry.packs, journal::PackEnd::repacked,
                                           &journal::CondemnedPack::reason);
  CHECK(static_cast<std::uint64_t>(repacked) == done.repacked.packs);
  CHECK(std::ranges::is_sorted(done.plan.entry.packs, {}, &journal::CondemnedPack::name));
  CHECK(bytes_of(box.packs()) < stored);
  for (const catalog::PackRow& row : box.packs()) CHECK(row.entry != 0);
  box.check_all();
  CHECK(box.plan(box.request()).is_empty());

  const std::uint64_t full = box.bytes_on(0);
  box.clock.advance(2 * kDay_ns);
  const job::PruneReport later = box.prune_all();
  CHECK_FALSE(later.removed.refused);
  CHECK(later.removed.packs == done.plan.entry.packs.size());
  CHECK_FALSE(later.entry);
  CHECK(box.condemned_shards().empty());
  CHECK(box.bytes_on(0) < full);
  box.check_all();
  box.rebuild();
  box.check_all();
  CHECK(box.is_clean());
}

TEST_CASE("A catalog made anew knows what was written anew, before and after the bytes went") {
  MixedBox box;
  REQUIRE(box.prune_all().repacked.packs > 0);
  for (int round = 0; round < 2; ++round) {
    const std::string kept = dump_catalog(box);
    box.rebuild();
    CHECK(dump_catalog(box) == kept);
    box.clock.advance(2 * kDay_ns);
    REQUIRE(box.prune_all().plan.frozen.empty());
  }
  box.check_all();
}

// Until their bytes go the packs of before may give what the new ones no longer do.
TEST_CASE(
    "What is lost of packs that were written anew is told, unless the old ones still give it") {
  MixedBox box;
  const job::PruneReport done = box.prune_all();
  REQUIRE(done.repacked.packs > 0);
  for (const catalog::PackRow& row : box.packs()) {
    if (row.entry != done.entry->number || row.pack.kind != pack::PackKind::content) continue;
    lose_pack(box, row.pack.name);
  }
  std::set<std::string> lost;
  SECTION("the old ones are there") {}
  SECTION("they are damaged too") {
    for (const auto& [disk, path] : box.condemned_shards()) disk->erase(path);
    for (int day = 1; day <= MixedBox::kDays; ++day) {
      if (MixedBox::stays(day)) lost.insert("calls/" + PruneBox::name_of(day));
    }
  }
  std::set<std::string> told;
  const auto opened = box.open().value();
  const auto found = job::run_scrub(*opened, {});
  REQUIRE(found);
  CHECK_FALSE(found->lost_packs.empty());
  for (const job::Problem& problem : found->lost.kept) told.insert(problem.path);
  CHECK(told == lost);
}

TEST_CASE("Where the entry of a prune is lost what it wrote anew is found all the same") {
  MixedBox box;
  const job::PruneReport done = box.prune_all();
  REQUIRE(done.repacked.packs > 0);
  box.write("other.wav", "another call");
  REQUIRE(box.backup());
  bool bytes_are_there = true;
  SECTION("before the bytes go") {}
  SECTION("after they went") {
    box.clock.advance(2 * kDay_ns);
    REQUIRE(box.prune_all().removed.packs > 0);
    bytes_are_there = false;
  }
  box.lose_entry(*done.entry);
  const auto frozen = box.plan(box.request()).frozen;
  CHECK(std::ranges::count(frozen, job::FreezeReason::entries_lost, &job::Freeze::reason) == 1);
  CHECK(box.restore().value() == box.source());
  for (const auto& [number, contents] : box.before_) {
    if (bytes_are_there) CHECK(box.restore(number).value() == contents);
  }
}

TEST_CASE("Class and kind of what is written anew are those it had") {
  MixedBox box;
  const auto kinds = [&] {
    std::set<std::pair<std::uint32_t, pack::PackKind>> found;
    for (const auto& row : box.packs()) found.emplace(row.pack.retention_class, row.pack.kind);
    return found;
  };
  // The same calls once more, in another class, as what was stored last.
  box.retention_class = 3;
  for (int day = 1; day <= MixedBox::kDays; ++day) {
    box.write(PruneBox::name_of(day), PruneBox::text_of_day(day) + " again");
  }
  REQUIRE(box.backup());
  for (int day = 1; day <= MixedBox::kDays; ++day) {
    if (!MixedBox::stays(day)) box.remove(day);
  }
  REQUIRE(box.backup());
  box.clock.advance(60 * kDay_ns);
  job::PruneRequest asked = box.request();
  asked.definition.sources.front().retention_class = 3;
  asked.definition.retention.classes[3] = {30, policy::ItemDate::change};
  asked.lock_days[3] = 0;
  asked.definition.retention.snapshots = policy::SnapshotRetention{1, 0, 0, 0, 0, {}, "UTC"};
  const auto before = kinds();
  CHECK(before.count({3, pack::PackKind::content}) == 1);
  const job::PruneReport done = box.prune_all(asked);
  REQUIRE(done.repacked.packs > 0);
  const auto after = kinds();
  CHECK(after.count({3, pack::PackKind::content}) == 1);
  CHECK(std::ranges::includes(before, after));
  CHECK(box.restore().value() == box.source());
}

TEST_CASE("With a threshold of 0 nothing is written anew") {
  MixedBox box;
  job::PruneRequest asked = box.request();
  asked.definition.repack_below_percent = 0;
  const job::PruneReport done = box.prune_all(asked);
  REQUIRE(done.entry);
  CHECK(done.plan.packs.repacked == 0);
  CHECK(done.plan.packs.bytes_left > 0);
  CHECK(done.repacked.packs == 0);
  box.check_all();
}

TEST_CASE("One prune writes so much, and the next ones go on") {
  MixedBox box;
  job::PruneRequest asked = box.request();
  asked.repack_bytes_max = 1;
  std::uint64_t waiting = box.plan(asked).packs.later;
  REQUIRE(waiting > 1);
  for (; waiting > 0; --waiting) {
    const job::PruneReport done = box.prune_all(asked);
    REQUIRE(done.entry);
    CHECK(done.repacked.packs == 1);
    CHECK(done.plan.packs.later == waiting);
  }
  CHECK(box.prune_all(asked).plan.packs.later == 0);
  CHECK(box.plan(asked).is_empty());
  box.check_all();
}

TEST_CASE("Without room it is not begun, told, and what goes as a whole goes all the same") {
  MixedBox box;
  box.leave_room(MixedBox::kRoomOfEntries);
  const job::PruneReport done = box.prune_all();
  REQUIRE(done.entry);
  const job::PlannedPacks& packs = done.plan.packs;
  CHECK(packs.repacked == 0);
  CHECK(packs.no_room > 0);
  CHECK(packs.room_lacking > packs.room);
  CHECK(packs.bytes_left > 0);
  CHECK(std::ranges::count(done.plan.entry.packs, journal::PackEnd::repacked,
                           &journal::CondemnedPack::reason) == 0);
  box.check_all();
  box.leave_room(100'000);
  CHECK(box.prune_all().repacked.packs == packs.no_room);
  box.check_all();
}

TEST_CASE("Half of what is free is left to backups, and what waits to go is taken off the rest") {
  MixedBox box;
  job::PruneRequest asked = box.request();
  const std::uint64_t all = box.plan(asked).packs.bytes_read;
  const auto free_bytes = [&] { return box.business()->pool().free_bytes().value(); };
  const auto find_room = [&] {  // for all of it, but not twice
    std::uint64_t bytes = 0;
    do box.leave_room(bytes += 500);
    while (free_bytes() < all + all / 4);
  };
  find_room();
  const std::uint64_t free = free_bytes();
  REQUIRE(free < 2 * all);
  CHECK(box.plan(asked).packs.room == free / 2);
  CHECK(box.plan(asked).packs.no_room > 0);
  CHECK(box.plan(asked).packs.bytes_read <= free / 2);
  box.leave_room(100'000);
  asked.repack_bytes_max = 1;
  REQUIRE(box.prune_all(asked).repacked.packs == 1);
  // The next one of that day writes nothing if there is little room, and the one behind it does.
  find_room();
  asked = box.request();
  asked.now = box.clock.now();
  CHECK(box.plan(asked).packs.repacked == 0);
  CHECK(box.plan(asked).packs.no_room > 0);
  asked.now = Timestamp{asked.now.ns + 2 * kDay_ns};
  CHECK(box.plan(asked).packs.repacked > 0);
  box.check_all();
}

TEST_CASE("If the room goes on the way, what is not whole elsewhere stays, and nothing is lost") {
  for (const std::uint64_t shards : {0U, 1U, 2U}) {  // on each disk
    CAPTURE(shards);
    MixedBox box;
    const std::uint64_t room = MixedBox::kRoomOfEntries + shards * MixedBox::kShard;
    const auto done = box.prune_while(box.request(), [&] { box.leave_room(room); });
    INFO((done ? "" : debug_text(done.error())));
    REQUIRE(done);
    CHECK(done->repacked.packs + done->repacked.packs_left == done->plan.packs.repacked);
    CHECK((done->repacked.end == job::RepackEnd::full) == (done->repacked.packs_left > 0));
    box.check_all();
    box.rebuild();
    box.check_all();
    box.leave_room(100'000);
    box.clock.advance(2 * kDay_ns);
    const job::PruneReport next = box.prune_all();
    CHECK_FALSE(next.removed.refused);
    CHECK(next.repacked.packs == done->repacked.packs_left);
    box.clock.advance(2 * kDay_ns);
    CHECK_FALSE(box.prune_all().removed.refused);
    CHECK(box.condemned_shards().empty());
    box.check_all();
  }
}

TEST_CASE("Where disks fail for a while nothing goes for what would be less protected") {
  MixedBox box;
  const auto done = box.prune_while_disks_fail();
  INFO((done ? "" : debug_text(done.error())));
  if (done) {
    CHECK(done->repacked.end == job::RepackEnd::thin);
    CHECK(done->repacked.packs == 0);
    CHECK(done->repacked.packs_left == done->plan.packs.repacked);
  }
  box.check_gone({});
  box.heal();
  // What was written was healed since, and is not written again.
  const job::PruneReport next = box.prune_all();
  CHECK(next.repacked.packs > 0);
  box.check_all();
}

TEST_CASE("What a prune wrote thin stands in for nothing in the next ones either") {
  MixedBox box;
  const auto thin = box.prune_while_disks_fail();
  INFO((thin ? "" : debug_text(thin.error())));
  REQUIRE(thin);
  REQUIRE(thin->entry);
  REQUIRE(thin->repacked.end == job::RepackEnd::thin);
  const auto is_thin = [](const auto& row) { return row.under_protected && row.entry != 0; };
  REQUIRE(std::ranges::any_of(box.packs(), is_thin));
  // Nobody heals, and the disks work again.
  const job::PruneReport next = box.prune_all();
  CHECK(next.repacked.end == job::RepackEnd::done);
  CHECK(next.repacked.packs > 0);
  CHECK(next.repacked.chunks > 0);
  box.clock.advance(2 * kDay_ns);
  CHECK_FALSE(box.prune_all().removed.refused);
  CHECK(box.condemned_shards().empty());
  box.check_bears_two_disks();
  box.check_all();
}

TEST_CASE("The old bytes stay until what was written anew is read, every shard of it, and proved") {
  for (const bool is_gone : {true, false}) {
    CAPTURE(is_gone);
    MixedBox box;
    const job::PruneReport done = box.prune_all();
    REQUIRE(done.repacked.packs > 0);
    const PackRows rows = box.packs();
    const auto anew = std::ranges::find_if(rows, [&](const catalog::PackRow& row) {
      return row.entry == done.entry->number && row.pack.kind == pack::PackKind::content;
    });
    REQUIRE(anew != rows.end());
    // One shard of one pack: nobody misses it.
    const std::string folder = pool::shard_directory(anew->pack.name);
    std::size_t hurt = 0;
    for (const auto& disk : box.disks) {
      const auto entries = disk->list(folder);
      if (!entries) continue;
      for (const ports::DirectoryEntry& entry : *entries) {
        if (hurt > 0 || !entry.name.starts_with(anew->pack.name.hex())) continue;
        const std::string path = folder + "/" + entry.name;
        if (is_gone) disk->erase(path);
        if (!is_gone) disk->flip_bit(path, disk->contents(path)->size() / 2);
        ++hurt;
      }
    }
    REQUIRE(hurt == 1);
    box.clock.advance(2 * kDay_ns);
    const std::size_t there = box.condemned_shards().size();
    const job::PruneReport refused = box.prune_all();
    REQUIRE(refused.removed.refused);
    CHECK(refused.removed.refused->reason == job::FreezeReason::packs_thin);
    CHECK(refused.removed.refused->count == 1);
    CHECK_FALSE(refused.entry);
    CHECK(box.condemned_shards().size() == there);
    box.heal();
    CHECK_FALSE(box.prune_all().removed.refused);
    CHECK(box.condemned_shards().empty());
    box.check_all();
  }
}

// What was written by what the pool promised then is no thinner for it: history is never rewritten.
TEST_CASE("A pool that grows, and promises more, while bytes wait holds up nothing") {
  MixedBox box;
  REQUIRE(box.prune_all().repacked.packs > 0);
  const auto parity = [&] { return box.open().value()->pool().value()->label().record.m; };
  const auto before = parity();
  while (parity() == before) {
    box.disks.push_back(
        std::make_unique<sim::SimDisk>(box.world, "/disk" + std::to_string(box.disks.size())));
    const auto opened = box.open().value();
    job::MemberRequest request;
    request.joining = box.disks.back()->name();
    const auto plan = job::plan_members(*opened, request);
    REQUIRE(plan);
    REQUIRE(job::change_members(*opened, request, *plan));
  }
  box.clock.advance(2 * kDay_ns);
  const job::PruneReport later = box.prune_all();
  CHECK_FALSE(later.removed.refused);
  CHECK(later.removed.packs > 0);
  CHECK(box.condemned_shards().empty());
  box.check_bears_two_disks();
  box.check_all();
}

TEST_CASE("Bytes wait a day from the entry on, however long writing anew took") {
  MixedBox box;
  const auto done = box.prune_while(box.request(), [&] { box.clock.advance(20 * kDay_ns / 24); });
  REQUIRE(done);
  REQUIRE(done->entry);
  box.clock.advance(10 * kDay_ns / 24);
  const job::PruneReport early = box.prune_all();
  CHECK(early.removed.waiting > 0);
  CHECK(early.removed.shards == 0);
  box.clock.advance(15 * kDay_ns / 24);
  CHECK(box.prune_all().removed.shards > 0);
}

TEST_CASE("One that is stopped has taken nothing, and what it wrote is not written again") {
  MixedBox box;
  job::StopFlag stop = false;
  ActMeanwhile progress([&] { stop = true; });
  job::PruneRequest asked = box.request();
  asked.stop = &stop;
  asked.progress = &progress;
  box.settings.pack_chunks_max = 1;  // each is durable at once
  CHECK(box.prune(asked).error().code == ErrorCode::interrupted);
  CHECK(box.condemned() == 0);
  CHECK(box.restore().value() == box.source());
  const std::uint64_t planned = box.plan(box.request()).packs.repacked;
  const std::size_t there = box.packs().size();
  const job::PruneReport done = box.prune_all();
  REQUIRE(done.entry);
  CHECK(done.repacked.packs == planned);
  CHECK(box.packs().size() + done.plan.entry.packs.size() == there + done.repacked.chunks);
  for (const catalog::PackRow& row : box.packs()) CHECK(row.entry != 0);
  box.check_all();
  CHECK(box.plan(box.request()).is_empty());
}

TEST_CASE("A pack that no entry names lets no bytes go: the old one counts again") {
  MixedBox box;
  job::StopFlag stop = false;
  ActMeanwhile progress([&] { stop = true; });
  job::PruneRequest asked = box.request();
  asked.stop = &stop;
  asked.progress = &progress;
  box.settings.pack_chunks_max = 1;
  const job::PrunePlan plan = box.plan(box.request());
  CHECK(box.prune(asked).error().code == ErrorCode::interrupted);
  {
    // As a defect would: the old one is condemned, and the new ones are not named.
    const auto opened = box.business(vault::Access::write);
    journal::PruneBody body = plan.entry;
    body.packs = {{plan.repacked.front(), journal::PackEnd::repacked}};
    body.decided = opened->trusted_time().value();
    journal::EntryDraft draft;
    draft.kind = journal::EntryKind::prune;
    draft.body = journal::encode(body);
    const auto appended = opened->append(std::move(draft));
    REQUIRE(appended);
  }
  box.clock.advance(2 * kDay_ns);
  CHECK_FALSE(box.condemned_shards().empty());
  const job::PruneReport done = box.prune_all();
  CHECK_FALSE(done.removed.refused);
  CHECK(done.removed.taken_back == 1);
  CHECK(done.removed.shards == 0);
  box.check_all();
}

TEST_CASE("What cannot be read is not left behind: the prune ends, and nothing is taken") {
  MixedBox box;
  const job::PrunePlan planned = box.plan(box.request());
  for (const Digest& pack : planned.repacked) {
    const std::string folder = pool::shard_directory(pack);
    for (const auto& disk : box.disks) {
      const auto entries = disk->list(folder);
      if (!entries) continue;
      for (const ports::DirectoryEntry& entry : *entries) {
        const std::string path = folder + "/" + entry.name;
        if (!entry.name.starts_with(pack.hex())) continue;
        spoil(*disk, path);
      }
    }
  }
  const auto done = box.prune(box.request());
  REQUIRE_FALSE(done);
  CHECK(vault::is_loss(done.error()));
  CHECK(box.condemned() == 0);
  // It is noted, so that the next backup reads it again, and the next prune waits.
  REQUIRE_FALSE(box.plan(box.request()).frozen.empty());
  CHECK(box.plan(box.request()).frozen.front().reason == job::FreezeReason::packs_lost);
}

// Sampled are backups; what a prune writes may be all that is left of what it was made of.
TEST_CASE("Where disks lose what they called durable a prune takes nothing for it") {
  for (const std::size_t lying : {1U, 3U, 4U, 6U}) {
    CAPTURE(lying);
    MixedBox box;
    for (std::size_t i = 0; i < lying; ++i) box.disks[i]->set_faults({.hidden_append = 1});
    const auto done = box.prune(box.request());
    for (const auto& disk : box.disks) disk->set_faults({});
    if (done) CHECK((done->repacked.packs > 0) == (lying <= 3));
    box.clock.advance(2 * kDay_ns);
    REQUIRE(box.prune(box.request()));
    for (const auto& disk : box.disks) {
      for (const std::string& path : disk->files()) {
        if (path.ends_with(".shard")) REQUIRE(disk->open_fresh(path));
      }
    }
    box.check_all();
  }
}

TEST_CASE("What was written anew is read back: if it is wrong nothing goes for it") {
  MixedBox box;
  std::set<std::string> before;
  for (const auto& disk : box.disks) {
    for (const std::string& path : disk->files()) before.insert(disk->name() + path);
  }
  std::size_t spoiled = 0;
  ActMeanwhile progress([&] {
    for (const auto& disk : box.disks) {
      for (const std::string& path : disk->files()) {
        const bool is_new = before.count(disk->name() + path) == 0;
        if (!is_new || path.find(".shard") == std::string::npos) continue;
        spoil(*disk, path);
        ++spoiled;
      }
    }
  });
  job::PruneRequest asked = box.request();
  asked.progress = &progress;
  box.settings.pack_chunks_max = 1;  // each is durable at once
  const auto done = box.prune(asked);
  REQUIRE(spoiled > 0);
  REQUIRE_FALSE(done);
  CHECK(vault::is_loss(done.error()));
  CHECK(box.condemned() == 0);
  for (const auto& [number, contents] : box.before_) {
    CHECK(box.restore(number).value() == contents);
  }
}

TEST_CASE("A chunk that two packs have is written once") {
  PruneBox box;
  const TemporaryFolder folder;
  box.settings.catalog_directory = folder.path();
  box.confirm_time();
  for (int day = 1; day <= 4; ++day) box.write(PruneBox::name_of(day), PruneBox::text_of_day(day));
  REQUIRE(box.backup());
  std::vector<std::tuple<sim::SimDisk*, std::string, Bytes>> away;
  for (const auto& disk : box.disks) {
    for (const std::string& path : disk->files()) {
      if (path.find(".shard") == std::string::npos) continue;
      away.emplace_back(disk.get(), path, *disk->contents(path));
      disk->erase(path);
    }
  }
  box.accept_loss = true;
  REQUIRE(box.backup());
  for (const auto& [disk, path, bytes] : away) disk->plant(path, bytes);
  for (int day = 2; day <= 4; ++day) box.remove(day);
  REQUIRE(box.backup());
  box.clock.advance(60 * kDay_ns);
  const auto count_copies = [&] {
    std::map<Digest, int> copies;
    REQUIRE(box.business()->with_catalog([&](catalog::Catalog& catalog) {
      return catalog.for_each_pack([&](const catalog::PackRow& row) -> Result<void> {
        for (const auto& chunk : catalog.chunks_of(row.pack.name).value()) ++copies[chunk.name];
        return {};
      });
    }));
    return copies;
  };
  const auto is_twice = [](const auto& each) { return each.second > 1; };
  REQUIRE(std::ranges::any_of(count_copies(), is_twice));
  const job::PruneReport done = box.prune_all();
  CHECK(done.repacked.packs > 1);
  CHECK(box.plan(box.request()).is_empty());
  const Digest name =
      pack::chunk_name(box.business()->id_key(), sha256(view_of(PruneBox::text_of_day(1))));
  CHECK(count_copies()[name] == 1);
  box.check_gone({2, 3, 4});
  CHECK(box.restore().value() == box.source());
}

}  // namespace holdfast::test

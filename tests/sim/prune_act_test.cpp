// SPDX-License-Identifier: Apache-2.0
// What a prune took away is gone for every reader and stays so, and nothing else is.
#include <catch2/catch.hpp>

#include "firmware/job/scrub.h"
#include "tests/sim/catalog_dump.h"
#include "tests/sim/lost_packs.h"
#include "tests/sim/prune_box.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

TEST_CASE("What goes is gone from every snapshot at once, and the rest is as it was") {
  AgedBox box;
  const auto before = box.snapshots();
  const Contents newest = box.restore().value();
  const job::PruneReport done = box.prune_all();
  REQUIRE(done.entry);
  CHECK(done.plan.going == 3);
  CHECK(done.plan.packs.condemned > 0);
  CHECK(box.snapshots() == before);  // no rules for snapshots
  box.check_gone({1, 2, 3});
  CHECK(box.restore().value() == newest);
  // Each snapshot has what it had, but for these.
  CHECK(box.paths(*std::next(before.begin(), 3)) ==
        std::set<std::string>{"calls/" + PruneBox::name_of(4)});
}

TEST_CASE("A catalog that is made anew knows what was pruned") {
  AgedBox box;
  job::PruneRequest asked = box.request();
  asked.definition.retention.snapshots = policy::SnapshotRetention{2, 0, 0, 0, 0, {}, "UTC"};
  std::string kept;
  {
    const auto opened = box.business(vault::Access::write);
    REQUIRE(job::run_prune(*opened, asked).value().entry);
    REQUIRE(opened->with_catalog([&](catalog::Catalog& catalog) {
      return catalog.dump([&](const std::string& line) { kept += line + "\n"; });
    }));
  }
  CHECK(kept.find("condemned ") != std::string::npos);
  CHECK(kept.find("deleted ") != std::string::npos);
  CHECK(dump_catalog(box) == kept);
  CHECK(box.snapshots().size() == 2);
}

TEST_CASE("What was pruned once is not planned again, nor brought back by a backup") {
  AgedBox box;
  REQUIRE(box.prune_all().entry);
  CHECK(box.plan(box.request()).is_empty());
  CHECK_FALSE(box.prune_all().entry);
  box.write("other.wav", "another call");
  const auto done = box.backup();
  REQUIRE(done);
  box.check_gone({1, 2, 3});
  // Its tree is written without them: nothing has to be passed over any more.
  CHECK(box.paths(done->snapshot.number).size() == 4);
}

TEST_CASE("What the source shows again is a new item, and is read") {
  AgedBox box;
  REQUIRE(box.prune_all().entry);
  box.write(PruneBox::name_of(2), PruneBox::text_of_day(2));
  const auto done = box.backup();
  REQUIRE(done);
  CHECK(done->counts.items_new == 1);
  CHECK(done->bytes_new >= PruneBox::text_of_day(2).size());
  CHECK(box.restore().value() == box.source());
  CHECK(box.paths(done->snapshot.number).count("calls/" + PruneBox::name_of(2)) == 1);
  for (const std::uint64_t number : box.snapshots()) {
    if (number == done->snapshot.number) continue;
    CHECK(box.paths(number).count("calls/" + PruneBox::name_of(2)) == 0);
  }
  CHECK(box.plan(box.request()).going == 0);
}

TEST_CASE("What else a path was before is not what was pruned of it, also without content") {
  PruneBox box;
  box.confirm_time();
  const std::string path = "/calls/thing";
  const auto make = [&](const char* what) {
    if (what == std::string("link")) box.files.add_symlink(path, "day101.wav");
    if (what == std::string("other link")) box.files.add_symlink(path, "elsewhere");
    if (what == std::string("folder")) box.files.add_folder(path);
    if (what == std::string("empty")) box.files.write_file(path, {});
  };
  box.write(PruneBox::name_of(1), PruneBox::text_of_day(1));
  std::vector<std::uint64_t> numbers;
  for (const char* what : {"link", "other link", "folder", "empty"}) {
    make(what);
    const auto done = box.backup();
    REQUIRE(done);
    numbers.push_back(done->snapshot.number);
    box.files.remove(path);
  }
  REQUIRE(box.backup());
  box.clock.advance(60 * kDay_ns);
  const auto report = box.prune(box.request());
  REQUIRE(report);
  CHECK(report->plan.going_paths == std::vector<std::string>{"calls/thing"});
  const auto type_in = [&](std::uint64_t number) {
    const auto opened = box.business();
    const auto row = opened->find_snapshot({number, {}, {}}).value();
    std::optional<ports::FileType> found;
    REQUIRE(job::list_items(*opened, row, "", true, nullptr,
                            [&](const vault::Item& item) -> Result<void> {
                              if (item.path == "calls/thing") found = item.type;
                              return {};
                            }));
    return found;
  };
  CHECK(type_in(numbers[0]) == ports::FileType::symlink);
  CHECK(type_in(numbers[1]) == ports::FileType::symlink);
  CHECK(type_in(numbers[2]) == ports::FileType::directory);
  CHECK_FALSE(type_in(numbers[3]));
}

TEST_CASE("More than an entry holds goes with the next prunes, each time as much as it holds") {
  AgedBox box;
  job::PruneRequest asked = box.request();
  asked.items_size_max = 100;  // of one path
  for (const std::uint64_t left : {2U, 1U, 0U}) {
    const job::PruneReport done = box.prune_all(asked);
    REQUIRE(done.entry);
    CHECK(done.plan.going == 1);
    CHECK(done.plan.waiting == left);
    CHECK(done.plan.entry.items.size() <= 100);
  }
  box.check_gone({1, 2, 3});
}

TEST_CASE("A hold that is set after the plan was shown holds") {
  AgedBox box;
  CHECK(box.plan(box.request()).going == 3);
  {
    const auto opened = box.business(vault::Access::write);
    const std::string path = "calls/" + PruneBox::name_of(2);
    REQUIRE(opened->hold(journal::HoldScope::item, path, "audit"));
  }
  const job::PruneReport done = box.prune_all();
  CHECK(done.plan.going == 2);
  box.check_gone({1, 3});
  CHECK(box.paths(*box.snapshots().rbegin()).count("calls/" + PruneBox::name_of(2)) == 1);
}

TEST_CASE("With a disk away nothing is done, and it is when the disk is back") {
  AgedBox box;
  box.missing[box.disks[2]->name()] = true;
  const job::PruneReport refused = box.prune_all();
  CHECK_FALSE(refused.entry);
  REQUIRE(refused.plan.frozen.size() == 1);
  CHECK(refused.plan.frozen.front().reason == job::FreezeReason::disks_absent);
  CHECK(refused.plan.going == 3);
  box.missing.clear();
  CHECK(box.prune_all().entry);
  box.check_gone({1, 2, 3});
}

TEST_CASE(
    "What is lost for good is given up when that is said, item by item, and no more than that") {
  AgedBox box;
  const TemporaryFolder catalogs;
  box.settings.catalog_directory = catalogs.path();  // outlives the disks
  const std::string lost = PruneBox::text_of_day(5);
  std::set<Digest> packs;
  {
    const auto opened = box.business(vault::Access::write);
    const auto row = opened->newest_snapshot().value().value();
    REQUIRE(job::list_items(*opened, row, "calls/" + PruneBox::name_of(5), true, nullptr,
                            [&](const vault::Item& item) -> Result<void> {
                              for (const auto& chunk : item.chunks) {
                                const auto name = pack::chunk_name(opened->id_key(), chunk.digest);
                                const auto places =
                                    opened->with_catalog([&](catalog::Catalog& known) {
                                      return known.find_chunk(name);
                                    });
                                packs.insert(places.value().front().pack);
                              }
                              return {};
                            }));
  }
  REQUIRE_FALSE(packs.empty());
  for (const Digest& pack : packs) lose_pack(box, pack);
  const job::PruneReport refused = box.prune_all();
  CHECK_FALSE(refused.entry);
  REQUIRE(refused.plan.frozen.size() == 1);
  CHECK(refused.plan.frozen.front().reason == job::FreezeReason::packs_lost);
  CHECK(refused.plan.lost.count == 0);

  job::PruneRequest asked = box.request();
  asked.accept_loss = true;
  const job::PruneReport done = box.prune_all(asked);
  REQUIRE(done.entry);
  CHECK(done.plan.going == 3);
  CHECK(done.plan.frozen.empty());
  REQUIRE(done.plan.given_up.size() == 1);
  CHECK(done.plan.given_up.front().count == packs.size());
  std::set<std::string> told;
  for (const job::Problem& each : done.plan.lost.kept) told.insert(each.path);
  CHECK(told.contains("calls/" + PruneBox::name_of(5)));
  // Bytes go as well, and the rest of what stays is there.
  box.clock.advance(2 * kDay_ns);
  const job::PruneReport later = box.prune_all(asked);
  CHECK(later.removed.shards > 0);
  CHECK(later.removed.taken_back == 0);
  CHECK(box.condemned_shards().empty());
  const auto opened = box.business();
  job::VerifyRequest verify;
  verify.snapshot = opened->newest_snapshot().value().value();
  const auto verified = job::run_verify(*opened, verify);
  REQUIRE(verified);
  CHECK(verified->lost.count == told.size());
  // With a disk away nothing is known to be lost.
  box.missing[box.disks[1]->name()] = true;
  CHECK(box.prune_all(asked).plan.frozen.front().reason == job::FreezeReason::disks_absent);
}

TEST_CASE("No clock makes a lock end: neither set forward, nor pulled over many power-offs") {
  PruneBox box;
  box.confirm_time();
  box.write_days(1, 3);
  box.remove(1);
  REQUIRE(box.backup());
  job::PruneRequest asked = box.request();
  // From when the files of a simulated source are written to two days from now.
  constexpr std::int64_t kWritten_ns = 1'700'000'000'000'000'000;
  asked.lock_days[0] = static_cast<std::uint32_t>((SimBox::start().ns - kWritten_ns) / kDay_ns) + 2;
  const auto goes = [&] {
    const auto done = box.prune(asked);
    REQUIRE(done);
    return done->entry.has_value();
  };
  CHECK_FALSE(goes());
  box.clock.set(Timestamp{box.clock.now().ns + 4000 * kDay_ns});
  CHECK_FALSE(goes());
  for (int night = 0; night < 30; ++night) {
    box.clock.restart(30 * kDay_ns);
    CHECK_FALSE(goes());
  }
  box.clock.set(SimBox::start());
  CHECK_FALSE(goes());
  box.clock.advance(kDay_ns * 5 / 2);
  CHECK(goes());
}

TEST_CASE("A prune that is stopped has deleted nothing, and the next one does it all") {
  AgedBox box;
  job::PruneRequest asked = box.request();
  job::StopFlag stop = true;
  asked.stop = &stop;
  CHECK(box.prune(asked).error().code == ErrorCode::interrupted);
  CHECK(box.plan(box.request()).going == 3);
  const job::PruneReport done = box.prune_all();
  REQUIRE(done.entry);
  CHECK(done.is_done());
  CHECK(done.has_work);
  box.check_gone({1, 2, 3});
}

TEST_CASE("What was pruned is told where it was, and snapshots by why they went") {
  AgedBox box;
  job::PruneRequest asked = box.request();
  asked.definition.retention.snapshots = policy::SnapshotRetention{2, 0, 0, 0, 0, {}, "UTC"};
  const auto before = box.snapshots();
  const job::PruneReport done = box.prune_all(asked);
  REQUIRE(done.entry);
  const std::uint64_t kept = *box.snapshots().begin();
  const auto pruned_in = [&](std::string_view path, bool recursive) {
    const auto opened = box.business();
    const auto row = opened->find_snapshot({kept, {}, {}}).value();
    std::vector<std::string> paths;
    REQUIRE(job::list_pruned(*opened, row, path, recursive, nullptr,
                             [&](const catalog::DeletedRow& deleted) -> Result<void> {
                               CHECK(deleted.prune == done.entry->number);
                               CHECK(deleted.until < done.plan.entry.decided);
                               paths.push_back(deleted.path);
                               return {};
                             }));
    return paths;
  };
  const std::vector<std::string> all = {"calls/" + PruneBox::name_of(1),
                                        "calls/" + PruneBox::name_of(2),
                                        "calls/" + PruneBox::name_of(3)};
  CHECK(pruned_in("", true) == all);
  CHECK(pruned_in("", false).empty());
  CHECK(pruned_in("calls", false) == all);
  CHECK(pruned_in(all[1], false) == std::vector<std::string>{all[1]});
  CHECK(pruned_in("calls/" + PruneBox::name_of(5), false).empty());
  const auto opened = box.business();
  std::vector<std::string> found;
  REQUIRE(job::find_pruned(*opened, "*2.wav", nullptr,
                           [&](const catalog::DeletedRow& deleted) -> Result<void> {
                             found.push_back(deleted.path);
                             return {};
                           }));
  CHECK(found == std::vector<std::string>{all[1]});
  const Error missing = opened->find_snapshot({*before.begin(), {}, {}}).error();
  CHECK(missing.code == ErrorCode::snapshot_pruned);
  CHECK(missing.argument("reason") == "thinned");
  CHECK(opened->find_snapshot({99, {}, {}}).error().code == ErrorCode::no_snapshot);
}

TEST_CASE("Until somebody has confirmed a time nothing goes") {
  PruneBox box;
  box.write_days(1, 3);
  box.remove(1);
  REQUIRE(box.backup());
  box.clock.set(Timestamp{box.clock.now().ns + 4000 * kDay_ns});
  const auto done = box.prune(box.request());
  REQUIRE(done);
  CHECK_FALSE(done->entry);
  CHECK(done->plan.frozen.back().reason == job::FreezeReason::time_unconfirmed);
}

TEST_CASE("A pack that goes is neither missed nor written anew when its shards are gone") {
  AgedBox box;
  REQUIRE(box.prune_all().entry);
  const auto shards = box.condemned_shards();
  REQUIRE_FALSE(shards.empty());
  for (const auto& [disk, path] : shards) disk->erase(path);
  const auto opened = box.open().value();
  job::ScrubRequest request;
  request.heal = true;
  const auto healed = job::run_scrub(*opened, request);
  REQUIRE(healed);
  CHECK_FALSE(healed->found_differences());
  box.check_gone({1, 2, 3});
  box.write("other.wav", "another call");
  const auto done = box.backup();
  REQUIRE(done);
  CHECK(done->problems.count == 0);
  CHECK(box.plan(box.request()).frozen.empty());
}

TEST_CASE("A disk from before the prune brings nothing back") {
  AgedBox box;
  std::vector<std::pair<std::string, Bytes>> before;
  const std::string journal = "journal";
  const auto keep = [&](auto&& self, const std::string& folder) -> void {
    for (const auto& entry : box.disks[1]->list(folder).value()) {
      const std::string path = folder + "/" + entry.name;
      if (entry.is_directory) {
        self(self, path);
      } else {
        before.emplace_back(path, *box.disks[1]->contents(path));
      }
    }
  };
  keep(keep, journal);
  REQUIRE(box.prune_all().entry);
  for (const auto& [path, bytes] : before) {
    box.disks[1]->erase(path);
    REQUIRE(ports::store(*box.disks[1], path, bytes));
  }
  box.check_gone({1, 2, 3});
  box.write("other.wav", "another call");
  REQUIRE(box.backup());
  box.check_gone({1, 2, 3});
}

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// Whatever call of a catalog's database fails, or of the disks while a catalog is brought along, or
// the power goes there, the catalog being a real file that is there, absent, old, damaged or of
// another history, or of a journal with entries lost: it is told, nothing that is stored is called
// lost, and the catalog is in the end what the journal makes it.
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <iostream>

#include "firmware/job/scrub.h"
#include "firmware/journal/segment.h"
#include "firmware/vault/lost_packs.h"
#include "firmware/vault/run.h"
#include "tests/sim/catalog_dump.h"
#include "tests/sim/failing_sqlite.h"
#include "tests/sim/lost_packs.h"
#include "tests/sim/machines.h"
#include "tests/sim/sweep.h"
#include "tests/support/call_sites.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

namespace {

namespace fs = std::filesystem;

// A box with two snapshots, and its catalog as it was after the first one.
class CatalogBox : public SimBox {
 public:
  CatalogBox() {
    settings.catalog_directory = folder_.path();
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
    write("a.wav", std::string(3000, 'a'));
    first_ = require_backup();
    fs::copy(folder_.path(), old_.path(), fs::copy_options::recursive);
    write("b.wav", "b");
    require_backup();
  }
  void drop_catalog() {
    for (const auto& entry : fs::directory_iterator(folder_.path())) fs::remove_all(entry);
  }
  void put_old_catalog() { put(old_); }
  void keep_catalog() { fs::copy(folder_.path(), kept_.path(), fs::copy_options::recursive); }
  void put_kept_catalog() { put(kept_); }
  void damage_catalog() {
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path().extension() == ".sqlite") fs::resize_file(entry.path(), 5000);
    }
  }
  // The first snapshot's entry, which names its packs, on that disk or on all.
  void lose_entry(sim::SimDisk& disk) {
    const auto opened = open();
    const BusinessId id = (*opened)->businesses().front().id;
    for (const auto& name : *journal::list_segments(disk, id)) {
      const auto segment =
          journal::load_segment(disk, id, name, (*opened)->trusted(), journal::Signatures::needed);
      REQUIRE(segment);
      const auto* stored = segment->find(first_);
      if (stored == nullptr) continue;
      disk.flip_bit(journal::segment_path(id, name), stored->position + 60, 1);
    }
  }
  void lose_entry() {
    for (const auto& disk : disks) lose_entry(*disk);
  }
  // As if two machines had written: of what this catalog has the last entry is in no journal, and
  // two others are.
  void put_catalog_of_another_history() {
    const Image home_before = image_of(home);
    std::vector<Image> before;
    for (const auto& disk : disks) before.push_back(image_of(*disk));
    write("x.wav", "x");
    require_backup();
    const TemporaryFolder other;
    fs::copy(folder_.path(), other.path(), fs::copy_options::recursive);
    test::put_back(home, home_before);
    for (std::size_t i = 0; i < kDisks; ++i) test::put_back(*disks[i], before[i]);
    write("x.wav", "y");
    first_ = require_backup();
    write("x.wav", "z");
    require_backup();
    put(other);
  }

 private:
  // Its entry's number.
  std::uint64_t require_backup() {
    const auto report = backup();
    REQUIRE(report);
    return report->snapshot.number;
  }
  void put(const TemporaryFolder& state) {
    drop_catalog();
    fs::copy(state.path(), folder_.path(), fs::copy_options::recursive);
  }
  TemporaryFolder folder_;
  TemporaryFolder old_;
  TemporaryFolder kept_;
  std::uint64_t first_ = 0;
};

struct Act {
  const char* name;
  void (*prepare)(CatalogBox&);
  Result<void> (*act)(CatalogBox&);
  // A catalog that is made anew knows less of packs that are lost, and more of those that a heal
  // wrote and could not note; when it finds those behind a gap depends on when it passes that.
  bool differs_anew = false;
};

void nothing(CatalogBox& /*box*/) {}

Result<void> back_up(CatalogBox& box) {
  box.write("c.wav", "c");
  HF_TRY(const auto report, box.backup());
  return {};
}

Result<void> restore(CatalogBox& box) {
  HF_TRY(const Contents contents, box.restore());
  CHECK(contents == box.source());
  return {};
}

Result<void> look_for_it(CatalogBox& box) {
  HF_TRY(const auto opened, box.open());
  HF_TRY(const auto business, opened->open_business("calls", vault::Access::read));
  HF_TRY(const auto by_time, business->find_snapshot({{}, {}, box.clock.now()}));
  CHECK(by_time.head.number > 0);
  const auto by_tag = business->find_snapshot({{}, "keep", {}});
  if (!by_tag && by_tag.error().code != ErrorCode::no_snapshot) return by_tag.error();
  CHECK_FALSE(by_tag);
  return {};
}

// What a reader sees who never waits: the newest, or what it was before the writer began.
Result<void> read_beside_a_writer(CatalogBox& box) {
  HF_TRY(const auto writer, box.open());
  const BusinessId id = writer->businesses().front().id;
  HF_TRY(const auto lock, writer->lock(id.hex()));
  HF_TRY(const auto reader, box.open());
  HF_TRY(const auto business, reader->open_business("calls", vault::Access::read));
  HF_TRY(const Contents contents, box.restore(*business, {}));
  const Contents newest = box.source();
  CHECK((contents == newest || contents == Contents{*newest.begin()}));
  return {};
}

Result<void> rebuild(CatalogBox& box) {
  HF_TRY(const auto opened, box.open());
  HF_TRY(const auto business, opened->open_business("calls", vault::Access::write));
  HF_TRY(business->rebuild_catalog({}));
  HF_TRY(const auto rows, business->snapshots());
  CHECK(rows.size() == 2);
  return {};
}

// A policy entry, and what it says once home has lost its definition.
Result<void> define(CatalogBox& box) {
  HF_TRY(const auto opened, box.open());
  HF_TRY(const auto business, opened->open_business("calls", vault::Access::write));
  HF_TRY(const std::string before, business->definition());
  HF_TRY(business->ensure_policy({{0, 30}}));
  const std::string path = vault::definition_path(business->id());
  if (box.home.contents(path)) box.home.erase(path);
  HF_TRY(business->keep_definition());
  HF_TRY(const std::string after, business->definition());
  CHECK(after == before);
  return {};
}

// A pack that was stored with less parity gets all of it; the catalog is told by a reader.
Result<void> heal(CatalogBox& box) {
  HF_TRY(const auto opened, box.open());
  job::ScrubRequest request;
  request.heal = true;
  HF_TRY(const auto summary, job::run_scrub(*opened, request));
  if (summary.ended) return *summary.ended;
  CHECK(summary.lost_packs.empty());
  return summary.problems.count == 0 ? Result<void>() : summary.problems.kept.front().error;
}

void lose_entry(CatalogBox& box) {
  box.lose_entry();
  box.drop_catalog();
}

// A catalog that has passed a gap, made while only one disk was there.
void find_entry_again(CatalogBox& box) {
  box.lose_entry(*box.disks[0]);
  for (std::size_t i = 1; i < SimBox::kDisks; ++i) box.missing[box.disks[i]->name()] = true;
  box.drop_catalog();
  {
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", vault::Access::read);
    INFO((business ? "" : debug_text(business.error())));
    REQUIRE(business);
    REQUIRE_FALSE((*business)->lost_entries()->empty());
  }
  box.missing.clear();
}

// A run that makes a pack, with that many disks that take nothing, and then that `end`.
template <class End>
void run_once(CatalogBox& box, std::size_t disks_that_fail, const End& end) {
  const auto opened = box.open();
  const auto business = (*opened)->open_business("calls", vault::Access::write);
  REQUIRE(business);
  const auto run = vault::Run::begin(**business);
  REQUIRE(run);
  vault::ChunkWriter writer(**run, pack::PackKind::content);
  const std::string text(500, 'c');
  std::ranges::copy(view_of(text), writer.prepare(0, text.size())->begin());
  REQUIRE(writer.keep(text.size(), codec::Compression::none));
  for (std::size_t i = 0; i < disks_that_fail; ++i) box.disks[i]->set_read_only(true);
  REQUIRE(writer.flush());
  for (std::size_t i = 0; i < disks_that_fail; ++i) box.disks[i]->set_read_only(false);
  REQUIRE((*run)->has_new_packs());
  end(**business, **run);
}

void cut_a_run(CatalogBox& box) {
  run_once(box, 0, [](auto&&...) {});
}

void leave_thin_pack(CatalogBox& box) {
  run_once(box, 4, [](vault::Business& business, vault::Run& run) {
    REQUIRE(run.totals().under_protected);
    REQUIRE(run.commit(business.find_snapshot({})->body));
  });
}

void cut_a_thin_run(CatalogBox& box) {
  box.missing["/disk5"] = true;
  cut_a_run(box);
}

void cut_a_run_behind_a_gap(CatalogBox& box) {
  lose_entry(box);
  require_done(restore(box));
  cut_a_run(box);
}

// A catalog without what was in packs.
void make_catalog_of_three_disks(CatalogBox& box) {
  box.drop_catalog();
  for (std::size_t i = 0; i < 3; ++i) box.missing[box.disks[i]->name()] = true;
  {
    const auto opened = box.open();
    REQUIRE((*opened)->open_business("calls", vault::Access::read));
  }
  box.missing.clear();
}

void note_packs_as_lost(CatalogBox& box) {
  const BusinessId id = (*box.open())->businesses().front().id;
  for (const catalog::PackRow& row : packs_of(box)) {
    REQUIRE(vault::note_lost_pack(box.home, id, row.pack.name));
  }
}

void lose_content(CatalogBox& box) {
  note_packs_as_lost(box);
  for (const catalog::PackRow& row : packs_of(box)) {
    if (row.pack.kind == pack::PackKind::content) lose_pack(box, row.pack.name);
  }
}

constexpr std::array kActs{
    Act{"backup", nothing, back_up},
    Act{"backup, catalog absent", [](CatalogBox& box) { box.drop_catalog(); }, back_up},
    Act{"backup, catalog old", [](CatalogBox& box) { box.put_old_catalog(); }, back_up},
    Act{"backup, catalog damaged", [](CatalogBox& box) { box.damage_catalog(); }, back_up},
    Act{"backup, entry lost", lose_entry, back_up},
    Act{"backup, entry found again", find_entry_again, back_up},
    Act{"backup, catalog of another history",
        [](CatalogBox& box) { box.put_catalog_of_another_history(); }, back_up},
    Act{"backup behind one that was cut", cut_a_run, back_up},
    Act{"backup behind one that was cut, a disk away", cut_a_thin_run, back_up},
    Act{"backup behind one that was cut, entry lost", cut_a_run_behind_a_gap, back_up, true},
    Act{"backup, catalog made of three disks", make_catalog_of_three_disks, back_up},
    Act{"backup, packs noted as lost", note_packs_as_lost, back_up},
    Act{"backup, packs lost", lose_content, back_up, true},
    Act{"restore", nothing, restore},
    Act{"restore, catalog absent", [](CatalogBox& box) { box.drop_catalog(); }, restore},
    Act{"restore, catalog old", [](CatalogBox& box) { box.put_old_catalog(); }, restore},
    Act{"restore, catalog damaged", [](CatalogBox& box) { box.damage_catalog(); }, restore},
    Act{"restore, entry lost", lose_entry, restore},
    Act{"restore, entry found again", find_entry_again, restore},
    Act{"reading beside a writer, catalog absent", [](CatalogBox& box) { box.drop_catalog(); },
        read_beside_a_writer},
    Act{"reading beside a writer, catalog old", [](CatalogBox& box) { box.put_old_catalog(); },
        read_beside_a_writer},
    Act{"reading beside a writer, catalog damaged", [](CatalogBox& box) { box.damage_catalog(); },
        read_beside_a_writer},
    Act{"reading beside a writer, catalog of another history",
        [](CatalogBox& box) { box.put_catalog_of_another_history(); }, read_beside_a_writer},
    Act{"restore, catalog of another history",
        [](CatalogBox& box) { box.put_catalog_of_another_history(); }, restore},
    Act{"looking for a snapshot", nothing, look_for_it},
    Act{"rebuild", nothing, rebuild},
    Act{"definition lost", nothing, define},
    Act{"heal", leave_thin_pack, heal, true},
};

enum class Of { database, disk };

constexpr std::array kOfDatabase{ErrorCode::io, ErrorCode::no_space, ErrorCode::out_of_memory,
                                 ErrorCode::damaged};

struct Fault {
  Of of;
  std::uint64_t number;
  ErrorCode code;
};

// Asks `meet(of)` at each call of the database and each operation of a disk that the act does.
template <class Meet>
Result<void> act_asking(const Act& act, CatalogBox& box, const Meet& meet) {
  box.world.ask([&](const sim::Moment& /*now*/) { return meet(Of::disk); });
  auto answer = [&] {
    const FailingSqlite database([&] { return meet(Of::database); });
    return act.act(box);
  }();
  box.world.ask({});
  return answer;
}

// Those that come by a call of the product on whose way none has failed until then, of all acts
// together.
class NewCalls {
 public:
  void add_here(Of of, std::uint64_t number, std::vector<Fault>& faults) {
    if (limits_.add_way_here()) faults.push_back({of, number, ErrorCode::out_of_memory});
    if (of == Of::disk && cuts_.add_way_here()) {
      faults.push_back({of, number, ErrorCode::power_cut});
    }
#ifndef HOLDFAST_SANITIZED
    const ErrorCode code = of == Of::disk ? ErrorCode::io : ErrorCode::damaged;
    if (errors_.add_way_here()) faults.push_back({of, number, code});
#endif
  }

 private:
  CallSites limits_;
  CallSites cuts_;
  CallSites errors_;
};

// And one after the other all over the calls of the database.
std::vector<Fault> choose_faults(const Act& act, NewCalls& new_calls) {
  CatalogBox box;
  act.prepare(box);
  std::map<Of, std::uint64_t> counts;
  std::vector<Fault> faults;
  require_done(act_asking(act, box, [&](Of of) {
    new_calls.add_here(of, ++counts[of], faults);
    return std::optional<ErrorCode>();
  }));
  const std::uint64_t total = counts[Of::database];
  REQUIRE(total > 2);
  const std::uint64_t stride = std::max<std::uint64_t>(1, total / stride_of({24, 60, 6, 12}));
  std::uint64_t taken = 0;
  for (std::uint64_t number = 1; number <= total; number += stride) {
    faults.push_back({Of::database, number, kOfDatabase[taken++ % kOfDatabase.size()]});
  }
  return faults;
}

void check_answer(const Result<void>& answer) {
  if (answer) return;
  INFO(debug_text(answer.error()));
  CHECK(answer.error().code != ErrorCode::internal);
  CHECK(answer.error().code != ErrorCode::data_lost);
  CHECK_FALSE(answer.error().data_loss);
}

void check_fault(const Act& act, CatalogBox& box, const Fault& fault) {
  std::uint64_t calls = 0;
  check_answer(act_asking(act, box, [&](Of of) {
    return of == fault.of && ++calls == fault.number ? std::optional(fault.code) : std::nullopt;
  }));
  REQUIRE(calls >= fault.number);
  if (box.world.is_cut()) box.world.crash({sim::CrashPolicy::random, fault.number});
  require_done(back_up(box));
  require_done(restore(box));
  if (act.differs_anew) return;
  const std::string kept = dump_catalog(box);
  box.drop_catalog();
  CHECK(dump_catalog(box) == kept);
}

std::string words_of(const Fault& fault) {
  return std::string(fault.of == Of::database ? "call of the database " : "operation of a disk ") +
         std::to_string(fault.number) + ": " + std::string(name_of(fault.code));
}

// The files of the catalog are the same in all copies, and are put back after each.
void fail_everywhere(const Act& act, const std::vector<Fault>& faults) {
  CatalogBox box;
  act.prepare(box);
  box.keep_catalog();
  Branches branches;
  branches.run([&] {
    for (const Fault& fault : faults) {
      if (branches.split(words_of(fault))) return check_fault(act, box, fault);
      box.put_kept_catalog();
    }
  });
}

}  // namespace

TEST_CASE("Whatever call of the database fails, it is told, and the catalog is right afterwards") {
  static NewCalls new_calls;  // the case runs once a section
  for (const Act& act : kActs) {
    DYNAMIC_SECTION(act.name) {
      const std::vector<Fault> faults = choose_faults(act, new_calls);
      fail_everywhere(act, faults);
      std::cout << act.name << ": " << faults.size() << " faults\n";
    }
  }
}

}  // namespace holdfast::test

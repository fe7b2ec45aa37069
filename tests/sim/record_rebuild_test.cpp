// SPDX-License-Identifier: Apache-2.0
// The index of rows and recordings made anew from the disks alone: every answer is as it was (P8,
// P9).
#include <fstream>
#include <set>
#include <tuple>

#include "firmware/job/prune_plan.h"
#include "tests/sim/indexed_box.h"
#include "tests/sim/lost_packs.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kHour_ns = 3'600'000'000'000;

// Rows in files and of a database, some without a recording, one that is a newer version of
// another, and recordings that nobody names.
void live_two_days(IndexedBox& box) {
  box.has_sql = true;
  const Timestamp first_run = box.clock.now();
  for (const int number : {1, 2, 4}) box.record(RecordsBox::call(number));
  box.write_rows("b.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)) +
                              RecordsBox::row(RecordsBox::call(3)) + "c9,x,y,no time,z\n");
  box.answer({RecordsBox::call(1)}, {});
  box.backed_up();
  box.clock.advance(24 * kHour_ns);
  Call longer = RecordsBox::call(1);
  longer.seconds = 11;
  box.record(RecordsBox::call(5));
  box.write_rows("c.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(2)));
  box.answer({longer, RecordsBox::call(2)}, first_run);
  box.backed_up();
}

// A file with rows whose own date is long ago.
void write_older(IndexedBox& box, const std::string& name, const std::string& text,
                 std::int64_t mtime_ns) {
  box.write_rows(name, text);
  box.files.node("/rows/" + name).status.mtime_ns = mtime_ns;
}

bool has(const std::vector<std::string>& answers, std::string_view part) {
  return std::ranges::any_of(
      answers, [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

// The row of a.csv takes the place of that of b.csv: its file comes later, and is older.
void back_up_a_changed_row(IndexedBox& box) {
  Call longer = RecordsBox::call(1);
  longer.seconds = 11;
  box.record(RecordsBox::call(1));
  box.write_rows("b.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)));
  box.backed_up();
  write_older(box, "a.csv", RecordsBox::header() + RecordsBox::row(longer), 2);
  box.clock.advance(kHour_ns);
  box.backed_up();
}

}  // namespace

TEST_CASE("an index that is lost comes back from the disks, and answers as before") {
  IndexedBox box;
  live_two_days(box);
  const auto before = box.answers();
  REQUIRE(std::ranges::count_if(before, [](const std::string& line) {
            return line.find(" former") != std::string::npos;
          }) == 1);
  SECTION("lost") {
    box.lose_index();
  }
  SECTION("damaged") {
    write_text(box.index_file(), "not a database");
  }
  SECTION("as good as it was") {}
  const auto done = box.rebuilt();
  CHECK(done.rows == 7);
  CHECK(done.recordings == 4);
  CHECK(done.problems.count == 0);
  CHECK(box.answers() == before);
  // And nothing is new to the next backup.
  box.sql.set_faults({.refused_open = 1});
  box.clock.advance(kHour_ns);
  CHECK_FALSE(box.backed_up().entry_written);
  CHECK(box.answers() == before);
}

TEST_CASE("an index that is older than the newest snapshot is brought up to it") {
  IndexedBox box;
  box.record(RecordsBox::call(1));
  box.write_rows("a.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)));
  box.backed_up();
  const auto first = box.answers();
  const std::filesystem::path older = box.index_file().string() + ".older";
  std::filesystem::copy_file(box.index_file(), older);
  box.clock.advance(kHour_ns);
  box.record(RecordsBox::call(2));
  box.write_rows("b.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(2)));
  box.backed_up();
  const auto before = box.answers();
  REQUIRE(before != first);
  const std::filesystem::path index = box.index_file();
  box.lose_index();
  std::filesystem::copy_file(older, index);
  REQUIRE(has(box.answers(), "records_not_indexed"));
  CHECK(box.rebuilt().rows == 2);
  CHECK(box.answers() == before);
}

TEST_CASE("which row of a key is the newest is what the backups said, whatever the files' dates") {
  IndexedBox box;
  back_up_a_changed_row(box);
  const auto before = box.answers();
  REQUIRE(has(before, "a.csv 1 current"));
  box.lose_index();
  SECTION("by a rebuild") {
    box.rebuilt();
    CHECK(box.answers() == before);
  }
  SECTION("by a backup, which has a file more with that row") {
    write_older(box, "c.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)), 1);
    box.clock.advance(kHour_ns);
    box.backed_up();
    const auto after = box.answers();
    CHECK(has(after, "a.csv 1 former"));
    CHECK(has(after, "b.csv 1 former"));
    CHECK(has(after, "c.csv 1 current"));
  }
}

TEST_CASE("of a source without recordings the newest row of a key comes back too") {
  IndexedBox box;
  box.has_recordings = false;
  back_up_a_changed_row(box);
  CHECK(box.newest().at("records/rows/rows/b.csv").find(",superseded,") != std::string::npos);
  const auto before = box.answers();
  REQUIRE(has(before, "a.csv 1 current"));
  box.lose_index();
  box.rebuilt();
  CHECK(box.answers() == before);
}

TEST_CASE("rows are taken by the mapping that the snapshot has, not by the one of today") {
  IndexedBox box;
  live_two_days(box);
  const auto before = box.answers();
  box.slip = "secunds";
  box.rules = "schema = 1\n# slip\n";
  box.lose_index();
  CHECK(box.rebuilt().problems.count == 0);
  CHECK(box.parsed == "schema = 1\n");
  CHECK(box.answers() == before);
}

TEST_CASE(
    "the machine may stop at every moment of a rebuild: the former index answers until then") {
  const auto make_box = [] {
    auto box = std::make_unique<IndexedBox>();
    live_two_days(*box);
    return box;
  };
  const bool has_index = GENERATE(true, false);
  const auto box = make_box();
  const auto before = box->answers();
  const std::uint64_t operations =
      count([&] { return make_box(); }, [](IndexedBox& of) { return of.rebuild(); }).operations;
  if (!has_index) box->lose_index();
  const std::uint64_t stride =
      stride_of({.usual = 7, .long_run = 1, .sanitized = 40, .sanitized_long = 10});
  for (std::uint64_t number = 1; number <= operations; number += stride) {
    CAPTURE(number, has_index);
    box->world.cut_at(box->world.operations() + number);
    const auto done = box->rebuild();
    box->world.crash({sim::CrashPolicy::random, number});
    const auto after = box->answers();
    if (done || has_index) {
      CHECK(after == before);
    } else {
      CHECK(has(after, "records_not_indexed"));
    }
    if (done && !has_index) box->lose_index();
  }
  box->rebuilt();
  CHECK(box->answers() == before);
}

TEST_CASE("a rebuild that is stopped leaves the former index, and nothing else") {
  IndexedBox box;
  live_two_days(box);
  const auto before = box.answers();
  box.stop = true;
  const auto stopped = box.rebuild();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == ErrorCode::interrupted);
  CHECK(box.answers() == before);
  for (const auto& entry : std::filesystem::directory_iterator(box.settings.catalog_directory)) {
    CHECK(entry.path().string().find(".new") == std::string::npos);
  }
}

TEST_CASE("what is lost is told, and all else is found again") {
  IndexedBox box;
  box.record(RecordsBox::call(1));
  box.write_rows("a.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)));
  box.backed_up();
  std::vector<Digest> first;
  for (const auto& row : packs_of(box)) first.push_back(row.pack.name);
  box.clock.advance(kHour_ns);
  box.record(RecordsBox::call(2));
  box.write_rows("b.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(2)));
  box.backed_up();
  for (const auto& row : packs_of(box)) {
    const bool is_content = row.pack.kind == pack::PackKind::content;
    if (is_content && std::ranges::find(first, row.pack.name) != first.end()) {
      lose_pack(box, row.pack.name);
    }
  }
  box.lose_index();
  const auto done = box.rebuilt();
  CHECK(done.rows == 1);
  CHECK(done.recordings == 2);
  REQUIRE(done.problems.kept.size() == 1);
  CHECK(done.problems.kept[0].path == "rows/a.csv");
  CHECK(done.problems.kept[0].error.code == ErrorCode::data_lost);
  CHECK(has(box.answers(), "b.csv 1 current matched"));
}

namespace {

// A hold on the first of two calls, both gone at the source and past their time, whose rows lie in
// files of their own; those of the first one are lost.
struct LossyIndexBox : IndexedBox {
  LossyIndexBox() {
    record(call(1));
    write_rows("a.csv", header() + row(call(1)));
    backed_up();
    std::set<Digest> first;
    for (const auto& each : packs_of(*this)) first.insert(each.pack.name);
    clock.advance(kHour_ns);
    record(call(2));
    write_rows("b.csv", header() + row(call(2)));
    backed_up();
    for (const int number : {1, 2}) files.remove("/calls/" + name_of(call(number)));
    files.remove("/rows/a.csv");
    write("more.txt", "a source that has nothing is one that is away");
    clock.advance(kHour_ns);
    backed_up();
    {
      const auto box = open().value();
      const auto business = box->open_business("calls", vault::Access::write).value();
      REQUIRE(business->hold(journal::HoldScope::key, "call_id=c1", "a case"));
    }
    for (const auto& each : packs_of(*this)) {
      if (each.pack.kind == pack::PackKind::content && first.contains(each.pack.name)) {
        take_away(each.pack.name);
      }
    }
    lose_index();
  }

  void put_back() {
    for (const auto& [disk, path, bytes] : taken_) REQUIRE(ports::store(*disk, path, bytes));
  }
  catalog::MissingRows missing() {
    const auto box = open().value();
    const auto business = box->open_business("calls", vault::Access::read).value();
    return job::open_record_index(*business)->missing().value();
  }
  job::PrunePlan plan() {
    const auto box = open().value();
    const auto business = box->open_business("calls", vault::Access::read).value();
    job::PruneRequest request;
    request.definition = definition();
    request.definition.retention.classes[0] = {30, policy::ItemDate::change};
    request.now = Timestamp{clock.now().ns + 100 * 24 * kHour_ns};
    request.is_trusted = true;
    request.lock_days[0] = 0;
    return job::plan_prune(*business, request).value();
  }
  // Of the first that is missing in the index; none: that freezes nothing.
  std::optional<std::string> frozen_by() {
    for (const job::Freeze& freeze : plan().frozen) {
      if (freeze.reason == job::FreezeReason::rows_missing) return freeze.path;
    }
    return std::nullopt;
  }

 private:
  void take_away(const Digest& pack) {
    const std::string folder = pool::shard_directory(pack);
    for (const auto& disk : disks) {
      const auto entries = disk->list(folder);
      if (!entries) continue;
      for (const ports::DirectoryEntry& entry : *entries) {
        const std::string path = folder + "/" + entry.name;
        if (!entry.name.starts_with(pack.hex())) continue;
        taken_.emplace_back(disk.get(), path, *disk->contents(path));
        disk->erase(path);
      }
    }
  }

  std::vector<std::tuple<sim::SimDisk*, std::string, Bytes>> taken_;
};

}  // namespace

TEST_CASE("an index that lacks rows says so, and nothing goes that they could hold") {
  LossyIndexBox box;
  const bool by_backup = GENERATE(false, true);
  const auto read_again = [&] {
    box.clock.advance(kHour_ns);
    if (by_backup) {
      box.backed_up();
    } else {
      box.rebuilt();
    }
  };
  CAPTURE(by_backup);
  read_again();
  CHECK(box.missing().lost == 1);
  CHECK(box.missing().paths == std::vector<std::string>{"rows/a.csv"});
  CHECK(box.frozen_by() == "rows/a.csv");
  CHECK(box.plan().going == 0);
  box.put_back();
  read_again();
  CHECK(box.missing().items == 0);
  CHECK(box.frozen_by() == std::nullopt);
  CHECK(box.plan().going_paths ==
        std::vector<std::string>{"calls/" + RecordsBox::name_of(RecordsBox::call(2))});
}

TEST_CASE("a file of which no row can be taken leaves holds on keys unsure, and dates alone") {
  IndexedBox box;
  box.record(RecordsBox::call(1));
  box.write_rows("a.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)));
  box.write_rows("b.csv", "none,of,these\n1,2,3\n");
  box.backed_up();
  const auto missing = [&] {
    const auto opened = box.open().value();
    const auto business = opened->open_business("calls", vault::Access::read).value();
    return job::open_record_index(*business)->missing().value();
  };
  CHECK(missing().items == 1);
  CHECK(missing().lost == 0);
  CHECK(missing().paths == std::vector<std::string>{"rows/b.csv"});
  box.write_rows("b.csv", RecordsBox::header());
  box.clock.advance(kHour_ns);
  box.backed_up();
  CHECK(missing().items == 0);
}

TEST_CASE("a business whose snapshots have no rows has nothing to be found") {
  IndexedBox box;
  CHECK_FALSE(box.rebuild().value());  // no snapshot
  box.has_csv = false;
  box.record(RecordsBox::call(1));
  box.backed_up();
  box.has_csv = true;
  CHECK_FALSE(box.rebuild().value());
}

}  // namespace holdfast::test

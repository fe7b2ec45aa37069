// SPDX-License-Identifier: Apache-2.0
// Backups that look only where they were told: what they make is what a run that looks everywhere
// makes, they do not cost what they do not look at, and they claim no more than they did.
#include <catch2/catch.hpp>

#include "firmware/job/record_index_file.h"
#include "firmware/vault/content_reader.h"
#include "tests/sim/lossy_box.h"
#include "tests/sim/ready_box.h"
#include "tests/sim/records_box.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kMinute_ns = 60'000'000'000;
using Paths = std::vector<std::string>;

// Any box with a source of calls, and words to back it up.
template <class Box>
struct PathsBox : Box {
  job::BackupReport run(Paths looked_at = {}) {
    this->only_paths = std::move(looked_at);
    this->clock.advance(kMinute_ns);
    auto report = this->backup();
    this->only_paths.clear();
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    return std::move(*report);
  }
  Error fails(Paths looked_at) {
    this->only_paths = std::move(looked_at);
    const std::size_t before = rows().size();
    const auto report = this->backup();
    this->only_paths.clear();
    REQUIRE_FALSE(report);
    CHECK(rows().size() == before);
    return report.error();
  }
  std::vector<catalog::SnapshotRow> rows() {
    const auto box = this->open();
    const auto business = (*box)->open_business("calls", vault::Access::read);
    REQUIRE(business);
    return *(*business)->snapshots();
  }
  catalog::SnapshotRow newest() { return rows().back(); }
  // Of the newest snapshot. When a run saw that one is gone depends on when that run began.
  std::vector<vault::Item> items() {
    const auto box = this->open();
    const auto business = (*box)->open_business("calls", vault::Access::read);
    REQUIRE(business);
    const auto nodes = vault::ContentReader::open(**business);
    vault::TreeCursor cursor(**nodes, vault::tree_of(newest()));
    std::vector<vault::Item> found;
    while (const vault::Item* item = cursor.peek().value()) {
      found.push_back(*item);
      if (item->is_gone()) found.back().gone_since = Timestamp{1};
      cursor.advance();
    }
    return found;
  }
};

// What may happen at a source between two runs, and the path that tells of it.
class Changes {
 public:
  explicit Changes(std::uint64_t seed) : dice_(seed) {}

  // The same choices make the same of boxes that are alike.
  Paths change(SimBox& box, SimBox& twin) {
    Paths told;
    for (std::uint64_t i = 1 + dice_.next() % 3; i > 0; --i) {
      const std::string folder = word() + "/" + word();
      const std::uint64_t kind = dice_.next() % 8;
      const std::string name = kind < 4 ? folder + "/" + word() : kind < 6 ? word() : folder;
      const std::string text(dice_.next() % 3000, 'x');
      for (SimBox* each : {&box, &twin}) happen(*each, kind, name, text);
      // A folder above tells of it as well.
      const bool from_above = dice_.next() % 4 == 0 && name.find('/') != std::string::npos;
      told.push_back("calls/" + (from_above ? name.substr(0, name.find('/')) : name));
    }
    return told;
  }

 private:
  std::string word() { return std::string(1, static_cast<char>('a' + dice_.next() % 4)); }
  static bool is_there(SimBox& box, const std::string& name) {
    const auto root = box.files.open_source("/calls");
    std::unique_ptr<ports::Folder> held;
    ports::Folder* folder = root->get();
    std::string_view rest = name;
    for (std::size_t end = rest.find('/'); end != std::string_view::npos; end = rest.find('/')) {
      auto next = folder->open_folder(rest.substr(0, end));
      if (!next) return false;
      held = std::move(*next);
      folder = held.get();
      rest.remove_prefix(end + 1);
    }
    return folder->status_of(rest).has_value();
  }
  // What stands in the way of the name, or of a folder on its way, is a file or a folder of before.
  static void clear(SimBox& box, const std::string& name) {
    for (std::size_t end = name.find('/'); end != std::string::npos;
         end = name.find('/', end + 1)) {
      const std::string folder = name.substr(0, end);
      const bool is_file = is_there(box, folder) && !box.files.node("/calls/" + folder).is_folder();
      if (is_file) box.files.remove("/calls/" + folder);
    }
    const bool is_folder = is_there(box, name) && box.files.node("/calls/" + name).is_folder();
    if (is_folder) box.files.remove("/calls/" + name);
  }
  static void happen(SimBox& box, std::uint64_t kind, const std::string& name,
                     const std::string& text) {
    const std::string path = "/calls/" + name;
    const bool is_removal = kind == 0 || kind == 4;
    if (is_removal) {
      if (is_there(box, name)) box.files.remove(path);
      return;
    }
    if (kind == 1 && is_there(box, name)) {
      box.files.node(path).status.mode = 0640;
      return;
    }
    clear(box, name);
    if (kind == 2 && !is_there(box, name)) return box.files.add_symlink(path, "elsewhere");
    if (is_there(box, name)) box.files.remove(path);
    box.files.write_file(path, view_of(text));
  }

  sim::Generator dice_;
};

using Ready = PathsBox<ReadyBox>;

}  // namespace

TEST_CASE("A run that is told what changed makes the tree of one that looks everywhere") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Ready told;
    Ready whole;
    for (Ready* box : {&told, &whole}) {
      box->kind = seed % 2 == 0 ? source::BusinessKind::mirror : source::BusinessKind::archive;
      box->full_interval_ns = seed % 3 == 0 ? 0 : job::kFullInterval_ns;
      for (const char* name : {"a/a/a", "a/b/c", "b/c", "c/a/d", "d", "zz"}) box->write(name, name);
      box->run();
    }
    Changes changes(seed);
    for (int step = 0; step < 12; ++step) {
      const Paths paths = changes.change(told, whole);
      CAPTURE(seed, step, paths);
      const auto here = told.run(paths);
      const auto there = whole.run();
      CHECK(here.entry_written == there.entry_written);
      const auto mine = told.newest();
      const auto due = whole.newest();
      REQUIRE((told.items() == whole.items()));
      CHECK(here.counts.items_new == there.counts.items_new);
      CHECK(here.counts.items_changed == there.counts.items_changed);
      CHECK(here.counts.items_gone == there.counts.items_gone);
      CHECK(mine.body.counts.items == due.body.counts.items);
      CHECK(mine.body.counts.bytes == due.body.counts.bytes);
      CHECK(mine.body.complete);
    }
    CHECK(*told.restore() == told.source());
  }
}

TEST_CASE("What was not looked at stands as it stood, and the next whole run sees it") {
  Ready box;
  box.write("01/a.wav", "a");
  box.write("02/b.wav", "b");
  box.run();
  const Timestamp whole_started = box.newest().body.started;
  const auto before = box.source();
  box.write("01/a.wav", "another");
  box.write("02/b.wav", "another");
  const auto told = box.run({"calls/01/a.wav"});
  CHECK(told.paths == 1);
  CHECK(told.counts.items_changed == 1);
  CHECK(told.counts.items_unchanged == 0);
  const auto mixed = *box.restore();
  CHECK(mixed.at("01/a.wav") == box.source().at("01/a.wav"));
  CHECK(mixed.at("02/b.wav") == before.at("02/b.wav"));
  CHECK(box.newest().body.looked_at == journal::LookedAt{whole_started, {"calls/01/a.wav"}});

  const auto whole = box.run();
  CHECK(whole.counts.items_changed == 1);
  CHECK(*box.restore() == box.source());
  CHECK_FALSE(box.newest().body.looked_at);
}

TEST_CASE("A whole run says that it looked, also if runs before it found everything") {
  Ready box;
  box.write("a.wav", "a");
  box.run();
  box.write("b.wav", "b");
  const auto told = box.run({"calls/b.wav", "calls/b.wav"});
  CHECK(told.paths == 1);
  const auto same = box.run({"calls/b.wav"});
  CHECK_FALSE(same.entry_written);
  const auto whole = box.run();
  CHECK(whole.entry_written);
  CHECK(box.newest().body.items == box.rows()[box.rows().size() - 2].body.items);
  CHECK(box.newest().body.is_of_whole_look());
  CHECK_FALSE(box.run().entry_written);
}

TEST_CASE(
    "A file written again in the tick of its reading is not settled by runs that passed it by") {
  Ready box;
  box.write("a.wav", "before");
  ports::FileStatus& status = box.files.node("/calls/a.wav").status;
  status.mtime_ns = status.ctime_ns = box.clock.now().ns + kMinute_ns;
  box.run();
  const std::string text = "after!";
  box.files.node("/calls/a.wav").bytes = Bytes(text.begin(), text.end());
  box.clock.advance(kMinute_ns);
  for (const char* name : {"b.wav", "c.wav"}) {
    box.write(name, name);
    box.run({std::string("calls/") + name});
  }
  CHECK(box.run().counts.items_changed == 1);
  CHECK(*box.restore() == box.source());
}

TEST_CASE("The cost is that of the path, whatever else there is") {
  std::vector<std::uint64_t> operations;
  for (const int others : {50, 2000}) {
    Ready box;
    box.settings = vault::VaultSettings();
    box.settings.scrypt_log2_n = 10;
    box.settings.pool.disk_reserve = 0;
    box.settings.node_size_target = 2048;
    for (int i = 0; i < others; ++i) box.write("01/" + std::to_string(i) + ".wav", "other");
    box.run();
    box.write("01/new.wav", "new");
    const std::uint64_t before = box.world.operations();
    const auto told = box.run({"calls/01/new.wav"});
    operations.push_back(box.world.operations() - before);
    CHECK(told.counts.items_new == 1);
    CHECK(told.counts.items == static_cast<std::uint64_t>(others) + 1);
    CHECK(*box.restore() == box.source());
  }
  INFO(operations.front() << " and " << operations.back());
  CHECK(operations.back() < operations.front() + operations.front() / 4);
}

TEST_CASE("A path that nobody has is told") {
  Ready box;
  box.write("a.wav", "a");
  box.run();
  const auto told = box.run({"calls/a.wav", "calls/never.wav", "calls/no/folder/x.wav"});
  CHECK_FALSE(told.entry_written);
  REQUIRE(told.problems.count == 2);
  CHECK(told.problems.kept[0].path == "calls/never.wav");
  CHECK(told.problems.kept[0].error.code == ErrorCode::source_vanished);
  CHECK(told.problems.kept[1].path == "calls/no");
  CHECK(box.fails({"music/a.wav"}).code == ErrorCode::invalid_argument);
  CHECK(box.fails({"callsa.wav"}).code == ErrorCode::invalid_argument);
  CHECK(box.fails({"calls/" + std::string(job::kPathsSizeMax, 'x')}).code ==
        ErrorCode::limit_exceeded);
}

TEST_CASE("A source that has become empty is not believed path by path either") {
  Ready box;
  box.write("01/a.wav", "a");
  box.run();
  box.files.remove("/calls/01");
  CHECK(box.fails({"calls/01/a.wav"}).code == ErrorCode::source_empty);
  box.write("other.wav", "other");
  CHECK(box.run({"calls/01/a.wav"}).counts.items_gone == 1);
}

TEST_CASE("A first run of paths is no complete snapshot, and the next whole one is") {
  Ready box;
  box.write("a.wav", "a");
  box.write("b.wav", "b");
  box.run({"calls/a.wav"});
  CHECK_FALSE(box.newest().body.complete);
  CHECK(box.newest().body.looked_at->whole_started == Timestamp{});
  box.run();
  CHECK(box.newest().body.complete);
  CHECK(*box.restore() == box.source());
}

TEST_CASE("A folder that cannot be read keeps what it had, and is told once") {
  Ready box;
  box.write("01/a.wav", "a");
  box.run();
  box.write("01/a.wav", "another");
  box.files.set_unreadable("/calls/01");
  const auto told = box.run({"calls/01/a.wav", "calls/01/b.wav"});
  REQUIRE(told.problems.count == 1);
  CHECK(told.problems.kept[0].path == "calls/01");
  CHECK(told.counts.items_gone == 0);
  CHECK((*box.restore()).contains("01/a.wav"));
}

TEST_CASE("Where names are lost no part is taken over") {
  PathsBox<LossyBox> box;
  for (const catalog::PackRow& row : box.packs()) {
    if (row.pack.kind == pack::PackKind::meta) box.lose(row.pack.name);
  }
  box.write("c.wav", "c");
  const auto code = box.fails({"calls/c.wav"}).code;
  CHECK(code == ErrorCode::data_lost);
  box.run();
  CHECK(box.newest().body.has_gap);
  CHECK(box.fails({"calls/c.wav"}).code == ErrorCode::names_lost);
}

TEST_CASE("Rows are left to whole runs, and what these found stays in force") {
  const TemporaryFolder folder;
  RecordsBox box;
  box.settings.catalog_directory = folder.path();
  const auto has_index = [&] {
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", vault::Access::read);
    return job::open_record_index(**business).has_value();
  };
  box.record(RecordsBox::call(1));
  box.write_rows("day.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)) +
                                RecordsBox::row(RecordsBox::call(2)));
  CHECK(box.backed_up().problems.count == 0);
  const auto before = box.newest();
  REQUIRE(before.contains("records/rows/report.csv"));

  // A database that is asked and does not answer would be told.
  box.has_sql = true;
  box.clock.advance(kMinute_ns);
  box.record(RecordsBox::call(2));
  box.only_paths = {"calls/" + RecordsBox::name_of(RecordsBox::call(2))};
  const auto told = box.backed_up();
  CHECK(told.problems.count == 0);
  CHECK(told.records.empty());
  CHECK(has_index());
  auto after = box.newest();
  CHECK(after.erase(box.only_paths.front()) == 1);
  CHECK(after == before);
  for (const char* path : {"records/rows/report.csv", "cdr"}) {
    box.only_paths = {path};
    const auto refused = box.backup();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid_argument);
  }

  box.only_paths.clear();
  box.has_sql = false;
  const auto whole = box.backed_up();
  CHECK(whole.records.at(0).report->count_of("rows", "matched") == 2);
  CHECK(has_index());
}

}  // namespace holdfast::test

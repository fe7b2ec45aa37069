// SPDX-License-Identifier: Apache-2.0
// Recordings come back with their rows beside them: the bank's columns and values, of that
// snapshot, and nothing of anybody else's is written over.
#include <algorithm>

#include "tests/sim/lost_packs.h"
#include "tests/sim/records_box.h"

namespace holdfast::test {

namespace {

struct Site : RecordsBox {
  // Two calls with rows, and one that has none.
  Site() {
    for (int i = 1; i <= 3; ++i) record(call(i));
    write_rows("day.csv", header() + row(call(1)) + row(call(2)));
  }
  job::RestoreReport restored(const std::string& target, bool overwrite = false,
                              std::optional<std::uint64_t> number = {}) {
    const auto report = restore_with_rows(target, overwrite, number);
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    CHECK_FALSE(report->ended);
    return *report;
  }
  // What stands beside that call; empty: nothing.
  std::string beside(const std::string& target, const Call& of) {
    const auto bytes = files.contents(target + "/calls/" + name_of(of) + ".rows.csv");
    return bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
  }
};

const std::string kHeader = "call_id,agent,phone,start,seconds\r\n";

std::string table_row(const Call& call) {
  std::string row = RecordsBox::row(call);
  row.insert(row.size() - 1, "\r");
  return row;
}

}  // namespace

TEST_CASE("each recording has its row beside it, and one without a row has nothing") {
  Site site;
  site.backed_up();
  const auto report = site.restored("/back");
  CHECK(report.failed.count == 0);
  CHECK(report.lost.count == 0);
  CHECK(report.rows.recordings == 2);
  CHECK(report.rows.rows == 2);
  CHECK(report.rows.without == 1);
  CHECK(site.beside("/back", Site::call(1)) == kHeader + table_row(Site::call(1)));
  CHECK(site.beside("/back", Site::call(2)) == kHeader + table_row(Site::call(2)));
  CHECK(site.beside("/back", Site::call(3)).empty());
  // What was not asked for is as it is without rows.
  const auto plain = site.newest();
  CHECK(site.read_tree("/back").size() == plain.size() + 2);
}

TEST_CASE("the rows of several sources stand in one table with the columns of all") {
  Site site;
  site.has_sql = true;
  Call other = Site::call(1);
  other.id = "x1";  // known by another name to the database, and by its path
  site.answer({other}, {});
  site.write_rows("more.csv", "outcome," + Site::header() + "\"paid, \"\"half\"\"\"," +
                                  Site::row(Site::call(3)));
  site.backed_up();
  const auto report = site.restored("/back");
  CHECK(report.rows.recordings == 3);
  CHECK(report.rows.rows == 4);
  CHECK(site.beside("/back", Site::call(1)) ==
        kHeader + table_row(other) + table_row(Site::call(1)));
  CHECK(site.beside("/back", Site::call(3)) ==
        "outcome," + kHeader + "\"paid, \"\"half\"\"\"," + table_row(Site::call(3)));
}

TEST_CASE("a row that was changed is as that snapshot has it") {
  Site site;
  const std::uint64_t before = site.backed_up().snapshot.number;
  Call changed = Site::call(1);
  changed.seconds = 11;
  site.write_rows("later.csv", Site::header() + Site::row(changed));
  site.backed_up();
  site.restored("/newest");
  CHECK(site.beside("/newest", Site::call(1)) == kHeader + table_row(changed));
  site.restored("/before", false, before);
  CHECK(site.beside("/before", Site::call(1)) == kHeader + table_row(Site::call(1)));
}

TEST_CASE("a file that stands where rows would go is left alone, and nothing is written") {
  Site site;
  site.backed_up();
  const std::string place = "/back/calls/" + Site::name_of(Site::call(2)) + ".rows.csv";
  site.files.add_folder("/back");
  site.files.add_folder("/back/calls");
  site.files.write_file(place, view_of(std::string_view("mine")));
  const auto refused = site.restore_with_rows("/back");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::target_not_empty);
  CHECK(site.read_tree("/back").size() == 1);
  CHECK(site.beside("/back", Site::call(2)) == "mine");
  // Unless that was asked for.
  CHECK(site.restored("/back", true).failed.count == 0);
  CHECK(site.beside("/back", Site::call(2)) == kHeader + table_row(Site::call(2)));
}

TEST_CASE("an item of the snapshot keeps its place, even where all may be written over") {
  for (const bool overwrite : {false, true}) {
    CAPTURE(overwrite);
    Site site;
    site.write(Site::name_of(Site::call(2)) + ".rows.csv", "the bank's own");
    site.backed_up();
    const auto report = site.restored("/back", overwrite);
    REQUIRE(report.failed.count == 1);
    CHECK(report.failed.kept[0].error.code == ErrorCode::target_not_empty);
    CHECK(site.beside("/back", Site::call(2)) == "the bank's own");
    CHECK(report.rows.recordings == 1);
  }
}

TEST_CASE("an item keeps its place also where its folder has become a file") {
  Site site;
  const std::string name = Site::name_of(Site::call(4));
  site.write("day/" + name, Site::sound(Site::call(4)));
  site.write("day/" + name + ".rows.csv", "the bank's own");
  site.write_rows("late.csv", Site::header() + Site::row(Site::call(4)));
  site.backed_up();
  for (const std::string& gone : {"/" + name, "/" + name + ".rows.csv", std::string()}) {
    site.files.remove("/calls/day" + gone);
  }
  site.write("day", "a file now");
  site.backed_up();
  site.restores_gone = true;
  const auto report = site.restored("/back", true);
  REQUIRE(report.failed.count == 1);
  CHECK(report.failed.kept[0].error.code == ErrorCode::target_not_empty);
  const auto own = site.files.contents("/back/calls/day.folder/" + name + ".rows.csv");
  REQUIRE(own);
  CHECK(text_of(*own) == "the bank's own");
}

TEST_CASE("what is lost of rows is told, and the others are there") {
  Site site;
  site.settings.node_size_target = 65536;
  site.full_interval_ns = 0;
  site.backed_up();
  const auto early = packs_of(site);
  site.record(Site::call(4));
  site.write_rows("late.csv", Site::header() + Site::row(Site::call(4)));
  site.backed_up();
  for (const auto& pack : early) {
    if (pack.pack.kind == pack::PackKind::meta) lose_pack(site, pack.pack.name);
  }
  const auto report = site.restored("/back");
  CHECK(report.lost.count > 0);
  CHECK(report.rows.recordings == 1);
  CHECK(site.beside("/back", Site::call(4)) == kHeader + table_row(Site::call(4)));
}

TEST_CASE("a recording that is lost gets no rows, and rows that are lost are told") {
  for (const bool recordings_are_lost : {true, false}) {
    CAPTURE(recordings_are_lost);
    Site site;
    site.files.remove("/rows/day.csv");
    site.backed_up();
    const auto of_recordings = packs_of(site);
    site.write_rows("day.csv", Site::header() + Site::row(Site::call(1)));
    site.backed_up();
    for (const auto& pack : packs_of(site)) {
      const bool is_of_recordings = std::ranges::any_of(
          of_recordings, [&](const auto& each) { return each.pack.name == pack.pack.name; });
      const bool is_lost =
          pack.pack.kind == pack::PackKind::content && is_of_recordings == recordings_are_lost;
      if (is_lost) lose_pack(site, pack.pack.name);
    }
    site.restored_paths = {"calls"};
    const auto report = site.restored("/back");
    CHECK(report.rows.recordings == 0);
    CHECK(site.beside("/back", Site::call(1)).empty());
    REQUIRE(report.lost.count == (recordings_are_lost ? 3 : 1));
    CHECK(report.lost.kept[0].path ==
          (recordings_are_lost ? "calls/" + Site::name_of(Site::call(1)) : "rows/day.csv"));
    CHECK(report.failed.count == 0);
  }
}

}  // namespace holdfast::test

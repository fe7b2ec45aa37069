// SPDX-License-Identifier: Apache-2.0
// A record index as a file: readers beside a writer, a process that ends in the middle, and every
// way in which a file can be wrong.
#include <random>

#include "firmware/catalog/catalog.h"
#include "firmware/catalog/record_index_input.h"
#include "firmware/catalog/record_index_runs.h"
#include "firmware/catalog/sqlite.h"
#include "tests/unit/catalog/record_index_fixture.h"

using namespace holdfast;
using namespace holdfast::catalog;
using records::CallClass;

namespace {

// Pages of every kind: merged runs and single ones, former rows, classes, recordings, bindings.
void fill(RecordIndex& index) {
  for (int item = 0; item < 11; ++item) {
    std::vector<Row> rows;
    for (int i = 0; i < 40; ++i) {
      const std::string number = std::to_string(13800000000 + i * 7 + item);
      rows.push_back(call(std::to_string(i + item * 20), number, i, "promise", "客户承诺 note"));
    }
    add_item(index, item_named(std::to_string(item)), rows);
  }
  REQUIRE(index.begin());
  records::RecordingFacts facts;
  facts.path = "1.wav";
  facts.content = "bytes";
  facts.numbers = {"13800000000"};
  facts.start_ms = 1;
  REQUIRE(index.note_recording(facts, Probe{1, records::AudioState::sound, "wav"}));
  {
    const auto input = index.reconcile_input().value();
    REQUIRE(input->bind({0, 0, records::Rung::path}));
    const std::vector<CallClass> rows(input->row_count(), CallClass::matched);
    set_classes(index, *input, rows, {CallClass::matched});
  }
  REQUIRE(index.commit(kHead));
}

std::string filled_file(const Folder& folder) {
  const std::string path = folder.file("a business.records.sqlite");
  RecordIndex index = opened_index(path);
  fill(index);
  return path;
}

template <class T>
Result<void> read_all(Result<records::StreamPointer<T>> stream) {
  if (!stream) return stream.error();
  T next;
  for (;;) {
    HF_TRY(const bool is_there, (*stream)->next(next));
    if (!is_there) return {};
  }
}

Result<void> read_streams(RecordInput& input) {
  HF_TRY(read_all(input.rows()));
  HF_TRY(read_all(input.recordings()));
  HF_TRY(read_all(input.rows_by_key()));
  HF_TRY(read_all(input.recordings_by_content()));
  HF_TRY(read_all(input.rows_by_call_id()));
  HF_TRY(read_all(input.rows_by_path()));
  const records::ReconcileInput::Wanted rows(input.row_count(), true);
  HF_TRY(read_all(input.rows_by_number(rows)));
  HF_TRY(read_all(input.recordings_by_path()));
  const records::ReconcileInput::Wanted recordings(input.recording_count(), true);
  HF_TRY(read_all(input.recordings_by_number(recordings)));
  HF_TRY(read_all(input.bindings()));
  if (input.row_count() == 0) return {};
  HF_TRY(input.row(0));
  return {};
}

// Every kind of reading and writing; the first error.
Result<void> use(const std::string& path, OpenMode mode) {
  HF_TRY(RecordIndex index, RecordIndex::open(path, mode, kBusiness));
  HF_TRY(index.head());
  HF_TRY(index.has_row_item(item_named("3")));
  HF_TRY(index.find_probe("bytes"));
  HF_TRY(index.row_classes());
  HF_TRY(index.recording_classes());
  RecordQuery query;
  query.limit = 1000;
  HF_TRY(index.find(query));
  query.columns.push_back({"outcome", "promise"});
  query.row_class = CallClass::matched;
  HF_TRY(index.find(query));
  query.number_endings.push_back("0007");
  query.from_ms = 1;
  HF_TRY(index.find(query));
  if (mode == OpenMode::read) return {};
  HF_TRY(index.begin());
  HF_TRY(index.remove_row_item(item_named("3")));
  HF_TRY(index.add_row_item(item_named("new")));
  Row row = call("new", "1", 1);
  row.number = 1;
  HF_TRY(index.add_row(row));
  {
    HF_TRY(const auto input, index.reconcile_input());
    HF_TRY(read_streams(*input));
  }
  return index.commit(kHead);
}

void execute(const std::string& path, const char* sql) {
  Result<Database> database = Database::open(path, Access::write);
  REQUIRE(database);
  REQUIRE(database->execute(sql));
}

ErrorCode refused(const std::string& path, OpenMode mode, const BusinessId& business = kBusiness) {
  const Result<RecordIndex> index = RecordIndex::open(path, mode, business);
  REQUIRE_FALSE(index);
  CHECK(index.error().where == path);
  return index.error().code;
}

void remove_companions(const std::string& path) {
  std::filesystem::remove(path + "-wal");
  std::filesystem::remove(path + "-shm");
}

}  // namespace

TEST_CASE("An index that was written is there for the next writer and for readers") {
  const Folder folder;
  const std::string path = filled_file(folder);
  RecordIndex reader = opened_index(path, OpenMode::read);
  CHECK(reader.head().value() == kHead);
  CHECK(find(reader, {}).size() == 100);
  REQUIRE(use(path, OpenMode::read));
  REQUIRE(use(path, OpenMode::write));
}

TEST_CASE("A batch is seen by readers when it is committed, and not at all if it never is") {
  const Folder folder;
  const std::string path = folder.file("x");
  std::optional<RecordIndex> writer = opened_index(path);
  RecordIndex reader = opened_index(path, OpenMode::read);
  add_item(*writer, item_named("1"), {call("a", "1", 1)});
  CHECK(find(reader, {}).size() == 1);
  REQUIRE(writer->begin());
  REQUIRE(writer->remove_row_item(item_named("1")));
  REQUIRE(writer->reconcile_input());
  CHECK(find(reader, {}).size() == 1);
  const std::string cut = folder.file("cut");
  std::filesystem::copy_file(path, cut);
  std::filesystem::copy_file(path + "-wal", cut + "-wal");
  RecordIndex after_cut = opened_index(cut);
  CHECK(find(after_cut, {}).size() == 1);
  CHECK(after_cut.head().value() == kHead);
  writer.reset();
  CHECK(find(reader, {}).size() == 1);
}

TEST_CASE("A checkpoint moves all into the file itself") {
  const Folder folder;
  const std::string path = folder.file("x");
  RecordIndex writer = opened_index(path);
  add_item(writer, item_named("1"), {call("a", "1", 1)});
  REQUIRE(writer.checkpoint());
  const std::string copy = folder.file("copy");
  std::filesystem::copy_file(path, copy);
  RecordIndex reader = opened_index(copy, OpenMode::read);
  CHECK(find(reader, {}).size() == 1);
}

TEST_CASE("What is sorted leaves nothing behind, and lies beside the index") {
  const Folder folder;
  const std::string path = filled_file(folder);
  RecordIndex index = opened_index(path);
  Result<Database> database = Database::open(path, Access::write);
  REQUIRE(database);
  Statement statement(*database, "PRAGMA temp_store_directory");
  Query row = statement.with();
  REQUIRE(row.next().value());
  CHECK(row.text() == folder.path() + "/");
}

TEST_CASE("A catalog is no record index, and the reverse") {
  const Folder folder;
  const std::string path = folder.file("x");
  (void)opened(path);
  CHECK(refused(path, OpenMode::read) == ErrorCode::damaged);
  CHECK(refused(path, OpenMode::write) == ErrorCode::damaged);
  CHECK(Catalog::open(filled_file(folder), OpenMode::write, kBusiness).error().code ==
        ErrorCode::damaged);
}

TEST_CASE("An index of another business, of another version or with other tables is damaged") {
  const Folder folder;
  const std::string path = filled_file(folder);
  CHECK(refused(path, OpenMode::write, BusinessId{{9}}) == ErrorCode::damaged);
  SECTION("version") {
    execute(path, "PRAGMA user_version = 0");
  }
  SECTION("a table more") {
    execute(path, "CREATE TABLE more(x)");
  }
  SECTION("an index less") {
    execute(path, "DROP INDEX rows_by_key");
  }
  SECTION("not SQLite") {
    write_file(path, std::string(8192, 'x'));
  }
  remove_companions(path);
  CHECK(refused(path, OpenMode::read) == ErrorCode::damaged);
  CHECK(refused(path, OpenMode::write) == ErrorCode::damaged);
}

TEST_CASE("Few rows more do not write many rows anew, and runs stay few") {
  const Folder folder;
  const std::string path = folder.file("x");
  RecordIndex index = opened_index(path);
  const auto rows = [](int from, int count) {
    std::vector<Row> all;
    for (int i = from; i < from + count; ++i) {
      all.push_back(call("k" + std::to_string(i), std::to_string(13800000000 + i), i));
    }
    return all;
  };
  add_item(index, item_named("many"), rows(0, 3000));
  Result<Database> database = Database::open(path, Access::write);
  REQUIRE(database);
  const std::vector<Run> before = read_runs(*database).value();
  REQUIRE(before.size() == 1);
  for (int batch = 1; batch <= 60; ++batch) {
    add_item(index, item_named(std::to_string(batch)), rows(3000 + batch * 5, 5));
    const std::vector<Run> runs = read_runs(*database).value();
    CHECK(runs.size() <= 8);
    CHECK(runs[0].id == before[0].id);
  }
  RecordQuery query;
  query.columns.push_back({"outcome", "ok"});
  query.limit = 10'000;
  CHECK(find(index, query).size() == 3300);
}

TEST_CASE("What most rows have is kept in few pages, and found with all else that a row has") {
  constexpr int kRows = 68'000;
  const Folder folder;
  const std::string path = folder.file("x");
  RecordIndex index = opened_index(path);
  const std::vector<std::string> outcomes{"ok", "promise", "refused"};
  const auto add = [&](const std::string& item, int from, int end) {
    std::vector<Row> rows;
    for (int i = from; i < end; ++i) {
      Row row = call("k" + std::to_string(i), "1380000" + std::to_string(1000 + i % 5), i,
                     outcomes[static_cast<std::size_t>(i % 3)], i % 2 == 0 ? "even" : "odd");
      if (i % 10'000 == 4'321) row.fields[3] = "rare " + *row.fields[3];
      rows.push_back(std::move(row));
    }
    add_item(index, item_named(item), rows);
  };
  const auto found = [&](const std::string& outcome, const std::string& word,
                         std::optional<std::int64_t> from_ms = {}) {
    RecordQuery query;
    query.columns.push_back({"outcome", outcome});
    query.texts.push_back({"", word});
    query.from_ms = from_ms;
    query.limit = kRows;
    return keys_of(find(index, query));
  };
  const auto wanted = [](int from, int end, const auto& fits) {
    std::vector<std::string> keys;
    for (int i = end - 1; i >= from; --i) {
      if (fits(i)) keys.push_back("k" + std::to_string(i));
    }
    return keys;
  };
  // One run, and eight that are merged.
  add("many", 0, 40'000);
  for (int batch = 0; batch < 8; ++batch) {
    add(std::to_string(batch), 40'000 + batch * 3'500, 43'500 + batch * 3'500);
  }
  for (int third = 0; third < 3; ++third) {
    const std::string& outcome = outcomes[static_cast<std::size_t>(third)];
    const auto is_of = [&](int i) { return i % 3 == third; };
    CHECK(found(outcome, "even", 39'000) ==
          wanted(39'000, kRows, [&](int i) { return is_of(i) && i % 2 == 0; }));
    CHECK(found(outcome, "odd", 67'000) ==
          wanted(67'000, kRows, [&](int i) { return is_of(i) && i % 2 == 1; }));
    CHECK(found(outcome, "rare") ==
          wanted(0, kRows, [&](int i) { return is_of(i) && i % 10'000 == 4'321; }));
  }
  CHECK(found("ok", "promise").empty());
  // Bits, not a byte for each.
  Result<Database> database = Database::open(path, Access::write);
  REQUIRE(database);
  Statement select(*database, "SELECT count(*) FROM blocks WHERE substr(postings, 1, 1) = x'00'");
  Query row = select.with();
  REQUIRE(row.next().value());
  CHECK(row.u64() > 10);
}

TEST_CASE("A missing index is not found by readers") {
  const Folder folder;
  CHECK(refused(folder.file("none"), OpenMode::read) == ErrorCode::not_found);
  CHECK(refused(folder.file("no/such"), OpenMode::write) == ErrorCode::not_found);
}

TEST_CASE("Postings, places and classes that are wrong are damage") {
  const Folder folder;
  const std::string path = filled_file(folder);
  const char* sql = "";
  SECTION("postings that do not rise") {
    sql = "UPDATE blocks SET postings = x'0100'";
  }
  SECTION("half a posting") {
    sql = "UPDATE blocks SET postings = x'ff'";
  }
  SECTION("a posting above all terms") {
    sql = "UPDATE blocks SET first = 1 << 60";
  }
  SECTION("bits of no posting") {
    sql = "UPDATE blocks SET postings = x'00'";
  }
  SECTION("bits that do not begin where they say") {
    sql = "UPDATE blocks SET postings = x'0002'";
  }
  SECTION("bits with nothing at the end") {
    sql = "UPDATE blocks SET postings = x'000100'";
  }
  SECTION("bits behind the last place") {
    sql = "UPDATE blocks SET first = (first | ((1 << 20) - 1)), postings = x'0003'";
  }
  SECTION("half a place") {
    sql = "UPDATE places SET places = x'00'";
  }
  SECTION("no places") {
    sql = "DELETE FROM places";
  }
  SECTION("an unknown class") {
    sql = "UPDATE classes SET places = x'ff'";
  }
  SECTION("a run without rows") {
    sql = "UPDATE runs SET rows = 0";
  }
  SECTION("fields that end early") {
    sql = "UPDATE row_texts SET fields = x'09'";
  }
  SECTION("numbers that are no list") {
    sql = "UPDATE rows SET numbers = '[\"'";
  }
  SECTION("an unknown fault") {
    sql = "UPDATE rows SET fault = 200";
  }
  SECTION("rows of no item") {
    sql = "DELETE FROM row_items";
  }
  execute(path, sql);
  const Result<void> used = use(path, OpenMode::read);
  REQUIRE_FALSE(used);
  CHECK(used.error().code == ErrorCode::damaged);
}

TEST_CASE("Flipped bytes anywhere in an index give an answer or `damaged`, never worse") {
  const Folder folder;
  const std::string path = filled_file(folder);
  const std::string good = bytes_of(path);
  std::mt19937 random(1);
  int found = 0;
  for (int round = 0; round < 400; ++round) {
    std::string bad = good;
    const std::size_t page = random() % (good.size() / 4096);
    const std::size_t at = page * 4096 + random() % (round % 2 == 0 ? 100 : 4096);
    bad[at] = static_cast<char>(random());
    write_file(path, bad);
    const Result<void> used = use(path, round % 4 == 0 ? OpenMode::write : OpenMode::read);
    if (!used) {
      ++found;
      INFO("byte " << at << ": " << debug_text(used.error()));
      CHECK(used.error().code == ErrorCode::damaged);
    }
    remove_companions(path);
  }
  CHECK(found > 40);
}

TEST_CASE("A page of noise in an index is an answer or `damaged`") {
  const Folder folder;
  const std::string path = filled_file(folder);
  const std::string good = bytes_of(path);
  int found = 0;
  for (std::size_t page = 0; page < good.size() / 4096; ++page) {
    std::string bad = good;
    bad.replace(page * 4096, 4096, std::string(4096, '\x5a'));
    write_file(path, bad);
    const Result<void> used = use(path, OpenMode::write);
    if (!used) {
      ++found;
      INFO("page " << page);
      CHECK(used.error().code == ErrorCode::damaged);
    }
    remove_companions(path);
  }
  CHECK(found > 10);
}

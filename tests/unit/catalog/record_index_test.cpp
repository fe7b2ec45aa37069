// SPDX-License-Identifier: Apache-2.0
// What a record index answers, one condition after the other.
#include "firmware/catalog/record_index.h"

#include "firmware/catalog/record_batch.h"
#include "firmware/catalog/record_index_items.h"
#include "tests/unit/catalog/record_index_fixture.h"

using namespace holdfast;
using namespace holdfast::catalog;

namespace {

using Keys = std::vector<std::string>;

constexpr std::int64_t kHour = 3'600'000;

RecordIndex filled() {
  RecordIndex index = opened_index("");
  add_item(index, item_named("one.csv"),
           {call("a", "13800138000", 5 * kHour, "promise", "客户承诺本周五前还款"),
            call("b", "13900138000", 3 * kHour, "refused", "张伟 not at home"),
            call("c", "02188886666", 4 * kHour, "promise", "called Zhang Wei-Min (HT-2021)")});
  return index;
}

Keys found(RecordIndex& index, const RecordQuery& query) {
  return keys_of(find(index, query));
}

ErrorCode refused(RecordIndex& index, const RecordQuery& query) {
  const Result<FoundRows> result = index.find(query);
  REQUIRE_FALSE(result);
  return result.error().code;
}

RecordQuery text_query(const std::string& text, const std::string& column = "") {
  RecordQuery query;
  query.texts.push_back({column, text});
  return query;
}

}  // namespace

TEST_CASE("A new index has no head and no rows") {
  RecordIndex index = opened_index("");
  CHECK(index.head().value() == journal::Head{});
  CHECK(find(index, {}).empty());
}

TEST_CASE("Without a condition all rows are found, the latest start first") {
  RecordIndex index = filled();
  CHECK(index.head().value() == kHead);
  CHECK(found(index, {}) == Keys{"a", "c", "b"});
}

TEST_CASE("A row comes back as it was added") {
  RecordIndex index = opened_index("");
  RowItem item = item_named("one.csv");
  Row row = call("k", "13800138000", 12, "", "x");
  row.number = 77;
  row.fields[0].reset();
  row.facts.duration_ms = 5000;
  row.facts.path = "recordings/1.wav";
  row.facts.size = 4711;
  row.facts.expects_recording = false;
  row.facts.numbers = {"1\"2\\3", "4,5", "4,5", "", "6\n"};
  add_item(index, item, {row});
  const std::vector<FoundRow> rows = find(index, {});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].item == item);
  CHECK(rows[0].row.number == 77);
  CHECK(rows[0].row.verbatim == row.verbatim);
  CHECK(rows[0].row.fields == row.fields);
  const records::RowFacts& facts = rows[0].row.facts;
  CHECK(facts.key == "k");
  CHECK(facts.call_id == "id-k");
  CHECK(facts.numbers == Keys{"1\"2\\3", "4,5"});
  CHECK(facts.start_ms == 12);
  CHECK(facts.duration_ms == 5000);
  CHECK(facts.path == "recordings/1.wav");
  CHECK(facts.size == 4711);
  CHECK_FALSE(facts.expects_recording);
  CHECK_FALSE(rows[0].is_former);
  CHECK_FALSE(rows[0].row_class);
  CHECK(rows[0].recordings.empty());
}

TEST_CASE("A rejected row is kept with its fault") {
  RecordIndex index = opened_index("");
  Row row;
  row.facts.fault = records::RowFault::excel_exponent;
  add_item(index, item_named("one.csv"), {row});
  const std::vector<FoundRow> rows = find(index, {});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].row.facts.fault == records::RowFault::excel_exponent);
  CHECK(rows[0].row.fields.empty());
}

TEST_CASE("A column is compared exactly") {
  RecordIndex index = filled();
  const auto with = [&](const std::string& name, const std::string& value) {
    RecordQuery query;
    query.columns.push_back({name, value});
    return found(index, query);
  };
  CHECK(with("outcome", "promise") == Keys{"a", "c"});
  CHECK(with("outcome", "Promise").empty());
  CHECK(with("outcome", "").empty());
  CHECK(with("note", "promise").empty());
  CHECK(with("agent", "2049") == Keys{"a", "c", "b"});
  CHECK(with("no such column", "2049").empty());
}

TEST_CASE("A number is found whole and by its last four to eight digits") {
  RecordIndex index = filled();
  const auto whole = [&](const std::string& number) {
    RecordQuery query;
    query.numbers.push_back(number);
    return found(index, query);
  };
  CHECK(whole("13800138000") == Keys{"a"});
  CHECK(whole("00138000").empty());
  CHECK(whole("2049").size() == 3);
  const auto ending = [&](const std::string& digits) {
    RecordQuery query;
    query.number_endings.push_back(digits);
    return found(index, query);
  };
  for (const std::string digits : {"8000", "38000", "138000", "0138000", "00138000"}) {
    CHECK(ending(digits) == Keys{"a", "b"});
  }
  CHECK(ending("6666") == Keys{"c"});
  CHECK(ending("2049").size() == 3);
  CHECK(ending("92049").empty());
  RecordQuery query;
  query.number_endings = {"000"};
  CHECK(refused(index, query) == ErrorCode::invalid_argument);
  query.number_endings = {"800138000"};
  CHECK(refused(index, query) == ErrorCode::invalid_argument);
}

TEST_CASE("A row is found by its call id and by its key") {
  RecordIndex index = filled();
  RecordQuery query;
  query.call_id = "id-b";
  CHECK(found(index, query) == Keys{"b"});
  query.key = "a";
  CHECK(found(index, query).empty());
  query.call_id.reset();
  CHECK(found(index, query) == Keys{"a"});
  query.key = "";
  CHECK(refused(index, query) == ErrorCode::invalid_argument);
}

TEST_CASE("Text is found by words, and by parts where there are no spaces") {
  RecordIndex index = filled();
  CHECK(found(index, text_query("张伟")) == Keys{"b"});
  CHECK(found(index, text_query("承诺本周")) == Keys{"a"});
  CHECK(found(index, text_query("周承")).empty());
  CHECK(found(index, text_query("承诺还款")).empty());  // its pairs stand there, apart
  CHECK(found(index, text_query("zhang wei")) == Keys{"c"});
  CHECK(found(index, text_query("HT-2021")) == Keys{"c"});
  CHECK(found(index, text_query("ht")) == Keys{"c"});
  CHECK(found(index, text_query("han")).empty());
  CHECK(found(index, text_query("not AT home")) == Keys{"b"});
  CHECK(found(index, text_query("张伟 not")) == Keys{"b"});
  CHECK(found(index, text_query("promise")) == Keys{"a", "c"});
  CHECK(found(index, text_query("promise", "note")).empty());
  CHECK(found(index, text_query("promise", "outcome")) == Keys{"a", "c"});
  CHECK(refused(index, text_query("张")) == ErrorCode::invalid_argument);
  CHECK(refused(index, text_query("-")) == ErrorCode::invalid_argument);
  CHECK(refused(index, text_query("")) == ErrorCode::invalid_argument);
}

TEST_CASE("What stands in a text has no term that the text has not, and words turned round have") {
  const std::string value = "Please call back on Friday-evening 张伟 13:30";
  std::vector<Term> of_value;
  add_text_terms(value, of_value);
  const auto finds = [&](const std::string& text) {
    std::vector<Term> terms;
    add_text_terms(text, terms);
    return std::ranges::all_of(terms, [&](const Term term) {
      return std::ranges::find(of_value, term) != of_value.end();
    });
  };
  for (const char* text : {"call back", "friday", "Friday-evening", "evening 张伟", "张伟 13:30"}) {
    INFO(text);
    CHECK((finds(text) && has_text(value, text)));
  }
  for (const char* text : {"back call", "call on", "30:13", "please back"}) {
    INFO(text);
    CHECK_FALSE(finds(text));
  }
}

TEST_CASE("A range of time has its beginning and not its end") {
  RecordIndex index = opened_index("");
  Row without = call("none", "4", 0);
  without.facts.start_ms.reset();
  add_item(index, item_named("one.csv"),
           {call("x", "1", 10), call("y", "2", 20), call("z", "3", 30), without});
  const auto between = [&](std::optional<std::int64_t> from, std::optional<std::int64_t> until) {
    RecordQuery query;
    query.from_ms = from;
    query.until_ms = until;
    return found(index, query);
  };
  CHECK(between(10, 30) == Keys{"y", "x"});
  CHECK(between(11, 31) == Keys{"z", "y"});
  CHECK(between(20, std::nullopt) == Keys{"z", "y"});
  CHECK(between(std::nullopt, 20) == Keys{"x"});
  CHECK(between(30, 10).empty());
  CHECK(between(31, 99).empty());
  CHECK(between(INT64_MIN, INT64_MAX) == Keys{"z", "y", "x"});
  CHECK(found(index, {}) == Keys{"z", "y", "x", "none"});
}

TEST_CASE("No more rows than the limit, and whether there are more") {
  RecordIndex index = filled();
  RecordQuery query;
  for (query.limit = 0; query.limit < 5; ++query.limit) {
    const FoundRows rows = index.find(query).value();
    CHECK(rows.rows.size() == std::min<std::size_t>(query.limit, 3));
    CHECK(rows.has_more == (query.limit < 3));
  }
}

TEST_CASE("A newer version takes the place of a row, which is found as a former one") {
  RecordIndex index = filled();
  add_item(index, item_named("two.csv"), {call("a", "13800138000", 5 * kHour, "paid")});
  add_item(index, item_named("two.csv", "other source"), {call("b", "13900138000", 0)});
  RecordQuery query;
  query.key = "a";
  std::vector<FoundRow> rows = find(index, query);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].row.fields[2] == "paid");
  CHECK_FALSE(rows[0].is_former);
  CHECK(rows[1].is_former);
  query.key = "b";
  for (const FoundRow& row : find(index, query)) CHECK_FALSE(row.is_former);

  REQUIRE(index.begin());
  REQUIRE(index.remove_row_item(item_named("two.csv")));
  REQUIRE(index.commit(kHead));
  query.key = "a";
  rows = find(index, query);
  REQUIRE(rows.size() == 1);
  CHECK_FALSE(rows[0].is_former);
}

TEST_CASE("When the middle one of three versions goes, the first stays former") {
  RecordIndex index = opened_index("");
  for (const std::string path : {"1", "2", "3"}) {
    add_item(index, item_named(path), {call("k", "1", 1, path)});
  }
  const auto remove = [&](const std::string& path) {
    REQUIRE(index.begin());
    REQUIRE(index.remove_row_item(item_named(path)));
    REQUIRE(index.commit(kHead));
  };
  const auto state = [&] {
    std::string text;
    for (const FoundRow& row : find(index, {})) {
      text += *row.row.fields[2] + (row.is_former ? "-" : "+");
    }
    return text;
  };
  CHECK(state() == "3+2-1-");
  remove("2");
  CHECK(state() == "3+1-");
  remove("3");
  CHECK(state() == "1+");
}

TEST_CASE("Two rows of one item with one key are both current") {
  RecordIndex index = opened_index("");
  add_item(index, item_named("1"), {call("k", "1", 1), call("k", "2", 2)});
  for (const FoundRow& row : find(index, {})) CHECK_FALSE(row.is_former);
  add_item(index, item_named("2"), {call("k", "3", 3)});
  CHECK(find(index, {})[1].is_former);
  CHECK(find(index, {})[2].is_former);
}

TEST_CASE("An item is there until it is removed") {
  RecordIndex index = filled();
  CHECK(index.has_row_item(item_named("one.csv")).value());
  CHECK_FALSE(index.has_row_item(item_named("two.csv")).value());
  CHECK_FALSE(index.has_row_item(item_named("one.csv", "other")).value());
  REQUIRE(index.begin());
  REQUIRE(index.remove_row_item(item_named("one.csv")));
  REQUIRE(index.remove_row_item(item_named("never there")));
  REQUIRE(index.commit(kHead));
  CHECK_FALSE(index.has_row_item(item_named("one.csv")).value());
  CHECK(find(index, {}).empty());
  add_item(index, item_named("one.csv"), {call("new", "13800138000", 1)});
  CHECK(found(index, {}) == Keys{"new"});
}

TEST_CASE("What is taken back leaves no trace") {
  RecordIndex index = filled();
  REQUIRE(index.begin());
  REQUIRE(index.remove_row_item(item_named("one.csv")));
  REQUIRE(index.add_row_item(item_named("two.csv")));
  Row row = call("d", "1", 1);
  row.number = 1;
  REQUIRE(index.add_row(row));
  index.take_back();
  CHECK(found(index, {}) == Keys{"a", "c", "b"});
  add_item(index, item_named("three.csv"), {call("e", "1", 1)});
  CHECK(found(index, {}) == Keys{"a", "c", "b", "e"});
}

TEST_CASE("A recording's probe is found by its bytes") {
  RecordIndex index = opened_index("");
  records::RecordingFacts facts;
  facts.path = "recordings/1.wav";
  facts.content = "bytes";
  const Probe probe{1234, records::AudioState::truncated, "wav/alaw"};
  REQUIRE(index.begin());
  REQUIRE(index.note_recording(facts, std::nullopt));
  CHECK_FALSE(index.find_probe("bytes").value());
  REQUIRE(index.note_recording(facts, probe));
  facts.path = "2.wav";
  facts.content.clear();
  REQUIRE(index.note_recording(facts, probe));
  REQUIRE(index.commit(kHead));
  CHECK(index.find_probe("bytes").value() == probe);
  CHECK_FALSE(index.find_probe("other").value());
  CHECK_FALSE(index.find_probe("").value());
}

TEST_CASE("The time of an item's call is the latest that a row or its name says") {
  RecordIndex index = opened_index("");
  records::RecordingFacts facts;
  for (const char* path : {"rec/row.wav", "rec/name.wav", "rec/none.wav"}) {
    facts.path = path;
    facts.start_ms.reset();
    if (facts.path == "rec/name.wav") facts.start_ms = 700;
    REQUIRE(index.begin());
    REQUIRE(index.note_recording(facts, std::nullopt));
    REQUIRE(index.commit(kHead));
  }
  const RowItem item = item_named("rows.csv");
  const std::vector<Row> rows{call("a", "1", 500), call("b", "2", 900), call("c", "3", 400)};
  add_item(index, item, rows);
  add_item(index, item_named("other.csv"), {call("d", "4", 9000)});
  REQUIRE(index.begin());
  RecordBatch batch(index);
  for (const std::uint64_t number : {1U, 3U}) {
    const auto row = batch.find_row_at(item, number, rows[number - 1].verbatim).value();
    REQUIRE(row);
    REQUIRE(batch.bind(row->id, "rec/row.wav", records::Rung::call_id));
  }
  REQUIRE(index.commit(kHead));
  ItemRows items(index);
  const auto time_of = [&](const char* path, const Digest& content) {
    return items.find(path, content).value().call_time_ms;
  };
  CHECK(time_of("rec/row.wav", {}) == 500);
  CHECK(time_of("rec/name.wav", {}) == 700);
  CHECK(time_of("rec/none.wav", {}) == std::nullopt);
  CHECK(time_of("rows.csv", item.content) == 900);
  CHECK(time_of("rows.csv", digest_of("others")) == std::nullopt);
  CHECK(time_of("nowhere", {}) == std::nullopt);
}

namespace {

std::string raw(const Digest& digest) {
  return std::string(text_of(digest.view()));
}

// A recording of these bytes, in place of what is known of that path.
void note(RecordIndex& index, const std::string& path, const Digest& content) {
  records::RecordingFacts facts;
  facts.path = path;
  facts.content = raw(content);
  REQUIRE(index.note_recording(facts, std::nullopt));
}

}  // namespace

TEST_CASE("A call's time is that of the bytes that its row was bound to") {
  RecordIndex index = opened_index("");
  const Digest first = digest_of("first");
  const Digest second = digest_of("second");
  const RowItem item = item_named("rows.csv");
  const std::vector<Row> rows{call("a", "1", 500), call("b", "2", 900), call("c", "3", 700)};
  add_item(index, item, rows);
  const auto bind = [&](std::uint64_t number, const std::string& content = {}) {
    RecordBatch batch(index);
    const auto row = batch.find_row_at(item, number, rows[number - 1].verbatim).value();
    REQUIRE(row);
    REQUIRE(batch.bind(row->id, "ch1.wav", records::Rung::path, content));
  };
  const auto in_batch = [&](const auto& work) {
    REQUIRE(index.begin());
    work();
    REQUIRE(index.commit(kHead));
  };
  const auto time_of = [&](const Digest& content) {
    return ItemRows(index).find("ch1.wav", content).value().call_time_ms;
  };
  in_batch([&] {
    note(index, "ch1.wav", first);
    bind(1);
  });
  CHECK(time_of(first) == 500);
  CHECK(time_of(second) == std::nullopt);
  SECTION("the bytes give way, to be bound by themselves, and come back") {
    in_batch([&] { note(index, "ch1.wav", second); });
    CHECK(time_of(first) == 500);
    CHECK(time_of(second) == std::nullopt);
    in_batch([&] { bind(2); });
    CHECK(time_of(first) == 500);
    CHECK(time_of(second) == 900);
    in_batch([&] { note(index, "ch1.wav", first); });
    CHECK(time_of(first) == 500);
    CHECK(time_of(second) == 900);
  }
  SECTION("a file from before the batch means the bytes of then, or those that it names") {
    in_batch([&] {
      note(index, "ch1.wav", second);
      bind(2);
      bind(3, raw(second));
    });
    CHECK(time_of(first) == 900);
    CHECK(time_of(second) == 700);
    in_batch([&] {
      RecordBatch batch(index);
      CHECK(batch.find_recording("ch1.wav").value()->former_content.empty());
    });
  }
  SECTION("where files are lost nobody knows which bytes were meant") {
    in_batch([&] {
      note(index, "ch1.wav", second);
      REQUIRE(RecordBatch(index).set_untold("ch1.wav"));
      bind(2);
    });
    CHECK(time_of(first) == 500);
    CHECK(time_of(second) == std::nullopt);
  }
}

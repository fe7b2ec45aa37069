// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/record_batch.h"

#include "tests/unit/catalog/record_index_fixture.h"

namespace holdfast::catalog {

namespace {

// What is known of a row of that key whose outcome is that.
KnownRow known(RecordBatch& batch, const std::string& key, const std::string& outcome,
               const std::string& source = "calls") {
  const auto found = batch.find_row(source, key, call(key, "1", 0, outcome).verbatim);
  REQUIRE(found);
  return *found;
}

bool is_unknown(const KnownRow& row) {
  return !row.is_current && !row.has_former && !row.is_former;
}

Row version(const std::string& outcome) {
  return call("k", "1", 0, outcome);
}

}  // namespace

TEST_CASE("A row is known by its key and its bytes, in its source alone") {
  RecordIndex index = opened_index("");
  add_item(index, item_named("a.csv"), {version("one")});
  RecordBatch batch(index);
  CHECK(known(batch, "k", "one").is_current);
  CHECK_FALSE(known(batch, "k", "one").has_former);
  CHECK(is_unknown(known(batch, "k", "two")));
  CHECK(is_unknown(known(batch, "j", "one")));
  CHECK(is_unknown(known(batch, "k", "one", "others")));
}

TEST_CASE("Former rows are known as such, however long ago they had their place taken") {
  RecordIndex index = opened_index("");
  add_item(index, item_named("a.csv"), {version("one")});
  add_item(index, item_named("b.csv"), {version("two"), version("two again")});
  add_item(index, item_named("c.csv"), {version("three")});
  RecordBatch batch(index);
  for (const char* outcome : {"one", "two", "two again"}) {
    CAPTURE(outcome);
    CHECK(known(batch, "k", outcome).is_former);
    CHECK_FALSE(known(batch, "k", outcome).is_current);
  }
  CHECK(known(batch, "k", "three").is_current);
  CHECK(known(batch, "k", "three").has_former);
}

TEST_CASE("Rows of a lost item are not known, those of others with the same bytes are") {
  RecordIndex index = opened_index("");
  add_item(index, item_named("a.csv"), {version("one")});
  add_item(index, item_named("b.csv"), {version("two"), call("j", "1", 0, "one")});
  RecordBatch batch(index);
  REQUIRE(batch.pass_over(item_named("b.csv")));
  CHECK(is_unknown(known(batch, "k", "two")));
  CHECK(is_unknown(known(batch, "j", "one")));
  CHECK(known(batch, "k", "one").is_former);
  REQUIRE(batch.pass_over(item_named("never.csv")));
  REQUIRE(batch.pass_over(item_named("a.csv")));
  CHECK(is_unknown(known(batch, "k", "one")));
}

TEST_CASE("A row is made the newest of its key, whatever was added after it") {
  RecordIndex index = opened_index("");
  add_item(index, item_named("a.csv"), {version("one"), version("one again")});
  add_item(index, item_named("b.csv"), {version("two"), call("j", "1", 0, "other")});
  add_item(index, item_named("c.csv"), {version("three")});
  add_item(index, item_named("d.csv", "others"), {version("one")});
  RecordBatch batch(index);
  const auto place = batch.find_row_at(item_named("a.csv"), 1, version("one").verbatim).value();
  REQUIRE(place);
  CHECK(place->is_former);
  CHECK_FALSE(batch.find_row_at(item_named("a.csv"), 2, version("one").verbatim).value());
  CHECK_FALSE(batch.find_row_at(item_named("a.csv"), 3, version("one").verbatim).value());
  CHECK_FALSE(batch.find_row_at(item_named("a.csv"), 0, version("one").verbatim).value());
  CHECK_FALSE(batch.find_row_at(item_named("e.csv"), 1, version("one").verbatim).value());
  REQUIRE(index.begin());
  REQUIRE(batch.make_current(place->id));
  REQUIRE(index.commit(kHead));
  CHECK_FALSE(
      batch.find_row_at(item_named("a.csv"), 1, version("one").verbatim).value()->is_former);
  CHECK(known(batch, "k", "one").is_current);
  for (const char* outcome : {"two", "three"}) {
    CAPTURE(outcome);
    CHECK(known(batch, "k", outcome).is_former);
    CHECK_FALSE(known(batch, "k", outcome).is_current);
  }
  CHECK(known(batch, "k", "one", "others").is_current);
  CHECK(known(batch, "j", "other").is_current);
}

TEST_CASE("The class of a recording is kept, whatever is noted of it afterwards") {
  RecordIndex index = opened_index("");
  records::RecordingFacts facts;
  facts.path = "rec/a.wav";
  REQUIRE(index.begin());
  REQUIRE(index.note_recording(facts, std::nullopt));
  RecordBatch batch(index);
  REQUIRE(batch.set_recording_class("rec/a.wav", records::CallClass::orphan_recording));
  REQUIRE(batch.set_recording_class("rec/b.wav", records::CallClass::matched));
  REQUIRE(index.note_recording(facts, std::nullopt));
  REQUIRE(index.commit(kHead));
  const records::ClassCounts counts = index.recording_classes().value();
  CHECK(counts.of(records::CallClass::orphan_recording) == 1);
  CHECK(counts.sum() == 1);
}

TEST_CASE("The columns of an index are those of items that are in it") {
  RecordIndex index = opened_index("");
  CHECK(index.columns().value().empty());
  add_item(index, item_named("a.csv"), {version("one")});
  add_item(index, item_named("b.csv"), {version("two")});
  RowItem other = item_named("c.csv", "others");
  other.columns = {"phone", "合同", ""};
  REQUIRE(index.begin());
  REQUIRE(index.add_row_item(other));
  REQUIRE(index.commit(kHead));
  using Names = std::vector<std::string>;
  CHECK(index.columns().value() == Names{"", "agent", "note", "outcome", "phone", "合同"});
  REQUIRE(index.begin());
  REQUIRE(index.remove_row_item(other));
  REQUIRE(index.commit(kHead));
  CHECK(index.columns().value() == Names{"agent", "note", "outcome", "phone"});
  CHECK(RecordBatch(index).row_items("calls").value() ==
        std::vector<RowItem>{item_named("a.csv"), item_named("b.csv")});
}

}  // namespace holdfast::catalog

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

}  // namespace holdfast::catalog

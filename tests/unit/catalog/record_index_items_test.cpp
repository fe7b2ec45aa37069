// SPDX-License-Identifier: Apache-2.0
// What is told of items that are asked for in the order of a tree, or in any.
#include "firmware/catalog/record_index_items.h"

#include <algorithm>
#include <map>
#include <random>

#include "firmware/catalog/record_batch.h"
#include "hal/base/path.h"
#include "tests/unit/catalog/record_index_fixture.h"

using namespace holdfast;
using namespace holdfast::catalog;

namespace {

struct Told {
  Digest content;
  std::optional<std::int64_t> by_name;
  std::vector<std::int64_t> by_rows;

  ToldOfItem of(const Digest& asked) const {
    ToldOfItem told;
    told.call_time_ms = by_name;
    told.is_known = asked == content;
    if (!told.is_known) return told;
    told.has_bound_row = !by_rows.empty();
    for (const std::int64_t start : by_rows) {
      told.call_time_ms = std::max(told.call_time_ms, std::optional(start));
    }
    return told;
  }
};

// Recordings with some or no rows, in folders whose bytes are in another order than their paths.
struct ManyRecordings {
  RecordIndex index = opened_index("");
  std::map<std::string, Told> recordings;
  RowItem item = item_named("calls/rows.csv");
  std::vector<std::string> asked;  // known and unknown ones
  std::mt19937 random{5};

  unsigned below(unsigned end) { return static_cast<unsigned>(random() % end); }

  ManyRecordings() {
    std::vector<Row> rows;
    for (int i = 0; i < 300; ++i) {
      rows.push_back(call("k" + std::to_string(i), "1", 1000 + below(500)));
    }
    add_item(index, item, rows);
    for (int i = 0; i < 600; ++i) {
      const std::string path = std::string("calls/") + "ab"[below(2)] +
                               (below(2) == 0 ? "-" : "/") + std::to_string(below(400)) + ".wav";
      asked.push_back(path);
      if (i % 3 > 0) recordings[path];
    }
    REQUIRE(index.begin());
    for (auto& [path, told] : recordings) {
      if (below(9) > 0) told.content = digest_of(path);
      if (below(3) == 0) told.by_name = 1000 + below(500);
      records::RecordingFacts facts;
      facts.path = path;
      facts.start_ms = told.by_name;
      if (told.content != Digest{}) facts.content = std::string(text_of(told.content.view()));
      REQUIRE(index.note_recording(facts, std::nullopt));
    }
    RecordBatch batch(index);
    for (auto& [path, told] : recordings) {
      for (unsigned times = below(3); times > 0; --times) {
        const unsigned number = 1 + below(300);
        const auto row = batch.find_row_at(item, number, rows[number - 1].verbatim).value();
        REQUIRE(row);
        REQUIRE(batch.bind(row->id, path, records::Rung::path));
        told.by_rows.push_back(*rows[number - 1].facts.start_ms);
      }
    }
    REQUIRE(index.commit(kHead));
  }

  void ask_all() {
    ItemRows items(index);
    for (const std::string& path : asked) {
      CAPTURE(path);
      const auto known = recordings.find(path);
      const Told none;
      const Told& told = known == recordings.end() ? none : known->second;
      const Digest contents[] = {told.content, digest_of("others")};
      const Digest& content = contents[below(2)];
      ToldOfItem expected = told.of(content);
      if (known == recordings.end()) expected = {};
      const ToldOfItem found = items.find(path, content).value();
      CHECK(found.is_known == expected.is_known);
      CHECK(found.has_bound_row == expected.has_bound_row);
      CHECK(found.call_time_ms == expected.call_time_ms);
    }
  }
};

}  // namespace

TEST_CASE("What is told of an item does not depend on what was asked before") {
  ManyRecordings many;
  SECTION("as a tree has them") {
    std::ranges::sort(many.asked, PathLess());
  }
  SECTION("by their bytes") {
    std::ranges::sort(many.asked);
  }
  SECTION("backwards") {
    std::ranges::sort(many.asked, std::greater());
  }
  SECTION("a few of them") {
    std::ranges::sort(many.asked, PathLess());
    std::erase_if(many.asked, [&](const std::string&) { return many.below(20) > 0; });
  }
  SECTION("in no order") {}
  many.ask_all();
}

TEST_CASE("An item with rows is known with its bytes, and tells the latest start") {
  ManyRecordings many;
  ItemRows items(many.index);
  const ToldOfItem told = items.find(many.item.path, many.item.content).value();
  CHECK(told.is_known);
  CHECK_FALSE(told.has_bound_row);
  CHECK(told.call_time_ms > 1400);
  CHECK(items.find(many.item.path, digest_of("others")).value() == ToldOfItem());
  CHECK(items.find("calls/zz.wav", {}).value() == ToldOfItem());
  CHECK(items.find("", {}).value() == ToldOfItem());
}

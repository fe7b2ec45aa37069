// SPDX-License-Identifier: Apache-2.0
// A record index against a list that is looked through: random rows in random batches, removed
// again, superseded, judged, and asked for by random conditions.
#include <cctype>

#include "firmware/catalog/record_index_input.h"
#include "tests/unit/catalog/record_index_fixture.h"

using namespace holdfast;
using namespace holdfast::catalog;
using records::CallClass;

namespace {

using Random = std::mt19937;

std::uint32_t below(Random& random, std::uint32_t end) {
  return static_cast<std::uint32_t>(random() % end);
}

template <class T>
const T& one_of(Random& random, const std::vector<T>& all) {
  return all[below(random, static_cast<std::uint32_t>(all.size()))];
}

const std::vector<std::string> kOutcomes{"ok", "promise", "承诺还款", "refused", ""};
const std::vector<std::string> kNotes{"客户承诺本周五前还款", "张伟 no answer", "call back Friday",
                                      "HT-2021-77 张伟",      "无人接听",       "",
                                      "Friday, 周五"};
const std::vector<std::string> kTexts{"张伟",      "周五",   "friday", "HT-2021", "承诺",
                                      "no answer", "前还款", "ok",     "2021"};

struct ModelRow {
  RowItem item;
  Row row;
  std::size_t order = 0;  // in which it came
  bool is_former = false;
  std::optional<CallClass> row_class;
};

// Whether a word of ASCII is cut at that place.
bool is_cut(const std::string& value, std::size_t at) {
  if (at == 0 || at >= value.size()) return false;
  const auto is_word = [](char c) { return static_cast<signed char>(c) > 0 && std::isalnum(c); };
  return is_word(value[at - 1]) && is_word(value[at]);
}

bool holds(std::string value, std::string text) {
  for (std::string* one : {&value, &text}) {
    for (char& c : *one) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
  }
  for (std::size_t at = value.find(text); at != std::string::npos; at = value.find(text, at + 1)) {
    if (!is_cut(value, at) && !is_cut(value, at + text.size())) return true;
  }
  return false;
}

bool fits(const ModelRow& model, const RecordQuery& query) {
  const records::RowFacts& facts = model.row.facts;
  const auto field = [&](const std::string& name) -> std::optional<std::string> {
    for (std::size_t i = 0; i < model.item.columns.size() && i < model.row.fields.size(); ++i) {
      if (model.item.columns[i] == name) return model.row.fields[i];
    }
    return std::nullopt;
  };
  for (const auto& column : query.columns) {
    if (field(column.name) != column.value) return false;
  }
  for (const auto& text : query.texts) {
    bool is_there = false;
    for (const std::string& name : model.item.columns) {
      if (!text.column.empty() && text.column != name) continue;
      is_there = is_there || (field(name) && holds(*field(name), text.text));
    }
    if (!is_there) return false;
  }
  const auto some = [&](const auto& test) { return std::ranges::any_of(facts.numbers, test); };
  for (const std::string& wanted : query.numbers) {
    if (!some([&](const std::string& number) { return number == wanted; })) return false;
  }
  for (const std::string& wanted : query.number_endings) {
    if (!some([&](const std::string& number) { return number.ends_with(wanted); })) return false;
  }
  return (!query.call_id || facts.call_id == *query.call_id) &&
         (!query.key || facts.key == *query.key) &&
         (!query.from_ms || (facts.start_ms && *facts.start_ms >= *query.from_ms)) &&
         (!query.until_ms || (facts.start_ms && *facts.start_ms < *query.until_ms)) &&
         (!query.row_class || model.row_class == query.row_class);
}

class World {
 public:
  World(Random& random, RecordIndex& index) : random_(random), index_(index) {}

  void step() {
    REQUIRE(index_.begin());
    const std::uint32_t choice = below(random_, 10);
    if (choice < 7) add(1 + below(random_, choice == 0 ? 600 : 30));
    if (choice >= 6 && choice < 9) remove();
    if (choice == 9) judge();
    if (below(random_, 8) == 0) {
      index_.take_back();
      rows_ = committed_;
    } else {
      REQUIRE(index_.commit(kHead));
      committed_ = rows_;
    }
  }

  void ask() {
    const RecordQuery query = random_query();
    std::vector<ModelRow> expected;
    for (const ModelRow& row : rows_) {
      if (fits(row, query)) expected.push_back(row);
    }
    std::ranges::sort(expected, std::ranges::greater{}, [](const ModelRow& row) {
      return std::pair(row.row.facts.start_ms.value_or(INT64_MIN), row.order);
    });
    const FoundRows found = index_.find(query).value();
    CHECK(found.has_more == (expected.size() > query.limit));
    expected.resize(std::min<std::size_t>(expected.size(), query.limit));
    REQUIRE(found.rows.size() == expected.size());
    matches += expected.size();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(found.rows[i].item == expected[i].item);
      CHECK(found.rows[i].row.number == expected[i].row.number);
      CHECK(found.rows[i].row.fields == expected[i].row.fields);
      CHECK(found.rows[i].is_former == expected[i].is_former);
      CHECK(found.rows[i].row_class == expected[i].row_class);
    }
  }

  std::size_t matches = 0;

 private:
  Row random_row() {
    const std::string key = below(random_, 5) == 0 ? "" : "k" + std::to_string(below(random_, 400));
    std::string phone = "138" + std::to_string(10000000 + below(random_, 500) * 777);
    if (below(random_, 9) == 0) phone.resize(1 + below(random_, 9));
    Row row =
        call(key, phone, below(random_, 1000), one_of(random_, kOutcomes), one_of(random_, kNotes));
    if (below(random_, 6) == 0) row.facts.start_ms.reset();
    if (below(random_, 6) == 0) row.fields[2].reset();
    if (below(random_, 20) == 0) {
      row.facts = {};
      row.facts.fault = records::RowFault::field_count;
      row.fields.clear();
    }
    return row;
  }

  void add(std::uint32_t rows) {
    const std::string source = below(random_, 3) == 0 ? "other" : "calls";
    const RowItem item = item_named(std::to_string(next_item_++), source);
    REQUIRE(index_.add_row_item(item));
    items_.push_back(item);
    for (std::uint32_t number = 1; number <= rows; ++number) {
      Row row = random_row();
      row.number = number;
      for (ModelRow& older : rows_) {
        const bool is_same = older.item.source == source && older.row.facts.key == row.facts.key;
        if (is_same && older.item != item && !row.facts.key.empty()) older.is_former = true;
      }
      REQUIRE(index_.add_row(row));
      rows_.push_back({item, row, next_order_++, false, std::nullopt});
    }
  }

  // Whether a row is former is then found out anew from what is left.
  void remove() {
    if (items_.empty()) return;
    const RowItem item = one_of(random_, items_);
    REQUIRE(index_.remove_row_item(item));
    std::erase_if(rows_, [&](const ModelRow& row) { return row.item == item; });
    for (auto older = rows_.begin(); older != rows_.end(); ++older) {
      older->is_former = std::any_of(older, rows_.end(), [&](const ModelRow& newer) {
        return newer.item.source == older->item.source && newer.item != older->item &&
               newer.row.facts.key == older->row.facts.key && !newer.row.facts.key.empty();
      });
    }
  }

  void judge() {
    const auto input = index_.reconcile_input().value();
    std::vector<CallClass> classes;
    for (ModelRow& row : rows_) {
      row.row_class.reset();
      if (row.is_former) continue;
      row.row_class = below(random_, 5) == 0 ? CallClass::missing_recording : CallClass::matched;
      classes.push_back(*row.row_class);
    }
    set_classes(index_, *input, classes, {});
  }

  RecordQuery random_query() {
    RecordQuery query;
    query.limit = below(random_, 40);
    const Row like = rows_.empty() ? random_row() : one_of(random_, rows_).row;
    const auto wants = [&](std::uint32_t of) { return below(random_, of) == 0; };
    if (wants(4)) query.columns.push_back({"outcome", one_of(random_, kOutcomes)});
    if (wants(4)) query.texts.push_back({wants(2) ? "note" : "", one_of(random_, kTexts)});
    if (wants(3)) query.from_ms = below(random_, 1000);
    if (wants(3)) query.until_ms = below(random_, 1000);
    if (wants(5)) query.row_class = CallClass::missing_recording;
    if (wants(9) && !like.facts.key.empty()) query.key = like.facts.key;
    if (wants(9) && !like.facts.call_id.empty()) query.call_id = like.facts.call_id;
    if (like.facts.numbers.empty()) return query;
    const std::string number = like.facts.numbers[0];
    if (wants(6)) query.numbers.push_back(number);
    if (wants(4) && number.size() >= 4) {
      const std::size_t size = std::min<std::size_t>(number.size(), 4 + below(random_, 5));
      query.number_endings.push_back(number.substr(number.size() - size));
    }
    return query;
  }

  Random& random_;
  RecordIndex& index_;
  std::vector<ModelRow> rows_;
  std::vector<ModelRow> committed_;
  std::vector<RowItem> items_;  // some are gone
  int next_item_ = 0;
  std::size_t next_order_ = 0;
};

#ifdef HOLDFAST_SANITIZED
constexpr std::uint32_t kSeeds = 2;
#else
constexpr std::uint32_t kSeeds = 4;
#endif

}  // namespace

TEST_CASE("Random rows are found as by looking at each of them") {
  for (std::uint32_t seed = 1; seed <= kSeeds; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    RecordIndex index = opened_index("");
    World world(random, index);
    for (int step = 0; step < 60; ++step) {
      world.step();
      for (int query = 0; query < 6; ++query) world.ask();
    }
    CHECK(world.matches > 200);
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/record_condition.h"

#include <algorithm>

#include "firmware/records/number_rules.h"

namespace holdfast::job {

namespace {

constexpr std::size_t kEndingMin = 4;  // of a number, in digits
constexpr std::size_t kEndingMax = 8;
constexpr std::string_view kColumn = "column.";

struct Condition {
  std::string key;
  std::string value;
};

// Without an equals sign the value is empty.
Condition split(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

// What they mean beside a column is the same for whoever looks a row up and for whoever holds one.
bool add_fact(const Condition& condition, catalog::RecordQuery& query) {
  const auto& [key, value] = condition;
  if (key == "number") {
    const auto number = records::normalised_number(value, {});
    if (!number || number->size() < kEndingMin) return false;
    (number->size() <= kEndingMax ? query.number_endings : query.numbers).push_back(*number);
    return true;
  }
  if (key == "call_id") query.call_id = value;
  if (key == "key") query.key = value;
  return key == "call_id" || key == "key";
}

bool is_fact(std::string_view key) {
  return key == "number" || key == "call_id" || key == "key";
}

bool is_column(std::string_view key) {
  return key.starts_with(kColumn) && key.size() > kColumn.size();
}

}  // namespace

bool add_condition(std::string_view text, catalog::RecordQuery& query) {
  const Condition condition = split(text);
  const auto& [key, value] = condition;
  if (key.empty() || key.size() == text.size() || key == kColumn) return false;
  if (is_fact(key)) return add_fact(condition, query);
  if (key == "text") {
    query.texts.push_back({"", value});
  } else if (key == "class") {
    const auto row_class = records::call_class_named(value);
    if (!row_class) return false;
    query.row_class = row_class;
  } else {
    query.columns.push_back({is_column(key) ? key.substr(kColumn.size()) : key, value});
  }
  return true;
}

std::vector<catalog::RecordQuery> held_queries(std::string_view text) {
  const Condition condition = split(text);
  std::vector<catalog::RecordQuery> queries(1);
  queries.front().columns = {{condition.key, condition.value}};
  if (is_column(condition.key)) {
    queries.emplace_back().columns = {{condition.key.substr(kColumn.size()), condition.value}};
  }
  catalog::RecordQuery fact;
  if (add_fact(condition, fact)) queries.push_back(std::move(fact));
  return queries;
}

bool is_known_key(std::string_view text, const std::vector<std::string>& columns) {
  catalog::RecordQuery fact;
  if (add_fact(split(text), fact)) return true;
  const auto queries = held_queries(text);
  return std::ranges::any_of(queries, [&](const catalog::RecordQuery& query) {
    return std::ranges::any_of(query.columns, [&](const catalog::RecordQuery::Column& column) {
      return std::ranges::find(columns, column.name) != columns.end();
    });
  });
}

}  // namespace holdfast::job

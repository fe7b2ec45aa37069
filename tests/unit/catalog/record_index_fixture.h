// SPDX-License-Identifier: Apache-2.0
// A record index beside a plain list of the same rows, which answers by looking at each of them.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "firmware/catalog/record_index.h"
#include "firmware/catalog/record_index_terms.h"
#include "tests/unit/catalog/fixture.h"

namespace holdfast::catalog {

inline RecordIndex opened_index(const std::string& path, OpenMode mode = OpenMode::write) {
  Result<RecordIndex> index = RecordIndex::open(path, mode, kBusiness);
  if (!index) FAIL(debug_text(index.error()));
  return std::move(*index);
}

inline const journal::Head kHead{7, digest_of("seven")};

inline RowItem item_named(const std::string& path, const std::string& source = "calls") {
  return {source, path, digest_of(source + path), 3, {"agent", "phone", "outcome", "note"}};
}

// A row of item_named(): one call.
inline Row call(const std::string& key, const std::string& phone, std::int64_t start_ms,
                const std::string& outcome = "ok", const std::string& note = "") {
  Row row;
  row.verbatim = digest_of(key + phone + outcome + note);
  row.fields = {"2049", phone, outcome, note};
  row.facts.key = key;
  row.facts.call_id = "id-" + key;
  row.facts.numbers = {phone, "2049"};
  row.facts.start_ms = start_ms;
  return row;
}

inline void add_item(RecordIndex& index, const RowItem& item, const std::vector<Row>& rows) {
  REQUIRE(index.begin());
  REQUIRE(index.add_row_item(item));
  std::uint64_t number = 0;
  for (Row row : rows) {
    row.number = std::max(row.number, number + 1);
    number = row.number;
    REQUIRE(index.add_row(row));
  }
  REQUIRE(index.commit(kHead));
}

inline std::vector<FoundRow> find(RecordIndex& index, const RecordQuery& query) {
  Result<FoundRows> found = index.find(query);
  if (!found) FAIL(debug_text(found.error()));
  return std::move(found->rows);
}

inline std::vector<std::string> keys_of(const std::vector<FoundRow>& rows) {
  std::vector<std::string> keys;
  for (const FoundRow& row : rows) keys.push_back(row.row.facts.key);
  return keys;
}

}  // namespace holdfast::catalog

// SPDX-License-Identifier: Apache-2.0
// A record index beside a plain list of the same rows, which answers by looking at each of them.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "firmware/catalog/record_batch.h"
#include "firmware/catalog/record_index.h"
#include "firmware/catalog/record_index_input.h"
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

// What a run does with what its reconciliation said of all rows and recordings, by their numbers.
inline void set_classes(RecordIndex& index, RecordInput& input,
                        const std::vector<records::CallClass>& rows,
                        const std::vector<records::CallClass>& recordings) {
  REQUIRE(rows.size() == input.row_count());
  REQUIRE(input.set_recording_classes(recordings));
  std::map<std::uint32_t, records::CallClass> classes;
  for (std::uint32_t number = 0; number < rows.size(); ++number) {
    classes[input.row_id(number)] = rows[number];
  }
  REQUIRE(RecordBatch(index).set_row_classes(
      [&](std::uint32_t id) -> std::optional<records::CallClass> {
        const auto found = classes.find(id);
        return found == classes.end() ? std::nullopt : std::optional(found->second);
      }));
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

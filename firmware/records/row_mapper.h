// SPDX-License-Identifier: Apache-2.0
// Makes of a row's fields what binding needs to know of it, by a mapping. A row whose named fields
// cannot be understood is rejected with the first reason, in the order: key, call id, start,
// duration, numbers, path, expected. An empty field, NULL, and a time of zeros say nothing, and are
// no fault.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "firmware/records/csv_row.h"
#include "firmware/records/excel_damage.h"
#include "firmware/records/facts.h"
#include "firmware/records/mapping.h"
#include "firmware/records/path_template.h"
#include "firmware/records/time_format.h"
#include "firmware/records/time_zone.h"

namespace holdfast::records {

// One thread at a time.
class RowMapper {
 public:
  // The mapping's texts must be good (whoever reads it from a file sees to that), and the columns
  // must have all that it names (missing_columns).
  RowMapper(const Mapping& mapping, std::span<const std::string> columns);

  // A file that may have been through Excel is looked at whole before the first row is mapped: cut
  // digits show by the column, see CutDigits. Without, they are not seen.
  void look(std::span<const CsvField> fields);

  // Fills in all but the id. As many fields as there are columns.
  void map(std::span<const CsvField> fields, RowFacts& facts);

  // Rows so far whose start came twice, as clocks were set back: the first of the two was taken.
  [[nodiscard]] std::uint64_t repeated_starts() const { return repeated_starts_; }

 private:
  using Fields = std::span<const CsvField>;
  struct KeyColumn {
    std::size_t index;
    CutDigits digits;
  };

  [[nodiscard]] std::size_t key_column(std::span<const std::string> columns,
                                       const std::string& column);
  // Unwrapped; empty for NULL.
  [[nodiscard]] std::string_view text_of_key(Fields fields, std::size_t key_column) const;
  [[nodiscard]] RowFault damage_of(Fields fields) const;
  [[nodiscard]] RowFault take_all(Fields fields, RowFacts& facts);
  [[nodiscard]] RowFault take_key(Fields fields, std::string& key) const;
  [[nodiscard]] RowFault take_start(Fields fields, RowFacts& facts);
  [[nodiscard]] RowFault take_duration(Fields fields, RowFacts& facts) const;
  [[nodiscard]] RowFault take_numbers(Fields fields, RowFacts& facts) const;
  [[nodiscard]] RowFault take_path(Fields fields, RowFacts& facts);
  [[nodiscard]] RowFault take_expected(Fields fields, RowFacts& facts) const;

  const Mapping mapping_;
  TimeZone zone_;        // of the site
  TimeZone start_zone_;  // of the rows' start
  std::optional<TimeFormat> start_format_;
  std::optional<PathTemplate> template_;

  std::vector<KeyColumn> key_columns_;  // every column that is compared as text, once
  std::vector<std::size_t> key_;        // these are in key_columns_
  std::optional<std::size_t> call_id_;
  std::vector<std::size_t> numbers_;
  std::vector<std::size_t> template_columns_;
  std::optional<std::size_t> start_;  // these are in the row
  std::optional<std::size_t> duration_;
  std::optional<std::size_t> path_column_;
  std::optional<std::size_t> expected_;

  std::vector<std::string_view> values_;  // of the template's columns
  PathPattern path_;
  std::uint64_t repeated_starts_ = 0;
};

}  // namespace holdfast::records

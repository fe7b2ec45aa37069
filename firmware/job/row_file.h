// SPDX-License-Identifier: Apache-2.0
// The rows of one item, as the store gives it back: what was backed up is what is bound.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "firmware/job/progress.h"
#include "firmware/records/csv_file.h"
#include "firmware/records/csv_row.h"
#include "firmware/records/facts.h"
#include "firmware/records/row_mapper.h"
#include "firmware/source/definition.h"
#include "firmware/vault/content_reader.h"

namespace holdfast::job {

// rows_missing_columns, at `path`: the source's mapping names some that are not among these.
[[nodiscard]] Result<void> check_columns(const source::SourceDefinition& source,
                                         std::span<const std::string> columns,
                                         const std::string& path);

// A file of that source, or one that answers of its query are kept as.
[[nodiscard]] records::CsvFile open_csv(const source::SourceDefinition& source);
// Why none of its rows can be taken: rows_*.
[[nodiscard]] Error error_of(const records::CsvFailure& failure, const std::string& path);

// What the item has but blank lines, in order: header, rows, rejected ones and their rest. No
// mapping is asked. rows_*: no row can be taken; interrupted; the store's errors.
using VisitCsvRow = std::function<Result<void>(const std::vector<std::string>& columns,
                                               const records::CsvRow& row)>;
[[nodiscard]] Result<void> for_each_csv_row(vault::ContentReader& content,
                                            const source::SourceDefinition& source,
                                            const vault::Item& item, const StopFlag* stop,
                                            const VisitCsvRow& visit);

// One thread at a time. The references must outlive it.
class RowFile {
 public:
  RowFile(vault::ContentReader& content, const source::SourceDefinition& source,
          const StopFlag* stop);

  // Ok if rows can be taken of all of it. rows_*: none can; interrupted; the store's errors.
  [[nodiscard]] Result<void> look(const vault::Item& item);
  // Each row that the item has, rejected ones too, in order; `facts` lacks the id. Of rejected
  // rows there may be more pieces (RowKind::rest), which are not visited. It is read twice: what
  // people may have saved from a spreadsheet shows by whole columns. Errors as of look().
  using Visit =
      std::function<Result<void>(const records::CsvRow& row, const records::RowFacts& facts)>;
  [[nodiscard]] Result<void> read(const vault::Item& item, const Visit& visit);

  // Of the item that was read last.
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }

 private:
  using VisitCsv = std::function<Result<void>(const records::CsvRow& row)>;
  [[nodiscard]] Result<void> parse(const vault::Item& item, const VisitCsv& visit);
  [[nodiscard]] Result<void> take_columns(const vault::Item& item,
                                          const std::vector<std::string>& columns);

  vault::ContentReader& content_;
  const source::SourceDefinition& source_;
  const StopFlag* stop_;
  std::vector<std::string> columns_;
  std::optional<records::RowMapper> mapper_;
};

}  // namespace holdfast::job

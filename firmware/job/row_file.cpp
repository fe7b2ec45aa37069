// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/row_file.h"

#include <set>

#include "firmware/records/csv_writer.h"

namespace holdfast::job {

namespace {

using records::FileFault;

// As large as the index takes one.
constexpr std::size_t kQueryRowMax = 64 * kMiB;

ErrorCode code_of(FileFault fault) {
  switch (fault) {
    case FileFault::none:
    case FileFault::no_header:
      return ErrorCode::rows_no_header;
    case FileFault::bad_header:
      return ErrorCode::rows_bad_header;
    case FileFault::too_many_columns:
      return ErrorCode::rows_too_many_columns;
    case FileFault::unnamed_column:
      return ErrorCode::rows_unnamed_column;
    case FileFault::duplicate_column:
      return ErrorCode::rows_duplicate_column;
    case FileFault::no_converter:
      return ErrorCode::rows_no_converter;
  }
  return ErrorCode::internal;
}

}  // namespace

Error error_of(const records::CsvFailure& failure, const std::string& path) {
  return make_error(code_of(failure.fault), path,
                    {{"line", std::to_string(failure.line)},
                     {"column", std::to_string(failure.column)},
                     {"name", failure.name},
                     {"fault", std::string(name_of(failure.row_fault))}});
}

records::CsvFile open_csv(const source::SourceDefinition& source) {
  if (source.type == source::SourceType::sql) {
    return records::CsvFile(records::kRowsOfQuery, records::Charset::utf8,
                            {.row_size_max = kQueryRowMax});
  }
  const source::CsvRules& rules = source.csv;
  return records::CsvFile(rules.dialect, rules.charset, {}, rules.columns);
}

RowFile::RowFile(vault::ContentReader& content, const source::SourceDefinition& source,
                 const StopFlag* stop)
    : content_(content), source_(source), stop_(stop) {}

Result<void> for_each_csv_row(vault::ContentReader& content, const source::SourceDefinition& source,
                              const vault::Item& item, const StopFlag* stop,
                              const VisitCsvRow& visit) {
  records::CsvFile csv = open_csv(source);
  records::CsvRow row;
  const auto drain = [&]() -> Result<void> {
    for (;;) {
      const records::CsvStep step = csv.next(row);
      if (step == records::CsvStep::failed) return error_of(csv.failure(), item.path);
      if (step == records::CsvStep::none) return {};
      if (row.kind != records::RowKind::blank) HF_TRY(visit(csv.columns(), row));
    }
  };
  HF_TRY(content.read_item(item, [&](std::uint64_t, ByteView bytes) -> Result<void> {
    HF_TRY(check_stop(stop));
    csv.push(bytes);
    return drain();
  }));
  csv.finish();
  return drain();
}

Result<void> RowFile::parse(const vault::Item& item, const VisitCsv& visit) {
  return for_each_csv_row(
      content_, source_, item, stop_,
      [&](const std::vector<std::string>& columns, const records::CsvRow& row) -> Result<void> {
        if (!mapper_) HF_TRY(take_columns(item, columns));
        const bool is_row =
            row.kind == records::RowKind::row || row.kind == records::RowKind::rejected;
        return is_row ? visit(row) : Result<void>();
      });
}

Result<void> check_columns(const source::SourceDefinition& source,
                           std::span<const std::string> columns, const std::string& path) {
  const auto missing = records::missing_columns(source.mapping, columns);
  if (missing.empty()) return {};
  std::string names;
  std::set<std::string> told;  // a mapping may name one several times
  for (const records::NamedColumn& column : missing) {
    if (told.insert(column.column).second) names += (names.empty() ? "" : ", ") + column.column;
  }
  return make_error(ErrorCode::rows_missing_columns, path, {{"names", std::move(names)}});
}

Result<void> RowFile::take_columns(const vault::Item& item,
                                   const std::vector<std::string>& columns) {
  HF_TRY(check_columns(source_, columns, item.path));
  columns_ = columns;
  mapper_.emplace(source_.mapping, columns);
  return {};
}

Result<void> RowFile::look(const vault::Item& item) {
  mapper_.reset();
  columns_.clear();
  return parse(item, [&](const records::CsvRow& row) -> Result<void> {
    if (row.kind == records::RowKind::row) mapper_->look(row.fields);
    return {};
  });
}

Result<void> RowFile::read(const vault::Item& item, const Visit& visit) {
  HF_TRY(look(item));
  records::RowFacts facts;
  return parse(item, [&](const records::CsvRow& row) {
    if (row.kind == records::RowKind::rejected) {
      facts = {};
      facts.fault = row.fault;
    } else {
      mapper_->map(row.fields, facts);
    }
    return visit(row, facts);
  });
}

}  // namespace holdfast::job

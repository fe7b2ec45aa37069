// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/lost_records.h"

#include <algorithm>

#include "firmware/job/record_index_file.h"

namespace holdfast::job {

namespace {

constexpr std::uint32_t kRowsMax = 20;  // of one item

std::vector<std::string> key_columns(const source::BusinessDefinition& definition,
                                     const std::string& source) {
  const auto of = std::ranges::find(definition.sources, source, &source::SourceDefinition::name);
  if (of == definition.sources.end()) return {};
  const records::Mapping& mapping = of->mapping;
  if (!mapping.key.empty() || mapping.call_id.empty()) return mapping.key;
  return {mapping.call_id};
}

BusinessRecord record_of(const catalog::FoundRow& row,
                         const source::BusinessDefinition& definition) {
  BusinessRecord record{row.item.source, row.item.path, row.row.number, {}};
  const std::vector<std::string>& columns = row.item.columns;
  for (const std::string& column : key_columns(definition, record.source)) {
    const auto at = static_cast<std::size_t>(std::ranges::find(columns, column) - columns.begin());
    if (at < row.row.fields.size()) {
      record.key.emplace_back(column, row.row.fields[at].value_or(""));
    }
  }
  return record;
}

// Another version of the same row says nothing new.
bool is_known(const std::vector<BusinessRecord>& records, const BusinessRecord& record) {
  return !record.key.empty() && std::ranges::any_of(records, [&](const BusinessRecord& other) {
    return other.source == record.source && other.key == record.key;
  });
}

}  // namespace

LostRecords::LostRecords(vault::Business& business, source::BusinessDefinition definition)
    : definition_(std::move(definition)) {
  auto index = open_record_index(business);
  if (!index) return;
  index_ = std::move(*index);
  rows_.emplace(*index_);
}

std::vector<BusinessRecord> LostRecords::find(const Problem& item) {
  std::vector<BusinessRecord> records;
  const auto content = Digest::parse(item.error.argument("content"));
  if (!rows_ || !content) return records;
  const auto rows = rows_->find(item.path, *content, kRowsMax);
  if (!rows) return records;
  for (const catalog::FoundRow& row : *rows) {
    BusinessRecord record = record_of(row, definition_);
    if (!is_known(records, record)) records.push_back(std::move(record));
  }
  return records;
}

}  // namespace holdfast::job

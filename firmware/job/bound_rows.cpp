// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/bound_rows.h"

#include <algorithm>

#include "firmware/job/row_file.h"
#include "firmware/records/csv_writer.h"
#include "firmware/vault/content_reader.h"

namespace holdfast::job {

void RowTable::add(const std::vector<std::string>& columns,
                   const std::vector<std::optional<std::string>>& fields) {
  std::vector<std::optional<std::string>>& row = rows_.emplace_back(columns_.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto known = std::ranges::find(columns_, columns[i]);
    const auto place = static_cast<std::size_t>(known - columns_.begin());
    if (known == columns_.end()) columns_.push_back(columns[i]);
    row.resize(columns_.size());
    row[place] = fields[i];
  }
}

std::string RowTable::text() const {
  std::string text;
  const std::vector<records::CsvField> names(columns_.begin(), columns_.end());
  records::append_csv_row(records::kRfc4180, names, text);
  for (const auto& row : rows_) {
    std::vector<records::CsvField> fields(row.begin(), row.end());
    fields.resize(columns_.size());
    records::append_csv_row(records::kRfc4180, fields, text);
  }
  return text;
}

Result<void> BoundRows::tell(const std::string& path, Error error) {
  if (!told_.insert(path).second) return {};
  return on_problem_(path, std::move(error));
}

Result<BoundRows::BoundItems> BoundRows::find(const std::set<std::string>& recordings,
                                              const OnRecording& on_recording) {
  BoundItems items;
  HF_TRY(const Problems lost,
         for_each_outcome(business_, snapshot_, stop_, [&](const Outcome& outcome) -> Result<void> {
           if (!recordings.contains(outcome.recording)) return {};
           if (!outcome.is_of_row()) on_recording(outcome);
           // What was not judged is a former version of a row, which has a newer one.
           const bool counts = outcome.is_of_row() && outcome.rung && !outcome.call_class.empty();
           if (!counts) return {};
           BoundItem& item = items[outcome.item];
           item.source = outcome.source;
           WantedRow& row = item.rows[outcome.row];
           row.digest = outcome.digest;
           row.recordings.push_back(outcome.recording);
           return {};
         }));
  for (const Problem& problem : lost.kept) HF_TRY(tell(problem.path, problem.error));
  return items;
}

// Only the definition says how the bytes of an item are to be read.
Result<const source::SourceDefinition*> BoundRows::source_of(const BoundItem& bound,
                                                             const std::string& path) const {
  const auto& sources = definition_.sources;
  const auto found = std::ranges::find(sources, bound.source, &source::SourceDefinition::name);
  if (found != sources.end() && found->has_rows()) return &*found;
  return make_error(ErrorCode::denied, path, {{"what", "source not in the definition"}});
}

Result<void> BoundRows::take(vault::ContentReader& content, vault::TreeCursor& cursor,
                             const std::string& path, const BoundItem& bound,
                             const VisitRow& visit) {
  HF_TRY(const source::SourceDefinition* source, source_of(bound, path));
  HF_TRY(cursor.seek(path));
  HF_TRY(const vault::Item* there, cursor.peek());
  if (there == nullptr || there->path != path) return make_error(ErrorCode::no_item, path);
  const vault::Item item = *there;
  std::uint64_t left = bound.rows.size();
  const auto look_at = [&](const std::vector<std::string>& columns,
                           const records::CsvRow& row) -> Result<void> {
    const auto wanted = bound.rows.find(row.number);
    if (row.kind != records::RowKind::row || wanted == bound.rows.end()) return {};
    if (sha256(row.verbatim) != wanted->second.digest) return {};
    --left;
    return visit({path, columns, row, wanted->second.recordings});
  };
  HF_TRY(for_each_csv_row(content, *source, item, stop_, look_at));
  if (left == 0) return {};
  return make_error(ErrorCode::damaged, path, {{"what", "rows not as they were bound"}});
}

Result<void> BoundRows::for_each(const std::set<std::string>& recordings,
                                 const OnRecording& on_recording, const VisitRow& visit) {
  if (recordings.empty()) return {};
  HF_TRY(const BoundItems items, find(recordings, on_recording));
  HF_TRY(const auto content, vault::ContentReader::open(business_));
  vault::TreeCursor cursor(*content, vault::tree_of(snapshot_),
                           [](const vault::IndexEntry& /*subtree*/) {});
  for (const auto& [path, bound] : items) {
    HF_TRY(check_stop(stop_));
    auto taken = take(*content, cursor, path, bound, visit);
    if (!taken) HF_TRY(tell(path, std::move(taken.error())));
  }
  return {};
}

Result<std::map<std::string, RowTable>> BoundRows::tables_of(
    const std::set<std::string>& recordings) {
  std::map<std::string, RowTable> tables;
  const auto add = [&](const BoundRow& bound) -> Result<void> {
    const auto& given = bound.row.fields;
    const std::vector<std::optional<std::string>> fields(given.begin(), given.end());
    for (const std::string& recording : bound.recordings) {
      tables[recording].add(bound.columns, fields);
    }
    return {};
  };
  HF_TRY(for_each(recordings, [](const Outcome& /*outcome*/) {}, add));
  return tables;
}

}  // namespace holdfast::job

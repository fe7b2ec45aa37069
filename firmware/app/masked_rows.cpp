// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/masked_rows.h"

#include <algorithm>

#include "firmware/app/config.h"
#include "firmware/records/number_mask.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kEndingShown = 4;  // digits

}  // namespace

Result<RowMask> RowMask::make(Session& session, vault::Business& business) {
  RowMask mask;
  HF_TRY(const auto policy, business.policy_in_force());
  if (!policy) return mask;
  const auto file = parse_business(policy->definition, business.name(), session.language());
  if (!file) return mask;  // then all columns are masked
  for (const source::SourceDefinition& each : file->definition.sources) {
    mask.columns_[each.name] = each.mapping.number_columns;
  }
  return mask;
}

void RowMask::apply(catalog::FoundRow& row) const {
  const auto known = columns_.find(row.item.source);
  const auto is_number = [&](std::size_t place) {
    return known == columns_.end() ||
           std::ranges::find(known->second, row.item.columns[place]) != known->second.end();
  };
  std::vector<std::string> numbers = row.row.facts.numbers;
  for (std::size_t i = 0; i < row.row.fields.size(); ++i) {
    const auto& field = row.row.fields[i];
    if (!field || !is_number(i)) continue;
    std::ranges::move(records::numbers_in(*field), std::back_inserter(numbers));
  }
  for (std::size_t i = 0; i < row.row.fields.size(); ++i) {
    auto& field = row.row.fields[i];
    if (!field) continue;
    field = is_number(i) ? records::mask_numbers(*field) : records::mask_known(*field, numbers);
  }
  row.item.path = records::mask_path(row.item.path, numbers);
  for (catalog::FoundRecording& recording : row.recordings) {
    recording.path = records::mask_path(recording.path, numbers);
  }
}

bool RowMask::allows(const catalog::RecordQuery& query) const {
  const auto is_of_numbers = [&](const std::string& column) {
    return columns_.empty() || std::ranges::any_of(columns_, [&](const auto& source) {
             return std::ranges::find(source.second, column) != source.second.end();
           });
  };
  const auto is_shown = [](const std::string& ending) { return ending.size() == kEndingShown; };
  return std::ranges::all_of(query.number_endings, is_shown) &&
         std::ranges::none_of(query.texts, records::has_digit, &catalog::RecordQuery::Text::text) &&
         std::ranges::none_of(query.columns, is_of_numbers, &catalog::RecordQuery::Column::name);
}

}  // namespace holdfast::app

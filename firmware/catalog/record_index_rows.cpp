// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/record_index_rows.h"

#include <utility>

namespace holdfast::catalog {

using records::RowFacts;

Result<std::optional<FoundRow>> RowReader::read(std::uint32_t id) {
  Query row = state_.select_row.with(id);
  HF_TRY(const bool is_there, row.next());
  if (!is_there) return std::nullopt;
  FoundRow found;
  RowFacts& facts = found.row.facts;
  facts.id = id;
  const std::uint64_t item = row.u64();
  found.row.number = row.u64();
  facts.key = row.text();
  facts.call_id = row.text();
  const std::string numbers = row.text();
  facts.start_ms = row.optional_i64();
  facts.duration_ms = row.optional_i64();
  facts.path = row.text();
  if (const auto size = row.optional_i64()) facts.size = static_cast<std::uint64_t>(*size);
  facts.expects_recording = row.boolean();
  facts.fault = read_fault(row);
  found.is_former = row.u32() != 0;
  found.row.verbatim = row.digest();
  const ByteView fields = row.blob();
  HF_TRY(row.intact());
  HF_TRY(const RowItem* const of, item_of(item));
  found.item = *of;
  const bool is_sound =
      decode_numbers(numbers, facts.numbers) && decode_fields(fields, found.row.fields) &&
      (found.row.fields.empty() || found.row.fields.size() == found.item.columns.size());
  if (!is_sound) return state_.database.damaged("row");
  return found;
}

Result<const RowItem*> RowReader::item_of(std::uint64_t id) {
  const auto known = items_.find(id);
  if (known != items_.end()) return &known->second;
  Query row = state_.select_item.with(id);
  HF_TRY(const bool is_there, row.next());
  if (!is_there) return state_.database.damaged("row item");
  RowItem item;
  item.source = row.text();
  item.path = row.text();
  item.content = row.digest();
  item.snapshot = row.u64();
  item.columns = read_columns(row);
  HF_TRY(row.intact());
  return &(items_[id] = std::move(item));
}

Result<std::vector<FoundRecording>> RowReader::recordings_of(std::uint32_t row) {
  std::vector<FoundRecording> recordings;
  Query found = state_.select_recordings.with(row);
  HF_TRY(found.each([&] {
    FoundRecording recording;
    recording.rung = read_rung(found);
    recording.path = found.text();
    recording.content = text_of(found.blob());
    recording.gone = found.boolean();
    recording.former_content = text_of(found.blob());
    recording.is_pruned = found.boolean();
    recordings.push_back(std::move(recording));
    return found.intact();
  }));
  return recordings;
}

}  // namespace holdfast::catalog

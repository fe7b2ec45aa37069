// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/record_batch.h"

#include <string_view>
#include <utility>

#include "firmware/catalog/folder_range.h"
#include "firmware/catalog/record_index_rows.h"
#include "firmware/catalog/record_index_state.h"

namespace holdfast::catalog {

namespace {

// Told of a file that is one hole (record_index_state.h).
constexpr std::string_view kNoContent("\0", 1);

// Its rows have the ids from `first` on; a row's number in its item counts from 1.
struct ItemRows {
  std::uint64_t item = 0;
  std::uint32_t first = 0;
  std::uint32_t rows = 0;
};

Result<std::optional<ItemRows>> rows_of(RecordIndex::State& state, const RowItem& item) {
  HF_TRY(state.close_item());
  Query row = state.select_item_rows.with(item.source, item.path, item.content);
  HF_TRY(const bool found, row.next());
  if (!found) return std::optional<ItemRows>();
  ItemRows rows;
  rows.item = row.u64();
  rows.first = row.u32();
  rows.rows = row.u32();
  HF_TRY(row.intact());
  return std::optional(rows);
}

}  // namespace

Result<std::vector<RowItem>> RecordBatch::row_items(const std::string& source) {
  Statement select(index_.state().database,
                   "SELECT path, content, snapshot, columns FROM row_items "
                   "JOIN headers ON headers.id = header WHERE source = "
                   "(SELECT id FROM sources WHERE name = ?) ORDER BY path");
  std::vector<RowItem> items;
  Query row = select.with(source);
  HF_TRY(row.each([&]() -> Result<void> {
    RowItem item;
    item.source = source;
    item.path = row.text();
    item.content = row.digest();
    item.snapshot = row.u64();
    item.columns = read_columns(row);
    HF_TRY(row.intact());
    items.push_back(std::move(item));
    return {};
  }));
  return items;
}

Result<KnownRow> RecordBatch::find_row(const std::string& source, const std::string& key,
                                       const Digest& verbatim) {
  KnownRow known;
  Query current = index_.state().select_same_row.with(source, key, verbatim);
  HF_TRY(current.each([&]() -> Result<void> {
    const bool counts = !passed_over_.contains(current.u64());
    const bool has_former = current.boolean();
    HF_TRY(current.intact());
    known.is_current = known.is_current || counts;
    known.has_former = known.has_former || (counts && has_former);
    return {};
  }));
  if (known.is_current) return known;
  Query version = index_.state().select_same_version.with(source, key, verbatim);
  HF_TRY(version.each([&]() -> Result<void> {
    known.is_former = known.is_former || !passed_over_.contains(version.u64());
    return version.intact();
  }));
  return known;
}

Result<void> RecordBatch::pass_over(const RowItem& item) {
  HF_TRY(const auto rows, rows_of(index_.state(), item));
  if (rows) passed_over_.insert(rows->item);
  return {};
}

Result<void> RecordBatch::for_each_call_id(const std::string& source, std::int64_t from_ms,
                                           const VisitCallId& visit) {
  HF_TRY(index_.state().close_item());
  Statement select(index_.state().database,
                   "SELECT call_id, start_ms FROM rows WHERE former = 0 AND call_id <> '' AND "
                   "start_ms >= ? AND source = (SELECT id FROM sources WHERE name = ?) "
                   "ORDER BY rtrim(call_id, '0123456789'), "
                   "CAST(substr(call_id, length(rtrim(call_id, '0123456789')) + 1) AS INTEGER)");
  Query row = select.with(from_ms, source);
  return row.each([&]() -> Result<void> {
    const std::string call_id = row.text();
    const std::int64_t start_ms = row.i64();
    HF_TRY(row.intact());
    return visit(call_id, start_ms);
  });
}

Result<void> RecordBatch::for_each_row(const RowItem& item, const VisitRow& visit) {
  RecordIndex::State& state = index_.state();
  HF_TRY(const auto rows, rows_of(state, item));
  if (!rows || rows->rows == 0) return {};
  Statement select(state.database,
                   "SELECT rows.id, number, fault, former, verbatim FROM rows "
                   "CROSS JOIN row_texts ON row_texts.id = rows.id "
                   "WHERE rows.id BETWEEN ? AND ? ORDER BY rows.id");
  RowReader reader(state);
  Query row = select.with(rows->first, rows->first + rows->rows - 1);
  return row.each([&]() -> Result<void> {
    RowOutcome outcome;
    outcome.id = row.u32();
    outcome.number = row.u64();
    outcome.fault = read_fault(row);
    outcome.is_former = row.u32() != 0;
    outcome.verbatim = row.digest();
    HF_TRY(row.intact());
    HF_TRY(outcome.recordings, reader.recordings_of(outcome.id));
    return visit(outcome);
  });
}

Result<std::optional<KnownRecording>> RecordBatch::find_recording(const std::string& path) {
  Query row = index_.state().select_recording.with(path);
  HF_TRY(const bool found, row.next());
  if (!found) return std::optional<KnownRecording>();
  KnownRecording known;
  known.id = row.u32();
  known.size = row.u64();
  known.content = std::string(text_of(row.blob()));
  known.first_seen_ms = row.i64();
  known.gone = row.boolean();
  known.is_probed = row.boolean();
  known.former_content = std::string(text_of(row.blob()));
  known.is_pruned = row.boolean();
  HF_TRY(row.intact());
  return std::optional(std::move(known));
}

Result<std::uint64_t> RecordBatch::count_recordings(const std::string& folder) {
  Statement select(index_.state().database,
                   "SELECT count(*) FROM recordings WHERE path >= ? AND path < ? "
                   "AND pruned = 0");
  const FolderRange range(folder);
  Query row = select.with(range.first, range.end);
  HF_TRY(const bool found, row.next());
  HF_CHECK(found);
  const std::uint64_t count = row.u64();
  HF_TRY(row.intact());
  return count;
}

Result<std::optional<std::int64_t>> RecordBatch::first_seen(const std::string& folder) {
  Statement select(index_.state().database,
                   "SELECT min(first_seen_ms) FROM recordings WHERE path >= ? AND path < ? "
                   "AND pruned = 0");
  const FolderRange range(folder);
  Query row = select.with(range.first, range.end);
  HF_TRY(const bool found, row.next());
  HF_CHECK(found);
  const auto first = row.optional_i64();
  HF_TRY(row.intact());
  return first;
}

Result<void> RecordBatch::for_each_recording(const std::string& folder,
                                             const VisitRecording& visit) {
  Statement select(index_.state().database,
                   "SELECT id, path, content, is_probed, duration_ms, audio, format, "
                   "first_seen_ms, (SELECT max(start_ms) FROM (SELECT called_ms AS start_ms "
                   "UNION ALL SELECT rows.start_ms FROM bindings CROSS JOIN rows ON rows.id = row "
                   "WHERE recording = recordings.id "
                   "AND coalesce(bindings.content, recordings.content) = recordings.content)) "
                   "FROM recordings WHERE path >= ? AND path < ? AND pruned = 0 "
                   "ORDER BY first_seen_ms / 86400000, path");
  const FolderRange range(folder);
  Query row = select.with(range.first, range.end);
  return row.each([&]() -> Result<void> {
    RecordingOutcome outcome;
    outcome.id = row.u32();
    outcome.path = row.text();
    outcome.content = std::string(text_of(row.blob()));
    const bool is_probed = row.boolean();
    Probe probe;
    probe.duration_ms = row.optional_i64();
    probe.audio = read_audio(row);
    probe.format = row.text();
    if (is_probed) outcome.probe = std::move(probe);
    outcome.first_seen_ms = row.i64();
    outcome.called_ms = row.optional_i64();
    HF_TRY(row.intact());
    return visit(outcome);
  });
}

Result<void> RecordBatch::keep_call_times(const RowItem& item) {
  HF_TRY(const auto rows, rows_of(index_.state(), item));
  if (!rows || rows->rows == 0) return {};
  Statement keep(index_.state().database,
                 "UPDATE recordings SET called_ms = max(coalesce(called_ms, told_ms), told_ms) "
                 "FROM (SELECT bound.id AS bound_id, max(rows.start_ms) AS told_ms FROM rows "
                 "CROSS JOIN bindings ON row = rows.id "
                 "CROSS JOIN recordings AS bound ON bound.id = recording "
                 "WHERE rows.id BETWEEN ? AND ? AND rows.start_ms IS NOT NULL "
                 "AND coalesce(bindings.content, bound.content) = bound.content GROUP BY bound.id) "
                 "WHERE recordings.id = bound_id");
  return keep.with(rows->first, rows->first + rows->rows - 1).run();
}

Result<void> RecordBatch::set_call_time(const std::string& path, std::int64_t called_ms) {
  Statement update(index_.state().database, "UPDATE recordings SET called_ms = ? WHERE path = ?");
  return update.with(called_ms, path).run();
}

Result<void> RecordBatch::remove_recording(const std::string& path) {
  Database& database = index_.state().database;
  Statement unbind(database,
                   "DELETE FROM bindings WHERE recording = "
                   "(SELECT id FROM recordings WHERE path = ?)");
  HF_TRY(unbind.with(path).run());
  Statement remove(database, "DELETE FROM recordings WHERE path = ?");
  return remove.with(path).run();
}

Result<void> RecordBatch::set_pruned(const std::string& path) {
  Statement update(index_.state().database,
                   "UPDATE recordings SET pruned = 1, gone = 1, class = 0 WHERE path = ?");
  return update.with(path).run();
}

Result<void> RecordBatch::note_pruned(const std::string& path, const std::string& content) {
  records::RecordingFacts facts;
  facts.path = path;
  if (content != kNoContent) facts.content = content;
  HF_TRY(index_.note_recording(facts, std::nullopt));
  return set_pruned(path);
}

Result<void> RecordBatch::set_recording_class(const std::string& path,
                                              records::CallClass call_class) {
  Statement update(index_.state().database, "UPDATE recordings SET class = ? WHERE path = ?");
  return update.with(std::to_underlying(call_class), path).run();
}

Result<std::optional<RowPlace>> RecordBatch::find_row_at(const RowItem& item, std::uint64_t number,
                                                         const Digest& verbatim) {
  RecordIndex::State& state = index_.state();
  HF_TRY(const auto rows, rows_of(state, item));
  if (!rows || number == 0 || number > rows->rows) return std::optional<RowPlace>();
  RowPlace place;
  place.id = rows->first + static_cast<std::uint32_t>(number - 1);
  Query row = state.select_same_text.with(place.id, verbatim);
  HF_TRY(const bool is_same, row.next());
  if (!is_same) return std::optional<RowPlace>();
  place.is_former = row.u32() != 0;
  HF_TRY(row.intact());
  return std::optional(place);
}

Result<void> RecordBatch::bind(std::uint32_t row, const std::string& recording, records::Rung rung,
                               const std::string& content) {
  HF_TRY(const auto known, find_recording(recording));
  if (!known) return {};
  std::string_view bound_to = content.empty() ? known->former_content : content;
  const bool was_hole = known->is_pruned && known->content.empty() && bound_to == kNoContent;
  if (bound_to == known->content || was_hole) bound_to = {};
  return index_.state()
      .insert_binding.with(row, known->id, std::to_underlying(rung), view_of(bound_to))
      .run();
}

Result<void> RecordBatch::set_untold(const std::string& recording) {
  Statement update(index_.state().database, "UPDATE recordings SET told = x'00' WHERE path = ?");
  return update.with(recording).run();
}

// What was former by way of this row, or of the one that gives way, still is.
Result<void> RecordBatch::make_current(std::uint32_t row) {
  Database& database = index_.state().database;
  Statement give_way(database,
                     "UPDATE rows SET former = ?1 FROM rows AS newest WHERE newest.id = ?1 "
                     "AND rows.source = newest.source AND rows.key = newest.key "
                     "AND rows.key <> '' AND rows.former = 0 AND rows.item <> newest.item");
  HF_TRY(give_way.with(row).run());
  Statement update(database, "UPDATE rows SET former = 0 WHERE id = ?");
  return update.with(row).run();
}

Result<void> RecordBatch::note_missing(const std::string& path, MissingWhy why) {
  Statement insert(index_.state().database,
                   "INSERT INTO missing(path, why) VALUES(?, ?) "
                   "ON CONFLICT(path) DO UPDATE SET why = max(why, excluded.why)");
  return insert.with(path, std::to_underlying(why)).run();
}

Result<void> RecordBatch::forget_missing_items(const std::string& source) {
  Statement remove(index_.state().database,
                   "DELETE FROM missing WHERE path >= ? AND path < ? AND why <> ?");
  const FolderRange range(source);
  return remove.with(range.first, range.end, std::to_underlying(MissingWhy::lost)).run();
}

Result<void> RecordBatch::set_row_classes(const ClassOf& class_of) {
  RecordIndex::State& state = index_.state();
  HF_TRY(state.close_item());
  HF_TRY(state.runs.flush());
  return state.runs.set_classes([&](std::uint32_t row) -> std::uint8_t {
    const auto call_class = class_of(row);
    return call_class ? std::to_underlying(*call_class) : std::uint8_t{0};
  });
}

}  // namespace holdfast::catalog

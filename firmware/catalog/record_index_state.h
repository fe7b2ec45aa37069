// SPDX-License-Identifier: Apache-2.0
// A record index's connection, what a batch has in hand, and the statements that are used often.
// Private to this folder.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "firmware/catalog/record_index.h"
#include "firmware/catalog/record_index_runs.h"
#include "firmware/catalog/sqlite.h"
#include "firmware/catalog/transaction.h"

namespace holdfast::catalog {

struct RecordIndex::State {
  State(Database opened, const BusinessId& owner) : database(std::move(opened)), business(owner) {}

  Database database;
  BusinessId business;
  std::optional<Transaction> batch;

  // Within a batch: the item that rows are added to.
  struct OpenItem {
    std::uint64_t id = 0;
    std::uint64_t source = 0;
    std::size_t columns = 0;
    std::uint32_t first_row = 0;
    std::uint32_t rows = 0;
    std::uint64_t last_number = 0;
  };
  std::optional<OpenItem> item;
  std::vector<ColumnTerms> column_terms;
  std::uint32_t next_row = 0;  // 0: not known
  RunWriter runs{database};

  [[nodiscard]] Result<void> close_item();
  [[nodiscard]] Result<std::uint64_t> source_id(const std::string& name);
  [[nodiscard]] Result<std::uint64_t> header_id(const std::vector<std::string>& columns);
  // By source, path and content; none: it is not there.
  [[nodiscard]] Result<std::optional<std::uint64_t>> item_id(const RowItem& of);
  [[nodiscard]] Result<std::uint32_t> new_row_id();
  [[nodiscard]] Result<void> remove_rows(std::uint32_t first, std::uint32_t last);

  Statement insert_row{database,
                       "INSERT INTO rows(id, item, number, source, key, call_id, numbers, "
                       "start_ms, duration_ms, path, size, expects_recording, fault, former) "
                       "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"};
  Statement insert_text{database, "INSERT INTO row_texts(id, verbatim, fields) VALUES(?, ?, ?)"};
  // The two last conditions are those of the index.
  Statement supersede{database,
                      "UPDATE rows SET former = ? WHERE source = ? AND key = ? AND item <> ? "
                      "AND key <> '' AND former = 0"};
  Statement upsert_recording{
      database,
      "INSERT INTO recordings(path, size, content, call_id, numbers, start_ms, duration_ms, "
      "audio, format, is_probed, first_seen_ms, gone, class, told, "
      "pruned) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, 0, x'', 0) "
      "ON CONFLICT(path) DO UPDATE SET told = CASE "
      "WHEN told = x'' AND content <> ?3 THEN iif(content = x'', x'00', content) ELSE told END, "
      "called_ms = iif(content = ?3, called_ms, NULL), "
      "size = ?2, content = ?3, call_id = ?4, numbers = ?5, start_ms = ?6, duration_ms = ?7, "
      "audio = ?8, format = ?9, is_probed = ?10, first_seen_ms = ?11, gone = 0, pruned = 0"};
  // A binding without a content is one to the bytes that its recording has now. When these give way
  // it keeps those that it was made with; x'00' is none that any item has.
  Statement stamp_bindings{
      database,
      "UPDATE bindings SET content = iif(known.content = x'', x'00', known.content) FROM "
      "recordings AS known "
      "WHERE known.path = ?1 AND known.content <> ?2 AND bindings.recording = known.id "
      "AND bindings.content IS NULL"};
  Statement forget_told{database, "UPDATE recordings SET told = x'' WHERE told <> x''"};
  Statement select_probe{database,
                         "SELECT duration_ms, audio, format FROM recordings WHERE content = ? "
                         "AND content <> x'' AND is_probed = 1 LIMIT 1"};
  Statement select_row{database,
                       "SELECT item, number, key, call_id, numbers, start_ms, duration_ms, path, "
                       "size, expects_recording, fault, former, verbatim, fields FROM rows "
                       "CROSS JOIN row_texts ON row_texts.id = rows.id WHERE rows.id = ?"};
  Statement select_item{database,
                        "SELECT sources.name, path, content, snapshot, columns FROM row_items "
                        "JOIN sources ON sources.id = source "
                        "JOIN headers ON headers.id = header WHERE row_items.id = ?"};
  Statement select_item_rows{database,
                             "SELECT id, first_row, rows FROM row_items WHERE source = "
                             "(SELECT id FROM sources WHERE name = ?) AND path = ? "
                             "AND content = ?"};
  Statement select_recordings{database,
                              "SELECT rung, path, recordings.content, gone, "
                              "coalesce(bindings.content, iif(pruned = 0, x'', "
                              "iif(recordings.content = x'', x'00', recordings.content))), pruned "
                              "FROM bindings JOIN recordings ON "
                              "recordings.id = recording WHERE row = ? "
                              "ORDER BY path"};
  Statement select_recording{
      database,
      "SELECT id, size, content, first_seen_ms, gone, is_probed, told, pruned FROM recordings "
      "WHERE path = ?"};
  Statement select_same_text{
      database,
      "SELECT former FROM rows CROSS JOIN row_texts ON row_texts.id = rows.id WHERE rows.id = ? "
      "AND verbatim = ?"};
  Statement select_same_row{
      database,
      "SELECT item, EXISTS(SELECT 1 FROM rows AS older WHERE older.former <> 0 "
      "AND older.former = rows.id) FROM rows CROSS JOIN row_texts ON row_texts.id = rows.id "
      "WHERE source = (SELECT id FROM sources WHERE name = ?) AND key = ? AND key <> '' "
      "AND former = 0 AND verbatim = ?"};
  // Also of those that are former by now.
  Statement select_same_version{
      database,
      "WITH RECURSIVE versions(version) AS (SELECT id FROM rows WHERE source = "
      "(SELECT id FROM sources WHERE name = ?) AND key = ? AND key <> '' AND former = 0 "
      "UNION SELECT id FROM versions CROSS JOIN rows ON former <> 0 AND former = version) "
      "SELECT item FROM versions CROSS JOIN rows ON rows.id = version "
      "CROSS JOIN row_texts ON row_texts.id = version WHERE verbatim = ?"};
  Statement insert_binding{database,
                           "INSERT INTO bindings(row, recording, rung, content) "
                           "VALUES(?, ?, ?, nullif(?, x'')) ON CONFLICT DO NOTHING"};
  Statement block_at{database,
                     "SELECT first, postings FROM blocks WHERE run = ? AND first <= ? "
                     "ORDER BY first DESC LIMIT 1"};
  Statement block_after{database,
                        "SELECT first, postings FROM blocks WHERE run = ? AND first > ? "
                        "ORDER BY first LIMIT 1"};
  Statement select_places{database, "SELECT places FROM places WHERE id = ?"};
  Statement select_classes{database, "SELECT places FROM classes WHERE id = ?"};
};

[[nodiscard]] records::AudioState read_audio(Query& row);
[[nodiscard]] records::RowFault read_fault(Query& row);
[[nodiscard]] records::Rung read_rung(Query& row);

// Texts one after the other, NULL told from empty. A damaged value gives false.
[[nodiscard]] Bytes encode_fields(const std::vector<std::optional<std::string>>& fields);
[[nodiscard]] bool decode_fields(ByteView bytes, std::vector<std::optional<std::string>>& out);
// The names of a header.
[[nodiscard]] std::vector<std::string> read_columns(Query& row);
// A JSON array of texts, in which only quotes and backslashes are escaped. Numbers with control
// characters are left out: they are none.
[[nodiscard]] std::string encode_numbers(const std::vector<std::string>& numbers);
[[nodiscard]] bool decode_numbers(std::string_view json, std::vector<std::string>& out);

}  // namespace holdfast::catalog

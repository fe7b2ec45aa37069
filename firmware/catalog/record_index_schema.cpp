// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/record_index_schema.h"

#include <array>

namespace holdfast::catalog {

namespace {

using Part = SchemaPart;

constexpr std::array kParts{
    Part{"bindings",
         "CREATE TABLE bindings(row INTEGER NOT NULL, recording INTEGER NOT NULL, "
         "rung INTEGER NOT NULL, content BLOB, PRIMARY KEY(row, recording)) "
         "STRICT, WITHOUT ROWID"},
    Part{"bindings_by_recording", "CREATE INDEX bindings_by_recording ON bindings(recording, row)"},
    Part{"blocks",
         "CREATE TABLE blocks(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, "
         "first INTEGER NOT NULL, postings BLOB NOT NULL) STRICT"},
    Part{"blocks_by_first", "CREATE INDEX blocks_by_first ON blocks(run, first)"},
    Part{"classes", "CREATE TABLE classes(id INTEGER PRIMARY KEY, places BLOB NOT NULL) STRICT"},
    Part{"head",
         "CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1), business BLOB NOT NULL, "
         "number INTEGER NOT NULL, digest BLOB NOT NULL) STRICT"},
    Part{"headers",
         "CREATE TABLE headers(id INTEGER PRIMARY KEY, columns BLOB NOT NULL UNIQUE) STRICT"},
    Part{"missing",
         "CREATE TABLE missing(path TEXT PRIMARY KEY, why INTEGER NOT NULL) STRICT, "
         "WITHOUT ROWID"},
    Part{"places", "CREATE TABLE places(id INTEGER PRIMARY KEY, places BLOB NOT NULL) STRICT"},
    Part{"recordings",
         "CREATE TABLE recordings(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, "
         "size INTEGER NOT NULL, content BLOB NOT NULL, call_id TEXT NOT NULL, "
         "numbers TEXT NOT NULL, start_ms INTEGER, duration_ms INTEGER, audio INTEGER NOT NULL, "
         "format TEXT NOT NULL, is_probed INTEGER NOT NULL, first_seen_ms INTEGER NOT NULL, "
         "gone INTEGER NOT NULL, class INTEGER NOT NULL, told BLOB NOT NULL, "
         "pruned INTEGER NOT NULL, called_ms INTEGER) STRICT"},
    Part{"recordings_by_content",
         "CREATE INDEX recordings_by_content ON recordings(content) WHERE content <> x''"},
    Part{"recordings_pruned", "CREATE INDEX recordings_pruned ON recordings(id) WHERE pruned = 1"},
    Part{"recordings_told", "CREATE INDEX recordings_told ON recordings(id) WHERE told <> x''"},
    Part{"row_items",
         "CREATE TABLE row_items(id INTEGER PRIMARY KEY, source INTEGER NOT NULL, "
         "path TEXT NOT NULL, content BLOB NOT NULL, snapshot INTEGER NOT NULL, "
         "header INTEGER NOT NULL, first_row INTEGER NOT NULL, rows INTEGER NOT NULL, "
         "UNIQUE(source, path, content)) STRICT"},
    Part{"row_texts",
         "CREATE TABLE row_texts(id INTEGER PRIMARY KEY, verbatim BLOB NOT NULL, "
         "fields BLOB NOT NULL) STRICT"},
    Part{"rows",
         "CREATE TABLE rows(id INTEGER PRIMARY KEY, item INTEGER NOT NULL, "
         "number INTEGER NOT NULL, source INTEGER NOT NULL, key TEXT NOT NULL, "
         "call_id TEXT NOT NULL, numbers TEXT NOT NULL, start_ms INTEGER, duration_ms INTEGER, "
         "path TEXT NOT NULL, size INTEGER, expects_recording INTEGER NOT NULL, "
         "fault INTEGER NOT NULL, former INTEGER NOT NULL) STRICT"},
    // Most rows are nobody's former, and those that are need not be found by key.
    Part{"rows_by_key",
         "CREATE INDEX rows_by_key ON rows(source, key) WHERE key <> '' AND former = 0"},
    Part{"rows_former", "CREATE INDEX rows_former ON rows(former) WHERE former <> 0"},
    Part{"runs",
         "CREATE TABLE runs(id INTEGER PRIMARY KEY, first_row INTEGER NOT NULL, "
         "last_row INTEGER NOT NULL, rows INTEGER NOT NULL, dead INTEGER NOT NULL, "
         "newest_ms INTEGER NOT NULL, oldest_ms INTEGER NOT NULL) STRICT"},
    Part{"sources",
         "CREATE TABLE sources(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT"},
};

}  // namespace

const Schema kRecordSchema{0x48465249,  // "HFRI"
                           5, "PRAGMA application_id = 0x48465249; PRAGMA user_version = 5",
                           kParts};

}  // namespace holdfast::catalog

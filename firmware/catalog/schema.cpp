// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/schema.h"

#include <array>

namespace holdfast::catalog {

namespace {

using Part = SchemaPart;

constexpr std::array kParts{
    Part{"chunks",
         "CREATE TABLE chunks(id INTEGER PRIMARY KEY, name BLOB NOT NULL, "
         "position INTEGER NOT NULL, stored_length INTEGER NOT NULL, "
         "plain_length INTEGER NOT NULL, compression INTEGER NOT NULL) STRICT"},
    Part{"chunks_by_name", "CREATE INDEX chunks_by_name ON chunks(substr(name, 1, 8))"},
    // Packs that prunes condemned, whether they have a row or get one later: the number of the
    // first.
    Part{"condemned",
         "CREATE TABLE condemned(pack BLOB PRIMARY KEY, number INTEGER NOT NULL) "
         "STRICT, WITHOUT ROWID"},
    // Items that prunes took away: the number of the last one that did.
    Part{"deleted",
         "CREATE TABLE deleted(path BLOB NOT NULL, identity BLOB NOT NULL, "
         "number INTEGER NOT NULL, reason INTEGER NOT NULL, until INTEGER NOT NULL, "
         "PRIMARY KEY(path, identity)) STRICT, WITHOUT ROWID"},
    // By the number of their snapshot.
    Part{"deltas",
         "CREATE TABLE deltas(number INTEGER PRIMARY KEY, items BLOB NOT NULL, "
         "removed BLOB NOT NULL) STRICT"},
    // Snapshots that prunes took away.
    Part{"dropped",
         "CREATE TABLE dropped(number INTEGER NOT NULL, digest BLOB NOT NULL, "
         "prune INTEGER NOT NULL, reason INTEGER NOT NULL, PRIMARY KEY(number, digest)) "
         "STRICT, WITHOUT ROWID"},
    // Of journal entries that no disk had when they were passed.
    Part{"gaps", "CREATE TABLE gaps(first INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT"},
    Part{"head",
         "CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1), business BLOB NOT NULL, "
         "number INTEGER NOT NULL, digest BLOB NOT NULL) STRICT"},
    // What holds on keys stand on, by the number of the hold.
    Part{"held_paths",
         "CREATE TABLE held_paths(hold INTEGER NOT NULL, path BLOB NOT NULL, "
         "PRIMARY KEY(hold, path)) STRICT, WITHOUT ROWID"},
    Part{"holds",
         "CREATE TABLE holds(number INTEGER PRIMARY KEY, time INTEGER NOT NULL, "
         "id BLOB NOT NULL, scope INTEGER NOT NULL, value BLOB NOT NULL, reason BLOB NOT NULL, "
         "found INTEGER NOT NULL) STRICT"},
    Part{"packs",
         "CREATE TABLE packs(id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, "
         "size INTEGER NOT NULL, epoch INTEGER NOT NULL, class INTEGER NOT NULL, "
         "kind INTEGER NOT NULL, k INTEGER NOT NULL, m INTEGER NOT NULL, "
         "generation INTEGER NOT NULL, under_protected INTEGER NOT NULL, "
         "lost INTEGER NOT NULL, entry INTEGER NOT NULL, place INTEGER NOT NULL, "
         "found INTEGER NOT NULL, condemned INTEGER NOT NULL) STRICT"},
    Part{"packs_found", "CREATE INDEX packs_found ON packs(id) WHERE found = 1"},
    Part{"packs_open", "CREATE INDEX packs_open ON packs(id) WHERE entry = 0"},
    // The newest body that could be read, with the longest locks of all; the others are empty.
    Part{"policies",
         "CREATE TABLE policies(number INTEGER PRIMARY KEY, digest BLOB NOT NULL, "
         "body BLOB NOT NULL) STRICT"},
    Part{"prunes",
         "CREATE TABLE prunes(number INTEGER PRIMARY KEY, decided INTEGER NOT NULL, "
         "items INTEGER NOT NULL, packs INTEGER NOT NULL) STRICT"},
    Part{"snapshots",
         "CREATE TABLE snapshots(number INTEGER PRIMARY KEY, digest BLOB NOT NULL, "
         "kind INTEGER NOT NULL, time INTEGER NOT NULL, body BLOB NOT NULL) STRICT"},
    Part{"tags",
         "CREATE TABLE tags(snapshot INTEGER NOT NULL, number INTEGER NOT NULL, "
         "snapshot_digest BLOB NOT NULL, tag TEXT NOT NULL, is_set INTEGER NOT NULL, "
         "PRIMARY KEY(snapshot, number)) STRICT, WITHOUT ROWID"},
};

}  // namespace

const Schema kCatalogSchema{0x48464354,  // "HFCT"
                            10, "PRAGMA application_id = 0x48464354; PRAGMA user_version = 10",
                            kParts};

}  // namespace holdfast::catalog

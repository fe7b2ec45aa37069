// SPDX-License-Identifier: Apache-2.0
// The catalog's tables.
//
//   head       1 row: the business, and the journal entry that the rows stand for
//   packs      a pack; entry 0: open, not named by the journal yet; place: its place in the entry;
//              k 0: its index could not be read, so it has no chunks; lost: fewer than k shards
//   chunks     a chunk in a pack; id: row id of the pack * 2^20 + ordinal in the pack, so that a
//   pack's
//              chunks are appended, read and taken away as one run; found by 8 bytes of the name
//   snapshots  a snapshot entry with its body; none if the body was dropped
//   tags       a tag entry, by the snapshot that it is about
//   policies   a policy entry
//
// A change of these tables is a new version: an old file is then `damaged`, and made anew.
#pragma once

#include "firmware/catalog/schema_parts.h"

namespace holdfast::catalog {

extern const Schema kCatalogSchema;

}  // namespace holdfast::catalog

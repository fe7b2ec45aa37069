// SPDX-License-Identifier: Apache-2.0
// The tables of a record index.
//
//   head        1 row: the business, and the snapshot whose rows and recordings these are
//   sources     names of sources
//   headers     names of columns, as items of rows have them
//   row_items   an item that was taken apart into rows; its rows have the ids from first_row on
//   rows        a row: what the mapping made of it; former: id of the newer row that took its
//   place,
//               or 0; numbers: a JSON array of texts, as SQLite's json_each() reads it
//   row_texts   the same row: digest of its bytes, and its fields
//   recordings  an item with a recording
//   bindings    which recordings a row has
//   runs        a span of rows with their postings: rows first_row to last_row, put in order of
//               time. The newest has place 0. rows: how many places; dead: how many of these rows
//               are gone; newest_ms, oldest_ms: starts of the first and the last place
//   places      id: run * 2^12 + place / 333; each place: start i64, row u32
//   classes     id: run * 2^12 + place / 4000; each place: a byte, 0: not judged
//   blocks      postings of a run, rising; first: the first one; the others as varints of the step
//               from the one before. A posting is term * 2^20 + place
//
// A change of these tables is a new version: an old file is then `damaged`, and made anew.
#pragma once

#include "firmware/catalog/schema_parts.h"

namespace holdfast::catalog {

extern const Schema kRecordSchema;

}  // namespace holdfast::catalog

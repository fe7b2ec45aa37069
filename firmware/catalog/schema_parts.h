// SPDX-License-Identifier: Apache-2.0
// A schema as a list of its parts: making it in a new file, and proving that a file has exactly it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "firmware/catalog/sqlite.h"
#include "hal/base/id.h"

namespace holdfast::catalog {

struct SchemaPart {
  std::string_view name;
  const char* sql;  // as sqlite_schema repeats it, byte for byte
};

// Every schema has a table head(one, business, number, digest) of one row.
struct Schema {
  std::uint32_t application_id;
  std::uint32_t version;
  const char* mark;  // the statements that set these two
  // In order of name, as the check reads them; so a table also comes before its indexes.
  std::span<const SchemaPart> parts;
};

// Makes the tables in a file that has none, in one transaction, with an empty head.
[[nodiscard]] Result<void> create_schema(Database& database, const Schema& schema,
                                         const BusinessId& business);

// True if there is no table at all: new, or its making was cut short.
[[nodiscard]] Result<bool> is_blank(Database& database);

// damaged unless the file has exactly these tables and belongs to that business. Cheap: pages that
// hold rows are not looked at.
[[nodiscard]] Result<void> check_schema(Database& database, const Schema& schema,
                                        const BusinessId& business);

}  // namespace holdfast::catalog

// SPDX-License-Identifier: Apache-2.0
// A query with named parameters, made into a statement for a client that knows numbered ones.
//
//   select * from cdr where day >= :since and note <> ':since' -- :since
//                                  |            as it is
//   MySQL, SQLite, ODBC:           ?
//   PostgreSQL:                    $1
//
// The text is looked at only as far as needed to tell code from quotes and comments; everything
// else reaches the server as it is. `::` is a cast, and `: name` no parameter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/result.h"

namespace holdfast::ports {

// What databases write differently, as far as it tells where quotes and comments end.
struct SqlDialect {
  bool has_backslashes = false;        // '\'' and "\"" (MySQL)
  bool has_escape_strings = false;     // E'\'' (PostgreSQL)
  bool has_dollar_quotes = false;      // $tag$ ... $tag$ (PostgreSQL)
  bool has_nested_comments = false;    // PostgreSQL
  bool has_hash_comments = false;      // MySQL, whose -- is a comment only before a blank
  bool has_executed_comments = false;  // /*! ... */ (MySQL)
  bool has_brackets = false;           // [a name] (SQLite, SQL Server)
  bool has_numbers = false;            // $1, $2 are its placeholders instead of ?
};

inline constexpr SqlDialect kSqliteDialect{.has_brackets = true};
inline constexpr SqlDialect kMysqlDialect{
    .has_backslashes = true, .has_hash_comments = true, .has_executed_comments = true};
inline constexpr SqlDialect kPostgresqlDialect{.has_escape_strings = true,
                                               .has_dollar_quotes = true,
                                               .has_nested_comments = true,
                                               .has_numbers = true};

struct SqlParameter {
  std::string name;  // letters, digits and _, without the colon
  std::string value;
};

struct SqlStatement {
  std::string text = {};
  std::vector<std::string> values = {};  // one for each placeholder, in order
};

// Each use of a parameter is a placeholder of its own; a parameter may be unused. A semicolon at
// the end is left out, and a comment there gets its line end. Errors: sql_parameter (a name that is
// not in `parameters`, or a placeholder that was in the text), sql_many (anything behind a
// semicolon), sql_writes (does not begin as a statement that reads, has a word in it that only
// writing or locking statements have, or is empty: the `reason` is the word).
[[nodiscard]] Result<SqlStatement> translate(std::string_view text,
                                             const std::vector<SqlParameter>& parameters,
                                             const SqlDialect& dialect);

}  // namespace holdfast::ports

// SPDX-License-Identifier: Apache-2.0
// The parts of a business definition that say how a source's rows are read (docs/formats.md,
// section 11).
#pragma once

#include "firmware/app/toml_table.h"
#include "firmware/source/definition.h"

namespace holdfast::app {

// [source.csv], and [source.sql]: what `table` has of it, else what stands in `out`.
[[nodiscard]] Result<void> read_csv_rules(const TomlReader& reader, const TomlTable& table,
                                          source::CsvRules& out);
// Complete: server and query are there, and the query asks for :since.
[[nodiscard]] Result<void> read_sql_rules(const TomlReader& reader, const TomlTable& table,
                                          source::SqlRules& out);

// [source.completeness], with its canonical text, which has every key.
[[nodiscard]] Result<void> read_completeness(const TomlReader& reader, const TomlTable& table,
                                             source::SourceDefinition& out);

}  // namespace holdfast::app

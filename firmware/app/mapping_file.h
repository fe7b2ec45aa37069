// SPDX-License-Identifier: Apache-2.0
// Mappings as TOML (docs/formats.md, section 11). As with definitions of businesses, a key that is
// not known is an error with its line.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "firmware/app/toml_table.h"
#include "firmware/messages/messages.h"
#include "firmware/records/mapping.h"

namespace holdfast::app {

// bad_business with {line} and {what} in that language; `where` is the file for people. All texts
// of a mapping that is returned are good: RowMapper takes it if the columns are there.
[[nodiscard]] Result<records::Mapping> parse_mapping(std::string_view text,
                                                     const std::string& where,
                                                     messages::Language language);
// The same of a table that stands in another file.
[[nodiscard]] Result<records::Mapping> read_mapping(const TomlReader& reader,
                                                    const TomlTable& table);

// One text for each mapping, whoever wrote it and however: what is left to defaults stands there
// too. Parsed again it is the same mapping.
[[nodiscard]] std::string write_mapping(const records::Mapping& mapping);

// A line for each column that the mapping names and the columns do not have, with the one that may
// be meant; empty if there is none.
[[nodiscard]] std::string missing_columns_text(const records::Mapping& mapping,
                                               std::span<const std::string> columns,
                                               messages::Language language);

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
// A business's definition as it is given and as it is told.
#pragma once

#include <string>
#include <string_view>

#include "firmware/app/session.h"

namespace holdfast::app {

// The text of that file; "-" is standard input.
[[nodiscard]] Result<std::string> read_definition(Session& session, const std::string& file);

// A usage error: of a business that is not there yet the file names another one, or an id.
[[nodiscard]] Result<void> check_new_file(Session& session, const BusinessFile& file,
                                          const std::string& name);

// SHA-256 of a definition's text, by which `--before` names it; hex.
[[nodiscard]] std::string definition_sha256(std::string_view text);

// "kind", "sources", "locks".
void write_sources(JsonWriter& json, const source::BusinessDefinition& definition,
                   const source::LockDays& locks);

}  // namespace holdfast::app

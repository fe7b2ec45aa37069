// SPDX-License-Identifier: Apache-2.0
// Business definitions as TOML (docs/formats.md, section 11). A key that is not known is an error
// with its line, so that a slip of the pen cannot quietly leave a source out.
//
// Names and paths of sources stand in the file as in listings: bytes that are not UTF-8 as \xHH, a
// backslash as two (which a quoted TOML text writes as four).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "firmware/messages/messages.h"
#include "firmware/source/definition.h"
#include "hal/base/id.h"

namespace holdfast::app {

struct BusinessFile {
  std::optional<BusinessId> id;  // none: not yet added
  source::BusinessDefinition definition;
};

// bad_business with {line} and {what} in that language; `where` is the file for people. A
// definition that is returned is complete but for id and name: at least one source, names unique
// and safe, paths absolute.
[[nodiscard]] Result<BusinessFile> parse_business(std::string_view text, const std::string& where,
                                                  messages::Language language);

// As the box writes it for sources given on the command line.
[[nodiscard]] std::string write_business(const BusinessId& id,
                                         const source::BusinessDefinition& definition);

// The user's own text with the id and the name, what it lacks of them, put in front.
[[nodiscard]] std::string complete_business(std::string_view text, const BusinessFile& parsed,
                                            const BusinessId& id, const std::string& name);

// invalid_argument: a business's name is of letters, digits and - _ . in any script, at most 64
// bytes, and starts with neither a dot nor a dash.
[[nodiscard]] Result<void> check_business_name(const std::string& name,
                                               messages::Language language);

}  // namespace holdfast::app

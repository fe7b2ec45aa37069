// SPDX-License-Identifier: Apache-2.0
// One hearing is one line of the audit log (docs/decisions/0035): a player that seeks asks for many
// parts of one recording.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/api/audit_log.h"

namespace holdfast::app {

// What the line of a hearing says, which parts of the recording it was left out: words that ask for
// a part by a page: of the sound, or of what is stored, if its name is that of a recording as
// browsers play it. Nothing: they ask for something else.
[[nodiscard]] std::optional<std::string> hearing_subject(const std::vector<std::string>& arguments);

// Whether the log has a line that this hearing of `event` began, no more than 30 minutes old, and
// `account` has not logged in since, and nothing has failed since. So what is left out is never
// what somebody says, but what stands there, and is durable. A log that cannot be read has none.
// Errors: the line cannot be made durable, and nothing may be heard (AuditLog::confirm()).
[[nodiscard]] Result<bool> is_hearing_noted(api::AuditLog& log, const api::AuditEvent& event,
                                            std::string_view account, Timestamp now);

// How a part may end without a line of its own: as it should, or a player wants another part.
[[nodiscard]] bool is_usual_end(std::string_view outcome);

}  // namespace holdfast::app

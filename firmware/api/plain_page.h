// SPDX-License-Identifier: Apache-2.0
// The status for a browser without scripts, and the form that lets it in.
#pragma once

#include <string>
#include <string_view>

#include "firmware/api/routes.h"
#include "firmware/messages/messages.h"

namespace holdfast::api {

// Of the document of `GET /api/v1/status`.
[[nodiscard]] std::string plain_status(std::string_view document, messages::Language language);
// `problem`: why the last try failed, in the person's language; empty: there was none.
[[nodiscard]] std::string plain_login(std::string_view problem, messages::Language language);
// application/x-www-form-urlencoded. Escapes that are wrong stay as they are.
[[nodiscard]] Values parse_form(std::string_view body);

}  // namespace holdfast::api

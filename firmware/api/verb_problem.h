// SPDX-License-Identifier: Apache-2.0
// How a verb's end becomes an answer: exit codes are those of the command line's contract.
#pragma once

#include "firmware/api/exchange.h"
#include "firmware/api/verb_runner.h"

namespace holdfast::api {

// The verb did what was asked and its document says how it went: 0, and 3, 4 and 5, which tell what
// is not as it should be.
[[nodiscard]] bool has_document(int exit_code);
// The error that the verb's document names, or, without one, its exit code alone.
[[nodiscard]] Problem problem_of(const VerbAnswer& answer, messages::Language language);
// Something of our own went wrong.
[[nodiscard]] Problem problem_of(const Error& error, messages::Language language);

}  // namespace holdfast::api

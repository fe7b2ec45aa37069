// SPDX-License-Identifier: Apache-2.0
// The system's error numbers as our errors. Every body of a port here uses this one table.
#pragma once

#include <string>
#include <string_view>

#include "hal/base/error.h"

namespace holdfast::linux {

// `number` is an errno value; `operation` is the call in plain words ("open", "sync"). The error
// carries {operation} and {reason}, and is retryable where the system said so.
[[nodiscard]] Error error_of(int number, std::string_view operation, std::string where);
// The same of errno as it stands now.
[[nodiscard]] Error last_error(std::string_view operation, std::string where);

}  // namespace holdfast::linux

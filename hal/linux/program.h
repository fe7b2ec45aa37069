// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "hal/base/result.h"

namespace holdfast::linux {

// Where the file of the running program lies, absolute and without links.
[[nodiscard]] Result<std::string> program_path();

}  // namespace holdfast::linux

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "hal/base/result.h"

namespace holdfast::linux {

// Where the file of the running program lies, absolute and without links.
[[nodiscard]] Result<std::string> program_path();
// The absolute path of another program of the same build: it lies beside the running one. Whether
// it is there is seen by whoever starts it.
[[nodiscard]] std::string program_beside(std::string_view name);

}  // namespace holdfast::linux

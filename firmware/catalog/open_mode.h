// SPDX-License-Identifier: Apache-2.0
// How a caller opens one of a business's SQLite files.
#pragma once

namespace holdfast::catalog {

enum class OpenMode { read, write };

}  // namespace holdfast::catalog

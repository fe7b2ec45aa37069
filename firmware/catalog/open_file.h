// SPDX-License-Identifier: Apache-2.0
// Opening one of a business's SQLite files, with its schema proved and its settings made.
#pragma once

#include <string>

#include "firmware/catalog/open_mode.h"
#include "firmware/catalog/schema_parts.h"
#include "firmware/catalog/sqlite.h"

namespace holdfast::catalog {

// write: made if missing, with an empty head; a blank file is made, a foreign one is not changed.
// read: not_found if missing or not finished; where no shared memory can be made beside it, it is
// read without any. damaged: not SQLite, wrong schema or application id, or of another business.
[[nodiscard]] Result<Database> open_file(const std::string& path, OpenMode mode,
                                         const Schema& schema, const BusinessId& business);

}  // namespace holdfast::catalog

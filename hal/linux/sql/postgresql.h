// SPDX-License-Identifier: Apache-2.0
// PostgreSQL by libpq: prepared statements, results in text, one row at a time.
//
// libpq takes a row into memory whole before we see it, up to the GiB that a server can send:
// `field_max` is looked at after that.
#pragma once

#include "hal/ports/sql.h"

namespace holdfast::linux {

[[nodiscard]] Result<std::unique_ptr<ports::SqlSession>> open_postgresql(
    const ports::SqlConnection& connection);

}  // namespace holdfast::linux

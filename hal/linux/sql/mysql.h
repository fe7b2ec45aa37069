// SPDX-License-Identifier: Apache-2.0
// MariaDB and MySQL by libmariadb: prepared statements, every column bound as text, rows from the
// connection one by one.
//
// The server sends a row whole. One of more than four times `field_max` and a MiB is refused before
// it is in memory, and so without its column. TIMESTAMP has no zone of its own: it is in that of
// the server. BIT is an unsigned number.
#pragma once

#include "hal/ports/sql.h"

namespace holdfast::linux {

[[nodiscard]] Result<std::unique_ptr<ports::SqlSession>> open_mysql(
    const ports::SqlConnection& connection);

}  // namespace holdfast::linux

// SPDX-License-Identifier: Apache-2.0
// MariaDB and MySQL by libmariadb: prepared statements, every column bound as text, rows from the
// connection one by one.
//
// libmariadb takes a row into memory whole before we see it, up to what the server may send
// (max_allowed_packet there, a GiB at most): `field_max` is looked at after that. TIMESTAMP has no
// zone of its own: it is in that of the server. BIT is an unsigned number.
#pragma once

#include "hal/ports/sql.h"

namespace holdfast::linux {

[[nodiscard]] Result<std::unique_ptr<ports::SqlSession>> open_mysql(
    const ports::SqlConnection& connection);

}  // namespace holdfast::linux

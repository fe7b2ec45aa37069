// SPDX-License-Identifier: Apache-2.0
// Somebody else's SQLite file, read without a trace: SQLite itself would put files beside one that
// is in WAL mode, even for a reader.
//
//   the file is in      beside it            opened
//   rollback mode       -                    read-only; locked against writers while rows are read
//   WAL mode            -shm                 read-only, and so is -shm: a writer may go on
//   WAL mode            -wal with content    not at all: only its writer can put that in order
//   WAL mode            nothing              as a file that nobody changes, and looked at again at
//                                            the end: sql_gone if somebody did
//
// A column whose declared type has BLOB or BINARY in its name is binary. Elsewhere SQLite lets a
// single field be binary: that is sql_field_binary. A field, or a row
// that is sorted, of more than four times `field_max` and a MiB is told without its column: SQLite
// does not read it.
#pragma once

#include "hal/ports/sql.h"

namespace holdfast::linux {

[[nodiscard]] Result<std::unique_ptr<ports::SqlSession>> open_sqlite(
    const ports::SqlConnection& connection);

}  // namespace holdfast::linux

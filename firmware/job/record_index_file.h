// SPDX-License-Identifier: Apache-2.0
// Where the index of a business's rows and recordings lies, and which snapshot it reflects.
#pragma once

#include <optional>
#include <string>

#include "firmware/catalog/record_index.h"
#include "firmware/vault/business.h"

namespace holdfast::job {

// Of the file in home; empty: it is kept in memory alone.
[[nodiscard]] std::string record_index_path(vault::Business& business);

// The one that the index reflects, if it reflects any: partial snapshots have the records of the
// whole one before them.
[[nodiscard]] Result<std::optional<catalog::SnapshotRow>> newest_with_records(
    vault::Business& business);

// For looking things up; as the last backup or rebuild left it. records_not_indexed: there is none,
// or it does not reflect the newest snapshot with rows.
[[nodiscard]] Result<catalog::RecordIndex> open_record_index(vault::Business& business);

}  // namespace holdfast::job

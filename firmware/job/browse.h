// SPDX-License-Identifier: Apache-2.0
// Looking without restoring: list, find, compare, print one item.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "firmware/vault/business.h"
#include "firmware/vault/item.h"

namespace holdfast::job {

using VisitItem = std::function<Result<void>(const vault::Item&)>;

// `path` empty: every source's root. A folder: what is directly in it; with `recursive` all below.
// A file: itself. no_item.
[[nodiscard]] Result<void> list_items(vault::Business& business,
                                      const catalog::SnapshotRow& snapshot, std::string_view path,
                                      bool recursive, const VisitItem& visit);

// Items whose path or last name matches the glob `pattern` (a pattern with a slash is matched on
// the whole path; one without any of * ? [ matches as a part of the name).
[[nodiscard]] Result<void> find_items(vault::Business& business,
                                      const catalog::SnapshotRow& snapshot,
                                      const std::string& pattern, const VisitItem& visit);

// (null, item) added, (item, null) removed, both: changed. Gone at the source counts as removed.
using VisitDifference =
    std::function<Result<void>(const vault::Item* before, const vault::Item* after)>;
[[nodiscard]] Result<void> compare_snapshots(vault::Business& business,
                                             const catalog::SnapshotRow& before,
                                             const catalog::SnapshotRow& after,
                                             const VisitDifference& visit);

// no_item; is_a_directory; data_lost, damaged. Pieces come in order; holes come as zeros.
[[nodiscard]] Result<void> print_item(vault::Business& business,
                                      const catalog::SnapshotRow& snapshot, std::string_view path,
                                      const std::function<Result<void>(ByteView)>& write);

}  // namespace holdfast::job

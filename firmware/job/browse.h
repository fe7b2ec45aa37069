// SPDX-License-Identifier: Apache-2.0
// Looking without restoring: list, find, compare, print one item.
//
// Each ends with `interrupted` soon after `stop` is set (null: never); what was visited by then was
// right.
#pragma once

#include <functional>
#include <limits>
#include <string>

#include "firmware/job/progress.h"
#include "firmware/vault/business.h"
#include "firmware/vault/item.h"

namespace holdfast::job {

using VisitItem = std::function<Result<void>(const vault::Item&)>;

// `path` empty: every source's root. A folder: what is directly in it; with `recursive` all below.
// A file: itself. no_item. What comes back names the items whose names are lost, near that path.
[[nodiscard]] Result<Problems> list_items(vault::Business& business,
                                          const catalog::SnapshotRow& snapshot,
                                          std::string_view path, bool recursive,
                                          const StopFlag* stop, const VisitItem& visit);

// Items whose path or last name matches the glob `pattern` (a pattern with a slash is matched on
// the whole path; one without any of * ? [ matches as a part of the name). As list_items().
[[nodiscard]] Result<Problems> find_items(vault::Business& business,
                                          const catalog::SnapshotRow& snapshot,
                                          const std::string& pattern, const StopFlag* stop,
                                          const VisitItem& visit);

using VisitPruned = std::function<Result<void>(const catalog::DeletedRow& pruned)>;

// Items that the snapshot had, and that prunes behind it took away: where list_items() would have
// shown them. Of lost names nothing is told.
[[nodiscard]] Result<void> list_pruned(vault::Business& business,
                                       const catalog::SnapshotRow& snapshot, std::string_view path,
                                       bool recursive, const StopFlag* stop,
                                       const VisitPruned& visit);
// All that were ever pruned, by the pattern that find_items() takes.
[[nodiscard]] Result<void> find_pruned(vault::Business& business, const std::string& pattern,
                                       const StopFlag* stop, const VisitPruned& visit);

// Ok if some snapshot has an item of that path or below it, gone at the source or not, or may have
// it among lost names. no_item.
[[nodiscard]] Result<void> check_known(vault::Business& business, std::string_view path);

// Gone at the source counts as removed: `item` is then the one that is kept, with its date; else
// that of the newer snapshot, or of the older one if the newer has none. A folder that differs only
// in its times or its place on the source's disk, as every folder does whose contents changed, is
// no difference. Names that are lost end it: nobody could tell what came and what went.
enum class Change {
  added,
  removed,
  changed,
  passed,  // came and went between the two: kept as gone, and not in the older one
};
using VisitChange = std::function<Result<void>(Change change, const vault::Item& item)>;
[[nodiscard]] Result<void> compare_snapshots(vault::Business& business,
                                             const catalog::SnapshotRow& before,
                                             const catalog::SnapshotRow& after,
                                             const StopFlag* stop, const VisitChange& visit);

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = std::numeric_limits<std::uint64_t>::max();

  [[nodiscard]] bool is_all() const { return *this == ByteRange{}; }
  bool operator==(const ByteRange&) const = default;
};

// no_item; is_a_directory; no_content; data_lost, damaged. Pieces come in order; holes come as
// zeros. Of a range only the chunks that it touches are read, and each proves itself; the digest of
// the whole item is checked only where all of it is read.
[[nodiscard]] Result<void> print_item(vault::Business& business,
                                      const catalog::SnapshotRow& snapshot, std::string_view path,
                                      const ByteRange& range, const StopFlag* stop,
                                      const std::function<Result<void>(ByteView)>& write);

}  // namespace holdfast::job

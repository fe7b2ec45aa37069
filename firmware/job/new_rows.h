// SPDX-License-Identifier: Apache-2.0
// Whether snapshots that the index of rows does not reflect, of runs that were stopped or looked at
// some paths, have brought what it would have rows of.
#pragma once

#include <string>
#include <unordered_set>

#include "firmware/source/definition.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

// Whether `after` has content of sources with rows that `before` does not have at that path; where
// names are lost there may be some, and of a source that the definition does not have nobody knows
// whether it has rows. Each difference is shown to `visit` too, unless it is empty. Reads where the
// trees differ. Errors of the store that are no loss, and of `visit`.
[[nodiscard]] Result<bool> has_new_rows(const source::BusinessDefinition& definition,
                                        vault::NodeSource& nodes, const vault::Tree& before,
                                        const vault::Tree& after,
                                        const vault::Difference& visit = {});

// Items that are gone, and were written since the index looked at them, be it with the same bytes.
// Memory: some 40 bytes for each.
class WrittenSince {
 public:
  // A difference of trees, as compare_trees() tells it.
  void add(const vault::Item* before, const vault::Item* after);
  // False is sure; another path may have the hash of one of them.
  [[nodiscard]] bool may_have(const std::string& path) const;

 private:
  std::unordered_set<std::size_t> hashes_;  // of their paths
};

}  // namespace holdfast::job

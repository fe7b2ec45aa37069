// SPDX-License-Identifier: Apache-2.0
// Whether snapshots that the index of rows does not reflect, of runs that were stopped or looked at
// some paths, have brought what it would have rows of.
#pragma once

#include "firmware/source/definition.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

// Whether `after` has content of sources with rows that `before` does not have at that path; where
// names are lost there may be some, and of a source that the definition does not have nobody knows
// whether it has rows. Reads where the trees differ. Errors of the store that are no loss.
[[nodiscard]] Result<bool> has_new_rows(const source::BusinessDefinition& definition,
                                        vault::NodeSource& nodes, const vault::Tree& before,
                                        const vault::Tree& after);

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// Carries in the journal what the rows of holds on keys have led to.
//
// Rows that their source has no more are in the index no more. So before a run changes the index,
// and when it has, what each hold on a key stands on by the rows that are there is written down
// (docs/formats.md, section 8, field 5), and stays held until the release.
#pragma once

#include <functional>

#include "firmware/source/definition.h"
#include "firmware/vault/business.h"

namespace holdfast::job {

// Makes the index of rows anew that reflects the newest snapshot with rows. False: that has none.
using RebuildIndex = std::function<Result<bool>(vault::Business& business)>;

// What a run of everything begins with.
struct RunBeginning {
  RebuildIndex rebuild;
  // Of sources that it does not have nobody knows whether they had rows.
  source::BusinessDefinition definition;
};

// Only what is new makes an entry. For a business that is open for writing.
//
// Where rows cannot be looked up: without `beginning` nothing is written, and each hold is as it
// was; with it the index is made anew first, and where that is not possible each hold gets the mark
// that this is so. The same mark tells of rows that only a snapshot behind the index's own has, one
// of a run that was stopped or looked at some paths: the next run may lose them. Errors: of the
// index, of the store, interrupted; not those of `rebuild`.
[[nodiscard]] Result<void> keep_held_paths(vault::Business& business,
                                           const RunBeginning* beginning = nullptr);

}  // namespace holdfast::job

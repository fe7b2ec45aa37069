// SPDX-License-Identifier: Apache-2.0
// The parts of a business definition that say how long what is kept (docs/formats.md, section 11).
#pragma once

#include "firmware/app/toml_table.h"
#include "firmware/source/definition.h"

namespace holdfast::app {

// [[retention]], [snapshots] and [prune] of `root` into a definition whose kind and sources are
// there. bad_business: also if something would be kept for less than it is locked, if it is for a
// path that no source has, or if days are given in a mirror, where what is gone goes with its
// snapshots.
[[nodiscard]] Result<void> read_retention(const TomlReader& reader, const TomlTable& root,
                                          source::BusinessDefinition& out);

}  // namespace holdfast::app

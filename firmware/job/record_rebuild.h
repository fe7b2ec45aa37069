// SPDX-License-Identifier: Apache-2.0
// Makes the index of a business's rows and recordings anew from its newest snapshot alone:
// afterwards everything is found as before, with what it was bound to and the class it was in.
//
// What the snapshot keeps is what counts: the mapping that its rows were taken by, since when the
// box has a recording, what its header said, which row of a key is the newest. Nothing is judged
// anew.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "firmware/job/progress.h"
#include "firmware/source/definition.h"
#include "firmware/vault/business.h"

namespace holdfast::job {

struct RecordRebuildRequest {
  // As it was when the snapshot was made: the sources, and how their files are read.
  source::BusinessDefinition definition;
  // Of a mapping as a snapshot keeps it. `where`: its path.
  std::function<Result<records::Mapping>(const std::string& text, const std::string& where)>
      parse_mapping;
  const StopFlag* stop = nullptr;  // may be null
  Progress* progress = nullptr;    // may be null
};

struct RecordRebuild {
  journal::Head snapshot;  // that the index reflects
  std::uint64_t rows = 0;
  std::uint64_t recordings = 0;
  // What could not be taken: is_loss() where it is lost, else why no row of the item can be. The
  // index says that it is missing, until a rebuild takes it.
  Problems problems;
};

// Readers find what they found before until the new index takes its place; a cut leaves the former
// one. Nothing: no snapshot has rows. For a business that is open for writing. Errors: the store's
// but for what is lost, home's, interrupted.
[[nodiscard]] Result<std::optional<RecordRebuild>> rebuild_records(
    vault::Business& business, const RecordRebuildRequest& request);

}  // namespace holdfast::job

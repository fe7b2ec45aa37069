// SPDX-License-Identifier: Apache-2.0
// Which rows belong to what a recording was.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "firmware/catalog/record_index.h"
#include "firmware/catalog/sqlite.h"

namespace holdfast::catalog {

// One thread at a time, not within a batch. `index` must outlive it. Errors: the index's.
class RecordingRows {
 public:
  explicit RecordingRows(RecordIndex& index);

  // The rows that were bound to it when it had these bytes, former versions among them, `limit` at
  // most; without class and recordings.
  [[nodiscard]] Result<std::vector<FoundRow>> find(const std::string& path, const Digest& content,
                                                   std::uint32_t limit);

 private:
  RecordIndex::State& state_;
  Statement select_;
};

}  // namespace holdfast::catalog

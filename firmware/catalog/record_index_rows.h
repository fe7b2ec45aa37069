// SPDX-License-Identifier: Apache-2.0
// Single rows with all that belongs to them. Private to this folder.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "firmware/catalog/record_index_state.h"

namespace holdfast::catalog {

// For one state of the file: what was read of items is kept.
class RowReader {
 public:
  explicit RowReader(RecordIndex::State& state) : state_(state) {}

  // Without class and recordings. None: there is no such row.
  [[nodiscard]] Result<std::optional<FoundRow>> read(std::uint32_t id);
  [[nodiscard]] Result<std::vector<FoundRecording>> recordings_of(std::uint32_t row);

 private:
  [[nodiscard]] Result<const RowItem*> item_of(std::uint64_t id);

  RecordIndex::State& state_;
  std::map<std::uint64_t, RowItem> items_;
};

}  // namespace holdfast::catalog

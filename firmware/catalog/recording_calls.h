// SPDX-License-Identifier: Apache-2.0
// Which call a recording belongs to, as one source tells it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "firmware/catalog/record_index.h"
#include "firmware/catalog/sqlite.h"

namespace holdfast::catalog {

// A row that is bound to it.
struct CallRow {
  std::string item;  // the path of the item that it stands in
  std::uint64_t number = 0;
  std::string key;
  std::string call_id;
};

struct RecordingCall {
  // Of the first of its rows that has one, else its own: the day on which it is counted (UTC).
  std::optional<std::int64_t> start_ms;
  std::optional<CallRow> row;  // the first one
};

// One thread at a time, not within a batch. `index` must outlive it. Errors: the index's.
class RecordingCalls {
 public:
  explicit RecordingCalls(RecordIndex& index);

  // `source`: the name of the one whose rows count. Nothing is known of a path: neither start nor
  // row.
  [[nodiscard]] Result<RecordingCall> find(const std::string& path, const std::string& source);

 private:
  Statement select_rows_;
  Statement select_own_;
};

}  // namespace holdfast::catalog

// SPDX-License-Identifier: Apache-2.0
// What the index says of items that are asked for one after the other, as a walk of a tree does:
// its recordings are read beside them, by path.
#pragma once

#include <memory>

#include "firmware/catalog/record_index.h"

namespace holdfast::catalog {

struct ToldOfItem {
  bool is_known = false;       // among the recordings or row items, with these bytes
  bool has_bound_row = false;  // one that was bound when it had these bytes
  // When the call was, in milliseconds since 1970 in UTC: the latest start of the rows that were
  // bound to it when it had these bytes, of its own name, and of the rows in it. None: nobody says.
  std::optional<std::int64_t> call_time_ms;

  bool operator==(const ToldOfItem&) const = default;
};

// Any order is right; that of the bytes of paths, nearly that of a tree, is quick. Not within a
// batch, and none begins while it is there. The index outlives it. Memory: 8 bytes for each row
// item, and for each recording that had other bytes when a row was bound to it. Errors, threads: of
// RecordIndex::find().
class ItemRows {
 public:
  explicit ItemRows(RecordIndex& index);
  ~ItemRows();
  ItemRows(ItemRows&&) noexcept;
  ItemRows& operator=(ItemRows&&) noexcept;

  [[nodiscard]] Result<ToldOfItem> find(const std::string& path, const Digest& content);

 private:
  class Walk;
  std::unique_ptr<Walk> walk_;
};

}  // namespace holdfast::catalog

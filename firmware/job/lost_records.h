// SPDX-License-Identifier: Apache-2.0
// Which business records lost items belong to.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "firmware/catalog/recording_rows.h"
#include "firmware/job/progress.h"
#include "firmware/source/definition.h"
#include "firmware/vault/business.h"

namespace holdfast::job {

// A row, by where it stands and by what makes it one row of its source.
struct BusinessRecord {
  std::string source;
  std::string item;  // the path of the item that it stands in
  std::uint64_t number = 0;
  std::vector<std::pair<std::string, std::string>> key;  // columns and their values
};

// One thread.
class LostRecords {
 public:
  // Of the index of rows as it is now: where there is none, or it cannot be read, nothing is found.
  // `definition` says which columns make a row of a source one.
  LostRecords(vault::Business& business, source::BusinessDefinition definition);

  // The rows that were bound to the bytes that were lost: the argument `content` of the item's
  // error. One look-up, however many items are lost.
  [[nodiscard]] std::vector<BusinessRecord> find(const Problem& item);

 private:
  source::BusinessDefinition definition_;
  std::optional<catalog::RecordIndex> index_;
  std::optional<catalog::RecordingRows> rows_;
};

}  // namespace holdfast::job

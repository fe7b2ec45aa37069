// SPDX-License-Identifier: Apache-2.0
// Rows as those see them who need not know whom a call was with (docs/decisions/0035).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "firmware/app/session.h"
#include "firmware/catalog/record_index.h"

namespace holdfast::app {

class RowMask {
 public:
  // By the columns that the definition's mappings call numbers, as the journal has it.
  [[nodiscard]] static Result<RowMask> make(Session& session, vault::Business& business);

  // Numbers in these columns, and the same ones wherever else they stand in the row and in the
  // paths of its recordings. Of a source that the definition does not have any more each column
  // counts as one of numbers.
  void apply(catalog::FoundRow& row) const;

  // False: what a search like that finds would tell hidden digits, a few at a time. A number can
  // be asked for whole, or by the four digits that are shown.
  [[nodiscard]] bool allows(const catalog::RecordQuery& query) const;

 private:
  std::map<std::string, std::vector<std::string>> columns_;  // by source
};

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
// What a run asks the query of a source, in order: once more what became items that are lost, then
// what came since the newest item.
//
//   items   |----- a -----|--- b, lost ---|--- c ---|
//   asked                 |------ b ------|         |-- slice --|-- slice --| now
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware/source/row_query.h"

namespace holdfast::job {

// An item of the source, of the snapshot before or of what is known of others before that.
struct AskedItem {
  std::string path;
  Timestamp until;
  bool is_lost = false;  // its content, or the list that had its name
};

struct RowQuestion {
  source::RowWindow window;
  std::string path;      // of the item that the answer becomes
  bool is_lost = false;  // that item was there
};

// In order of time. An item of the future tells of a clock that was wrong: to ask for too much is
// safe, so it is none to go on from.
[[nodiscard]] std::vector<RowQuestion> questions_of(const source::SourceDefinition& source,
                                                    std::vector<AskedItem> items, Timestamp now);

}  // namespace holdfast::job

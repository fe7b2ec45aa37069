// SPDX-License-Identifier: Apache-2.0
// Conditions on rows as people write them, KEY=VALUE:
//
//   number=    any number of the call, or its last 4 to 8 digits
//   text=      words, or parts of Chinese text, in any column
//   call_id=   key=   class=
//   column.NAME=   exactly that, in the business's own column NAME
//   NAME=          the same, if NAME is none of those above
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "firmware/catalog/record_index.h"

namespace holdfast::job {

// False, and nothing added, if it is no condition, or its value none for its key.
[[nodiscard]] bool add_condition(std::string_view text, catalog::RecordQuery& query);

// What the key of a hold may mean; rows that any of the queries finds are held. A hold must not
// miss a row by how its key is called, so `number`, `call_id` and `key` are columns as well. Not
// empty.
[[nodiscard]] std::vector<catalog::RecordQuery> held_queries(std::string_view text);

// Whether rows can have the key of a hold: they have such a column (by these names of columns), or
// it means more than a column.
[[nodiscard]] bool is_known_key(std::string_view text, const std::vector<std::string>& columns);

}  // namespace holdfast::job

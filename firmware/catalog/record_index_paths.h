// SPDX-License-Identifier: Apache-2.0
// What rows lead to, without the rows.
#pragma once

#include <functional>
#include <string>

#include "firmware/catalog/record_index.h"

namespace holdfast::catalog {

using VisitPath = std::function<void(const std::string& path)>;

// Of each row that the query finds: the item that it is in, and the recordings that it was bound
// to; of a former version those of the rows that took its place as well, for a row whose place was
// taken within one batch was never bound itself. A path may come more than once. False: there are
// more rows than query.limit, and the rest of them is not visited. Memory: one row. Errors,
// threads: of RecordIndex::find().
[[nodiscard]] Result<bool> visit_paths(RecordIndex& index, const RecordQuery& query,
                                       const VisitPath& visit);

}  // namespace holdfast::catalog

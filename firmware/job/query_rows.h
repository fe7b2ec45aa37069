// SPDX-License-Identifier: Apache-2.0
// The rows that a source's query gives, as an item of that source: those that are not known yet.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "firmware/job/made_items.h"
#include "firmware/job/progress.h"
#include "firmware/records/facts.h"
#include "firmware/source/definition.h"
#include "hal/ports/sql.h"

namespace holdfast::job {

// What makes a row of a query known again, though a run asks for it anew: its key, or where it has
// none that can be understood, its bytes.
void take_query_key(records::RowFacts& facts, const Digest& row);

struct QueryRequest {
  const source::SourceDefinition& source;
  ports::SqlClient& client;
  SecretBytes password;
  std::optional<Timestamp> newest;  // until when the newest item of the source was asked for
  Timestamp until;
  const StopFlag* stop = nullptr;  // may be null
  // A row of this key with these bytes is stored already.
  std::function<Result<bool>(const std::string& key, const Digest& row)> is_known;
};

struct QueryRows {
  std::uint64_t rows = 0;  // that the query gave
  std::uint64_t rows_new = 0;
  std::string path;  // of the item; empty: no row was new
  // Why the source gave no answer, or none to the end: then there is no item. What the port says;
  // rows_missing_columns.
  std::optional<Error> error;
};

// Rows go into the item as they come; memory for one of them. The whole answer or nothing. Errors:
// interrupted, the store's, and such as would end any work.
[[nodiscard]] Result<QueryRows> query_rows(const QueryRequest& request, MadeItems& made);

}  // namespace holdfast::job

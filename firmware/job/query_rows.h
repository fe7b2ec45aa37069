// SPDX-License-Identifier: Apache-2.0
// The rows that a source's query gives for one window of time, as an item of that source: those
// that are not known yet.
//
// Several rows of one answer may share a key. They are told apart by their bytes: what an answer
// gives again is known, whichever of them came last. A row that had its place taken is stored once
// more only if what took it is not in the answer: then the source has gone back to it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "firmware/catalog/record_batch.h"
#include "firmware/job/made_items.h"
#include "firmware/job/progress.h"
#include "firmware/job/source_pace.h"
#include "firmware/records/facts.h"
#include "firmware/source/definition.h"
#include "firmware/source/row_query.h"
#include "hal/ports/clock.h"
#include "hal/ports/sql.h"

namespace holdfast::job {

// What makes a row of a query known again, though a run asks for it anew: its key, or where it has
// none that can be understood, its bytes.
void take_query_key(records::RowFacts& facts, const Digest& row);

// Columns as the header of a file must have them: rows_no_header, rows_unnamed_column,
// rows_duplicate_column, rows_missing_columns.
[[nodiscard]] Result<void> check_query_columns(const source::SourceDefinition& source,
                                               const std::vector<std::string>& names);

// By which a source's server is asked.
[[nodiscard]] ports::SqlConnection connection_of(const source::SqlRules& rules,
                                                 const SecretBytes& password);

struct QueryRequest {
  const source::SourceDefinition& source;
  ports::SqlClient& client;
  ports::Clock& clock;
  SecretBytes password;
  const StopFlag* stop = nullptr;  // may be null
  SourcePace* pace = nullptr;      // may be null; rows are taken as they come, and owed
  // Of a row of this key with these bytes.
  std::function<Result<catalog::KnownRow>(const std::string& key, const Digest& row)> find;
  // Of the answer so far; may be empty. Called often.
  std::function<void(std::uint64_t bytes)> tell = {};
};

struct QueryRows {
  std::uint64_t rows = 0;  // that the query gave
  std::uint64_t rows_new = 0;
  // Why the source gave no answer, or none to the end: then there is no item. What the port says;
  // rows_missing_columns.
  std::optional<Error> error;
};

// The answer becomes the item at `path`, unless no row of it is new. Rows go into the item as they
// come; memory for one of them, and for those that the source has gone back to. The whole answer or
// nothing. What is retryable is asked again, after waits that double, until the source's
// retry_seconds are over. Errors: interrupted, the store's, and such as would end any work.
[[nodiscard]] Result<QueryRows> query_rows(const QueryRequest& request,
                                           const source::RowWindow& window, const std::string& path,
                                           MadeItems& made);

}  // namespace holdfast::job

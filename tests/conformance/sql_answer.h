// SPDX-License-Identifier: Apache-2.0
// A query's whole answer as a value that tests compare.
#pragma once

#include <concepts>

#include "hal/ports/sql.h"
#include "tests/conformance/support.h"

namespace holdfast::test {

using Rows = std::vector<std::vector<std::optional<std::string>>>;

struct Limits {
  std::uint32_t query_timeout_s = 60;
  std::uint64_t field_max = 4 * kMiB;
};

// All that a query gives: rows, or why not.
struct Answer {
  std::vector<ports::SqlColumn> columns = {};
  Rows rows = {};
  std::string outcome = "ok";
  Error error = {};
};

inline Answer ask(ports::SqlSession& session, const ports::SqlQuery& query) {
  Answer answer;
  const auto fail = [&](const Error& error) {
    answer.error = error;
    answer.outcome = std::string(name_of(error.code));
    return answer;
  };
  auto columns = session.start(query);
  if (!columns) return fail(columns.error());
  answer.columns = *columns;
  std::vector<ports::SqlField> row;
  while (true) {
    const auto more = session.next(row);
    if (!more) return fail(more.error());
    if (!*more) return answer;
    auto& fields = answer.rows.emplace_back();
    for (const ports::SqlField& field : row) fields.emplace_back(field);
  }
}

template <class Body>
Answer ask(Body& body, const ports::SqlQuery& query) {
  ports::SqlConnection connection = body.connection();
  connection.query_timeout_s = body.limits.query_timeout_s;
  connection.field_max = body.limits.field_max;
  auto session = body.client().open(connection);
  if (!session) return {.outcome = outcome(session), .error = session.error()};
  return ask(**session, query);
}

template <class Body, std::convertible_to<std::string> Text>
Answer ask(Body& body, const Text& text) {
  return ask(body, ports::SqlQuery{.text = text});
}

}  // namespace holdfast::test

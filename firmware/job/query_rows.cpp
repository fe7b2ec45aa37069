// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/query_rows.h"

#include <set>

#include "firmware/job/row_file.h"
#include "firmware/records/csv_writer.h"
#include "firmware/source/row_query.h"

namespace holdfast::job {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;

ports::SqlConnection connection_of(const source::SqlRules& rules, const SecretBytes& password) {
  ports::SqlConnection connection;
  connection.kind = rules.kind;
  connection.server = rules.server;
  connection.port = rules.port;
  connection.database = rules.database;
  connection.user = rules.user;
  connection.password.bytes().assign(password.view().begin(), password.view().end());
  connection.tls = rules.tls;
  connection.ca_file = rules.ca_file;
  connection.query_timeout_s = rules.timeout_seconds;
  return connection;
}

// The answer is not to be had; unless nothing is.
Result<QueryRows> given_up(const Error& error) {
  if (error.code == ErrorCode::power_cut || error.code == ErrorCode::out_of_memory) return error;
  QueryRows none;
  none.error = error;
  return none;
}

// One answer of the server on its way into an item.
class Answer {
 public:
  Answer(const QueryRequest& request, MadeItems& made) : request_(request), made_(made) {}

  Result<QueryRows> take(ports::SqlSession& session) {
    const source::SqlRules& rules = request_.source.sql;
    const auto columns = session.start(source::make_query(rules, request_.newest, request_.until));
    if (!columns) return given_up(columns.error());
    for (const ports::SqlColumn& column : *columns) names_.push_back(column.name);
    if (auto checked = check_names(); !checked) return given_up(checked.error());
    records::RowMapper mapper(request_.source.mapping, names_);
    std::vector<ports::SqlField> fields;
    for (;;) {
      HF_TRY(check_stop(request_.stop));
      const auto more = session.next(fields);
      if (!more) return given_up(more.error());
      if (!*more) break;
      HF_TRY(take_row(mapper, fields));
    }
    if (rows_.rows_new > 0) HF_TRY(made_.end());
    return std::move(rows_);
  }

 private:
  // As the header of a file must be.
  Result<void> check_names() {
    const std::string& source = request_.source.name;
    if (names_.empty()) return make_error(ErrorCode::rows_no_header, source);
    std::set<std::string> met;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (names_[i].empty()) {
        return make_error(ErrorCode::rows_unnamed_column, source,
                          {{"column", std::to_string(i + 1)}});
      }
      if (!met.insert(names_[i]).second) {
        return make_error(ErrorCode::rows_duplicate_column, source, {{"name", names_[i]}});
      }
    }
    return check_columns(request_.source, names_, source);
  }

  // One that cannot be read back as a row has no key of its own.
  Result<bool> is_known(const Digest& digest) {
    HF_TRY(const bool known, request_.is_known(facts_.key, digest));
    if (known) return true;
    return request_.is_known("#" + digest.hex(), digest);
  }

  Result<void> take_row(records::RowMapper& mapper, std::span<const ports::SqlField> fields) {
    ++rows_.rows;
    line_.clear();
    append_csv_row(records::kRowsOfQuery, fields, line_);
    mapper.map(fields, facts_);
    const Digest digest = sha256(view_of(line_));
    take_query_key(facts_, digest);
    HF_TRY(const bool known, is_known(digest));
    if (known) return {};
    if (rows_.rows_new++ == 0) HF_TRY(begin_item());
    return made_.write(view_of(line_));
  }

  // Under a name that no item has: the run before may have begun in the same second, or the clock
  // was set back.
  Result<void> begin_item() {
    for (Timestamp until = request_.until;; until.ns += kSecond_ns) {
      rows_.path = source::row_item_path(request_.source.name, until);
      HF_TRY(const auto there, made_.find(rows_.path));
      if (!there) break;
    }
    made_.begin(rows_.path, request_.source.retention_class);
    std::vector<records::CsvField> header(names_.begin(), names_.end());
    std::string line;
    append_csv_row(records::kRowsOfQuery, header, line);
    return made_.write(view_of(line));
  }

  const QueryRequest& request_;
  MadeItems& made_;
  QueryRows rows_;
  std::vector<std::string> names_;
  std::string line_;
  records::RowFacts facts_;
};

}  // namespace

void take_query_key(records::RowFacts& facts, const Digest& row) {
  if (facts.key.empty()) facts.key = "#" + row.hex();
}

Result<QueryRows> query_rows(const QueryRequest& request, MadeItems& made) {
  const auto session = request.client.open(connection_of(request.source.sql, request.password));
  if (!session) return given_up(session.error());
  return Answer(request, made).take(**session);
}

}  // namespace holdfast::job

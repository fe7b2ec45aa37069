// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/query_rows.h"

#include <algorithm>
#include <set>

#include "firmware/job/row_file.h"
#include "firmware/records/csv_writer.h"

namespace holdfast::job {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::int64_t kGlance_ns = kSecond_ns / 5;
constexpr std::uint64_t kRowsBetweenTold = 1024;

// The answer is not to be had; unless nothing is.
Result<QueryRows> given_up(const Error& error) {
  if (error.code == ErrorCode::power_cut || error.code == ErrorCode::out_of_memory) return error;
  QueryRows none;
  none.error = error;
  return none;
}

// interrupted.
Result<void> check_window(const QueryRequest& request) {
  HF_TRY(check_stop(request.stop));
  const bool has_closed = request.pace != nullptr && request.pace->must_stop();
  return has_closed ? Result<void>(make_error(ErrorCode::interrupted)) : Result<void>();
}

// One answer of the server on its way into an item.
class Answer {
 public:
  Answer(const QueryRequest& request, const std::string& path, MadeItems& made)
      : request_(request), path_(path), made_(made) {}

  Result<QueryRows> take(ports::SqlSession& session, const source::RowWindow& window) {
    const auto columns = session.start(source::make_query(request_.source.sql, window));
    if (!columns) return given_up(columns.error());
    for (const ports::SqlColumn& column : *columns) names_.push_back(column.name);
    if (auto checked = check_query_columns(request_.source, names_); !checked)
      return given_up(checked.error());
    records::RowMapper mapper(request_.source.mapping, names_);
    std::vector<ports::SqlField> fields;
    for (;;) {
      HF_TRY(check_window(request_));
      const auto more = session.next(fields);
      if (!more) return given_up(more.error());
      if (!*more) break;
      HF_TRY(take_row(mapper, fields));
      if (request_.pace != nullptr) request_.pace->owe(line_.size());
    }
    for (const FormerRow& row : former_) {
      if (!still_there_.contains(row.key)) HF_TRY(write(row.line));
    }
    if (rows_.rows_new > 0) HF_TRY(made_.end());
    return std::move(rows_);
  }

 private:
  struct FormerRow {
    std::string key;
    std::string line;
  };

  // One that cannot be read back as a row has no key of its own.
  Result<catalog::KnownRow> find(const Digest& digest) {
    HF_TRY(const catalog::KnownRow known, request_.find(facts_.key, digest));
    if (known.is_current || known.is_former) return known;
    return request_.find("#" + digest.hex(), digest);
  }

  Result<void> take_row(records::RowMapper& mapper, std::span<const ports::SqlField> fields) {
    ++rows_.rows;
    line_.clear();
    append_csv_row(records::kRowsOfQuery, fields, line_);
    bytes_ += line_.size();
    if (rows_.rows % kRowsBetweenTold == 0 && request_.tell) request_.tell(bytes_);
    mapper.map(fields, facts_);
    const Digest digest = sha256(view_of(line_));
    take_query_key(facts_, digest);
    HF_TRY(const catalog::KnownRow known, find(digest));
    if (known.is_current) {
      if (known.has_former) still_there_.insert(facts_.key);
      return {};
    }
    if (!known.is_former) return write(line_);
    former_.push_back({facts_.key, line_});
    return {};
  }

  Result<void> write(const std::string& line) {
    if (rows_.rows_new++ == 0) {
      made_.begin(path_, request_.source.retention_class);
      const std::vector<records::CsvField> header(names_.begin(), names_.end());
      std::string text;
      append_csv_row(records::kRowsOfQuery, header, text);
      HF_TRY(made_.write(view_of(text)));
    }
    return made_.write(view_of(line));
  }

  const QueryRequest& request_;
  const std::string& path_;
  MadeItems& made_;
  QueryRows rows_;
  std::vector<std::string> names_;
  std::string line_;
  std::uint64_t bytes_ = 0;
  records::RowFacts facts_;
  std::vector<FormerRow> former_;
  std::set<std::string> still_there_;  // keys of which a current row came that has former ones
};

// What came before is paid for first: once the statement is open nothing may wait.
Result<QueryRows> ask_once(const QueryRequest& request, const source::RowWindow& window,
                           const std::string& path, MadeItems& made) {
  HF_TRY(check_window(request));
  if (request.pace != nullptr) HF_TRY(request.pace->settle());
  const auto session = request.client.open(connection_of(request.source.sql, request.password));
  if (!session) return given_up(session.error());
  return Answer(request, path, made).take(**session, window);
}

// Looks at the flag often enough for a person who waits.
Result<void> pause(const QueryRequest& request, std::int64_t duration_ns) {
  for (std::int64_t rest = duration_ns; rest > 0; rest -= kGlance_ns) {
    HF_TRY(check_window(request));
    request.clock.wait(std::min(rest, kGlance_ns));
  }
  return check_window(request);
}

}  // namespace

Result<void> check_query_columns(const source::SourceDefinition& source,
                                 const std::vector<std::string>& names) {
  if (names.empty()) return make_error(ErrorCode::rows_no_header, source.name);
  std::set<std::string> met;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) {
      return make_error(ErrorCode::rows_unnamed_column, source.name,
                        {{"column", std::to_string(i + 1)}});
    }
    if (!met.insert(names[i]).second) {
      return make_error(ErrorCode::rows_duplicate_column, source.name, {{"name", names[i]}});
    }
  }
  return check_columns(source, names, source.name);
}

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

void take_query_key(records::RowFacts& facts, const Digest& row) {
  if (facts.key.empty()) facts.key = "#" + row.hex();
}

Result<QueryRows> query_rows(const QueryRequest& request, const source::RowWindow& window,
                             const std::string& path, MadeItems& made) {
  std::int64_t left_ns = request.source.sql.retry_seconds * kSecond_ns;
  for (std::int64_t wait_ns = kSecond_ns;; wait_ns *= 2) {
    HF_TRY(QueryRows rows, ask_once(request, window, path, made));
    const bool is_final = !rows.error || !rows.error->retryable || left_ns == 0;
    if (is_final) return rows;
    wait_ns = std::min(wait_ns, left_ns);
    HF_TRY(pause(request, wait_ns));
    left_ns -= wait_ns;
  }
}

}  // namespace holdfast::job

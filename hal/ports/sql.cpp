// SPDX-License-Identifier: Apache-2.0
#include "hal/ports/sql.h"

#include <algorithm>

namespace holdfast::ports {

namespace {

constexpr std::size_t kWordsMax = kKiB;
constexpr std::string_view kInPlaceOfSecret = "***";

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

std::string sql_words(std::string_view said, ByteView secret) {
  std::string words(said);
  const std::string_view hidden = text_of(secret);
  for (std::size_t at = 0; !hidden.empty();) {
    at = words.find(hidden, at);
    if (at == std::string::npos) break;
    words.replace(at, hidden.size(), kInPlaceOfSecret);
    at += kInPlaceOfSecret.size();
  }
  std::ranges::replace_if(
      words, [](char byte) { return byte == '\n' || byte == '\r' || byte == '\t'; }, ' ');
  words.erase(words.find_last_not_of(' ') + 1);
  if (words.size() <= kWordsMax) return words;
  std::size_t end = kWordsMax;
  while (end > 0 && is_continuation(words[end])) --end;
  words.resize(end);
  return words;
}

std::string SqlConnection::name() const {
  return kind == SqlKind::odbc ? server.substr(0, server.find(';')) : server;
}

Error SqlSession::failed(Error error) {
  state_ = State::failed;
  if (error.where.empty()) error.where = where_;
  const auto add = [&](const char* key, std::uint64_t value) {
    error.arguments.push_back({key, std::to_string(value)});
  };
  switch (error.code) {
    case ErrorCode::sql_gone:
      error.retryable = true;
      add("rows", rows_);
      break;
    case ErrorCode::sql_timeout:
      add("seconds", query_timeout_s_);
      break;
    case ErrorCode::sql_field_size:
      add("limit", field_max_);
      [[fallthrough]];
    case ErrorCode::sql_field_binary:
      add("row", rows_ + 1);
      break;
    default:
      break;
  }
  return error;
}

Result<std::vector<SqlColumn>> SqlSession::start(const SqlQuery& query) {
  HF_CHECK(state_ == State::ready);
  rows_ = 0;
  auto statement = translate(query.text, query.parameters, dialect());
  if (!statement) return failed(statement.error());
  statement_ = std::move(*statement);
  auto columns = execute(statement_);
  if (!columns) return failed(columns.error());
  if (columns->size() > kSqlColumnsMax) {
    return failed(
        make_error(ErrorCode::limit_exceeded, where_,
                   {{"what", "columns of a query"}, {"limit", std::to_string(kSqlColumnsMax)}}));
  }
  state_ = State::in_rows;
  columns_ = *columns;
  return columns;
}

Result<void> SqlSession::check_sizes(const std::vector<SqlField>& row) const {
  HF_CHECK(row.size() == columns_.size());
  for (std::size_t column = 0; column < row.size(); ++column) {
    if (row[column] && row[column]->size() > field_max_) {
      return make_error(ErrorCode::sql_field_size, where_, {{"column", columns_[column].name}});
    }
  }
  return {};
}

Result<bool> SqlSession::next(std::vector<SqlField>& row) {
  HF_CHECK(state_ == State::in_rows);
  const auto more = fetch(row);
  if (!more) return failed(more.error());
  if (!*more) {
    state_ = State::ready;
    return false;
  }
  if (const auto checked = check_sizes(row); !checked) return failed(checked.error());
  ++rows_;
  return true;
}

}  // namespace holdfast::ports

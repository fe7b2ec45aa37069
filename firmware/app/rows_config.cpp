// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/rows_config.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "firmware/records/time_format.h"
#include "firmware/records/time_zone.h"
#include "firmware/source/row_query.h"

namespace holdfast::app {

namespace {

constexpr std::uint32_t kPortMax = 65535;
constexpr std::uint32_t kSliceMax_days = 36525;
constexpr std::uint32_t kRetryMax_s = 3600;
constexpr std::uint32_t kNumberMax = std::numeric_limits<std::uint32_t>::max();

template <class T>
struct Choice {
  std::string_view word;
  T value;
};

// One of the words, all of which are told if it is another; without the key `out` stays.
template <class T, std::size_t count>
Result<void> read_choice(const TomlReader& reader, const TomlTable& table, std::string_view key,
                         const std::array<Choice<T>, count>& choices, T& out) {
  if (table.get(key) == nullptr) return {};
  std::string word;
  HF_TRY(reader.read(table, key, word));
  std::string expected;
  for (const Choice<T>& choice : choices) {
    if (choice.word == word) {
      out = choice.value;
      return {};
    }
    expected += (expected.empty() ? "\"" : ", \"") + std::string(choice.word) + "\"";
  }
  return reader.bad_value(*table.get(key), key, expected);
}

constexpr std::array<Choice<records::CsvDialect>, 6> kDialects{{
    {"rfc4180", records::kRfc4180},
    {"semicolon", records::kSemicolon},
    {"pipe", records::kPipe},
    {"tab", records::kTab},
    {"mysql", records::kMysqlOutfile},
    {"mysql-quoted", records::kMysqlOutfileQuoted},
}};
constexpr std::array<Choice<std::optional<records::Charset>>, 4> kCharsets{{
    {"utf-8", records::Charset::utf8},
    {"gb18030", records::Charset::gb18030},
    {"utf-16le", records::Charset::utf16le},
    {"utf-16be", records::Charset::utf16be},
}};
constexpr std::array<Choice<ports::SqlKind>, 4> kSqlKinds{{
    {"sqlite", ports::SqlKind::sqlite},
    {"mysql", ports::SqlKind::mysql},
    {"postgresql", ports::SqlKind::postgresql},
    {"odbc", ports::SqlKind::odbc},
}};
constexpr std::array<Choice<ports::SqlTls>, 3> kSqlTls{{
    {"verified", ports::SqlTls::verified},
    {"encrypted", ports::SqlTls::encrypted},
    {"none", ports::SqlTls::none},
}};
Result<void> require(const TomlReader& reader, const TomlTable& table, std::string_view key) {
  if (table.get(key) != nullptr) return {};
  return reader.error(table.line, "cli.config.no_key", {{"key", std::string(key)}});
}

// The definition is kept in the journal, and shown: who may log in stands elsewhere.
bool names_secret(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text.find("PWD=") != std::string::npos || text.find("PASSWORD=") != std::string::npos ||
         text.find("UID=") != std::string::npos;
}

Result<void> read_server(const TomlReader& reader, const TomlTable& table, source::SqlRules& out) {
  HF_TRY(require(reader, table, "kind"));
  HF_TRY(require(reader, table, "server"));
  HF_TRY(read_choice(reader, table, "kind", kSqlKinds, out.kind));
  HF_TRY(reader.read(table, "server", out.server));
  if (out.kind == ports::SqlKind::odbc && names_secret(out.server)) {
    return reader.bad_value(*table.get("server"), "server", "\"DSN=…\" (user, password_file)");
  }
  std::uint32_t port = 0;
  HF_TRY(reader.read_number(table, "port", kPortMax, port));
  out.port = static_cast<std::uint16_t>(port);
  HF_TRY(reader.read(table, "database", out.database));
  HF_TRY(reader.read(table, "user", out.user));
  HF_TRY(reader.read(table, "password_file", out.password_file));
  const bool has_place = out.password_file.empty() || out.password_file.starts_with('/') ||
                         out.password_file.starts_with("$CREDENTIALS_DIRECTORY/");
  if (!has_place) {
    return reader.bad_value(*table.get("password_file"), "password_file",
                            "\"/…\", \"$CREDENTIALS_DIRECTORY/…\"");
  }
  HF_TRY(read_choice(reader, table, "tls", kSqlTls, out.tls));
  return reader.read(table, "ca_file", out.ca_file);
}

// How the server writes times, and the first of them that is asked for.
Result<void> read_time(const TomlReader& reader, const TomlTable& table, source::SqlRules& out) {
  HF_TRY(reader.read(table, "time", out.time));
  HF_TRY(reader.read(table, "zone", out.zone));
  HF_TRY(require(reader, table, "first"));
  HF_TRY(reader.read(table, "first", out.first));
  const auto format = records::TimeFormat::parse(out.time);
  const bool is_count = out.time == "epoch_s" || out.time == "epoch_ms";
  if (!format || !format->can_read() || (!is_count && !format->can_write())) {
    return reader.bad_value(*table.get("time"), "time", "\"%Y-%m-%d %H:%M:%S\", \"epoch_ms\"");
  }
  if (!out.zone.empty() && !records::TimeZone::find(out.zone)) {
    return reader.bad_value(*table.get("zone"), "zone", "\"Asia/Shanghai\", \"+08:00\"");
  }
  if (!is_count && out.zone.empty()) HF_TRY(require(reader, table, "zone"));
  if (!source::first_of(out)) return reader.bad_value(*table.get("first"), "first", out.time);
  return {};
}

}  // namespace

Result<void> read_csv_rules(const TomlReader& reader, const TomlTable& table,
                            source::CsvRules& out) {
  HF_TRY(reader.check_keys(table, {"files", "dialect", "charset", "columns"}));
  if (table.get("files") != nullptr) out.files.clear();
  HF_TRY(reader.read_texts(table, "files", out.files));
  HF_TRY(read_choice(reader, table, "dialect", kDialects, out.dialect));
  HF_TRY(read_choice(reader, table, "charset", kCharsets, out.charset));
  HF_TRY(reader.read_texts(table, "columns", out.columns));
  if (out.dialect.header == out.columns.empty()) return {};
  if (out.dialect.header) return reader.bad_value(*table.get("columns"), "columns", "mysql");
  return require(reader, table, "columns");
}

Result<void> read_sql_rules(const TomlReader& reader, const TomlTable& table,
                            source::SqlRules& out) {
  HF_TRY(reader.check_keys(table, {"kind", "server", "port", "database", "user", "password_file",
                                   "tls", "ca_file", "query", "time", "zone", "first", "slice_days",
                                   "overlap_minutes", "timeout_seconds", "retry_seconds"}));
  HF_TRY(read_server(reader, table, out));
  HF_TRY(require(reader, table, "query"));
  HF_TRY(reader.read(table, "query", out.query));
  HF_TRY(read_time(reader, table, out));
  HF_TRY(reader.read_number(table, "slice_days", kSliceMax_days, out.slice_days));
  HF_TRY(reader.read_number(table, "overlap_minutes", kNumberMax, out.overlap_minutes));
  HF_TRY(reader.read_number(table, "timeout_seconds", kNumberMax, out.timeout_seconds));
  return reader.read_number(table, "retry_seconds", kRetryMax_s, out.retry_seconds);
}

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/rows_config.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
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

std::string_view without_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Keys beside the name of a registered driver. Others name files that a driver or its manager
// would load, read or write, or who logs in: that stands elsewhere, for the definition is kept in
// the journal, and shown.
constexpr std::array<std::string_view, 8> kDriverKeys = {
    "SERVER",     "PORT", "DATABASE", "CHARSET", "SSLMODE", "ENCRYPT", "TRUSTSERVERCERTIFICATE",
    "TDS_VERSION"};

// DSN=NAME, or DRIVER=NAME;KEY=…;… . A driver that is named by its path is a program.
bool is_odbc_server(std::string_view text) {
  if (text.find('/') != std::string_view::npos || text.find('\0') != std::string_view::npos) {
    return false;
  }
  for (bool is_first = true; !text.empty(); is_first = false) {
    const std::string_view part = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return false;
    std::string key(without_spaces(part.substr(0, equals)));
    std::ranges::transform(key, key.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    if (without_spaces(part.substr(equals + 1)).empty()) return false;
    if (is_first && key == "DSN") return text.empty();
    const bool is_known =
        is_first ? key == "DRIVER" : std::ranges::find(kDriverKeys, key) != kDriverKeys.end();
    if (!is_known) return false;
    if (text.empty()) return true;
  }
  return false;
}

Result<void> read_server(const TomlReader& reader, const TomlTable& table, source::SqlRules& out) {
  HF_TRY(require(reader, table, "kind"));
  HF_TRY(require(reader, table, "server"));
  HF_TRY(read_choice(reader, table, "kind", kSqlKinds, out.kind));
  HF_TRY(reader.read(table, "server", out.server));
  if (out.kind == ports::SqlKind::odbc && !is_odbc_server(out.server)) {
    return reader.bad_value(*table.get("server"), "server",
                            "\"DSN=…\", \"DRIVER=…;SERVER=…;PORT=…;DATABASE=…\"");
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

using records::CompletenessRules;
using Kinds = std::set<records::IncompleteKind>;

constexpr std::uint32_t kJudgedDaysMax = 366;
constexpr std::uint32_t kPercentMax = 100;
constexpr std::int64_t kHolidayDaysMax = 366;

Result<void> read_kinds(const TomlReader& reader, const TomlTable& table, std::string_view key,
                        Kinds& out) {
  std::vector<std::string> words;
  HF_TRY(reader.read_texts(table, key, words));
  for (const std::string& word : words) {
    const auto kind = records::incomplete_kind_named(word);
    if (kind) out.insert(*kind);
    if (kind) continue;
    std::string expected;
    for (const records::IncompleteKind each : records::kIncompleteKinds) {
      expected += (expected.empty() ? "\"" : ", \"") + std::string(name_of(each)) + "\"";
    }
    return reader.bad_value(*table.get(key), key, expected);
  }
  return {};
}

// "2026-10-01", or "2026-10-01/2026-10-07".
bool add_holidays(std::string_view text, std::set<std::int64_t>& out) {
  const std::size_t slash = text.find('/');
  const auto first = records::day_of_text(text.substr(0, slash));
  const auto last =
      slash == std::string_view::npos ? first : records::day_of_text(text.substr(slash + 1));
  if (!first || !last || *last < *first || *last - *first >= kHolidayDaysMax) return false;
  for (std::int64_t day = *first; day <= *last; ++day) out.insert(day);
  return true;
}

Result<void> read_above_zero(const TomlReader& reader, const TomlTable& table, std::string_view key,
                             std::uint32_t number_max, std::uint32_t& out) {
  HF_TRY(reader.read_number(table, key, number_max, out));
  if (out > 0) return {};
  return reader.bad_value(*table.get(key), key, "1 … " + std::to_string(number_max));
}

std::string quoted_kinds(const Kinds& kinds) {
  std::string text;
  for (const records::IncompleteKind kind : kinds) {
    text += (text.empty() ? "" : ", ") + toml_quoted(name_of(kind));
  }
  return "[" + text + "]";
}

std::string completeness_text(const CompletenessRules& rules) {
  std::string holidays;
  for (const std::int64_t day : rules.day.holidays) {
    holidays += (holidays.empty() ? "" : ", ") + toml_quoted(records::day_text(day));
  }
  return "days = " + std::to_string(rules.days) +
         "\nsettle_days = " + std::to_string(rules.settle_days) + "\nholidays = [" + holidays +
         "]\ncall_ids_count_up = " + (rules.call_ids_count_up ? "true" : "false") +
         "\nhour_calls = " + std::to_string(rules.hour_calls) +
         "\nusual_calls = " + std::to_string(rules.day.usual_min) +
         "\npercent = " + std::to_string(rules.day.percent) +
         "\nfailure = " + quoted_kinds(rules.failures) + "\noff = " + quoted_kinds(rules.off) +
         "\n";
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

Result<void> read_completeness(const TomlReader& reader, const TomlTable& table,
                               source::SourceDefinition& out) {
  HF_TRY(reader.check_keys(table, {"days", "settle_days", "holidays", "call_ids_count_up",
                                   "hour_calls", "usual_calls", "percent", "failure", "off"}));
  CompletenessRules rules;
  HF_TRY(read_above_zero(reader, table, "days", kJudgedDaysMax, rules.days));
  HF_TRY(reader.read_number(table, "settle_days", kJudgedDaysMax, rules.settle_days));
  std::vector<std::string> holidays;
  HF_TRY(reader.read_texts(table, "holidays", holidays));
  for (const std::string& text : holidays) {
    if (add_holidays(text, rules.day.holidays)) continue;
    return reader.bad_value(*table.get("holidays"), "holidays",
                            "\"2026-10-01\", \"2026-10-01/2026-10-07\"");
  }
  HF_TRY(reader.read(table, "call_ids_count_up", rules.call_ids_count_up));
  auto hour_calls = static_cast<std::uint32_t>(rules.hour_calls);
  auto usual_calls = static_cast<std::uint32_t>(rules.day.usual_min);
  HF_TRY(read_above_zero(reader, table, "hour_calls", kNumberMax, hour_calls));
  HF_TRY(read_above_zero(reader, table, "usual_calls", kNumberMax, usual_calls));
  HF_TRY(read_above_zero(reader, table, "percent", kPercentMax, rules.day.percent));
  rules.hour_calls = hour_calls;
  rules.day.usual_min = usual_calls;
  HF_TRY(read_kinds(reader, table, "failure", rules.failures));
  HF_TRY(read_kinds(reader, table, "off", rules.off));
  out.completeness_rules = completeness_text(rules);
  out.completeness = std::move(rules);
  return {};
}

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/mapping_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "firmware/app/suggestion.h"
#include "firmware/records/name_pattern.h"
#include "firmware/records/path_template.h"
#include "firmware/records/time_format.h"
#include "firmware/records/time_zone.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

using records::Limit;
using records::Mapping;

constexpr std::int64_t kSchema = 1;
constexpr std::uint32_t kDaySeconds = 86'400;
constexpr std::uint32_t kLateDaysMax = 3650;
constexpr std::size_t kGatewayPrefixMax = 16;
constexpr std::uint32_t kMillion = 1'000'000;

constexpr std::string_view kZoneWords = "\"Asia/Shanghai\", \"+08:00\" …";
constexpr std::string_view kFormatWords =
    "\"%Y-%m-%d %H:%M:%S\" …, \"iso8601\", \"epoch_s\", \"epoch_ms\", \"epoch_us\"";
constexpr std::string_view kTemplateWords = "\"{start:%Y%m%d}/{…}_*.wav\" …";
constexpr std::string_view kPatternWords =
    "RE2: (?P<call_id>…) (?P<start…>…) (?P<phone…>…) (?P<agent…>…) (?P<number…>…)";
constexpr std::string_view kLimitWords = "1, 2, 3 …, \"0.0001%\" … \"100%\"";

constexpr std::array<std::string_view, 4> kUnits = {"s", "ms", "us", "h:m:s"};  // DurationUnit

using Known = std::vector<std::string>;
const Known kTopKeys = {"schema",   "zone",    "key",       "call_id",   "start",
                        "duration", "numbers", "recording", "tolerance", "thresholds"};
const Known kStartKeys = {"column", "format", "zone"};
const Known kDurationKeys = {"column", "unit"};
const Known kNumbersKeys = {"columns", "gateway_prefixes"};
const Known kRecordingKeys = {"folder",          "column",       "strip",
                              "template",        "name_pattern", "start_format",
                              "minimum_seconds", "late_days",    "expected"};
const Known kExpectedKeys = {"column", "above", "equals", "not_empty"};
const Known kToleranceKeys = {"start_seconds", "duration_seconds"};
const Known kThresholdKeys = {"warning", "failure"};

bool can_read(const std::string& format) {
  const auto parsed = records::TimeFormat::parse(format);
  return parsed && parsed->can_read();
}

// "0.5%" to 5000 millionths.
std::optional<std::uint32_t> share_of(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const std::string_view whole = text.substr(0, text.find('.'));
  std::string digits(whole);
  constexpr std::size_t kDecimals = 4;
  if (whole.size() < text.size()) {
    const std::string_view decimals = text.substr(whole.size() + 1);
    if (decimals.empty() || decimals.size() > kDecimals) return std::nullopt;
    digits += decimals;
    digits.append(kDecimals - decimals.size(), '0');
  } else {
    digits.append(kDecimals, '0');
  }
  std::uint32_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, failure] = std::from_chars(digits.data(), end, value);
  const bool is_good = !whole.empty() && failure == std::errc{} && rest == end;
  if (!is_good || value == 0 || value > kMillion) return std::nullopt;
  return value;
}

class Parser {
 public:
  explicit Parser(const TomlReader& reader) : reader_(reader) {}

  Result<Mapping> parse(const TomlTable& root);

 private:
  using Table = const TomlTable&;

  Result<void> check_schema(Table root);
  Result<void> parse_parts(Table root, Mapping& out);
  Result<void> parse_start(Table table, records::StartRule& out);
  Result<void> parse_duration(Table table, records::DurationRule& out);
  Result<void> parse_numbers(Table table, Mapping& out);
  Result<void> parse_recording(Table table, records::RecordingRule& out);
  Result<void> parse_place(Table table, records::RecordingRule& out);
  Result<void> parse_name(Table table, records::RecordingRule& out);
  Result<void> parse_expected(Table table, records::ExpectedRule& out);
  Result<void> parse_tolerance(Table table, records::Tolerance& out);
  Result<void> parse_thresholds(Table table, Mapping& out);
  Result<void> read_limit(Table table, std::string_view key, std::optional<Limit>& out);
  // A text that is not empty.
  Result<void> read_filled(Table table, std::string_view key, std::string& out);
  Result<void> read_column(Table table, std::string& out);
  Result<void> read_columns(Table table, std::string_view key, std::vector<std::string>& out);
  Result<void> read_zone(Table table, std::string& out);
  Error no_key(Table table, std::string_view key) {
    return reader_.error(table.line, "cli.config.no_key", {{"key", std::string(key)}});
  }
  Error bad_value(Table table, std::string_view key, std::string_view expected) {
    return reader_.bad_value(*table.get(key), key, expected);
  }

  const TomlReader& reader_;
};

Result<void> Parser::read_filled(Table table, std::string_view key, std::string& out) {
  HF_TRY(reader_.read(table, key, out));
  if (table.get(key) != nullptr && out.empty()) return bad_value(table, key, "\"…\"");
  return {};
}

Result<void> Parser::read_column(Table table, std::string& out) {
  HF_TRY(read_filled(table, "column", out));
  if (out.empty()) return no_key(table, "column");
  return {};
}

Result<void> Parser::read_columns(Table table, std::string_view key,
                                  std::vector<std::string>& out) {
  HF_TRY(reader_.read_texts(table, key, out));
  const bool has_empty = std::ranges::find(out, "") != out.end();
  if (has_empty || (table.get(key) != nullptr && out.empty())) {
    return bad_value(table, key, "[\"…\", \"…\"]");
  }
  return {};
}

Result<void> Parser::read_zone(Table table, std::string& out) {
  HF_TRY(reader_.read(table, "zone", out));
  if (table.get("zone") != nullptr && !records::TimeZone::find(out)) {
    return bad_value(table, "zone", kZoneWords);
  }
  return {};
}

Result<void> Parser::check_schema(Table root) {
  std::int64_t schema = 0;
  HF_TRY(reader_.read(root, "schema", schema));
  if (root.get("schema") == nullptr) return no_key(root, "schema");
  if (schema != kSchema) return bad_value(root, "schema", std::to_string(kSchema));
  return {};
}

// The schema first: a file of another one may have other keys.
Result<Mapping> Parser::parse(Table root) {
  HF_TRY(check_schema(root));
  HF_TRY(reader_.check_keys(root, kTopKeys));
  Mapping out;
  HF_TRY(read_zone(root, out.zone));
  if (out.zone.empty()) return no_key(root, "zone");
  HF_TRY(read_columns(root, "key", out.key));
  HF_TRY(read_filled(root, "call_id", out.call_id));
  HF_TRY(parse_parts(root, out));
  return out;
}

Result<void> Parser::parse_parts(Table root, Mapping& out) {
  HF_TRY(const TomlTable* start, reader_.read_table(root, "start"));
  if (start != nullptr) HF_TRY(parse_start(*start, out.start));
  HF_TRY(const TomlTable* duration, reader_.read_table(root, "duration"));
  if (duration != nullptr) HF_TRY(parse_duration(*duration, out.duration));
  HF_TRY(const TomlTable* numbers, reader_.read_table(root, "numbers"));
  if (numbers != nullptr) HF_TRY(parse_numbers(*numbers, out));
  HF_TRY(const TomlTable* recording, reader_.read_table(root, "recording"));
  if (recording != nullptr) HF_TRY(parse_recording(*recording, out.recording));
  HF_TRY(const TomlTable* tolerance, reader_.read_table(root, "tolerance"));
  if (tolerance != nullptr) HF_TRY(parse_tolerance(*tolerance, out.tolerance));
  HF_TRY(const TomlTable* thresholds, reader_.read_table(root, "thresholds"));
  if (thresholds != nullptr) HF_TRY(parse_thresholds(*thresholds, out));
  return {};
}

Result<void> Parser::parse_start(Table table, records::StartRule& out) {
  HF_TRY(reader_.check_keys(table, kStartKeys));
  HF_TRY(read_column(table, out.column));
  HF_TRY(reader_.read(table, "format", out.format));
  if (table.get("format") == nullptr) return no_key(table, "format");
  if (!can_read(out.format)) return bad_value(table, "format", kFormatWords);
  return read_zone(table, out.zone);
}

Result<void> Parser::parse_duration(Table table, records::DurationRule& out) {
  HF_TRY(reader_.check_keys(table, kDurationKeys));
  HF_TRY(read_column(table, out.column));
  std::string unit(kUnits.front());
  HF_TRY(reader_.read(table, "unit", unit));
  const auto found = std::ranges::find(kUnits, unit);
  if (found == kUnits.end()) {
    return bad_value(table, "unit", "\"s\", \"ms\", \"us\", \"h:m:s\"");
  }
  out.unit = static_cast<records::DurationUnit>(found - kUnits.begin());
  return {};
}

Result<void> Parser::parse_numbers(Table table, Mapping& out) {
  HF_TRY(reader_.check_keys(table, kNumbersKeys));
  HF_TRY(read_columns(table, "columns", out.number_columns));
  HF_TRY(reader_.read_texts(table, "gateway_prefixes", out.numbers.gateway_prefixes));
  const auto is_prefix = [](const std::string& text) {
    return !text.empty() && text.size() <= kGatewayPrefixMax &&
           text.find_first_not_of("0123456789*#") == std::string::npos;
  };
  if (!std::ranges::all_of(out.numbers.gateway_prefixes, is_prefix)) {
    return bad_value(table, "gateway_prefixes", "[\"9\", \"17909\"] …");
  }
  return {};
}

Result<void> Parser::parse_place(Table table, records::RecordingRule& out) {
  HF_TRY(reader_.read(table, "folder", out.folder));
  if (!out.folder.empty() && !is_safe_relative_path(out.folder)) {
    return bad_value(table, "folder", "\"recordings\" …");
  }
  HF_TRY(read_filled(table, "column", out.column));
  HF_TRY(reader_.read(table, "strip", out.strip));
  if (!out.strip.empty() && out.column.empty()) return no_key(table, "column");
  HF_TRY(reader_.read(table, "template", out.path_template));
  if (table.get("template") == nullptr) return {};
  if (!out.column.empty()) {
    return reader_.error(table.get("template")->line(), "cli.mapping.two_places");
  }
  if (records::PathTemplate::parse(out.path_template)) return {};
  return bad_value(table, "template", kTemplateWords);
}

Result<void> Parser::parse_name(Table table, records::RecordingRule& out) {
  HF_TRY(reader_.read(table, "name_pattern", out.name_pattern));
  HF_TRY(reader_.read(table, "start_format", out.start_format));
  bool has_start = false;
  if (table.get("name_pattern") != nullptr) {
    const auto pattern = records::NamePattern::parse(out.name_pattern);
    if (!pattern) return bad_value(table, "name_pattern", kPatternWords);
    has_start = pattern->has_start();
  }
  if (table.get("start_format") == nullptr) {
    if (has_start) return no_key(table, "start_format");
    return {};
  }
  if (!has_start) return reader_.error(table.get("start_format")->line(), "cli.mapping.no_start");
  if (!can_read(out.start_format)) return bad_value(table, "start_format", kFormatWords);
  return {};
}

Result<void> Parser::parse_recording(Table table, records::RecordingRule& out) {
  HF_TRY(reader_.check_keys(table, kRecordingKeys));
  HF_TRY(parse_place(table, out));
  HF_TRY(parse_name(table, out));
  HF_TRY(reader_.read_number(table, "minimum_seconds", kDaySeconds, out.minimum_seconds));
  HF_TRY(reader_.read_number(table, "late_days", kLateDaysMax, out.late_days));
  HF_TRY(const TomlTable* expected, reader_.read_table(table, "expected"));
  if (expected != nullptr) HF_TRY(parse_expected(*expected, out.expected));
  return {};
}

Result<void> Parser::parse_expected(Table table, records::ExpectedRule& out) {
  using Kind = records::ExpectedRule::Kind;
  HF_TRY(reader_.check_keys(table, kExpectedKeys));
  HF_TRY(read_column(table, out.column));
  bool is_not_empty = true;
  HF_TRY(reader_.read(table, "above", out.above));
  HF_TRY(reader_.read(table, "equals", out.equals));
  HF_TRY(reader_.read(table, "not_empty", is_not_empty));
  std::size_t count = 0;
  for (const auto& [key, kind] :
       {std::pair{"above", Kind::above}, std::pair{"equals", Kind::equals},
        std::pair{"not_empty", Kind::not_empty}}) {
    if (table.get(key) == nullptr) continue;
    out.kind = kind;
    ++count;
  }
  if (count != 1) return reader_.error(table.line, "cli.mapping.one_predicate");
  if (!is_not_empty) return bad_value(table, "not_empty", "true");
  return {};
}

Result<void> Parser::parse_tolerance(Table table, records::Tolerance& out) {
  HF_TRY(reader_.check_keys(table, kToleranceKeys));
  HF_TRY(reader_.read_number(table, "start_seconds", kDaySeconds, out.start_seconds));
  return reader_.read_number(table, "duration_seconds", kDaySeconds, out.duration_seconds);
}

Result<void> Parser::read_limit(Table table, std::string_view key, std::optional<Limit>& out) {
  const TomlNode* node = table.get(key);
  if (node == nullptr) return {};
  if (const auto* text = node->as<std::string>()) {
    const auto share = share_of(*text);
    if (!share) return bad_value(table, key, kLimitWords);
    out = Limit{.value = *share, .is_share = true};
    return {};
  }
  const auto* count = node->as<std::int64_t>();
  if (count == nullptr || *count < 1 || *count > std::numeric_limits<std::uint32_t>::max()) {
    return bad_value(table, key, kLimitWords);
  }
  out = Limit{.value = static_cast<std::uint32_t>(*count)};
  return {};
}

Result<void> Parser::parse_thresholds(Table table, Mapping& out) {
  const auto classes = records::threshold_classes();
  HF_TRY(reader_.check_keys(table, Known(classes.begin(), classes.end())));
  for (const std::string_view name : classes) {
    HF_TRY(const TomlTable* limits, reader_.read_table(table, name));
    if (limits == nullptr) continue;
    HF_TRY(reader_.check_keys(*limits, kThresholdKeys));
    records::Threshold threshold;
    HF_TRY(read_limit(*limits, "warning", threshold.warning));
    HF_TRY(read_limit(*limits, "failure", threshold.failure));
    if (threshold == records::Threshold{}) return no_key(*limits, "warning");
    out.thresholds.emplace(name, threshold);
  }
  return {};
}

// Lines of one table of the file.
class Writer {
 public:
  void table(std::string_view name) { text_ += "\n[" + std::string(name) + "]\n"; }
  void raw(std::string_view key, std::string_view value) {
    text_ += std::string(key) + " = " + std::string(value) + "\n";
  }
  void number(std::string_view key, std::int64_t value) { raw(key, std::to_string(value)); }
  // Left out where it is empty.
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) raw(key, toml_quoted(value));
  }
  void texts(std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    std::string list;
    for (const auto& value : values) list += (list.empty() ? "" : ", ") + toml_quoted(value);
    raw(key, "[" + list + "]");
  }
  void limit(std::string_view key, const std::optional<Limit>& limit) {
    if (!limit) return;
    if (!limit->is_share) return number(key, limit->value);
    constexpr std::uint32_t kPerPercent = 10'000;
    std::string share = std::to_string(limit->value / kPerPercent);
    if (const std::uint32_t rest = limit->value % kPerPercent; rest != 0) {
      std::string decimals = std::to_string(kPerPercent + rest).substr(1);
      decimals.erase(decimals.find_last_not_of('0') + 1);
      share += "." + decimals;
    }
    text(key, share + "%");
  }

  std::string text_;
};

void write_recording(Writer& out, const records::RecordingRule& rule) {
  out.table("recording");
  out.text("folder", rule.folder);
  out.text("column", rule.column);
  out.text("strip", rule.strip);
  out.text("template", rule.path_template);
  out.text("name_pattern", rule.name_pattern);
  out.text("start_format", rule.start_format);
  out.number("minimum_seconds", rule.minimum_seconds);
  out.number("late_days", rule.late_days);
  using Kind = records::ExpectedRule::Kind;
  if (rule.expected.kind == Kind::always) return;
  out.table("recording.expected");
  out.text("column", rule.expected.column);
  if (rule.expected.kind == Kind::above) out.number("above", rule.expected.above);
  if (rule.expected.kind == Kind::equals) out.raw("equals", toml_quoted(rule.expected.equals));
  if (rule.expected.kind == Kind::not_empty) out.raw("not_empty", "true");
}

}  // namespace

Result<Mapping> read_mapping(const TomlReader& reader, const TomlTable& table) {
  return Parser(reader).parse(table);
}

Result<Mapping> parse_mapping(std::string_view text, const std::string& where,
                              messages::Language language) {
  const TomlReader reader(where, language);
  HF_TRY(const TomlTable root, reader.parse(text));
  return read_mapping(reader, root);
}

std::string write_mapping(const Mapping& mapping) {
  Writer out;
  out.number("schema", kSchema);
  out.text("zone", mapping.zone);
  out.texts("key", mapping.key);
  out.text("call_id", mapping.call_id);
  if (!mapping.start.column.empty()) {
    out.table("start");
    out.text("column", mapping.start.column);
    out.text("format", mapping.start.format);
    out.text("zone", mapping.start.zone);
  }
  if (!mapping.duration.column.empty()) {
    out.table("duration");
    out.text("column", mapping.duration.column);
    out.text("unit", kUnits.at(static_cast<std::size_t>(mapping.duration.unit)));
  }
  if (!mapping.number_columns.empty() || !mapping.numbers.gateway_prefixes.empty()) {
    out.table("numbers");
    out.texts("columns", mapping.number_columns);
    out.texts("gateway_prefixes", mapping.numbers.gateway_prefixes);
  }
  write_recording(out, mapping.recording);
  out.table("tolerance");
  out.number("start_seconds", mapping.tolerance.start_seconds);
  out.number("duration_seconds", mapping.tolerance.duration_seconds);
  for (const auto& [name, threshold] : mapping.thresholds) {
    out.table("thresholds." + name);
    out.limit("warning", threshold.warning);
    out.limit("failure", threshold.failure);
  }
  return out.text_;
}

std::string missing_columns_text(const Mapping& mapping, std::span<const std::string> columns,
                                 messages::Language language) {
  std::string out;
  for (const records::NamedColumn& named : records::missing_columns(mapping, columns)) {
    const std::string nearest = nearest_word(named.column, columns);
    out += messages::render(
        language, nearest.empty() ? "cli.mapping.no_column" : "cli.mapping.no_column_meant",
        {{"key", std::string(named.key)}, {"column", named.column}, {"nearest", nearest}});
    out += '\n';
  }
  return out;
}

}  // namespace holdfast::app

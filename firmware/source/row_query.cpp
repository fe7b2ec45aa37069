// SPDX-License-Identifier: Apache-2.0
#include "firmware/source/row_query.h"

#include <algorithm>
#include <charconv>

#include "firmware/records/time_format.h"
#include "firmware/records/time_zone.h"
#include "hal/base/check.h"
#include "hal/base/path.h"

namespace holdfast::source {

namespace {

constexpr std::int64_t kMillisecond_ns = 1'000'000;
constexpr std::int64_t kMinute_ms = 60'000;
constexpr std::int64_t kDay_ns = 86'400'000'000'000;
constexpr std::string_view kSuffix = ".csv";
constexpr std::size_t kMomentSize = 16;  // 20261129T023000Z

const records::TimeFormat& format_of_names() {
  static const auto format = records::TimeFormat::parse("%Y%m%dT%H%M%SZ");
  return *format;
}

std::string written(const SqlRules& rules, std::int64_t ms) {
  if (rules.time == "epoch_ms") return std::to_string(ms);
  if (rules.time == "epoch_s") return std::to_string(ms / 1000);
  auto zone = records::TimeZone::find(rules.zone);
  const auto format = records::TimeFormat::parse(rules.time);
  HF_CHECK(zone && format);
  std::string text;
  format->write(zone->wall_of(ms), text);
  return text;
}

// How the text is taken apart matters little here: quotes and comments are all the same.
ports::SqlDialect dialect_of(ports::SqlKind kind) {
  switch (kind) {
    case ports::SqlKind::mysql:
      return ports::kMysqlDialect;
    case ports::SqlKind::postgresql:
      return ports::kPostgresqlDialect;
    case ports::SqlKind::sqlite:
    case ports::SqlKind::odbc:
      break;
  }
  return ports::kSqliteDialect;
}

bool has_window(const SqlRules& rules) {
  const auto statement =
      ports::translate(rules.query, {{"since", "s"}, {"until", "u"}}, dialect_of(rules.kind));
  return statement && std::ranges::count(statement->values, "s") > 0 &&
         std::ranges::count(statement->values, "u") > 0;
}

}  // namespace

std::string row_item_path(std::string_view source, Timestamp until, std::uint32_t number) {
  std::string name;
  format_of_names().write(until.ns / kMillisecond_ns, name);
  const std::string_view digits = name;
  std::string path(source);
  for (const std::string_view part :
       {digits.substr(0, 4), digits.substr(4, 2), digits.substr(6, 2), digits}) {
    path += '/';
    path += part;
  }
  if (number > 1) path += "-" + std::to_string(number);
  path += kSuffix;
  return path;
}

std::optional<Timestamp> until_of(std::string_view path) {
  std::string_view name = last_name_of(path);
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  if (name.size() < kMomentSize) return std::nullopt;
  const auto read = format_of_names().read(name.substr(0, kMomentSize));
  if (!read) return std::nullopt;
  name.remove_prefix(kMomentSize);
  std::uint32_t number = 1;
  if (name.starts_with('-')) {
    std::from_chars(name.data() + 1, name.data() + name.size(), number);
  }
  const Timestamp until{read->ms * kMillisecond_ns};
  const std::string_view source = path.substr(0, path.find('/'));
  if (row_item_path(source, until, number) != path) return std::nullopt;
  return until;
}

std::optional<Timestamp> first_of(const SqlRules& rules) {
  const auto format = records::TimeFormat::parse(rules.time);
  const auto read = format ? format->read(rules.first) : std::nullopt;
  if (!read) return std::nullopt;
  if (read->is_moment) return Timestamp{read->ms * kMillisecond_ns};
  auto zone = records::TimeZone::find(rules.zone);
  if (!zone) return std::nullopt;
  const records::Moment moment = zone->moment_of(read->ms);
  if (moment.kind == records::Moment::Kind::skipped) return std::nullopt;
  return Timestamp{moment.utc_ms * kMillisecond_ns};
}

RowWindow window_after(const SqlRules& rules, std::optional<Timestamp> newest, Timestamp until) {
  const auto first = first_of(rules);
  HF_CHECK(first.has_value());
  RowWindow window{*first, until};
  if (newest) {
    const std::int64_t newest_ms = std::min(*newest, until).ns / kMillisecond_ns;
    const std::int64_t since_ms = newest_ms - rules.overlap_minutes * kMinute_ms;
    const std::int64_t first_ms = first->ns / kMillisecond_ns;
    window.since.ns = std::max(first_ms, since_ms) * kMillisecond_ns;
  }
  window.since = std::min(window.since, window.until);
  return window;
}

std::vector<RowWindow> slices_of(const SqlRules& rules, const RowWindow& window) {
  const std::int64_t slice_ns = rules.slice_days * kDay_ns;
  if (slice_ns == 0 || !has_window(rules)) return {window};
  std::vector<RowWindow> slices;
  RowWindow slice = window;
  // What is less than a day is not worth a slice, and would have the name of the one before.
  while (window.until.ns - slice.since.ns > slice_ns + kDay_ns) {
    slice.until.ns = slice.since.ns + slice_ns;
    slices.push_back(slice);
    slice.since = slice.until;
  }
  slice.until = window.until;
  slices.push_back(slice);
  return slices;
}

ports::SqlQuery make_query(const SqlRules& rules, const RowWindow& window) {
  ports::SqlQuery query;
  query.text = rules.query;
  query.parameters = {{"since", written(rules, window.since.ns / kMillisecond_ns)},
                      {"until", written(rules, window.until.ns / kMillisecond_ns)}};
  return query;
}

}  // namespace holdfast::source

// SPDX-License-Identifier: Apache-2.0
#include "firmware/source/row_query.h"

#include <algorithm>

#include "firmware/records/time_format.h"
#include "firmware/records/time_zone.h"
#include "hal/base/check.h"
#include "hal/base/path.h"

namespace holdfast::source {

namespace {

constexpr std::int64_t kMillisecond_ns = 1'000'000;
constexpr std::int64_t kMinute_ms = 60'000;
constexpr std::string_view kSuffix = ".csv";

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

}  // namespace

std::string row_item_path(std::string_view source, Timestamp until) {
  std::string name;
  format_of_names().write(until.ns / kMillisecond_ns, name);
  const std::string_view digits = name;
  std::string path(source);
  for (const std::string_view part :
       {digits.substr(0, 4), digits.substr(4, 2), digits.substr(6, 2), digits}) {
    path += '/';
    path += part;
  }
  path += kSuffix;
  return path;
}

std::optional<Timestamp> until_of(std::string_view path) {
  std::string_view name = last_name_of(path);
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  const auto read = format_of_names().read(name);
  if (!read) return std::nullopt;
  const Timestamp until{read->ms * kMillisecond_ns};
  const std::string_view source = path.substr(0, path.find('/'));
  if (row_item_path(source, until) != path) return std::nullopt;
  return until;
}

ports::SqlQuery make_query(const SqlRules& rules, std::optional<Timestamp> newest,
                           Timestamp until) {
  ports::SqlQuery query;
  query.text = rules.query;
  std::string since = rules.first;
  if (newest) {
    const std::int64_t overlap_ms = rules.overlap_minutes * kMinute_ms;
    since = written(rules, std::min(*newest, until).ns / kMillisecond_ns - overlap_ms);
  }
  query.parameters = {{"since", std::move(since)},
                      {"until", written(rules, until.ns / kMillisecond_ns)}};
  return query;
}

}  // namespace holdfast::source

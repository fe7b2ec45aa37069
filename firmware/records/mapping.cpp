// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/mapping.h"

#include <algorithm>
#include <array>

#include "firmware/records/call_class.h"
#include "firmware/records/path_template.h"
#include "hal/base/check.h"

namespace holdfast::records {

namespace {

constexpr std::uint64_t kMillion = 1'000'000;

bool has(std::span<const std::string> columns, std::string_view column) {
  return std::ranges::find(columns, column) != columns.end();
}

// The name that stands behind `column`, or at the beginning if that is empty.
std::string_view name_behind(std::span<const std::string> columns, std::string_view column) {
  auto at = columns.begin();
  if (!column.empty()) {
    at = std::ranges::find(columns, column);
    if (at == columns.end()) return {};
    ++at;
  }
  return at == columns.end() ? std::string_view() : std::string_view(*at);
}

// Those that `others` have as well, in their order.
std::vector<std::string> shared(std::span<const std::string> columns,
                                std::span<const std::string> others) {
  std::vector<std::string> out(columns.begin(), columns.end());
  std::erase_if(out, [&](const std::string& column) { return !has(others, column); });
  return out;
}

}  // namespace

bool is_reached(const Limit& limit, std::uint64_t count, std::uint64_t all) {
  if (!limit.is_share) return count >= limit.value;
  return count > 0 && count * kMillion >= all * limit.value;
}

std::span<const std::string_view> threshold_classes() {
  static const auto kClasses = [] {
    static_assert(kCallClasses.back() == CallClass::matched);
    std::array<std::string_view, kCallClasses.size() - 1> names;
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = name_of(kCallClasses[i]);
    return names;
  }();
  return kClasses;
}

std::vector<NamedColumn> named_columns(const Mapping& mapping) {
  std::vector<NamedColumn> out;
  const auto add = [&out](std::string_view key, const std::string& column) {
    if (!column.empty()) out.push_back({key, column});
  };
  for (const std::string& column : mapping.key) add("key", column);
  add("call_id", mapping.call_id);
  add("start.column", mapping.start.column);
  add("duration.column", mapping.duration.column);
  for (const std::string& column : mapping.number_columns) add("numbers.columns", column);
  add("recording.column", mapping.recording.column);
  if (!mapping.recording.path_template.empty()) {
    const auto parsed = PathTemplate::parse(mapping.recording.path_template);
    HF_CHECK(parsed.has_value());
    for (const std::string& column : parsed->columns()) add("recording.template", column);
  }
  add("recording.expected.column", mapping.recording.expected.column);
  return out;
}

std::vector<NamedColumn> missing_columns(const Mapping& mapping,
                                         std::span<const std::string> columns) {
  std::vector<NamedColumn> out = named_columns(mapping);
  std::erase_if(out, [&](const NamedColumn& named) { return has(columns, named.column); });
  return out;
}

ColumnDrift drift_of(std::span<const std::string> before, std::span<const std::string> now) {
  ColumnDrift drift;
  for (const std::string& column : now) {
    if (!has(before, column)) drift.added.push_back(column);
  }
  std::string_view neighbour;  // by its name now
  for (const std::string& column : before) {
    if (has(now, column)) {
      neighbour = column;
      continue;
    }
    const std::string_view there = name_behind(now, neighbour);
    const auto added = std::ranges::find(drift.added, there);
    if (added == drift.added.end()) {
      drift.gone.push_back(column);
      continue;
    }
    drift.renamed.push_back({column, std::string(there)});
    drift.added.erase(added);
    neighbour = there;
  }
  drift.reordered = shared(before, now) != shared(now, before);
  return drift;
}

}  // namespace holdfast::records

// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/source_day.h"

#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/app/config.h"
#include "firmware/records/completeness.h"
#include "firmware/records/time_zone.h"

namespace holdfast::app {

namespace {

constexpr std::int64_t kHour_ms = 3'600'000;
constexpr std::int64_t kDay_ms = 24 * kHour_ms;
constexpr std::int64_t kQuarter_ms = kHour_ms / 4;
constexpr std::string_view kUndated = "none";

// The first moment of it; where clocks are set forward at midnight, that is later than midnight.
std::int64_t begin_of(records::TimeZone& zone, std::int64_t day) {
  for (std::int64_t wall = day * kDay_ms;; wall += kQuarter_ms) {
    const records::Moment moment = zone.moment_of(wall);
    if (moment.kind != records::Moment::Kind::skipped) return moment.utc_ms;
  }
}

Result<source::SourceDefinition> source_with_rows(Session& session, vault::Business& business,
                                                  const std::string& name) {
  HF_TRY(const auto policy, business.policy_in_force());
  std::vector<source::SourceDefinition> all;
  if (policy) {
    HF_TRY(auto file, parse_business(policy->definition, business.name(), session.language()));
    all = std::move(file.definition.sources);
  }
  std::erase_if(all, [&](const source::SourceDefinition& each) {
    return !each.has_rows() || (!name.empty() && each.name != name);
  });
  if (all.empty()) return usage_error(session.language(), "cli.usage.no_rows", {{"text", name}});
  if (all.size() > 1) return usage_error(session.language(), "cli.usage.whose_day");
  return std::move(all.front());
}

}  // namespace

bool SourceDay::takes(const std::optional<std::int64_t>& start_ms) const {
  if (is_undated) return !start_ms;
  if (!from_ms) return true;
  return start_ms && *from_ms <= *start_ms && *start_ms < *until_ms;
}

Result<SourceDay> parse_source_day(Session& session, vault::Business& business,
                                   const std::string& source, const std::string& day) {
  SourceDay of{.source = source, .from_ms = {}, .until_ms = {}};
  if (day.empty()) return of;
  HF_TRY(const auto definition, source_with_rows(session, business, source));
  of.source = definition.name;
  of.is_undated = day == kUndated;
  if (of.is_undated) return of;
  const auto number = records::day_of_text(day);
  if (!number) return usage_error(session.language(), "cli.usage.bad_day", {{"text", day}});
  auto zone =
      records::TimeZone::find(definition.mapping.zone).value_or(*records::TimeZone::find("UTC"));
  of.from_ms = begin_of(zone, *number);
  of.until_ms = begin_of(zone, *number + 1);
  return of;
}

}  // namespace holdfast::app

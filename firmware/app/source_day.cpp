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
constexpr std::string_view kSpan = "..";

// The first moment of it; where clocks are set forward at midnight, that is later than midnight.
std::int64_t begin_of(records::TimeZone& zone, std::int64_t day) {
  for (std::int64_t wall = day * kDay_ms;; wall += kQuarter_ms) {
    const records::Moment moment = zone.moment_of(wall);
    if (moment.kind != records::Moment::Kind::skipped) return moment.utc_ms;
  }
}

// Whose clock it is: a source's name, or none if it is that of all.
struct SourceClock {
  std::string source;
  std::string zone;
};

Result<SourceClock> find_clock(Session& session, vault::Business& business,
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
  const std::string& zone = all.front().mapping.zone;
  if (!std::ranges::all_of(all, [&](const auto& each) { return each.mapping.zone == zone; })) {
    return usage_error(session.language(), "cli.usage.whose_day");
  }
  return SourceClock{all.size() == 1 ? all.front().name : "", zone};
}

// A day, or empty: none is named on that side.
Result<std::optional<std::int64_t>> parse_day(Session& session, std::string_view text) {
  if (text.empty()) return std::optional<std::int64_t>();
  const auto day = records::day_of_text(text);
  if (day) return std::optional(*day);
  return usage_error(session.language(), "cli.usage.bad_day", {{"text", std::string(text)}});
}

}  // namespace

bool SourceDay::takes(const std::optional<std::int64_t>& start_ms) const {
  if (is_undated) return !start_ms;
  if (!from_ms && !until_ms) return true;
  return start_ms && (!from_ms || *from_ms <= *start_ms) && (!until_ms || *start_ms < *until_ms);
}

Result<SourceDay> parse_source_day(Session& session, vault::Business& business,
                                   const std::string& source, const std::string& day) {
  SourceDay of{.source = source, .from_ms = {}, .until_ms = {}};
  if (day.empty()) return of;
  HF_TRY(const auto clock, find_clock(session, business, source));
  of.source = clock.source;
  of.is_undated = day == kUndated;
  if (of.is_undated) return of;
  const std::string_view text = day;
  const std::size_t middle = text.find(kSpan);
  const bool is_span = middle != text.npos && text.size() > kSpan.size();
  HF_TRY(const auto first, parse_day(session, is_span ? text.substr(0, middle) : text));
  HF_TRY(const auto last, parse_day(session, is_span ? text.substr(middle + kSpan.size()) : text));
  auto zone = records::TimeZone::find(clock.zone).value_or(*records::TimeZone::find("UTC"));
  if (first) of.from_ms = begin_of(zone, *first);
  if (last) of.until_ms = begin_of(zone, *last + 1);
  return of;
}

}  // namespace holdfast::app

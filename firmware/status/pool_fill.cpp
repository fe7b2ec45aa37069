// SPDX-License-Identifier: Apache-2.0
#include "firmware/status/pool_fill.h"

namespace holdfast::status {

namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;
constexpr std::int64_t kWindow_ns = 30 * kDay_ns;
constexpr std::int64_t kWindowMin_ns = 7 * kDay_ns;
constexpr double kDaysMax = 36'500;

}  // namespace

PoolGrowth growth_of(const job::Businesses& businesses, bool are_all, Timestamp now) {
  PoolGrowth sum{.is_of_all = are_all && !businesses.empty()};
  for (const auto& business : businesses) {
    const auto growth = business->with_catalog(
        [&](catalog::Catalog& catalog) { return catalog.growth({now.ns - kWindow_ns}); });
    if (!growth || !*growth || now.ns - (*growth)->since.ns < kWindowMin_ns) {
      sum.is_of_all = false;
      continue;
    }
    const auto span_ns = static_cast<double>(now.ns - (*growth)->since.ns);
    sum.bytes_a_day += static_cast<double>((*growth)->bytes) / span_ns * kDay_ns;
  }
  return sum;
}

Fill fill_of(const PoolGrowth& growth, std::uint64_t bytes_free) {
  if (bytes_free == 0) return {Filling::yes, 0};
  if (growth.bytes_a_day > 0) {
    const double days = static_cast<double>(bytes_free) / growth.bytes_a_day;
    if (days < kDaysMax) return {Filling::yes, static_cast<std::uint64_t>(days)};
  }
  return {growth.is_of_all ? Filling::no : Filling::unknown};
}

}  // namespace holdfast::status

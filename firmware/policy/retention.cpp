// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/retention.h"

#include <limits>

namespace holdfast::policy {

namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;

}  // namespace

#define HOLDFAST_NAME(name, number) \
  case Reason::name:                \
    return #name;

std::string_view name_of(ItemReason reason) {
  using Reason = ItemReason;
  switch (reason) { HOLDFAST_ITEM_REASONS(HOLDFAST_NAME) }
  return {};
}

std::string_view name_of(SnapshotReason reason) {
  using Reason = SnapshotReason;
  switch (reason) { HOLDFAST_SNAPSHOT_REASONS(HOLDFAST_NAME) }
  return {};
}

#undef HOLDFAST_NAME

Timestamp days_behind(Timestamp moment, std::uint32_t days) {
  constexpr std::int64_t kEnd_ns = std::numeric_limits<std::int64_t>::max();
  if (days > kEnd_ns / kDay_ns) return Timestamp{kEnd_ns};
  const std::int64_t span_ns = days * kDay_ns;
  if (moment.ns > 0 && span_ns > kEnd_ns - moment.ns) return Timestamp{kEnd_ns};
  return Timestamp{moment.ns + span_ns};
}

}  // namespace holdfast::policy

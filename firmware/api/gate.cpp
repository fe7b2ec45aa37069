// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/gate.h"

#include <algorithm>

namespace holdfast::api {

namespace {

constexpr std::size_t kRecordsMax = 10'000;
constexpr std::int64_t kForget_ns = 4 * kLastWait_ns;
constexpr std::uint32_t kDoublingsMax = 4;

}  // namespace

std::int64_t Gate::wait_of(const Record& record) {
  if (record.failures < kFreeTries) return 0;
  const std::uint32_t doublings = std::min(record.failures - kFreeTries, kDoublingsMax);
  return std::min(kFirstWait_ns << doublings, kLastWait_ns);
}

std::int64_t Gate::wait_ns(std::string_view who) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(records_, who, &Record::who);
  if (found == records_.end()) return 0;
  return std::max<std::int64_t>(0, found->last_ns + wait_of(*found) - clock_.monotonic_ns());
}

void Gate::fail(std::string_view who) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ns = clock_.monotonic_ns();
  auto found = std::ranges::find(records_, who, &Record::who);
  if (found == records_.end()) {
    drop_old(now_ns);
    found = records_.insert(records_.end(), {std::string(who), 0, now_ns});
  }
  ++found->failures;
  found->last_ns = now_ns;
}

void Gate::pass(std::string_view who) {
  const std::lock_guard lock(mutex_);
  std::erase_if(records_, [&](const Record& each) { return each.who == who; });
}

void Gate::drop_old(std::int64_t now_ns) {
  std::erase_if(records_, [&](const Record& each) { return now_ns - each.last_ns > kForget_ns; });
  // Somebody with very many addresses: the oldest failures are forgotten first.
  if (records_.size() >= kRecordsMax) {
    records_.erase(std::ranges::min_element(records_, {}, &Record::last_ns));
  }
}

}  // namespace holdfast::api

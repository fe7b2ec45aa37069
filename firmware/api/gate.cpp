// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/gate.h"

#include <algorithm>

namespace holdfast::api {

namespace {

constexpr std::size_t kRecordsMax = 10'000;

std::int64_t wait_of(const GateKey& key, std::uint32_t failures) {
  if (failures < key.free) return 0;
  return std::min(kFirstWait_ns << std::min(failures - key.free, key.doublings), kLastWait_ns);
}

}  // namespace

Gate::Record* Gate::find(std::string_view who) {
  const auto found = std::ranges::find(records_, who, &Record::who);
  return found == records_.end() ? nullptr : &*found;
}

void Gate::forgive(Record& record, std::int64_t now_ns) {
  const std::int64_t spans = (now_ns - record.forgiven_ns) / kLastWait_ns;
  record.forgiven_ns += spans * kLastWait_ns;
  record.failures -= static_cast<std::uint32_t>(std::min<std::int64_t>(spans, record.failures));
}

std::int64_t Gate::enter(std::span<const GateKey> keys) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ns = clock_.monotonic_ns();
  std::int64_t wait_ns = 0;
  for (const GateKey& key : keys) {
    Record* record = find(key.who);
    if (record == nullptr) continue;
    forgive(*record, now_ns);
    wait_ns = std::max(wait_ns, record->last_ns + wait_of(key, record->failures) - now_ns);
  }
  if (wait_ns > 0) return wait_ns;
  for (const GateKey& key : keys) {
    Record* record = find(key.who);
    if (record == nullptr) {
      drop_old(now_ns);
      record = &records_.emplace_back(Record{key.who, 0, now_ns, now_ns});
    }
    ++record->failures;
    record->last_ns = now_ns;
  }
  return 0;
}

void Gate::take_back(std::span<const GateKey> keys) {
  const std::lock_guard lock(mutex_);
  for (const GateKey& key : keys) {
    Record* record = find(key.who);
    if (record != nullptr && record->failures > 0) --record->failures;
  }
}

void Gate::clear(std::string_view who) {
  const std::lock_guard lock(mutex_);
  std::erase_if(records_, [&](const Record& each) { return each.who == who; });
}

void Gate::drop_old(std::int64_t now_ns) {
  std::erase_if(records_, [&](Record& each) {
    forgive(each, now_ns);
    return each.failures == 0 && now_ns - each.last_ns > kLastWait_ns;
  });
  // Somebody with very many addresses: the oldest failures are forgotten first.
  if (records_.size() >= kRecordsMax) {
    records_.erase(std::ranges::min_element(records_, {}, &Record::last_ns));
  }
}

}  // namespace holdfast::api

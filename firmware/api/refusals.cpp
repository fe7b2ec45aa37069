// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/refusals.h"

#include <utility>

namespace holdfast::api {

namespace {

constexpr std::int64_t kMinute_ns = 60'000'000'000;
constexpr std::int64_t kDay_ns = 24 * 60 * kMinute_ns;

}  // namespace

void Refusals::begin_minute(std::int64_t now_ns) {
  begin_ns_ = now_ns;
  lines_ = 0;
  lines_of_.clear();
  if (now_ns - day_ns_ < kDay_ns) return;
  day_ns_ = now_ns;
  lines_of_day_ = 0;
}

std::optional<std::uint64_t> Refusals::count(const std::string& peer, std::uint64_t more) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (now_ns - begin_ns_ >= kMinute_ns) begin_minute(now_ns);
  waiting_ += more;
  if (lines_ >= kRefusalsAMinute) return std::nullopt;
  if (limits_.a_day && lines_of_day_ >= *limits_.a_day) return std::nullopt;
  std::uint32_t& lines = lines_of_[peer];
  if (lines >= limits_.of_peer) return std::nullopt;
  ++lines;
  ++lines_of_day_;
  ++lines_;
  return std::exchange(waiting_, 0);
}

void Refusals::give_back(std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  waiting_ += count;
}

std::optional<std::uint64_t> Refusals::take_rest(bool at_once) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (waiting_ == 0 || (!at_once && now_ns - begin_ns_ < kMinute_ns)) return std::nullopt;
  begin_minute(now_ns);
  ++lines_;
  return std::exchange(waiting_, 0);
}

}  // namespace holdfast::api

// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/refusals.h"

namespace holdfast::api {

namespace {

constexpr std::int64_t kMinute_ns = 60'000'000'000;

}  // namespace

std::optional<std::uint64_t> Refusals::count(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (now_ns - begin_ns_ >= kMinute_ns) {
    begin_ns_ = now_ns;
    lines_ = 0;
    lines_of_.clear();
  }
  ++waiting_;
  if (lines_ >= kRefusalsAMinute) return std::nullopt;
  std::uint32_t& lines = lines_of_[peer];
  if (lines >= kRefusalsOfPeer) return std::nullopt;
  ++lines;
  ++lines_;
  const std::uint64_t all = waiting_;
  waiting_ = 0;
  return all;
}

}  // namespace holdfast::api

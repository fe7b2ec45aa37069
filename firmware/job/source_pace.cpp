// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/source_pace.h"

#include <algorithm>

namespace holdfast::job {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
// So soon a thread that waits sees a stop, or another rate.
constexpr std::int64_t kGlance_ns = kSecond_ns / 5;
// Parts of a second in which a rate holds.
constexpr std::uint64_t kParts = 8;
constexpr std::int64_t kPart_ns = kSecond_ns / static_cast<std::int64_t>(kParts);

std::int64_t time_of(std::uint64_t bytes, std::uint64_t rate) {
  const double seconds = static_cast<double>(bytes) / static_cast<double>(rate);
  return static_cast<std::int64_t>(seconds * static_cast<double>(kSecond_ns));
}

}  // namespace

// With the lock held.
void SourcePace::look() {
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (now_ns < next_look_ns_) return;
  next_look_ns_ = now_ns + kSecond_ns;
  const auto rate = allowance_.rate;
  allowance_ = policy::allowance_at(*window_, clock_.now(), site_);
  if (allowance_.rate != rate) next_read_ns_ = now_ns;
  if (!allowance_.may_read) stop_ = true;
}

bool SourcePace::must_stop() {
  if (window_) {
    const std::scoped_lock lock(mutex_);
    look();
  }
  return stop_.load();
}

std::uint64_t SourcePace::take(std::uint64_t most) {
  while (!must_stop()) {
    if (!window_) return most;
    std::int64_t wait_ns = 0;
    {
      const std::scoped_lock lock(mutex_);
      if (!allowance_.rate) return most;
      const std::uint64_t rate = *allowance_.rate;
      const std::int64_t now_ns = clock_.monotonic_ns();
      next_read_ns_ = std::max(next_read_ns_, now_ns - kPart_ns);
      if (next_read_ns_ <= now_ns) {
        const std::uint64_t part = std::min(most, std::max<std::uint64_t>(rate / kParts, 1));
        next_read_ns_ += time_of(part, rate);
        return part;
      }
      wait_ns = std::min(next_read_ns_ - now_ns, kGlance_ns);
    }
    clock_.wait(wait_ns);
  }
  return 0;
}

Result<void> SourcePace::pass(std::uint64_t bytes) {
  if (must_stop()) return make_error(ErrorCode::interrupted);
  while (bytes > 0) {
    const std::uint64_t part = take(bytes);
    if (part == 0) return make_error(ErrorCode::interrupted);
    bytes -= part;
  }
  return {};
}

bool SourcePace::has_closed() {
  const std::scoped_lock lock(mutex_);
  return !allowance_.may_read;
}

std::optional<Timestamp> SourcePace::opens() {
  const std::scoped_lock lock(mutex_);
  return allowance_.may_read ? std::nullopt : allowance_.changes;
}

}  // namespace holdfast::job

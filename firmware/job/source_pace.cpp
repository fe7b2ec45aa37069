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

// More than any run takes, and no sum of two is too much for a clock.
constexpr std::int64_t kDebtMax_ns = 10'000LL * 86'400 * kSecond_ns;

std::int64_t limited(double duration_ns) {
  return static_cast<std::int64_t>(std::min(duration_ns, static_cast<double>(kDebtMax_ns)));
}

std::int64_t time_of(std::uint64_t bytes, std::uint64_t rate) {
  const double seconds = static_cast<double>(bytes) / static_cast<double>(rate);
  return limited(seconds * static_cast<double>(kSecond_ns));
}

// The same bytes by another rate.
std::int64_t debt_at(std::int64_t debt_ns, std::optional<std::uint64_t> before,
                     std::optional<std::uint64_t> rate) {
  if (!before || !rate || debt_ns <= 0) return 0;
  return limited(static_cast<double>(debt_ns) * static_cast<double>(*before) /
                 static_cast<double>(*rate));
}

}  // namespace

// With the lock held.
void SourcePace::look() {
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (now_ns < next_look_ns_) return;
  next_look_ns_ = now_ns + kSecond_ns;
  const auto rate = allowance_.rate;
  allowance_ = policy::allowance_at(*window_, clock_.now(), site_);
  if (allowance_.rate != rate) {
    next_read_ns_ = now_ns + debt_at(next_read_ns_ - now_ns, rate, allowance_.rate);
  }
  if (!allowance_.may_read) stop_ = true;
}

bool SourcePace::must_stop() {
  if (window_) {
    const std::scoped_lock lock(mutex_);
    look();
  }
  return stop_.load();
}

// With the lock held. What is not used of a pause is forgotten here.
std::int64_t SourcePace::debt_ns(std::int64_t now_ns) {
  next_read_ns_ = std::max(next_read_ns_, now_ns - kPart_ns);
  return next_read_ns_ - now_ns;
}

void SourcePace::wait(std::int64_t most_ns) {
  clock_.wait(std::min(most_ns, kGlance_ns));
}

std::uint64_t SourcePace::take(std::uint64_t most) {
  while (!must_stop()) {
    if (!window_) return most;
    std::int64_t wait_ns = 0;
    {
      const std::scoped_lock lock(mutex_);
      if (!allowance_.rate) return most;
      const std::uint64_t rate = *allowance_.rate;
      wait_ns = debt_ns(clock_.monotonic_ns());
      if (wait_ns <= 0) {
        const std::uint64_t part = std::min(most, std::max<std::uint64_t>(rate / kParts, 1));
        next_read_ns_ += time_of(part, rate);
        return part;
      }
    }
    wait(wait_ns);
  }
  return 0;
}

void SourcePace::owe(std::uint64_t bytes) {
  if (!window_) return;
  const std::scoped_lock lock(mutex_);
  if (!allowance_.rate) return;
  const std::int64_t now_ns = clock_.monotonic_ns();
  const std::int64_t more_ns = debt_ns(now_ns) + time_of(bytes, *allowance_.rate);
  next_read_ns_ = now_ns + std::min(more_ns, kDebtMax_ns);
}

Result<void> SourcePace::settle() {
  while (!must_stop()) {
    if (!window_) return {};
    std::int64_t wait_ns = 0;
    {
      const std::scoped_lock lock(mutex_);
      if (!allowance_.rate) return {};
      wait_ns = debt_ns(clock_.monotonic_ns());
    }
    if (wait_ns <= 0) return {};
    wait(wait_ns);
  }
  return make_error(ErrorCode::interrupted);
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

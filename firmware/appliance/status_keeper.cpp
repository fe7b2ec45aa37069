// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/status_keeper.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace holdfast::appliance {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::int64_t kPeriod_ns = 60 * kSecond_ns;
constexpr std::int64_t kLookedPeriod_ns = 10 * kSecond_ns;
constexpr std::int64_t kLookLasts_ns = 30 * kSecond_ns;
constexpr std::int64_t kHurry_ns = 2 * kSecond_ns;
constexpr std::int64_t kPatience_ns = 60 * kSecond_ns;

}  // namespace

void StatusKeeper::hurry() {
  next_ns_ = std::min(next_ns_, std::max(clock_.monotonic_ns(), asked_ns_ + kHurry_ns));
}

std::int64_t StatusKeeper::next_ns() const {
  if (is_hanging_ && child_ != nullptr) return std::numeric_limits<std::int64_t>::max();
  if (child_ != nullptr) return asked_ns_ + kPatience_ns;
  const bool is_looked_at = looked_ns_ + kLookLasts_ns > asked_ns_;
  if (is_looked_at || !answer_.is_set_up) return std::min(next_ns_, asked_ns_ + kLookedPeriod_ns);
  return next_ns_;
}

bool StatusKeeper::turn() {
  bool has_changed = false;
  if (child_ != nullptr) {
    ChildOutput::News news = output_->take();
    if (news.end) {
      child_.reset();
      take_answer(*news.end, std::move(news.document));
      has_changed = true;
    } else if (!is_hanging_ && clock_.monotonic_ns() >= asked_ns_ + kPatience_ns) {
      is_hanging_ = true;
      answer_.trouble = StatusTrouble::hangs;
      has_tried_ = true;
      has_changed = true;
      child_->stop();
    }
  }
  if (child_ != nullptr || is_stopped_ || clock_.monotonic_ns() < next_ns()) return has_changed;
  ask();
  return has_changed || child_ == nullptr;
}

void StatusKeeper::ask() {
  asked_ = clock_.now();
  asked_ns_ = clock_.monotonic_ns();
  next_ns_ = asked_ns_ + kPeriod_ns;
  is_hanging_ = false;
  output_ = std::make_unique<ChildOutput>(bell_);
  auto child = processes_.start(request_, *output_);
  if (child) {
    child_ = std::move(*child);
    return;
  }
  has_tried_ = true;
  answer_.trouble = StatusTrouble::not_started;
  answer_.error = std::move(child.error());
}

void StatusKeeper::take_answer(const ports::ProcessEnd& end, std::string document) {
  has_tried_ = true;
  if (is_hanging_) return;  // it was stopped, and that is said
  answer_.error.reset();
  answer_.failure.clear();
  if (end.signal == 0 && end.exit_code == 0 && !document.empty()) {
    answer_.trouble = StatusTrouble::none;
    answer_.document = std::move(document);
    answer_.taken = asked_;
    answer_.is_set_up = true;
    return;
  }
  const std::string code = error_code_of(document);
  answer_.trouble = StatusTrouble::failed;
  answer_.failure = std::move(document);
  answer_.is_set_up = code != "no_home" && code != "no_pool";
}

void StatusKeeper::stop() {
  is_stopped_ = true;
  if (child_ != nullptr) child_->stop();
}

}  // namespace holdfast::appliance

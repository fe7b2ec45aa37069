// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/waiting_paths.h"

#include <algorithm>
#include <utility>

namespace holdfast::appliance {

namespace {

using ports::FileEventKind;

std::optional<std::int64_t> earlier(std::optional<std::int64_t> left,
                                    std::optional<std::int64_t> right) {
  if (!left) return right;
  return right ? std::min(*left, *right) : left;
}

bool is_source(const std::string& path) {
  return parent_of(path).empty();
}

// Since when something at or above that path waits, or below it.
template <typename Paths>
std::optional<std::int64_t> oldest_about(const Paths& known, std::string_view path) {
  std::optional<std::int64_t> oldest;
  for (const auto& [place, item] : known) {
    if (is_within(path, place) || is_within(place, path)) oldest = earlier(oldest, item.since_ns);
  }
  return oldest;
}

}  // namespace

void WaitingPaths::hear(FileEventKind kind, const std::string& path, std::int64_t now_ns) {
  switch (kind) {
    case FileEventKind::created:
    case FileEventKind::written: {
      const bool is_new = kind == FileEventKind::created && !waiting_.contains(path);
      Waiting& item = waiting_[path];
      item.is_fresh = item.is_fresh || is_new;
      if (!item.is_open) item.ready_ns = item.since_ns.value_or(now_ns) + kOpenMax_ns;
      item.is_open = true;
      return;
    }
    case FileEventKind::altered: {
      const auto known = waiting_.find(path);
      if (known != waiting_.end() && known->second.is_open) return;
      return make_ready(path, now_ns);
    }
    case FileEventKind::folder:
      if (!waiting_.contains(path)) waiting_[path].is_fresh = true;
      return make_ready(path, now_ns);
    case FileEventKind::closed:
      return make_ready(path, now_ns);
    case FileEventKind::removed:
      return remove(path, now_ns);
    case FileEventKind::scan:
      return;  // no path of its own
  }
}

void WaitingPaths::make_ready(const std::string& path, std::int64_t now_ns) {
  Waiting& item = waiting_[path];
  item.is_open = false;
  item.since_ns = item.since_ns.value_or(now_ns);
  item.ready_ns = std::min(now_ns + kSettle_ns, *item.since_ns + kSettleMax_ns);
  item.tries = 0;
}

// All below it went with it. What came and went in between was never there.
void WaitingPaths::remove(const std::string& path, std::int64_t now_ns) {
  Waiting gone{.since_ns = now_ns, .ready_ns = now_ns + kSettle_ns};
  bool was_fresh = false;
  auto next = waiting_.lower_bound(path);
  while (next != waiting_.end() && is_within(next->first, path)) {
    if (next->first == path) was_fresh = next->second.is_fresh;
    gone.since_ns = earlier(gone.since_ns, next->second.since_ns);
    next = waiting_.erase(next);
  }
  if (!was_fresh) waiting_[path] = gone;
}

std::optional<std::int64_t> WaitingPaths::ready_ns() const {
  std::optional<std::int64_t> ready;
  for (const auto& [path, item] : waiting_) ready = earlier(ready, item.ready_ns);
  return ready;
}

std::vector<std::string> WaitingPaths::take(std::int64_t now_ns) {
  std::vector<std::pair<std::int64_t, std::string_view>> ready;
  for (const auto& [path, item] : waiting_) {
    if (item.ready_ns <= now_ns) ready.emplace_back(item.since_ns.value_or(now_ns), path);
  }
  std::ranges::sort(ready);
  std::vector<std::string_view> oldest_first;
  oldest_first.reserve(ready.size());
  for (const auto& [since_ns, path] : ready) oldest_first.push_back(path);
  std::vector<std::string> chosen = policy::choose_paths(oldest_first, limits_);
  for (const std::string& place : chosen) {
    auto next = waiting_.lower_bound(place);
    while (next != waiting_.end() && is_within(next->first, place)) {
      const bool is_ready = next->second.ready_ns <= now_ns;
      if (is_ready) taken_.insert(*next).first->second.is_fresh = false;
      next = is_ready ? waiting_.erase(next) : std::next(next);
    }
  }
  return chosen;
}

void WaitingPaths::wait_again(const std::string& path, const Waiting& before) {
  const auto [place, is_new] = waiting_.try_emplace(path, before);
  if (is_new) return;
  place->second.since_ns = earlier(place->second.since_ns, before.since_ns);
  place->second.is_fresh = false;
}

void WaitingPaths::wait_unread(const Paths& known, std::span<const std::string> unread,
                               std::int64_t now_ns) {
  for (const std::string& path : unread) {
    if (is_source(path)) {
      for (auto next = known.lower_bound(path); next != known.end() && is_within(next->first, path);
           ++next) {
        Waiting item = next->second;
        item.ready_ns = std::max(item.ready_ns, now_ns + kRetry_ns);
        wait_again(next->first, item);
      }
      continue;
    }
    const auto before = known.find(path);
    Waiting item;
    item.tries = before == known.end() ? 1 : before->second.tries + 1;
    item.since_ns = oldest_about(known, path).value_or(now_ns);
    constexpr unsigned kDoublingsMax = 10;
    const std::int64_t delay_ns = kRetry_ns << std::min(item.tries - 1, kDoublingsMax);
    item.ready_ns = now_ns + std::min(delay_ns, kRetryMax_ns);
    wait_again(path, item);
  }
}

void WaitingPaths::forget_taken(std::span<const std::string> unread, std::int64_t now_ns) {
  wait_unread(std::exchange(taken_, {}), unread, now_ns);
}

void WaitingPaths::give_back(std::int64_t ready_ns) {
  for (auto& [path, item] : taken_) {
    item.ready_ns = std::max(item.ready_ns, ready_ns);
    wait_again(path, item);
  }
  taken_.clear();
}

// What is open stays: it will be closed.
void WaitingPaths::forget_until(std::int64_t looked_ns, std::span<const std::string> unread,
                                std::int64_t now_ns) {
  Paths looked_at;
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    const Waiting& item = next->second;
    const bool is_over = !item.is_open && item.since_ns && *item.since_ns < looked_ns;
    if (is_over) looked_at.insert(*next);
    next = is_over ? waiting_.erase(next) : std::next(next);
  }
  wait_unread(looked_at, unread, now_ns);
}

void WaitingPaths::fold() {
  Paths folded;
  for (const auto& [path, item] : waiting_) {
    const std::string folder(parent_of(path));
    if (item.is_open || folder.empty()) {
      folded.insert({path, item});
      continue;
    }
    Waiting& kept = folded.try_emplace(folder, item).first->second;
    kept.since_ns = earlier(kept.since_ns, item.since_ns);
    kept.ready_ns = std::min(kept.ready_ns, item.ready_ns);
    kept.tries = std::max(kept.tries, item.tries);
    kept.is_fresh = false;
  }
  waiting_ = std::move(folded);
}

std::optional<std::int64_t> WaitingPaths::oldest_ns(const std::string& folder) const {
  std::optional<std::int64_t> oldest;
  for (const Paths* paths : {&waiting_, &taken_}) {
    for (auto next = paths->lower_bound(folder);
         next != paths->end() && is_within(next->first, folder); ++next) {
      oldest = earlier(oldest, next->second.since_ns);
    }
  }
  return oldest;
}

}  // namespace holdfast::appliance

// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/alert_book.h"

#include <algorithm>
#include <cstdlib>

namespace holdfast::appliance {

namespace {

constexpr std::uint64_t kBookSizeMax = 16 * kMiB;
constexpr std::int64_t kSecond_ns = 1'000'000'000;
// What stands is written anew that often, so that the book knows until when it stood, and sooner
// if it says something else now.
constexpr std::int64_t kSeenPeriod_ns = 600 * kSecond_ns;
constexpr std::int64_t kTextPeriod_ns = 60 * kSecond_ns;
constexpr std::int64_t kLockWait_ns = 2 * kSecond_ns;
constexpr std::int64_t kLockStep_ns = kSecond_ns / 100;

bool stands(const Alert& alert) {
  return !alert.ended;
}

// Two of one name are one alert: the worse one's.
std::vector<Calling> without_doubles(const std::vector<Calling>& box,
                                     const std::vector<Calling>& own) {
  std::vector<Calling> all;
  for (const auto* each : {&box, &own}) {
    for (const Calling& calling : *each) {
      const auto known = std::ranges::find_if(
          all, [&](const Calling& other) { return other.is_same_as(calling); });
      if (known == all.end()) {
        all.push_back(calling);
      } else if (calling.level > known->level) {
        *known = calling;
      }
    }
  }
  return all;
}

// Of those that are over the oldest go.
void drop_oldest(std::vector<Alert>& alerts) {
  const auto over = alerts.size() - static_cast<std::size_t>(std::ranges::count_if(alerts, stands));
  std::size_t excess = over > kOverMax ? over - kOverMax : 0;
  std::erase_if(alerts, [&](const Alert& alert) {
    if (stands(alert) || excess == 0) return false;
    --excess;
    return true;
  });
}

Result<KeptAlerts> load(ports::Disk& home) {
  const auto bytes = ports::load(home, kAlertsPath, kBookSizeMax);
  if (bytes) return read_alerts(text_of(*bytes));
  if (bytes.error().code == ErrorCode::not_found) return KeptAlerts();
  return bytes.error();
}

}  // namespace

struct AlertBook::Sight {
  std::vector<Calling> callings;
  bool is_box_known = false;
  Timestamp time;
};

// True: what it says now is to be kept.
bool AlertBook::see(Alert& alert, const Calling& calling, Timestamp time) {
  const std::int64_t unseen_ns = std::abs(time.ns - alert.seen.ns);
  const bool says_else =
      alert.calling.english != calling.english || alert.calling.chinese != calling.chinese;
  const bool is_due = alert.calling.level != calling.level || unseen_ns >= kSeenPeriod_ns ||
                      (says_else && unseen_ns >= kTextPeriod_ns);
  alert.calling = calling;
  alert.seen = time;
  return is_due;
}

bool AlertBook::update(KeptAlerts& kept, const Sight& sight) const {
  bool has_changed = false;
  std::vector<const Calling*> fresh;
  for (const Calling& calling : sight.callings) {
    const auto known = std::ranges::find_if(kept.alerts, [&](const Alert& alert) {
      return stands(alert) && alert.calling.is_same_as(calling);
    });
    if (known == kept.alerts.end()) {
      fresh.push_back(&calling);
    } else {
      has_changed |= see(*known, calling, sight.time);
    }
  }
  for (Alert& alert : kept.alerts) {
    const bool is_known = alert.calling.origin == AlertOrigin::appliance || sight.is_box_known;
    const bool is_there = std::ranges::any_of(
        sight.callings, [&](const Calling& calling) { return calling.is_same_as(alert.calling); });
    if (!stands(alert) || !is_known || is_there) continue;
    alert.ended = sight.time;
    has_changed = true;
  }
  auto standing = static_cast<std::size_t>(std::ranges::count_if(kept.alerts, stands));
  for (const Calling* calling : fresh) {
    if (++standing > kStandingMax) break;
    const auto since = std::ranges::find_if(
        unkept_, [&](const auto& each) { return each.first.is_same_as(*calling); });
    kept.alerts.push_back({.id = kept.next_id++,
                           .calling = *calling,
                           .since = since == unkept_.end() ? sight.time : since->second,
                           .seen = sight.time});
    has_changed = true;
  }
  drop_oldest(kept.alerts);
  return has_changed;
}

void AlertBook::remember_new(const Sight& sight) {
  std::vector<std::pair<Calling, Timestamp>> seen;
  for (const Calling& calling : sight.callings) {
    if (seen.size() == kStandingMax) break;
    const auto since = std::ranges::find_if(
        unkept_, [&](const auto& each) { return each.first.is_same_as(calling); });
    seen.emplace_back(calling, since == unkept_.end() ? sight.time : since->second);
  }
  unkept_ = std::move(seen);
}

Result<std::uint64_t> AlertBook::look(const std::optional<std::vector<Calling>>& box,
                                      const std::vector<Calling>& own, Timestamp time) {
  const std::lock_guard one_at_a_time(mutex_);
  const Sight sight{without_doubles(box.value_or(std::vector<Calling>()), own), box.has_value(),
                    time};
  const auto kept = [&]() -> Result<std::uint64_t> {
    // Most looks see what the last one saw: no lock is taken for them.
    if (auto read = load(home_); read && read->lines_damaged == 0 && !update(*read, sight)) {
      return std::uint64_t{0};
    }
    HF_TRY(const auto lock, take_lock());
    HF_TRY(KeptAlerts book, load(home_));
    HF_TRY(put_aside(book));
    static_cast<void>(update(book, sight));
    HF_TRY(ports::store(home_, kAlertsPath, view_of(write_alerts(book))));
    return book.lines_damaged;
  }();
  if (kept) {
    unkept_.clear();
  } else {
    remember_new(sight);
  }
  return kept;
}

Result<KeptAlerts> AlertBook::list() const {
  return load(home_);
}

Result<void> AlertBook::acknowledge(std::uint64_t id, const std::string& by,
                                    const std::string& note) {
  HF_CHECK(note.size() <= kNoteMax);
  const std::lock_guard one_at_a_time(mutex_);
  HF_TRY(const auto lock, take_lock());
  HF_TRY(KeptAlerts book, load(home_));
  const auto alert = std::ranges::find(book.alerts, id, &Alert::id);
  if (alert == book.alerts.end() || !stands(*alert)) {
    return make_error(ErrorCode::not_found, std::to_string(id));
  }
  alert->acknowledged = {by, clock_.now(), note};
  HF_TRY(put_aside(book));
  return ports::store(home_, kAlertsPath, view_of(write_alerts(book)));
}

Result<std::unique_ptr<ports::Lock>> AlertBook::take_lock() {
  HF_TRY(ports::make_directories(home_, "locks"));
  const std::int64_t end_ns = clock_.monotonic_ns() + kLockWait_ns;
  while (true) {
    auto lock = home_.lock("locks/alerts", ports::LockMode::exclusive, "alerts");
    const bool is_busy = !lock && lock.error().code == ErrorCode::locked;
    if (!is_busy || clock_.monotonic_ns() >= end_ns) return lock;
    clock_.wait(kLockStep_ns);
  }
}

// What was damaged in home does not go with the next change: a copy stays, the first one if there
// are more.
Result<void> AlertBook::put_aside(const KeptAlerts& found) {
  if (found.lines_damaged == 0) return {};
  const auto earlier = home_.size_of(kDamagedAlertsPath);
  if (earlier) return {};
  if (earlier.error().code != ErrorCode::not_found) return earlier.error();
  HF_TRY(const Bytes bytes, ports::load(home_, kAlertsPath, kBookSizeMax));
  return ports::store(home_, kDamagedAlertsPath, bytes);
}

}  // namespace holdfast::appliance

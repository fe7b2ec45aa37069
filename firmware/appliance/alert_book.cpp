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

// Of those that are over the ones go that have been so for longest.
void drop_oldest(std::vector<Alert>& alerts) {
  std::vector<std::pair<std::int64_t, std::uint64_t>> over;
  for (const Alert& alert : alerts) {
    if (alert.ended) over.emplace_back(alert.ended->ns, alert.id);
  }
  if (over.size() <= kOverMax) return;
  const auto kept = over.end() - static_cast<std::ptrdiff_t>(kOverMax);
  std::ranges::nth_element(over, kept);
  std::erase_if(alerts, [&](const Alert& alert) {
    return alert.ended && std::pair(alert.ended->ns, alert.id) < *kept;
  });
}

std::string without_numbers(const std::string& text) {
  std::string words;
  std::ranges::copy_if(text, std::back_inserter(words),
                       [](char each) { return each < '0' || each > '9'; });
  return words;
}

// More than the numbers, which may be others at each look.
bool says_else(const Calling& one, const Calling& other) {
  return without_numbers(one.english) != without_numbers(other.english) ||
         without_numbers(one.chinese) != without_numbers(other.chinese);
}

// The newest of those that are over and may not have been: one that comes and goes is one alert.
Alert* find_gone(std::vector<Alert>& alerts, const Calling& calling, Timestamp time) {
  Alert* newest = nullptr;
  for (Alert& alert : alerts) {
    const bool is_recent = alert.ended && std::abs(time.ns - alert.ended->ns) <= kAgain_ns;
    if (!is_recent || !alert.calling.is_same_as(calling)) continue;
    if (newest == nullptr || *alert.ended >= *newest->ended) newest = &alert;
  }
  return newest;
}

// Of one that comes and goes not each end is kept, so that the book is not written for ever: the
// more often it came, the longer it stands before the next one.
bool is_end_due(const Alert& alert, Timestamp time) {
  const auto minutes = static_cast<std::int64_t>(std::min<std::uint64_t>(alert.returns, 10));
  return std::abs(time.ns - alert.seen.ns) >= minutes * kTextPeriod_ns;
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
  const Unseen& unseen;

  [[nodiscard]] bool is_over(const Calling& calling) const {
    if (std::ranges::any_of(callings,
                            [&](const Calling& each) { return each.is_same_as(calling); })) {
      return false;
    }
    if (calling.origin == AlertOrigin::appliance) return true;
    return is_box_known && unseen.may_be_over(calling);
  }
};

// True: what it says now is to be kept.
bool AlertBook::see(Alert& alert, const Calling& calling, Timestamp time) {
  const std::int64_t unseen_ns = std::abs(time.ns - alert.seen.ns);
  const bool is_due = alert.calling.level != calling.level || unseen_ns >= kSeenPeriod_ns ||
                      (says_else(alert.calling, calling) && unseen_ns >= kTextPeriod_ns);
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
    if (!stands(alert) || !sight.is_over(alert.calling) || !is_end_due(alert, sight.time)) continue;
    alert.ended = sight.time;
    has_changed = true;
  }
  has_changed |= begin(kept, fresh, sight.time);
  drop_oldest(kept.alerts);
  return has_changed;
}

// True: there was room for one at least.
bool AlertBook::begin(KeptAlerts& kept, const std::vector<const Calling*>& fresh,
                      Timestamp time) const {
  auto standing = static_cast<std::size_t>(std::ranges::count_if(kept.alerts, stands));
  bool has_changed = false;
  for (const Calling* calling : fresh) {
    if (++standing > kStandingMax) break;
    has_changed = true;
    if (Alert* gone = find_gone(kept.alerts, *calling, time)) {
      gone->ended.reset();
      gone->calling = *calling;
      gone->seen = time;
      ++gone->returns;
      continue;
    }
    const auto since = std::ranges::find_if(
        unkept_, [&](const auto& each) { return each.first.is_same_as(*calling); });
    kept.alerts.push_back({.id = kept.next_id++,
                           .calling = *calling,
                           .since = since == unkept_.end() ? time : since->second,
                           .seen = time});
  }
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
                                      const std::vector<Calling>& own, Timestamp time,
                                      const Unseen& unseen) {
  const std::lock_guard one_at_a_time(mutex_);
  const Sight sight{without_doubles(box.value_or(std::vector<Calling>()), own), box.has_value(),
                    time, unseen};
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

Result<std::uint64_t> AlertBook::acknowledge(std::uint64_t id, const std::string& by,
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
  HF_TRY(ports::store(home_, kAlertsPath, view_of(write_alerts(book))));
  return book.lines_damaged;
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
// are more. Which numbers were given is not known any more: none was as high as the clock.
Result<void> AlertBook::put_aside(KeptAlerts& found) {
  if (found.lines_damaged == 0) return {};
  const std::int64_t seconds = std::max<std::int64_t>(clock_.now().ns / kSecond_ns, 0);
  found.next_id = std::max(found.next_id, static_cast<std::uint64_t>(seconds));
  const auto earlier = home_.size_of(kDamagedAlertsPath);
  if (earlier) return {};
  if (earlier.error().code != ErrorCode::not_found) return earlier.error();
  HF_TRY(const Bytes bytes, ports::load(home_, kAlertsPath, kBookSizeMax));
  return ports::store(home_, kDamagedAlertsPath, bytes);
}

}  // namespace holdfast::appliance

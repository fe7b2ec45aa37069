// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/watched_source.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "firmware/source/exclusion.h"

namespace holdfast::appliance {

using ports::FileEvent;
using ports::FileEventKind;
using ports::WatchState;

WatchedSource::WatchedSource(HotSource source, const std::vector<std::string>& exclude_paths,
                             ports::Watches& watches, ports::Bell& bell)
    : source_(std::move(source)) {
  if (source_.path.empty()) return;
  const auto exclusion = std::make_shared<const source::Exclusion>(source_.exclude);
  watch_ = watches.watch({.root = source_.path,
                          .cross_file_systems = source_.cross_file_systems,
                          .exclude_paths = exclude_paths,
                          .is_wanted =
                              [exclusion](std::string_view folder, std::string_view name) {
                                return !exclusion->matches(folder, name);
                              }},
                         bell);
}

WatchedSource::News WatchedSource::look(WaitingPaths& waiting, std::int64_t now_ns) {
  if (watch_ == nullptr) return {};
  const bool was_proved = is_proved_;
  const WatchState before = std::exchange(state_, watch_->state());
  if (state_ != WatchState::events) is_proved_ = false;
  told_until_ns_ = watch_->told_until_ns();
  const std::vector<FileEvent> events = watch_->take();
  for (const FileEvent& event : events) {
    if (event.kind != FileEventKind::scan) {
      waiting.hear(event.kind, source_.name + "/" + event.path, now_ns);
    } else {
      lose(now_ns);
    }
  }
  const bool is_another = before != state_ || was_proved != is_proved_;
  return {.was_told = is_another || !events.empty(), .is_another = is_another};
}

void WatchedSource::lose(std::int64_t now_ns) {
  ++scans_;
  is_proved_ = false;
  wants_newest_ = true;
  next_newest_ns_ = now_ns;
}

std::int64_t WatchedSource::newest_due_ns() const {
  const bool tells_nothing = state_ == WatchState::silent || state_ == WatchState::too_many;
  const bool is_due = tells_nothing || (wants_newest_ && state_ == WatchState::events);
  if (watch_ == nullptr || !is_due) return std::numeric_limits<std::int64_t>::max();
  return next_newest_ns_;
}

void WatchedSource::note_newest(std::int64_t began_ns, std::int64_t ended_ns, bool all_read) {
  interval_ns_ = std::max(kInterval_ns, (ended_ns - began_ns) * kIntervalShare);
  next_newest_ns_ = began_ns + interval_ns_;
  if (!all_read) return;
  newest_ns_ = began_ns;
  wants_newest_ = false;
}

void WatchedSource::note_whole_start() {
  scans_before_whole_ = state_ == WatchState::events ? scans_ : 0;
}

void WatchedSource::note_whole_end(bool was_read) {
  const bool has_told_all = scans_before_whole_ != 0 && scans_before_whole_ == scans_;
  if (!was_read) is_proved_ = false;
  if (!was_read || !has_told_all || state_ != WatchState::events) return;
  is_proved_ = true;
  wants_newest_ = false;
}

bool WatchedSource::needs_whole() const {
  return watch_ != nullptr && state_ == WatchState::events && !is_proved_;
}

std::optional<std::int64_t> WatchedSource::proved_ns(const WaitingPaths& waiting) const {
  if (!is_proved_) return std::nullopt;
  return waiting.oldest_ns(source_.name).value_or(told_until_ns_);
}

vault::HotWatch WatchedSource::watch() const {
  if (watch_ == nullptr) return vault::HotWatch::none;
  switch (state_) {
    case WatchState::starting:
      return vault::HotWatch::starting;
    case WatchState::events:
      return vault::HotWatch::events;
    case WatchState::away:
      return vault::HotWatch::away;
    case WatchState::silent:
    case WatchState::too_many:
      return vault::HotWatch::scan;
  }
  return vault::HotWatch::none;
}

}  // namespace holdfast::appliance

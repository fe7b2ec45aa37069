// SPDX-License-Identifier: Apache-2.0
// One source of a hot business: what it tells, and what of it is proved to be in a snapshot.
// Times are monotonic.
//
//   unproved --a backup of everything that began and ended while it told of all--> proved
//      ^                                                                             |
//      +-------------- a scan is needed: too much came at once, it was away ---------+
//
// While it is proved, all that was whole at the source before its oldest waiting change is in a
// snapshot.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "firmware/appliance/settings.h"
#include "firmware/appliance/waiting_paths.h"
#include "firmware/vault/hot_note.h"

namespace holdfast::appliance {

// One thread.
class WatchedSource {
 public:
  // So often its newest folders are looked at if it tells nothing, unless that takes long: then so
  // seldom that it is done for a fifth of the time.
  static constexpr std::int64_t kInterval_ns = 60'000'000'000;
  static constexpr std::int64_t kIntervalShare = 5;

  WatchedSource(HotSource source, const std::vector<std::string>& exclude_paths,
                ports::Watches& watches, ports::Bell& bell);

  [[nodiscard]] const HotSource& source() const { return source_; }

  // Hands over what it told.
  struct News {
    bool was_told = false;
    bool is_another = false;  // it tells in another way, or is proved no more
  };
  News look(WaitingPaths& waiting, std::int64_t now_ns);
  // What it told was lost: it must be looked at as if it had told nothing.
  void lose(std::int64_t now_ns);
  // When its newest folders are to be looked at; the end of time: there is no need.
  [[nodiscard]] std::int64_t newest_due_ns() const;
  // `all_read`: else they are no newer in a snapshot than they were.
  void note_newest(std::int64_t began_ns, std::int64_t ended_ns, bool all_read);
  // A backup of everything begins, and has ended; `was_read`: nothing speaks against the source
  // itself.
  void note_whole_start();
  void note_whole_end(bool was_read);
  // It would prove something that is not proved.
  [[nodiscard]] bool needs_whole() const;
  // All that was whole there before that moment is in a snapshot.
  [[nodiscard]] std::optional<std::int64_t> proved_ns(const WaitingPaths& waiting) const;
  [[nodiscard]] std::optional<std::int64_t> newest_ns() const { return newest_ns_; }
  [[nodiscard]] vault::HotWatch watch() const;
  [[nodiscard]] std::int64_t interval_ns() const { return interval_ns_; }

 private:
  HotSource source_;
  std::unique_ptr<ports::Watch> watch_;  // none: it has no folder
  ports::WatchState state_ = ports::WatchState::starting;
  std::int64_t told_until_ns_ = 0;
  std::uint64_t scans_ = 0;               // that it asked for
  std::uint64_t scans_before_whole_ = 0;  // 0: it did not tell of all then
  bool is_proved_ = false;
  bool wants_newest_ = false;
  std::int64_t interval_ns_ = kInterval_ns;
  std::int64_t next_newest_ns_ = 0;
  std::optional<std::int64_t> newest_ns_;
};

}  // namespace holdfast::appliance

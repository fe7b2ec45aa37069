// SPDX-License-Identifier: Apache-2.0
// How fast a run may read its sources now, and whether it still may: what the window of the
// business says at each moment of the run. Without a window nothing is ever held up.
//
//   must_stop() -> take() -> read -> take() -> read ... window closes -> stop() is set for good
//
// The wall clock decides which rate holds, as it does for the schedule, and is looked at once a
// second; the rate itself is measured by the monotonic one, for all threads of the run together.
// What a thread did not use of an eighth of a second is made up for, no more: after a pause the
// line is not flooded.
//
// Rows of a query come as fast as its server gives them: to let it wait would keep its statement
// open, with what that locks, and use up the statement's own time. They are owed, and have had
// their time before anything more is read:
//
//   settle() -> query -> owe() -> owe() ... its end -> settle() -> query ...
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "firmware/job/progress.h"
#include "firmware/policy/window.h"
#include "hal/ports/clock.h"

namespace holdfast::job {

// Any thread. References must outlive it.
class SourcePace {
 public:
  // `window`: none, or one that is open at all times and has no rate: nothing is held up. `site`:
  // whose wall clock its spans are on. `asked` may be null.
  SourcePace(ports::Clock& clock, std::optional<policy::Window> window,
             const policy::TimeZone& site, const StopFlag* asked)
      : clock_(clock), window_(std::move(window)), site_(site), stop_(asked) {}

  // Set once somebody has asked, or must_stop() has found the window closed.
  [[nodiscard]] const StopFlag& stop() const { return stop_; }
  [[nodiscard]] bool must_stop();
  // Of `most` bytes (above 0), how many may be read now: waits until there is one. 0: must_stop().
  [[nodiscard]] std::uint64_t take(std::uint64_t most);
  // So many bytes were read without take(). Never waits.
  void owe(std::uint64_t bytes);
  // Waits until all that was taken and is owed has had its time. interrupted: must_stop().
  [[nodiscard]] Result<void> settle();

  // The window was found closed, and when it opens.
  [[nodiscard]] bool has_closed();
  [[nodiscard]] std::optional<Timestamp> opens();

 private:
  void look();
  std::int64_t debt_ns(std::int64_t now_ns);
  void wait(std::int64_t most_ns);

  ports::Clock& clock_;
  const std::optional<policy::Window> window_;
  const policy::TimeZone site_;
  StopFlag stop_;

  std::mutex mutex_;  // what follows
  policy::Allowance allowance_;
  std::int64_t next_look_ns_ = 0;  // monotonic
  std::int64_t next_read_ns_ = 0;  // when all that was taken has had its time
};

}  // namespace holdfast::job

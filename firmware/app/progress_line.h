// SPDX-License-Identifier: Apache-2.0
// Progress on standard error: one line that is written over on a terminal, or one JSON line at a
// time for programs.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "firmware/job/progress.h"
#include "firmware/messages/messages.h"
#include "hal/ports/clock.h"
#include "hal/ports/console.h"

namespace holdfast::app {

enum class ProgressForm { none, terminal, json };

// "reading  1200 of 5000 items, 1.5 GiB of 6.0 GiB, 80.1 MiB/s, 55.0 s left": what is not known is
// left out.
[[nodiscard]] std::string progress_text(messages::Language language,
                                        const job::ProgressState& state, std::int64_t elapsed_ns);
// One document, with the newline.
[[nodiscard]] std::string progress_json(const job::ProgressState& state, std::int64_t elapsed_ns);
// Nanoseconds to the end at the present pace; 0 if that cannot be told.
[[nodiscard]] std::int64_t time_left_ns(const job::ProgressState& state, std::int64_t elapsed_ns);

// Any thread.
class ProgressLine final : public job::Progress {
 public:
  ProgressLine(ports::Console& console, ports::Clock& clock, messages::Language language,
               ProgressForm form);

  void update(const job::ProgressState& state) override;
  // Takes the line away, before other text is printed.
  void clear();

 private:
  ports::Console& console_;
  ports::Clock& clock_;
  messages::Language language_;
  ProgressForm form_;
  std::int64_t start_ns_;
  std::mutex mutex_;      // what follows
  std::int64_t next_ns_;  // short work shows nothing
  bool shown_ = false;
  // Counts that begin anew with a phase are measured from there.
  std::string phase_;
  std::uint64_t items_done_ = 0;
};

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
// How fast a disk gives what is read. One that was slow several times in a row sits out: readers
// decode what it has from the others as long as these are enough. It is written as before. Now and
// then a read goes to it all the same, and after some quick ones in a row it is read again. What
// was measured ends with the process, but for the mark that jobs leave (firmware/job/tend.h). Any
// thread.
//
//                 kSlowInARow slow reads
//     read  --------------------------------->  sits out: one read each kProbeInterval_ns
//           <---------------------------------
//                 kQuickInARow quick reads
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "hal/ports/clock.h"

namespace holdfast::pool {

class ReadPace {
 public:
  // Slow is what takes longer than this, and this for each byte (20 MB/s): more than a spinning
  // disk at work needs, and less than one that tries a sector again and again.
  static constexpr std::int64_t kSlow_ns = 100'000'000;
  static constexpr std::int64_t kSlowByte_ns = 50;
  static constexpr unsigned kSlowInARow = 3;
  static constexpr unsigned kQuickInARow = 3;
  static constexpr std::int64_t kProbeInterval_ns = 120'000'000'000;

  // `clock` outlives it; null: no disk is slow.
  explicit ReadPace(ports::Clock* clock) : clock_(clock) {}

  // When a read begins; how it went is told by end(), whether it gave anything or not.
  [[nodiscard]] std::int64_t begin() const;
  void end(std::int64_t begun, std::size_t bytes);
  // Whether this read should go elsewhere. False now and then for a disk that sits out: whoever
  // asked makes the read by which it is judged.
  [[nodiscard]] bool sits_out();
  // What was measured: true as long as it sits out, false after some quick reads in a row; nothing
  // as long as too few were made to say.
  [[nodiscard]] std::optional<bool> is_slow() const;

 private:
  ports::Clock* clock_;
  mutable std::mutex mutex_;
  bool is_out_ = false;
  unsigned in_a_row_ = 0;        // reads that speak against what is_out_ says
  unsigned quick_in_a_row_ = 0;  // kQuickInARow at most
  std::int64_t next_probe_ = 0;
};

}  // namespace holdfast::pool

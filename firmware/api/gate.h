// SPDX-License-Identifier: Apache-2.0
// Slows down whoever guesses: after five failures in a row of an account or of an address, its
// next tries wait, a minute at first and each time twice as long, up to a quarter of an hour.
// Nobody is shut out for good: whoever can make failures must not be able to lock out the
// administrator for longer than that.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "hal/ports/clock.h"

namespace holdfast::api {

inline constexpr std::uint32_t kFreeTries = 5;
inline constexpr std::int64_t kFirstWait_ns = 60LL * 1'000'000'000;
inline constexpr std::int64_t kLastWait_ns = 15 * kFirstWait_ns;

// Any thread. Names of accounts and addresses are told apart by whoever asks.
class Gate {
 public:
  explicit Gate(ports::Clock& clock) : clock_(clock) {}

  // Nanoseconds until the next try is allowed; 0: now.
  [[nodiscard]] std::int64_t wait_ns(std::string_view who);
  void fail(std::string_view who);
  void pass(std::string_view who);

 private:
  struct Record {
    std::string who;
    std::uint32_t failures = 0;
    std::int64_t last_ns = 0;
  };
  [[nodiscard]] static std::int64_t wait_of(const Record& record);
  void drop_old(std::int64_t now_ns);

  ports::Clock& clock_;
  std::mutex mutex_;
  std::vector<Record> records_;
};

}  // namespace holdfast::api

// SPDX-License-Identifier: Apache-2.0
// Slows down whoever guesses: after some tries that failed, the next ones wait, a minute at first
// and each time twice as long, up to a quarter of an hour. Each quarter of an hour forgives one.
//
// A try is counted before it is made, and the count taken back if it was good: of many at once, no
// more are let in than one after the other. Nobody is shut out for good, and whoever can make
// failures from elsewhere must not be able to lock out the administrator.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hal/ports/clock.h"

namespace holdfast::api {

inline constexpr std::uint32_t kFreeTries = 5;
inline constexpr std::int64_t kFirstWait_ns = 60LL * 1'000'000'000;
inline constexpr std::int64_t kLastWait_ns = 15 * kFirstWait_ns;
inline constexpr std::uint32_t kDoublingsMax = 4;

// One thing by which tries are counted: an account, an address, or both together.
struct GateKey {
  std::string who;
  std::uint32_t free = kFreeTries;          // tries that wait for nothing
  std::uint32_t doublings = kDoublingsMax;  // of the first wait, at most
};

// Any thread. Names of accounts and addresses are told apart by whoever asks.
class Gate {
 public:
  explicit Gate(ports::Clock& clock) : clock_(clock) {}

  // Counts a try by all keys and returns 0; or, if it must wait by any of them, the nanoseconds
  // until then, and nothing is counted.
  [[nodiscard]] std::int64_t enter(std::span<const GateKey> keys);
  // That try was no failure.
  void take_back(std::span<const GateKey> keys);
  // All failures by that key are forgiven.
  void clear(std::string_view who);

 private:
  struct Record {
    std::string who;
    std::uint32_t failures = 0;
    std::int64_t last_ns = 0;
    std::int64_t forgiven_ns = 0;  // until when forgiving has been counted
  };
  [[nodiscard]] Record* find(std::string_view who);
  static void forgive(Record& record, std::int64_t now_ns);
  void drop_old(std::int64_t now_ns);

  ports::Clock& clock_;
  std::mutex mutex_;
  std::vector<Record> records_;
};

}  // namespace holdfast::api

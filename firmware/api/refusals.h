// SPDX-License-Identifier: Apache-2.0
// How many refused requests get a line of their own in the audit log: somebody without an account
// must not be able to fill the system disk. Beyond so many a minute, of one address or a day, they
// are counted, and the next line says how many there were, at the latest that of the minute: one
// address cannot keep the others' out of the log.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "hal/ports/clock.h"

namespace holdfast::api {

inline constexpr std::uint32_t kRefusalsAMinute = 60;
inline constexpr std::uint32_t kRefusalsOfPeer = 20;  // a minute
inline constexpr std::uint32_t kRefusalsADay = 2000;
// Of passwords and codes that were tried: more than the gate lets one address try in a minute.
inline constexpr std::uint32_t kTriesOfPeer = 40;

struct RefusalLimits {
  std::uint32_t of_peer = kRefusalsOfPeer;  // a minute
  std::optional<std::uint32_t> a_day = kRefusalsADay;
};

// Any thread.
class Refusals {
 public:
  Refusals(ports::Clock& clock, RefusalLimits limits) : clock_(clock), limits_(limits) {}
  // So many more. How many there were since the last line, these included; nothing: they get no
  // line.
  [[nodiscard]] std::optional<std::uint64_t> count(const std::string& peer, std::uint64_t more = 1);
  // What count() or take_rest() gave could not be written down: it waits for the next line.
  void give_back(std::uint64_t count);
  // Those that still have no line, once a minute is over, or at once. Nothing: there are none, or
  // the minute is not over.
  [[nodiscard]] std::optional<std::uint64_t> take_rest(bool at_once);

 private:
  void begin_minute(std::int64_t now_ns);

  ports::Clock& clock_;
  RefusalLimits limits_;
  std::mutex mutex_;
  std::int64_t begin_ns_ = 0;
  std::int64_t day_ns_ = 0;  // when it began
  std::uint32_t lines_of_day_ = 0;
  std::uint32_t lines_ = 0;
  std::map<std::string, std::uint32_t> lines_of_;  // by address: at most as many as lines
  std::uint64_t waiting_ = 0;
};

}  // namespace holdfast::api

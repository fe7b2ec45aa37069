// SPDX-License-Identifier: Apache-2.0
// How many refused requests get a line of their own in the audit log: somebody without an account
// must not be able to fill the system disk. Beyond 60 a minute they are counted, and the next line
// says how many there were.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "hal/ports/clock.h"

namespace holdfast::api {

inline constexpr std::uint32_t kRefusalsAMinute = 60;

// Any thread.
class Refusals {
 public:
  explicit Refusals(ports::Clock& clock) : clock_(clock) {}
  // One more. How many there were since the last line, this one included; nothing: it gets no line.
  [[nodiscard]] std::optional<std::uint64_t> count();

 private:
  ports::Clock& clock_;
  std::mutex mutex_;
  std::int64_t begin_ns_ = 0;
  std::uint32_t lines_ = 0;
  std::uint64_t waiting_ = 0;
};

}  // namespace holdfast::api

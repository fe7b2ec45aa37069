// SPDX-License-Identifier: Apache-2.0
// The code by which the first administrator is made: shown where only somebody in front of the
// machine sees it, good for ten minutes and five tries, and for nothing once there is an account.
// After ten minutes a new one is shown, and not before: who guesses gets five tries in that time,
// however fast. There is no default password.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "hal/ports/clock.h"
#include "hal/ports/random.h"

namespace holdfast::api {

// Any thread.
class FirstBoot {
 public:
  FirstBoot(ports::Clock& clock, ports::Random& random) : clock_(clock), random_(random) {}

  // For the screen alone, which only somebody in front of the machine reads: eight digits. A new
  // code if there is none or the last one's time is over; nothing while that time runs and the
  // tries are used up.
  [[nodiscard]] std::optional<std::string> show();
  // Counts a try of the code that was shown; makes none. A code that was right is used up.
  [[nodiscard]] bool take(std::string_view code);

 private:
  [[nodiscard]] bool is_over() const;  // or there was none

  ports::Clock& clock_;
  ports::Random& random_;
  mutable std::mutex mutex_;
  std::string code_;
  std::int64_t made_ns_ = 0;
  std::uint32_t tries_ = 0;
};

}  // namespace holdfast::api

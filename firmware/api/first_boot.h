// SPDX-License-Identifier: Apache-2.0
// The code by which the first administrator is made: shown where only somebody in front of the
// machine sees it, good for ten minutes and five tries, and for nothing once there is an account.
// Then a new one is shown. There is no default password.
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

  // The code to show now: eight digits. A new one if there is none, or the last one is used up.
  [[nodiscard]] std::string code();
  // Counts a try; a code that was right is used up.
  [[nodiscard]] bool take(std::string_view code);

 private:
  [[nodiscard]] bool is_over() const;

  ports::Clock& clock_;
  ports::Random& random_;
  mutable std::mutex mutex_;
  std::string code_;
  std::int64_t made_ns_ = 0;
  std::uint32_t tries_ = 0;
};

}  // namespace holdfast::api

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hal/linux/descriptor.h"
#include "hal/ports/bell.h"

namespace holdfast::linux {

// A counter of the system that can be polled.
class EventBell final : public ports::Bell {
 public:
  EventBell();

  void ring() override;
  [[nodiscard]] bool wait_until(std::int64_t until_ns) override;
  // Readable while it has rung.
  [[nodiscard]] int number() const { return counter_.number(); }

 private:
  Descriptor counter_;
};

}  // namespace holdfast::linux

// SPDX-License-Identifier: Apache-2.0
// What appliance.toml says, as of its last look, for the threads of requests.
#pragma once

#include <mutex>
#include <utility>

namespace holdfast::api {

// Any thread.
template <class Value>
class Kept {
 public:
  [[nodiscard]] Value get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void set(Value value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
  }

 private:
  mutable std::mutex mutex_;
  Value value_;
};

}  // namespace holdfast::api

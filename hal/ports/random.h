// SPDX-License-Identifier: Apache-2.0
// Randomness from outside: keys, salts, ids. Nothing above may make its own.
#pragma once

#include "hal/base/bytes.h"
#include "hal/base/id.h"
#include "hal/base/secret.h"

namespace holdfast::ports {

// Any thread may ask at any time. A body that has no good randomness yet waits; if it can never
// have any it aborts: a weak key is worse than no box.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(ByteSpan out) = 0;

  template <std::size_t N>
  [[nodiscard]] std::array<std::uint8_t, N> array() {
    std::array<std::uint8_t, N> out{};
    fill(out);
    return out;
  }
  template <class SomeId>
  [[nodiscard]] SomeId id() {
    SomeId id;
    fill(id.bytes);
    return id;
  }
  [[nodiscard]] SecretKey key() {
    SecretKey key;
    fill(key.span());
    return key;
  }
};

}  // namespace holdfast::ports

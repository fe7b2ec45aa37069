// SPDX-License-Identifier: Apache-2.0
// Polynomials over GF(256) through known points, for shares: in time that does not depend on the
// bytes (no tables), because these are secret.
#pragma once

#include <cstdint>
#include <span>

#include "hal/base/secret.h"

namespace holdfast::keys {

// What the polynomials (one for each byte) are at `x`.
struct GaloisPoint {
  std::uint8_t x = 0;
  ByteView values;
};

// The values at `x` of the polynomials of lowest degree through `points`, whose x differ and whose
// values have one length.
[[nodiscard]] SecretBytes interpolate(std::span<const GaloisPoint> points, std::uint8_t x);

}  // namespace holdfast::keys

// SPDX-License-Identifier: Apache-2.0
#include "firmware/keys/galois.h"

namespace holdfast::keys {

namespace {

// Modulo x^8 + x^4 + x^3 + x + 1.
std::uint8_t multiply(std::uint8_t left, std::uint8_t right) {
  unsigned factor = left;
  unsigned product = 0;
  for (unsigned bit = 0; bit < 8; ++bit) {
    product ^= factor & (0U - ((right >> bit) & 1U));
    factor = (factor << 1) ^ (0x11bU & (0U - (factor >> 7)));
  }
  return static_cast<std::uint8_t>(product);
}

// left^254; 0 of 0.
std::uint8_t inverse(std::uint8_t value) {
  std::uint8_t power = value;
  std::uint8_t result = 1;
  for (int bit = 1; bit < 8; ++bit) {
    power = multiply(power, power);
    result = multiply(result, power);
  }
  return result;
}

}  // namespace

SecretBytes interpolate(std::span<const GaloisPoint> points, std::uint8_t x) {
  HF_CHECK(!points.empty());
  SecretBytes result(Bytes(points.front().values.size()));
  for (const GaloisPoint& point : points) {
    HF_CHECK(point.values.size() == result.view().size());
    std::uint8_t basis = 1;
    for (const GaloisPoint& other : points) {
      if (other.x == point.x) continue;
      const auto from_x = static_cast<std::uint8_t>(x ^ other.x);
      const auto from_point = static_cast<std::uint8_t>(point.x ^ other.x);
      basis = multiply(basis, multiply(from_x, inverse(from_point)));
    }
    for (std::size_t i = 0; i < point.values.size(); ++i) {
      result.bytes()[i] ^= multiply(point.values[i], basis);
    }
  }
  return result;
}

}  // namespace holdfast::keys

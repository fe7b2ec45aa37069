// SPDX-License-Identifier: Apache-2.0
// Key material: wiped when it goes, never printed, never compared by accident.
#pragma once

#include <array>
#include <cstdint>

#include "hal/base/bytes.h"

namespace holdfast {

// 32 secret bytes. Copies are explicit (clone) so that each one is seen in review.
class SecretKey {
 public:
  static constexpr std::size_t kSize = 32;

  SecretKey() = default;
  explicit SecretKey(ByteView bytes);  // exactly 32 bytes
  ~SecretKey();
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;
  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&& other) noexcept;

  [[nodiscard]] SecretKey clone() const { return SecretKey(view()); }
  [[nodiscard]] ByteView view() const { return bytes_; }
  [[nodiscard]] ByteSpan span() { return bytes_; }

 private:
  std::array<std::uint8_t, kSize> bytes_{};
};

// Secret bytes of any length, wiped when they go.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
  ~SecretBytes();
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept;

  [[nodiscard]] ByteView view() const { return bytes_; }
  [[nodiscard]] Bytes& bytes() { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  Bytes bytes_;
};

}  // namespace holdfast

// SPDX-License-Identifier: Apache-2.0
// SHA-256 and HMAC-SHA-256 (suite 1), as values.
#pragma once

#include <array>
#include <compare>
#include <memory>
#include <string>
#include <string_view>

#include "hal/base/bytes.h"

namespace holdfast {

struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;
  [[nodiscard]] ByteView view() const { return bytes; }
  [[nodiscard]] std::string hex() const { return to_hex(bytes); }
  [[nodiscard]] static Result<Digest> parse(std::string_view hex);
};

// For unordered containers: the bytes are already evenly spread.
struct DigestHash {
  std::size_t operator()(const Digest& digest) const;
};

[[nodiscard]] Digest sha256(ByteView data);
[[nodiscard]] Digest hmac_sha256(ByteView key, ByteView data);
// For one-time passwords alone (RFC 6238): that is what people's telephones can.
[[nodiscard]] std::array<std::uint8_t, 20> hmac_sha1(ByteView key, ByteView data);

// Digest of a stream. One thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(ByteView data);
  // The digest of all that was given; starts anew for the next stream.
  [[nodiscard]] Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Equal contents in time that does not depend on where they differ.
[[nodiscard]] bool equal_constant_time(ByteView left, ByteView right);

}  // namespace holdfast

// SPDX-License-Identifier: Apache-2.0
// Ed25519 signatures over "context ‖ 00 ‖ bytes" (docs/formats.md, section 1).
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "hal/base/bytes.h"
#include "hal/base/secret.h"

namespace holdfast::keys {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

// Const after construction: any thread may sign.
class Signer {
 public:
  explicit Signer(const SecretKey& seed);
  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
  [[nodiscard]] Signature sign(std::string_view context, ByteView bytes) const;

 private:
  SecretKey seed_;
  PublicKey public_key_{};
};

// False for a wrong signature and for a malformed key.
[[nodiscard]] bool verify(const PublicKey& key, std::string_view context, ByteView bytes,
                          const Signature& signature);

// The signers whose labels, entries and wraps count: the box's own and its former ones.
using TrustedSigners = std::span<const PublicKey>;
[[nodiscard]] bool is_trusted(TrustedSigners trusted, const PublicKey& key);

}  // namespace holdfast::keys

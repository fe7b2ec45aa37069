// SPDX-License-Identifier: Apache-2.0
// HKDF-SHA-256 and AES-256-GCM (suite 1): keys made from keys, and bytes sealed under them.
//
//   sealed = ciphertext, as long as the plaintext | tag (16 bytes)
//
// Whoever seals must never use one nonce twice under one key: that would give away both texts and
// the means to forge. Nonces are therefore counters under keys made for one pack or entry only.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "hal/base/bytes.h"
#include "hal/base/secret.h"

namespace holdfast {

// RFC 5869, extract and expand. Fills `out`: 1 to 8160 bytes.
void hkdf_sha256(ByteView key_material, ByteView salt, ByteView info, ByteSpan out);

inline constexpr std::size_t kAeadTagSize = 16;

using Nonce = std::array<std::uint8_t, 12>;

// AES-256-GCM under one key, whose schedule is computed once. One thread at a time.
//
// The additional data is the concatenation of the pieces: where one piece ends is not
// authenticated, so pieces must be of fixed size or carry their own length.
// Work in place is allowed: `out` may start where the input starts; any other overlap is not.
class Aead {
 public:
  explicit Aead(const SecretKey& key);
  ~Aead();
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;

  // `out` is exactly plain.size() + kAeadTagSize bytes.
  void seal(const Nonce& nonce, std::span<const ByteView> additional, ByteView plain, ByteSpan out);
  // False: not sealed under this key, nonce and additional data, or altered since; `out` is zeros
  // then. `out` is exactly sealed.size() - kAeadTagSize bytes, empty if `sealed` is shorter.
  [[nodiscard]] bool open(const Nonce& nonce, std::span<const ByteView> additional, ByteView sealed,
                          ByteSpan out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holdfast

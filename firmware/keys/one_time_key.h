// SPDX-License-Identifier: Apache-2.0
// A key that seals one thing only: made from a secret and a fresh salt, with nonce zero, and with a
// commitment that says in the clear which key it is (docs/formats.md, section 1).
//
//   secret, salt --HKDF--> key ............ sealed = AES-256-GCM(key, nonce 0, additional, plain)
//                \-HKDF--> commitment       stands beside the salt
#pragma once

#include <span>
#include <string_view>

#include "hal/base/bytes.h"
#include "hal/base/digest.h"
#include "hal/base/secret.h"

namespace holdfast::keys {

// The HKDF info texts of a format.
struct Purpose {
  std::string_view key;
  std::string_view commitment;
};

class OneTimeKey {
 public:
  // With a salt that was used before under this secret and purpose, only opening is safe.
  OneTimeKey(ByteView secret, ByteView salt, const Purpose& purpose);

  [[nodiscard]] const Digest& commitment() const { return commitment_; }
  // To be called once.
  [[nodiscard]] Bytes seal(std::span<const ByteView> additional, ByteView plain) const;
  // wrong_key if the stored commitment is another key's, damaged if it is this key's and the rest
  // was altered.
  [[nodiscard]] Result<SecretBytes> open(ByteView stored_commitment,
                                         std::span<const ByteView> additional,
                                         ByteView sealed) const;

 private:
  SecretKey key_;
  Digest commitment_;
};

}  // namespace holdfast::keys

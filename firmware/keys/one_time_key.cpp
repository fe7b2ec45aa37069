// SPDX-License-Identifier: Apache-2.0
#include "firmware/keys/one_time_key.h"

#include "hal/base/cipher.h"

namespace holdfast::keys {

OneTimeKey::OneTimeKey(ByteView secret, ByteView salt, const Purpose& purpose) {
  hkdf_sha256(secret, salt, view_of(purpose.key), key_.span());
  hkdf_sha256(secret, salt, view_of(purpose.commitment), commitment_.bytes);
}

Bytes OneTimeKey::seal(std::span<const ByteView> additional, ByteView plain) const {
  Bytes sealed(plain.size() + kAeadTagSize);
  Aead(key_).seal(Nonce{}, additional, plain, sealed);
  return sealed;
}

Result<SecretBytes> OneTimeKey::open(ByteView stored_commitment,
                                     std::span<const ByteView> additional, ByteView sealed) const {
  if (!equal_constant_time(stored_commitment, commitment_.view())) {
    return make_error(ErrorCode::wrong_key);
  }
  const auto damaged = [] { return make_error(ErrorCode::damaged, {}, {{"what", "seal"}}); };
  if (sealed.size() < kAeadTagSize) return damaged();
  SecretBytes plain(Bytes(sealed.size() - kAeadTagSize));
  if (!Aead(key_).open(Nonce{}, additional, sealed, plain.bytes())) return damaged();
  return plain;
}

}  // namespace holdfast::keys

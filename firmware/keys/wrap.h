// SPDX-License-Identifier: Apache-2.0
// Wraps: an epoch key of a business, sealed to one recipient and signed (docs/formats.md, section
// 4).
#pragma once

#include <cstdint>
#include <string>

#include "firmware/keys/signer.h"
#include "hal/base/id.h"
#include "hal/base/secret.h"
#include "hal/ports/random.h"

namespace holdfast::keys {

enum class KeyKind : std::uint8_t { meta = 1, content = 2 };

using RecipientKey = std::array<std::uint8_t, 32>;  // X25519 public key

[[nodiscard]] RecipientKey recipient_of(const SecretKey& private_key);

struct WrapIdentity {
  BusinessId business;
  BoxId box;
  std::uint32_t epoch = 0;
  KeyKind kind = KeyKind::meta;
  std::uint32_t version = 1;
  RecipientKey recipient{};
};

inline constexpr std::size_t kWrapSize = 296;

// invalid_argument if the recipient's key is not one that can keep a secret.
[[nodiscard]] Result<Bytes> make_wrap(const WrapIdentity& identity, const SecretKey& epoch_key,
                                      const Signer& signer, ports::Random& random);

// Checks size, fields and signature (bad_signature if the signer is not trusted): truncated,
// bad_magic, unsupported_*, damaged. Whether it is for this box and business is the caller's.
[[nodiscard]] Result<WrapIdentity> read_wrap(ByteView file, TrustedSigners trusted);

// The epoch key; wrong_key if it is sealed to somebody else; errors of read_wrap().
[[nodiscard]] Result<SecretKey> open_wrap(ByteView file, const SecretKey& recipient_private_key,
                                          TrustedSigners trusted);

// "wraps/<business>/<epoch>-<kind>-<recipient>-<version>", and its directory.
[[nodiscard]] std::string wrap_path(const WrapIdentity& identity);
[[nodiscard]] std::string wrap_directory(const BusinessId& business);

}  // namespace holdfast::keys

// SPDX-License-Identifier: Apache-2.0
#include "hal/base/password.h"

#include <openssl/evp.h>

namespace holdfast {

Result<SecretKey> scrypt(ByteView password, ByteView salt, std::uint8_t log2_n) {
  const std::uint64_t n = std::uint64_t{1} << log2_n;
  // What scrypt says it needs (RFC 7914: 128 * r * (N + p)), and its working block.
  const std::uint64_t memory_max = 128ULL * kScryptR * (n + kScryptP + 2) + kMiB;
  SecretKey secret;
  const std::string_view text = text_of(password);
  if (EVP_PBE_scrypt(text.data(), text.size(), salt.data(), salt.size(), n, kScryptR, kScryptP,
                     memory_max, secret.span().data(), SecretKey::kSize) != 1) {
    return make_error(ErrorCode::out_of_memory, "scrypt");
  }
  return secret;
}

}  // namespace holdfast

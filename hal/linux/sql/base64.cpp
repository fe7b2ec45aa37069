// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/sql/base64.h"

#include <openssl/evp.h>

namespace holdfast::linux {

void to_base64(ByteView bytes, std::string& out) {
  // EVP_EncodeBlock takes an int; a multiple of three goes without padding.
  constexpr std::size_t kPiece = 3 * kMiB;
  out.resize((bytes.size() + 2) / 3 * 4 + 1);  // and a zero at the end
  std::size_t size = 0;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const ByteView piece = bytes.subspan(at, std::min<std::size_t>(kPiece, bytes.size() - at));
    size += static_cast<std::size_t>(
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()) + size, piece.data(),
                        static_cast<int>(piece.size())));
  }
  out.resize(size);
}

}  // namespace holdfast::linux

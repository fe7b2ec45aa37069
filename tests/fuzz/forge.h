// SPDX-License-Identifier: Apache-2.0
// What a hostile writer adds to bytes of his choice so that they come past the first check.
#pragma once

#include <array>
#include <cstdint>

#include "firmware/erasure/crc32c.h"
#include "firmware/keys/signer.h"
#include "hal/base/bytes.h"

namespace holdfast::fuzz {

// The bytes, brought to that size with zeros, and their CRC at the end.
inline Bytes with_crc(ByteView bytes, std::size_t size) {
  Bytes out(bytes.begin(), bytes.end());
  out.resize(size - 4);
  ByteWriter writer(out);
  writer.u32(erasure::crc32c(out));
  return out;
}

// A signer that the box trusts.
inline const keys::Signer& signer() {
  static const keys::Signer one{SecretKey(std::array<std::uint8_t, 32>{7})};
  return one;
}

}  // namespace holdfast::fuzz

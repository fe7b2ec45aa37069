// SPDX-License-Identifier: Apache-2.0
// Sealing inside one pack: its keys, its nonces, and what each seal vouches for besides the bytes.
//
//   nonce            ordinal (u32, little-endian) | kind (u8) | seven zero bytes
//   additional data  pack header | frame header
//
// A pack's key is made from the epoch key and the pack's own random salt and used for nothing else,
// so the nonces are counters. The commitment stands in the clear in the pack header and names the
// key: a reader knows at once whether it holds the right one, and no pack opens under two keys.
#pragma once

#include <array>
#include <cstdint>

#include "hal/base/bytes.h"
#include "hal/base/cipher.h"
#include "hal/base/digest.h"
#include "hal/base/secret.h"

namespace holdfast::codec {

struct PackKeys {
  SecretKey key;
  Digest commitment;  // public
};

// `context` is what else the keys belong to (business, epoch, kind, as the pack format says).
[[nodiscard]] PackKeys derive_pack_keys(ByteView epoch_key, ByteView salt, ByteView context);

// The values are stored, inside the nonce.
enum class SealedKind : std::uint8_t { chunk = 0, index = 1 };

// Seals and opens the frames of one pack. Lengths and work in place as for Aead.
// One thread at a time.
class Sealer {
 public:
  // Keeps a copy of `pack_header`, which must be of one fixed length.
  Sealer(const SecretKey& pack_key, ByteView pack_header);

  // Ordinals of one kind must rise from seal to seal: a repeated one would repeat a nonce, and
  // aborts.
  void seal(std::uint32_t ordinal, SealedKind kind, ByteView frame_header, ByteView plain,
            ByteSpan out);
  // False: altered, or not that frame of this pack; `out` is zeros then.
  [[nodiscard]] bool open(std::uint32_t ordinal, SealedKind kind, ByteView frame_header,
                          ByteView sealed, ByteSpan out);

 private:
  Aead aead_;
  Bytes pack_header_;
  std::array<std::uint64_t, 2> lowest_unused_{};  // ordinal, by kind
};

}  // namespace holdfast::codec

// SPDX-License-Identifier: Apache-2.0
#include "firmware/codec/sealer.h"

#include <string_view>

namespace holdfast::codec {

namespace {

void derive(ByteView epoch_key, ByteView salt, std::string_view label, ByteView context,
            ByteSpan out) {
  Bytes info;
  ByteWriter writer(info);
  writer.raw(view_of(label));
  writer.raw(context);
  hkdf_sha256(epoch_key, salt, info, out);
}

Nonce nonce_of(std::uint32_t ordinal, SealedKind kind) {
  Nonce nonce{};
  for (std::size_t i = 0; i < 4; ++i) nonce[i] = static_cast<std::uint8_t>(ordinal >> (8 * i));
  nonce[4] = static_cast<std::uint8_t>(kind);
  return nonce;
}

}  // namespace

PackKeys derive_pack_keys(ByteView epoch_key, ByteView salt, ByteView context) {
  PackKeys keys;
  derive(epoch_key, salt, "holdfast pack key v1", context, keys.key.span());
  derive(epoch_key, salt, "holdfast pack commitment v1", context, keys.commitment.bytes);
  return keys;
}

Sealer::Sealer(const SecretKey& pack_key, ByteView pack_header)
    : aead_(pack_key), pack_header_(pack_header.begin(), pack_header.end()) {}

void Sealer::seal(std::uint32_t ordinal, SealedKind kind, ByteView frame_header, ByteView plain,
                  ByteSpan out) {
  std::uint64_t& lowest_unused = lowest_unused_.at(static_cast<std::size_t>(kind));
  HF_CHECK(ordinal >= lowest_unused);
  lowest_unused = std::uint64_t{ordinal} + 1;
  const std::array<ByteView, 2> additional{pack_header_, frame_header};
  aead_.seal(nonce_of(ordinal, kind), additional, plain, out);
}

bool Sealer::open(std::uint32_t ordinal, SealedKind kind, ByteView frame_header, ByteView sealed,
                  ByteSpan out) {
  const std::array<ByteView, 2> additional{pack_header_, frame_header};
  return aead_.open(nonce_of(ordinal, kind), additional, sealed, out);
}

}  // namespace holdfast::codec

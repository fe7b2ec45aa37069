// SPDX-License-Identifier: Apache-2.0
#include "firmware/keys/slot.h"

#include <algorithm>
#include <string>

#include "firmware/keys/one_time_key.h"
#include "hal/base/password.h"

namespace holdfast::keys {

namespace {

constexpr Purpose kSlotPurpose{"holdfast slot v1", "holdfast slot commitment v1"};

constexpr std::size_t kLog2NOffset = 1;
constexpr std::size_t kSaltOffset = 32;
constexpr std::size_t kSaltSize = 32;
constexpr std::size_t kCommitmentOffset = 64;
constexpr std::size_t kCommitmentSize = 32;
constexpr std::size_t kSealedOffset = 96;
constexpr std::size_t kSealedSize = 48;

Error damaged() {
  return make_error(ErrorCode::damaged, {}, {{"what", "slot"}});
}

Result<SecretKey> slot_secret(const SlotBytes& slot, ByteView credential) {
  const ByteView bytes = slot;
  const auto type = static_cast<SlotType>(bytes[0]);
  if (type == SlotType::passphrase) {
    return scrypt(credential, bytes.subspan(kSaltOffset, kSaltSize), bytes[kLog2NOffset]);
  }
  HF_CHECK(credential.size() == SecretKey::kSize);
  return SecretKey(credential);
}

Result<OneTimeKey> slot_key(const SlotBytes& slot, ByteView credential) {
  HF_TRY(const SecretKey secret, slot_secret(slot, credential));
  return OneTimeKey(secret.view(), ByteView(slot).subspan(kSaltOffset, kSaltSize), kSlotPurpose);
}

std::array<ByteView, 2> additional_of(const BoxId& box, const SlotBytes& slot) {
  return {box.view(), ByteView(slot).first(kSealedOffset)};
}

void copy_to(SlotBytes& slot, std::size_t offset, ByteView bytes) {
  std::copy(bytes.begin(), bytes.end(), slot.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

Result<SlotBytes> make_slot(const SlotInfo& info, const BoxId& box, ByteView credential,
                            std::uint8_t scrypt_log2_n, const SecretKey& root_key,
                            ports::Random& random) {
  const bool stretched = info.type == SlotType::passphrase;
  Bytes head;
  ByteWriter writer(head);
  writer.u8(static_cast<std::uint8_t>(info.type));
  writer.u8(stretched ? scrypt_log2_n : 0);
  writer.u8(stretched ? kScryptR : 0);
  writer.u8(stretched ? kScryptP : 0);
  writer.u32(info.number);
  writer.i64(info.made.ns);
  writer.u16(info.share_set);
  writer.u8(info.shares.needed);
  writer.u8(info.shares.made);

  SlotBytes slot{};
  copy_to(slot, 0, head);
  copy_to(slot, kSaltOffset, random.array<kSaltSize>());
  HF_TRY(const OneTimeKey key, slot_key(slot, credential));
  copy_to(slot, kCommitmentOffset, key.commitment().view());
  copy_to(slot, kSealedOffset, key.seal(additional_of(box, slot), root_key.view()));
  return slot;
}

Result<SlotInfo> read_slot(const SlotBytes& slot) {
  ByteReader reader(slot);
  SlotInfo info;
  const std::uint8_t type = reader.u8();
  const std::uint8_t log2_n = reader.u8();
  const std::uint8_t r = reader.u8();
  const std::uint8_t p = reader.u8();
  info.number = reader.u32();
  info.made.ns = reader.i64();
  info.share_set = reader.u16();
  info.shares.needed = reader.u8();
  info.shares.made = reader.u8();
  bool right = reader.zeros(12);
  (void)reader.raw(kSaltSize + kCommitmentSize + kSealedSize);
  right = reader.zeros(48) && right;

  if (type < static_cast<std::uint8_t>(SlotType::machine) ||
      type > static_cast<std::uint8_t>(SlotType::tpm)) {
    return damaged();
  }
  info.type = static_cast<SlotType>(type);
  const bool right_shares = info.type == SlotType::recovery
                                ? info.shares.valid() && info.share_set <= kShareSetMax
                                : info.share_set == 0 && info.shares == ShareCount{0, 0};
  if (!right_shares) return damaged();
  if (info.type != SlotType::passphrase) {
    if (!right || log2_n != 0 || r != 0 || p != 0) return damaged();
    return info;
  }
  if (!right || r != kScryptR || p != kScryptP) return damaged();
  if (log2_n < kScryptLog2NMin || log2_n > kScryptLog2NMax) {
    return make_error(ErrorCode::limit_exceeded, {},
                      {{"what", "scrypt"}, {"limit", std::to_string(kScryptLog2NMax)}});
  }
  return info;
}

std::uint8_t scrypt_cost(const SlotBytes& slot) {
  return slot[kLog2NOffset];
}

Result<SecretKey> open_slot(const SlotBytes& slot, const BoxId& box, ByteView credential) {
  HF_TRY(const OneTimeKey key, slot_key(slot, credential));
  const ByteView bytes = slot;
  HF_TRY(const SecretBytes root_key,
         key.open(bytes.subspan(kCommitmentOffset, kCommitmentSize), additional_of(box, slot),
                  bytes.subspan(kSealedOffset, kSealedSize)));
  return SecretKey(root_key.view());
}

}  // namespace holdfast::keys

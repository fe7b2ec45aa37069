// SPDX-License-Identifier: Apache-2.0
// One slot of a keyring: the root key sealed under a secret that somebody keeps (docs/formats.md,
// section 3).
//
//   0     1         4        8      16       20     32     64           96                144   192
//   | type | scrypt | number | made | shares | zero | salt | commitment | sealed root key | zero |
//
// A slot does not depend on the keyring's generation: it is carried over unopened.
#pragma once

#include <array>
#include <cstdint>

#include "firmware/keys/shares.h"
#include "hal/base/bytes.h"
#include "hal/base/id.h"
#include "hal/base/secret.h"
#include "hal/base/time.h"
#include "hal/ports/random.h"

namespace holdfast::keys {

enum class SlotType : std::uint8_t { machine = 1, passphrase = 2, recovery = 3, tpm = 4 };

struct SlotInfo {
  SlotType type = SlotType::machine;
  std::uint32_t number = 0;
  Timestamp made;
  ShareCount shares = {0, 0};  // of recovery slots
  std::uint16_t share_set = 0;
};

inline constexpr std::size_t kSlotSize = 192;
inline constexpr std::uint8_t kScryptLog2NMin = 10;
inline constexpr std::uint8_t kScryptLog2NMax = 20;  // 1 GiB

using SlotBytes = std::array<std::uint8_t, kSlotSize>;

// `credential`: the 32 bytes of machine.key or of the shares' secret, or the passphrase.
// `scrypt_log2_n` counts for passphrases only, kScryptLog2NMin to kScryptLog2NMax. out_of_memory if
// scrypt gets none.
[[nodiscard]] Result<SlotBytes> make_slot(const SlotInfo& info, const BoxId& box,
                                          ByteView credential, std::uint8_t scrypt_log2_n,
                                          const SecretKey& root_key, ports::Random& random);

// Structure and caps, without any secret: damaged, or limit_exceeded for a scrypt cost that would
// block the box.
[[nodiscard]] Result<SlotInfo> read_slot(const SlotBytes& slot);

// scrypt log2 N; 0 where it is no passphrase.
[[nodiscard]] std::uint8_t scrypt_cost(const SlotBytes& slot);

// The root key. The slot must have passed read_slot(). wrong_key: made with another credential, or
// the salt or commitment is damaged (which nobody can tell apart); damaged: the rest.
[[nodiscard]] Result<SecretKey> open_slot(const SlotBytes& slot, const BoxId& box,
                                          ByteView credential);

}  // namespace holdfast::keys

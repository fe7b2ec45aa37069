// SPDX-License-Identifier: Apache-2.0
// The keyring: what opens a box and cannot be had again (docs/formats.md, section 3).
//
//   slot secret --(slot)--> root key --(payload)--> signing seed, box key, id keys of businesses
//
// A removed slot leaves copies that open with it, so that a removal makes a new root key: renew().
//
// Epoch keys are not in it: they are wrapped to the box key (wrap.h). A Keyring is a value of the
// opened content; writing it to disks is the vault's work. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "firmware/keys/signer.h"
#include "firmware/keys/slot.h"
#include "hal/base/id.h"
#include "hal/base/secret.h"
#include "hal/base/time.h"
#include "hal/ports/random.h"

namespace holdfast::keys {

enum class BusinessMode : std::uint8_t { convenience = 1, write_only = 2 };
enum class BusinessState : std::uint8_t { live = 1, removed = 2 };

struct FormerSigner {
  std::uint32_t incarnation = 0;
  PublicKey key{};
};

struct BusinessKeys {
  BusinessId id;
  std::string name;
  SecretKey id_key;
  BusinessMode mode = BusinessMode::convenience;
  BusinessState state = BusinessState::live;
};

struct KeyringContent {
  SecretKey signing_seed;
  SecretKey box_key;                       // X25519 private
  std::vector<SecretKey> former_box_keys;  // newest first: wraps of before a removal
  std::uint32_t incarnation = 1;
  std::vector<FormerSigner> former_signers;
  PoolId pool;  // null: no pool yet
  std::vector<BusinessKeys> businesses;
};

// scrypt cost of new passphrase slots; tests use less. N = 2^17, r = 8: 134 MiB while it runs.
inline constexpr std::uint8_t kScryptLog2N = 17;
inline constexpr std::uint64_t kKeyringSizeMax = 2 * kMiB;
inline constexpr std::size_t kSlotsMax = 16;
inline constexpr std::size_t kBusinessesMax = 65536;
inline constexpr std::size_t kBusinessNameSizeMax = 255;
inline constexpr std::size_t kRemovalsMax = 255;

// A slot that stays when another is removed, and what opens it.
struct KeptSlot {
  std::uint32_t number = 0;
  SecretBytes credential;  // as make_slot() takes it
};

class Keyring {
 public:
  // A new box with random keys and no slot yet.
  [[nodiscard]] static Keyring create(ports::Random& random);

  // Opens by the 32 bytes of machine.key. wrong_key: no machine slot opens with it; no_key: there
  // is no machine slot; damaged, truncated, unsupported_*: the file itself.
  [[nodiscard]] static Result<Keyring> open_with_machine_key(ByteView file, const SecretKey& key);
  // wrong_passphrase if no passphrase slot opens with it; no_key if there is none; the file's
  // errors as above; out_of_memory. Takes about a second and 134 MiB a slot.
  [[nodiscard]] static Result<Keyring> open_with_passphrase(ByteView file, ByteView passphrase);

  // By the secret that combine_shares() gives. wrong_key: no recovery slot opens with it; no_key:
  // there is none; the file's errors as above.
  [[nodiscard]] static Result<Keyring> open_with_share_secret(ByteView file,
                                                              const SecretKey& secret);

  // limit_exceeded with kSlotsMax slots. A new slot counts from the next serialize() on.
  [[nodiscard]] Result<void> add_machine_slot(const SecretKey& machine_key, Timestamp now,
                                              ports::Random& random);
  // invalid_argument for an empty passphrase or a cost outside kScryptLog2NMin to kScryptLog2NMax.
  [[nodiscard]] Result<void> add_passphrase_slot(ByteView passphrase, Timestamp now,
                                                 ports::Random& random,
                                                 std::uint8_t scrypt_log2_n = kScryptLog2N);
  // `count` must be valid: the split of that secret which `set` names.
  [[nodiscard]] Result<void> add_recovery_slot(const SecretKey& secret, ShareCount count,
                                               std::uint16_t set, Timestamp now,
                                               ports::Random& random);

  // Ok if that slot, which must be there, opens with the credential. wrong_key, damaged.
  [[nodiscard]] Result<void> check_slot(std::uint32_t number, ByteView credential) const;
  // Slots are removed: a new root key, which only the slots of `kept` open, each as before, and a
  // new box key for what is sealed from now on. All other slots are gone. Counts from the next
  // serialize() on; nothing is changed by an error: what check_slot() says, out_of_memory,
  // limit_exceeded with kRemovalsMax removals.
  [[nodiscard]] Result<void> renew(std::span<const KeptSlot> kept, ports::Random& random);

  // Recovery: a new incarnation of the box with a signing key of its own, which trusts the former
  // one. Where there is no room for a new slot the oldest machine slot makes it.
  void begin_incarnation(ports::Random& random);
  // The next generation will be above this one as well.
  void raise_generation(std::uint64_t generation);

  // The file of the next generation; generation() is that one from then on. There must be a slot,
  // and the content must keep the caps above.
  [[nodiscard]] Bytes serialize(ports::Random& random);

  // The generation of another file of this box, before or after any removal and whoever has a slot
  // in it. Nothing: another box's, or rot.
  [[nodiscard]] std::optional<std::uint64_t> generation_of(ByteView file) const;
  // Our root key, or one before it, opens that file whole. Not of one that comes after a removal.
  [[nodiscard]] bool opens(ByteView file) const;
  // That file comes after a removal which took our root key out, whatever its generation says.
  [[nodiscard]] bool is_followed_by(ByteView file) const;
  // That file has the generation of `own`, a whole file of ours, and another home of this box made
  // it: one home writes no two of them. Only what opens, or proves, counts. Rot cannot look like
  // it.
  [[nodiscard]] bool is_forked_by(ByteView file, ByteView own) const;
  // Of a file that opens().
  [[nodiscard]] std::optional<std::uint32_t> incarnation_of(ByteView file) const;

  [[nodiscard]] const BoxId& box() const { return box_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] std::vector<SlotInfo> slots() const;
  // Those that a file names, whatever opens it: nothing of them is proved. The file's errors.
  [[nodiscard]] static Result<std::vector<SlotInfo>> slots_of(ByteView file);
  // Number of the slot that opened it; 0: it was created.
  [[nodiscard]] std::uint32_t opened_by() const { return opened_by_; }
  [[nodiscard]] KeyringContent& content() { return content_; }
  [[nodiscard]] const KeyringContent& content() const { return content_; }
  // Own public key first, then the former ones.
  [[nodiscard]] std::vector<PublicKey> trusted_signers() const;
  [[nodiscard]] const BusinessKeys* find_business(std::string_view name) const;  // live only

 private:
  Keyring() = default;
  static Result<Keyring> open(ByteView file, SlotType type, ByteView credential);
  // Gives the slot its number.
  Result<void> add_slot(SlotInfo info, ByteView credential, ports::Random& random,
                        std::uint8_t scrypt_log2_n);
  [[nodiscard]] const SlotBytes* find_slot(std::uint32_t number) const;

  BoxId box_;
  std::uint64_t generation_ = 0;
  SecretKey root_key_;
  std::vector<SecretKey> former_root_keys_;  // oldest first
  std::vector<SlotBytes> slots_;
  std::uint32_t next_slot_ = 1;  // above every number that was ever given
  std::uint32_t opened_by_ = 0;
  KeyringContent content_;
};

// Generation and box of a keyring file without opening it: to choose among copies.
struct KeyringHead {
  BoxId box;
  std::uint64_t generation = 0;
};
[[nodiscard]] Result<KeyringHead> read_keyring_head(ByteView file);

}  // namespace holdfast::keys

// SPDX-License-Identifier: Apache-2.0
// A keyring and a wrap as anybody may write them: read or refused, and nothing opens them that is
// not their key. And as whoever has the keys may: a payload of any bytes, sealed as it must be, and
// a wrap with any fields, signed; what is taken is written again and opens again.
#include <algorithm>
#include <cstddef>

#include "firmware/keys/keyring.h"
#include "firmware/keys/one_time_key.h"
#include "firmware/keys/slot.h"
#include "firmware/keys/wrap.h"
#include "tests/fuzz/forge.h"

namespace {

using namespace holdfast;

constexpr std::size_t kTagSize = 16;
constexpr std::size_t kSignedWrapSize = 232;
constexpr keys::Purpose kPayload{"holdfast keyring v1", "holdfast keyring commitment v1"};

// The same bytes every time.
class SameRandom final : public ports::Random {
 public:
  void fill(ByteSpan out) override { std::ranges::fill(out, std::uint8_t{5}); }
};

const SecretKey& machine_key() {
  static const SecretKey key(std::array<std::uint8_t, 32>{3});
  return key;
}

// A keyring with one slot, which the machine key opens, around this payload.
Bytes keyring_around(ByteView payload, std::uint16_t version) {
  SameRandom random;
  const BoxId box{{1}};
  const SecretKey root_key(std::array<std::uint8_t, 32>{4});
  keys::SlotInfo info;
  info.number = 1;
  const auto slot = keys::make_slot(info, box, machine_key().view(), 0, root_key, random);
  const auto salt = random.array<32>();
  const keys::OneTimeKey key(root_key.view(), salt, kPayload);
  Bytes file;
  ByteWriter writer(file);
  writer.raw(view_of(std::string_view("HF.KEYRG")));
  writer.u16(version);
  writer.u8(1);  // suite
  writer.u8(1);  // slots
  writer.zeros(4);
  writer.u64(1);
  writer.raw(box.view());
  writer.zeros(24);
  writer.raw(*slot);
  writer.raw(salt);
  writer.raw(key.commitment().view());
  writer.u32(static_cast<std::uint32_t>(payload.size() + kTagSize));
  const ByteView additional = file;
  writer.raw(key.seal(std::span(&additional, 1), payload));
  return file;
}

void check_payload(ByteView payload, std::uint16_t version) {
  auto opened =
      keys::Keyring::open_with_machine_key(keyring_around(payload, version), machine_key());
  if (!opened) return;
  SameRandom random;
  const Bytes again = opened->serialize(random);
  HF_CHECK(keys::Keyring::open_with_machine_key(again, machine_key()).has_value());
}

void check_wrap(ByteView bytes) {
  Bytes wrap(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(
                                                std::min(bytes.size(), kSignedWrapSize - 32)));
  wrap.resize(kSignedWrapSize - 32);
  ByteWriter writer(wrap);
  writer.raw(fuzz::signer().public_key());
  writer.raw(fuzz::signer().sign("holdfast wrap v1", wrap));
  const std::array<keys::PublicKey, 1> trusted{fuzz::signer().public_key()};
  const auto identity = keys::read_wrap(wrap, trusted);
  if (identity) HF_CHECK(identity->version > 0);
  HF_CHECK(!keys::open_wrap(wrap, machine_key(), trusted).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const std::array<keys::PublicKey, 1> trusted{fuzz::signer().public_key()};
  static_cast<void>(keys::read_keyring_head(bytes).has_value());
  HF_CHECK(!keys::Keyring::open_with_machine_key(bytes, machine_key()).has_value());
  HF_CHECK(!keys::open_wrap(bytes, machine_key(), trusted).has_value());
  for (const std::uint16_t version : {std::uint16_t{1}, std::uint16_t{2}}) {
    check_payload(bytes, version);
    // The version comes first, and fewer tries are needed with it.
    Bytes payload;
    ByteWriter writer(payload);
    writer.u16(version);
    writer.raw(bytes);
    check_payload(payload, version);
  }
  check_wrap(bytes);
  return 0;
}

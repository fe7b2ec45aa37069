// SPDX-License-Identifier: Apache-2.0
// A keyring and a wrap as anybody may write them: read or refused, and nothing opens them that is
// not their key.
#include <cstddef>

#include "firmware/keys/keyring.h"
#include "firmware/keys/wrap.h"
#include "tests/fuzz/forge.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const SecretKey key(std::array<std::uint8_t, 32>{3});
  const std::array<keys::PublicKey, 1> trusted{fuzz::signer().public_key()};
  static_cast<void>(keys::read_keyring_head(bytes).has_value());
  HF_CHECK(!keys::Keyring::open_with_machine_key(bytes, key).has_value());
  HF_CHECK(!keys::open_wrap(bytes, key, trusted).has_value());
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Recovery shares: a secret cut in parts of which some number brings it back and fewer tell nothing
// (SLIP-39: one group, any of its tools can combine them; docs/formats.md, section 12).
//
//   secret --Feistel, PBKDF2--> value --Shamir, GF(256)--> share 1..n --RS1024--> words
//
// Pure: no I/O, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hal/base/bytes.h"
#include "hal/base/result.h"
#include "hal/base/secret.h"
#include "hal/ports/random.h"

namespace holdfast::keys {

inline constexpr std::size_t kSharesMax = 16;
inline constexpr std::uint16_t kShareSetMax = 0x7fff;

// `needed` of `made` shares bring the secret back.
struct ShareCount {
  std::uint8_t needed = 2;
  std::uint8_t made = 3;

  // 1 <= needed <= made <= kSharesMax; with one needed, one is made (the standard's rule: copies of
  // a share are no shares).
  [[nodiscard]] bool valid() const;
  bool operator==(const ShareCount&) const = default;
};

struct SplitSecret {
  std::uint16_t set = 0;           // the same in all shares of one split, random
  std::vector<SecretBytes> lines;  // of share 1, 2, …: words with one space between, no newline
};

// `secret`: an even number of bytes, at least 16; `count` must be valid.
[[nodiscard]] SplitSecret split_secret(ByteView secret, ShareCount count, ports::Random& random);

// One share, its words read and its checksum right.
struct Share {
  std::uint16_t set = 0;
  bool extendable = true;
  std::uint8_t exponent = 1;  // of the iterations
  std::uint8_t needed = 1;
  std::uint8_t index = 0;  // share number index + 1
  SecretBytes value;
};

// Words in any case with any white space between. share_word with the nearest one, share_checksum,
// share_length, share_form.
[[nodiscard]] Result<Share> parse_share(ByteView text);

// The secret, from as many shares as are needed or more. Of two given that do not fit: share_sets,
// share_twice with {number} and {first}, {second} (their places in `shares`, from 1);
// too_few_shares; shares_disagree: they carry one set's number and give no secret; limit_exceeded:
// more iterations than anybody would wait for. Takes a few milliseconds.
[[nodiscard]] Result<SecretBytes> combine_shares(std::span<const Share> shares,
                                                 ByteView passphrase = {});

}  // namespace holdfast::keys

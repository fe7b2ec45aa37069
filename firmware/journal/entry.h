// SPDX-License-Identifier: Apache-2.0
// One journal entry: a public part that names new packs, a sealed body, a signature
// (docs/formats.md, section 8).
//
//   +------------------+-------------+-----------+-------------+-----+
//   | frame header, 24 | public part | signature | sealed part | CRC |
//   +------------------+-------------+-----------+-------------+-----+
//
// The public part says what everybody may know and is chained to the entry before; its signature
// vouches for the sealed part by digest, so that a prune may drop that and the chain still holds.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "firmware/journal/body.h"
#include "firmware/keys/signer.h"
#include "firmware/pack/format.h"
#include "hal/base/bytes.h"
#include "hal/base/digest.h"
#include "hal/base/id.h"
#include "hal/base/time.h"
#include "hal/ports/random.h"

namespace holdfast::journal {

inline constexpr std::string_view kEntryMagic = "HFEN";
inline constexpr std::size_t kFrameHeaderSize = 24;
inline constexpr std::uint64_t kPartSizeMax = 64 * kMiB;  // public part, sealed part

enum class EntryKind : std::uint8_t {
  snapshot = 1,
  delta = 2,
  policy = 3,
  tag = 4,
  hold = 5,
  release = 6,
  prune = 7,
  receipt = 8,
  proof = 9,
  takeover = 10,
};

struct NewPack {
  Digest name;
  std::uint64_t size = 0;
  std::uint32_t epoch = 0;
  std::uint32_t retention_class = 0;
  pack::PackKind kind = pack::PackKind::content;

  bool operator==(const NewPack&) const = default;
};

struct Entry {
  EntryKind kind = EntryKind::snapshot;
  std::uint32_t key_epoch = 0;
  std::uint32_t incarnation = 1;
  std::uint64_t number = 0;
  Timestamp time;
  BusinessId business;
  Digest previous;
  std::vector<NewPack> new_packs;
  keys::PublicKey signer{};
  keys::Signature signature{};

  Digest digest;      // identity: of all that is public, the signature with it
  Bytes public_part;  // as signed
  Bytes sealed;       // empty with sealed_dropped
  bool sealed_dropped = false;
};

struct EntryDraft {
  EntryKind kind = EntryKind::snapshot;
  std::uint32_t key_epoch = 0;
  std::vector<NewPack> new_packs;
  Bytes body;  // plain
};

// Fields that the chain gives to a draft.
struct EntryPlace {
  BusinessId business;
  std::uint32_t incarnation = 1;
  Head previous;
  Timestamp time;
};

// The entry's whole frame as it stands in a segment.
[[nodiscard]] Bytes encode_entry(const EntryDraft& draft, const EntryPlace& place,
                                 const SecretKey& meta_key, const keys::Signer& signer,
                                 ports::Random& random);

// Parses and checks the frame at the front of `bytes`: structure, CRC, digest of the sealed part;
// not whose it is. `frame_size` gets its length as soon as the frame header is right. truncated:
// the bytes end before the frame does; bad_magic, damaged, limit_exceeded; unsupported_*: an
// undamaged frame of a newer writer.
[[nodiscard]] Result<Entry> parse_unproved_entry(ByteView bytes, std::size_t& frame_size);
// True if a trusted signer signed it.
[[nodiscard]] bool is_signed(const Entry& entry, keys::TrustedSigners trusted);
// Both: bad_signature, too.
[[nodiscard]] Result<Entry> parse_entry(ByteView bytes, keys::TrustedSigners trusted,
                                        std::size_t& frame_size);

// The sealed part, opened. wrong_key if the commitment is another key's; not_found if dropped.
[[nodiscard]] Result<Bytes> open_body(const Entry& entry, const SecretKey& meta_key);

}  // namespace holdfast::journal

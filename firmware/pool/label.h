// SPDX-License-Identifier: Apache-2.0
// Labels: how a disk is known (docs/formats.md, section 7). The record is the same on all members;
// the disk part says which member this one is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "firmware/keys/signer.h"
#include "hal/base/bytes.h"
#include "hal/base/digest.h"
#include "hal/base/id.h"

namespace holdfast::pool {

enum class MemberState : std::uint8_t { member = 1, leaving = 2, retired = 3, lost = 4 };
enum class GeometryPolicy : std::uint8_t { automatic = 0, half = 1, fixed = 2 };

inline constexpr std::size_t kMembersMax = 32;
inline constexpr std::size_t kPlaceSizeMax = 1024;  // bytes; so that 32 members fit in a record
inline constexpr std::size_t kSerialSizeMax = 255;
inline constexpr std::size_t kRecordSizeMax = 64 * 1024;
inline constexpr std::size_t kLabelSizeMax = kRecordSizeMax + 16 + 64 + 4;

struct Member {
  DiskId disk;
  MemberState state = MemberState::member;
  std::uint32_t slot = 0;
  std::uint64_t capacity = 0;  // bytes
  std::uint64_t joined = 0;    // label epoch
  std::string place;           // where it was mounted: a hint, not stored if over kPlaceSizeMax
  std::string serial;          // a hint, not stored if over kSerialSizeMax
};

struct LabelRecord {
  PoolId pool;
  BoxId box;
  std::uint32_t incarnation = 1;
  std::uint64_t epoch = 1;
  std::array<std::uint8_t, 32> nonce{};
  Digest previous;  // zeros: the first record
  GeometryPolicy policy = GeometryPolicy::automatic;
  std::uint8_t k = 1;
  std::uint8_t m = 0;
  bool same_device_allowed = false;
  std::uint64_t disk_reserve = 0;  // bytes on each disk that backups do not write
  std::uint64_t spare = 0;         // bytes of the pool kept free to heal into
  std::vector<Member> members;

  [[nodiscard]] const Member* find(const DiskId& disk) const;
};

struct Label {
  LabelRecord record;
  Bytes record_bytes;  // as signed, signature included
  Digest record_digest;
  DiskId disk;
};

// The signed record alone: what home keeps as the witness, and what encode_label() embeds. One to
// kMembersMax members.
[[nodiscard]] Bytes encode_record(const LabelRecord& record, const keys::Signer& signer);
// `signer`: the one that signed the record.
[[nodiscard]] Bytes encode_label(ByteView record_bytes, const DiskId& disk,
                                 const keys::Signer& signer);
// bad_signature if not signed by a trusted one; else bad_magic, unsupported_*, truncated,
// limit_exceeded, or damaged (also if the disk is no member of its own record).
[[nodiscard]] Result<Label> parse_label(ByteView bytes, keys::TrustedSigners trusted);
// The same for a record alone; the label's disk is null.
[[nodiscard]] Result<Label> parse_record(ByteView bytes, keys::TrustedSigners trusted);

// Who signed the record, which has been parsed.
[[nodiscard]] keys::PublicKey record_signer(ByteView record_bytes);

// Whose label it is, without proof: to tell a foreign disk from a damaged one.
[[nodiscard]] Result<PoolId> peek_pool(ByteView label_bytes);

}  // namespace holdfast::pool

// SPDX-License-Identifier: Apache-2.0
// Segments: the files of a journal on one disk (docs/formats.md, section 8).
//
//   journal/<business>/<first number>[-<attempt>].segment
//
//   +-------------+-------+-------+-----+-------+
//   | header, 176 | entry | entry | ... | entry |      only ever appended to
//   +-------------+-------+-------+-----+-------+
//
// A segment gets its name when its header and first entry are durable, so one that cannot be read
// is damaged, never half made. What follows a frame that cannot be read is never appended to; if
// the name of a new segment is taken, the next attempt is its name.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "firmware/journal/entry.h"
#include "firmware/keys/signer.h"
#include "hal/ports/disk.h"

namespace holdfast::journal {

inline constexpr std::size_t kSegmentHeaderSize = 176;
inline constexpr std::uint64_t kSegmentFileSizeMax = 256 * kMiB;

struct SegmentName {
  std::uint64_t first = 0;  // number of the first entry
  std::uint8_t attempt = 0;

  auto operator<=>(const SegmentName&) const = default;
};

// "journal/<business>" and "journal/<business>/<name>.segment".
[[nodiscard]] std::string journal_directory(const BusinessId& business);
[[nodiscard]] std::string segment_path(const BusinessId& business, const SegmentName& name);
// What its file is called, without folders; nothing if it is no segment's name.
[[nodiscard]] std::optional<SegmentName> parse_segment_name(std::string_view text);
// The name of a new segment on a disk that has those, rising: the first attempt that is not taken.
// already_exists if all are.
[[nodiscard]] Result<SegmentName> free_name(const std::vector<SegmentName>& taken,
                                            std::uint64_t first);

// The names of a disk's segments, rising; empty if it has no journal of this business. Names that
// are not ours are left alone.
[[nodiscard]] Result<std::vector<SegmentName>> list_segments(ports::Disk& disk,
                                                             const BusinessId& business);

struct SegmentHeader {
  std::uint32_t incarnation = 1;
  BusinessId business;
  std::uint64_t first = 0;
  Digest previous;  // of the entry before the first; zeros: none
  Timestamp time;
};

[[nodiscard]] Bytes encode(const SegmentHeader& header, const keys::Signer& signer);
// A whole segment: the header that `first` asks for, and the frames of `first` and those after it.
[[nodiscard]] Bytes encode_segment(const BusinessId& business, const Entry& first, ByteView frames,
                                   const keys::Signer& signer);
// truncated, bad_magic, unsupported_*, damaged, bad_signature.
[[nodiscard]] Result<SegmentHeader> parse_segment_header(ByteView bytes,
                                                         keys::TrustedSigners trusted);

struct StoredEntry {
  Entry entry;
  std::size_t position = 0;  // of its frame in Segment::bytes
  std::size_t size = 0;
};

struct Segment {
  Bytes bytes;
  std::vector<StoredEntry> entries;  // all that are proved, those behind damage too; numbers rise
  std::size_t sound = 0;             // how many of them stand before any that cannot be read
  bool damaged = false;              // header, an entry or the end cannot be read
  bool header_damaged = false;       // the header; an entry or the end may be, too
  std::optional<Digest> previous;    // of the entry before the first, by an intact header

  [[nodiscard]] const StoredEntry* find(std::uint64_t number) const;
  [[nodiscard]] ByteView frame(const StoredEntry& stored) const {
    return ByteView(bytes).subspan(stored.position, stored.size);
  }
};

// How entries are proved to be ours. An entry names the one before it by a digest of all of that
// one's public part (which has the digest of its sealed part) and of its signature. So a signature
// that is checked vouches for that very entry and for every one that leads up to it: to put another
// one in the place of any of them is to find a second preimage of SHA-256, or to sign as one of us.
// Checking the signature of an entry that is so vouched for would prove nothing more. An entry that
// nothing right names, the newest one above all, is always checked itself.
enum class Signatures {
  needed,  // of entries that no proved entry names: one in a whole segment, whatever its length
  every,
};

// Reads a whole segment and checks frames, signatures and the chain inside. Damage, and entries
// that are not proved, are no error but are stepped over. chain_broken: proved entries that do not
// follow one another; unsupported_*: written by a newer version; limit_exceeded: larger than any
// segment; errors of the disk.
[[nodiscard]] Result<Segment> load_segment(ports::Disk& disk, const BusinessId& business,
                                           const SegmentName& name, keys::TrustedSigners trusted,
                                           Signatures signatures);

}  // namespace holdfast::journal

// SPDX-License-Identifier: Apache-2.0
#include "firmware/journal/segment.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "hal/base/bytes.h"

namespace holdfast::journal {

namespace {

constexpr std::string_view kMagic = "HF.SEGMT";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint8_t kSuite = 1;
constexpr std::size_t kSignedSize = 112;
constexpr std::string_view kContext = "holdfast segment v1";
constexpr std::string_view kSuffix = ".segment";
constexpr std::size_t kFirstDigits = 16;
constexpr std::size_t kAttemptDigits = 2;

// Lower-case hex of exactly that many digits.
template <class Number>
bool take_hex(std::string_view& text, std::size_t digits, Number& out) {
  if (text.size() < digits) return false;
  const std::string_view number = text.substr(0, digits);
  if (number.find_first_not_of("0123456789abcdef") != std::string_view::npos) return false;
  std::from_chars(number.data(), number.data() + digits, out, 16);
  text.remove_prefix(digits);
  return true;
}

// Reads the entries of one segment: first whatever is a frame, then which of these are proved, from
// the last to the first, then whether they follow one another.
class Scan {
 public:
  Scan(Segment& segment, const BusinessId& business, std::uint64_t first,
       keys::TrustedSigners trusted, Signatures signatures)
      : segment_(segment),
        business_(business),
        trusted_(trusted),
        signatures_(signatures),
        expected_(first) {}

  Result<void> run() {
    read_header();
    while (position_ < segment_.bytes.size()) HF_TRY(read_frame());
    if (newer_ && found_.empty()) return std::move(*newer_);
    prove();
    for (Found& found : found_) HF_TRY(take(found));
    if (after_gap_) note_gap();
    if (!gap_seen_) segment_.sound = segment_.entries.size();
    return {};
  }

 private:
  struct Found {
    StoredEntry stored;
    bool after_gap = false;  // bytes before it could not be read
    bool proved = false;
  };

  // A damaged header hides no entry: each is proved without it, and where they begin is fixed. So a
  // version that is not ours is a newer writer's only if there is no entry of ours.
  void read_header() {
    auto header = parse_segment_header(segment_.bytes, trusted_);
    position_ = std::min(kSegmentHeaderSize, segment_.bytes.size());
    if (!header && is_newer(header.error())) newer_ = std::move(header.error());
    if (header && header->business == business_ && header->first == expected_) {
      previous_ = header->previous;
      segment_.previous = header->previous;
    } else {
      segment_.damaged = true;
      segment_.header_damaged = true;
    }
  }

  Result<void> read_frame() {
    const ByteView rest = ByteView(segment_.bytes).subspan(position_);
    std::size_t size = 0;
    auto entry = parse_unproved_entry(rest, size);
    if (!entry) {
      if (is_newer(entry.error())) return std::move(entry.error());
      step_over(rest, size);
      return {};
    }
    found_.push_back({{std::move(*entry), position_, size}, after_gap_});
    after_gap_ = false;
    position_ += size;
    return {};
  }

  // To the end of the frame if its header is right and says where that is, else to the next bytes
  // that look like a frame.
  void step_over(ByteView rest, std::size_t size) {
    after_gap_ = true;
    if (size == 0 || size > rest.size()) {
      size = std::min(text_of(rest).find(kEntryMagic, 1), rest.size());
    }
    position_ += size;
  }

  // See Signatures.
  void prove() {
    const Entry* next = nullptr;  // the nearest behind, if it is proved
    for (auto found = found_.rbegin(); found != found_.rend(); ++found) {
      const Entry& entry = found->stored.entry;
      const bool vouched_for = signatures_ == Signatures::needed && next != nullptr &&
                               next->number == entry.number + 1 && next->previous == entry.digest;
      found->proved = vouched_for || is_signed(entry, trusted_);
      next = found->proved ? &entry : nullptr;
    }
  }

  Result<void> take(Found& found) {
    if (found.after_gap || !found.proved) note_gap();
    if (!found.proved) return {};
    const Entry& entry = found.stored.entry;
    HF_TRY(check(entry));
    expected_ = entry.number + 1;
    previous_ = entry.digest;
    gap_ = false;
    segment_.entries.push_back(std::move(found.stored));
    return {};
  }

  void note_gap() {
    if (!gap_seen_) segment_.sound = segment_.entries.size();
    segment_.damaged = true;
    gap_ = true;
    gap_seen_ = true;
  }

  Result<void> check(const Entry& entry) const {
    const bool follows =
        gap_ ? entry.number >= expected_
             : entry.number == expected_ && (!previous_ || entry.previous == *previous_);
    if (follows && entry.business == business_) return {};
    return make_error(ErrorCode::chain_broken, {}, {{"number", std::to_string(entry.number)}});
  }

  static bool is_newer(const Error& error) {
    return error.code == ErrorCode::unsupported_version ||
           error.code == ErrorCode::unsupported_suite;
  }

  Segment& segment_;
  BusinessId business_;
  keys::TrustedSigners trusted_;
  Signatures signatures_;
  std::size_t position_ = 0;
  std::vector<Found> found_;
  bool after_gap_ = false;  // bytes before position_ could not be read
  std::optional<Error> newer_;
  // While taking.
  std::uint64_t expected_;
  std::optional<Digest> previous_;
  bool gap_ = false;       // before the entry at hand
  bool gap_seen_ = false;  // anywhere
};

}  // namespace

std::optional<SegmentName> parse_segment_name(std::string_view text) {
  SegmentName name;
  if (!take_hex(text, kFirstDigits, name.first)) return std::nullopt;
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    if (!take_hex(text, kAttemptDigits, name.attempt) || name.attempt == 0) return std::nullopt;
  }
  if (text != kSuffix || name.first == 0) return std::nullopt;
  return name;
}

std::string journal_directory(const BusinessId& business) {
  return "journal/" + business.hex();
}

std::string segment_path(const BusinessId& business, const SegmentName& name) {
  char text[32];
  if (name.attempt == 0) {
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(name.first));
  } else {
    std::snprintf(text, sizeof text, "%016llx-%02x", static_cast<unsigned long long>(name.first),
                  name.attempt);
  }
  return journal_directory(business) + "/" + text + std::string(kSuffix);
}

Result<std::vector<SegmentName>> list_segments(ports::Disk& disk, const BusinessId& business) {
  std::vector<SegmentName> names;
  const auto listed = disk.list(journal_directory(business));
  if (!listed) {
    if (listed.error().code == ErrorCode::not_found) return names;
    return listed.error();
  }
  for (const ports::DirectoryEntry& entry : *listed) {
    const auto name = parse_segment_name(entry.name);
    if (name && !entry.is_directory) names.push_back(*name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<SegmentName> free_name(const std::vector<SegmentName>& taken, std::uint64_t first) {
  SegmentName name{first, 0};
  while (std::binary_search(taken.begin(), taken.end(), name)) {
    if (++name.attempt == 0) return make_error(ErrorCode::already_exists);
  }
  return name;
}

Bytes encode(const SegmentHeader& header, const keys::Signer& signer) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(view_of(kMagic));
  writer.u16(kVersion);
  writer.u8(kSuite);
  writer.u8(0);
  writer.u32(header.incarnation);
  writer.raw(header.business.view());
  writer.u64(header.first);
  writer.raw(header.previous.view());
  writer.i64(header.time.ns);
  writer.raw(signer.public_key());
  HF_CHECK(bytes.size() == kSignedSize);
  const keys::Signature signature = signer.sign(kContext, bytes);
  writer.raw(signature);
  return bytes;
}

Bytes encode_segment(const BusinessId& business, const Entry& first, ByteView frames,
                     const keys::Signer& signer) {
  Bytes bytes = encode(SegmentHeader{.incarnation = first.incarnation,
                                     .business = business,
                                     .first = first.number,
                                     .previous = first.previous,
                                     .time = first.time},
                       signer);
  ByteWriter(bytes).raw(frames);
  return bytes;
}

Result<SegmentHeader> parse_segment_header(ByteView bytes, keys::TrustedSigners trusted) {
  ByteReader reader(bytes);
  if (bytes.size() < kSegmentHeaderSize) return make_error(ErrorCode::truncated);
  if (text_of(reader.raw(kMagic.size())) != kMagic) return make_error(ErrorCode::bad_magic);
  if (const std::uint16_t version = reader.u16(); version != kVersion) {
    return make_error(ErrorCode::unsupported_version, {}, {{"version", std::to_string(version)}});
  }
  if (const std::uint8_t suite = reader.u8(); suite != kSuite) {
    return make_error(ErrorCode::unsupported_suite, {}, {{"suite", std::to_string(suite)}});
  }
  const bool zero = reader.zeros(1);
  SegmentHeader header;
  header.incarnation = reader.u32();
  header.business.bytes = reader.array<16>();
  header.first = reader.u64();
  header.previous.bytes = reader.array<32>();
  header.time.ns = reader.i64();
  const auto signer = reader.array<32>();
  const auto signature = reader.array<64>();
  if (!zero || header.first == 0) {
    return make_error(ErrorCode::damaged, {}, {{"what", "segment header"}});
  }
  if (!keys::is_trusted(trusted, signer) ||
      !keys::verify(signer, kContext, bytes.first(kSignedSize), signature)) {
    return make_error(ErrorCode::bad_signature);
  }
  return header;
}

const StoredEntry* Segment::find(std::uint64_t number) const {
  const auto found = std::lower_bound(
      entries.begin(), entries.end(), number,
      [](const StoredEntry& stored, std::uint64_t wanted) { return stored.entry.number < wanted; });
  return found != entries.end() && found->entry.number == number ? &*found : nullptr;
}

Result<Segment> load_segment(ports::Disk& disk, const BusinessId& business, const SegmentName& name,
                             keys::TrustedSigners trusted, Signatures signatures) {
  Segment segment;
  const std::string path = segment_path(business, name);
  HF_TRY(segment.bytes, ports::load(disk, path, kSegmentFileSizeMax));
  auto scanned = Scan(segment, business, name.first, trusted, signatures).run();
  if (!scanned) {
    scanned.error().where = disk.name() + "/" + path;
    return std::move(scanned.error());
  }
  return segment;
}

}  // namespace holdfast::journal

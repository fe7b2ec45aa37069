// SPDX-License-Identifier: Apache-2.0
#include "firmware/pack/writer.h"

#include <algorithm>
#include <utility>

namespace holdfast::pack {

namespace {

// More than any geometry adds when it continues the pack with zeros to k shards of equal length:
// at most 32 of them, each rounded up to 64 bytes.
constexpr std::size_t kCodingSlack = std::size_t{32} * 64;

// Completes the header with a new salt and the commitment to the key that is returned.
SecretKey start_pack(const PackIdentity& identity, const SecretKey& epoch_key,
                     ports::Random& random, HeaderBytes& header) {
  PackHeader fields{identity, random.array<32>(), {}};
  header = encode(fields);
  const ByteView context = ByteView(header).first(kKeyContextSize);
  codec::PackKeys keys = codec::derive_pack_keys(epoch_key.view(), fields.salt, context);
  fields.commitment = keys.commitment;
  header = encode(fields);
  return std::move(keys.key);
}

}  // namespace

PackWriter::PackWriter(const PackIdentity& identity, const SecretKey& epoch_key,
                       ports::Random& random, Buffer memory, std::size_t capacity)
    : identity_(identity),
      sealer_(start_pack(identity, epoch_key, random, header_), header_),
      bytes_(std::move(memory)) {
  bytes_.clear();
  bytes_.reserve(capacity + kCodingSlack);
  bytes_.append(header_);
  running_digest_.update(header_);
}

std::uint64_t PackWriter::size_if_closed() const {
  return bytes_.size() + kFrameHeaderSize + index_.size() * kIndexRecordSize + kTagSize +
         kTrailerSize;
}

bool PackWriter::has_room(std::uint64_t plain_length, std::uint64_t size_max) const {
  if (plain_length > kPlainLengthMax) return false;
  if (empty()) return true;
  const std::uint64_t added = kFrameHeaderSize + plain_length + kTagSize + kIndexRecordSize;
  return index_.size() < kChunksMax && size_if_closed() + added <= std::min(size_max, kPackSizeMax);
}

ByteSpan PackWriter::prepare(std::size_t length) {
  HF_CHECK(length <= kPlainLengthMax);
  make_room(length);
  prepared_ = length;
  return {bytes_.data() + bytes_.size() + kFrameHeaderSize, length};
}

const IndexRecord& PackWriter::keep(const Digest& name, std::uint32_t length) {
  HF_CHECK(length <= prepared_);
  const ByteView plain{bytes_.data() + bytes_.size() + kFrameHeaderSize, length};
  return add_chunk(name, codec::Compression::none, plain, length);
}

const IndexRecord& PackWriter::append(const Digest& name, codec::Compression compression,
                                      ByteView stored, std::uint32_t plain_length) {
  HF_CHECK(stored.size() <= kPlainLengthMax && plain_length <= kPlainLengthMax);
  HF_CHECK(compression != codec::Compression::none || stored.size() == plain_length);
  make_room(stored.size());
  return add_chunk(name, compression, stored, plain_length);
}

ClosedPack PackWriter::close() {
  const Trailer trailer{bytes_.size(), static_cast<std::uint32_t>(index_.size())};
  const Bytes plain_index = encode_index(index_);
  const auto length = static_cast<std::uint32_t>(plain_index.size());
  make_room(plain_index.size() + kTrailerSize);
  seal_frame({FrameType::index, trailer.chunks, trailer.index_position, length, length,
              codec::Compression::none},
             plain_index);
  const Bytes trailer_bytes = encode(trailer);
  bytes_.append(trailer_bytes);
  running_digest_.update(trailer_bytes);
  HF_CHECK(bytes_.size() <= kPackSizeMax);
  return {running_digest_.finish(), header_, std::move(bytes_), std::move(index_)};
}

void PackWriter::make_room(std::size_t payload_length) {
  const std::size_t needed =
      bytes_.size() + kFrameHeaderSize + payload_length + kTagSize + kCodingSlack;
  // A caller that asks has_room() first gets here beyond the capacity with an empty pack only.
  if (needed > bytes_.capacity()) bytes_.reserve(std::max(needed, 2 * bytes_.capacity()));
}

const IndexRecord& PackWriter::add_chunk(const Digest& name, codec::Compression compression,
                                         ByteView stored, std::uint32_t plain_length) {
  HF_CHECK(index_.size() < kChunksMax);
  const auto ordinal = static_cast<std::uint32_t>(index_.size());
  const auto stored_length = static_cast<std::uint32_t>(stored.size());
  const std::uint64_t position = bytes_.size();
  seal_frame({FrameType::chunk, ordinal, position, stored_length, plain_length, compression},
             stored);
  return index_.emplace_back(name, position, stored_length, plain_length, compression);
}

void PackWriter::seal_frame(const FrameHeader& header, ByteView stored) {
  const std::size_t start = bytes_.size();
  const FrameHeaderBytes header_bytes = encode(header);
  bytes_.resize(start + kFrameHeaderSize + stored.size() + kTagSize);
  const ByteSpan frame = bytes_.span().subspan(start);
  std::ranges::copy(header_bytes, frame.begin());
  // The types have the same stored values in frame and nonce.
  sealer_.seal(header.ordinal, codec::SealedKind{static_cast<std::uint8_t>(header.type)},
               header_bytes, stored, frame.subspan(kFrameHeaderSize));
  running_digest_.update(frame);  // now, while it is warm in the cache
  prepared_ = 0;
}

}  // namespace holdfast::pack

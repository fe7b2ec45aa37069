// SPDX-License-Identifier: Apache-2.0
#include "firmware/pack/reader.h"

#include <string_view>
#include <utility>

namespace holdfast::pack {

namespace {

Error damaged(const char* what) {
  return make_error(ErrorCode::damaged, {}, {{"what", what}});
}

// Whether the frame's own header says what the index says.
bool agree(const FrameHeader& header, const IndexRecord& record) {
  return header.type == FrameType::chunk && header.position == record.position &&
         header.stored_length == record.stored_length &&
         header.plain_length == record.plain_length && header.compression == record.compression;
}

bool is_index_of(const Trailer& trailer, ByteView frame) {
  const std::uint64_t length = std::uint64_t{trailer.chunks} * kIndexRecordSize;
  if (frame.size() != kFrameHeaderSize + length + kTagSize) return false;
  const Result<FrameHeader> header = parse_frame_header(frame.first(kFrameHeaderSize));
  return header && header->type == FrameType::index && header->ordinal == trailer.chunks &&
         header->position == trailer.index_position && header->stored_length == length &&
         header->compression == codec::Compression::none;
}

}  // namespace

PackReader::PackReader(const PackHeader& header, codec::Sealer sealer)
    : header_(header), sealer_(std::move(sealer)) {}

Result<PackReader> PackReader::open(ByteView header, const SecretKey& epoch_key) {
  HF_TRY(const PackHeader fields, parse_header(header));
  const codec::PackKeys keys =
      codec::derive_pack_keys(epoch_key.view(), fields.salt, header.first(kKeyContextSize));
  if (keys.commitment != fields.commitment) return make_error(ErrorCode::wrong_key);
  return PackReader(fields, codec::Sealer(keys.key, header));
}

Result<std::vector<IndexRecord>> PackReader::open_index(ByteView frame, const Trailer& trailer) {
  if (!is_index_of(trailer, frame)) return damaged("index frame");
  const ByteView sealed = frame.subspan(kFrameHeaderSize);
  scratch_.resize(sealed.size() - kTagSize);
  if (!sealer_.open(trailer.chunks, codec::SealedKind::index, frame.first(kFrameHeaderSize), sealed,
                    scratch_.span())) {
    return damaged("index tag");
  }
  HF_TRY(std::vector<IndexRecord> records, parse_index(scratch_.view()));
  if (!records.empty()) {
    const IndexRecord& last = records.back();
    if (last.position + last.frame_size() > trailer.index_position) {
      return damaged("chunk position");
    }
  }
  return records;
}

Result<void> PackReader::open_chunk(const IndexRecord& record, ByteView frame, ByteSpan plain) {
  if (frame.size() != record.frame_size() || plain.size() != record.plain_length) {
    return damaged("chunk length");
  }
  const Result<FrameHeader> header = parse_frame_header(frame.first(kFrameHeaderSize));
  if (!header || !agree(*header, record)) return damaged("frame header");
  return open_frame(*header, frame, plain);
}

Result<void> PackReader::open_frame(const FrameHeader& header, ByteView frame, ByteSpan plain) {
  const bool in_place = header.compression == codec::Compression::none;
  if (!in_place) scratch_.resize(header.stored_length);
  const ByteSpan stored = in_place ? plain : scratch_.span();
  if (!sealer_.open(header.ordinal, codec::SealedKind::chunk, frame.first(kFrameHeaderSize),
                    frame.subspan(kFrameHeaderSize), stored)) {
    return damaged("chunk tag");
  }
  if (in_place) return {};
  return compressor_.decompress(header.compression, stored, plain);
}

void PackReader::salvage(ByteView bytes, const FoundChunk& found) {
  const std::string_view text = text_of(bytes);
  Buffer plain;
  std::size_t at = text.find(kChunkFrameMagic);
  while (at != std::string_view::npos) {
    const std::size_t size = salvage_frame(bytes.subspan(at), at, plain, found);
    at = text.find(kChunkFrameMagic, at + (size != 0 ? size : kChunkFrameMagic.size()));
  }
}

std::size_t PackReader::salvage_frame(ByteView rest, std::uint64_t position, Buffer& plain,
                                      const FoundChunk& found) {
  if (rest.size() < kFrameHeaderSize) return 0;
  const Result<FrameHeader> header = parse_frame_header(rest.first(kFrameHeaderSize));
  if (!header || header->position != position) return 0;
  const std::size_t size = kFrameHeaderSize + std::size_t{header->stored_length} + kTagSize;
  if (size > rest.size()) return 0;
  plain.resize(header->plain_length);
  if (!open_frame(*header, rest.first(size), plain.span())) return 0;
  found(*header, plain.view());
  return size;
}

}  // namespace holdfast::pack

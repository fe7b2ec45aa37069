// SPDX-License-Identifier: Apache-2.0
// Packs for tests: the same bytes every time.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "firmware/pack/reader.h"
#include "firmware/pack/writer.h"

namespace holdfast::pack {

// 0, 1, 2, ... without end.
class CountingRandom : public ports::Random {
 public:
  void fill(ByteSpan out) override {
    for (std::uint8_t& byte : out) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

inline const SecretKey kEpochKey{Bytes(32, 7)};
inline const SecretKey kIdKey{Bytes(32, 9)};
inline const PackIdentity kIdentity{PackKind::content, 671, {{1, 2, 3}}, 4};

inline Digest name_of(ByteView plain) {
  return chunk_name(kIdKey, sha256(plain));
}

inline Bytes copy_of(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

// A writer, and the plain bytes of what it was given.
struct PackMaker {
  explicit PackMaker(std::size_t capacity = 4096, Buffer memory = {})
      : writer(kIdentity, kEpochKey, random, std::move(memory), capacity) {}

  CountingRandom random;
  PackWriter writer;
  std::vector<Bytes> plains;

  void add(Bytes plain) {
    std::ranges::copy(plain, writer.prepare(plain.size()).begin());
    writer.keep(name_of(plain), static_cast<std::uint32_t>(plain.size()));
    plains.push_back(std::move(plain));
  }
  void add_compressed(Bytes plain) {
    Bytes stored;
    const auto applied =
        codec::Compressor().compress(codec::Compression::zstd, plain, stored).value();
    writer.append(name_of(plain), applied, stored, static_cast<std::uint32_t>(plain.size()));
    plains.push_back(std::move(plain));
  }
};

// Three chunks, one of them empty and one compressed.
struct TinyPack {
  TinyPack() {
    maker.add(copy_of(view_of("the first recording")));
    maker.add({});
    maker.add_compressed(Bytes(300, 'x'));
    closed = maker.writer.close();
    bytes = copy_of(closed.bytes.view());
  }

  PackMaker maker;
  ClosedPack closed;
  Bytes bytes;  // to be damaged
};

inline Result<PackReader> reader_of(ByteView pack) {
  if (pack.size() < kHeaderSize) return make_error(ErrorCode::truncated);
  return PackReader::open(pack.first(kHeaderSize), kEpochKey);
}

inline ByteView frame_of(ByteView pack, const IndexRecord& record) {
  return pack.subspan(record.position, record.frame_size());
}

// As one who has nothing but the bytes and the key: trailer, index.
inline Result<std::vector<IndexRecord>> index_of(PackReader& reader, ByteView pack) {
  if (pack.size() < kHeaderSize + kTrailerSize) return make_error(ErrorCode::truncated);
  HF_TRY(const Trailer trailer, parse_trailer(pack.last(kTrailerSize)));
  const std::uint64_t end = pack.size() - kTrailerSize;
  if (trailer.index_position > end) return make_error(ErrorCode::truncated);
  return reader.open_index(pack.subspan(trailer.index_position, end - trailer.index_position),
                           trailer);
}

inline Result<Bytes> chunk_of(PackReader& reader, ByteView pack, const IndexRecord& record) {
  if (record.position + record.frame_size() > pack.size()) {
    return make_error(ErrorCode::truncated);
  }
  Bytes plain(record.plain_length);
  HF_TRY(reader.open_chunk(record, frame_of(pack, record), plain));
  return plain;
}

}  // namespace holdfast::pack

// SPDX-License-Identifier: Apache-2.0
// Opens what PackWriter sealed. Bytes come from outside (shards, objects, files) and are proved by
// their tags here; where they come from is not this folder's matter.
#pragma once

#include <functional>

#include "firmware/codec/sealer.h"
#include "firmware/pack/format.h"

namespace holdfast::pack {

// One pack's key. One thread at a time.
class PackReader {
 public:
  // `header`: exactly kHeaderSize bytes. wrong_key if its commitment is not that of `epoch_key`.
  [[nodiscard]] static Result<PackReader> open(ByteView header, const SecretKey& epoch_key);

  [[nodiscard]] const PackHeader& header() const { return header_; }

  // `frame`: the index frame with its header, from trailer.index_position to the trailer. `damaged`
  // if it is not what the writer sealed there.
  [[nodiscard]] Result<std::vector<IndexRecord>> open_index(ByteView frame, const Trailer& trailer);
  // `frame`: record.frame_size() bytes from record.position. Fills `plain` (record.plain_length
  // bytes; undefined after an error). `damaged` if frame header, tag or compression is wrong. What
  // is filled is what the writer sealed at that position; that `record` is the chunk it is believed
  // to be is as good as where the record came from.
  [[nodiscard]] Result<void> open_chunk(const IndexRecord& record, ByteView frame, ByteSpan plain);

  // Finds every chunk of a damaged pack that still opens, in order of position. `bytes` may have
  // any part wrong; positions count from the pack's start.
  using FoundChunk = std::function<void(const FrameHeader& header, ByteView plain)>;
  void salvage(ByteView bytes, const FoundChunk& found);

 private:
  PackReader(const PackHeader& header, codec::Sealer sealer);
  [[nodiscard]] Result<void> open_frame(const FrameHeader& header, ByteView frame, ByteSpan plain);
  // Size of the frame that `rest` begins with, 0 if none opens.
  std::size_t salvage_frame(ByteView rest, std::uint64_t position, Buffer& plain,
                            const FoundChunk& found);

  PackHeader header_;
  codec::Sealer sealer_;
  codec::Compressor compressor_;
  Buffer scratch_;
};

}  // namespace holdfast::pack

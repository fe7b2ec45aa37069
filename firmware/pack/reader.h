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
  // wrong_key if the header's commitment is not that of `epoch_key`.
  [[nodiscard]] static Result<PackReader> open(ByteView header, const SecretKey& epoch_key);

  [[nodiscard]] const PackHeader& header() const { return header_; }

  // `frame`: the index frame with its header, from trailer.index_position to the trailer.
  [[nodiscard]] Result<std::vector<IndexRecord>> open_index(ByteView frame, const Trailer& trailer);
  // `frame`: record.frame_size() bytes from record.position. Fills `plain` (record.plain_length
  // bytes). `damaged` if frame header, tag or compression is wrong; `ordinal` is read from the
  // frame.
  [[nodiscard]] Result<void> open_chunk(const IndexRecord& record, ByteView frame, ByteSpan plain);

  // Finds every chunk of a damaged pack that still opens, in order of position. `bytes` may have
  // any part wrong; positions count from the pack's start.
  using FoundChunk = std::function<void(const FrameHeader& header, ByteView plain)>;
  void salvage(ByteView bytes, const FoundChunk& found);

 private:
  PackReader(PackHeader header, codec::Sealer sealer);

  PackHeader header_;
  codec::Sealer sealer_;
  codec::Compressor compressor_;
  Bytes scratch_;
};

}  // namespace holdfast::pack

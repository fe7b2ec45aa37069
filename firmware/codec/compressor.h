// SPDX-License-Identifier: Apache-2.0
// Chunks made smaller before they are sealed, and whole again after they are opened.
//
// What is stored is one zstd frame, or the plain bytes where a frame would not be smaller. The
// plain length stands outside (in the chunk's frame header) and is the only length believed.
#pragma once

#include <cstdint>
#include <memory>

#include "hal/base/bytes.h"
#include "hal/base/result.h"

namespace holdfast::codec {

// The values are stored.
enum class Compression : std::uint8_t { none = 0, zstd = 1 };

// Keeps its working memory from call to call. One thread at a time.
class Compressor {
 public:
  static constexpr int kLevel = 3;

  explicit Compressor(int level = kLevel);
  ~Compressor();
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;

  // What was applied: `wanted`, with the stored bytes in `out`; or none, with `out` empty, because
  // the plain bytes are at least as short. The frame was decoded again and compared, so that no
  // fault of compressor or memory is ever acknowledged; a difference is `damaged`.
  Result<Compression> compress(Compression wanted, ByteView plain, Bytes& out);

  // Fills `out` exactly, else `damaged` (`out` is then undefined). `stored` is untrusted: nothing
  // is allocated by what it says, and the window is `out` itself. May not overlap.
  Result<void> decompress(Compression compression, ByteView stored, ByteSpan out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holdfast::codec

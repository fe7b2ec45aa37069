// SPDX-License-Identifier: Apache-2.0
#include "firmware/codec/compressor.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <memory>
#include <new>

namespace holdfast::codec {

namespace {

Error damaged(const char* what) {
  return make_error(ErrorCode::damaged, {}, {{"what", what}});
}

}  // namespace

struct Compressor::State {
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> compression{ZSTD_createCCtx()};
  std::unique_ptr<ZSTD_DCtx, Free> decompression{ZSTD_createDCtx()};
  Buffer decoded = {};

  State() {
    if (compression == nullptr || decompression == nullptr) throw std::bad_alloc();
  }
};

Compressor::Compressor(int level) : state_(std::make_unique<State>()) {
  HF_CHECK(level >= ZSTD_minCLevel() && level <= ZSTD_maxCLevel());
  const std::size_t code =
      ZSTD_CCtx_setParameter(state_->compression.get(), ZSTD_c_compressionLevel, level);
  HF_CHECK(ZSTD_isError(code) == 0);
}
Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;

Result<Compression> Compressor::compress(Compression wanted, ByteView plain, Bytes& out) {
  out.clear();
  if (wanted == Compression::none || plain.empty()) return Compression::none;
  // One byte less than the plain bytes: a frame that does not fit there is not wanted.
  out.resize(plain.size() - 1);
  const std::size_t size =
      ZSTD_compress2(state_->compression.get(), out.data(), out.size(), plain.data(), plain.size());
  if (ZSTD_isError(size) != 0) {
    out.clear();
    const ZSTD_ErrorCode code = ZSTD_getErrorCode(size);
    if (code == ZSTD_error_dstSize_tooSmall) return Compression::none;
    if (code == ZSTD_error_memory_allocation) return make_error(ErrorCode::out_of_memory);
    return make_error(ErrorCode::internal, {}, {{"what", ZSTD_getErrorName(size)}});
  }
  out.resize(size);
  state_->decoded.resize(plain.size());
  HF_TRY(decompress(Compression::zstd, out, state_->decoded.span()));
  if (!std::equal(plain.begin(), plain.end(), state_->decoded.data())) {
    return damaged("compressed copy");
  }
  return Compression::zstd;
}

Result<void> Compressor::decompress(Compression compression, ByteView stored, ByteSpan out) {
  if (compression == Compression::none) {
    if (stored.size() != out.size()) return damaged("chunk length");
    std::copy(stored.begin(), stored.end(), out.begin());
    return {};
  }
  if (compression != Compression::zstd) return damaged("compression");
  // Exactly one frame: the library alone would also take several, and padding between them.
  constexpr std::uint32_t kFrameMagic = ZSTD_MAGICNUMBER;
  if (ByteReader(stored).u32() != kFrameMagic ||
      ZSTD_findFrameCompressedSize(stored.data(), stored.size()) != stored.size()) {
    return damaged("zstd frame");
  }
  const std::size_t size = ZSTD_decompressDCtx(state_->decompression.get(), out.data(), out.size(),
                                               stored.data(), stored.size());
  if (ZSTD_isError(size) != 0) return damaged(ZSTD_getErrorName(size));
  if (size != out.size()) return damaged("chunk length");
  return {};
}

}  // namespace holdfast::codec

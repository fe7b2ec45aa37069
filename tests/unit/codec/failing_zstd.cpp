// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/codec/failing_zstd.h"

#include <dlfcn.h>
#include <zstd.h>

#include <catch2/catch.hpp>

namespace holdfast::codec {

namespace {

const FailingZstd* failing = nullptr;

template <class Function>
Function* of_library(const char* name) {
  void* const found = dlsym(RTLD_NEXT, name);
  REQUIRE(found != nullptr);
  return reinterpret_cast<Function*>(found);
}

}  // namespace

FailingZstd::FailingZstd() {
  failing = this;
}

FailingZstd::~FailingZstd() {
  failing = nullptr;
}

}  // namespace holdfast::codec

using holdfast::codec::failing;
using holdfast::codec::of_library;

extern "C" {

ZSTD_CCtx* ZSTD_createCCtx() {
  if (failing != nullptr && failing->no_compression_context) return nullptr;
  return of_library<decltype(ZSTD_createCCtx)>("ZSTD_createCCtx")();
}

ZSTD_DCtx* ZSTD_createDCtx() {
  if (failing != nullptr && failing->no_decompression_context) return nullptr;
  return of_library<decltype(ZSTD_createDCtx)>("ZSTD_createDCtx")();
}

std::size_t ZSTD_compress2(ZSTD_CCtx* context, void* to, std::size_t capacity, const void* from,
                           std::size_t size) {
  if (failing != nullptr && failing->compress_error != ZSTD_error_no_error) {
    return static_cast<std::size_t>(-static_cast<int>(failing->compress_error));
  }
  const std::size_t made =
      of_library<decltype(ZSTD_compress2)>("ZSTD_compress2")(context, to, capacity, from, size);
  if (failing != nullptr && failing->spoil_frame && ZSTD_isError(made) == 0) {
    failing->spoil_frame(static_cast<std::uint8_t*>(to), made);
  }
  return made;
}

std::size_t ZSTD_decompressDCtx(ZSTD_DCtx* context, void* to, std::size_t capacity,
                                const void* from, std::size_t size) {
  const std::size_t made = of_library<decltype(ZSTD_decompressDCtx)>("ZSTD_decompressDCtx")(
      context, to, capacity, from, size);
  if (failing != nullptr && failing->spoil_content && ZSTD_isError(made) == 0) {
    failing->spoil_content(static_cast<std::uint8_t*>(to), made);
  }
  return made;
}

}  // extern "C"

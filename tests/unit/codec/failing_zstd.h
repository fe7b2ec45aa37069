// SPDX-License-Identifier: Apache-2.0
// A libzstd that fails on request. The program of these tests has functions of its own under the
// library's names, which the product then calls, and which call the library's.
#pragma once

#include <zstd_errors.h>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace holdfast::codec {

// What goes wrong, from its making to its end. One at a time.
struct FailingZstd {
  FailingZstd();
  ~FailingZstd();
  FailingZstd(const FailingZstd&) = delete;
  FailingZstd& operator=(const FailingZstd&) = delete;

  bool no_compression_context = false;
  bool no_decompression_context = false;
  ZSTD_ErrorCode compress_error = ZSTD_error_no_error;
  // Called with a frame that was made, or with what a frame gave.
  std::function<void(std::uint8_t* bytes, std::size_t size)> spoil_frame;
  std::function<void(std::uint8_t* bytes, std::size_t size)> spoil_content;
};

}  // namespace holdfast::codec

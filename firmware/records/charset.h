// SPDX-License-Identifier: Apache-2.0
// The charsets that business files come in, and their bytes as UTF-8.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "hal/base/bytes.h"

namespace holdfast::records {

enum class Charset : std::uint8_t { utf8, gb18030, utf16le, utf16be };

inline constexpr std::size_t kCharsetSampleSize = 64 * kKiB;

// The charset of a file that begins so, where nobody says. Its first 64 KiB decide, by the first of
// these that holds:
//   1. A byte order mark.
//   2. One byte of fifty or more is zero at an odd place, and there are less than a fourth as many
//      at even places (U+4E00 and the like have one there): UTF-16LE. The reverse: UTF-16BE.
//   3. More of the lines that are not ASCII are GB18030 and not UTF-8 than are UTF-8: GB18030.
//   4. UTF-8.
// Text that is ASCII so far is UTF-8 by this: where the names of columns are all Latin and the
// first other letter comes late, rows are rejected as of another charset, and the file must say.
[[nodiscard]] Charset detect_charset(ByteView beginning);

// Bytes of one charset to UTF-8, block by block. What has no meaning becomes one byte 0xFF, which
// is none of UTF-8: the check that rejects bad UTF-8 finds it. Line ends stay line ends, one for
// one, whatever stands before them. One thread at a time.
class Decoder {
 public:
  explicit Decoder(Charset charset);  // not utf8
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // False: this system has no converter for it. The functions below must not be called then.
  [[nodiscard]] bool is_usable() const;
  // Appends to `out`. The bytes of a character that a block's end cuts are kept for the next.
  void decode(ByteView block, std::string& out);
  // No block comes any more: what was cut has no meaning.
  void finish(std::string& out);

  // Position of the first bytes that have no meaning; the size if there are none. Of a text by
  // itself: what decode() is in the middle of stays.
  [[nodiscard]] std::size_t first_invalid(ByteView text) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether a row that GB18030 gives a meaning is rather UTF-8: it is that as a whole, with at least
// one character of three bytes, as Chinese ones are. Real GB18030 looks so in less than one row of
// 10,000 that have a single name in it.
[[nodiscard]] bool looks_like_utf8(ByteView row);

}  // namespace holdfast::records

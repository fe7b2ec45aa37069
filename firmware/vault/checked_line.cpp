// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/checked_line.h"

#include "firmware/erasure/crc32c.h"
#include "hal/base/bytes.h"

namespace holdfast::vault {

namespace {

constexpr std::string_view kMark = " #";
constexpr std::size_t kCheckSize = 10;  // with the mark

std::string check_of(std::string_view words) {
  Bytes crc;
  ByteWriter(crc).u32(erasure::crc32c(view_of(words)));
  return std::string(kMark) + to_hex(crc);
}

}  // namespace

std::string checked_line(std::string_view words) {
  return std::string(words) + check_of(words) + "\n";
}

std::optional<std::string_view> words_of_line(std::string_view line) {
  const std::size_t mark = line.rfind(kMark);
  const bool has_check = mark != std::string_view::npos && line.size() - mark == kCheckSize;
  if (!has_check) return line;
  const std::string_view words = line.substr(0, mark);
  if (line.substr(mark) != check_of(words)) return std::nullopt;
  return words;
}

}  // namespace holdfast::vault

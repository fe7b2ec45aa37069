// SPDX-License-Identifier: Apache-2.0
#include "hal/base/bytes.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace holdfast {

namespace {

constexpr std::align_val_t kAlignment{64};
constexpr std::size_t kVarintSizeMax = 10;  // of 64 bits

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

}  // namespace

bool is_equal(ByteView left, ByteView right) {
  return left.size() == right.size() &&
         (left.empty() || std::memcmp(left.data(), right.data(), left.size()) == 0);
}

std::string to_hex(ByteView bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return make_error(ErrorCode::invalid_argument, std::string(text));
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return make_error(ErrorCode::invalid_argument, std::string(text));
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

void Buffer::Free::operator()(std::uint8_t* memory) const {
  ::operator delete(memory, kAlignment);
}

void Buffer::reserve(std::size_t capacity) {
  if (capacity <= capacity_) return;
  auto* memory = static_cast<std::uint8_t*>(::operator new(capacity, kAlignment));
  if (size_ != 0) std::memcpy(memory, memory_.get(), size_);
  memory_.reset(memory);
  capacity_ = capacity;
}

void Buffer::resize(std::size_t size) {
  if (size > capacity_) reserve(std::max(size, capacity_ * 2));
  size_ = size;
}

void Buffer::append(ByteView bytes) {
  if (bytes.empty()) return;
  const std::size_t old_size = size_;
  resize(old_size + bytes.size());
  std::memcpy(data() + old_size, bytes.data(), bytes.size());
}

void ByteWriter::put(std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void ByteWriter::varint(std::uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<std::uint8_t>(value));
}

void ByteWriter::signed_varint(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  varint((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

void ByteWriter::blob(ByteView bytes) {
  varint(bytes.size());
  raw(bytes);
}

std::uint64_t ByteReader::get(int width) {
  const ByteView bytes = raw(static_cast<std::size_t>(width));
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return value;
}

std::uint64_t ByteReader::varint() {
  const std::size_t most = std::min(rest_.size(), kVarintSizeMax);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < most; ++i) {
    const std::uint64_t byte = rest_[i];
    const std::size_t shift = 7 * i;
    const bool overflows = shift == 63 && byte > 1;
    const bool not_shortest = shift != 0 && byte == 0;
    if (overflows || not_shortest) break;
    value |= (byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    rest_ = rest_.subspan(i + 1);
    return value;
  }
  fail();
  return 0;
}

std::int64_t ByteReader::signed_varint() {
  const std::uint64_t bits = varint();
  return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

ByteView ByteReader::raw(std::size_t count) {
  if (count > rest_.size()) {
    fail();
    return {};
  }
  const ByteView bytes = rest_.first(count);
  rest_ = rest_.subspan(count);
  return bytes;
}

ByteView ByteReader::blob() {
  const std::uint64_t size = varint();
  if (size > rest_.size()) {
    fail();
    return {};
  }
  return raw(static_cast<std::size_t>(size));
}

bool ByteReader::zeros(std::size_t count) {
  const ByteView bytes = raw(count);
  return ok() && std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

}  // namespace holdfast

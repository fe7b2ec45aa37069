// SPDX-License-Identifier: Apache-2.0
// Views and owners of bytes, and the little-endian reader and writer of every format.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/check.h"
#include "hal/base/result.h"

namespace holdfast {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using ByteSpan = std::span<std::uint8_t>;

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

[[nodiscard]] inline ByteView view_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// In words of the processor; std::ranges::equal() goes byte by byte here. Not for secrets.
[[nodiscard]] bool is_equal(ByteView left, ByteView right);

// Lower-case hexadecimal, and back; from_hex refuses anything else.
[[nodiscard]] std::string to_hex(ByteView bytes);
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);

// A large block whose bytes are not cleared first, aligned to 64 bytes (vector code) and grown
// only by reserve. Owns its memory; moves, never copies.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t capacity) { reserve(capacity); }

  void reserve(std::size_t capacity);  // keeps the first size() bytes
  void resize(std::size_t size);       // new bytes are undefined
  void clear() { size_ = 0; }
  void append(ByteView bytes);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::uint8_t* data() { return memory_.get(); }
  [[nodiscard]] const std::uint8_t* data() const { return memory_.get(); }
  [[nodiscard]] ByteSpan span() { return {memory_.get(), size_}; }
  [[nodiscard]] ByteView view() const { return {memory_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::uint8_t* memory) const;
  };
  std::unique_ptr<std::uint8_t, Free> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Appends fixed-width little-endian integers and length-prefixed bytes to a vector.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}

  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) { put(value, 2); }
  void u32(std::uint32_t value) { put(value, 4); }
  void u64(std::uint64_t value) { put(value, 8); }
  void i64(std::int64_t value) { put(static_cast<std::uint64_t>(value), 8); }
  // LEB128, at most ten bytes, shortest form.
  void varint(std::uint64_t value);
  // Zigzag, then varint.
  void signed_varint(std::int64_t value);
  void raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void zeros(std::size_t count) { out_.insert(out_.end(), count, 0); }
  // varint length, then the bytes.
  void blob(ByteView bytes);
  void text(std::string_view value) { blob(view_of(value)); }
  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  void put(std::uint64_t value, int width);
  Bytes& out_;
};

// Reads what ByteWriter wrote from untrusted bytes. A read past the end, an over-long varint or a
// length above the rest makes it fail for good: every later read returns zero or empty, and ok()
// is false. So a parser reads all fields and asks once.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(get(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(get(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(get(4)); }
  std::uint64_t u64() { return get(8); }
  std::int64_t i64() { return static_cast<std::int64_t>(get(8)); }
  std::uint64_t varint();
  std::int64_t signed_varint();
  ByteView raw(std::size_t count);
  ByteView blob();
  std::string text() { return std::string(text_of(blob())); }
  // Fixed-size copy, zeros after a failure.
  template <std::size_t N>
  std::array<std::uint8_t, N> array() {
    std::array<std::uint8_t, N> out{};
    const ByteView bytes = raw(N);
    for (std::size_t i = 0; i < bytes.size(); ++i) out[i] = bytes[i];
    return out;
  }
  // True if the next `count` bytes are all zero; consumes them.
  bool zeros(std::size_t count);
  void fail() {
    failed_ = true;
    rest_ = {};
  }

  [[nodiscard]] bool ok() const { return !failed_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }
  [[nodiscard]] ByteView rest() const { return rest_; }

 private:
  std::uint64_t get(int width);
  ByteView rest_;
  bool failed_ = false;
};

}  // namespace holdfast

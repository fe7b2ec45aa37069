// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/one_time_code.h"

#include "hal/base/digest.h"

namespace holdfast::api {

namespace {

constexpr std::int64_t kStep_ns = 30'000'000'000;
constexpr std::uint32_t kModulus = 1'000'000;
constexpr std::size_t kDigits = 6;
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

std::string base32(ByteView bytes) {
  std::string text;
  std::uint32_t held = 0;
  int bits = 0;
  for (const std::uint8_t byte : bytes) {
    held = (held << 8U) | byte;
    for (bits += 8; bits >= 5; bits -= 5) {
      text += kBase32[(held >> static_cast<unsigned>(bits - 5)) & 31U];
    }
  }
  if (bits > 0) text += kBase32[(held << static_cast<unsigned>(5 - bits)) & 31U];
  return text;
}

std::string percent(std::string_view text) {
  std::string escaped;
  for (const char each : text) {
    const bool is_plain = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
                          (each >= '0' && each <= '9') || each == '-' || each == '.' || each == '_';
    if (is_plain) {
      escaped += each;
    } else {
      escaped += "%" + to_hex(view_of(std::string_view(&each, 1)));
    }
  }
  return escaped;
}

}  // namespace

std::string one_time_code(ByteView secret, std::uint64_t step) {
  std::array<std::uint8_t, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i) {
    counter[counter.size() - 1 - i] = static_cast<std::uint8_t>(step >> (8 * i));
  }
  const auto mac = hmac_sha1(secret, counter);
  const std::size_t offset = mac[mac.size() - 1] & 15U;
  std::uint32_t number = mac[offset] & 0x7FU;
  for (std::size_t i = 1; i < 4; ++i) number = (number << 8U) | mac[offset + i];
  std::string digits = std::to_string(number % kModulus);
  digits.insert(0, kDigits - digits.size(), '0');
  return digits;
}

std::optional<std::uint64_t> match_code(ByteView secret, std::string_view code, Timestamp now,
                                        std::uint64_t used) {
  if (now.ns < kStep_ns) return std::nullopt;
  const auto present = static_cast<std::uint64_t>(now.ns / kStep_ns);
  std::optional<std::uint64_t> matched;
  for (std::uint64_t step = present - 1; step <= present + 1; ++step) {
    const std::string expected = one_time_code(secret, step);
    const bool is_equal = equal_constant_time(view_of(expected), view_of(code));
    if (is_equal && step > used) matched = step;
  }
  return matched;
}

std::string code_address(ByteView secret, std::string_view account, std::string_view issuer) {
  return "otpauth://totp/" + percent(issuer) + ":" + percent(account) +
         "?secret=" + base32(secret) + "&issuer=" + percent(issuer) +
         "&algorithm=SHA1&digits=6&period=30";
}

}  // namespace holdfast::api

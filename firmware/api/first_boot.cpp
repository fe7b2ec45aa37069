// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/first_boot.h"

#include "hal/base/digest.h"

namespace holdfast::api {

namespace {

constexpr std::int64_t kLife_ns = 600LL * 1'000'000'000;
constexpr std::uint32_t kTriesMax = 5;
constexpr std::size_t kDigits = 8;
constexpr std::uint64_t kCodes = 100'000'000;

std::string make_code(ports::Random& random) {
  // 64 bits over 10^8 codes: uneven by less than one in 10^11.
  const auto bytes = random.array<8>();
  ByteReader reader(bytes);
  std::string digits = std::to_string(reader.u64() % kCodes);
  digits.insert(0, kDigits - digits.size(), '0');
  return digits;
}

}  // namespace

bool FirstBoot::is_over() const {
  return code_.empty() || clock_.monotonic_ns() - made_ns_ > kLife_ns;
}

std::optional<std::string> FirstBoot::show() {
  const std::lock_guard lock(mutex_);
  if (is_over()) {
    code_ = make_code(random_);
    made_ns_ = clock_.monotonic_ns();
    tries_ = 0;
  }
  if (tries_ >= kTriesMax) return std::nullopt;
  return code_;
}

bool FirstBoot::take(std::string_view code) {
  const std::lock_guard lock(mutex_);
  if (is_over() || tries_ >= kTriesMax) return false;
  ++tries_;
  if (!equal_constant_time(view_of(code_), view_of(code))) return false;
  code_.clear();
  return true;
}

}  // namespace holdfast::api

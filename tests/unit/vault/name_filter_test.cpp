// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "firmware/vault/name_filter.h"

namespace holdfast::vault {

namespace {

Digest name(std::uint32_t number) {
  return sha256(ByteView(reinterpret_cast<const std::uint8_t*>(&number), sizeof number));
}

}  // namespace

TEST_CASE("a filter holds every name that was added and hardly any other") {
  constexpr std::uint32_t kNames = 100'000;
  NameFilter filter;
  CHECK_FALSE(filter.may_hold(name(0)));
  for (std::uint32_t i = 0; i < kNames; ++i) filter.add(name(i));
  std::uint32_t held = 0;
  std::uint32_t wrong = 0;
  for (std::uint32_t i = 0; i < kNames; ++i) {
    if (filter.may_hold(name(i))) ++held;
    if (filter.may_hold(name(kNames + i))) ++wrong;
  }
  CHECK(held == kNames);
  CHECK(wrong < 10);
}

}  // namespace holdfast::vault

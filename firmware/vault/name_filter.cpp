// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/name_filter.h"

#include <algorithm>
#include <array>
#include <new>

namespace holdfast::vault {

namespace {

constexpr std::size_t kWords = std::size_t{1} << 20;
constexpr std::size_t kBitsAName = 4;

// Names are the result of a MAC: parts of one are as good as independent hashes of it.
std::array<std::uint32_t, kBitsAName> places_of(const Digest& name) {
  std::array<std::uint32_t, kBitsAName> places{};
  ByteReader reader(name.view());
  for (std::uint32_t& place : places) place = reader.u32() % (kWords * 64);
  return places;
}

}  // namespace

NameFilter::NameFilter()
    : words_(static_cast<std::uint64_t*>(std::calloc(kWords, sizeof(std::uint64_t)))) {
  if (words_ == nullptr) throw std::bad_alloc();
}

void NameFilter::add(const Digest& name) {
  for (const std::uint32_t place : places_of(name)) {
    words_[place / 64] |= std::uint64_t{1} << (place % 64);
  }
}

bool NameFilter::may_hold(const Digest& name) const {
  return std::ranges::all_of(places_of(name), [&](std::uint32_t place) {
    return (words_[place / 64] >> (place % 64) & 1) != 0;
  });
}

}  // namespace holdfast::vault

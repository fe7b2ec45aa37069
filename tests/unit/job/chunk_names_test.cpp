// SPDX-License-Identifier: Apache-2.0
// Which chunks are needed, in little memory.
#include "firmware/job/chunk_names.h"

#include <catch2/catch.hpp>
#include <random>

namespace holdfast::job {

namespace {

Digest name_of(std::uint64_t number) {
  std::mt19937_64 random(number);
  Digest name;
  for (auto& byte : name.bytes) byte = static_cast<std::uint8_t>(random());
  return name;
}

}  // namespace

TEST_CASE("Names that were added are there, others are not, and each is met once") {
  ChunkNames names;
  for (std::uint64_t i = 0; i < 3000; ++i) names.add(name_of(i % 1000));
  names.finish();
  CHECK(names.size() == 1000);
  for (std::uint64_t i = 0; i < 1000; ++i) REQUIRE(names.contains(name_of(i)));
  for (std::uint64_t i = 1000; i < 2000; ++i) REQUIRE_FALSE(names.contains(name_of(i)));
  for (std::uint64_t i = 1; i < 2000; ++i) names.meet(name_of(i));
  for (std::uint64_t i = 1; i < 2000; ++i) names.meet(name_of(i));
  CHECK_FALSE(names.has_met_all());
  names.meet(name_of(0));
  CHECK(names.has_met_all());
}

TEST_CASE("Nothing at all is met as a whole") {
  ChunkNames names;
  names.finish();
  CHECK(names.has_met_all());
  CHECK_FALSE(names.contains(name_of(1)));
}

TEST_CASE("Memory goes by the chunks and not by how often they are named") {
  constexpr std::uint64_t kChunks = 100'000;
  constexpr std::size_t kBytesMax = kChunks * 9 + (std::size_t{1} << 20U);
  std::vector<Digest> all;
  for (std::uint64_t i = 0; i < kChunks; ++i) all.push_back(name_of(i));
  ChunkNames names;
  std::size_t most = 0;
  for (int round = 0; round < 20; ++round) {
    for (const Digest& name : all) names.add(name);
    most = std::max(most, names.bytes());
  }
  names.finish();
  most = std::max(most, names.bytes());
  CHECK(names.size() == kChunks);
  CHECK(most <= kBytesMax);
}

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// The coder over ISA-L and its plain twin, held against each other and against every loss.
#include "firmware/erasure/reed_solomon.h"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <numeric>
#include <random>

#include "firmware/erasure/plain_reed_solomon.h"

using namespace holdfast;
using namespace holdfast::erasure;

namespace {

std::vector<ByteView> views(const std::vector<Bytes>& shards) {
  return {shards.begin(), shards.end()};
}
std::vector<ByteSpan> spans(std::vector<Bytes>& shards) {
  return {shards.begin(), shards.end()};
}

// A geometry with k random data shards and their parity.
struct Stripe {
  Geometry geometry;
  std::size_t length;
  std::vector<Bytes> shards;  // all k + m

  Stripe(int k, int m, std::size_t shard_length)
      : geometry{static_cast<std::uint8_t>(k), static_cast<std::uint8_t>(m)}, length(shard_length) {
    std::mt19937 random(1);
    shards.assign(geometry.k, Bytes(length));
    for (Bytes& shard : shards) {
      for (std::uint8_t& byte : shard) byte = static_cast<std::uint8_t>(random());
    }
    const auto parity = parity_by(Coder(geometry));
    shards.insert(shards.end(), parity.begin(), parity.end());
  }

  template <class AnyCoder>
  [[nodiscard]] std::vector<Bytes> parity_by(const AnyCoder& coder) const {
    const std::vector<ByteView> data(shards.begin(), shards.begin() + geometry.k);
    std::vector<Bytes> parity(geometry.m, Bytes(length));
    coder.encode(data, spans(parity));
    return parity;
  }

  // Whether the wanted shards come back from those at hand.
  template <class AnyCoder>
  [[nodiscard]] bool survives(const AnyCoder& coder, const std::vector<int>& have,
                              const std::vector<int>& wanted) const {
    std::vector<ByteView> pieces;
    for (const int index : have) pieces.emplace_back(shards[static_cast<std::size_t>(index)]);
    std::vector<Bytes> out(wanted.size(), Bytes(length, 0xee));
    coder.reconstruct(have, pieces, wanted, spans(out)).value();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (out[i] != shards[static_cast<std::size_t>(wanted[i])]) return false;
    }
    return true;
  }

  // All shards in random order: the first k are at hand, the others lost.
  [[nodiscard]] std::vector<int> shuffled(std::mt19937& random) const {
    std::vector<int> order(shards.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::shuffle(order, random);
    return order;
  }
};

ErrorCode refusal(const std::vector<int>& have, const std::vector<Bytes>& pieces,
                  const std::vector<int>& wanted, std::vector<Bytes> out) {
  const Result<void> result =
      Coder(Geometry{2, 1}).reconstruct(have, views(pieces), wanted, spans(out));
  REQUIRE_FALSE(result);
  const auto plain =
      PlainCoder(Geometry{2, 1}).reconstruct(have, views(pieces), wanted, spans(out));
  REQUIRE_FALSE(plain);
  CHECK(plain.error().code == result.error().code);
  return result.error().code;
}

}  // namespace

TEST_CASE("The generator is the frozen one: Cauchy, 1 / (row xor column)") {
  // 1/2 = 8e and 1/3 = f4 in the field of 0x11d.
  const std::vector<Bytes> data{{1, 0, 1}, {0, 1, 1}};
  std::vector<Bytes> parity(2, Bytes(3));
  Coder(Geometry{2, 2}).encode(views(data), spans(parity));
  CHECK(parity == std::vector<Bytes>{{0x8e, 0xf4, 0x7a}, {0xf4, 0x8e, 0x7a}});
}

TEST_CASE("With every k and m up to 16, both coders agree and random losses come back") {
  std::mt19937 random(2);
  for (int k = 1; k <= 16; ++k) {
    for (int m = 0; m <= 16; ++m) {
      CAPTURE(k, m);
      const Stripe stripe(k, m, 1 + random() % 100);
      const Coder coder(stripe.geometry);
      const PlainCoder plain(stripe.geometry);
      const auto parity = stripe.parity_by(coder);
      REQUIRE(stripe.parity_by(plain) == parity);
      const std::vector<int> order = stripe.shuffled(random);
      const std::vector<int> have(order.begin(), order.begin() + k);
      const std::vector<int> lost(order.begin() + k, order.end());
      REQUIRE(stripe.survives(coder, have, lost));
      REQUIRE(stripe.survives(plain, have, lost));
    }
  }
}

TEST_CASE("With up to 8 shards, every loss the code bears comes back") {
  for (int total = 1; total <= 8; ++total) {
    for (int k = 1; k <= total; ++k) {
      const Stripe stripe(k, total - k, 33);
      const Coder coder(stripe.geometry);
      for (unsigned at_hand = 0; at_hand < 1U << total; ++at_hand) {
        if (std::popcount(at_hand) != k) continue;
        std::vector<int> have;
        std::vector<int> all;
        for (int index = 0; index < total; ++index) {
          if ((at_hand >> index & 1) != 0) have.push_back(index);
          all.push_back(index);
        }
        CAPTURE(k, total, at_hand);
        REQUIRE(stripe.survives(coder, have, all));
      }
    }
  }
}

TEST_CASE("Any length of shard works, and both coders agree on it") {
  std::mt19937 random(3);
  const std::size_t length = GENERATE(0U, 1U, 31U, 63U, 64U, 65U, 4096U, 65537U);
  const Stripe stripe(5, 3, length);
  CHECK(stripe.parity_by(PlainCoder(stripe.geometry)) == stripe.parity_by(Coder(stripe.geometry)));
  const std::vector<int> order = stripe.shuffled(random);
  CHECK(stripe.survives(Coder(stripe.geometry), {order.begin(), order.begin() + 5},
                        {order.begin() + 5, order.end()}));
}

TEST_CASE("A range of the shards gives the same range of a lost one") {
  const Stripe stripe(3, 2, 1000);
  const std::vector<int> have{4, 0, 2};
  std::vector<ByteView> pieces;
  for (const std::size_t index : {4U, 0U, 2U}) {
    pieces.push_back(ByteView(stripe.shards[index]).subspan(123, 77));
  }
  Bytes out(77);
  const std::vector<ByteSpan> outs{out};
  CHECK(Coder(stripe.geometry).reconstruct(have, pieces, std::vector<int>{1}, outs));
  CHECK(std::ranges::equal(out, ByteView(stripe.shards[1]).subspan(123, 77)));
}

TEST_CASE("The largest geometries work") {
  for (const int k : {1, 16, 31, 32}) {
    const Stripe stripe(k, 32 - k, 70);
    std::mt19937 random(4);
    const std::vector<int> order = stripe.shuffled(random);
    CHECK(stripe.survives(Coder(stripe.geometry), {order.begin(), order.begin() + k}, order));
  }
  CHECK(Geometry{31, 1}.valid());
  CHECK_FALSE(Geometry{32, 1}.valid());
  CHECK_FALSE(Geometry{255, 255}.valid());
  CHECK_FALSE(Geometry{0, 1}.valid());
}

TEST_CASE("Data and parity that do not fit the geometry cannot be encoded") {
  Bytes shard(8);
  Bytes longer(9);
  const auto fits = [](std::vector<ByteView> data, std::vector<ByteSpan> parity) {
    return can_encode({2, 1}, data, parity);
  };
  CHECK(fits({shard, shard}, {shard}));
  CHECK_FALSE(fits({shard}, {shard}));
  CHECK_FALSE(fits({shard, shard, shard}, {shard}));
  CHECK_FALSE(fits({shard, shard}, {}));
  CHECK_FALSE(fits({shard, longer}, {shard}));
  CHECK_FALSE(fits({shard, shard}, {longer}));
}

TEST_CASE("Shards that cannot give the wanted ones are refused") {
  const Bytes shard(8);
  const auto invalid = ErrorCode::invalid_argument;
  CHECK(refusal({0}, {shard}, {2}, {shard}) == invalid);                      // too few
  CHECK(refusal({0, 1, 2}, {shard, shard, shard}, {2}, {shard}) == invalid);  // too many
  CHECK(refusal({0, 1}, {shard}, {2}, {shard}) == invalid);                   // no piece
  CHECK(refusal({1, 1}, {shard, shard}, {2}, {shard}) == invalid);            // twice
  CHECK(refusal({0, 3}, {shard, shard}, {2}, {shard}) == invalid);            // no such
  CHECK(refusal({-1, 0}, {shard, shard}, {2}, {shard}) == invalid);           // no such
  CHECK(refusal({0, 1}, {shard, shard}, {3}, {shard}) == invalid);            // no such
  CHECK(refusal({0, 1}, {shard, shard}, {2}, {}) == invalid);                 // no place
  CHECK(refusal({0, 1}, {shard, Bytes(9)}, {2}, {shard}) == invalid);         // unequal
  CHECK(refusal({0, 1}, {shard, shard}, {2}, {Bytes(7)}) == invalid);         // unequal
}

// SPDX-License-Identifier: Apache-2.0
#include "firmware/erasure/reed_solomon.h"

#include <isa-l/erasure_code.h>

#include <algorithm>
#include <array>

namespace holdfast::erasure {

namespace {

constexpr std::size_t kTableSize = 32;  // ISA-L's, for each coefficient

// ISA-L counts in int, so shards go in steps. Longer steps are not faster.
constexpr std::size_t kStep = 64 * kKiB;

using Pointers = std::array<std::uint8_t*, Geometry::kTotalMax>;

// ISA-L only reads what it is given as source or table; its signatures say otherwise.
std::uint8_t* writable(const std::uint8_t* bytes) {
  return const_cast<std::uint8_t*>(bytes);
}

Bytes expand(int k, std::size_t rows, ByteView coefficients) {
  Bytes tables(coefficients.size() * kTableSize);
  if (rows > 0) {
    ec_init_tables(k, static_cast<int>(rows), writable(coefficients.data()), tables.data());
  }
  return tables;
}

void multiply(const Bytes& tables, std::span<const ByteView> from, std::span<const ByteSpan> to) {
  if (to.empty()) return;
  const std::size_t length = from[0].size();
  for (std::size_t start = 0; start < length; start += kStep) {
    Pointers sources{};
    Pointers targets{};
    for (std::size_t i = 0; i < from.size(); ++i) sources[i] = writable(from[i].data()) + start;
    for (std::size_t i = 0; i < to.size(); ++i) targets[i] = to[i].data() + start;
    ec_encode_data(static_cast<int>(std::min(kStep, length - start)), static_cast<int>(from.size()),
                   static_cast<int>(to.size()), writable(tables.data()), sources.data(),
                   targets.data());
  }
}

// The k x k matrix that turns the shards at hand into the data shards.
Bytes decode_matrix(std::size_t k, ByteView generator, std::span<const int> have) {
  Bytes rows;
  for (const int index : have) {
    const ByteView row = generator.subspan(static_cast<std::size_t>(index) * k, k);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  Bytes inverse(k * k);
  HF_CHECK(gf_invert_matrix(rows.data(), inverse.data(), static_cast<int>(k)) == 0);
  return inverse;
}

}  // namespace

Coder::Coder(Geometry geometry) : geometry_(geometry) {
  HF_CHECK(geometry.valid());
  const std::size_t k = geometry.k;
  generator_.resize(static_cast<std::size_t>(geometry.total()) * k);
  gf_gen_cauchy1_matrix(generator_.data(), geometry.total(), geometry.k);
  tables_ = expand(geometry.k, geometry.m, ByteView(generator_).subspan(k * k));
}

void Coder::encode(std::span<const ByteView> data, std::span<const ByteSpan> parity) const {
  HF_CHECK(can_encode(geometry_, data, parity));
  multiply(tables_, data, parity);
}

Result<void> Coder::reconstruct(std::span<const int> have, std::span<const ByteView> pieces,
                                std::span<const int> wanted, std::span<const ByteSpan> out) const {
  HF_TRY(check_reconstruction(geometry_, have, pieces, wanted, out));
  const std::size_t k = geometry_.k;
  const Bytes to_data = decode_matrix(k, generator_, have);
  // A wanted shard is its generator row times the data: one product from the pieces to it.
  Bytes rows(wanted.size() * k);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::uint8_t* from_data = &generator_[static_cast<std::size_t>(wanted[i]) * k];
    for (std::size_t column = 0; column < k; ++column) {
      for (std::size_t j = 0; j < k; ++j) {
        rows[i * k + column] ^= gf_mul(from_data[j], to_data[j * k + column]);
      }
    }
  }
  multiply(expand(geometry_.k, wanted.size(), rows), pieces, out);
  return {};
}

}  // namespace holdfast::erasure

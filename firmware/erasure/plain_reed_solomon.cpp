// SPDX-License-Identifier: Apache-2.0
#include "firmware/erasure/plain_reed_solomon.h"

#include <algorithm>
#include <array>

namespace holdfast::erasure {

namespace {

using Matrix = std::vector<Bytes>;

// GF(2^8): addition is xor; 2 generates all 255 other elements, so that a product is a sum of
// logarithms.
struct Field {
  std::array<std::uint8_t, 255> power{};      // power[n] = 2^n
  std::array<std::uint8_t, 256> logarithm{};  // of zero: none

  constexpr Field() {
    unsigned value = 1;
    for (unsigned n = 0; n < 255; ++n) {
      power[n] = static_cast<std::uint8_t>(value);
      logarithm[value] = static_cast<std::uint8_t>(n);
      value <<= 1;
      if (value > 255) value ^= 0x11d;
    }
  }
};

constexpr Field kField;

std::uint8_t product(std::uint8_t a, std::uint8_t b) {
  if (a == 0 || b == 0) return 0;
  return kField.power[(kField.logarithm[a] + kField.logarithm[b]) % 255];
}

std::uint8_t inverse(std::uint8_t a) {
  return kField.power[(255 - kField.logarithm[a]) % 255];
}

// target += factor * source, element by element.
void add_multiple(ByteSpan target, std::uint8_t factor, ByteView source) {
  for (std::size_t i = 0; i < target.size(); ++i) target[i] ^= product(factor, source[i]);
}

Matrix identity(std::size_t size) {
  Matrix matrix(size, Bytes(size));
  for (std::size_t i = 0; i < size; ++i) matrix[i][i] = 1;
  return matrix;
}

// Gauss and Jordan: whatever turns `matrix` into the identity turns the identity into its inverse.
Matrix inverted(Matrix matrix) {
  const std::size_t size = matrix.size();
  Matrix result = identity(size);
  for (std::size_t column = 0; column < size; ++column) {
    std::size_t pivot = column;
    while (pivot < size && matrix[pivot][column] == 0) ++pivot;
    HF_CHECK(pivot < size);  // rows of a Cauchy generator are independent
    std::swap(matrix[pivot], matrix[column]);
    std::swap(result[pivot], result[column]);
    const std::uint8_t scale = inverse(matrix[column][column]);
    for (std::uint8_t& value : matrix[column]) value = product(value, scale);
    for (std::uint8_t& value : result[column]) value = product(value, scale);
    for (std::size_t row = 0; row < size; ++row) {
      if (row == column) continue;
      const std::uint8_t factor = matrix[row][column];
      add_multiple(matrix[row], factor, matrix[column]);
      add_multiple(result[row], factor, result[column]);
    }
  }
  return result;
}

// out = row * shards
void combine(ByteView row, std::span<const ByteView> shards, ByteSpan out) {
  std::ranges::fill(out, std::uint8_t{0});
  for (std::size_t i = 0; i < shards.size(); ++i) add_multiple(out, row[i], shards[i]);
}

}  // namespace

PlainCoder::PlainCoder(Geometry geometry) : geometry_(geometry), generator_(identity(geometry.k)) {
  HF_CHECK(geometry.valid());
  for (int row = geometry.k; row < geometry.total(); ++row) {
    Bytes& coefficients = generator_.emplace_back();
    for (int column = 0; column < geometry.k; ++column) {
      coefficients.push_back(inverse(static_cast<std::uint8_t>(row ^ column)));
    }
  }
}

void PlainCoder::encode(std::span<const ByteView> data, std::span<const ByteSpan> parity) const {
  HF_CHECK(can_encode(geometry_, data, parity));
  for (std::size_t i = 0; i < parity.size(); ++i) {
    combine(generator_[geometry_.k + i], data, parity[i]);
  }
}

Result<void> PlainCoder::reconstruct(std::span<const int> have, std::span<const ByteView> pieces,
                                     std::span<const int> wanted,
                                     std::span<const ByteSpan> out) const {
  HF_TRY(check_reconstruction(geometry_, have, pieces, wanted, out));
  Matrix rows;
  for (const int index : have) rows.push_back(generator_[static_cast<std::size_t>(index)]);
  const Matrix to_data = inverted(std::move(rows));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    // The generator row times to_data: first the data, then the shard, in one row.
    const Bytes& from_data = generator_[static_cast<std::size_t>(wanted[i])];
    Bytes row(geometry_.k);
    for (std::size_t j = 0; j < geometry_.k; ++j) add_multiple(row, from_data[j], to_data[j]);
    combine(row, pieces, out[i]);
  }
  return {};
}

}  // namespace holdfast::erasure

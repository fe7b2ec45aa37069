// SPDX-License-Identifier: Apache-2.0
#include "firmware/erasure/geometry.h"

#include <algorithm>
#include <bitset>

namespace holdfast::erasure {

namespace {

Error wrong(const char* what) {
  return make_error(ErrorCode::invalid_argument, {}, {{"what", what}});
}

bool all_of_length(std::size_t length, std::span<const ByteView> inputs,
                   std::span<const ByteSpan> outputs) {
  const auto fits = [=](const auto& bytes) { return bytes.size() == length; };
  return std::ranges::all_of(inputs, fits) && std::ranges::all_of(outputs, fits);
}

}  // namespace

bool can_encode(Geometry geometry, std::span<const ByteView> data,
                std::span<const ByteSpan> parity) {
  return data.size() == geometry.k && parity.size() == geometry.m &&
         all_of_length(data[0].size(), data, parity);
}

Result<void> check_reconstruction(Geometry geometry, std::span<const int> have,
                                  std::span<const ByteView> pieces, std::span<const int> wanted,
                                  std::span<const ByteSpan> out) {
  const auto exists = [&](int index) { return index >= 0 && index < geometry.total(); };
  if (have.size() != geometry.k || pieces.size() != have.size()) return wrong("shards at hand");
  if (out.size() != wanted.size()) return wrong("shards wanted");
  if (!std::ranges::all_of(have, exists) || !std::ranges::all_of(wanted, exists)) {
    return wrong("shard index");
  }
  std::bitset<Geometry::kTotalMax> distinct;
  for (const int index : have) distinct.set(static_cast<std::size_t>(index));
  if (distinct.count() != have.size()) return wrong("shard given twice");
  if (!all_of_length(pieces[0].size(), pieces, out)) return wrong("shard length");
  return {};
}

}  // namespace holdfast::erasure

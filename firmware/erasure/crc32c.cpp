// SPDX-License-Identifier: Apache-2.0
#include "firmware/erasure/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace holdfast::erasure {

namespace {

// ISA-L counts in int: longer inputs go in steps.
constexpr std::size_t kStep = std::size_t{1} << 30;

}  // namespace

std::uint32_t crc32c(ByteView data, std::uint32_t previous) {
  // ISA-L takes and gives the bare register; the standard inverts it before and after.
  std::uint32_t state = ~previous;
  while (!data.empty()) {
    const std::size_t count = std::min(data.size(), kStep);
    // ISA-L only reads; its signature says otherwise.
    auto* bytes = const_cast<std::uint8_t*>(data.data());
    state = crc32_iscsi(bytes, static_cast<int>(count), state);
    data = data.subspan(count);
  }
  return ~state;
}

}  // namespace holdfast::erasure

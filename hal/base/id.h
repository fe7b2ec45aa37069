// SPDX-License-Identifier: Apache-2.0
// Random 16-byte names of boxes, pools, disks and businesses; one type for each, so that they
// cannot be mixed up.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <string>
#include <string_view>

#include "hal/base/bytes.h"

namespace holdfast {

template <class Kind>
struct Id {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Id&) const = default;
  [[nodiscard]] ByteView view() const { return bytes; }
  [[nodiscard]] std::string hex() const { return to_hex(bytes); }
  [[nodiscard]] bool is_null() const { return *this == Id{}; }

  [[nodiscard]] static Result<Id> parse(std::string_view hex) {
    HF_TRY(const Bytes bytes, from_hex(hex));
    Id id;
    if (bytes.size() != id.bytes.size()) {
      return make_error(ErrorCode::invalid_argument, std::string(hex));
    }
    std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
    return id;
  }
};

using BoxId = Id<struct BoxKind>;
using PoolId = Id<struct PoolKind>;
using DiskId = Id<struct DiskKind>;
using BusinessId = Id<struct BusinessKind>;
using BootId = Id<struct BootKind>;  // of one start of a machine

}  // namespace holdfast

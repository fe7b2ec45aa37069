// SPDX-License-Identifier: Apache-2.0
// The witness: the newest acknowledged entry of a journal as home remembers it (docs/formats.md,
// section 9). It tells disks that are older than what was acknowledged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "firmware/journal/entry.h"
#include "hal/ports/disk.h"

namespace holdfast::journal {

struct Witness {
  std::uint32_t incarnation = 1;
  BusinessId business;
  Head head;
  bool operator==(const Witness&) const = default;
};

[[nodiscard]] Bytes encode(const Witness& witness);
// truncated, bad_magic, unsupported_version, damaged.
[[nodiscard]] Result<Witness> parse_witness(ByteView bytes);
[[nodiscard]] std::string witness_path(const BusinessId& business);

// Nothing if home has none; damaged if it is another business's.
[[nodiscard]] Result<std::optional<Witness>> load_witness(ports::Disk& home,
                                                          const BusinessId& business);
// Durable on ok.
[[nodiscard]] Result<void> store_witness(ports::Disk& home, const Witness& witness);

}  // namespace holdfast::journal

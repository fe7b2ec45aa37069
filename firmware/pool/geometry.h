// SPDX-License-Identifier: Apache-2.0
// Which k + m fits how many disks, and how many bytes that makes usable. Pure arithmetic.
#pragma once

#include <cstdint>
#include <span>

#include "firmware/erasure/reed_solomon.h"
#include "firmware/pool/label.h"
#include "hal/base/result.h"

namespace holdfast::pool {

// The table of the design: 1: 1+0, 2: 1+1, 3: 2+1, 4 and 5: 2+2, 6: 3+2, 8: 5+2, 12: 8+3, others
// in between by the same reasoning (research: what is left over is spare to heal into).
[[nodiscard]] erasure::Geometry automatic_geometry(std::size_t disks);

// Geometry for a new pool of `disks` members; bad_geometry if `fixed` needs more disks than there
// are or breaks a limit (k >= 1, k + m <= disks).
[[nodiscard]] Result<erasure::Geometry> choose_geometry(GeometryPolicy policy,
                                                        erasure::Geometry fixed, std::size_t disks);

// With only `present` disks writable: k shrinks first (to 1), then m. Equal to `wanted` if it fits.
[[nodiscard]] erasure::Geometry degraded_geometry(erasure::Geometry wanted, std::size_t present);

// Water filling: the largest U with sum_i min(size_i, U/k) >= U (k+m)/k, given what each disk can
// hold in bytes, less `spare`.
[[nodiscard]] std::uint64_t usable_bytes(std::span<const std::uint64_t> disk_bytes,
                                         erasure::Geometry geometry, std::uint64_t spare);

}  // namespace holdfast::pool

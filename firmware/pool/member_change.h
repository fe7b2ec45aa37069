// SPDX-License-Identifier: Apache-2.0
// What the record of a pool becomes when its members change (docs/formats.md, section 7). Pure.
//
//   member --retire, replace--> leaving --all its shards lie elsewhere--> retired (present)
//                                                                         lost (absent)
//
// Each change is one record: epoch + 1, and it names the record it follows. Geometry and spare
// follow the plain members, for packs that are written from then on.
#pragma once

#include <optional>
#include <vector>

#include "firmware/pool/geometry.h"
#include "firmware/pool/label.h"
#include "hal/base/result.h"

namespace holdfast::pool {

struct MemberChange {
  std::uint32_t incarnation = 1;   // of the box that makes the change
  std::optional<Member> joins{};   // its slot, state and joining are filled in
  std::optional<DiskId> leaves{};  // from now on its shards are to be moved
  std::vector<DiskId> retired{};  // of the leaving ones: nothing is left to move, and they are here
  std::vector<DiskId> lost{};     // the same, and they are not
};

// `nonce`: random. limit_exceeded: too many members; no_disk: none of that id leaves or is leaving;
// bad_geometry: a fixed geometry needs more disks than would be left.
[[nodiscard]] Result<LabelRecord> next_record(const Label& in_force, const MemberChange& change,
                                              const std::array<std::uint8_t, 32>& nonce);

// Spare is there to heal into: the largest disk's worth, where a disk is left over beyond k + m.
// Folders on one device show its bytes once each: sums of theirs say nothing, and they keep none.
[[nodiscard]] std::uint64_t spare_bytes(const LabelRecord& record);
[[nodiscard]] Spare spare_of(const LabelRecord& record);
// Bytes of packs that all plain members can take, the spare kept free.
[[nodiscard]] std::uint64_t usable_bytes(const LabelRecord& record);

}  // namespace holdfast::pool

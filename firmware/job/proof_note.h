// SPDX-License-Identifier: Apache-2.0
// How the last verify and the last drill of a business went: "OK" always carries the date of its
// proof (P12). A note of each in home (docs/formats.md, section 2), of no weight: without it there
// was no proof.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "hal/base/id.h"
#include "hal/base/time.h"
#include "hal/ports/disk.h"

namespace holdfast::job {

enum class ProofKind { verify, drill };
// "verify", "drill".
[[nodiscard]] std::string_view name_of(ProofKind kind);

struct ProofNote {
  ProofKind kind = ProofKind::verify;
  Timestamp time;                 // when it ended
  std::uint64_t snapshot = 0;     // number of its entry
  std::uint64_t items = 0;        // that came back as they were stored
  std::uint64_t items_total = 0;  // that the snapshot has, looked at or not
  std::uint64_t bytes = 0;        // of `items`
  std::uint64_t differences = 0;  // whatever did not come back as it was stored
  bool good = false;              // it came to its end, and there were none

  bool operator==(const ProofNote&) const = default;
};

// Takes the place of the last one of its kind.
[[nodiscard]] Result<void> note_proof(ports::Disk& home, const BusinessId& business,
                                      const ProofNote& proof);
// Nothing if there is no note, or none that can be read.
[[nodiscard]] std::optional<ProofNote> load_proof(ports::Disk& home, const BusinessId& business,
                                                  ProofKind kind);

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// The last round of scrub or heal that came to its end, and the one that was begun since: a note in
// home (docs/formats.md, section 2), of no weight. Without it the next round begins at the first
// pack.
#pragma once

#include <cstdint>
#include <optional>

#include "hal/base/digest.h"
#include "hal/base/time.h"
#include "hal/ports/disk.h"

namespace holdfast::job {

struct ScrubRound {
  bool heals = false;
  Timestamp begun;
  std::optional<Timestamp> ended;
  // Every pack up to this one, by name, has been looked at; until the round has ended.
  std::optional<Digest> cursor;
  std::uint64_t packs = 0;       // looked at
  std::uint64_t packs_lost = 0;  // of them, beyond repair with the disks that were present
  // Of the others; if the round heals, those that it left so.
  std::uint64_t shards_missing = 0;
  std::uint64_t shards_bad = 0;
  // By the newest call: copies (copies.h) that are bad, or that a heal left so, and entries that no
  // disk has.
  std::uint64_t copies_bad = 0;
  std::uint64_t entries_lost = 0;
  // Of the call of heal that wrote most, in this round or in any before: bytes of shards, and how
  // long it took.
  std::uint64_t bytes_written = 0;
  std::uint64_t work_ms = 0;

  bool operator==(const ScrubRound&) const = default;
};

struct ScrubNote {
  std::optional<ScrubRound> last;     // that ended
  std::optional<ScrubRound> current;  // that did not

  // What is not known to be mended: of both rounds the larger number.
  [[nodiscard]] std::uint64_t shards_bad() const;
  // Of the newest round, for every call looks at all copies.
  [[nodiscard]] const ScrubRound* newest() const;
};

[[nodiscard]] Result<void> store_scrub_note(ports::Disk& home, const ScrubNote& note);
// Empty if there is no note, or none that can be read.
[[nodiscard]] ScrubNote load_scrub_note(ports::Disk& home);

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// drill: restores a random sample of a snapshot and compares. It reads what a restore reads, from
// the disks, and keeps nothing of it: no plain bytes are written anywhere.
//
//   choose     every item with content draws a ticket; those with the lowest are the sample
//   restore    each by a reader of its own: SHA-256 and size as the tree has them
//   hear       a recording whose header was sound when it was backed up is sound, and as long
//   decode     one of the recordings, to its end, where a decoder is given
//   look up    each row that the snapshot binds to a recording of the sample: in its item, by its
//              digest, and as `record find` gives it
//   do without one item once more, as if a disk that it lies on were not there
//
// A drill mends nothing. What cannot be had back is noted as every reader does (lost_packs.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/catalog/record_index.h"
#include "firmware/job/progress.h"
#include "firmware/source/definition.h"
#include "firmware/vault/business.h"

namespace holdfast::job {

// What is not as it was stored. The names stand in reports.
#define HOLDFAST_DRILL_FINDINGS(X)                                                               \
  X(content)     /* the reader called it right, and it has not the digest or size of the tree */ \
  X(audio)       /* its header was sound when it was backed up, and is not */                    \
  X(length)      /* its header tells another length than when it was backed up */                \
  X(row_unread)  /* rows of it cannot be read as the definition says they are written */         \
  X(row_missing) /* a row that is bound to it is not what `record find` gives */                 \
  X(row_unbound) /* `record find` gives the row, and not as bound to it */                       \
  X(no_index)    /* there is no index of rows, or it cannot be read */                           \
  X(parity)      /* with one disk left out it does not come back, though shards are enough */

enum class DrillFinding : std::uint8_t {
#define HOLDFAST_ENUMERATOR(name) name,
  HOLDFAST_DRILL_FINDINGS(HOLDFAST_ENUMERATOR)
#undef HOLDFAST_ENUMERATOR
};
[[nodiscard]] std::string_view name_of(DrillFinding finding);

struct DrillDifference {
  DrillFinding finding = DrillFinding::content;
  std::string path;       // of the item, raw bytes; empty: of none
  std::string row_item;   // of a row: the path of the item that it stands in
  std::uint64_t row = 0;  // its number there
};

struct DrilledItem {
  std::string path;         // raw bytes
  std::uint64_t bytes = 0;  // of its content
  bool came_back = false;   // else it is lost, or has other bytes
  bool is_lost = false;     // told in DrillReport::lost
  bool rebuilt = false;     // what did not lie right, or not at all, was made up for from parity
  std::optional<catalog::Probe> sound;  // of its header; none: it did not come back, or has holes
  std::uint64_t rows = 0;               // found as they are bound to it
  bool is_good = false;                 // came back, and nothing about it differs
};

// One item read with a disk left out on purpose, chosen at random.
struct ReadWithout {
  std::string path;
  DiskId disk;
  bool came_back = false;
};

// What came of decoding one recording. Never a difference: its digest has proved by then that its
// bytes are those that were stored.
#define HOLDFAST_HEARD(X)                                                       \
  X(decoded)    /* all of it */                                                 \
  X(in_part)    /* its header states more than there is, or bytes are left */   \
  X(broken)     /* a sound header and no sound: it was so when it was stored */ \
  X(not_known)  /* of a form, or of a length, that is not decoded here */       \
  X(no_decoder) /* the program is not there, cannot be started, or ended in the midst */

enum class Heard : std::uint8_t {
#define HOLDFAST_ENUMERATOR(name) name,
  HOLDFAST_HEARD(HOLDFAST_ENUMERATOR)
#undef HOLDFAST_ENUMERATOR
};
[[nodiscard]] std::string_view name_of(Heard heard);

struct HeardRecording {
  std::string path;
  Heard heard = Heard::decoded;
};

// Decodes the bytes of that recording to their end and keeps nothing of it. Bounds its own time.
// Errors end the drill: somebody stops it.
using Hear = std::function<Result<Heard>(const std::string& path, Bytes recording)>;

enum class ComparedIndex : std::uint8_t {
  none,      // the business has no rows, or their index is kept in memory alone
  compared,  // the rows of the sample were looked up in it
  newer,     // a backup has taken it on meanwhile: what it says is of another snapshot
  missing,   // no_index
};
[[nodiscard]] std::string_view name_of(ComparedIndex index);

struct DrillRequest {
  static constexpr std::uint64_t kItemsDefault = 50;
  static constexpr std::uint64_t kHeardMax = 16 * kMiB;  // bytes of what is decoded
  catalog::SnapshotRow snapshot;
  std::optional<source::BusinessDefinition> definition;  // none: rows are not looked up
  std::uint64_t items = kItemsDefault;                   // at most that many
  const StopFlag* stop = nullptr;
  Progress* progress = nullptr;
  Hear hear = {};  // none: nothing is decoded
};

struct DrillReport {
  std::vector<DrilledItem> items;       // in path order
  std::uint64_t items_good = 0;         // of them
  std::uint64_t bytes = 0;              // of the good ones
  std::uint64_t items_total = 0;        // with content, of the snapshot
  std::uint64_t recordings = 0;         // of the sample: that the snapshot knows as recordings
  std::uint64_t sound = 0;              // of the sample: with a header that agrees with the size
  std::uint64_t rows = 0;               // found as they are bound
  std::uint64_t rebuilt = 0;            // items
  std::optional<ReadWithout> without;   // none: no item that is not rebuilt has a shard to spare
  std::optional<HeardRecording> heard;  // none: no recording of the sample was small enough
  ComparedIndex index = ComparedIndex::none;
  std::vector<DrillDifference> differences;
  Problems lost;  // items, and names that nobody can read any more: exit 5
  Timestamp ended;
  std::int64_t duration_ns = 0;
  std::optional<Error> not_noted;  // home did not take the note of it

  [[nodiscard]] bool is_good() const { return differences.empty() && lost.count == 0; }
};

// The snapshot that a drill looks at: the newest one that looked at all of the sources.
// no_snapshot.
[[nodiscard]] Result<catalog::SnapshotRow> snapshot_to_drill(vault::Business& business);

// locked: another drill of this business is at work; interrupted, after which nothing is noted; the
// errors of reading that say nothing about what is stored.
[[nodiscard]] Result<DrillReport> run_drill(vault::Business& business, const DrillRequest& request);

}  // namespace holdfast::job

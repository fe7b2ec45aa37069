// SPDX-License-Identifier: Apache-2.0
// backup: from sources to one journal entry (design: path of one recording, steps 2 to 11).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "firmware/job/held_keys.h"
#include "firmware/job/progress.h"
#include "firmware/job/record_keeper.h"
#include "firmware/source/definition.h"
#include "firmware/vault/business.h"
#include "hal/ports/files.h"

namespace holdfast::job {

// How often a long run commits what it has. A kill loses no more than that.
inline constexpr std::int64_t kPartialInterval_ns = 300'000'000'000;

// How long after a full tree deltas of it are written. Lists of a delta grow until then.
inline constexpr std::int64_t kFullInterval_ns = 3'600'000'000'000;

// Bytes of all paths of a request together: they stand in the entry, on every disk.
inline constexpr std::size_t kPathsSizeMax = 64 * kKiB;

struct BackupRequest {
  source::BusinessDefinition definition;
  bool keeps_policy = false;  // it is the one in force already: what home has is no part of it
  // Items that changed or went: files, or folders with all in them. Only these are looked at, and
  // the folders above them; all else stands as the snapshot before has it, rows included. Each
  // lies in a source with a folder, or is one. None: everything is looked at.
  std::vector<std::string> paths = {};
  std::vector<std::string> tags;
  std::string host;
  std::vector<std::string> exclude_paths;  // real paths never entered: pool disks, home
  bool allow_empty = false;  // a source that has become empty is believed: all it had is gone
  bool accept_loss = false;  // names that are lost now will never come back
  std::int64_t partial_interval_ns = kPartialInterval_ns;  // 0: no partial snapshots on the way
  std::int64_t full_interval_ns = kFullInterval_ns;        // 0: each snapshot is a full one
  // When and how fast the sources may be read, on the clock of `site`. None: always, as fast as it
  // goes.
  std::optional<policy::Window> window = {};
  policy::TimeZone site = {};
  const StopFlag* stop = nullptr;
  Progress* progress = nullptr;
  ports::SqlClient* sql = nullptr;  // null: no query can be asked
  // Of a file that only its owner should read: a database's password.
  std::function<Result<SecretBytes>(const std::string& path)> read_secret = {};
  // For holds on keys, where the index does not reflect the snapshot before. Empty: it cannot be.
  RebuildIndex rebuild_index = {};
};

// To a snapshot that was there already, by an entry of its own.
struct GivenTag {
  std::string tag;
  std::uint64_t entry = 0;  // its number
};

struct BackupReport {
  journal::Head snapshot;               // the entry that holds what the sources showed
  bool entry_written = true;            // false: nothing had changed, the newest snapshot is it
  std::vector<GivenTag> tags_given;     // with entry_written the tags are in the snapshot's entry
  std::uint64_t partial_snapshots = 0;  // committed on the way
  std::uint64_t paths = 0;              // that were looked at; 0: all of the sources was
  bool partial = false;                 // stopped before everything was looked at
  bool window_closed = false;           // that is why
  bool names_lost = false;              // of the snapshot before; not with accept_loss
  bool has_gap = false;                 // that may come back and are waited for
  journal::SnapshotCounts counts;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_new = 0;
  std::uint64_t bytes_stored = 0;
  bool under_protected = false;  // some pack got less parity than the pool's geometry
  std::int64_t duration_ns = 0;
  std::vector<SourceRecords> records;  // of each source with rows; empty where the run was stopped
  // Unreadable, changing, vanished; sources that were away or empty; items of the snapshot before
  // that were lost with a tree node.
  Problems problems;
};

// `business` is open for writing. A stop by request is no error: what was read by then is committed
// as a partial snapshot, in which everything else stands as it stood; so it is every few minutes of
// a run that goes on and has no paths. The window's end is such a stop; window_closed, if it has
// not begun.
//
// With paths the cost is theirs, and that of the tree's leaves they fall into: it does not grow
// with the sources or with the snapshot before. The result is what a whole run would make if
// nothing else had changed. A path that is neither at the source nor in the snapshot before is a
// problem (source_vanished), unless an exclusion says that nobody wants it. names_lost: the
// snapshot before has a gap, or is lost where it meets the paths; a whole run says what became of
// it.
//
// source_empty: no source could be read, and one at least had become empty. Errors: nothing was
// committed; durable packs are adopted by the next run.
[[nodiscard]] Result<BackupReport> run_backup(vault::Business& business, ports::Files& files,
                                              const BackupRequest& request);

}  // namespace holdfast::job

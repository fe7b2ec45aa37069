// SPDX-License-Identifier: Apache-2.0
// Step 10 of a backup: the rows of a business, which recordings they belong to, and what does not
// fit (docs/formats.md, section 10).
//
//   the finished tree -> recordings, items with rows -> index
//                        queries -> new items with rows -> index
//                        reconcile -> files below records/ -> the tree that is committed
//
// The index (catalog/record_index.h) is brought level with the tree first, whatever it was made
// from; it follows the snapshot once that is committed. What a run cannot do for one source (its
// server is away, its file has no header) is told, and no other source suffers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "firmware/catalog/record_index.h"
#include "firmware/job/content_ends.h"
#include "firmware/job/progress.h"
#include "firmware/job/source_pace.h"
#include "firmware/job/source_records.h"
#include "firmware/source/definition.h"
#include "firmware/vault/run.h"
#include "firmware/vault/tree_cursor.h"
#include "hal/base/secret.h"
#include "hal/ports/sql.h"

namespace holdfast::job {

// A tree with answers of databases in it, of which nothing was found out yet.
struct GatheredRows {
  std::optional<journal::Root> root;  // whose new nodes went where RecordKeeper::keep() was told
  std::uint64_t more_items = 0;       // as of RecordKeeper
  std::uint64_t more_bytes = 0;
};

struct RecordRequest {
  const source::BusinessDefinition& definition;
  ports::SqlClient* sql = nullptr;  // null: sources with a query cannot be asked
  std::function<Result<SecretBytes>(const std::string& path)> read_secret = {};
  Timestamp now;
  const StopFlag* stop = nullptr;  // may be null
  SourcePace* pace = nullptr;      // of answers; may be null
  Progress* progress = nullptr;    // may be null
  // To ask a database for years takes hours: `commit` is given what was gathered, within keep(),
  // whenever it is due between two answers, and at a stop. Both may be empty.
  std::function<bool()> is_commit_due = {};
  std::function<Result<void>(const GatheredRows& rows)> commit = {};
};

// open() -> look_at() ... -> keep() -> committed(). One thread at a time. The references must
// outlive it.
class RecordKeeper {
 public:
  RecordKeeper(vault::Business& business, RecordRequest request);
  ~RecordKeeper();

  // Before the run has written any entry. Errors of home.
  [[nodiscard]] Result<void> open();
  // What the run has just read of that item: its header is looked at, so that nobody has to read it
  // again. Any thread.
  void look_at(const vault::Item& item, const ContentEnds& ends);
  // The root of the tree with what was found laid in; `root` itself if nothing changed. Nodes of
  // `root` come from `nodes`, new ones go to `sink`; whatever the tree refers to is durable. What
  // went wrong with one source or item is added to `problems`. Errors: the store's.
  [[nodiscard]] Result<std::optional<journal::Root>> keep(vault::Run& run, vault::NodeSource& nodes,
                                                          vault::NodeSink& sink,
                                                          const std::optional<journal::Root>& root,
                                                          Problems& problems);
  // The snapshot with that tree is this entry: the index follows. Without it the index stays as it
  // was. An error is the index's, which the next run then makes anew.
  [[nodiscard]] Result<void> committed(const journal::Head& snapshot);

  // Files, and their bytes (modulo 2^64), that the tree has more than before.
  [[nodiscard]] std::uint64_t more_items() const { return more_items_; }
  [[nodiscard]] std::uint64_t more_bytes() const { return more_bytes_; }
  [[nodiscard]] std::vector<SourceRecords>& reports() { return reports_; }

 private:
  [[nodiscard]] bool is_recording(std::string_view path) const;

  vault::Business& business_;
  RecordRequest request_;
  std::optional<catalog::RecordIndex> index_;
  std::mutex mutex_;
  std::map<Digest, catalog::Probe> probes_;  // of this run, as many as there is room for
  bool is_new_ = false;                      // the index: nothing was in it
  bool is_whole_ = true;                     // the index: nothing that was lost is missing in it
  std::optional<journal::Root> former_root_;
  std::optional<vault::Tree> former_;
  std::uint64_t snapshot_ = 0;  // number that the snapshot will have, or one close below
  std::uint64_t more_items_ = 0;
  std::uint64_t more_bytes_ = 0;
  std::vector<SourceRecords> reports_;
};

}  // namespace holdfast::job

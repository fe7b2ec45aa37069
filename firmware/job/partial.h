// SPDX-License-Identifier: Apache-2.0
// Partial snapshots of a long backup: every few minutes what has come into the tree is committed,
// and the run goes on. A kill loses no more than those minutes.
//
//   tree so far    a b c d                 delivered when the round began
//   former list    a   c   e f g h         as it was carried over by a run that is stopped there
//   partial        a b c d e f g h         so no snapshot forgets what the one before had
//
// A round: one worker copies the state of the tree; then each worker makes durable what it has in
// open packs, at its next place between two chunks or items; the last one to do so commits, while
// the others go on. What was in the tree when the round began was kept before it, so all its
// chunks, also those that a worker only found claimed by another, are durable by then.
// Cost: what is new, and one look through the former list in a run.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "firmware/job/former.h"
#include "firmware/job/merge.h"
#include "firmware/job/progress.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/run.h"
#include "firmware/vault/tree_builder.h"

namespace holdfast::job {

// What a run has delivered at one moment.
struct Delivered {
  vault::TreeBuilder builder;
  journal::SnapshotCounts counts;
  FormerTally passed;    // of the former list, up to the newest item in the tree
  bool has_gap = false;  // names of the former list were lost on the way
};

struct PartialSettings {
  std::int64_t interval_ns = 0;  // 0: no partial snapshots
  Timestamp started;             // of the run
  std::string host;
  const StopFlag* stop = nullptr;  // may be null
  // Stores what Look's trees are made of. Called before each entry, as Look is.
  std::function<Result<void>()> store_nodes;
};

// Any thread, where nothing else is said.
class PartialCommits {
 public:
  // Called with no lock of this object held, from any thread.
  using Look = std::function<Delivered()>;
  using Wake = std::function<void()>;  // for workers that wait for work; likewise

  // All references must outlive it. `workers`: how many will call.
  PartialCommits(vault::Run& run, const FormerSnapshots& former, PartialSettings settings,
                 std::size_t workers);
  void watch(Look look, Wake wake);  // before any worker calls

  // A worker stands between two chunks or items: begins a round if one is due, hands in for one
  // that waits for this worker, and commits if it is the last. An error is the run's.
  [[nodiscard]] Result<void> pause(std::size_t worker, vault::ChunkWriter& writer);
  // A round waits for this worker.
  [[nodiscard]] bool is_called(std::size_t worker) const;
  // The worker has flushed its writer and keeps no more.
  [[nodiscard]] Result<void> leave(std::size_t worker);
  // The run has failed: nothing more is committed here.
  void give_up();

  // Those of this run. After all workers have left.
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const journal::Head& newest() const { return newest_; }

 private:
  struct Worker {
    bool awaited = false;
    bool has_left = false;
  };
  [[nodiscard]] bool begins_round();
  [[nodiscard]] bool hand_in(std::size_t worker);
  [[nodiscard]] Result<void> end_round();
  // One worker at a time, without the lock.
  [[nodiscard]] Result<void> commit(Delivered delivered);
  [[nodiscard]] Result<bool> find_rest();
  [[nodiscard]] Result<void> append_entry(const Delivered& delivered,
                                          const std::optional<journal::Root>& root);
  void switch_off();

  vault::Run& run_;
  const FormerSnapshots& former_;
  PartialSettings settings_;
  Look look_;
  Wake wake_;

  mutable std::mutex mutex_;  // of what follows
  std::vector<Worker> workers_;
  std::unique_ptr<Delivered> delivered_;  // of the round
  bool is_off_ = false;
  bool in_round_ = false;
  std::int64_t due_ns_ = 0;

  // Of the worker that commits.
  bool rest_known_ = false;
  std::optional<journal::Root> rest_;  // the former list, marked as a stopped run marks it
  FormerTally rest_tally_;
  std::unique_ptr<vault::ContentReader> nodes_;
  std::optional<journal::Root> committed_;  // root of the newest list that a snapshot has
  journal::Head newest_;
  std::uint64_t count_ = 0;
};

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// Hands items that must be read to the workers and brings the results back in path order: the tree
// is built in order, whoever is done first.
//
//   merge --> [ done | being read | done | waiting ... ] --> tree builder
//              front                            back
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "firmware/job/item_reader.h"
#include "firmware/job/merge.h"

namespace holdfast::job {

// One place in the line.
struct Task {
  Step step;
  bool done = false;
  std::optional<vault::Item> item;  // what goes into the tree; nothing: it is left out
};

// Any thread. Called under the queue's lock, in path order: one at a time.
using Judge = std::function<Result<std::optional<vault::Item>>(Step&)>;  // steps that need no read
using Deliver = std::function<Result<void>(const Task&)>;                // every step, done

class ItemQueue {
 public:
  // At most this many items wait behind the slowest one being read.
  static constexpr std::size_t kLengthMax = 16384;

  // Once the pace says stop nothing more is listed: what is left of the former tree is carried
  // over.
  ItemQueue(Merge& merge, Judge judge, Deliver deliver, SourcePace& pace)
      : merge_(merge), judge_(std::move(judge)), deliver_(std::move(deliver)), pace_(pace) {}

  // What a worker gets: a task, valid until complete(); or it is called away and comes again; or
  // there is nothing left, or the run has failed.
  struct Turn {
    Task* task = nullptr;
    bool called = false;
  };
  // Waits while the line is full, unless `is_called()`, which is asked, under the queue's lock,
  // again at each call(): so none of the locks that it takes may be held there.
  [[nodiscard]] Result<Turn> take(const std::function<bool()>& is_called);
  void call();
  [[nodiscard]] Result<void> complete(Task& task, std::optional<vault::Item> item);
  // The run has failed: take() returns nothing from now on.
  void fail();
  // With nothing being delivered: `look` is told how much of the former list the steps up to the
  // newest delivered one have passed.
  template <class Look>
  auto look_at_delivered(Look&& look) {
    const std::lock_guard lock(mutex_);
    return look(passed_);
  }

 private:
  [[nodiscard]] Result<void> deliver_done();
  [[nodiscard]] Result<bool> fill();

  Merge& merge_;
  Judge judge_;
  Deliver deliver_;
  SourcePace& pace_;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::deque<Task> line_;
  FormerTally passed_;
  bool ended_ = false;
  bool failed_ = false;
};

}  // namespace holdfast::job

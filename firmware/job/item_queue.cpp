// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/item_queue.h"

namespace holdfast::job {

Result<void> ItemQueue::deliver_done() {
  while (!line_.empty() && line_.front().done) {
    HF_TRY(deliver_(line_.front()));
    passed_ = line_.front().step.passed;
    line_.pop_front();
  }
  return {};
}

// Adds steps until one needs reading (true) or the merge is at its end (false).
Result<bool> ItemQueue::fill() {
  while (true) {
    // Here, since of a source in which nothing changed no item ever leaves this loop.
    if (pace_.must_stop()) merge_.stop_listing();
    Task& task = line_.emplace_back();
    HF_TRY(const bool more, merge_.next(task.step));
    if (!more) {
      line_.pop_back();
      ended_ = true;
      return false;
    }
    if (task.step.kind == StepKind::read) return true;
    HF_TRY(task.item, judge_(task.step));
    task.done = true;
    // Most items of a later backup are unchanged: nothing waits, so they need not queue up.
    HF_TRY(deliver_done());
    if (line_.size() >= kLengthMax) return true;
  }
}

Result<ItemQueue::Turn> ItemQueue::take(const std::function<bool()>& is_called) {
  std::unique_lock lock(mutex_);
  while (true) {
    moved_.wait(lock,
                [&] { return failed_ || ended_ || line_.size() < kLengthMax || is_called(); });
    if (failed_ || ended_) return Turn{};
    if (line_.size() >= kLengthMax) return Turn{nullptr, true};
    HF_TRY(const bool more, fill());
    if (more && !line_.back().done) return Turn{&line_.back(), false};
  }
}

void ItemQueue::call() {
  // A worker that has just been told that it is not called sleeps before it lets go of the lock.
  {
    const std::lock_guard lock(mutex_);
  }
  moved_.notify_all();
}

Result<void> ItemQueue::complete(Task& task, std::optional<vault::Item> item) {
  const std::lock_guard lock(mutex_);
  task.item = std::move(item);
  task.done = true;
  auto delivered = deliver_done();
  moved_.notify_all();
  return delivered;
}

void ItemQueue::fail() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
  moved_.notify_all();
}

}  // namespace holdfast::job

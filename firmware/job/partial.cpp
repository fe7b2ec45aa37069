// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/partial.h"

#include <algorithm>

#include "firmware/vault/tree_splice.h"

namespace holdfast::job {

PartialCommits::PartialCommits(vault::Run& run, const FormerSnapshots& former,
                               PartialSettings settings, std::size_t workers)
    : run_(run), former_(former), settings_(std::move(settings)), workers_(workers) {
  is_off_ = settings_.interval_ns <= 0;
  due_ns_ = run_.business().box().ports().clock.monotonic_ns() + settings_.interval_ns;
}

void PartialCommits::watch(Look look, Wake wake) {
  look_ = std::move(look);
  wake_ = std::move(wake);
}

bool PartialCommits::begins_round() {
  const std::lock_guard lock(mutex_);
  if (is_off_ || in_round_ || !check_stop(settings_.stop)) return false;
  if (run_.business().box().ports().clock.monotonic_ns() < due_ns_) return false;
  in_round_ = true;
  return true;
}

Result<void> PartialCommits::pause(std::size_t worker, vault::ChunkWriter& writer) {
  if (begins_round()) {
    // The queue's lock is taken here, and it may ask is_called(): so not under our own.
    auto delivered = std::make_unique<Delivered>(look_());
    {
      const std::lock_guard lock(mutex_);
      delivered_ = std::move(delivered);
      for (Worker& other : workers_) other.awaited = !other.has_left;
    }
    wake_();
  }
  if (!is_called(worker)) return {};
  HF_TRY(writer.flush());
  if (hand_in(worker)) return end_round();
  return {};
}

bool PartialCommits::is_called(std::size_t worker) const {
  const std::lock_guard lock(mutex_);
  return workers_[worker].awaited;
}

// True for the last one.
bool PartialCommits::hand_in(std::size_t worker) {
  const std::lock_guard lock(mutex_);
  if (!workers_[worker].awaited) return false;
  workers_[worker].awaited = false;
  return !is_off_ && std::ranges::none_of(workers_, &Worker::awaited);
}

Result<void> PartialCommits::leave(std::size_t worker) {
  {
    const std::lock_guard lock(mutex_);
    workers_[worker].has_left = true;
  }
  if (hand_in(worker)) return end_round();
  return {};
}

void PartialCommits::give_up() {
  switch_off();
}

void PartialCommits::switch_off() {
  const std::lock_guard lock(mutex_);
  is_off_ = true;
  for (Worker& worker : workers_) worker.awaited = false;
}

Result<void> PartialCommits::end_round() {
  std::unique_ptr<Delivered> delivered;
  {
    const std::lock_guard lock(mutex_);
    delivered = std::move(delivered_);
  }
  HF_CHECK(delivered != nullptr);
  HF_TRY(commit(std::move(*delivered)));
  const std::lock_guard lock(mutex_);
  in_round_ = false;
  due_ns_ = run_.business().box().ports().clock.monotonic_ns() + settings_.interval_ns;
  return {};
}

// What a stopped run would carry over: the former list, of which whatever may have changed unseen
// is marked. It is the same at each commit of a run, so its tree is made once. False: there is
// none, for names are lost or the run is being stopped.
Result<bool> PartialCommits::find_rest() {
  if (rest_known_) return true;
  if (former_.newest()) {
    HF_TRY(nodes_, vault::ContentReader::open(run_.business()));
    bool names_lost = false;
    Former former(*nodes_, former_, [&](const vault::IndexEntry&) { names_lost = true; });
    vault::TreeBuilder builder(run_, run_.business().box().settings().node_size_target);
    while (true) {
      if (!check_stop(settings_.stop)) return false;
      HF_TRY(const vault::Item* item, former.peek());
      if (names_lost) return false;
      if (item == nullptr) break;
      vault::Item carried = *item;
      if (!item->is_gone() && !is_settled(*item, former.stored_since(), settings_.started)) {
        carried.flags |= vault::kItemChanging;
      }
      rest_tally_.add(carried);
      HF_TRY(builder.add(carried));
      former.advance();
    }
    HF_TRY(rest_, builder.finish());
    // It is read from now on, and only durable packs can be.
    HF_TRY(run_.suspend());
  }
  committed_ = rest_;
  rest_known_ = true;
  return true;
}

Result<void> PartialCommits::commit(Delivered delivered) {
  // A snapshot with a gap is for the end of a run to make: it knows all that is lost. Where home
  // could not follow an entry, the next one may fail, and the run with it: that too can wait.
  const bool may_commit = !delivered.has_gap && run_.business().warnings().empty();
  HF_TRY(const bool rest_known, may_commit ? find_rest() : Result<bool>(false));
  if (!rest_known) {
    switch_off();
    return {};
  }
  if (rest_) {
    vault::TreeCursor rest(*nodes_, vault::Tree{rest_});
    HF_TRY(rest.skip(delivered.passed.records));
    HF_TRY(vault::append_rest(delivered.builder, rest));
  }
  HF_TRY(const auto root, delivered.builder.finish());
  if (root == committed_) return {};
  return append_entry(delivered, root);
}

Result<void> PartialCommits::append_entry(const Delivered& delivered,
                                          const std::optional<journal::Root>& root) {
  HF_TRY(settings_.store_nodes());
  vault::Business& business = run_.business();
  journal::SnapshotBody body;
  body.complete = false;
  body.host = settings_.host;
  body.started = settings_.started;
  body.finished = business.box().ports().clock.now();
  body.counts = delivered.counts;
  const std::uint64_t carried = rest_tally_.items - delivered.passed.items;
  body.counts.items += carried;
  body.counts.items_unchanged += carried;
  body.counts.bytes += rest_tally_.bytes - delivered.passed.bytes;
  body.items = root;
  if (count_ > 0) {
    body.previous_snapshot = newest_.digest;
  } else if (former_.newest()) {
    body.previous_snapshot = former_.newest()->head.digest;
  }
  HF_TRY(const auto policy,
         business.with_catalog([](catalog::Catalog& catalog) { return catalog.newest_policy(); }));
  if (policy) body.policy = policy->digest;
  HF_TRY(newest_, run_.commit(body));
  committed_ = root;
  ++count_;
  return {};
}

}  // namespace holdfast::job

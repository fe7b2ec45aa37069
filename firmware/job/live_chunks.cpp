// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/live_chunks.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "firmware/pack/format.h"
#include "firmware/vault/delta.h"
#include "firmware/vault/pruned_items.h"
#include "firmware/vault/tree_cursor.h"
#include "hal/base/path.h"

namespace holdfast::job {

void LiveChunks::let_go(std::string_view path, const Digest& identity) {
  paths_ += path;
  going_.push_back({paths_.size(), identity});
}

std::string_view LiveChunks::path_at(std::size_t place) const {
  const std::size_t begin = place == 0 ? 0 : going_[place - 1].end;
  return std::string_view(paths_).substr(begin, going_[place].end - begin);
}

// Most are asked in the order of the list: then it is this place, or the one behind it. In a list
// that is out of order some are not found, and needed.
bool LiveChunks::is_going(const vault::Item& item) {
  const PathLess less;
  const auto is_before = [&](std::size_t place) { return less(path_at(place), item.path); };
  if (next_ < going_.size() && is_before(next_)) ++next_;
  const bool is_here =
      (next_ == 0 || is_before(next_ - 1)) && (next_ == going_.size() || !is_before(next_));
  if (!is_here) {
    const auto places = std::views::iota(std::size_t{0}, going_.size());
    next_ =
        static_cast<std::size_t>(std::ranges::partition_point(places, is_before) - places.begin());
  }
  return next_ < going_.size() && path_at(next_) == item.path &&
         going_[next_].identity == vault::identity_of(item);
}

void LiveChunks::mark(const Digest& chunk) {
  names_.add(pack::chunk_name(business_.id_key(), chunk));
}

bool LiveChunks::mark_part(const Digest& node) {
  if (!parts_.insert(node).second) return false;
  mark(node);
  return true;
}

void LiveChunks::mark_chunks(const vault::Item& item) {
  for (const journal::ChunkReference& chunk : item.chunks) mark(chunk.digest);
}

Result<bool> LiveChunks::is_needed(const vault::Item& item, std::uint64_t snapshot) {
  if (is_going(item)) return false;
  HF_TRY(const bool deleted, reader_.is_deleted(item, snapshot));
  return !deleted;
}

void LiveChunks::take_up(const catalog::SnapshotRow& snapshot) {
  HF_CHECK(last_added_ == 0 || snapshot.head.number < last_added_);
  last_added_ = snapshot.head.number;
}

// Of a delta the tree that it stands on and its own items: a prune keeps the parts of that tree.
Result<void> LiveChunks::add(const catalog::SnapshotRow& snapshot, const StopFlag* stop) {
  take_up(snapshot);
  const auto mark_needed = [&](const vault::Item& item) -> Result<void> {
    HF_TRY(const bool needed, is_needed(item, snapshot.head.number));
    if (needed) mark_chunks(item);
    return {};
  };
  const vault::Tree tree = vault::written_tree_of(snapshot);
  vault::TreeCursor cursor(reader_, {tree.root, 0},
                           [&](const vault::IndexEntry& /*subtree*/) { ++lost_parts_; });
  while (!cursor.at_end()) {
    HF_TRY(check_stop(stop));
    if (const vault::IndexEntry* subtree = cursor.unentered()) {
      if (!mark_part(subtree->node.digest)) {
        cursor.skip_unentered();
        continue;
      }
      HF_TRY(cursor.enter());
      continue;
    }
    HF_TRY(const vault::Item* item, cursor.peek());
    if (item == nullptr) break;
    HF_TRY(mark_needed(*item));
    cursor.advance();
  }
  if (tree.delta == 0) return {};
  HF_TRY(const journal::DeltaLists lists, reader_.read_delta(tree.delta));
  HF_TRY(const auto changes, vault::parse_delta(lists));
  for (const vault::ItemChange& change : changes) HF_TRY(mark_needed(change.item));
  return {};
}

void LiveChunks::note(const Digest& digest, std::vector<Digest>& noted, NeededBeside& beside) {
  if (!beside.is_all_noted) return;
  if (noted_ < kBesideMax) {
    noted.push_back(digest);
    ++noted_;
    return;
  }
  noted_ -= beside.parts.size() + beside.chunks.size();
  beside = {};
}

void LiveChunks::note(const vault::IndexEntry& part, NeededBeside& beside) {
  note(part.node.digest, beside.parts, beside);
}

Result<void> LiveChunks::note(const vault::Item& item, std::uint64_t snapshot,
                              NeededBeside& beside) {
  if (!beside.is_all_noted) return {};
  HF_TRY(const bool needed, is_needed(item, snapshot));
  if (!needed) return {};
  for (const journal::ChunkReference& chunk : item.chunks)
    note(chunk.digest, beside.chunks, beside);
  return {};
}

void LiveChunks::add_beside(const catalog::SnapshotRow& snapshot, const NeededBeside& beside) {
  HF_CHECK(beside.is_all_noted);
  take_up(snapshot);
  for (const Digest& part : beside.parts) mark_part(part);
  for (const Digest& chunk : beside.chunks) mark(chunk);
}

ChunkNames LiveChunks::take_names() {
  names_.finish();
  return std::move(names_);
}

}  // namespace holdfast::job

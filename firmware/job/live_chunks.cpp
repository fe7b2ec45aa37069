// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/live_chunks.h"

#include <utility>

#include "firmware/pack/format.h"
#include "firmware/vault/delta.h"
#include "firmware/vault/pruned_items.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

namespace {

Digest name_of(const vault::Item& item) {
  Sha256 hash;
  hash.update(vault::identity_of(item).bytes);
  hash.update(view_of(item.path));
  return hash.finish();
}

}  // namespace

void LiveChunks::let_go(const vault::Item& item) {
  going_.insert(name_of(item));
}

void LiveChunks::mark(const journal::ChunkReference& chunk) {
  names_.add(pack::chunk_name(business_.id_key(), chunk.digest));
}

Result<void> LiveChunks::mark(const vault::Item& item, std::uint64_t snapshot) {
  if (!going_.empty() && going_.contains(name_of(item))) return {};
  HF_TRY(const bool deleted, reader_.is_deleted(item, snapshot));
  if (deleted) return {};
  for (const journal::ChunkReference& chunk : item.chunks) mark(chunk);
  return {};
}

// Of a delta the tree that it stands on and its own items: a prune keeps the parts of that tree.
Result<void> LiveChunks::add(const catalog::SnapshotRow& snapshot, const StopFlag* stop) {
  HF_CHECK(last_added_ == 0 || snapshot.head.number < last_added_);
  last_added_ = snapshot.head.number;
  const vault::Tree tree = vault::written_tree_of(snapshot);
  vault::TreeCursor cursor(reader_, {tree.root, 0},
                           [&](const vault::IndexEntry& /*subtree*/) { ++lost_parts_; });
  while (!cursor.at_end()) {
    HF_TRY(check_stop(stop));
    if (const vault::IndexEntry* subtree = cursor.unentered()) {
      if (!parts_.insert(subtree->node.digest).second) {
        cursor.skip_unentered();
        continue;
      }
      mark(subtree->node);
      HF_TRY(cursor.enter());
      continue;
    }
    HF_TRY(const vault::Item* item, cursor.peek());
    if (item == nullptr) break;
    HF_TRY(mark(*item, snapshot.head.number));
    cursor.advance();
  }
  if (tree.delta == 0) return {};
  HF_TRY(const journal::DeltaLists lists, reader_.read_delta(tree.delta));
  HF_TRY(const auto changes, vault::parse_delta(lists));
  for (const vault::ItemChange& change : changes) {
    HF_TRY(mark(change.item, snapshot.head.number));
  }
  return {};
}

ChunkNames LiveChunks::take_names() {
  names_.finish();
  return std::move(names_);
}

}  // namespace holdfast::job

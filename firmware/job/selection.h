// SPDX-License-Identifier: Apache-2.0
// Which items of a snapshot a restore or a verification takes, handed to several workers in path
// order.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "firmware/job/places.h"
#include "firmware/job/progress.h"
#include "firmware/vault/business.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

struct SelectionRequest {
  catalog::SnapshotRow snapshot;
  std::optional<catalog::SnapshotRow> since;  // only what differs from this snapshot
  std::vector<std::string> paths;             // raw bytes, files or folders; empty: everything
  bool gone = false;                          // also items that are gone at the source
};

struct Selected {
  vault::Item item;
  std::string place;  // where it goes below a target: mostly its path
};

// no_item, item_gone: the first of the request's paths that is not to be had. A path that may lie
// in a lost subtree counts as there: it is told as lost when it is walked.
[[nodiscard]] Result<void> check_paths(vault::NodeSource& nodes, const SelectionRequest& request);

// Walks the selected items of one snapshot, over whatever subtrees are lost. One thread at a time.
class Selection {
 public:
  // `on_lost` is told of each lost subtree once, while next() runs.
  Selection(vault::NodeSource& nodes, const SelectionRequest& request, vault::LostSubtree on_lost);

  // False at the end.
  [[nodiscard]] Result<bool> next(Selected& out);

 private:
  [[nodiscard]] Result<const vault::Item*> next_in_folder();
  [[nodiscard]] Result<bool> differs(const vault::Item& item);

  const SelectionRequest& request_;
  vault::TreeCursor cursor_;
  Places places_;
  std::optional<vault::TreeCursor> since_;
  std::vector<std::string> paths_;  // sorted, none within another; empty: everything
  std::size_t path_index_ = 0;
  bool positioned_ = false;
};

// The same for several workers. The first error is given to the worker that met it; to all others,
// and after fail(), this is the end.
class SelectionQueue {
 public:
  SelectionQueue(vault::NodeSource& nodes, const SelectionRequest& request,
                 vault::LostSubtree on_lost)
      : selection_(nodes, request, std::move(on_lost)) {}

  [[nodiscard]] Result<bool> next(Selected& out);
  void fail();

 private:
  std::mutex mutex_;
  Selection selection_;
  bool failed_ = false;
};

// For a look ahead or a second look. `stop` may be null: interrupted.
[[nodiscard]] Result<void> for_each_selected(
    vault::Business& business, const SelectionRequest& request, const StopFlag* stop,
    const vault::LostSubtree& on_lost, const std::function<Result<void>(const Selected&)>& visit);

// What the item's flags say.
void count_unread(const vault::Item& item, Unread& unread);

// True if writing it below `root` would meet something else in its place: whatever has its
// name, but a folder for a folder, or what is no folder on the way. Follows no links.
[[nodiscard]] Result<bool> is_taken(ports::Folder& root, const Selected& selected);

}  // namespace holdfast::job

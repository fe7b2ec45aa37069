// SPDX-License-Identifier: Apache-2.0
// The tree of a snapshot as those see it who look for rows and recordings: files with content, by
// folders. One thread at a time; the references must outlive it.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "firmware/job/made_items.h"
#include "firmware/job/progress.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

class RecordTree {
 public:
  // `made`: what is being laid into the tree; null: nothing. `on_lost`: told of each lost subtree
  // that a look comes by, once, and steps over it; without it the loss ends the look.
  RecordTree(vault::NodeSource& nodes, const vault::Tree& tree, const MadeItems* made,
             const StopFlag* stop, vault::LostSubtree on_lost = nullptr);

  // Regular items with content in the folder, in order; those made here come at the end.
  // interrupted.
  using Visit = std::function<Result<void>(const vault::Item& item)>;
  [[nodiscard]] Result<void> walk(const std::string& folder, const Visit& visit);
  // Any item, without what was made here.
  [[nodiscard]] Result<std::optional<vault::Item>> find(const std::string& path);

 private:
  [[nodiscard]] vault::TreeCursor cursor();

  vault::NodeSource& nodes_;
  vault::Tree tree_;
  const MadeItems* made_;
  const StopFlag* stop_;
  vault::LostSubtree on_lost_;
  std::set<std::string> lost_;  // first paths of subtrees that were told of
};

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/record_tree.h"

#include "hal/base/path.h"

namespace holdfast::job {

RecordTree::RecordTree(vault::NodeSource& nodes, const vault::Tree& tree, const MadeItems* made,
                       const StopFlag* stop, vault::LostSubtree on_lost)
    : nodes_(nodes), tree_(tree), made_(made), stop_(stop), on_lost_(std::move(on_lost)) {}

vault::TreeCursor RecordTree::cursor() {
  if (!on_lost_) return {nodes_, tree_};
  return {nodes_, tree_, [this](const vault::IndexEntry& subtree) {
            if (lost_.insert(subtree.first_path).second) on_lost_(subtree);
          }};
}

Result<void> RecordTree::walk(const std::string& folder, const Visit& visit) {
  vault::TreeCursor at = cursor();
  HF_TRY(at.seek(folder));
  for (;;) {
    HF_TRY(check_stop(stop_));
    HF_TRY(const vault::Item* item, at.peek());
    if (item == nullptr || !is_within(item->path, folder)) break;
    const bool counts = item->type == ports::FileType::regular && item->has_content();
    if (counts) HF_TRY(visit(*item));
    at.advance();
  }
  if (made_ == nullptr) return {};
  return made_->for_each_made([&](const vault::Item& item) -> Result<void> {
    return is_within(item.path, folder) ? visit(item) : Result<void>();
  });
}

Result<std::optional<vault::Item>> RecordTree::find(const std::string& path) {
  vault::TreeCursor at = cursor();
  HF_TRY(at.seek(path));
  HF_TRY(const vault::Item* item, at.peek());
  if (item == nullptr || item->path != path) return std::optional<vault::Item>();
  return std::optional(*item);
}

}  // namespace holdfast::job

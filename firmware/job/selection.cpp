// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/selection.h"

#include <algorithm>

#include "firmware/job/region.h"
#include "firmware/vault/content_reader.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

void ignore_lost(const vault::IndexEntry& /*subtree*/) {}

Result<void> check_path(vault::NodeSource& nodes, const SelectionRequest& request,
                        const std::string& path) {
  bool lost = false;
  vault::TreeCursor cursor(nodes, vault::tree_of(request.snapshot),
                           [&](const vault::IndexEntry& /*subtree*/) { lost = true; });
  HF_TRY(cursor.seek(path));
  if (lost) return {};
  if (cursor.stands_behind(path)) return make_error(ErrorCode::no_item, path);
  HF_TRY(const vault::Item* item, cursor.peek());
  if (lost) return {};
  if (item == nullptr || !is_within(item->path, path)) return make_error(ErrorCode::no_item, path);
  if (item->path == path && item->is_gone() && !request.gone) {
    return make_error(ErrorCode::item_gone, path);
  }
  return {};
}

}  // namespace

Result<void> check_paths(vault::NodeSource& nodes, const SelectionRequest& request) {
  for (const std::string& path : request.paths) HF_TRY(check_path(nodes, request, path));
  return {};
}

Selection::Selection(vault::NodeSource& nodes, const SelectionRequest& request,
                     vault::LostSubtree on_lost)
    : request_(request),
      cursor_(nodes, vault::tree_of(request.snapshot), std::move(on_lost)),
      places_(nodes, vault::tree_of(request.snapshot)),
      paths_(outermost(request.paths)) {
  // What the snapshot before no longer says counts as different.
  if (request.since) since_.emplace(nodes, vault::tree_of(*request.since), ignore_lost);
}

// The next item that lies within one of the paths, or null.
Result<const vault::Item*> Selection::next_in_folder() {
  if (paths_.empty()) return cursor_.peek();
  while (path_index_ < paths_.size()) {
    const std::string& path = paths_[path_index_];
    if (!positioned_) {
      HF_TRY(cursor_.seek(path));
      positioned_ = true;
    }
    // What lies behind the path is none of ours: it is not even entered.
    if (!cursor_.stands_behind(path)) {
      HF_TRY(const vault::Item* item, cursor_.peek());
      if (item != nullptr && is_within(item->path, path)) return item;
    }
    ++path_index_;
    positioned_ = false;
  }
  return static_cast<const vault::Item*>(nullptr);
}

Result<bool> Selection::differs(const vault::Item& item) {
  if (!since_) return true;
  HF_TRY(since_->seek(item.path));
  HF_TRY(const vault::Item* before, since_->peek());
  return before == nullptr || !(*before == item);
}

Result<bool> Selection::next(Selected& out) {
  while (true) {
    HF_TRY(const vault::Item* item, next_in_folder());
    if (item == nullptr) return false;
    bool wanted = !item->is_gone() || request_.gone;
    if (wanted) {
      HF_TRY(out.place, places_.place_of(*item));
      HF_TRY(wanted, differs(*item));
    }
    if (wanted) out.item = *item;
    cursor_.advance();
    if (wanted) return true;
  }
}

Result<bool> SelectionQueue::next(Selected& out) {
  const std::lock_guard lock(mutex_);
  if (failed_) return false;
  auto more = selection_.next(out);
  // Under the same lock: after a failed step no other worker may go on from where it broke off.
  if (!more) failed_ = true;
  return more;
}

void SelectionQueue::fail() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
}

Result<void> for_each_selected(vault::Business& business, const SelectionRequest& request,
                               const StopFlag* stop, const vault::LostSubtree& on_lost,
                               const std::function<Result<void>(const Selected&)>& visit) {
  HF_TRY(const auto nodes, vault::ContentReader::open(business));
  Selection selection(*nodes, request, on_lost);
  Selected selected;
  while (true) {
    HF_TRY(check_stop(stop));
    HF_TRY(const bool more, selection.next(selected));
    if (!more) return {};
    HF_TRY(visit(selected));
  }
}

void count_unread(const vault::Item& item, Unread& unread) {
  if (!item.has_content()) {
    unread.no_content += 1;
  } else if ((item.flags & vault::kItemUnreadable) != 0) {
    (item.type == ports::FileType::directory ? unread.folders : unread.older) += 1;
  }
}

Result<bool> is_taken(ports::Folder& root, const Selected& selected) {
  std::unique_ptr<ports::Folder> holder;
  ports::Folder* current = &root;
  std::string_view path = selected.place;
  while (true) {
    const std::size_t slash = path.find('/');
    const auto status = current->status_of(path.substr(0, slash));
    if (!status && status.error().code == ErrorCode::not_found) return false;
    if (!status) return status.error();
    const bool is_folder = status->type == ports::FileType::directory;
    const bool folder_is_due =
        slash != std::string_view::npos || selected.item.type == ports::FileType::directory;
    if (!is_folder || !folder_is_due) return true;
    if (slash == std::string_view::npos) return false;
    HF_TRY(holder, current->open_folder(path.substr(0, slash)));
    current = holder.get();
    path.remove_prefix(slash + 1);
  }
}

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
#include "firmware/source/walk.h"

#include <algorithm>

#include "hal/base/path.h"

namespace holdfast::source {

namespace {

constexpr std::size_t kOpenFramesMax = 32;

}  // namespace

Result<bool> Walk::next(Listed& out) {
  out.error.reset();
  if (!started_) {
    started_ = true;
    HF_TRY(start(out));
    return true;
  }
  while (!stack_.empty()) {
    Frame& top = stack_.back();
    path_.resize(top.path_size);
    HF_TRY(const auto name, top.names.next());
    if (name) {
      path_ += '/';
      path_ += *name;
      HF_TRY(look_at(out));
      return true;
    }
    HF_TRY(leave());
  }
  return false;
}

Result<void> Walk::start(Listed& out) {
  path_ = rules_.name;
  name_item(out);
  HF_TRY(const ports::FileStatus status, folders_.root()->status());
  out.type_known = true;
  vault::take_status(out.item, status);
  HF_TRY(push(folders_.root(), out));
  return out.error ? Result<void>(*out.error) : Result<void>();
}

void Walk::name_item(Listed& out) const {
  std::string path = std::move(out.item.path);  // its memory serves again
  path = path_;
  out.item = vault::Item();
  out.type_known = false;
  out.item.path = std::move(path);
}

Result<void> Walk::look_at(Listed& out) {
  name_item(out);
  Frame& parent = stack_.back();
  const auto status = status_in(parent);
  if (!status) {
    out.error = source_error(status.error());
    return {};
  }
  out.type_known = true;
  vault::take_status(out.item, *status);
  const bool is_folder = status->type == ports::FileType::directory;
  return is_folder && may_enter(*status) ? enter(parent, out) : Result<void>();
}

Result<ports::FileStatus> Walk::status_in(Frame& parent) {
  if (parent.folder == nullptr) {
    HF_TRY(parent.folder, folders_.get(below_root(parent.path_size)));
  }
  return parent.folder->status_of(last_name_of(path_));
}

Result<void> Walk::enter(Frame& parent, Listed& out) {
  auto folder = parent.folder->open_folder(last_name_of(path_));
  if (!folder) {
    out.error = source_error(std::move(folder.error()));
    return {};
  }
  const auto status = (*folder)->status();
  if (!status) {
    out.error = source_error(status.error());
    return {};
  }
  // Asked again: opening may have mounted something here.
  return may_enter(*status) ? push(*std::move(folder), out) : Result<void>();
}

Result<void> Walk::push(FolderPointer folder, Listed& out) {
  NameSorter names(runs_);
  bool scratch_failed = false;
  auto listed = folder->list([&](std::string_view name) {
    Result<void> collected = collect(name, names);
    scratch_failed = !collected;
    return collected;
  });
  if (scratch_failed) return listed;
  if (!listed) {
    out.error = source_error(std::move(listed.error()));
    return names.discard();
  }
  HF_TRY(SortedNames sorted, names.finish());
  names_on_stack_ += sorted.in_memory();
  folders_.put(below_root(path_.size()), folder);
  stack_.push_back({path_.size(), std::move(folder), std::move(sorted)});
  if (stack_.size() > kOpenFramesMax) {
    Frame& far = stack_[stack_.size() - 1 - kOpenFramesMax];
    far.folder.reset();
    far.names.park();
  }
  return {};
}

Result<void> Walk::collect(std::string_view name, NameSorter& names) {
  if (rules_.exclusion.matches(below_root(path_.size()), name)) return {};
  if (names_on_stack_ + names.in_memory() >= rules_.names_in_memory_max) HF_TRY(make_room(names));
  names.add(name);
  return {};
}

// Whoever holds most spills, so that one spill frees much.
Result<void> Walk::make_room(NameSorter& names) {
  const auto held = [](const Frame& frame) { return frame.names.in_memory(); };
  const auto largest = std::ranges::max_element(stack_, {}, held);
  if (largest == stack_.end() || held(*largest) <= names.in_memory()) return names.spill();
  names_on_stack_ -= held(*largest);
  return largest->names.spill();
}

Result<void> Walk::leave() {
  SortedNames& names = stack_.back().names;
  names_on_stack_ -= names.in_memory();
  HF_TRY(names.discard());
  stack_.pop_back();
  return {};
}

bool Walk::may_enter(const ports::FileStatus& status) const {
  if (!rules_.cross_file_systems && status.device != rules_.root_device) return false;
  const FolderIdentity identity{status.device, status.inode};
  return std::ranges::find(rules_.closed, identity) == rules_.closed.end();
}

std::string_view Walk::below_root(std::size_t path_size) const {
  const std::size_t begin = std::min(path_size, rules_.name.size() + 1);
  return std::string_view(path_).substr(begin, path_size - begin);
}

}  // namespace holdfast::source

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
      HF_TRY(const bool is_there, look_at(out));
      if (is_there) return true;
      continue;
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
  if (is_on_the_way()) {
    HF_TRY(const bool has_any, has_any_name(*folders_.root()));
    is_empty_ = !has_any;
    return push_on_the_way(folders_.root());
  }
  HF_TRY(push(folders_.root(), out));
  if (out.error) return *out.error;
  is_empty_ = is_nothing_collected_;
  return {};
}

// Only until there is one.
Result<bool> Walk::has_any_name(ports::Folder& folder) const {
  bool found = false;
  auto listed = folder.list([&](std::string_view name) -> Result<void> {
    found = !rules_.exclusion.matches({}, name);
    return found ? Result<void>(make_error(ErrorCode::interrupted)) : Result<void>();
  });
  if (found) return true;
  if (!listed) return source_error(std::move(listed.error()));
  return false;
}

bool Walk::is_on_the_way() const {
  const auto next = std::ranges::lower_bound(wanted_, path_, PathLess{});
  return next != wanted_.end() && *next != path_ && is_within(*next, path_);
}

void Walk::name_item(Listed& out) const {
  std::string path = std::move(out.item.path);  // its memory serves again
  path = path_;
  out.item = vault::Item();
  out.type_known = false;
  out.item.path = std::move(path);
}

Result<bool> Walk::look_at(Listed& out) {
  name_item(out);
  Frame& parent = stack_.back();
  const bool on_the_way = is_on_the_way();
  const auto status = status_in(parent);
  if (!status) {
    const bool is_there = parent.is_read || status.error().code != ErrorCode::not_found;
    if (is_there) out.error = source_error(status.error());
    if (!is_there && on_the_way) return make_error(ErrorCode::source_vanished, path_);
    return is_there;
  }
  out.type_known = true;
  vault::take_status(out.item, *status);
  const bool is_folder = status->type == ports::FileType::directory;
  if (is_folder && rules_.may_enter(*status)) HF_TRY(enter(parent, out));
  const bool entered = stack_.back().path_size == path_.size();
  if (on_the_way && !entered && !out.error) return make_error(ErrorCode::source_vanished, path_);
  return true;
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
  if (!rules_.may_enter(*status)) return {};
  return is_on_the_way() ? push_on_the_way(*std::move(folder)) : push(*std::move(folder), out);
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
  return put_on_stack(std::move(folder), names, true);
}

Result<void> Walk::push_on_the_way(FolderPointer folder) {
  NameSorter names(runs_);
  std::string_view last;
  const std::size_t begin = path_.size() + 1;
  auto next = std::ranges::lower_bound(wanted_, path_, PathLess{});
  for (; next != wanted_.end() && is_within(*next, path_); ++next) {
    const std::string_view name =
        std::string_view(*next).substr(begin, next->find('/', begin) - begin);
    if (name == last) continue;
    HF_TRY(collect(name, names));
    last = name;
  }
  return put_on_stack(std::move(folder), names, false);
}

Result<void> Walk::put_on_stack(FolderPointer folder, NameSorter& names, bool is_read) {
  HF_TRY(SortedNames sorted, names.finish());
  names_on_stack_ += sorted.in_memory();
  folders_.put(below_root(path_.size()), folder);
  stack_.push_back({path_.size(), std::move(folder), std::move(sorted), is_read});
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
  is_nothing_collected_ = false;
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

bool WalkRules::may_enter(const ports::FileStatus& status) const {
  if (!cross_file_systems && status.device != root_device) return false;
  const FolderIdentity identity{status.device, status.inode};
  return std::ranges::find(closed, identity) == closed.end();
}

std::string_view Walk::below_root(std::size_t path_size) const {
  const std::size_t begin = std::min(path_size, rules_.name.size() + 1);
  return std::string_view(path_).substr(begin, path_size - begin);
}

}  // namespace holdfast::source

// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/region.h"

#include <algorithm>

#include "firmware/vault/tree_splice.h"
#include "hal/base/path.h"

namespace holdfast::job {

std::vector<std::string> outermost(std::vector<std::string> paths) {
  std::sort(paths.begin(), paths.end(), PathLess{});
  std::vector<std::string> found;
  for (std::string& path : paths) {
    if (found.empty() || !is_within(path, found.back())) found.push_back(std::move(path));
  }
  return found;
}

Region region_of(const std::vector<std::string>& paths) {
  Region region;
  for (const std::string& path : paths) {
    // Folders above it that the path before has not named yet.
    for (std::size_t end = path.find('/'); end != std::string::npos;
         end = path.find('/', end + 1)) {
      const std::string folder = path.substr(0, end);
      if (!region.empty() && is_within(region.back().path, folder)) continue;
      region.push_back({folder, false});
    }
    region.push_back({path, true});
  }
  return region;
}

void SeenParts::note(std::string_view path, bool is_closed) {
  while (part_ + 1 < region_.size() && compare_paths(region_[part_ + 1].path, path) <= 0) ++part_;
  seen_[part_] = true;
  if (!is_closed) return;
  for (std::size_t i = part_ + 1; i < region_.size() && is_within(region_[i].path, path); ++i) {
    seen_[i] = true;
  }
}

std::vector<std::string> SeenParts::missed() const {
  std::vector<std::string> missed;
  for (std::size_t i = 0; i < region_.size(); ++i) {
    if (region_[i].has_contents && !seen_[i]) missed.push_back(region_[i].path);
  }
  return missed;
}

Result<const vault::Item*> RegionCursor::peek() {
  for (; part_ < region_.size(); ++part_, is_positioned_ = false) {
    const RegionPart& part = region_[part_];
    if (!is_positioned_) HF_TRY(cursor_.seek(part.path));
    is_positioned_ = true;
    if (cursor_.stands_behind(part.path)) continue;
    HF_TRY(const vault::Item* item, cursor_.peek());
    if (item == nullptr) continue;
    if (part.has_contents ? is_within(item->path, part.path) : item->path == part.path) return item;
  }
  return static_cast<const vault::Item*>(nullptr);
}

Result<void> OutsideRegion::step_over_part(vault::TreeBuilder& builder) {
  const RegionPart& part = region_[part_++];
  HF_TRY(vault::append_until(builder, cursor_, part.path));
  // The first path behind it, and behind all that is in it.
  if (part.has_contents) return cursor_.seek(part.path + '\0');
  HF_TRY(const vault::Item* item, cursor_.peek());
  if (item != nullptr && item->path == part.path) cursor_.advance();
  return {};
}

Result<void> OutsideRegion::add_before(std::string_view path, vault::TreeBuilder& builder) {
  while (part_ < region_.size() && compare_paths(region_[part_].path, path) <= 0) {
    HF_TRY(step_over_part(builder));
  }
  return {};
}

Result<void> OutsideRegion::add_rest(vault::TreeBuilder& builder) {
  while (part_ < region_.size()) HF_TRY(step_over_part(builder));
  return vault::append_rest(builder, cursor_);
}

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/places.h"

#include "hal/base/path.h"

namespace holdfast::job {

Result<std::string> Places::place_of(const vault::Item& item) {
  while (!taken_.empty() && !is_within(item.path, taken_.back().path)) taken_.pop_back();
  std::string place = item.path;
  if (!taken_.empty()) {
    Taken& outer = taken_.back();
    if (outer.below.empty()) {
      HF_TRY(outer.below, find_below(outer));
    }
    place = outer.below + item.path.substr(outer.path.size());
  }
  // What has no content is not written, and takes no place.
  if (item.type != ports::FileType::directory && item.has_content()) {
    taken_.push_back({item.path, place, {}});
  }
  return place;
}

Result<std::string> Places::find_below(const Taken& taken) {
  std::string suffix = ".folder";
  for (unsigned number = 2;; ++number) {
    HF_TRY(const bool named, is_named(taken.path + suffix));
    if (!named) return taken.place + suffix;
    suffix = ".folder." + std::to_string(number);
  }
}

// Names that are lost cannot be known: if one of them is this, the writing tells.
Result<bool> Places::is_named(const std::string& path) {
  vault::TreeCursor cursor(nodes_, tree_, [](const vault::IndexEntry& /*subtree*/) {});
  HF_TRY(cursor.seek(path));
  HF_TRY(const vault::Item* item, cursor.peek());
  return item != nullptr && is_within(item->path, path);
}

}  // namespace holdfast::job

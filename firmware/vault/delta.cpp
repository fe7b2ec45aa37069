// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/delta.h"

#include "hal/base/path.h"

namespace holdfast::vault {

void DeltaWriter::add(const Item& item) {
  items_.add(item);
}

void DeltaWriter::remove(const std::string& path) {
  ByteWriter out(removed_);
  write_path(out, last_removed_, path);
  last_removed_ = path;
  ++removed_count_;
}

journal::DeltaLists DeltaWriter::finish() {
  journal::DeltaLists lists;
  if (!items_.empty()) lists.items = items_.finish();
  if (removed_count_ > 0) {
    ByteWriter out(lists.removed);
    out.varint(removed_count_);
    out.raw(removed_);
  }
  *this = DeltaWriter();
  return lists;
}

namespace {

Error damaged_delta() {
  return make_error(ErrorCode::damaged, {}, {{"what", "delta"}});
}

Result<std::vector<Item>> parse_items(ByteView bytes) {
  if (bytes.empty()) return std::vector<Item>();
  if (bytes.size() > kNodeSizeMax) return damaged_delta();
  HF_TRY(Node leaf, parse_node(bytes, ListKind::items));
  if (leaf.level != 0) return damaged_delta();
  return std::move(leaf.items);
}

Result<std::vector<std::string>> parse_removed(ByteView encoded) {
  std::vector<std::string> paths;
  if (encoded.empty()) return paths;
  ByteReader in(encoded);
  const std::uint64_t count = in.varint();
  if (count == 0 || count > in.left() / 2) return damaged_delta();
  std::string before;
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    std::string path;
    read_path(in, before, i == 0, path);
    before = path;
    // A few bytes may stand for a long path.
    bytes += path.size();
    if (bytes > kNodeSizeMax) return damaged_delta();
    paths.push_back(std::move(path));
  }
  if (!in.ok() || !in.at_end()) return damaged_delta();
  return paths;
}

}  // namespace

Result<std::vector<ItemChange>> parse_delta(const journal::DeltaLists& lists) {
  HF_TRY(std::vector<Item> items, parse_items(lists.items));
  HF_TRY(const std::vector<std::string> removed, parse_removed(lists.removed));
  std::vector<ItemChange> changes;
  changes.reserve(items.size() + removed.size());
  auto item = items.begin();
  auto path = removed.begin();
  while (item != items.end() || path != removed.end()) {
    const auto order = item == items.end()     ? std::strong_ordering::greater
                       : path == removed.end() ? std::strong_ordering::less
                                               : compare_paths(item->path, *path);
    if (order == 0) return damaged_delta();
    ItemChange& change = changes.emplace_back();
    if (order < 0) {
      change.item = std::move(*item++);
    } else {
      change.is_removed = true;
      change.item.path = *path++;
    }
  }
  return changes;
}

}  // namespace holdfast::vault

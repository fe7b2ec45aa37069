// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/browse.h"

#include <fnmatch.h>

#include <algorithm>

#include "firmware/vault/content_reader.h"
#include "firmware/vault/pruned_items.h"
#include "firmware/vault/tree_cursor.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

// The first path behind everything below `folder`: `/` is the lowest byte, so the next higher one
// behind the folder's name ends its subtree.
std::string end_of(std::string_view folder) {
  return std::string(folder) + '\0';
}

bool is_direct_child(std::string_view path, std::string_view folder) {
  if (folder.empty()) return path.find('/') == std::string_view::npos;
  return path.size() > folder.size() && parent_of(path) == folder;
}

Result<vault::Item> find_item(vault::TreeCursor& cursor, std::string_view path) {
  HF_TRY(cursor.seek(path));
  HF_TRY(const vault::Item* item, cursor.peek());
  if (item == nullptr || item->path != path) {
    return make_error(ErrorCode::no_item, std::string(path));
  }
  return *item;
}

}  // namespace

Result<Problems> list_items(vault::Business& business, const catalog::SnapshotRow& snapshot,
                            std::string_view path, bool recursive, const StopFlag* stop,
                            const VisitItem& visit) {
  HF_TRY(const auto nodes, vault::ContentReader::open(business));
  Problems lost;
  vault::TreeCursor cursor(*nodes, vault::tree_of(snapshot), [&](const vault::IndexEntry& subtree) {
    lost.add_lost_names(subtree.first_path, subtree.items);
  });
  if (!path.empty()) {
    const auto item = find_item(cursor, path);
    // The folder's own item may be among the lost, and what is in it not.
    if (!item && (item.error().code != ErrorCode::no_item || lost.count == 0)) return item.error();
    if (item && item->type != ports::FileType::directory) {
      HF_TRY(visit(*item));
      return lost;
    }
    if (item) cursor.advance();
  }
  while (true) {
    HF_TRY(check_stop(stop));
    if (cursor.stands_behind(path)) return lost;
    HF_TRY(const vault::Item* item, cursor.peek());
    if (item == nullptr || !is_within(item->path, path)) return lost;
    const vault::Item here = *item;
    if (recursive || is_direct_child(here.path, path)) HF_TRY(visit(here));
    // What lies in a folder below is passed over without being read.
    const bool skip = !recursive && here.type == ports::FileType::directory;
    if (skip) {
      HF_TRY(cursor.seek(end_of(here.path)));
    } else {
      cursor.advance();
    }
  }
}

namespace {

// See find_items().
class Pattern {
 public:
  explicit Pattern(const std::string& pattern)
      : pattern_(pattern),
        is_whole_path_(pattern.find('/') != std::string::npos),
        is_glob_(pattern.find_first_of("*?[") != std::string::npos) {}

  [[nodiscard]] bool matches(const std::string& path) const {
    const std::string subject(is_whole_path_ ? std::string_view(path) : last_name_of(path));
    if (!is_glob_) return subject.find(pattern_) != std::string::npos;
    return ::fnmatch(pattern_.c_str(), subject.c_str(), 0) == 0;
  }

 private:
  const std::string& pattern_;
  bool is_whole_path_;
  bool is_glob_;
};

}  // namespace

Result<Problems> find_items(vault::Business& business, const catalog::SnapshotRow& snapshot,
                            const std::string& pattern, const StopFlag* stop,
                            const VisitItem& visit) {
  const Pattern wanted(pattern);
  return list_items(business, snapshot, "", true, stop,
                    [&](const vault::Item& item) -> Result<void> {
                      return wanted.matches(item.path) ? visit(item) : Result<void>();
                    });
}

namespace {

Result<void> tell_pruned(vault::Business& business, const vault::Item& item,
                         const VisitPruned& visit) {
  const Digest identity = vault::identity_of(item);
  std::optional<catalog::DeletedRow> found;
  HF_TRY(business.with_catalog([&](catalog::Catalog& catalog) {
    return catalog.for_each_deleted(item.path, [&](const catalog::DeletedRow& row) -> Result<void> {
      if (row.identity == identity) found = row;
      return {};
    });
  }));
  return found ? visit(*found) : Result<void>();
}

}  // namespace

Result<void> list_pruned(vault::Business& business, const catalog::SnapshotRow& snapshot,
                         std::string_view path, bool recursive, const StopFlag* stop,
                         const VisitPruned& visit) {
  HF_TRY(const auto nodes, vault::ContentReader::open(business));
  const std::uint64_t number = snapshot.head.number;
  if (!nodes->has_deleted_since(number)) return {};
  vault::TreeCursor cursor(*nodes, vault::written_tree_of(snapshot),
                           [](const vault::IndexEntry& /*subtree*/) {});
  HF_TRY(cursor.seek(path));
  while (true) {
    HF_TRY(check_stop(stop));
    HF_TRY(const vault::Item* item, cursor.peek());
    if (item == nullptr || !is_within(item->path, path)) return {};
    const vault::Item here = *item;
    const bool is_shown = recursive || here.path == path || is_direct_child(here.path, path);
    const bool is_below = here.type == ports::FileType::directory && here.path != path;
    HF_TRY(const bool deleted, nodes->is_deleted(here, number));
    if (is_shown && deleted) HF_TRY(tell_pruned(business, here, visit));
    if (is_below && !recursive) {
      HF_TRY(cursor.seek(end_of(here.path)));
    } else {
      cursor.advance();
    }
  }
}

Result<void> find_pruned(vault::Business& business, const std::string& pattern,
                         const StopFlag* stop, const VisitPruned& visit) {
  const Pattern wanted(pattern);
  return business.with_catalog([&](catalog::Catalog& catalog) {
    return catalog.for_each_deleted("", [&](const catalog::DeletedRow& row) -> Result<void> {
      HF_TRY(check_stop(stop));
      return wanted.matches(row.path) ? visit(row) : Result<void>();
    });
  });
}

Result<void> check_known(vault::Business& business, std::string_view path) {
  HF_TRY(const auto nodes, vault::ContentReader::open(business));
  HF_TRY(const auto snapshots, business.snapshots());
  for (auto row = snapshots.rbegin(); row != snapshots.rend(); ++row) {
    bool lost = false;
    vault::TreeCursor cursor(*nodes, vault::tree_of(*row),
                             [&](const vault::IndexEntry& /*subtree*/) { lost = true; });
    HF_TRY(cursor.seek(path));
    HF_TRY(const vault::Item* item, cursor.peek());
    if (lost || (item != nullptr && is_within(item->path, path))) return {};
  }
  return make_error(ErrorCode::no_item, std::string(path));
}

namespace {

// A folder's times and inode change with its contents, which are reported themselves.
bool is_same_folder(const vault::Item& before, const vault::Item& after) {
  return before.type == ports::FileType::directory && after.type == ports::FileType::directory &&
         before.mode == after.mode && before.uid == after.uid && before.gid == after.gid &&
         before.attributes == after.attributes;
}

}  // namespace

Result<void> compare_snapshots(vault::Business& business, const catalog::SnapshotRow& before,
                               const catalog::SnapshotRow& after, const StopFlag* stop,
                               const VisitChange& visit) {
  HF_TRY(const auto nodes, vault::ContentReader::open(business));
  vault::TreeCursor left(*nodes, vault::tree_of(before));
  vault::TreeCursor right(*nodes, vault::tree_of(after));
  return vault::compare_trees(
      left, right, [&](const vault::Item* old_item, const vault::Item* new_item) -> Result<void> {
        HF_TRY(check_stop(stop));
        const bool was_gone = old_item != nullptr && old_item->is_gone();
        const bool is_gone = new_item != nullptr && new_item->is_gone();
        if (was_gone && (is_gone || new_item == nullptr)) return {};
        if (old_item == nullptr && is_gone) return visit(Change::passed, *new_item);
        if (old_item == nullptr || was_gone) return visit(Change::added, *new_item);
        if (new_item == nullptr) return visit(Change::removed, *old_item);
        if (is_gone) return visit(Change::removed, *new_item);
        if (is_same_folder(*old_item, *new_item)) return {};
        return visit(Change::changed, *new_item);
      });
}

namespace {

Result<void> write_zeros(std::uint64_t count, const std::function<Result<void>(ByteView)>& write) {
  static const std::array<std::uint8_t, 65536> zeros{};
  while (count > 0) {
    const std::uint64_t piece = std::min<std::uint64_t>(count, zeros.size());
    HF_TRY(write(ByteView(zeros).first(static_cast<std::size_t>(piece))));
    count -= piece;
  }
  return {};
}

// Lets through what lies in a range, of bytes that come one after the other.
class RangeFilter {
 public:
  RangeFilter(const ByteRange& range, const std::function<Result<void>(ByteView)>& write)
      : skip_(range.offset), left_(range.length), write_(write) {}

  [[nodiscard]] Result<void> take(ByteView bytes) {
    const std::uint64_t skipped = std::min<std::uint64_t>(skip_, bytes.size());
    skip_ -= skipped;
    bytes = bytes.subspan(static_cast<std::size_t>(skipped));
    const std::uint64_t taken = std::min<std::uint64_t>(left_, bytes.size());
    left_ -= taken;
    if (taken == 0) return {};
    return write_(bytes.first(static_cast<std::size_t>(taken)));
  }
  // The same of bytes that were not read, and lie before the range or behind it.
  [[nodiscard]] bool passes_over(std::uint64_t count) {
    if (left_ == 0) return true;
    if (count > skip_) return false;
    skip_ -= count;
    return true;
  }

 private:
  std::uint64_t skip_;
  std::uint64_t left_;
  const std::function<Result<void>(ByteView)>& write_;
};

// Chunks that the range touches.
Result<void> print_chunks(vault::ContentReader& reader, const vault::Item& item,
                          RangeFilter& filter) {
  Buffer plain;
  for (const journal::ChunkReference& chunk : item.chunks) {
    if (chunk.length > pack::kPlainLengthMax) {
      return make_error(ErrorCode::limit_exceeded, item.path, {{"what", "chunk"}});
    }
    if (filter.passes_over(chunk.length)) continue;
    plain.resize(static_cast<std::size_t>(chunk.length));
    HF_TRY(reader.read_chunk(chunk, plain.span()));
    HF_TRY(filter.take(plain.view()));
  }
  return {};
}

Result<void> print_all(vault::ContentReader& reader, const vault::Item& item, RangeFilter& filter) {
  const auto write = [&](ByteView bytes) { return filter.take(bytes); };
  std::uint64_t written = 0;
  HF_TRY(reader.read_item(item, [&](std::uint64_t offset, ByteView bytes) -> Result<void> {
    HF_TRY(write_zeros(offset - written, write));
    written = offset + bytes.size();
    return write(bytes);
  }));
  return write_zeros(item.type == ports::FileType::regular ? item.size - written : 0, write);
}

}  // namespace

Result<void> print_item(vault::Business& business, const catalog::SnapshotRow& snapshot,
                        std::string_view path, const ByteRange& range, const StopFlag* stop,
                        const std::function<Result<void>(ByteView)>& write) {
  HF_TRY(const auto reader, vault::ContentReader::open(business));
  vault::TreeCursor cursor(*reader, vault::tree_of(snapshot));
  HF_TRY(const vault::Item item, find_item(cursor, path));
  if (item.type == ports::FileType::directory) {
    return make_error(ErrorCode::is_a_directory, std::string(path));
  }
  if (!item.has_content()) return make_error(ErrorCode::no_content, std::string(path));
  const std::function<Result<void>(ByteView)> write_piece = [&](ByteView bytes) -> Result<void> {
    HF_TRY(check_stop(stop));
    return write(bytes);
  };
  RangeFilter filter(range, write_piece);
  if (item.type == ports::FileType::symlink) return filter.take(view_of(item.link_target));
  const bool has_holes = !item.data_runs.empty();
  if (range.is_all() || has_holes) return print_all(*reader, item, filter);
  return print_chunks(*reader, item, filter);
}

}  // namespace holdfast::job

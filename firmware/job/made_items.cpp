// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/made_items.h"

#include <algorithm>

namespace holdfast::job {

namespace {

vault::Item dated(const std::string& path, Timestamp now) {
  vault::Item item;
  item.path = path;
  item.mtime_ns = item.ctime_ns = now.ns;
  return item;
}

bool has_content_of(const vault::Item& item, const vault::Item& other) {
  return item.type == other.type && item.size == other.size && item.digest == other.digest &&
         item.flags == other.flags && !item.is_gone();
}

}  // namespace

MadeItems::MadeItems(vault::Run& run, vault::NodeSource& nodes,
                     const std::optional<journal::Root>& root, Timestamp now)
    : run_(run),
      nodes_(nodes),
      root_(root),
      now_(now),
      chunk_size_max_(static_cast<std::size_t>(run.business().box().settings().chunk_size_max)),
      writer_(run, pack::PackKind::meta) {}

Result<std::optional<vault::Item>> MadeItems::find(const std::string& path) {
  vault::TreeCursor cursor(nodes_, vault::Tree{root_});
  HF_TRY(cursor.seek(path));
  HF_TRY(const vault::Item* item, cursor.peek());
  if (item == nullptr || item->path != path) return std::optional<vault::Item>();
  return std::optional(*item);
}

Result<std::optional<vault::Item>> MadeItems::find_made(const std::string& path) {
  const auto made = changes_.find(path);
  return made == changes_.end() ? find(path) : made->second;
}

void MadeItems::begin(const std::string& path, std::uint32_t retention_class) {
  HF_CHECK(is_safe_relative_path(path));
  item_ = dated(path, now_);
  item_.mode = 0600;
  retention_class_ = retention_class;
  digest_ = Sha256();  // of an item that was begun and not ended
  chunk_.clear();
}

Result<void> MadeItems::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ByteView part = bytes.first(std::min(bytes.size(), chunk_size_max_ - chunk_.size()));
    chunk_.append(part);
    bytes = bytes.subspan(part.size());
    if (chunk_.size() == chunk_size_max_) HF_TRY(cut_chunk());
  }
  return {};
}

Result<void> MadeItems::cut_chunk() {
  HF_TRY(const ByteSpan room, writer_.prepare(retention_class_, chunk_.size()));
  std::ranges::copy(chunk_.view(), room.begin());
  HF_TRY(const auto chunk, writer_.keep(chunk_.size(), codec::Compression::zstd));
  digest_.update(chunk_.view());
  item_.size += chunk_.size();
  item_.chunks.push_back(chunk);
  chunk_.clear();
  return {};
}

Result<void> MadeItems::end() {
  if (!chunk_.empty()) HF_TRY(cut_chunk());
  const Digest digest = digest_.finish();
  if (item_.size > 0) item_.digest = digest;
  HF_TRY(const auto before, find(item_.path));
  if (before && has_content_of(*before, item_)) return {};
  HF_TRY(make_folders(item_.path));
  lay(before, std::move(item_));
  return {};
}

Result<void> MadeItems::put(const std::string& path, std::uint32_t retention_class,
                            ByteView bytes) {
  begin(path, retention_class);
  HF_TRY(write(bytes));
  return end();
}

Result<void> MadeItems::remove(const std::string& path) {
  HF_TRY(const auto before, find(path));
  if (!before) return {};
  changes_[path] = std::nullopt;
  more_items_ -= 1;
  more_bytes_ -= before->size;
  return {};
}

void MadeItems::lay(const std::optional<vault::Item>& before, vault::Item item) {
  const bool stood = before && before->type == ports::FileType::regular && !before->is_gone();
  more_items_ += stood ? 0 : 1;
  more_bytes_ += item.size - (stood ? before->size : 0);
  const std::string path = item.path;
  changes_[path] = std::move(item);
}

Result<void> MadeItems::make_folders(const std::string& path) {
  for (std::string_view folder = parent_of(path); !folder.empty(); folder = parent_of(folder)) {
    const std::string name(folder);
    if (changes_.contains(name)) return {};
    HF_TRY(const auto before, find(name));
    if (before && before->type == ports::FileType::directory && !before->is_gone()) return {};
    vault::Item made = dated(name, now_);
    made.type = ports::FileType::directory;
    made.mode = 0700;
    changes_[name] = std::move(made);
  }
  return {};
}

Result<void> MadeItems::for_each_made(const Visit& visit) const {
  for (const auto& [path, item] : changes_) {
    if (item && item->type == ports::FileType::regular) HF_TRY(visit(*item));
  }
  return {};
}

Result<std::optional<journal::Root>> MadeItems::lay_in(vault::NodeSink& sink) {
  HF_TRY(writer_.flush());
  if (changes_.empty()) return root_;
  return vault::splice(nodes_, sink, root_, changes_,
                       run_.business().box().settings().node_size_target);
}

}  // namespace holdfast::job

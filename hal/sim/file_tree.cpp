// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/file_tree.h"

#include <algorithm>

#include "hal/base/path.h"

namespace holdfast::sim {

namespace {

constexpr int kLinksMax = 40;
constexpr std::int64_t kSecond = 1'000'000'000;

// The names of `path`, last one first, so that the next one is at the back.
std::vector<std::string> names_of(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    names.emplace_back(name);
    path.remove_prefix(std::min(path.size(), name.size() + 1));
  }
  std::reverse(names.begin(), names.end());
  return names;
}

struct Place {
  std::string name;
  FileNodePointer node;
};

std::string joined(const std::vector<Place>& places) {
  std::string path;
  for (const Place& place : places) path += "/" + place.name;
  return path.empty() ? "/" : path;
}

FileNodePointer child_of(const FileNode& node, std::string_view name) {
  const auto found = node.children.find(name);
  return found == node.children.end() ? nullptr : found->second;
}

}  // namespace

void FileNode::write(std::uint64_t offset, ByteView data) {
  if (data.empty()) return;
  const std::uint64_t end = offset + data.size();
  if (end > bytes.size()) resize(end);
  std::copy(data.begin(), data.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  for (std::uint64_t block = offset / FileTree::kBlock; block * FileTree::kBlock < end; ++block) {
    data_blocks.insert(block);
  }
}

void FileNode::resize(std::uint64_t size) {
  bytes.resize(size);
  status.size = size;
  data_blocks.erase(data_blocks.lower_bound((size + FileTree::kBlock - 1) / FileTree::kBlock),
                    data_blocks.end());
}

std::optional<ports::DataRun> FileNode::next_data(std::uint64_t offset) const {
  const auto first = data_blocks.lower_bound(offset / FileTree::kBlock);
  if (offset >= bytes.size() || first == data_blocks.end()) return std::nullopt;
  std::uint64_t end_block = *first;
  while (data_blocks.contains(end_block)) ++end_block;
  const std::uint64_t begin = std::max(offset, *first * FileTree::kBlock);
  const std::uint64_t end = std::min<std::uint64_t>(bytes.size(), end_block * FileTree::kBlock);
  return ports::DataRun{begin, end - begin};
}

FileTree::FileTree() : root_(std::make_shared<FileNode>()) {
  root_->status = {.type = ports::FileType::directory,
                   .mode = 0755,
                   .mtime_ns = now_ns_,
                   .ctime_ns = now_ns_,
                   .inode = ++last_inode_,
                   .device = 1,
                   .links = 2};
}

Result<std::string> FileTree::resolve(const std::string& path) const {
  std::vector<Place> done;
  std::vector<std::string> left = names_of(path);
  int links = 0;
  while (!left.empty()) {
    const std::string name = std::move(left.back());
    left.pop_back();
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      if (!done.empty()) done.pop_back();
      continue;
    }
    const FileNode& folder = done.empty() ? *root_ : *done.back().node;
    if (!folder.is_folder()) return make_error(ErrorCode::not_a_directory, path);
    const FileNodePointer node = child_of(folder, name);
    if (node == nullptr) return make_error(ErrorCode::not_found, path);
    if (node->status.type != ports::FileType::symlink) {
      done.push_back({name, node});
      continue;
    }
    if (++links > kLinksMax) return make_error(ErrorCode::io, path, {{"reason", "link loop"}});
    if (node->link_target.starts_with('/')) done.clear();
    for (std::string& part : names_of(node->link_target)) left.push_back(std::move(part));
  }
  return joined(done);
}

Result<FileNodePointer> FileTree::find(const std::string& path) const {
  FileNodePointer node = root_;
  const std::vector<std::string> names = names_of(path);
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    if (name->empty() || *name == ".") continue;
    node = child_of(*node, *name);
    if (node == nullptr) return make_error(ErrorCode::not_found, path);
  }
  return node;
}

Result<FileNodePointer> FileTree::make_folders(const std::string& path) {
  FileNodePointer folder = root_;
  const std::vector<std::string> names = names_of(path);
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    if (name->empty() || *name == ".") continue;
    FileNodePointer next = child_of(*folder, *name);
    if (next == nullptr) next = add(*folder, *name, ports::FileType::directory);
    if (!next->is_folder()) return make_error(ErrorCode::not_a_directory, path);
    folder = next;
  }
  return folder;
}

FileNodePointer FileTree::add(FileNode& folder, const std::string& name, ports::FileType type) {
  auto node = std::make_shared<FileNode>();
  const bool is_folder = type == ports::FileType::directory;
  node->status = {.type = type,
                  .mode = is_folder ? 0700U : 0600U,
                  .inode = ++last_inode_,
                  .device = root_->status.device,
                  .links = is_folder ? 1U : 0U};
  if (type == ports::FileType::symlink) node->status.mode = 0777;
  attach(folder, name, node);
  touch(*node, true);
  return node;
}

void FileTree::attach(FileNode& folder, const std::string& name, const FileNodePointer& node) {
  detach(folder, name);
  folder.children[name] = node;
  ++node->status.links;
  touch(*node, false);
  touch(folder, true);
}

void FileTree::detach(FileNode& folder, const std::string& name) {
  const auto found = folder.children.find(name);
  if (found == folder.children.end()) return;
  --found->second->status.links;
  touch(*found->second, false);
  folder.children.erase(found);
  touch(folder, true);
}

void FileTree::touch(FileNode& node, bool bytes_changed) {
  now_ns_ += kSecond;
  node.status.ctime_ns = now_ns_;
  if (bytes_changed) node.status.mtime_ns = now_ns_;
}

}  // namespace holdfast::sim

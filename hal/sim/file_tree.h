// SPDX-License-Identifier: Apache-2.0
// Simulated: the files behind SimFiles, in memory: names, links, holes, owners and times, and the
// ways in which other people's files misbehave.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "hal/ports/files.h"

namespace holdfast::sim {

struct FileNode;
using FileNodePointer = std::shared_ptr<FileNode>;

struct FileNode {
  ports::FileStatus status;  // `size` and `links` are kept right by the calls below
  Bytes bytes;
  std::set<std::uint64_t> data_blocks;  // numbers of the blocks that are not holes
  std::string link_target;
  std::map<std::string, Bytes> attributes;
  std::map<std::string, FileNodePointer, std::less<>> children;

  bool unreadable = false;
  bool vanishes_when_opened = false;
  std::optional<Bytes> changes_to;  // after the next read

  [[nodiscard]] bool is_folder() const { return status.type == ports::FileType::directory; }
  void write(std::uint64_t offset, ByteView data);
  void resize(std::uint64_t size);
  [[nodiscard]] std::optional<ports::DataRun> next_data(std::uint64_t offset) const;
};

class FileTree {
 public:
  static constexpr std::uint64_t kBlock = 4096;

  FileTree();

  [[nodiscard]] const FileNodePointer& root() const { return root_; }
  // Absolute path without links, "." and "..".
  [[nodiscard]] Result<std::string> resolve(const std::string& path) const;
  // The last part's link is not followed.
  [[nodiscard]] Result<FileNodePointer> find(const std::string& path) const;
  // Every folder of `path`, made where missing. Follows no links.
  [[nodiscard]] Result<FileNodePointer> make_folders(const std::string& path);

  FileNodePointer add(FileNode& folder, const std::string& name, ports::FileType type);
  void attach(FileNode& folder, const std::string& name, const FileNodePointer& node);
  void detach(FileNode& folder, const std::string& name);
  // Time goes on by a second and the node's change time shows it.
  void touch(FileNode& node, bool bytes_changed);

 private:
  FileNodePointer root_;
  std::uint64_t last_inode_ = 0;
  std::int64_t now_ns_ = 1'700'000'000'000'000'000;
};

}  // namespace holdfast::sim

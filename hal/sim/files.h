// SPDX-License-Identifier: Apache-2.0
// Simulated: file trees in memory for sources and restore targets, with files that cannot be read,
// that change while they are read, and that vanish between listing and opening.
//
// One tree with the root "/", which is also where relative paths begin. A crash of the world loses
// nothing here: sources are other people's machines. Folders list names in reverse byte order, so
// that nobody comes to rely on a sorted listing.
#pragma once

#include "hal/sim/file_tree.h"
#include "hal/sim/world.h"

namespace holdfast::sim {

class SimFiles final : public ports::Files {
 public:
  explicit SimFiles(World& world) : world_(world) {}
  SimFiles(const SimFiles&) = delete;
  SimFiles& operator=(const SimFiles&) = delete;

  [[nodiscard]] Result<std::unique_ptr<ports::Folder>> open_source(
      const std::string& path) override;
  // A link on the way is followed only if the whole path is there.
  [[nodiscard]] Result<std::unique_ptr<ports::TargetFolder>> open_target(
      const std::string& path) override;
  [[nodiscard]] Result<std::string> resolve(const std::string& path) override;

  // What the owners of the files do. None of these is an operation of the world. Missing folders
  // on the way are made; a path that must exist is checked.

  void add_folder(const std::string& path);
  // Makes the file or gives it new bytes; times go on.
  void write_file(const std::string& path, ByteView bytes);
  void add_symlink(const std::string& path, const std::string& target);
  void add_special(const std::string& path, ports::FileType type);
  // A file, or a folder with all below it.
  void remove(const std::string& path);
  void set_unreadable(const std::string& path, bool unreadable = true);
  // Listed, and there for a status, but gone when somebody opens it.
  void vanish_when_opened(const std::string& path);
  // The bytes become `bytes` right after the next read of any part of it.
  void change_while_read(const std::string& path, ByteView bytes);

  // To look at and to alter whatever else a test needs (mode, owner, times, attributes).
  [[nodiscard]] FileNode& node(const std::string& path);
  // Nothing if there is no such regular file.
  [[nodiscard]] std::optional<Bytes> contents(const std::string& path) const;

 private:
  [[nodiscard]] FileNodePointer make(const std::string& path, ports::FileType type);

  World& world_;
  FileTree tree_;
};

}  // namespace holdfast::sim

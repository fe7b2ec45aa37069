// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/files.h"

#include "hal/base/path.h"
#include "hal/sim/folder.h"

namespace holdfast::sim {

using ports::FileType;

Result<std::unique_ptr<ports::Folder>> SimFiles::open_source(const std::string& path) {
  using Opened = Result<std::unique_ptr<ports::Folder>>;
  return run_operation(Touch::look, world_, "open source", path, [&]() -> Opened {
    HF_TRY(const std::string resolved, tree_.resolve(path));
    HF_TRY(FileNodePointer node, tree_.find(resolved));
    if (!node->is_folder()) return make_error(ErrorCode::not_a_directory, path);
    if (node->unreadable) return make_error(ErrorCode::permission_denied, path);
    return std::make_unique<SimFolder>(world_, tree_, std::move(node), path);
  });
}

Result<std::unique_ptr<ports::TargetFolder>> SimFiles::open_target(const std::string& path) {
  using Opened = Result<std::unique_ptr<ports::TargetFolder>>;
  return run_operation(Touch::change, world_, "open target", path, [&]() -> Opened {
    const auto resolved = tree_.resolve(path);
    HF_TRY(FileNodePointer node, tree_.make_folders(resolved ? *resolved : path));
    return std::make_unique<SimFolder>(world_, tree_, std::move(node), path);
  });
}

Result<std::string> SimFiles::resolve(const std::string& path) {
  return run_operation(Touch::look, world_, "resolve", path,
                       [&]() -> Result<std::string> { return tree_.resolve(path); });
}

FileNodePointer SimFiles::make(const std::string& path, FileType type) {
  const FileNodePointer folder = *tree_.make_folders(std::string(parent_of(path)));
  return tree_.add(*folder, std::string(last_name_of(path)), type);
}

void SimFiles::add_folder(const std::string& path) {
  const std::scoped_lock lock(world_.mutex());
  static_cast<void>(*tree_.make_folders(path));
}

void SimFiles::write_file(const std::string& path, ByteView bytes) {
  const std::scoped_lock lock(world_.mutex());
  const auto found = tree_.find(path);
  const FileNodePointer node = found ? *found : make(path, FileType::regular);
  node->resize(0);
  node->write(0, bytes);
  tree_.touch(*node, true);
}

void SimFiles::add_symlink(const std::string& path, const std::string& target) {
  const std::scoped_lock lock(world_.mutex());
  const FileNodePointer node = make(path, FileType::symlink);
  node->link_target = target;
  node->status.size = target.size();
}

void SimFiles::add_special(const std::string& path, FileType type) {
  const std::scoped_lock lock(world_.mutex());
  static_cast<void>(make(path, type));
}

void SimFiles::remove(const std::string& path) {
  static_cast<void>(node(path));
  const std::scoped_lock lock(world_.mutex());
  const FileNodePointer folder = *tree_.find(std::string(parent_of(path)));
  tree_.detach(*folder, std::string(last_name_of(path)));
}

void SimFiles::set_unreadable(const std::string& path, bool unreadable) {
  node(path).unreadable = unreadable;
}

void SimFiles::vanish_when_opened(const std::string& path) {
  node(path).vanishes_when_opened = true;
}

void SimFiles::change_while_read(const std::string& path, ByteView bytes) {
  node(path).changes_to = Bytes(bytes.begin(), bytes.end());
}

FileNode& SimFiles::node(const std::string& path) {
  const std::scoped_lock lock(world_.mutex());
  return **tree_.find(path);
}

std::optional<Bytes> SimFiles::contents(const std::string& path) const {
  const std::scoped_lock lock(world_.mutex());
  const auto found = tree_.find(path);
  if (!found || (*found)->status.type != FileType::regular) return std::nullopt;
  return (*found)->bytes;
}

}  // namespace holdfast::sim

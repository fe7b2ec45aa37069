// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/folder.h"

#include <algorithm>

#include "hal/base/path.h"
#include "hal/ports/file_owner.h"

namespace holdfast::sim {

namespace {

using ports::FileType;

constexpr std::size_t kNameSizeMax = 255;

ports::ExtendedAttributes attributes_of(const FileNode& node) {
  return {node.attributes.begin(), node.attributes.end()};
}

void apply_to(FileNode& node, FileTree& tree, const ports::FileMetadata& metadata) {
  tree.touch(node, false);
  const bool is_owned = metadata.uid != ports::kOwnerAsIs;
  const std::uint32_t mode = metadata.mode & (is_owned ? 07777U : 01777U);
  if (node.status.type != FileType::symlink) node.status.mode = mode;
  if (is_owned) node.status.uid = metadata.uid;
  if (metadata.gid != ports::kOwnerAsIs) node.status.gid = metadata.gid;
  node.status.mtime_ns = metadata.mtime_ns;
  if (metadata.attributes == nullptr) return;
  for (const auto& [name, value] : *metadata.attributes) node.attributes[name] = value;
}

class SimSourceFile final : public ports::SourceFile {
 public:
  SimSourceFile(World& world, FileTree& tree, FileNodePointer node, std::string where)
      : world_(world),
        tree_(tree),
        node_(std::move(node)),
        first_(node_->status),
        where_(std::move(where)) {}

  const ports::FileStatus& first_status() const override { return first_; }

  Result<ports::FileStatus> status() override {
    return run_operation(Touch::look, world_, "status of file", where_,
                         [&]() -> Result<ports::FileStatus> { return node_->status; });
  }

  Result<std::size_t> read(std::uint64_t offset, ByteSpan out) override {
    return run_operation(Touch::look, world_, "read file", where_, [&]() -> Result<std::size_t> {
      ByteView bytes = node_->bytes;
      bytes = bytes.subspan(std::min<std::uint64_t>(offset, bytes.size()));
      const std::size_t count = std::min(bytes.size(), out.size());
      std::copy_n(bytes.begin(), count, out.begin());
      change_if_planned();
      return count;
    });
  }

  Result<std::optional<ports::DataRun>> next_data(std::uint64_t offset) override {
    using Found = Result<std::optional<ports::DataRun>>;
    return run_operation(Touch::look, world_, "next data", where_,
                         [&]() -> Found { return node_->next_data(offset); });
  }

  Result<ports::ExtendedAttributes> extended_attributes() override {
    return run_operation(
        Touch::look, world_, "attributes of file", where_,
        [&]() -> Result<ports::ExtendedAttributes> { return attributes_of(*node_); });
  }

 private:
  void change_if_planned() {
    if (!node_->changes_to) return;
    const Bytes bytes = *std::exchange(node_->changes_to, std::nullopt);
    node_->resize(0);
    node_->write(0, bytes);
    tree_.touch(*node_, true);
  }

  World& world_;
  FileTree& tree_;
  FileNodePointer node_;
  ports::FileStatus first_;
  std::string where_;
};

class SimTargetFile final : public ports::TargetFile {
 public:
  SimTargetFile(World& world, FileTree& tree, FileNodePointer node, std::string where)
      : world_(world), tree_(tree), node_(std::move(node)), where_(std::move(where)) {}

  Result<void> write(std::uint64_t offset, ByteView bytes) override {
    const std::scoped_lock lock(world_.mutex());
    Step step = world_.begin(Touch::change, "write file", where_, std::span(&bytes, 1));
    if (step.effect == Effect::part) bytes = bytes.first(bytes.size() / 2);
    if (step.effect != Effect::none) {
      node_->write(offset, bytes);
      tree_.touch(*node_, true);
    }
    if (step.error) return std::move(*step.error);
    return {};
  }

  Result<void> resize(std::uint64_t size) override {
    return run_operation(Touch::change, world_, "resize file", where_, [&]() -> Result<void> {
      node_->resize(size);
      tree_.touch(*node_, true);
      return {};
    });
  }

  Result<void> apply(const ports::FileMetadata& metadata) override {
    return run_operation(Touch::change, world_, "apply to file", where_, [&]() -> Result<void> {
      apply_to(*node_, tree_, metadata);
      return {};
    });
  }

 private:
  World& world_;
  FileTree& tree_;
  FileNodePointer node_;
  std::string where_;
};

bool is_special(FileType type) {
  return type == FileType::fifo || type == FileType::socket || type == FileType::char_device ||
         type == FileType::block_device;
}

}  // namespace

std::string SimFolder::where(std::string_view name) const {
  return name.empty() ? path_ : path_ + "/" + std::string(name);
}

Error SimFolder::error(ErrorCode code, std::string_view name) const {
  return make_error(code, where(name));
}

Result<void> SimFolder::check_name(std::string_view name) const {
  if (!is_safe_relative_path(name) || name.find('/') != std::string_view::npos) {
    return error(ErrorCode::invalid_argument, name);
  }
  if (name.size() > kNameSizeMax) return error(ErrorCode::name_too_long, name);
  return {};
}

Result<FileNodePointer> SimFolder::find(std::string_view name) const {
  HF_TRY(check_name(name));
  const auto found = node_->children.find(name);
  if (found == node_->children.end()) return error(ErrorCode::not_found, name);
  return found->second;
}

Result<std::unique_ptr<SimFolder>> SimFolder::open(std::string_view name) const {
  HF_TRY(FileNodePointer node, find(name));
  if (!node->is_folder()) return error(ErrorCode::not_a_directory, name);
  if (node->unreadable) return error(ErrorCode::permission_denied, name);
  return std::make_unique<SimFolder>(world_, tree_, std::move(node), where(name));
}

Result<void> SimFolder::list(const std::function<Result<void>(std::string_view name)>& visit) {
  const auto all = [&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> found;
    for (const auto& [name, child] : node_->children) found.push_back(name);
    return found;
  };
  HF_TRY(const auto names, run_operation(Touch::look, world_, "list folder", path_, all));
  for (auto name = names.rbegin(); name != names.rend(); ++name) HF_TRY(visit(*name));
  return {};
}

Result<ports::FileStatus> SimFolder::status() {
  return run_operation(Touch::look, world_, "status of folder", path_,
                       [&]() -> Result<ports::FileStatus> { return node_->status; });
}

Result<ports::FileStatus> SimFolder::status_of(std::string_view name) {
  return run_operation(Touch::look, world_, "status", where(name),
                       [&]() -> Result<ports::FileStatus> {
                         HF_TRY(const FileNodePointer node, find(name));
                         return node->status;
                       });
}

Result<std::unique_ptr<ports::Folder>> SimFolder::open_folder(std::string_view name) {
  using Opened = Result<std::unique_ptr<ports::Folder>>;
  return run_operation(Touch::look, world_, "open folder", where(name), [&]() -> Opened {
    HF_TRY(auto folder, open(name));
    return folder;
  });
}

Result<std::unique_ptr<ports::SourceFile>> SimFolder::open_file(std::string_view name) {
  using Opened = Result<std::unique_ptr<ports::SourceFile>>;
  return run_operation(Touch::look, world_, "open file", where(name), [&]() -> Opened {
    HF_TRY(FileNodePointer node, find(name));
    if (node->vanishes_when_opened) {
      tree_.detach(*node_, std::string(name));
      return error(ErrorCode::not_found, name);
    }
    if (node->status.type != FileType::regular) return error(ErrorCode::io, name);
    if (node->unreadable) return error(ErrorCode::permission_denied, name);
    return std::make_unique<SimSourceFile>(world_, tree_, std::move(node), where(name));
  });
}

Result<std::string> SimFolder::read_link(std::string_view name) {
  return run_operation(Touch::look, world_, "read link", where(name), [&]() -> Result<std::string> {
    HF_TRY(const FileNodePointer node, find(name));
    if (node->status.type != FileType::symlink) return error(ErrorCode::io, name);
    return node->link_target;
  });
}

Result<ports::ExtendedAttributes> SimFolder::extended_attributes_of(std::string_view name) {
  using Read = Result<ports::ExtendedAttributes>;
  return run_operation(Touch::look, world_, "attributes", where(name), [&]() -> Read {
    if (name.empty()) return attributes_of(*node_);
    HF_TRY(const FileNodePointer node, find(name));
    return attributes_of(*node);
  });
}

Result<FileNodePointer> SimFolder::make(std::string_view name, FileType type) {
  const auto taken = find(name);
  if (taken) return error(ErrorCode::already_exists, name);
  if (taken.error().code != ErrorCode::not_found) return taken.error();
  return tree_.add(*node_, std::string(name), type);
}

Result<std::unique_ptr<ports::TargetFolder>> SimFolder::make_folder(std::string_view name) {
  using Made = Result<std::unique_ptr<ports::TargetFolder>>;
  return run_operation(Touch::change, world_, "make folder", where(name), [&]() -> Made {
    const auto made = make(name, FileType::directory);
    if (!made && made.error().code != ErrorCode::already_exists) return made.error();
    HF_TRY(auto folder, open(name));
    return folder;
  });
}

Result<std::unique_ptr<ports::TargetFolder>> SimFolder::open_target(std::string_view name) {
  using Opened = Result<std::unique_ptr<ports::TargetFolder>>;
  return run_operation(Touch::look, world_, "open target", where(name), [&]() -> Opened {
    HF_TRY(auto folder, open(name));
    return folder;
  });
}

Result<std::unique_ptr<ports::TargetFile>> SimFolder::create_file(std::string_view name) {
  using Made = Result<std::unique_ptr<ports::TargetFile>>;
  return run_operation(Touch::change, world_, "create file", where(name), [&]() -> Made {
    HF_TRY(FileNodePointer node, make(name, FileType::regular));
    return std::make_unique<SimTargetFile>(world_, tree_, std::move(node), where(name));
  });
}

Result<void> SimFolder::make_symlink(std::string_view name, std::string_view target) {
  return run_operation(Touch::change, world_, "make symlink", where(name), [&]() -> Result<void> {
    HF_TRY(const FileNodePointer node, make(name, FileType::symlink));
    node->link_target = target;
    node->status.size = target.size();
    return {};
  });
}

Result<void> SimFolder::make_special(std::string_view name, const ports::FileStatus& what) {
  return run_operation(Touch::change, world_, "make special", where(name), [&]() -> Result<void> {
    if (!is_special(what.type)) return error(ErrorCode::invalid_argument, name);
    HF_TRY(const FileNodePointer node, make(name, what.type));
    node->status.device_major = what.device_major;
    node->status.device_minor = what.device_minor;
    return {};
  });
}

Result<void> SimFolder::link(ports::TargetFolder& from, std::string_view from_name,
                             std::string_view name) {
  const auto* other = dynamic_cast<const SimFolder*>(&from);
  HF_CHECK(other != nullptr);
  return run_operation(Touch::change, world_, "link", where(name), [&]() -> Result<void> {
    HF_TRY(const FileNodePointer node, other->find(from_name));
    if (node->is_folder()) return error(ErrorCode::permission_denied, name);
    const auto taken = find(name);
    if (taken) return error(ErrorCode::already_exists, name);
    if (taken.error().code != ErrorCode::not_found) return taken.error();
    tree_.attach(*node_, std::string(name), node);
    return {};
  });
}

Result<void> SimFolder::rename(std::string_view from, std::string_view to, bool replace) {
  return run_operation(Touch::change, world_, "rename file", where(to), [&]() -> Result<void> {
    HF_TRY(const FileNodePointer node, find(from));
    const auto taken = find(to);
    if (!taken && taken.error().code != ErrorCode::not_found) return taken.error();
    if (taken && !replace) return error(ErrorCode::already_exists, to);
    if (taken && *taken == node) return {};
    if (taken && (*taken)->is_folder() != node->is_folder()) {
      return error(node->is_folder() ? ErrorCode::not_a_directory : ErrorCode::is_a_directory, to);
    }
    if (taken && !(*taken)->children.empty()) return error(ErrorCode::io, to);
    tree_.attach(*node_, std::string(to), node);
    tree_.detach(*node_, std::string(from));
    return {};
  });
}

Result<void> SimFolder::remove(std::string_view name) {
  return run_operation(Touch::change, world_, "remove file", where(name), [&]() -> Result<void> {
    HF_TRY(const FileNodePointer node, find(name));
    if (!node->children.empty()) return error(ErrorCode::io, name);
    tree_.detach(*node_, std::string(name));
    return {};
  });
}

Result<void> SimFolder::apply(std::string_view name, const ports::FileMetadata& metadata) {
  return run_operation(Touch::change, world_, "apply", where(name), [&]() -> Result<void> {
    FileNodePointer node = node_;
    if (!name.empty()) {
      HF_TRY(node, find(name));
    }
    apply_to(*node, tree_, metadata);
    return {};
  });
}

Result<void> SimFolder::sync_file_system() {
  return run_operation(Touch::look, world_, "sync files", path_,
                       []() -> Result<void> { return {}; });
}

}  // namespace holdfast::sim

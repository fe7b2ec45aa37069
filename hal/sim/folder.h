// SPDX-License-Identifier: Apache-2.0
// Simulated: one open folder of a file tree. A target can do all that a source can, so one body
// serves both.
#pragma once

#include "hal/sim/file_tree.h"
#include "hal/sim/world.h"

namespace holdfast::sim {

// The world and the tree outlive it.
class SimFolder final : public ports::TargetFolder {
 public:
  SimFolder(World& world, FileTree& tree, FileNodePointer node, std::string path)
      : world_(world), tree_(tree), node_(std::move(node)), path_(std::move(path)) {}

  [[nodiscard]] Result<void> list(
      const std::function<Result<void>(std::string_view name)>& visit) override;
  [[nodiscard]] Result<ports::FileStatus> status() override;
  [[nodiscard]] Result<ports::FileStatus> status_of(std::string_view name) override;
  [[nodiscard]] Result<std::unique_ptr<ports::Folder>> open_folder(std::string_view name) override;
  [[nodiscard]] Result<std::unique_ptr<ports::SourceFile>> open_file(
      std::string_view name) override;
  [[nodiscard]] Result<std::string> read_link(std::string_view name) override;
  [[nodiscard]] Result<ports::ExtendedAttributes> extended_attributes_of(
      std::string_view name) override;

  [[nodiscard]] Result<std::unique_ptr<ports::TargetFolder>> make_folder(
      std::string_view name) override;
  [[nodiscard]] Result<std::unique_ptr<ports::TargetFolder>> open_target(
      std::string_view name) override;
  [[nodiscard]] Result<std::unique_ptr<ports::TargetFile>> create_file(
      std::string_view name) override;
  [[nodiscard]] Result<void> make_symlink(std::string_view name, std::string_view target) override;
  [[nodiscard]] Result<void> make_special(std::string_view name,
                                          const ports::FileStatus& what) override;
  // `from` must be a SimFolder.
  [[nodiscard]] Result<void> link(ports::TargetFolder& from, std::string_view from_name,
                                  std::string_view name) override;
  [[nodiscard]] Result<void> rename(std::string_view from, std::string_view to,
                                    bool replace) override;
  [[nodiscard]] Result<void> remove(std::string_view name) override;
  [[nodiscard]] Result<void> apply(std::string_view name,
                                   const ports::FileMetadata& metadata) override;
  [[nodiscard]] Result<void> sync_file_system() override;

 private:
  [[nodiscard]] std::string where(std::string_view name) const;
  [[nodiscard]] Error error(ErrorCode code, std::string_view name) const;
  [[nodiscard]] Result<void> check_name(std::string_view name) const;
  [[nodiscard]] Result<FileNodePointer> find(std::string_view name) const;
  [[nodiscard]] Result<std::unique_ptr<SimFolder>> open(std::string_view name) const;
  // A new node under a name that is free.
  [[nodiscard]] Result<FileNodePointer> make(std::string_view name, ports::FileType type);

  World& world_;
  FileTree& tree_;
  FileNodePointer node_;
  std::string path_;
};

// Runs `body` as one operation of the world; not at all if the world refuses.
template <class Body>
auto run_operation(Touch touch, World& world, std::string_view operation, std::string_view where,
                   Body body) -> decltype(body()) {
  const std::scoped_lock lock(world.mutex());
  Step step = world.begin(touch, operation, where, {});
  if (step.error) return std::move(*step.error);
  return body();
}

}  // namespace holdfast::sim

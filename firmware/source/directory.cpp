// SPDX-License-Identifier: Apache-2.0
#include "firmware/source/directory.h"

#include <algorithm>

#include "firmware/source/definition.h"
#include "firmware/source/folder_cache.h"
#include "firmware/source/walk.h"
#include "hal/base/path.h"

namespace holdfast::source {

namespace {

constexpr std::size_t kCachedFoldersMax = 32;

class DirectorySource final : public Source {
 public:
  DirectorySource(WalkRules rules, FolderPointer root, ports::Disk& scratch)
      : rules_(std::move(rules)), folders_(std::move(root), kCachedFoldersMax), scratch_(scratch) {}

  const std::string& name() const override { return rules_.name; }

  Result<std::unique_ptr<Listing>> list(std::vector<std::string> paths) override {
    return std::make_unique<Walk>(rules_, folders_, scratch_, std::move(paths));
  }

  Reached reach(const std::string& path) override {
    FolderPointer folder = folders_.root();
    std::size_t begin = rules_.name.size() + 1;
    while (begin < path.size()) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      const std::string_view above = parent_of(std::string_view(path).substr(0, end));
      const std::string name = path.substr(begin, end - begin);
      if (rules_.exclusion.matches(below_root(above), name)) return {path.substr(0, end), false};
      if (end == path.size()) break;
      const Step step = step_into(folder, name);
      if (step == Step::unknown) break;
      if (step == Step::ends) return {path.substr(0, end)};
      begin = end + 1;
    }
    return {path};
  }

  Result<std::unique_ptr<ports::SourceFile>> open(const vault::Item& item) override {
    HF_TRY(const FolderPointer folder, folder_of(item));
    const std::string_view name = last_name_of(item.path);
    auto file = folder->open_file(name);
    if (file) return file;
    return explain(*folder, name, ports::FileType::regular, std::move(file.error()));
  }

  Result<void> read_metadata(vault::Item& item) override {
    if (item.path == rules_.name) {
      auto root = folders_.root()->extended_attributes_of("");
      if (!root) return source_error(std::move(root.error()));
      item.attributes = std::move(*root);
      return {};
    }
    HF_TRY(const FolderPointer folder, folder_of(item));
    const std::string_view name = last_name_of(item.path);
    auto read = read_metadata(*folder, name, item);
    if (read) return {};
    return explain(*folder, name, item.type, std::move(read.error()));
  }

 private:
  enum class Step { enters, ends, unknown };

  // `folder` becomes the one of that name in it.
  Step step_into(FolderPointer& folder, const std::string& name) {
    const auto status = folder->status_of(name);
    if (!status) return status.error().code == ErrorCode::not_found ? Step::ends : Step::unknown;
    if (status->type != ports::FileType::directory) return Step::ends;
    if (!rules_.may_enter(*status)) return Step::ends;
    auto entered = folder->open_folder(name);
    if (!entered) return Step::unknown;
    // Asked again: opening may have mounted something here.
    const auto inside = (*entered)->status();
    if (!inside) return Step::unknown;
    folder = *std::move(entered);
    return rules_.may_enter(*inside) ? Step::enters : Step::ends;
  }

  // Of a path that begins with the source's name.
  [[nodiscard]] std::string_view below_root(std::string_view path) const {
    return path.substr(std::min(path.size(), rules_.name.size() + 1));
  }

  static Result<void> read_metadata(ports::Folder& folder, std::string_view name,
                                    vault::Item& item) {
    if (item.type == ports::FileType::symlink) {
      HF_TRY(item.link_target, folder.read_link(name));
    }
    HF_TRY(item.attributes, folder.extended_attributes_of(name));
    return {};
  }

  Result<FolderPointer> folder_of(const vault::Item& item) {
    const std::size_t begin = rules_.name.size() + 1;
    if (item.path.size() <= begin || !is_within(item.path, rules_.name)) {
      return make_error(ErrorCode::source_vanished, item.path);
    }
    auto folder = folders_.get(parent_of(std::string_view(item.path).substr(begin)));
    if (!folder) return source_error(std::move(folder.error()));
    return folder;
  }

  // Systems say many things when the name is no longer what it was.
  static Error explain(ports::Folder& folder, std::string_view name, ports::FileType expected,
                       Error error) {
    const auto status = folder.status_of(name);
    if (status && status->type != expected) error.code = ErrorCode::source_vanished;
    return source_error(std::move(error));
  }

  const WalkRules rules_;
  FolderCache folders_;
  ports::Disk& scratch_;
};

Error root_error(Error error) {
  if (error.code == ErrorCode::not_found) error.code = ErrorCode::source_missing;
  if (error.code == ErrorCode::not_a_directory) error.code = ErrorCode::source_not_directory;
  return error;
}

// A folder inside one of ours is not told by what it is, but by where it lies.
Result<void> check_apart(const DirectoryDefinition& definition, ports::Files& files) {
  HF_TRY(const std::string real, files.resolve(definition.path));
  for (const std::string& path : definition.exclude_paths) {
    if (!is_within(real, path)) continue;
    return make_error(ErrorCode::disk_inside_source, path, {{"source", definition.name}});
  }
  return {};
}

Result<FolderIdentity> identity_of(ports::Files& files, const std::string& path) {
  HF_TRY(const auto folder, files.open_source(path));
  HF_TRY(const ports::FileStatus status, folder->status());
  return FolderIdentity{status.device, status.inode};
}

// What cannot be opened cannot be entered by the listing either, so a dead disk stops no backup.
Result<std::vector<FolderIdentity>> closed_folders(const DirectoryDefinition& definition,
                                                   const ports::FileStatus& root,
                                                   ports::Files& files) {
  std::vector<FolderIdentity> closed;
  for (const std::string& path : definition.exclude_paths) {
    const auto identity = identity_of(files, path);
    if (!identity && identity.error().retryable) return identity.error();
    if (!identity) continue;
    // All of the source would be left out in silence.
    if (*identity == FolderIdentity{root.device, root.inode}) {
      return make_error(ErrorCode::disk_inside_source, path, {{"source", definition.name}});
    }
    closed.push_back(*identity);
  }
  return closed;
}

}  // namespace

DirectoryDefinition directory_of(const SourceDefinition& definition) {
  DirectoryDefinition directory;
  directory.name = definition.name;
  directory.path = definition.path;
  directory.exclude = definition.exclude;
  directory.cross_file_systems = definition.cross_file_systems;
  return directory;
}

Result<std::unique_ptr<Source>> open_directory(const DirectoryDefinition& definition,
                                               ports::Files& files, ports::Disk& scratch) {
  if (definition.name.empty() || definition.name.find('/') != std::string::npos) {
    return make_error(ErrorCode::invalid_argument, definition.name, {{"what", "source name"}});
  }
  auto root = files.open_source(definition.path);
  if (!root) return root_error(std::move(root.error()));
  HF_TRY(const ports::FileStatus status, (*root)->status());
  HF_TRY(check_apart(definition, files));
  HF_TRY(auto closed, closed_folders(definition, status, files));
  WalkRules rules{.name = definition.name,
                  .exclusion = Exclusion(definition.exclude),
                  .cross_file_systems = definition.cross_file_systems,
                  .root_device = status.device,
                  .closed = std::move(closed),
                  .names_in_memory_max = std::max<std::size_t>(definition.names_in_memory_max, 1),
                  .scratch_folder = definition.scratch_folder};
  return std::make_unique<DirectorySource>(std::move(rules), *std::move(root), scratch);
}

}  // namespace holdfast::source

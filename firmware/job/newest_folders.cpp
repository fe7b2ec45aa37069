// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/newest_folders.h"

#include "firmware/policy/hot_paths.h"
#include "firmware/source/exclusion.h"
#include "hal/base/bytes.h"

namespace holdfast::job {

namespace {

constexpr std::size_t kPathsMax = 256;
constexpr std::size_t kBytesMax = 32 * kKiB;
constexpr int kDepthMax = 16;

class Descent {
 public:
  Descent(const source::SourceDefinition& source, Progress* progress)
      : source_(source), exclusion_(source.exclude), progress_(progress) {}

  // `path` is below the source, empty for its root.
  void enter(ports::Folder& folder, const std::string& path, int depth);
  [[nodiscard]] std::vector<std::string> take() { return std::move(found_); }

 private:
  [[nodiscard]] std::vector<policy::SeenFolder> folders_in(ports::Folder& folder,
                                                           const std::string& path);
  void keep(const std::string& path);

  const source::SourceDefinition& source_;
  source::Exclusion exclusion_;
  Progress* progress_;
  ProgressState listed_{"listing"};
  std::vector<std::string> found_;
  std::size_t bytes_ = 0;
};

// What cannot be looked at is told by the run that is given the folder above it.
std::vector<policy::SeenFolder> Descent::folders_in(ports::Folder& folder,
                                                    const std::string& path) {
  std::vector<policy::SeenFolder> folders;
  const auto listed = folder.list([&](std::string_view name) -> Result<void> {
    const auto status = folder.status_of(name);
    ++listed_.items_done;
    if (progress_ != nullptr) progress_->update(listed_);
    const bool is_folder = status && status->type == ports::FileType::directory;
    if (!is_folder || exclusion_.matches(path, name)) return {};
    folders.push_back({std::string(name), status->mtime_ns});
    return {};
  });
  static_cast<void>(listed.has_value());
  return folders;
}

void Descent::keep(const std::string& path) {
  std::string item = path.empty() ? source_.name : source_.name + "/" + path;
  if (found_.size() >= kPathsMax || bytes_ + item.size() > kBytesMax) return;
  bytes_ += item.size();
  found_.push_back(std::move(item));
}

void Descent::enter(ports::Folder& folder, const std::string& path, int depth) {
  const auto folders = folders_in(folder, path);
  if (folders.empty() || depth == kDepthMax) return keep(path);
  for (const std::size_t i : policy::choose_newest(folders)) {
    const std::string below = path.empty() ? folders[i].name : path + "/" + folders[i].name;
    const auto opened = folder.open_folder(folders[i].name);
    if (!opened) {
      keep(below);
    } else {
      enter(**opened, below, depth + 1);
    }
  }
}

}  // namespace

std::vector<std::string> newest_folders(const source::SourceDefinition& source, ports::Files& files,
                                        Progress* progress) {
  const auto root = files.open_source(source.path);
  if (!root) return {source.name};
  Descent descent(source, progress);
  descent.enter(**root, {}, 0);
  return descent.take();
}

}  // namespace holdfast::job

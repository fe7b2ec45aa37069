// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/sources.h"

#include <algorithm>

#include "firmware/source/directory.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

OpenedSource open_folder(const source::SourceDefinition& definition, const BackupRequest& request,
                         ports::Files& files, ports::Disk& home,
                         const std::string& scratch_folder) {
  source::DirectoryDefinition directory = source::directory_of(definition);
  directory.exclude_paths = request.exclude_paths;
  directory.scratch_folder = scratch_folder;
  OpenedSource opened;
  opened.definition = definition;
  auto source = source::open_directory(directory, files, home);
  if (source) {
    opened.source = std::move(source).value();
  } else {
    opened.error = std::move(source.error());
  }
  return opened;
}

bool is_looked_at(const source::SourceDefinition& definition, const BackupRequest& request) {
  if (!definition.has_folder()) return false;
  return request.paths.empty() || std::ranges::any_of(request.paths, [&](const auto& path) {
           return is_within(path, definition.name);
         });
}

// Of one source.
std::vector<std::string> follow(const OpenedSource& source, const std::vector<std::string>& paths,
                                std::vector<std::string>& not_missed) {
  std::vector<std::string> reached;
  for (const std::string& path : paths) {
    if (!is_within(path, source.definition.name)) continue;
    source::Reached place{path, false};
    if (source.source != nullptr) place = source.source->reach(path);
    if (!place.is_wanted) not_missed.push_back(place.path);
    reached.push_back(std::move(place.path));
  }
  return outermost(std::move(reached));
}

Result<void> check_paths(const BackupRequest& request, const std::vector<OpenedSource>& sources) {
  std::size_t size = 0;
  for (const std::string& path : request.paths) {
    size += path.size();
    const bool has_source = std::ranges::any_of(sources, [&](const OpenedSource& source) {
      return source.is_walked() && is_within(path, source.definition.name);
    });
    if (!has_source || !is_safe_relative_path(path)) {
      return make_error(ErrorCode::invalid_argument, path, {{"what", "path of a source"}});
    }
  }
  if (size <= kPathsSizeMax) return {};
  return make_error(ErrorCode::limit_exceeded, {},
                    {{"what", "paths"}, {"limit", std::to_string(kPathsSizeMax)}});
}

}  // namespace

void remove_scratch(ports::Disk& home, const std::string& folder) {
  const auto files = home.list(folder);
  if (!files) return;
  for (const ports::DirectoryEntry& file : *files) {
    static_cast<void>(home.remove(folder + "/" + file.name).has_value());
  }
  static_cast<void>(home.remove(folder).has_value());
}

Result<LookedRegion> find_region(const BackupRequest& request, std::vector<OpenedSource>& sources) {
  HF_TRY(check_paths(request, sources));
  const std::vector<std::string> paths = outermost(request.paths);
  std::vector<std::string> all;
  LookedRegion looked;
  for (OpenedSource& source : sources) {
    source.paths = follow(source, paths, looked.not_missed);
    all.insert(all.end(), source.paths.begin(), source.paths.end());
  }
  looked.region = region_of(all);
  return looked;
}

void add_missed(const LookedRegion& looked, const SeenParts& seen, Problems& problems) {
  for (const std::string& path : seen.missed()) {
    if (std::ranges::find(looked.not_missed, path) != looked.not_missed.end()) continue;
    problems.add(path, make_error(ErrorCode::source_vanished, path));
  }
}

std::vector<OpenedSource> open_sources(const BackupRequest& request, ports::Files& files,
                                       ports::Disk& home, const std::string& scratch_folder) {
  std::vector<OpenedSource> sources;
  for (const source::SourceDefinition& definition : request.definition.sources) {
    if (is_looked_at(definition, request)) {
      sources.push_back(open_folder(definition, request, files, home, scratch_folder));
    } else {
      sources.push_back({definition});
    }
  }
  if (request.definition.has_rows()) {
    OpenedSource& records = sources.emplace_back();
    records.definition.name = source::kRecordsFolder;
  }
  std::sort(sources.begin(), sources.end(), [](const OpenedSource& a, const OpenedSource& b) {
    return PathLess{}(a.definition.name, b.definition.name);
  });
  return sources;
}

std::size_t count_walked(const std::vector<OpenedSource>& sources) {
  return static_cast<std::size_t>(std::ranges::count_if(sources, &OpenedSource::is_walked));
}

}  // namespace holdfast::job

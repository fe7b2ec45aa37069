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
  source::DirectoryDefinition directory;
  directory.name = definition.name;
  directory.path = definition.path;
  directory.exclude = definition.exclude;
  directory.cross_file_systems = definition.cross_file_systems;
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

}  // namespace

std::vector<OpenedSource> open_sources(const BackupRequest& request, ports::Files& files,
                                       ports::Disk& home, const std::string& scratch_folder) {
  std::vector<OpenedSource> sources;
  for (const source::SourceDefinition& definition : request.definition.sources) {
    if (definition.has_folder()) {
      sources.push_back(open_folder(definition, request, files, home, scratch_folder));
    } else {
      sources.push_back({definition, nullptr, {}});
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

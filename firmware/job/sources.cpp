// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/sources.h"

#include <algorithm>

#include "firmware/source/directory.h"
#include "hal/base/path.h"

namespace holdfast::job {

std::vector<OpenedSource> open_sources(const BackupRequest& request, ports::Files& files,
                                       ports::Disk& home, const std::string& scratch_folder) {
  std::vector<OpenedSource> sources;
  for (const source::SourceDefinition& definition : request.definition.sources) {
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
    sources.push_back(std::move(opened));
  }
  std::sort(sources.begin(), sources.end(), [](const OpenedSource& a, const OpenedSource& b) {
    return PathLess{}(a.definition.name, b.definition.name);
  });
  return sources;
}

}  // namespace holdfast::job

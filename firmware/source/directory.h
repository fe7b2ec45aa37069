// SPDX-License-Identifier: Apache-2.0
// A folder of a server, read and never touched (design: archive of recordings).
//
// Names are raw bytes. Links are recorded, never followed; sockets, fifos and devices are recorded,
// never opened; other file systems are only entered when told. A folder of any number of names is
// sorted in bounded memory: runs beyond `names_in_memory_max` spill to `scratch`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "firmware/source/source.h"
#include "hal/ports/disk.h"
#include "hal/ports/files.h"

namespace holdfast::source {

struct DirectoryDefinition {
  std::string name;  // first part of each path
  std::string path;  // the folder
  std::vector<std::string>
      exclude;  // globs: on the name, or on the path below the source if with /
  bool cross_file_systems = false;
  std::vector<std::string> exclude_paths;  // absolute real paths never entered (pool disks, home)
  std::size_t names_in_memory_max = 200'000;
  std::string scratch_folder = "sort";  // on the scratch disk; one name
};

struct SourceDefinition;
// The folder of a source that has one; what is never entered and where to sort is its user's.
[[nodiscard]] DirectoryDefinition directory_of(const SourceDefinition& definition);

// source_missing, source_not_directory, permission_denied, disk_inside_source (an excluded path is
// the source itself). `files` and `scratch` must outlive the source, and the source its listings.
// One listing at a time uses a scratch folder.
[[nodiscard]] Result<std::unique_ptr<Source>> open_directory(const DirectoryDefinition& definition,
                                                             ports::Files& files,
                                                             ports::Disk& scratch);

}  // namespace holdfast::source

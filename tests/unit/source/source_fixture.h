// SPDX-License-Identifier: Apache-2.0
// A folder /srv of a simulated server, read as the source "calls".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/source/directory.h"
#include "hal/sim/disk.h"
#include "hal/sim/files.h"

namespace holdfast::source {

inline DirectoryDefinition calls_in(const std::string& path) {
  DirectoryDefinition definition;
  definition.name = "calls";
  definition.path = path;
  return definition;
}

// The listing to its end; what was seen until an error of the source as a whole.
inline std::vector<Listed> rest_of(Listing& listing, std::optional<Error>* failure = nullptr) {
  std::vector<Listed> seen;
  Listed step;
  while (true) {
    auto more = listing.next(step);
    if (!more && failure != nullptr) *failure = more.error();
    if (!more || !*more) return seen;
    seen.push_back(step);
  }
}

inline std::vector<std::string> paths_of(const std::vector<Listed>& listed) {
  std::vector<std::string> paths;
  for (const Listed& step : listed) paths.push_back(step.item.path);
  return paths;
}

struct Server {
  sim::World world{1};
  sim::SimFiles files{world};
  sim::SimDisk scratch{world, "scratch"};
  DirectoryDefinition definition = calls_in("/srv");

  Server() { files.add_folder("/srv"); }

  void add(const std::string& path, const std::string& content = "ring") {
    files.write_file("/srv/" + path, view_of(content));
  }
  std::unique_ptr<Source> source() {
    return std::move(open_directory(definition, files, scratch)).value();
  }
  std::vector<Listed> list() { return rest_of(*source()->list().value()); }
  std::vector<std::string> paths() { return paths_of(list()); }
  std::size_t scratch_files() {
    const auto listed = scratch.list("sort");
    return listed ? listed->size() : 0;
  }
};

// What was listed under `path`, which must be there once.
inline Listed only(const std::vector<Listed>& listed, const std::string& path) {
  std::optional<Listed> found;
  for (const Listed& step : listed) {
    if (step.item.path != path) continue;
    HF_CHECK(!found);
    found = step;
  }
  return found.value();
}

}  // namespace holdfast::source

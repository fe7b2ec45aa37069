// SPDX-License-Identifier: Apache-2.0
// Where an export may go: a new folder on a medium, which is mounted in one of the folders that the
// administrator has named in appliance.toml, and nowhere else (docs/decisions/0044).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "firmware/app/plugged_disks.h"
#include "firmware/app/session.h"

namespace holdfast::app {

// Absolute paths without links.
struct ExportRules {
  std::vector<std::string> named;    // by appliance.toml
  std::vector<std::string> stores;   // home, and the disks of the pool
  std::vector<std::string> sources;  // folders that are backed up
  Plugged plugged;                   // what lies on what
};

// As they stand now. bad_settings.
[[nodiscard]] Result<ExportRules> read_export_rules(Session& session, const vault::Box& box);

struct ExportPlace {
  std::string folder;  // that was named
  std::string name;    // of the new one in it
  // The very folder that was looked at, whatever its path leads to later.
  std::unique_ptr<ports::TargetFolder> medium;
  std::vector<std::string> disks;  // that it lies on: none of a share

  [[nodiscard]] std::string path() const { return folder + "/" + name; }
};

// "desk-7-20260131T114129Z-09f3a21c": two of one second differ in their random end.
[[nodiscard]] std::string export_name(const std::string& business, std::uint64_t number,
                                      Timestamp now, ports::Random& random);

// Looks, and writes nothing. denied: `folder` is not named, or reached by a link, or has, is or
// lies in a folder that is backed up, or lies in memory, or on a disk that something of these or
// `/` lies on, too; target_in_store: the same of home or a disk;
// medium_missing: it is not there, or nothing is mounted in it, or a file system that `/`, home or
// a disk lies on; not_a_directory.
[[nodiscard]] Result<ExportPlace> find_export_place(ports::Files& files, const ExportRules& rules,
                                                    messages::Language language,
                                                    const std::string& folder,
                                                    const std::string& name);

// Makes the new folder in the one that was looked at. target_not_empty: the name is taken. What it
// returns is the folder itself, whatever its name leads to later.
[[nodiscard]] Result<std::unique_ptr<ports::TargetFolder>> make_export_folder(
    const ExportPlace& place);

// What was plugged in there is so no more, as far as the system tells.
[[nodiscard]] bool is_medium_gone(ports::Mounts& mounts, const ExportPlace& place);

// denied: one of these disks of a pool, absolute and without links, overlaps with a folder that is
// named for exports, or lies on the disk of the medium that is in it now. bad_settings: nobody can
// tell.
[[nodiscard]] Result<void> check_none_for_exports(Session& session, const Plugged& plugged,
                                                  const std::vector<std::string>& disks);

}  // namespace holdfast::app

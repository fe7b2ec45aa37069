// SPDX-License-Identifier: Apache-2.0
// A business's definition as the box has it now, and what must not overlap with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/app/session.h"

namespace holdfast::app {

// What home has in businesses/<id>.toml, read anew each time: the person may have edited it.
// bad_business, also if id or name are not the business's; denied if it locks a class for fewer
// days than the definition in force does.
[[nodiscard]] Result<source::BusinessDefinition> load_definition(Session& session,
                                                                 vault::Business& business);

struct GoodDefinition {
  source::BusinessDefinition definition;
  std::optional<Error> wrong = {};  // what home has: this is the one in force
};

// The same, or the one that the last backup went by, as the journal has it, where home's is wrong
// in itself. Its error if there is no such one.
[[nodiscard]] Result<GoodDefinition> load_good_definition(Session& session,
                                                          vault::Business& business);

// The same of a text that is to take its place; without an id or a name it is this business's.
[[nodiscard]] Result<source::BusinessDefinition> check_definition(Session& session,
                                                                  vault::Business& business,
                                                                  const BusinessFile& file,
                                                                  const std::string& where);

// A pool disk that holds another one, or home, would count its bytes twice and back itself up:
// disk_given_twice, usage errors.
[[nodiscard]] Result<void> check_disks_apart(Session& session,
                                             const std::vector<std::string>& disks);

// disk_inside_source if a disk of the pool and a source's folder lie in each other; source_in_home
// if a source is or lies in the home folder (home in a source is left out by a backup), and each of
// them for the files that a query's connection names; source_missing and source_not_directory for a
// source that cannot be opened.
[[nodiscard]] Result<void> check_source(Session& session, const source::SourceDefinition& source,
                                        const std::vector<std::string>& disk_paths);
// Of all sources.
[[nodiscard]] Result<void> check_sources(Session& session,
                                         const source::BusinessDefinition& definition,
                                         const std::vector<std::string>& disk_paths);

// A usage error if a folder is, or lies in, one of a business of the other kind: what is there
// would be kept by an archive, and go with its source by a mirror.
[[nodiscard]] Result<void> check_kinds_apart(Session& session, const vault::Box& box,
                                             const source::BusinessDefinition& definition);

// target_in_store if a restore to `target` would write into the home folder or a disk of the pool.
// The target need not be there. Writes nothing.
[[nodiscard]] Result<void> check_target(Session& session, const std::string& target,
                                        const std::vector<std::string>& disk_paths);

// As Files::resolve(), of a path whose last names need not be there yet, or any more.
[[nodiscard]] Result<std::string> resolve_future(ports::Files& files, std::string_view path);

// True if one of two absolute paths is the other or lies in it.
[[nodiscard]] bool paths_overlap(std::string_view left, std::string_view right);

}  // namespace holdfast::app

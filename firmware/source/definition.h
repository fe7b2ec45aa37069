// SPDX-License-Identifier: Apache-2.0
// What a business backs up (docs/formats.md, section 11), as a value. Reading it from TOML is the
// app's work.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "firmware/codec/compressor.h"

namespace holdfast::source {

// archive: an item that is gone at the source stays, marked, until its own retention has ended.
// mirror: what is gone is gone with the last snapshot that had it.
enum class BusinessKind { archive, mirror };

struct SourceDefinition {
  std::string name;  // first part of each item's path
  std::string path;
  std::vector<std::string> exclude;
  bool cross_file_systems = false;
  codec::Compression compression = codec::Compression::none;
  std::uint32_t retention_class = 0;
};

using LockDays = std::map<std::uint32_t, std::uint32_t>;  // by retention class

struct BusinessDefinition {
  std::string name;
  BusinessKind kind = BusinessKind::archive;
  std::vector<SourceDefinition> sources;
  LockDays lock_days;  // see lock_days_of()
};

// Days from its date (the call's, else the file's time of change) for which an item of that class
// is locked: nothing may end it. What the definition does not say: three years in an archive, none
// in a mirror.
inline constexpr std::uint32_t kArchiveLockDays = 1095;
[[nodiscard]] inline std::uint32_t lock_days_of(const BusinessDefinition& definition,
                                                std::uint32_t retention_class) {
  const auto found = definition.lock_days.find(retention_class);
  if (found != definition.lock_days.end()) return found->second;
  return definition.kind == BusinessKind::archive ? kArchiveLockDays : 0;
}

// Of the classes that the definition speaks of, and of those in `more`.
[[nodiscard]] inline LockDays locks_of(const BusinessDefinition& definition,
                                       const LockDays& more = {}) {
  LockDays locks = definition.lock_days;
  const auto add = [&](std::uint32_t retention_class) {
    locks.emplace(retention_class, lock_days_of(definition, retention_class));
  };
  for (const SourceDefinition& source : definition.sources) add(source.retention_class);
  for (const auto& [retention_class, days] : more) add(retention_class);
  return locks;
}

}  // namespace holdfast::source

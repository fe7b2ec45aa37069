// SPDX-License-Identifier: Apache-2.0
// What a business backs up (docs/formats.md, section 11), as a value. Reading it from TOML is the
// app's work.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "firmware/codec/compressor.h"
#include "firmware/policy/pack_plan.h"
#include "firmware/policy/retention.h"
#include "firmware/policy/schedule.h"
#include "firmware/records/charset.h"
#include "firmware/records/completeness.h"
#include "firmware/records/csv_dialect.h"
#include "firmware/records/mapping.h"
#include "hal/ports/sql.h"

namespace holdfast::source {

// archive: an item that is gone at the source stays, marked, until its own retention has ended.
// mirror: what is gone is gone with the last snapshot that had it.
enum class BusinessKind { archive, mirror };

// directory: files of a folder. csv: the same, and some of the files hold rows. sql: rows that a
// query gives; no folder.
enum class SourceType : std::uint8_t { directory, csv, sql };

struct CsvRules {
  std::vector<std::string> files = {"*.csv"};  // globs on names: these hold rows
  records::CsvDialect dialect;
  std::optional<records::Charset> charset;  // none: told by each file's beginning
  std::vector<std::string> columns;         // of a dialect without a header
};

struct SqlRules {
  ports::SqlKind kind = ports::SqlKind::sqlite;
  std::string server;  // as ports::SqlConnection has it, with all up to the CA
  std::uint16_t port = 0;
  std::string database;
  std::string user;
  // That nobody else may read, or below $CREDENTIALS_DIRECTORY by that name; empty: no password.
  std::string password_file;
  ports::SqlTls tls = ports::SqlTls::verified;
  std::string ca_file;
  std::string query;  // with :since and :until
  // How :since and :until are written: epoch_s, epoch_ms, or as records::TimeFormat has it.
  std::string time = "%Y-%m-%d %H:%M:%S";
  std::string zone;                      // of the server's clock, as records::TimeZone has it
  std::string first;                     // :since of the first run, in that form
  std::uint32_t slice_days = 31;         // what is longer is asked for in such slices; 0: at once
  std::uint32_t overlap_minutes = 1440;  // each run asks again for so much before the last one
  std::uint32_t timeout_seconds = 300;   // of each slice
  std::uint32_t retry_seconds = 60;      // for so long a server that is away is tried again
};

struct SourceDefinition {
  std::string name;  // first part of each item's path
  std::string path;
  std::vector<std::string> exclude;
  bool cross_file_systems = false;
  codec::Compression compression = codec::Compression::none;
  std::uint32_t retention_class = 0;
  SourceType type = SourceType::directory;
  CsvRules csv = {};              // of csv
  SqlRules sql = {};              // of sql
  records::Mapping mapping = {};  // of the rows, unless directory
  std::string rules = {};         // the mapping as text, which the snapshots keep
  // None: what a source gives is not judged by its counts. With the text that the snapshots keep.
  std::optional<records::CompletenessRules> completeness = {};
  std::string completeness_rules = {};

  [[nodiscard]] bool has_rows() const { return type != SourceType::directory; }
  [[nodiscard]] bool has_folder() const { return type != SourceType::sql; }
};
[[nodiscard]] inline std::string_view name_of(SourceType type) {
  if (type == SourceType::sql) return "sql";
  return type == SourceType::csv ? "csv" : "directory";
}

// What the box makes itself stands in this folder, beside those of the sources.
inline constexpr std::string_view kRecordsFolder = "records";

using policy::LockDays;

struct BusinessDefinition {
  std::string name;
  BusinessKind kind = BusinessKind::archive;
  std::vector<SourceDefinition> sources;
  LockDays lock_days;  // see lock_days_of()
  policy::Retention retention;
  policy::Schedule schedule;
  // Of its chunks: what is needed of a pack with less is written anew. 0: of none.
  std::uint32_t repack_below_percent = policy::kRepackBelowPercent;

  [[nodiscard]] bool has_rows() const {
    return std::ranges::any_of(sources, &SourceDefinition::has_rows);
  }
};

// Days from its date (policy::ItemDate) for which an item of that class is locked: nothing may end
// it. What the definition does not say: three years in an archive, none in a mirror.
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

// SPDX-License-Identifier: Apache-2.0
// A first look at the sources of a definition before a business has it: what lies in a folder, the
// first rows, what the mapping makes of them, and which recordings they would be bound to. Nothing
// is written but scratch files of very large folders.
//
// It is a sample. Of each folder so many items are looked at, in path order; of rows only the first
// ones, so what is unique among them need not be unique among all; names of recordings are read,
// their bytes are not.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "firmware/job/progress.h"
#include "firmware/records/binding.h"
#include "firmware/records/facts.h"
#include "firmware/source/definition.h"
#include "firmware/vault/item.h"
#include "hal/base/secret.h"
#include "hal/ports/clock.h"
#include "hal/ports/disk.h"
#include "hal/ports/files.h"
#include "hal/ports/sql.h"

namespace holdfast::job {

inline constexpr std::size_t kPreviewItems = 10;
inline constexpr std::size_t kPreviewRows = 10;
inline constexpr std::uint64_t kPreviewLooked = 20'000;  // items of a folder

struct PreviewRow {
  struct Match {
    std::string path;
    records::Rung rung = records::Rung::call_id;
  };
  std::vector<std::optional<std::string>> fields;  // of a rejected row of a file: none
  records::RowFacts facts;
  std::vector<Match> recordings;
};

struct SourcePreview {
  std::optional<Error> error;      // it cannot be looked at, or may not
  std::vector<vault::Item> items;  // the first ones that are no folders
  std::uint64_t items_looked = 0;
  bool has_more = false;  // there are more than were looked at
  std::string row_item;   // the file of which the rows are; of a query: none
  std::vector<std::string> columns;
  std::vector<PreviewRow> rows;
  std::optional<Error> rows_error;      // why there are none
  std::uint64_t recordings_looked = 0;  // that rows could be bound to
};

// All must outlive the call.
struct SourcePreviewRequest {
  const source::BusinessDefinition& definition;
  ports::Files& files;
  ports::Disk& home;
  ports::Clock& clock;
  ports::SqlClient& sql;
  std::string scratch_folder;              // in home; nobody else uses it
  std::vector<std::string> exclude_paths;  // pool disks, home
  std::function<Result<SecretBytes>(const std::string& path)> read_secret;
  // Whether that source may be read at all.
  std::function<Result<void>(const source::SourceDefinition& source)> check;
  const StopFlag* stop = nullptr;  // may be null
};

// One for each source, in the definition's order. interrupted, and what would end any work; all
// else is told of its source.
[[nodiscard]] Result<std::vector<SourcePreview>> preview_sources(
    const SourcePreviewRequest& request);

}  // namespace holdfast::job

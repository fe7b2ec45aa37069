// SPDX-License-Identifier: Apache-2.0
// restore: from a snapshot to a folder. Each file is written beside its place, proved, given its
// metadata and renamed; folders get theirs last. Never writes outside the target, whatever the tree
// says.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/job/progress.h"
#include "firmware/job/selection.h"
#include "firmware/source/definition.h"
#include "firmware/vault/business.h"
#include "hal/ports/files.h"

namespace holdfast::job {

struct RestoreRequest {
  SelectionRequest selection;
  std::string target;
  // Opens it, where that is not done by its path.
  std::function<Result<std::unique_ptr<ports::TargetFolder>>()> open_target = {};
  // With it each recording gets its rows beside it, as a file of its own; see BoundRows.
  std::optional<source::BusinessDefinition> rows_by;
  // Names, bytes and times alone, readable by everybody: for others, on a file system that need
  // know neither owners nor attributes.
  bool is_for_others = false;  // regular files, folders and links; nothing else goes with them
  // Whether what it is on has been taken away, to be asked after an io error.
  std::function<bool()> is_target_gone = {};
  bool overwrite = false;  // else target_not_empty before anything is written over
  bool dry_run = false;
  const StopFlag* stop = nullptr;
  Progress* progress = nullptr;
};

// What could not go to its own path, because the snapshot has a file there (places.h).
struct Moved {
  std::uint64_t items = 0;
  std::map<std::string, std::string> folders;  // the folder that was -> where its items are

  void add(std::string_view path, std::string_view place);
};

// What the file beside a recording is called: the recording's name, and this.
inline constexpr std::string_view kRowsSuffix = ".rows.csv";

// Of a restore with rows.
struct RestoredRows {
  std::uint64_t recordings = 0;  // with rows beside them
  std::uint64_t rows = 0;
  std::uint64_t without = 0;  // restored recordings that have no row
};

struct RestoreReport {
  std::uint64_t items = 0;  // those without content are not there, and not counted
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  RestoredRows rows;
  Moved moved;                 // of those looked at
  std::uint64_t left_out = 0;  // devices and the like, which others do not get
  Unread unread;               // of those restored, but for `no_content`
  Problems lost;               // data_lost, damaged beyond repair, names_lost: exit 5
  Problems failed;             // the target refused: exit 1
  // Why it ended early: interrupted, or the target as a whole failed. Folders then have not got
  // their metadata yet.
  std::optional<Error> ended;
  // Nothing of it is sure to be there when the power goes, or the medium.
  bool is_unsure = false;
  std::int64_t duration_ns = 0;
};

// Errors come before anything is written: no_item, item_gone, target_not_empty and others. From
// then on the report tells all, and everything that can be restored is restored.
[[nodiscard]] Result<RestoreReport> run_restore(vault::Business& business, ports::Files& files,
                                                const RestoreRequest& request);

}  // namespace holdfast::job

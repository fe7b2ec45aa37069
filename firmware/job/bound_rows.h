// SPDX-License-Identifier: Apache-2.0
// The rows that a snapshot ties to its recordings, with the columns that their sources gave. Read
// from the snapshot itself: what it says is bound, and the rows as they were in it; no index.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/job/outcome_list.h"
#include "firmware/job/progress.h"
#include "firmware/records/csv_row.h"
#include "firmware/source/definition.h"
#include "firmware/vault/business.h"
#include "firmware/vault/tree_cursor.h"
#include "hal/base/path.h"

namespace holdfast::job {

// Rows of one recording. Rows of several items may have other columns each: the table has all, in
// the order in which they come, and a row is empty in those that it has not.
class RowTable {
 public:
  // As many fields as there are columns.
  void add(const std::vector<std::string>& columns,
           const std::vector<std::optional<std::string>>& fields);
  [[nodiscard]] std::uint64_t rows() const { return rows_.size(); }
  // CSV (RFC 4180) in UTF-8, columns first; what is NULL is empty.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::optional<std::string>>> rows_;
};

// A row as its item has it, and what it is bound to. Good until the visit is over.
struct BoundRow {
  const std::string& item;  // its path
  const std::vector<std::string>& columns;
  const records::CsvRow& row;                  // proved by the digest that the snapshot has of it
  const std::vector<std::string>& recordings;  // of those asked for
};

// One thread. The references must outlive it.
class BoundRows {
 public:
  // Told once of each file or item from which rows cannot be had, and of names that are lost. An
  // Error that it gives back ends the call.
  using OnProblem = std::function<Result<void>(const std::string& path, Error error)>;
  // `definition` says how items with rows are written.
  BoundRows(vault::Business& business, const catalog::SnapshotRow& snapshot,
            const source::BusinessDefinition& definition, const StopFlag* stop,
            OnProblem on_problem)
      : business_(business),
        snapshot_(snapshot),
        definition_(definition),
        stop_(stop),
        on_problem_(std::move(on_problem)) {}

  // By the paths of those of these recordings that have rows. Of a row that was changed later the
  // version that the snapshot judged counts. All outcomes of the snapshot are looked through at
  // each call, so many recordings at once cost less; memory: what they have.
  [[nodiscard]] Result<std::map<std::string, RowTable>> tables_of(
      const std::set<std::string>& recordings);

  // The same, each row as it is read. First of all `on_recording` gets what the snapshot says of
  // these recordings themselves.
  using OnRecording = std::function<void(const Outcome& outcome)>;
  using VisitRow = std::function<Result<void>(const BoundRow& row)>;
  [[nodiscard]] Result<void> for_each(const std::set<std::string>& recordings,
                                      const OnRecording& on_recording, const VisitRow& visit);

 private:
  struct WantedRow {
    Digest digest;
    std::vector<std::string> recordings;
  };
  // Of one item, by their numbers.
  struct BoundItem {
    std::string source;
    std::map<std::uint64_t, WantedRow> rows;
  };
  using BoundItems = std::map<std::string, BoundItem, PathLess>;

  [[nodiscard]] Result<BoundItems> find(const std::set<std::string>& recordings,
                                        const OnRecording& on_recording);
  [[nodiscard]] Result<void> take(vault::ContentReader& content, vault::TreeCursor& cursor,
                                  const std::string& path, const BoundItem& bound,
                                  const VisitRow& visit);
  [[nodiscard]] Result<const source::SourceDefinition*> source_of(const BoundItem& bound,
                                                                  const std::string& path) const;
  [[nodiscard]] Result<void> tell(const std::string& path, Error error);

  vault::Business& business_;
  const catalog::SnapshotRow& snapshot_;
  const source::BusinessDefinition& definition_;
  const StopFlag* stop_;
  OnProblem on_problem_;
  std::set<std::string> told_;
};

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// The files below records/ that say what became of rows and recordings (docs/formats.md, section
// 10): written from the index, and read to make it anew.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "firmware/catalog/record_batch.h"
#include "firmware/job/findings.h"
#include "firmware/job/made_items.h"
#include "firmware/job/source_records.h"
#include "firmware/source/definition.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

struct StoredSuggestion;

// The reason of a row that a newer one took the place of.
inline constexpr std::string_view kSuperseded = "superseded";

// Their paths. `row_item`: the path of an item of that source.
[[nodiscard]] std::string outcomes_folder(std::string_view source);
[[nodiscard]] std::string mapping_file(std::string_view source);
[[nodiscard]] std::string completeness_file(std::string_view source);
[[nodiscard]] std::string report_file(std::string_view source);
[[nodiscard]] std::string rows_file(std::string_view source, std::string_view row_item);
[[nodiscard]] std::string recordings_file(std::string_view source, std::int64_t first_seen_ms);

// Writes all of one source. One thread at a time; the references must outlive it.
class OutcomeWriter {
 public:
  // `kept`: files that are left as they are.
  OutcomeWriter(catalog::RecordBatch& index, const source::SourceDefinition& source,
                MadeItems& made, const std::set<std::string>& kept)
      : index_(index), source_(source), made_(made), kept_(kept) {}

  // The mapping, and what is asked of the source's completeness.
  [[nodiscard]] Result<void> write_rules();
  [[nodiscard]] Result<void> write_rows(const catalog::RowItem& item, const Findings& findings);
  [[nodiscard]] Result<void> write_recordings(const Findings& findings);
  // No file if there are none.
  [[nodiscard]] Result<void> write_suggestions(std::span<const StoredSuggestion> suggestions);
  [[nodiscard]] Result<void> write_report(const StoredReport& report);
  // A file for each month, and one for what has no start.
  [[nodiscard]] Result<void> write_statistics(const records::Statistics& statistics);
  // Of all that was written here.
  [[nodiscard]] const std::set<std::string>& paths() const { return paths_; }

 private:
  [[nodiscard]] Result<void> write_recording(const catalog::RecordingOutcome& recording,
                                             const Finding& finding);
  [[nodiscard]] Result<void> begin(const std::string& path,
                                   const std::vector<std::string>& columns);
  [[nodiscard]] Result<void> line(const std::vector<std::string>& fields);
  [[nodiscard]] Result<void> end();

  catalog::RecordBatch& index_;
  const source::SourceDefinition& source_;
  MadeItems& made_;
  const std::set<std::string>& kept_;
  bool is_kept_ = false;  // the file that was begun
  std::set<std::string> paths_;
  std::string text_;
};

// A line of such a file, by the names of its columns; a column that is not there is empty.
using OutcomeField = std::function<std::string_view(std::string_view column)>;
using OutcomeLine = std::function<Result<void>(const OutcomeField& field)>;
[[nodiscard]] Result<void> read_outcomes(vault::ContentReader& content, const vault::Item& item,
                                         const OutcomeLine& visit);

// The names of the sources that the tree has such files of.
[[nodiscard]] Result<std::vector<std::string>> recorded_sources(vault::NodeSource& nodes,
                                                                const vault::Tree& tree);

// damaged: also a report whose sums do not balance.
[[nodiscard]] Result<StoredReport> read_report(vault::ContentReader& content,
                                               const vault::Item& item);
// What the reports of that snapshot say, by the names of their sources.
[[nodiscard]] Result<std::map<std::string, StoredReport>> read_reports(
    vault::Business& business, const catalog::SnapshotRow& snapshot);

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// The work of RecordKeeper::keep(), from the finished tree to the one that is committed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "firmware/catalog/record_batch.h"
#include "firmware/job/findings.h"
#include "firmware/job/made_items.h"
#include "firmware/job/query_rows.h"
#include "firmware/job/record_keeper.h"
#include "firmware/job/recording_facts.h"
#include "firmware/job/row_questions.h"
#include "firmware/job/source_records.h"
#include "firmware/records/recording_names.h"

namespace holdfast::job {

struct RecordStepContext {
  vault::Business& business;
  const RecordRequest& request;
  catalog::RecordIndex& index;                     // in a batch
  const std::map<Digest, catalog::Probe>& probes;  // of what this run has read
  bool is_new_index = false;                       // nothing is in it
  bool is_tree_known = false;  // the index reflects this very tree, but for what is made here
  std::uint64_t snapshot = 0;  // number that the snapshot will have, or one close below
};

// Once, by one thread. All references must outlive it.
class RecordStep {
 public:
  RecordStep(const RecordStepContext& context, vault::Run& run, vault::NodeSource& nodes,
             const std::optional<journal::Root>& root, Problems& problems);

  // interrupted: what the sources were asked by then was handed to the request's `commit`.
  [[nodiscard]] Result<std::optional<journal::Root>> run(vault::NodeSink& sink);
  [[nodiscard]] const MadeItems& made() const { return made_; }
  [[nodiscard]] std::vector<SourceRecords>& reports() { return reports_; }

 private:
  struct Source {
    const source::SourceDefinition* definition;
    bool is_anew = false;  // its mapping is another one than the snapshot before has
    bool is_due = false;   // its completeness is to be judged, though nothing else has changed
    // Outcomes that stay as they are: of items that could not be taken now, or lost themselves.
    std::set<std::string> kept = {};
  };

  [[nodiscard]] Result<std::optional<journal::Root>> work();
  [[nodiscard]] Result<void> check_folder();
  [[nodiscard]] Result<void> find_sources();
  // Regular items with content below the folder, in order; those made here come at the end.
  using VisitItem = std::function<Result<void>(const vault::Item& item)>;
  [[nodiscard]] Result<void> walk(const std::string& folder, const VisitItem& visit);

  [[nodiscard]] Result<void> take_recordings();
  [[nodiscard]] Result<void> take_folder(const Source& source);
  [[nodiscard]] Result<void> take_recording(const vault::Item& item, records::RecordingNames& names,
                                            bool is_anew);
  [[nodiscard]] Result<std::optional<catalog::Probe>> probe_of(const vault::Item& item,
                                                               const std::string& content);
  [[nodiscard]] Result<void> learn_recordings(Source& source);

  [[nodiscard]] Result<void> take_source(Source& source, SourceRecords& report);
  // Items with rows that the index has not, or not as they are now; `left`: those of the index that
  // are not in the tree.
  using KnownItems = std::map<std::string, catalog::RowItem>;
  [[nodiscard]] Result<std::vector<vault::Item>> find_row_items(const Source& source,
                                                                KnownItems& left);
  [[nodiscard]] Result<void> take_rows(Source& source, const vault::Item& item,
                                       const std::optional<catalog::RowItem>& before,
                                       SourceRecords& report);
  [[nodiscard]] Result<void> add_rows(const Source& source, const vault::Item& item,
                                      SourceRecords& report);
  [[nodiscard]] Result<void> bind_as_before(Source& source, const vault::Item& item);

  // In record_step_ask.cpp.
  [[nodiscard]] Result<void> ask(Source& source, const KnownItems& vanished, SourceRecords& report);
  [[nodiscard]] Result<std::optional<QueryRequest>> query_request(
      const source::SourceDefinition& source);
  [[nodiscard]] Result<std::vector<AskedItem>> asked_items(Source& source,
                                                           const KnownItems& vanished);
  [[nodiscard]] Result<void> take_answer(Source& source, const RowQuestion& question,
                                         const QueryRows& rows, SourceRecords& report);
  [[nodiscard]] Result<void> hand_over();
  void tell_asking(std::uint64_t bytes);

  [[nodiscard]] Result<void> judge(const Source& source, SourceRecords& report);
  [[nodiscard]] Result<bool> is_due(const source::SourceDefinition& source);
  [[nodiscard]] Result<void> count(const source::SourceDefinition& source,
                                   catalog::RecordInput& input, const Findings& recordings,
                                   StoredReport& report);
  [[nodiscard]] Result<void> write_outcomes(const Source& source, const SourceRecords& report,
                                            const Findings& recordings);
  [[nodiscard]] Result<void> take_reports();
  // What is lost of the box's own files is told, and stays as it is.
  [[nodiscard]] Result<void> unless_lost(std::set<std::string>& kept, const std::string& path,
                                         const Result<void>& read);

  const RecordStepContext& context_;
  const RecordRequest& request_;
  catalog::RecordIndex& index_;
  catalog::RecordBatch batch_;
  vault::Run& run_;
  vault::NodeSource& nodes_;
  vault::NodeSink* sink_ = nullptr;  // of run()
  const std::optional<journal::Root>& root_;
  Problems& problems_;
  MadeItems made_;
  std::unique_ptr<vault::ContentReader> content_;
  std::vector<Source> sources_;
  std::vector<SourceRecords> reports_;
  std::uint64_t probed_ = 0;   // from the store
  bool is_changed_ = false;    // something was found that was not known
  bool has_gathered_ = false;  // answers of which nobody knows yet
  ProgressState asking_;
  std::uint64_t asked_bytes_ = 0;  // of all answers before
  Findings rows_;                  // of all sources
};

}  // namespace holdfast::job

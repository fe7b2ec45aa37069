// SPDX-License-Identifier: Apache-2.0
// The work of RecordKeeper::keep(), from the finished tree to the one that is committed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "firmware/catalog/record_batch.h"
#include "firmware/job/findings.h"
#include "firmware/job/made_items.h"
#include "firmware/job/query_rows.h"
#include "firmware/job/record_keeper.h"
#include "firmware/job/record_taker.h"
#include "firmware/job/row_questions.h"
#include "firmware/job/source_records.h"

namespace holdfast::job {

struct StoredSuggestion;

struct RecordStepContext {
  vault::Business& business;
  const RecordRequest& request;
  catalog::RecordIndex& index;                     // in a batch
  const std::map<Digest, catalog::Probe>& probes;  // of what this run has read
  bool is_new_index = false;                       // nothing is in it
  bool is_tree_known = false;  // the index reflects this very tree, but for what is made here
  const std::optional<vault::Tree>& former;  // of the newest snapshot with rows, if there is one
  std::uint64_t snapshot = 0;  // number that the snapshot will have, or one close below
};

// What a mapping says of binding.
[[nodiscard]] records::BindingRules binding_rules_of(const records::Mapping& mapping);

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
  [[nodiscard]] Result<std::optional<journal::Root>> work();
  [[nodiscard]] Result<void> check_folder();
  [[nodiscard]] Result<void> find_sources();

  // In record_step_ask.cpp.
  using KnownItems = RecordTaker::KnownItems;
  [[nodiscard]] Result<void> ask(RecordSource& source, const KnownItems& vanished);
  [[nodiscard]] Result<std::optional<QueryRequest>> query_request(
      const source::SourceDefinition& source);
  [[nodiscard]] Result<std::vector<AskedItem>> asked_items(RecordSource& source,
                                                           const KnownItems& vanished);
  [[nodiscard]] Result<void> take_answer(RecordSource& source, const RowQuestion& question,
                                         const QueryRows& rows);
  [[nodiscard]] Result<void> hand_over();
  void tell_asking(std::uint64_t bytes);

  [[nodiscard]] Result<void> judge(const RecordSource& source, SourceRecords& report);
  [[nodiscard]] Result<bool> is_due(const source::SourceDefinition& source);
  [[nodiscard]] Result<void> count(const source::SourceDefinition& source,
                                   catalog::RecordInput& input, const Findings& recordings,
                                   SourceRecords& report);
  [[nodiscard]] Result<void> write_outcomes(const RecordSource& source, const SourceRecords& report,
                                            const Findings& recordings,
                                            std::span<const StoredSuggestion> suggestions);
  [[nodiscard]] Result<void> take_reports();

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
  RecordTree tree_;
  std::unique_ptr<vault::ContentReader> content_;
  std::optional<RecordTree> former_;  // of the snapshot that the index reflects
  std::optional<RecordTaker> taker_;  // of work()
  std::vector<RecordSource> sources_;
  std::vector<SourceRecords> reports_;
  bool is_changed_ = false;    // something was found that was not known
  bool has_gathered_ = false;  // answers of which nobody knows yet
  ProgressState asking_;
  std::uint64_t asked_bytes_ = 0;  // of all answers before
  Findings rows_;                  // of all sources
};

}  // namespace holdfast::job

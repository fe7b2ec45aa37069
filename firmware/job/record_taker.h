// SPDX-License-Identifier: Apache-2.0
// Brings the index of rows and recordings level with the tree of a snapshot, for a backup and for
// whoever makes the index anew.
//
//   recordings of the tree      beside those of the index: new, changed, gone
//   items with rows             taken apart; a row of a later item takes the place of its key's
//   files below records/        what earlier runs bound; of an index that is made anew all else too
//                               that no item says by itself
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "firmware/catalog/record_batch.h"
#include "firmware/job/findings.h"
#include "firmware/job/outcome_files.h"
#include "firmware/job/record_tree.h"
#include "firmware/records/recording_names.h"

namespace holdfast::job {

struct TakerContext {
  catalog::RecordIndex& index;  // in a batch
  RecordTree& tree;
  vault::ContentReader& content;
  Problems& problems;      // of one item: the others are taken all the same
  const StopFlag* stop;    // may be null
  Timestamp now;           // since when the box has a recording that nobody knows of
  std::uint64_t snapshot;  // number that the first snapshot with new rows will have
  bool is_new_index;       // nothing is in it
  // What the index reflects, also what a prune has taken of it since; of a new index: what the
  // files below records/ were written for. Null: there is none, or it is this very tree.
  RecordTree* former = nullptr;
  const std::map<Digest, catalog::Probe>* probes = nullptr;  // of what was read just now
  std::uint64_t probed_max = 0;  // recordings whose header is looked at in the store
  Progress* progress = nullptr;  // may be null
};

// A source with rows.
struct RecordSource {
  const source::SourceDefinition* definition;
  bool is_anew = false;  // all of its rows are taken again, by another mapping
  // Files below records/ that stay as they are: of items that could not be taken now, or lost.
  std::set<std::string> kept = {};
  std::uint64_t rows_taken = 0;
  std::vector<std::string> columns = {};        // of the newest of its items
  std::vector<StoredReport::Count> drift = {};  // how those taken differ from the one before
};

// One thread at a time. All references must outlive it. Errors: the store's, but for what is lost;
// the index's; interrupted.
class RecordTaker {
 public:
  explicit RecordTaker(const TakerContext& context);

  // Of all sources, before their rows.
  [[nodiscard]] Result<void> take_recordings(std::span<RecordSource> sources);
  using KnownItems = std::map<std::string, catalog::RowItem>;  // by path
  // All items of the source. Those of the index that the tree has no more are removed, and given
  // back.
  [[nodiscard]] Result<KnownItems> take_source(RecordSource& source);
  // One that was made since. `before`: what the index has of that path.
  [[nodiscard]] Result<void> take_item(RecordSource& source, const vault::Item& item,
                                       const std::optional<catalog::RowItem>& before);
  // What is lost of the files below records/ is told, and stays as it is.
  [[nodiscard]] Result<void> unless_lost(std::set<std::string>& kept, const std::string& path,
                                         const Result<void>& read);

  // Something was found that the index had not, or that has no file below records/.
  [[nodiscard]] bool is_changed() const { return is_changed_; }
  [[nodiscard]] std::uint64_t recordings() const { return recordings_; }
  // Of a new index: the classes that the files below records/ name.
  [[nodiscard]] const Findings& learned() const { return learned_; }

 private:
  struct FoundItem {
    vault::Item item;
    bool is_new = false;  // the files below records/ do not know it
  };
  using FoundItems = std::vector<FoundItem>;

  void tell_progress(std::uint64_t bytes);
  [[nodiscard]] Result<void> take_folder(const RecordSource& source);
  // A recording that the tree does not have any more.
  [[nodiscard]] Result<bool> was_pruned(const std::string& path);
  [[nodiscard]] Result<void> take_recording(const vault::Item& item, records::RecordingNames& names,
                                            bool is_anew);
  [[nodiscard]] Result<std::optional<catalog::Probe>> probe_of(const vault::Item& item,
                                                               const std::string& content);
  [[nodiscard]] Result<void> learn_recordings(RecordSource& source);
  // As unless_lost(), of a file that the index was to learn of.
  [[nodiscard]] Result<void> unless_missing(std::set<std::string>& kept, const std::string& path,
                                            const Result<void>& read);

  // Those that the index has not, or not as they are now. `left`: keeps those that the tree lacks.
  [[nodiscard]] Result<FoundItems> find_items(const RecordSource& source, KnownItems& left);
  [[nodiscard]] Result<bool> is_new_item(const vault::Item& item);
  [[nodiscard]] Result<void> take_items(RecordSource& source, std::span<const FoundItem> items,
                                        const KnownItems& before);
  // False: none can be.
  [[nodiscard]] Result<bool> take_rows(RecordSource& source, const vault::Item& item,
                                       const std::optional<catalog::RowItem>& before);
  [[nodiscard]] Result<void> add_rows(RecordSource& source, const vault::Item& item);
  [[nodiscard]] Result<void> take_outcomes(RecordSource& source, const vault::Item& item);
  [[nodiscard]] Result<void> take_outcome(const RecordSource& source, const catalog::RowItem& item,
                                          const OutcomeField& field);
  [[nodiscard]] Result<void> learn_row(const RecordSource& source, const catalog::RowPlace& row,
                                       const OutcomeField& field);

  const TakerContext context_;
  catalog::RecordIndex& index_;
  catalog::RecordBatch batch_;
  RecordTree& tree_;
  std::uint64_t probed_ = 0;  // from the store
  std::uint64_t recordings_ = 0;
  bool is_changed_ = false;
  bool has_lost_recordings_ = false;  // files that tell of recordings
  Findings learned_;
  ProgressState taken_{"indexing"};  // recordings and rows
};

}  // namespace holdfast::job

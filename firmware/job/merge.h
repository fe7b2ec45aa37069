// SPDX-License-Identifier: Apache-2.0
// The first decision of a backup: what the sources show now, laid beside the snapshot before, item
// by item in path order. Nothing is opened here.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/job/former.h"
#include "firmware/job/progress.h"
#include "firmware/source/definition.h"
#include "firmware/source/source.h"

namespace holdfast::job {

// One source of the business, opened; or why it could not be. With neither it is not to be walked:
// what stands below its name is carried over as it is, and changed by whoever makes it.
struct OpenedSource {
  source::SourceDefinition definition;
  std::unique_ptr<source::Source> source = nullptr;
  std::optional<Error> error = std::nullopt;
  std::vector<std::string> paths = {};  // what is looked at, see source::Source::list(); none: all

  [[nodiscard]] bool is_walked() const { return source != nullptr || error.has_value(); }
};

enum class StepKind {
  carry,  // into the new tree as it is: unchanged, or not to be judged now
  gone,   // was there before, is not now
  read,   // new or changed: has to be looked at
};

// Folders are the way to items, not items: they are not counted.
[[nodiscard]] inline bool is_counted(const vault::Item& item) {
  return item.type != ports::FileType::directory;
}

// An item dated so close to its reading, or after it, may have changed unseen since.
[[nodiscard]] bool is_settled(const vault::Item& item, Timestamp stored_since, Timestamp now);

// How much of the former list there was up to some place.
struct FormerTally {
  std::uint64_t records = 0;  // all
  std::uint64_t items = 0;    // counted ones that are not gone
  std::uint64_t bytes = 0;    // of these

  void add(const vault::Item& item);
};

struct Step {
  StepKind kind = StepKind::carry;
  vault::Item item;                   // carry, gone: the former item; read: as listed
  std::optional<vault::Item> before;  // read: the former version, if any
  std::optional<Error> error;         // read: the listing could not look at it
  bool type_known = true;             // read: false: `item` is only a path
  bool before_is_settled = true;      // it cannot have changed unseen since it was stored
  bool looks_unchanged = false;       // read: to make sure, or because the store lost it
  const OpenedSource* source = nullptr;
  FormerTally passed;              // with this step
  journal::SnapshotCounts counts;  // what it adds to those of the snapshot, once it is judged
};

// A folder stands now where there was an item: its path can have one only, so it is gone even from
// an archive's list, and the snapshots before have it.
[[nodiscard]] inline bool is_displaced(const Step& step) {
  return step.kind == StepKind::read && !is_counted(step.item) && step.before &&
         is_counted(*step.before) && !step.before->is_gone();
}

// Whether the store still has the content of a former item; false: it is read again though it did
// not change.
using IsHeld =
    std::function<Result<bool>(const vault::Item& former, const source::SourceDefinition& source)>;

// One thread at a time. The references must outlive it.
class Merge {
 public:
  // `sources` in order of their names; `started`: when this run began. A source that lists nothing
  // although the former tree has items of it is taken for unread, unless `allow_empty`: mostly a
  // share that is not mounted.
  Merge(const std::vector<OpenedSource>& sources, Former& former, Timestamp started, IsHeld is_held,
        bool allow_empty);

  // Before the first step; it must outlive this.
  void watch(SeenParts& seen) { seen_ = &seen; }
  // False at the end.
  [[nodiscard]] Result<bool> next(Step& step);
  // From now on only what is left of the former tree, carried as it is: a stopped run.
  void stop_listing() { stopped_ = true; }
  // The stop came before everything was listed. Complete after the end.
  [[nodiscard]] bool was_cut_short() const { return cut_short_; }
  // Every source was listed, with every folder in it, and none was empty. Complete after the end.
  [[nodiscard]] bool saw_all() const {
    return !cut_short_ && unread_sources_.empty() && !unread_folder_ && listed_empty_.empty();
  }
  // Sources taken for unread because they were empty, though they may have had something before.
  // Complete after the end.
  [[nodiscard]] const std::vector<const OpenedSource*>& empty_sources() const {
    return former_.has_gap() ? listed_empty_ : doubted_;
  }

 private:
  [[nodiscard]] Result<void> fetch_listed();
  [[nodiscard]] Result<void> open_listing();
  [[nodiscard]] bool may_judge(std::string_view path) const;
  [[nodiscard]] bool is_walked(std::string_view path) const;
  void doubt_empty_source(std::string_view former_path);
  [[nodiscard]] Result<void> take_listed(Step& step, const vault::Item* former);
  [[nodiscard]] bool is_settled_item(const vault::Item& former) const;
  void advance_former(const vault::Item& former);
  [[nodiscard]] Result<bool> may_carry(const vault::Item& former);
  void take_former(Step& step, const vault::Item& former);

  const std::vector<OpenedSource>& sources_;
  Former& former_;
  Timestamp started_;
  IsHeld is_held_;
  std::size_t next_source_ = 0;
  const OpenedSource* current_source_ = nullptr;
  std::vector<const OpenedSource*> listed_empty_;  // nothing was below its root
  std::unique_ptr<source::Listing> listing_;
  source::Listed listed_;
  bool have_listed_ = false;
  bool stopped_ = false;
  bool cut_short_ = false;
  bool allow_empty_ = false;
  // Below these the former tree cannot be judged: sources that could not be read, and the newest
  // folder that could not: what was in it comes next, in path order, and then it is behind us.
  std::vector<std::string> unread_sources_;
  std::optional<std::string> unread_folder_;
  std::vector<const OpenedSource*> doubted_;  // of the empty ones
  FormerTally passed_;
  SeenParts* seen_ = nullptr;
};

}  // namespace holdfast::job

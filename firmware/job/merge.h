// SPDX-License-Identifier: Apache-2.0
// The first decision of a backup: what the sources show now, laid beside the snapshot before, item
// by item in path order. Nothing is opened here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/job/progress.h"
#include "firmware/source/definition.h"
#include "firmware/source/source.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

// One source of the business, opened; or why it could not be.
struct OpenedSource {
  source::SourceDefinition definition;
  std::unique_ptr<source::Source> source;
  std::optional<Error> error;
};

enum class StepKind {
  carry,  // into the new tree as it is: unchanged, or not to be judged now
  gone,   // was there before, is not now
  read,   // new or changed: has to be looked at
};

struct Step {
  StepKind kind = StepKind::carry;
  vault::Item item;                   // carry, gone: the former item; read: as listed
  std::optional<vault::Item> before;  // read: the former version, if any
  std::optional<Error> error;         // read: the listing could not look at it
  const OpenedSource* source = nullptr;
};

// One thread at a time. The references must outlive it.
class Merge {
 public:
  // `sources` in order of their names.
  Merge(const std::vector<OpenedSource>& sources, vault::TreeCursor& former);

  // False at the end.
  [[nodiscard]] Result<bool> next(Step& step);
  // From now on only what is left of the former tree, carried as it is: a stopped run.
  void stop_listing() { stopped_ = true; }

 private:
  [[nodiscard]] Result<void> fetch_listed();
  [[nodiscard]] Result<void> open_listing();
  [[nodiscard]] bool may_judge(std::string_view path) const;
  void take_listed(Step& step, const vault::Item* former);
  void take_former(Step& step, const vault::Item& former);

  const std::vector<OpenedSource>& sources_;
  vault::TreeCursor& former_;
  std::size_t next_source_ = 0;
  const OpenedSource* current_source_ = nullptr;
  std::unique_ptr<source::Listing> listing_;
  source::Listed listed_;
  bool have_listed_ = false;
  bool stopped_ = false;
  // Paths below which the former tree cannot be judged: sources and folders that could not be read.
  std::vector<std::string> unread_;
};

}  // namespace holdfast::job

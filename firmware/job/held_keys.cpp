// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/held_keys.h"

#include <algorithm>
#include <optional>

#include "firmware/job/new_rows.h"
#include "firmware/job/prune_holds.h"
#include "firmware/job/record_index_file.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

namespace {

using catalog::KeyFound;

constexpr std::size_t kLengthSizeMax = 5;  // of a path, as it is written

// It may be over by the next run: that one can look rows up then.
bool may_end(const Error& error) {
  switch (error.code) {
    case ErrorCode::interrupted:
    case ErrorCode::no_space:
    case ErrorCode::locked:
    case ErrorCode::read_only:
    case ErrorCode::permission_denied:
    case ErrorCode::io:
      return true;
    default:
      return error.is_of_process();
  }
}

bool is_of_index(const Error& error) {
  return error.code == ErrorCode::records_not_indexed || error.code == ErrorCode::damaged;
}

class HeldKeys {
 public:
  HeldKeys(vault::Business& business, const RunBeginning* beginning)
      : business_(business), beginning_(beginning) {}

  Result<void> run();

 private:
  Result<void> look_at_index();
  Result<void> make_index();
  Result<void> look_behind_index();
  Result<void> open_index();
  Result<bool> find_anew(const catalog::HoldRow& hold, std::set<std::string, PathLess>& paths);
  Result<void> add_inherited(const catalog::HoldRow& hold, std::set<std::string, PathLess>& paths);
  Result<void> keep(const catalog::HoldRow& hold);
  Result<void> write(const catalog::HoldRow& hold, const std::set<std::string, PathLess>& paths,
                     bool is_all);

  vault::Business& business_;
  const RunBeginning* beginning_;        // null: of no run
  std::vector<catalog::HoldRow> holds_;  // on keys
  std::optional<catalog::RecordIndex> index_;
  bool is_known_ = false;    // what there is to be known
  bool has_unseen_ = false;  // rows that the index does not reflect
  bool is_made_ = false;     // anew, or that was tried
};

Result<void> HeldKeys::run() {
  HF_TRY(holds_, business_.holds());
  std::erase_if(holds_, [](const catalog::HoldRow& hold) {
    return hold.body.scope != journal::HoldScope::key;
  });
  if (holds_.empty()) return {};
  HF_TRY(look_at_index());
  if (beginning_ != nullptr) HF_TRY(look_behind_index());
  for (const catalog::HoldRow& hold : holds_) HF_TRY(keep(hold));
  return {};
}

Result<void> HeldKeys::open_index() {
  is_known_ = false;
  auto index = open_record_index(business_);
  if (!index) return is_of_index(index.error()) ? Result<void>() : Result<void>(index.error());
  const auto missing = index->missing();
  if (!missing) return is_of_index(missing.error()) ? Result<void>() : missing.error();
  is_known_ = missing->items == 0;  // what is missing may have any key
  index_ = std::move(*index);
  return {};
}

Result<void> HeldKeys::look_at_index() {
  HF_TRY(const auto newest, newest_with_records(business_));
  is_known_ = !newest;  // no rows were ever looked at
  if (is_known_) return {};
  HF_TRY(open_index());
  const bool is_new = std::ranges::any_of(
      holds_, [](const catalog::HoldRow& hold) { return hold.found != KeyFound::partly; });
  const bool is_needed = !index_ || (!is_known_ && is_new);
  return is_needed && beginning_ != nullptr ? make_index() : Result<void>();
}

Result<void> HeldKeys::make_index() {
  const bool had_index = index_.has_value();
  index_.reset();  // its file is replaced
  is_made_ = true;
  const auto made = beginning_->rebuild(business_);
  if (!made) {
    return may_end(made.error()) ? Result<void>(made.error()) : open_index();
  }
  is_known_ = !*made && !had_index;
  return is_known_ ? Result<void>() : open_index();
}

// What runs have brought since that the index does not reflect.
Result<void> HeldKeys::look_behind_index() {
  HF_TRY(const auto snapshots, business_.snapshots());
  HF_TRY(const auto newest, newest_with_records(business_));
  vault::Tree before = newest ? vault::written_tree_of(*newest) : vault::Tree{};
  const bool is_newest = !snapshots.empty() && newest && snapshots.back().head == newest->head;
  if (snapshots.empty() || is_newest) return {};
  HF_TRY(const auto nodes, vault::ContentReader::open(business_));
  for (const catalog::SnapshotRow& row : snapshots) {
    if (newest && row.head.number <= newest->head.number) continue;
    const vault::Tree after = vault::written_tree_of(row);
    HF_TRY(const bool has_some, has_new_rows(beginning_->definition, *nodes, before, after));
    has_unseen_ = has_unseen_ || has_some;
    before = after;
  }
  return {};
}

// By an index that takes the place of one that is damaged inside. False too where there is none
// then: the run goes on without.
Result<bool> HeldKeys::find_anew(const catalog::HoldRow& hold,
                                 std::set<std::string, PathLess>& paths) {
  index_.reset();
  is_known_ = false;
  HF_TRY(catalog::remove_files(record_index_path(business_)));
  if (!is_made_) HF_TRY(make_index());
  if (!index_) return false;
  auto has_all = find_by_key(hold, *index_, paths);
  if (has_all || has_all.error().code != ErrorCode::damaged) return has_all;
  index_.reset();
  is_known_ = false;
  return false;
}

// What other holds on the same key stand on, so that one of them can be released.
Result<void> HeldKeys::add_inherited(const catalog::HoldRow& hold,
                                     std::set<std::string, PathLess>& paths) {
  for (const catalog::HoldRow& other : holds_) {
    if (other.number == hold.number || other.body.value != hold.body.value) continue;
    HF_TRY(auto known, business_.with_catalog([&](catalog::Catalog& catalog) {
      return catalog.held_paths(other.number);
    }));
    for (std::string& path : known) paths.insert(std::move(path));
  }
  return {};
}

Result<void> HeldKeys::keep(const catalog::HoldRow& hold) {
  const bool is_judged = is_known_ || beginning_ != nullptr;
  std::set<std::string, PathLess> paths;
  HF_TRY(add_inherited(hold, paths));
  bool is_all = is_known_ && !has_unseen_;
  if (index_ && is_judged) {
    auto has_all = find_by_key(hold, *index_, paths);
    const bool is_damaged = !has_all && has_all.error().code == ErrorCode::damaged;
    if (is_damaged && beginning_ != nullptr) has_all = find_anew(hold, paths);
    HF_TRY(has_all);
    is_all = is_known_ && !has_unseen_ && *has_all;
  }
  HF_TRY(const auto known, business_.with_catalog([&](catalog::Catalog& catalog) {
    return catalog.held_paths(hold.number);
  }));
  for (const std::string& path : known) paths.erase(path);
  const KeyFound now = is_all ? KeyFound::all : KeyFound::partly;
  const KeyFound found = is_judged ? std::max(hold.found, now) : hold.found;
  if (paths.empty() && found == hold.found) return {};
  // Where the index does not answer, everything is held until it does.
  return write(hold, paths, is_all || !is_judged);
}

// As many entries as it takes.
Result<void> HeldKeys::write(const catalog::HoldRow& hold,
                             const std::set<std::string, PathLess>& paths, bool is_all) {
  auto path = paths.begin();
  do {
    journal::HeldByKey found{is_all, {}};
    std::size_t size = 1;
    for (; path != paths.end(); ++path) {
      size += path->size() + kLengthSizeMax;
      if (size > journal::HeldByKey::kPathsSizeMax && !found.paths.empty()) break;
      found.paths.push_back(*path);
    }
    HF_TRY(business_.add_to_hold(hold, std::move(found)));
  } while (path != paths.end());
  return {};
}

}  // namespace

Result<void> keep_held_paths(vault::Business& business, const RunBeginning* beginning) {
  return HeldKeys(business, beginning).run();
}

}  // namespace holdfast::job

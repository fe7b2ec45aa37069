// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/merge.h"

#include <algorithm>

#include "hal/base/path.h"

namespace holdfast::job {

namespace {

// The item is what it was, without being opened: its content was read whole then, and everything
// that a change would touch stands as it stood. Device numbers are not compared: they may change
// from boot to boot.
bool is_unchanged(const vault::Item& former, const vault::Item& now) {
  return former.flags == 0 && !former.is_gone() && former.type == now.type &&
         former.size == now.size && former.mtime_ns == now.mtime_ns &&
         former.ctime_ns == now.ctime_ns && former.inode == now.inode && former.mode == now.mode &&
         former.uid == now.uid && former.gid == now.gid;
}

// File systems date in ticks: FAT and some shares in whole seconds or two. A file that was written
// again in the very tick in which it was read looks as it did then, so one that was dated so close
// to its reading is read once more.
constexpr std::int64_t kTickMax_ns = 2'000'000'000;

// A date later than now tells nothing yet (a clock is wrong): it is judged when it has passed. The
// snapshots until then have begun before it, so none is passed over.
bool is_settled_date(std::int64_t date_ns, Timestamp stored_since, Timestamp now) {
  return date_ns < stored_since.ns - kTickMax_ns || date_ns > now.ns;
}

// There may be items below that the listing could not come to. A name that was not there any more
// when its status was asked for hides nothing.
bool hides_items(const source::Listed& listed, const Error& error, const vault::Item* former) {
  if (listed.type_known && listed.item.type == ports::FileType::directory) return true;
  if (error.code == ErrorCode::source_vanished) return false;
  return former != nullptr && former->type == ports::FileType::directory;
}

}  // namespace

bool is_settled(const vault::Item& item, Timestamp stored_since, Timestamp now) {
  return is_settled_date(item.mtime_ns, stored_since, now) &&
         is_settled_date(item.ctime_ns, stored_since, now);
}

void FormerTally::add(const vault::Item& item) {
  records += 1;
  if (!is_counted(item) || item.is_gone()) return;
  items += 1;
  bytes += item.size;
}

Merge::Merge(const std::vector<OpenedSource>& sources, Former& former, Timestamp started,
             IsHeld is_held, bool allow_empty)
    : sources_(sources),
      former_(former),
      started_(started),
      is_held_(std::move(is_held)),
      allow_empty_(allow_empty) {
  for (const OpenedSource& source : sources_) {
    if (source.error) unread_sources_.push_back(source.definition.name);
  }
}

Result<void> Merge::open_listing() {
  while (listing_ == nullptr && next_source_ < sources_.size()) {
    current_source_ = &sources_[next_source_++];
    if (current_source_->source == nullptr) continue;
    HF_TRY(listing_, current_source_->source->list(current_source_->paths));
  }
  return {};
}

Result<void> Merge::fetch_listed() {
  while (!have_listed_) {
    if (stopped_) {
      cut_short_ = cut_short_ || listing_ != nullptr || next_source_ < sources_.size();
      return {};
    }
    HF_TRY(open_listing());
    if (listing_ == nullptr) return {};
    listed_ = source::Listed{};
    HF_TRY(have_listed_, listing_->next(listed_));
    if (have_listed_) continue;
    if (listing_->is_empty() && !allow_empty_) listed_empty_.push_back(current_source_);
    listing_.reset();
  }
  return {};
}

bool Merge::may_judge(std::string_view path) const {
  if (cut_short_) return false;
  if (unread_folder_ && is_within(path, *unread_folder_)) return false;
  return std::ranges::none_of(unread_sources_,
                              [&](const auto& source) { return is_within(path, source); });
}

bool Merge::is_walked(std::string_view path) const {
  return std::ranges::none_of(sources_, [&](const OpenedSource& source) {
    return !source.is_walked() && is_within(path, source.definition.name);
  });
}

// What a source had follows its root at once, so the first item that would be gone tells.
void Merge::doubt_empty_source(std::string_view former_path) {
  if (listed_empty_.empty()) return;
  const OpenedSource* last = listed_empty_.back();
  if (!doubted_.empty() && doubted_.back() == last) return;
  if (!is_within(former_path, last->definition.name)) return;
  unread_sources_.push_back(last->definition.name);
  doubted_.push_back(last);
}

bool Merge::is_settled_item(const vault::Item& former) const {
  return is_settled(former, former_.stored_since(), started_);
}

void Merge::take_former(Step& step, const vault::Item& former) {
  step.item = former;
  if (!is_walked(former.path)) {
    step.kind = StepKind::carry;
    return;
  }
  if (!former.is_gone()) doubt_empty_source(former.path);
  step.kind = may_judge(former.path) && !former.is_gone() ? StepKind::gone : StepKind::carry;
  // This run's snapshot will have it without having looked at it: later ones must know.
  const bool not_looked_at = step.kind == StepKind::carry && !former.is_gone();
  if (not_looked_at && !is_settled_item(former)) step.item.flags |= vault::kItemChanging;
}

// An item that looks unchanged.
Result<bool> Merge::may_carry(const vault::Item& former) {
  if (!is_settled_item(former)) return false;
  return is_held_(former, current_source_->definition);
}

Result<void> Merge::take_listed(Step& step, const vault::Item* former) {
  step.source = current_source_;
  step.error = std::move(listed_.error);
  step.type_known = listed_.type_known;
  if (step.error && hides_items(listed_, *step.error, former)) {
    unread_folder_ = listed_.item.path;
  }
  if (!step.error && former != nullptr && is_unchanged(*former, listed_.item)) {
    HF_TRY(const bool carry, may_carry(*former));
    if (carry) {
      step.kind = StepKind::carry;
      step.item = *former;
      return {};
    }
    step.looks_unchanged = true;
  }
  step.kind = StepKind::read;
  step.item = std::move(listed_.item);
  if (former != nullptr) {
    step.before = *former;
    step.before_is_settled = is_settled_item(*former);
  }
  return {};
}

void Merge::advance_former(const vault::Item& former) {
  passed_.add(former);
  former_.advance();
}

Result<bool> Merge::next(Step& step) {
  HF_TRY(fetch_listed());
  HF_TRY(const vault::Item* former, former_.peek());
  const bool listed = have_listed_ && !stopped_;
  cut_short_ = cut_short_ || (have_listed_ && stopped_);
  if (!listed && former == nullptr) return false;
  step = Step{};
  const auto order = !listed             ? std::strong_ordering::greater
                     : former == nullptr ? std::strong_ordering::less
                                         : compare_paths(listed_.item.path, former->path);
  if (order > 0) {
    take_former(step, *former);
  } else {
    HF_TRY(take_listed(step, order == 0 ? former : nullptr));
    have_listed_ = false;
  }
  if (order >= 0) advance_former(*former);
  if (seen_ != nullptr) seen_->note(step.item.path, step.error.has_value());
  step.passed = passed_;
  return true;
}

}  // namespace holdfast::job

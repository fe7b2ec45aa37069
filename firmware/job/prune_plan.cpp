// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/prune_plan.h"

#include <algorithm>
#include <utility>

#include "firmware/catalog/record_index_items.h"
#include "firmware/job/live_chunks.h"
#include "firmware/job/merge.h"
#include "firmware/job/new_rows.h"
#include "firmware/job/prune_holds.h"
#include "firmware/job/prune_packs.h"
#include "firmware/job/record_index_file.h"
#include "firmware/records/time_zone.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/loss.h"
#include "firmware/vault/lost_packs.h"
#include "firmware/vault/pruned_items.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

// What may have been lost for good, and was there once.
bool can_be_given_up(FreezeReason reason) {
  switch (reason) {
    case FreezeReason::packs_lost:
    case FreezeReason::entries_lost:
    case FreezeReason::names_lost:
    case FreezeReason::rows_missing:
      return true;
    default:
      return false;
  }
}

using policy::ItemFacts;
using policy::ItemVerdict;
using policy::SnapshotFacts;

constexpr std::int64_t kMillisecond_ns = 1'000'000;

class Planner {
 public:
  Planner(vault::Business& business, const PruneRequest& request, vault::ContentReader& reader)
      : business_(business), request_(request), reader_(reader), live_(business, reader) {}

  Result<PrunePlan> run();

 private:
  Result<void> look_at_store();
  Result<void> open_index();
  Result<void> look_behind_index(const catalog::SnapshotRow& indexed);
  void freeze_without_rows();
  Result<void> find_holds();
  Result<void> plan_items();
  Result<bool> plan_item(const vault::Item& item, policy::ItemPlan& plan);
  Result<ItemFacts> facts_of(const vault::Item& item, const policy::ItemPlan& plan);
  Result<std::uint32_t> longest_lock_of(const vault::Item& item);
  Result<void> keep_former_lock(const vault::Item& item, const ItemFacts& facts,
                                ItemVerdict& verdict);
  Result<std::optional<Timestamp>> date_of(const vault::Item& item, policy::ItemDate date);
  Result<void> find_held_keys();
  bool is_recording(std::string_view path) const;
  bool has_rows(std::string_view path) const;
  Result<bool> is_nobodys_call(const vault::Item& item);
  const source::SourceDefinition* source_of(std::string_view path) const;
  bool is_made_here(std::string_view path) const;
  bool is_unsure(const ItemFacts& facts, const ItemVerdict& verdict) const;
  Result<void> plan_snapshots();
  SnapshotFacts facts_of(const catalog::SnapshotRow& row, records::TimeZone& zone) const;
  void date_by_trust(std::vector<SnapshotFacts>& facts, records::TimeZone& zone) const;
  Result<void> add_what_stays();
  Result<void> find_last_versions(std::size_t at, SnapshotFacts& before, SnapshotFacts& after);
  Result<void> take_last_version(const vault::Item& item, SnapshotFacts& facts);
  bool let_go(const vault::Item& item, const ItemVerdict& verdict);
  Result<void> finish_entry();
  void tell(std::string_view phase, std::uint64_t done, std::uint64_t total) const {
    if (request_.progress != nullptr) request_.progress->update({phase, done, total, 0, 0});
  }
  void freeze(Freeze found);
  void freeze(FreezeReason reason, std::uint64_t count) {
    if (count > 0) freeze({reason, count});
  }
  Result<void> find_lost();

  vault::Business& business_;
  const PruneRequest& request_;
  vault::ContentReader& reader_;
  LiveChunks live_;
  std::vector<catalog::SnapshotRow> rows_;
  std::optional<catalog::RecordIndex> index_;
  std::optional<catalog::ItemRows> item_rows_;  // of the index, if there is one
  catalog::MissingRows missing_;
  bool is_backed_up_ = false;     // all of it, by the definition in force
  bool is_behind_ = false;        // the index reflects a snapshot before the newest
  bool has_unseen_rows_ = false;  // and rows have come since, or other rules for them
  WrittenSince written_since_;    // what the index reflects
  HeldThings held_;
  std::optional<policy::PathCover<policy::HeldPath>> held_paths_;
  HeldSnapshots held_snapshots_;
  std::optional<std::uint64_t> key_hold_;  // one of those on keys
  std::uint64_t lost_parts_ = 0;
  bool newest_is_marked_ = false;     // all that it needs
  std::vector<NeededBeside> beside_;  // by snapshot; none if nothing was compared
  vault::PrunedItemsWriter going_;
  PrunePlan plan_;
};

Result<PrunePlan> Planner::run() {
  HF_TRY(rows_, business_.snapshots());
  HF_TRY(plan_.holds, business_.holds());
  if (rows_.empty()) return std::move(plan_);
  plan_.packs_only = request_.packs_only;
  if (request_.packs_only && !request_.is_trusted) {
    // No bytes would ever go: all would be kept twice.
    freeze(FreezeReason::time_unconfirmed, 1);
    return std::move(plan_);
  }
  HF_TRY(look_at_store());
  if (!request_.packs_only) {
    HF_TRY(find_holds());
    plan_.packs_only = std::ranges::any_of(plan_.frozen, is_about_ends, &Freeze::reason);
    HF_TRY(plan_items());
    HF_TRY(plan_snapshots());
  }
  HF_TRY(add_what_stays());
  HF_TRY(plan_packs(business_, request_, live_.take_names(), plan_));
  HF_TRY(finish_entry());
  freeze(FreezeReason::names_lost, lost_parts_);
  freeze(FreezeReason::time_unconfirmed, request_.is_trusted ? 0 : 1);
  HF_TRY(find_lost());
  return std::move(plan_);
}

// What disks that are away may have is not lost.
void Planner::freeze(Freeze found) {
  if (request_.packs_only && is_about_ends(found.reason)) return;
  const bool is_given_up = request_.accept_loss && can_be_given_up(found.reason);
  (is_given_up ? plan_.given_up : plan_.frozen).push_back(std::move(found));
}

// All that the snapshots which are there now name and that cannot be had back.
Result<void> Planner::find_lost() {
  if (plan_.given_up.empty()) return {};
  HF_TRY(const auto noted, vault::noted_lost_packs(business_.box().ports().home, business_.id()));
  PackSet packs(noted.begin(), noted.end());
  HF_TRY(business_.with_catalog([&](catalog::Catalog& catalog) {
    return catalog.for_each_pack([&](const catalog::PackRow& pack) -> Result<void> {
      if (pack.lost) packs.insert(pack.pack.name);
      return {};
    });
  }));
  return find_lost_items(business_, packs, request_.stop, plan_.lost);
}

Result<void> Planner::look_at_store() {
  const auto is_absent = [](const pool::DiskStatus& disk) {
    return disk.state == pool::DiskState::missing || disk.state == pool::DiskState::damaged;
  };
  const std::vector<pool::DiskStatus> disks = business_.pool().status();
  const auto absent = static_cast<std::uint64_t>(std::ranges::count_if(disks, is_absent));
  const bool has_failed = !business_.pool().plain_members_are_here();
  freeze(FreezeReason::disks_absent, std::max<std::uint64_t>(absent, has_failed ? 1 : 0));
  HF_TRY(const auto totals,
         business_.with_catalog([](catalog::Catalog& catalog) { return catalog.pack_totals(); }));
  HF_TRY(const auto noted, vault::noted_lost_packs(business_.box().ports().home, business_.id()));
  freeze(FreezeReason::packs_lost, std::max<std::uint64_t>(totals.lost, noted.size()));
  HF_TRY(const auto gaps, business_.lost_entries());
  std::uint64_t lost_entries = 0;
  for (const journal::EntryRange& gap : gaps) lost_entries += gap.count();
  freeze(FreezeReason::entries_lost, lost_entries);
  freeze(FreezeReason::newest_has_gap, rows_.back().body.has_gap ? 1 : 0);
  // What is marked as gone may be there under other sources.
  HF_TRY(const auto policy,
         business_.with_catalog([](catalog::Catalog& catalog) { return catalog.newest_policy(); }));
  // A run of some paths proves nothing of the others, nor does one that was stopped.
  HF_TRY(const auto whole, newest_with_records(business_));
  is_backed_up_ = !policy || (whole && policy->digest == whole->body.policy);
  freeze(FreezeReason::not_backed_up, is_backed_up_ ? 0 : 1);
  return {};
}

Result<void> Planner::open_index() {
  auto index = open_record_index(business_);
  if (!index && index.error().code != ErrorCode::records_not_indexed) {
    return std::move(index.error());
  }
  if (!index) return {};
  index_ = std::move(*index);
  item_rows_.emplace(*index_);
  HF_TRY(missing_, index_->missing());
  HF_TRY(const auto newest, newest_with_records(business_));
  is_behind_ = newest->head != rows_.back().head;
  return is_behind_ ? look_behind_index(*newest) : Result<void>();
}

Result<void> Planner::look_behind_index(const catalog::SnapshotRow& indexed) {
  // Another mapping reads other days out of the same rows, and another source brings others.
  has_unseen_rows_ = !is_backed_up_;
  if (has_unseen_rows_) return {};
  HF_TRY(has_unseen_rows_,
         has_new_rows(request_.definition, reader_, vault::written_tree_of(indexed),
                      vault::written_tree_of(rows_.back()),
                      [&](const vault::Item* before, const vault::Item* after) -> Result<void> {
                        written_since_.add(before, after);
                        return {};
                      }));
  return {};
}

// What is missing in an index may have any key, and so may what has come since.
Result<void> Planner::find_holds() {
  HF_TRY(open_index());
  const bool is_whole = index_ && missing_.items == 0 && !is_behind_;
  HF_TRY(held_, find_held(plan_.holds, rows_, is_whole ? &*index_ : nullptr));
  const bool has_rows = request_.definition.has_rows();
  const bool has_dates = index_ && !has_unseen_rows_;
  const bool needs_rows = held_.is_unsure || (has_rows && !has_dates);
  if (held_.is_unsure && !has_rows && !index_) {
    freeze_without_rows();
  } else if (missing_.items == 0) {
    freeze(FreezeReason::rows_not_indexed, needs_rows ? 1 : 0);
  } else if (needs_rows || missing_.lost > 0) {
    freeze({FreezeReason::rows_missing, missing_.items, missing_.paths.front()});
  }
  HF_TRY(find_held_keys());
  held_paths_.emplace(held_.paths);
  for (const catalog::SnapshotRow& row : rows_) {
    const auto hold = held_.snapshots.find(row.head.number);
    if (hold != held_.snapshots.end()) held_snapshots_.add(reader_, row, hold->second);
  }
  return {};
}

// No backup will ever index anything.
void Planner::freeze_without_rows() {
  Freeze found{FreezeReason::no_rows, 0};
  for (const catalog::HoldRow& hold : plan_.holds) {
    if (hold.body.scope != journal::HoldScope::key) continue;
    if (found.count++ == 0) found.hold = hold.number;
  }
  freeze(found);
}

// What they have led to since they were set, also by rows that are in the index no more.
Result<void> Planner::find_held_keys() {
  std::uint64_t unknown = 0;
  for (const catalog::HoldRow& hold : plan_.holds) {
    if (hold.body.scope != journal::HoldScope::key) continue;
    key_hold_ = hold.number;
    const bool is_known = hold.found == catalog::KeyFound::all;
    unknown += is_known || held_.too_wide.contains(hold.number) ? 0 : 1;
    HF_TRY(auto paths, business_.with_catalog([&](catalog::Catalog& catalog) {
      return catalog.held_paths(hold.number);
    }));
    for (std::string& path : paths) held_.paths.push_back({std::move(path), hold.number});
  }
  freeze(FreezeReason::holds_on_keys, unknown);
  freeze(FreezeReason::keys_too_wide, held_.too_wide.size());
  return {};
}

bool Planner::is_recording(std::string_view path) const {
  return std::ranges::any_of(request_.definition.sources, [&](const auto& source) {
    const std::string& folder = source.mapping.recording.folder;
    return source.has_rows() && !folder.empty() && is_within(path, folder);
  });
}

// Some may have been rejected: then nobody knows their keys.
bool Planner::has_rows(std::string_view path) const {
  const auto* source = source_of(path);
  return source != nullptr && source->has_rows();
}

// It may be of a key that is held: its row was rejected, or is in the index no more, or was never
// there. Without an index holds on keys stand on everything.
Result<bool> Planner::is_nobodys_call(const vault::Item& item) {
  if (!key_hold_ || !index_ || !is_recording(item.path)) return false;
  HF_TRY(const catalog::ToldOfItem told, item_rows_->find(item.path, item.digest));
  return !told.has_bound_row;
}

const source::SourceDefinition* Planner::source_of(std::string_view path) const {
  for (const source::SourceDefinition& source : request_.definition.sources) {
    if (is_within(path, source.name)) return &source;
  }
  return nullptr;
}

bool Planner::is_made_here(std::string_view path) const {
  return request_.definition.has_rows() && is_within(path, source::kRecordsFolder);
}

Result<std::optional<Timestamp>> Planner::date_of(const vault::Item& item, policy::ItemDate date) {
  if (date == policy::ItemDate::change) return Timestamp{std::max(item.mtime_ns, item.ctime_ns)};
  // A call's day is that of its latest row, which may be among what was lost, or what has come
  // since. So it is of bytes that have come since, whatever their name says, and of a file that has
  // been written since with the same bytes: calls that failed may all have those.
  if (!index_ || missing_.items > 0 || has_unseen_rows_) return std::nullopt;
  HF_TRY(const catalog::ToldOfItem told, item_rows_->find(item.path, item.digest));
  if (!told.call_time_ms || (is_behind_ && !told.is_known)) return std::nullopt;
  if (written_since_.may_have(item.path)) return std::nullopt;
  return Timestamp{*told.call_time_ms * kMillisecond_ns};
}

// What only decides about items that are gone is not looked for of others.
Result<ItemFacts> Planner::facts_of(const vault::Item& item, const policy::ItemPlan& plan) {
  ItemFacts facts;
  facts.path = item.path;
  facts.bytes = item.size;
  facts.made_here = is_made_here(item.path);
  facts.at_source = !item.is_gone() && !facts.made_here;
  if (const auto* source = source_of(item.path)) facts.retention_class = source->retention_class;
  if (facts.at_source || facts.made_here) return facts;
  HF_TRY(facts.hold, held_snapshots_.find(item.path));
  HF_TRY(const bool is_nobodys, is_nobodys_call(item));
  facts.may_be_held = is_nobodys || (key_hold_ && has_rows(item.path));
  if (!facts.retention_class) return facts;
  HF_TRY(facts.date, date_of(item, plan.date_of(*facts.retention_class)));
  return facts;
}

// The index, if it were whole and of the newest snapshot, might say that it is over.
bool Planner::is_unsure(const ItemFacts& facts, const ItemVerdict& verdict) const {
  if (facts.at_source || facts.made_here) return false;
  const bool has_dates = index_ && missing_.items == 0 && !has_unseen_rows_;
  if (verdict.reason == policy::ItemReason::no_date) return !has_dates;
  return held_.is_unsure && verdict.reason == policy::ItemReason::held &&
         std::ranges::any_of(plan_.holds, [&](const catalog::HoldRow& hold) {
           return hold.number == verdict.hold && hold.body.scope == journal::HoldScope::key;
         });
}

Result<void> Planner::plan_items() {
  const bool is_mirror = request_.definition.kind == source::BusinessKind::mirror;
  policy::ItemPlan plan({is_mirror, request_.definition.retention, request_.lock_days}, held_.paths,
                        request_.now);
  // The newest, complete or not: what is there again since the last complete one is not gone.
  vault::TreeCursor cursor(reader_, vault::tree_of(rows_.back()),
                           [&](const vault::IndexEntry& /*subtree*/) { ++lost_parts_; });
  // Of a delta the walk passes over some of what the tree it stands on has.
  newest_is_marked_ = !rows_.back().body.delta;
  if (newest_is_marked_) {
    cursor.watch([&](const vault::IndexEntry& subtree) { live_.mark_walked(subtree); });
  }
  std::uint64_t looked_at = 0;
  while (true) {
    HF_TRY(check_stop(request_.stop));
    HF_TRY(const vault::Item* item, cursor.peek());
    if (item == nullptr) break;
    tell("planning", ++looked_at, 0);
    HF_TRY(const bool is_going, plan_item(*item, plan));
    if (newest_is_marked_ && !is_going) live_.mark_walked(*item);
    cursor.advance();
  }
  plan_.no_items = plan.unused_rules();
  return {};
}

// True if nothing needs it any more.
Result<bool> Planner::plan_item(const vault::Item& item, policy::ItemPlan& plan) {
  if (!is_counted(item)) return false;
  HF_TRY(const ItemFacts facts, facts_of(item, plan));
  ItemVerdict verdict = plan.decide(facts);
  if (goes(verdict.reason)) HF_TRY(keep_former_lock(item, facts, verdict));
  plan_.items.add(facts, verdict);
  if (is_unsure(facts, verdict) && plan.may_be_over(facts)) plan_.unsure += 1;
  return goes(verdict.reason) && let_go(item, verdict);
}

// Its content was stored under the class that its source had then: that one's lock is not shortened
// by another class. Without a source all classes count.
Result<std::uint32_t> Planner::longest_lock_of(const vault::Item& item) {
  const auto* source = source_of(item.path);
  std::uint32_t longest = 0;
  const auto add_class = [&](std::uint32_t added) {
    const auto lock = request_.lock_days.find(added);
    if (lock != request_.lock_days.end()) longest = std::max(longest, lock->second);
  };
  for (const auto& [number, days] : request_.lock_days) {
    if (source == nullptr || number == source->retention_class) longest = std::max(longest, days);
  }
  const bool some_longer = std::ranges::any_of(
      request_.lock_days, [&](const auto& each) { return each.second > longest; });
  if (!some_longer) return longest;
  HF_TRY(business_.with_catalog([&](catalog::Catalog& catalog) -> Result<void> {
    for (const journal::ChunkReference& chunk : item.chunks) {
      HF_TRY(const auto places,
             catalog.find_chunk(pack::chunk_name(business_.id_key(), chunk.digest)));
      for (const catalog::ChunkPlace& place : places) {
        HF_TRY(const auto pack, catalog.find_pack(place.pack));
        if (pack) add_class(pack->pack.retention_class);
      }
    }
    return {};
  }));
  return longest;
}

Result<void> Planner::keep_former_lock(const vault::Item& item, const ItemFacts& facts,
                                       ItemVerdict& verdict) {
  if (!facts.date) return {};
  HF_TRY(const std::uint32_t days, longest_lock_of(item));
  const Timestamp until = policy::days_behind(*facts.date, days);
  if (until > request_.now) verdict = {policy::ItemReason::locked, until};
  return {};
}

// False: it is needed all the same.
bool Planner::let_go(const vault::Item& item, const ItemVerdict& verdict) {
  if (going_.size_with(item.path) > request_.items_size_max) {
    plan_.waiting += 1;
    return false;
  }
  const Digest identity = vault::identity_of(item);
  going_.add({item.path, identity, std::to_underlying(verdict.reason),
              verdict.until.value_or(Timestamp())});
  if (!plan_.packs_only) live_.let_go(item.path, identity);
  plan_.going += 1;
  if (plan_.going <= PrunePlan::kPathsKept) plan_.going_paths.push_back(item.path);
  return !plan_.packs_only;
}

Result<void> Planner::finish_entry() {
  if (!going_.empty() && !plan_.packs_only) plan_.entry.items = going_.finish();
  for (const PlannedSnapshot& each : plan_.snapshots) {
    if (plan_.packs_only || !goes(each.verdict.reason)) continue;
    plan_.entry.snapshots.push_back({each.head, std::to_underlying(each.verdict.reason)});
  }
  plan_.entry.decided = request_.now;
  HF_TRY(const auto policy,
         business_.with_catalog([](catalog::Catalog& catalog) { return catalog.newest_policy(); }));
  if (policy) plan_.entry.policy = policy->digest;
  return {};
}

SnapshotFacts Planner::facts_of(const catalog::SnapshotRow& row, records::TimeZone& zone) const {
  SnapshotFacts facts;
  facts.number = row.head.number;
  facts.made = row.time;
  facts.made_by_clock = facts.made_by_trust = zone.wall_of(row.time.ns / kMillisecond_ns);
  facts.is_complete = row.body.complete;
  facts.is_of_whole_look = row.body.is_of_whole_look();
  const auto hold = held_.snapshots.find(row.head.number);
  if (hold != held_.snapshots.end()) facts.hold = hold->second;
  const auto& rules = request_.definition.retention.snapshots;
  facts.is_tagged = rules && std::ranges::any_of(row.tags, [&](const std::string& tag) {
                      return std::ranges::find(rules->tags, tag) != rules->tags.end();
                    });
  return facts;
}

// What the next snapshot has no more, or in another form: this one has the last word of it. The
// flag of what was still being written makes no difference: an item that could not be looked at
// again has it too, and after the clock was set back so may any whole one.
Result<void> Planner::take_last_version(const vault::Item& item, SnapshotFacts& facts) {
  if (!is_counted(item) || !item.has_content() || is_made_here(item.path)) return {};
  if (const policy::HeldPath* held = held_paths_->find(item.path)) facts.hold = held->hold;
  HF_TRY(const bool is_nobodys, is_nobodys_call(item));
  if (is_nobodys) facts.hold = key_hold_;
  HF_TRY(const std::uint32_t days, longest_lock_of(item));
  facts.lock_days = std::max(facts.lock_days, days);
  return {};
}

// A snapshot that tells no trusted time was made before the next one that does. Trusted time is
// late, and catches up by leaps: what it was behind when a snapshot was made must not count as its
// age, so a lock runs from the later of it and the box's own time.
void Planner::date_by_trust(std::vector<SnapshotFacts>& facts, records::TimeZone& zone) const {
  if (!request_.is_trusted) return;
  Timestamp later = request_.now;
  for (std::size_t i = rows_.size(); i-- > 0;) {
    const Timestamp trusted = rows_[i].body.trusted;
    if (trusted.ns > 0) later = std::min(later, trusted);
    facts[i].made = std::max(rows_[i].time, later);
    facts[i].made_by_trust = zone.wall_of(later.ns / kMillisecond_ns);
  }
}

Result<void> Planner::find_last_versions(std::size_t at, SnapshotFacts& before,
                                         SnapshotFacts& after) {
  vault::TreeCursor left(reader_, vault::written_tree_of(rows_[at]));
  vault::TreeCursor right(reader_, vault::written_tree_of(rows_[at + 1]));
  held_paths_->restart();
  NeededBeside& beside = beside_[at];
  beside.is_all_noted = !rows_[at].body.delta;
  left.watch([&](const vault::IndexEntry& subtree) { live_.note(subtree, beside); });
  const auto compared = vault::compare_trees(
      left, right, [&](const vault::Item* old_item, const vault::Item* new_item) -> Result<void> {
        HF_TRY(check_stop(request_.stop));
        if (old_item == nullptr) return {};
        const bool is_same = new_item != nullptr && vault::is_same_content(*new_item, *old_item);
        const bool has_same_chunks = is_same && new_item->chunks == old_item->chunks;
        if (!has_same_chunks) HF_TRY(live_.note(*old_item, before.number, beside));
        HF_TRY(const bool deleted, reader_.is_deleted(*old_item, before.number));
        if (is_same || deleted) return {};
        return take_last_version(*old_item, before);
      });
  if (compared) return {};
  if (!vault::is_loss(compared.error())) return compared.error();
  beside.is_all_noted = false;
  before.is_unreadable = after.is_unreadable = true;
  ++lost_parts_;
  return {};
}

Result<void> Planner::plan_snapshots() {
  const auto& rules = request_.definition.retention.snapshots;
  auto zone = records::TimeZone::find(rules ? rules->zone : "UTC");
  if (!zone) return make_error(ErrorCode::invalid_argument, rules->zone);
  std::vector<SnapshotFacts> facts;
  for (const catalog::SnapshotRow& row : rows_) facts.push_back(facts_of(row, *zone));
  date_by_trust(facts, *zone);
  beside_.resize(rows_.size());
  for (std::size_t i = 0; i + 1 < rows_.size(); ++i) {
    tell("comparing", i, rows_.size());
    HF_TRY(find_last_versions(i, facts[i], facts[i + 1]));
  }
  const auto verdicts = policy::plan_snapshots(rules, facts, request_.now);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    plan_.snapshots.push_back({rows_[i].head, rows_[i].time, verdicts[i]});
  }
  return {};
}

// What is over and cannot go now is needed as all else. What was looked at before is not read
// again: the newest one, and each beside the next one, if that stays too.
Result<void> Planner::add_what_stays() {
  bool next_stays = false;
  for (std::size_t i = rows_.size(); i-- > 0;) {
    const bool stays = plan_.packs_only || !goes(plan_.snapshots[i].verdict.reason);
    const bool is_marked = newest_is_marked_ && i + 1 == rows_.size();
    const bool is_noted = i < beside_.size() && beside_[i].is_all_noted;
    if (stays && is_marked) {
      live_.add_walked(rows_[i]);
    } else if (stays && is_noted && next_stays) {
      live_.add_beside(rows_[i], beside_[i]);
    } else if (stays) {
      HF_TRY(live_.add(rows_[i], request_.stop));
    }
    next_stays = stays;
  }
  beside_.clear();
  lost_parts_ += live_.lost_parts();
  return {};
}

}  // namespace

Result<PrunePlan> plan_prune(vault::Business& business, const PruneRequest& request) {
  HF_TRY(const auto reader, vault::ContentReader::open(business));
  return Planner(business, request, *reader).run();
}

}  // namespace holdfast::job

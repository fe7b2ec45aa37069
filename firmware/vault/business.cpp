// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/business.h"

#include <algorithm>
#include <utility>

#include "firmware/journal/body.h"
#include "firmware/policy/retention.h"
#include "firmware/pool/election.h"
#include "firmware/vault/trusted_clock.h"
#include "hal/base/path.h"

namespace holdfast::vault {

namespace {

constexpr std::uint64_t kDefinitionSizeMax = kMiB;

}  // namespace

journal::JournalContext journal_context(Box& box, pool::Pool& pool) {
  return {pool.present_members(),
          pool.quorum_copies(),
          [&pool](const DiskId& disk, journal::Failed failed) {
            if (failed == journal::Failed::reading) pool.report_read_error(disk);
            if (failed == journal::Failed::writing) pool.report_error(disk);
          },
          box.ports().home,
          box.trusted(),
          box.settings().journal,
          pool::members_sure(pool.label().record)};
}

Result<std::unique_ptr<Business>> Business::open(Box& box, pool::Pool& pool,
                                                 const keys::BusinessKeys& keys, Access access) {
  std::unique_ptr<ports::Lock> lock;
  if (access == Access::write) {
    HF_TRY(lock, box.lock_to_write(keys.id));
  }
  HF_TRY(auto journal, journal::Journal::open(journal_context(box, pool), keys.id));
  if (access == Access::write) {
    HF_TRY(journal.writable());
    HF_TRY(box.take_in_disks(Box::Writer::backup));
  }
  std::unique_ptr<Business> business(
      new Business(box, pool, {keys.id, keys.name}, access, keys.id_key, std::move(journal)));
  business->lock_ = std::move(lock);
  HF_TRY(business->open_catalog());
  return business;
}

Business::Business(Box& box, pool::Pool& pool, BusinessName name, Access access,
                   const SecretKey& id_key, journal::Journal journal)
    : box_(box),
      pool_(pool),
      name_(std::move(name)),
      access_(access),
      id_key_(id_key.clone()),
      epoch_keys_(name_.id, box.keyring(), box.ports().home, pool),
      journal_(std::move(journal)) {}

Business::~Business() = default;

Result<void> Business::reopen_journal() {
  HF_TRY(auto journal, journal::Journal::open(journal_context(box_, pool_), name_.id));
  journal_.emplace(std::move(journal));
  return {};
}

Result<std::vector<catalog::SnapshotRow>> Business::snapshots() {
  return with_catalog([](catalog::Catalog& catalog) { return catalog.snapshots(); });
}

Result<std::optional<catalog::SnapshotRow>> Business::newest_snapshot() {
  return find_newest([](const catalog::SnapshotRow& /*row*/) { return true; });
}

Result<std::optional<catalog::SnapshotRow>> Business::find_newest(
    const catalog::Catalog::IsWanted& is_wanted) {
  return with_catalog([&](catalog::Catalog& catalog) { return catalog.find_newest(is_wanted); });
}

Result<catalog::SnapshotRow> Business::find_snapshot(const SnapshotSelector& selector) {
  std::optional<catalog::SnapshotRow> found;
  std::string wanted = "latest";
  if (selector.number) {
    wanted = std::to_string(*selector.number);
    HF_TRY(found, with_catalog([&](catalog::Catalog& catalog) {
             return catalog.find_snapshot(*selector.number);
           }));
  } else if (selector.tag) {
    wanted = *selector.tag;
    HF_TRY(found, find_newest([&](const catalog::SnapshotRow& row) {
             return std::ranges::find(row.tags, *selector.tag) != row.tags.end();
           }));
  } else if (selector.at) {
    // The clock may have jumped: of those not after the time the newest by number counts.
    wanted = selector.at->rfc3339();
    HF_TRY(found,
           find_newest([&](const catalog::SnapshotRow& row) { return row.time <= *selector.at; }));
  } else {
    // A stopped snapshot is what there is only as long as no other one exists. One with a gap may
    // have all that the sources had, and counts until a backup could read the names again.
    bool gap_counts = true;
    HF_TRY(found, find_newest([&](const catalog::SnapshotRow& row) {
             gap_counts = gap_counts && row.body.has_gap;
             return row.body.complete || (gap_counts && row.body.has_all_shown());
           }));
    if (!found) {
      HF_TRY(found, newest_snapshot());
    }
  }
  if (!found) return missing_snapshot(wanted, selector.number);
  return std::move(*found);
}

// What a prune took away is told as that; whatever cannot be read then, it is not there.
Error Business::missing_snapshot(const std::string& wanted, std::optional<std::uint64_t> number) {
  Error error = make_error(ErrorCode::no_snapshot, name_.name, {{"snapshot", wanted}});
  const auto explain = [&](catalog::Catalog& catalog) -> Result<void> {
    HF_TRY(const auto dropped, catalog.dropped_snapshots());
    HF_TRY(const auto prunes, catalog.prunes());
    for (const catalog::DroppedRow& row : dropped) {
      const auto prune = std::ranges::find(prunes, row.prune, &catalog::PruneRow::number);
      if (row.snapshot.number != *number || prune == prunes.end()) continue;
      const auto unfinished = std::to_underlying(policy::SnapshotReason::unfinished);
      error = make_error(ErrorCode::snapshot_pruned, name_.name,
                         {{"snapshot", wanted},
                          {"number", std::to_string(row.prune)},
                          {"time", prune->decided.rfc3339().substr(0, 10)},
                          {"reason", row.reason == unfinished ? "unfinished" : "thinned"}});
    }
    return {};
  };
  if (number) static_cast<void>(with_catalog(explain).has_value());
  return error;
}

Result<std::string> Business::definition() {
  auto bytes = ports::load(box_.ports().home, definition_path(name_.id), kDefinitionSizeMax);
  if (bytes) return std::string(text_of(*bytes));
  if (bytes.error().code != ErrorCode::not_found) return std::move(bytes.error());
  HF_TRY(const auto policy, policy_in_force());
  if (!policy) {
    return make_error(ErrorCode::no_definition,
                      box_.ports().home.name() + "/" + definition_path(name_.id));
  }
  return policy->definition;
}

Result<void> Business::keep_definition() {
  ports::Disk& home = box_.ports().home;
  const std::string path = definition_path(name_.id);
  const auto size = home.size_of(path);
  if (size) return {};
  if (size.error().code != ErrorCode::not_found) return size.error();
  HF_TRY(const std::string text, definition());
  HF_TRY(ports::make_directories(home, parent_of(path)));
  return ports::store(home, path, view_of(text));
}

Result<void> Business::change_definition(const std::string& text, journal::LockDays lock_days,
                                         bool& is_kept) {
  is_kept = false;
  HF_CHECK(access_ == Access::write);
  HF_TRY(pool_.writable());
  ports::Disk& home = box_.ports().home;
  const std::string path = definition_path(name_.id);
  HF_TRY(ports::make_directories(home, parent_of(path)));
  HF_TRY(ports::store(home, path, view_of(text)));
  is_kept = true;
  return ensure_policy(std::move(lock_days));
}

// The catalog has it. What could not be read when that was made may be readable now; else nobody
// knows what is in force.
Result<std::optional<journal::PolicyBody>> Business::policy_in_force() {
  HF_TRY(auto known,
         with_catalog([](catalog::Catalog& catalog) { return catalog.policy_in_force(); }));
  if (known && known->is_newest) return std::move(known->body);
  HF_TRY(const auto newest,
         with_catalog([](catalog::Catalog& catalog) { return catalog.newest_policy(); }));
  if (!newest) return std::optional<journal::PolicyBody>();
  HF_TRY(const journal::Entry entry, read_entry(newest->number));
  HF_TRY(journal::PolicyBody policy, read_policy(entry));
  if (known) journal::keep_longest(policy.lock_days, known->body.lock_days);
  return std::optional(std::move(policy));
}

Result<journal::PolicyBody> Business::read_policy(const journal::Entry& entry) {
  HF_TRY(const SecretKey* key, epoch_keys_.get(entry.key_epoch, keys::KeyKind::meta));
  HF_TRY(const Bytes body, journal::open_body(entry, *key));
  return journal::parse_policy(body);
}

Result<void> Business::ensure_policy(journal::LockDays lock_days) {
  HF_TRY(const std::string text, definition());
  HF_TRY(const auto policy, policy_in_force());
  const bool same_locks = policy && (policy->lock_days.empty() || policy->lock_days == lock_days);
  if (same_locks && policy->definition == text && policy->name == name_.name) return {};
  journal::PolicyBody body;
  body.lock_days = std::move(lock_days);
  body.definition = text;
  body.name = name_.name;
  if (policy) body.locks = policy->locks;
  journal::EntryDraft draft;
  draft.kind = journal::EntryKind::policy;
  draft.body = encode(body);
  HF_TRY(const journal::Head head, append(std::move(draft)));
  static_cast<void>(head);
  return {};
}

Result<journal::Head> Business::append(journal::EntryDraft draft) {
  HF_CHECK(access_ == Access::write);
  HF_TRY(pool_.writable());
  if (draft.key_epoch == 0) {
    HF_TRY(draft.key_epoch, ensure_epoch());
  }
  HF_TRY(prepare_writing());
  return commit(draft);
}

Result<std::uint32_t> Business::ensure_epoch() {
  const VaultPorts& ports = box_.ports();
  const std::uint32_t epoch = ports.clock.now().month();
  HF_TRY(epoch_keys_.ensure(epoch, box_.signer(), ports.random,
                            [this] { return box_.check_box_key(); }));
  return epoch;
}

// After the journal was prepared.
Result<journal::Head> Business::commit(const journal::EntryDraft& draft) {
  HF_TRY(const SecretKey* key, epoch_keys_.get(draft.key_epoch, keys::KeyKind::meta));
  const journal::Journal::Writing writing{box_.signer(), *key, box_.ports().clock,
                                          box_.ports().random,
                                          box_.keyring().content().incarnation};
  prepared_ = false;
  // Who recovers this box elsewhere puts its keyring on the disks first. An entry written beside
  // that would be a fork; one that came before it is not known there for certain, and not
  // acknowledged.
  HF_TRY(box_.check_newest());
  HF_TRY(const journal::Head head, journal_->append(draft, writing));
  HF_TRY(box_.check_newest());
  // The entry counts from here on. A catalog that cannot follow is only behind (P9); no other entry
  // is written before it has caught up.
  if (const auto& error = journal_->unwitnessed()) warnings_.push_back(*error);
  auto followed = follow_journal();
  if (!followed) warnings_.push_back(std::move(followed.error()));
  catalog_is_level_ = followed.has_value();
  prepared_ = catalog_is_level_ && !journal_->unwitnessed();
  return head;
}

Result<journal::Entry> Business::read_entry(std::uint64_t number) {
  std::optional<journal::Entry> found;
  const auto enough = make_error(ErrorCode::interrupted);
  auto read = journal_->read(number, [&](const journal::Entry& entry) -> Result<void> {
    found = entry;
    return enough;
  });
  if (found) return std::move(*found);
  if (!read) return std::move(read.error());
  return make_error(ErrorCode::not_found, name_.name);
}

Result<void> Business::prepare_writing() {
  if (prepared_) return {};
  const bool is_recovered = box_.is_takeover_due();
  HF_TRY(box_.level_copies());
  // A former home may have written until the keyrings on the disks stopped it.
  if (is_recovered) {
    HF_TRY(reopen_journal());
    HF_TRY(journal_->writable());
  }
  HF_TRY(epoch_keys_.level());
  if (!catalog_is_level_) HF_TRY(follow_journal());
  catalog_is_level_ = true;
  HF_TRY(journal_->prepare_writing(box_.signer()));
  HF_TRY(take_over());
  prepared_ = true;
  return {};
}

Result<journal::MendReport> Business::mend_copies() {
  HF_CHECK(access_ == Access::write);
  HF_TRY(pool_.writable());
  HF_TRY(prepare_writing());
  prepared_ = false;
  HF_TRY(auto report, journal_->mend(box_.signer()));
  HF_TRY(reopen_journal());
  auto levelled = epoch_keys_.level_all();
  if (!levelled && levelled.error().is_of_process()) return std::move(levelled.error());
  if (!levelled) report.failures.push_back(std::move(levelled.error()));
  return report;
}

// Nothing of this incarnation stands in the journal before the entry that says where it goes on.
Result<void> Business::take_over() {
  const std::uint32_t incarnation = journal_->incarnation();
  const journal::Head from = journal_->head();
  const bool is_due = from.number > 0 && incarnation < box_.keyring().content().incarnation;
  if (!is_due) return {};
  journal::EntryDraft draft;
  draft.kind = journal::EntryKind::takeover;
  draft.body = encode(journal::TakeoverBody{from.digest, from.number, incarnation, "key recover"});
  HF_TRY(draft.key_epoch, ensure_epoch());
  HF_TRY(const journal::Head head, commit(draft));
  static_cast<void>(head);
  // What home could not take now must be there before the next entry.
  if (prepared_) return {};
  return warnings_.back();
}

Result<journal::Head> Business::tag_snapshot(const catalog::SnapshotRow& snapshot,
                                             const std::string& tag) {
  journal::TagBody body;
  body.number = snapshot.head.number;
  body.entry = snapshot.head.digest;
  body.tag = tag;
  journal::EntryDraft draft;
  draft.kind = journal::EntryKind::tag;
  draft.body = encode(body);
  return append(std::move(draft));
}

Result<journal::Head> Business::take_back(const std::vector<journal::NewPack>& packs,
                                          Timestamp decided) {
  journal::EntryDraft draft;
  draft.kind = journal::EntryKind::prune;
  draft.new_packs = packs;
  journal::PruneBody body;
  body.decided = decided;
  draft.body = encode(body);
  return append(std::move(draft));
}

// Each snapshot tells a later one than those before.
Result<Timestamp> Business::time_in_journal() {
  HF_TRY(const auto newest,
         find_newest([](const catalog::SnapshotRow& row) { return row.body.trusted.ns > 0; }));
  return newest ? newest->body.trusted : Timestamp();
}

// Home may be lost or old, and this business too young to know better: whatever any journal tells
// was true, and only from there on may a confirmation move the time.
Result<Timestamp> Business::time_in_all_journals() {
  HF_TRY(Timestamp latest, time_in_journal());
  for (const BusinessName& other : box_.businesses()) {
    if (other.id == name_.id) continue;
    HF_TRY(const auto business, box_.open_business(other.name, Access::read));
    HF_TRY(const Timestamp told, business->time_in_journal());
    latest = std::max(latest, told);
  }
  return latest;
}

Result<Timestamp> Business::trusted_time() {
  HF_TRY(const Timestamp known, time_in_journal());
  auto time = access_ == Access::write ? look_at_time(known) : read_time(box_.ports().home, known);
  if (time || time.error().is_of_process()) return time;
  warnings_.push_back(std::move(time.error()));
  return known;
}

Result<void> Business::count_time() {
  HF_CHECK(access_ == Access::write);
  HF_TRY(const Timestamp known, time_in_journal());
  const auto looked = look_at_time(known);
  if (looked || !looked.error().is_of_process()) return {};
  return looked.error();
}

Result<Timestamp> Business::look_at_time(Timestamp known) {
  const VaultPorts& ports = box_.ports();
  HF_TRY(const Timestamp before, read_time(ports.home, known));
  if (before.ns == 0) return before;
  const auto lock = box_.lock(std::string(kTrustedTimePath));
  // Whoever else looks right now counts what is to be counted.
  if (!lock && lock.error().code == ErrorCode::locked) return before;
  if (!lock) return lock.error();
  return vault::look_at_time(ports.home, ports.clock, known);
}

Result<void> Business::prove_confirmed(Timestamp confirmed, const std::vector<std::string>& by) {
  journal::EntryDraft draft;
  draft.kind = journal::EntryKind::proof;
  journal::ProofBody body;
  body.what = "time";
  body.details = confirmed.rfc3339();
  for (const std::string& name : by) body.details += '\t' + name;
  draft.body = encode(body);
  HF_TRY(const journal::Head head, append(std::move(draft)));
  static_cast<void>(head);
  return {};
}

Result<Timestamp> Business::confirm_time(Timestamp confirmed, const std::vector<std::string>& by) {
  HF_CHECK(access_ == Access::write);
  HF_TRY(const Timestamp known, time_in_all_journals());
  if (!by.empty()) HF_TRY(prove_confirmed(confirmed, by));
  HF_TRY(const auto lock, box_.lock(std::string(kTrustedTimePath)));
  return vault::look_at_time(box_.ports().home, box_.ports().clock, known, confirmed);
}

Result<std::vector<catalog::HoldRow>> Business::holds() {
  return with_catalog([](catalog::Catalog& catalog) { return catalog.holds(); });
}

Result<journal::Head> Business::hold(journal::HoldScope scope, const std::string& value,
                                     const std::string& reason) {
  journal::EntryDraft draft;
  draft.kind = journal::EntryKind::hold;
  draft.body =
      encode(journal::HoldBody{scope, value, reason, box_.ports().random.id<journal::HoldId>()});
  return append(std::move(draft));
}

Result<journal::Head> Business::add_to_hold(const catalog::HoldRow& hold,
                                            journal::HeldByKey found) {
  journal::EntryDraft draft;
  draft.kind = journal::EntryKind::hold;
  journal::HoldBody body = hold.body;
  body.found = std::move(found);
  draft.body = encode(body);
  return append(std::move(draft));
}

Result<journal::Head> Business::release(const catalog::HoldRow& hold, const std::string& reason) {
  journal::EntryDraft draft;
  draft.kind = journal::EntryKind::release;
  draft.body = encode(journal::HoldBody{hold.body.scope, hold.body.value, reason, hold.body.id});
  return append(std::move(draft));
}

}  // namespace holdfast::vault

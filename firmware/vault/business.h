// SPDX-License-Identifier: Apache-2.0
// An opened business: its journal, its catalog, its keys. The one door to stored data:
// readers take a ContentReader, writers a Run (run.h).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "firmware/catalog/catalog.h"
#include "firmware/journal/journal.h"
#include "firmware/vault/box.h"
#include "firmware/vault/epoch_keys.h"
#include "firmware/vault/node_store.h"

namespace holdfast::vault {

// How a user names a snapshot: number, tag, or newest not after a time; none of them: the newest
// that has all that the sources showed.
struct SnapshotSelector {
  std::optional<std::uint64_t> number;
  std::optional<std::string> tag;
  std::optional<Timestamp> at;
};

// Of a business in that pool. Must not outlive box and pool.
[[nodiscard]] journal::JournalContext journal_context(Box& box, pool::Pool& pool);

class Business {
 public:
  // See Box::open_business().
  [[nodiscard]] static Result<std::unique_ptr<Business>> open(Box& box, pool::Pool& pool,
                                                              const keys::BusinessKeys& keys,
                                                              Access access);
  ~Business();

  [[nodiscard]] const BusinessId& id() const { return name_.id; }
  [[nodiscard]] const std::string& name() const { return name_.name; }
  [[nodiscard]] Access access() const { return access_; }
  [[nodiscard]] Box& box() { return box_; }
  [[nodiscard]] pool::Pool& pool() { return pool_; }
  [[nodiscard]] journal::Journal& journal() { return *journal_; }
  [[nodiscard]] EpochKeys& epoch_keys() { return epoch_keys_; }
  [[nodiscard]] const SecretKey& id_key() const { return id_key_; }

  // The definition as home has it now, else as the newest policy entry has it. no_definition.
  [[nodiscard]] Result<std::string> definition();
  // Writes the definition into home, if home has none: a box that was recovered.
  [[nodiscard]] Result<void> keep_definition();
  // The newest policy entry that the catalog knows, with the longest locks of all of them: what a
  // change of the definition is measured by. Nothing: there is none. Why it cannot be read.
  [[nodiscard]] Result<std::optional<journal::PolicyBody>> policy_in_force();
  // Writes a policy entry if the newest one is not the definition as home has it now, or has not
  // these locks, which are those of that definition (and no class that was in force is left out).
  // Access::write.
  [[nodiscard]] Result<void> ensure_policy(journal::LockDays lock_days);
  // Puts a definition that was checked in the place of the one in home, and ensures the policy. If
  // only that fails (`is_kept` is true), the next run that writes makes up for it. Access::write.
  [[nodiscard]] Result<void> change_definition(const std::string& text, journal::LockDays lock_days,
                                               bool& is_kept);

  [[nodiscard]] Result<std::vector<catalog::SnapshotRow>> snapshots();
  // no_snapshot; snapshot_pruned, by its number.
  [[nodiscard]] Result<catalog::SnapshotRow> find_snapshot(const SnapshotSelector& selector);
  [[nodiscard]] Result<std::optional<catalog::SnapshotRow>> newest_snapshot();
  // From the newest on, by number, to the first one that is wanted.
  [[nodiscard]] Result<std::optional<catalog::SnapshotRow>> find_newest(
      const catalog::Catalog::IsWanted& is_wanted);

  // Writes an entry and brings the catalog along. A draft without a key epoch gets the present
  // month's. On ok the entry counts, also if home could not follow: see warnings(). Access::write
  // only.
  [[nodiscard]] Result<journal::Head> append(journal::EntryDraft draft);
  // What home could not take after an entry had been committed: its witness, or its place in the
  // catalog, which shows the state before it then.
  [[nodiscard]] const std::vector<Error>& warnings() const { return warnings_; }
  // Brings the journal's members level, once, and a catalog that could not follow, and begins the
  // journal of a recovered box with its takeover entry; append() and Run do it.
  [[nodiscard]] Result<void> prepare_writing();
  // Mends every copy of wraps and journal from the others; prepare_writing() before it brings what
  // is merely behind level. Access::write. As Journal::mend(), and what these say.
  [[nodiscard]] Result<journal::MendReport> mend_copies();
  // A tag entry for that snapshot. Access::write.
  [[nodiscard]] Result<journal::Head> tag_snapshot(const catalog::SnapshotRow& snapshot,
                                                   const std::string& tag);

  // Writes a prune entry that takes nothing away and names these packs: they count from now on,
  // also where a prune condemned them. `decided`: trusted time. Access::write.
  [[nodiscard]] Result<journal::Head> take_back(const std::vector<journal::NewPack>& packs,
                                                Timestamp decided);

  // Those that stand, by number.
  [[nodiscard]] Result<std::vector<catalog::HoldRow>> holds();
  // Writes a hold entry, with a new id. Access::write.
  [[nodiscard]] Result<journal::Head> hold(journal::HoldScope scope, const std::string& value,
                                           const std::string& reason);
  // A hold on a key that stands does so on these paths, too, from now on. Access::write.
  [[nodiscard]] Result<journal::Head> add_to_hold(const catalog::HoldRow& hold,
                                                  journal::HeldByKey found);
  // Ends a hold that stands. Access::write.
  [[nodiscard]] Result<journal::Head> release(const catalog::HoldRow& hold,
                                              const std::string& reason);

  // The time that locks age by (trusted_clock.h); ns 0: nobody has confirmed one. With
  // Access::write it is looked at anew, and what home could not take is in warnings().
  [[nodiscard]] Result<Timestamp> trusted_time();
  // Counts what the box was on until now, for the next look to go on from. What home cannot take is
  // left to that look, and told by it. Access::write.
  [[nodiscard]] Result<void> count_time();
  // See look_at_time(): it goes on from what home and the journals of all businesses of the box
  // tell, and nothing is confirmed while one of these cannot be read. Access::write, and home must
  // take it.
  // `by`: who says so; their names go into the journal first. None: nothing does.
  [[nodiscard]] Result<Timestamp> confirm_time(Timestamp confirmed,
                                               const std::vector<std::string>& by = {});

  // The catalog under its lock; for short calls.
  template <class Call>
  auto with_catalog(Call&& call) {
    const std::lock_guard lock(catalog_mutex_);
    return call(*catalog_);
  }
  // What a look at all shards of these packs said of their coding, where the catalog says
  // otherwise. Any access; `locked` while somebody writes: then it stays for the next time.
  [[nodiscard]] Result<void> note_codings(std::span<const catalog::PackRow> packs);
  // A read-only catalog of its own for another thread; in memory catalogs are shared instead, so
  // use with_catalog when this returns nothing.
  [[nodiscard]] Result<std::optional<catalog::Catalog>> open_reading_catalog();

  // Chunks that were wrong where they lie, and that other shards made up for: nothing is lost, and
  // scrub tells where. Any thread.
  void note_made_up() { ++made_up_; }
  [[nodiscard]] std::uint64_t made_up() const { return made_up_; }

  // Entries of the journal that no disk had when the catalog passed them. Where one of them can be
  // read again, the next opening makes the catalog anew.
  [[nodiscard]] Result<std::vector<journal::EntryRange>> lost_entries();

  // Makes the catalog anew from journal and packs; readers see the present one until the new one
  // takes its place. `progress(done, total)` counts journal entries.
  using RebuildProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;
  [[nodiscard]] Result<void> rebuild_catalog(const RebuildProgress& progress);

  // The present month, whose keys are there and durable from now on. keys_changed, and what
  // EpochKeys::ensure() says. For writing.
  [[nodiscard]] Result<std::uint32_t> ensure_epoch();

 private:
  Business(Box& box, pool::Pool& pool, BusinessName name, Access access, const SecretKey& id_key,
           journal::Journal journal);
  [[nodiscard]] std::string catalog_path() const;
  [[nodiscard]] Result<Timestamp> time_in_journal();
  [[nodiscard]] Result<Timestamp> time_in_all_journals();
  [[nodiscard]] Result<Timestamp> look_at_time(Timestamp known);
  [[nodiscard]] Result<void> prove_confirmed(Timestamp confirmed,
                                             const std::vector<std::string>& by);
  [[nodiscard]] Result<void> reopen_journal();
  [[nodiscard]] Result<void> take_over();
  [[nodiscard]] Result<journal::Head> commit(const journal::EntryDraft& draft);
  [[nodiscard]] Result<void> open_catalog();
  [[nodiscard]] Result<void> mend_as_reader();
  [[nodiscard]] Result<void> roll_forward(catalog::Catalog& catalog, const journal::Head& from,
                                          const RebuildProgress& progress);
  [[nodiscard]] Result<void> apply_entry(catalog::Catalog& catalog, const journal::Entry& entry);
  [[nodiscard]] Result<journal::PolicyBody> read_policy(const journal::Entry& entry);
  [[nodiscard]] Error missing_snapshot(const std::string& wanted,
                                       std::optional<std::uint64_t> number);
  [[nodiscard]] Result<void> note_pack(catalog::Catalog& catalog, const journal::NewPack& pack);
  [[nodiscard]] Result<void> follow_journal();
  [[nodiscard]] Result<void> read_into(catalog::Catalog& catalog, const journal::Head& from,
                                       bool surveyed, const RebuildProgress& progress);
  struct UnnamedPack {
    catalog::PackRow row;
    std::vector<pack::IndexRecord> index;
    bool has_row = false;
  };
  using VisitPack = std::function<Result<void>(const UnnamedPack&)>;
  [[nodiscard]] Result<void> for_each_unnamed_pack(catalog::Catalog& catalog,
                                                   const VisitPack& visit);
  [[nodiscard]] Result<void> name_packs_behind(catalog::Catalog& catalog, std::uint64_t number);
  [[nodiscard]] Result<bool> has_packs_behind(catalog::Catalog& catalog);
  [[nodiscard]] Result<void> complete_packs(catalog::Catalog& catalog);
  [[nodiscard]] Result<bool> is_ancestor(const journal::Head& head);
  [[nodiscard]] Result<void> open_level_catalog(catalog::OpenMode mode);
  [[nodiscard]] Result<void> open_as_it_is(Error why);
  [[nodiscard]] Result<void> mend_catalog();
  [[nodiscard]] Result<void> make_catalog(const RebuildProgress& progress);
  [[nodiscard]] Result<journal::Entry> read_entry(std::uint64_t number);

  Box& box_;
  pool::Pool& pool_;
  BusinessName name_;
  Access access_;
  SecretKey id_key_;
  EpochKeys epoch_keys_;
  std::optional<journal::Journal> journal_;  // always there; reopened by emplacing it
  std::unique_ptr<ports::Lock> lock_;
  std::atomic<std::uint64_t> made_up_ = 0;
  bool prepared_ = false;
  bool catalog_is_level_ = true;
  std::vector<Error> warnings_;
  std::mutex catalog_mutex_;
  std::optional<catalog::Catalog> catalog_;
  bool has_own_catalog_ = false;  // in memory, of this reader alone
};

}  // namespace holdfast::vault

// SPDX-License-Identifier: Apache-2.0
// The catalog of one business: SQLite, derived from journal and packs, disposable (P9).
//
// It is tied to the journal by the head it was made for. Rows of a running backup ("open" packs,
// not yet named by the journal) are notes: packs that a later run may adopt. The schema, and all
// SQL, live in this folder.
//
// Durability: a commit is atomic and outlives the process, but is synced only at a checkpoint
// (every 16 MiB or so, and at close): after a power cut the catalog is whole and may be older. The
// journal then says what is missing; a note that is lost costs one more copy of its chunks.
// Writers: one at a time, in any process; callers lock. SQLite 3.40.1 can damage a file that two
// connections write or checkpoint (WAL-reset bug). Readers open read-only, any number, at any time;
// each call sees the newest commit.
// Errors: `damaged` whenever the file is not what was written: the caller sets it aside and
// rebuilds. locked: there is a second writer. no_space, read_only, io: the disk of home. `where` is
// the path. A call that fails has changed nothing.
// Threads: one Catalog object belongs to one thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "firmware/catalog/open_mode.h"
#include "firmware/journal/body.h"
#include "firmware/journal/entry.h"
#include "firmware/journal/entry_range.h"
#include "firmware/pack/format.h"
#include "firmware/pool/pool.h"

namespace holdfast::catalog {

// Where a chunk is, all that is needed to read it.
struct ChunkPlace {
  Digest pack;
  pool::PackHint hint;
  std::uint32_t epoch = 0;
  pack::PackKind kind = pack::PackKind::content;
  pack::IndexRecord record;
};

struct PackRow {
  journal::NewPack pack;
  pool::PackHint hint;
  bool under_protected = false;
  bool lost = false;            // fewer than k shards were there when a run looked
  std::uint64_t entry = 0;      // number of the entry that names it; 0: open
  std::uint64_t condemned = 0;  // number of the prune since which nothing needs it; 0: none

  // No disk could give its index when it was noted: it has no chunks yet, see complete_pack().
  [[nodiscard]] bool index_missing() const { return hint.geometry.k == 0; }
};

struct SnapshotRow {
  journal::Head head;
  journal::EntryKind kind = journal::EntryKind::snapshot;
  Timestamp time;
  journal::SnapshotBody body;     // of a delta without its lists, see Catalog::delta_lists()
  std::vector<std::string> tags;  // those of the body and of tag entries, in order
};

// A hold that stands.
// Whether it is known what a hold on a key stands on.
enum class KeyFound : std::uint8_t {
  never,   // its rows were not looked up yet
  all,     // what rows have led to since then is in held_paths()
  partly,  // once they could not be looked up
};
struct HoldRow {
  std::uint64_t number = 0;  // of its entry
  Timestamp time;
  journal::HoldBody body;  // without what was found
  KeyFound found = KeyFound::never;
};

// An item that a prune took away, whatever snapshots had it.
struct PrunedItem {
  std::string path;
  Digest identity;          // vault::identity_of()
  std::uint8_t reason = 0;  // policy::ItemReason
  Timestamp until;          // from when on it could go
};

// What a prune's entry says.
struct Prune {
  journal::PruneBody body;
  std::vector<PrunedItem> items;  // of body.items
};

struct CondemnedRow {
  Digest name;               // of a pack
  std::uint64_t number = 0;  // of the prune since which nothing needs it
  bool has_chunks = false;   // it has a row, with an index
};

struct PruneRow {
  std::uint64_t number = 0;  // of its entry
  Timestamp decided;         // trusted time
  std::uint64_t items = 0;   // that it took away
  std::uint64_t packs = 0;   // that it condemned
};

struct DroppedRow {
  journal::Head snapshot;
  std::uint64_t prune = 0;  // number of its entry
  std::uint8_t reason = 0;  // policy::SnapshotReason
};

struct DeletedRow {
  std::string path;
  Digest identity;          // vault::identity_of()
  std::uint64_t prune = 0;  // number of the entry of the newest that took it away
  Timestamp decided;        // of that: trusted time
  std::uint8_t reason = 0;  // policy::ItemReason
  Timestamp until;          // from when on it could go
};

class Catalog {
 public:
  // `path` of the SQLite file; ":memory:" works. write: made if missing, with an empty head. read:
  // not_found if missing. damaged: not SQLite, wrong schema or application id, or of another
  // business. Rows are not checked here (that would read the whole file) but as they are read.
  [[nodiscard]] static Result<Catalog> open(const std::string& path, OpenMode mode,
                                            const BusinessId& business);
  ~Catalog();
  Catalog(Catalog&&) noexcept;
  Catalog& operator=(Catalog&&) noexcept;

  [[nodiscard]] Result<journal::Head> head();

  // One transaction: a pack that is durable in the pool, and its chunks, in the order of its index.
  // row.entry and row.lost are not looked at: only apply() names a pack, only mark_lost() marks
  // it. Ignored if the pack is already there.
  [[nodiscard]] Result<void> note_open_pack(const PackRow& row,
                                            const std::vector<pack::IndexRecord>& index);
  // One transaction: hint and chunks of a pack whose index was missing. Any other one stays as it
  // is.
  [[nodiscard]] Result<void> complete_pack(const PackRow& row,
                                           const std::vector<pack::IndexRecord>& index);
  // How it is coded now. An unknown pack, and one whose index is missing, are ignored.
  [[nodiscard]] Result<void> note_coding(const Digest& name, const pool::PackHint& hint,
                                         bool under_protected);
  // Whether too few of its shards are there to be read. An unknown pack is ignored.
  [[nodiscard]] Result<void> mark_lost(const Digest& name, bool lost);
  [[nodiscard]] Result<std::vector<PackRow>> open_packs();  // in the order they were noted
  // Takes an open pack's rows away (it could not be found again in the pool). A named
  // or unknown one stays as it is.
  [[nodiscard]] Result<void> forget_open_pack(const Digest& name);

  // Entries that no disk has stand between head() and `before`, the last of them, which is the head
  // now. They are kept as a gap.
  [[nodiscard]] Result<void> pass_lost_entries(const journal::EntryRange& lost,
                                               const journal::Head& before);
  // Those passed, in order.
  [[nodiscard]] Result<std::vector<journal::EntryRange>> gaps();
  // What lost entries named is not known: packs without a name, which may be theirs, are kept as
  // named by entry `number`. Their rows must be there.
  [[nodiscard]] Result<void> name_found_packs(std::uint64_t number,
                                              const std::vector<journal::NewPack>& packs);
  // Those that no entry named since.
  [[nodiscard]] Result<std::vector<journal::NewPack>> found_packs();
  // One transaction: the entry's row, its packs (which become named, in the entry's order) and the
  // new head. chain_broken unless the entry follows head(). Every pack of the entry must be there
  // already, or `internal`. `snapshot` is empty if the body was dropped; `hold` is the body of a
  // hold or of a release; `policy` is empty if it could not be read. What the signed entry says of
  // a pack replaces what was noted.
  [[nodiscard]] Result<void> apply(const journal::Entry& entry,
                                   const std::optional<journal::SnapshotBody>& snapshot,
                                   const std::optional<journal::TagBody>& tag,
                                   const std::optional<journal::HoldBody>& hold = {},
                                   const std::optional<journal::PolicyBody>& policy = {},
                                   const std::optional<Prune>& prune = {});

  // Every place of the chunk, the best first: packs that are not lost, of these those that are not
  // condemned, named ones before open ones, then the oldest. Empty if unknown.
  [[nodiscard]] Result<std::vector<ChunkPlace>> find_chunk(const Digest& name);
  // A pack of that retention class and kind, named or open, not lost or condemned, none of those
  // in `except`, that has it: a new entry may rely on it, if that names the open packs.
  using PackNames = std::unordered_set<Digest, DigestHash>;
  [[nodiscard]] Result<std::optional<Digest>> find_holder(const Digest& name,
                                                          std::uint32_t retention_class,
                                                          pack::PackKind kind,
                                                          const PackNames& except = {});
  [[nodiscard]] Result<std::optional<PackRow>> find_pack(const Digest& name);
  [[nodiscard]] Result<bool> has_packs();
  [[nodiscard]] Result<bool> has_unindexed_packs();  // some pack is index_missing()
  // Of these and the next ones condemned packs are left out.
  // In order of name. `visit` may read the catalog and mark packs as lost; its error ends the
  // visit.
  [[nodiscard]] Result<void> for_each_pack(
      const std::function<Result<void>(const PackRow&)>& visit);
  // The same for the packs whose names begin with that byte: a 256th of them.
  [[nodiscard]] Result<void> for_each_pack_in(
      std::uint8_t first_byte, const std::function<Result<void>(const PackRow&)>& visit);
  // Counted without a look at each: cheap however many there are.
  struct PackTotals {
    std::uint64_t packs = 0;
    std::uint64_t under_protected = 0;
    std::uint64_t lost = 0;  // as mark_lost() has them
  };
  [[nodiscard]] Result<PackTotals> pack_totals();
  // How many bytes of packs came, less those that prunes condemned, since a snapshot of all that
  // the sources have: the newest one that is not younger than `from`, or else the oldest. Before
  // the first one there is none: what a first backup brings says nothing of the days after it.
  struct Growth {
    Timestamp since;  // that snapshot's time
    std::int64_t bytes = 0;
  };
  [[nodiscard]] Result<std::optional<Growth>> growth(Timestamp from);
  // The index of one pack as it was noted; empty if the pack is unknown.
  [[nodiscard]] Result<std::vector<pack::IndexRecord>> chunks_of(const Digest& pack);

  // The number of the newest prune that took the item away; 0: none did.
  [[nodiscard]] Result<std::uint64_t> deleted_by(std::string_view path, const Digest& identity);
  [[nodiscard]] Result<std::vector<PruneRow>> prunes();               // by number
  [[nodiscard]] Result<std::vector<DroppedRow>> dropped_snapshots();  // by number
  // Items that prunes took away: that one, or all within that folder; empty: all. A path that was
  // several things comes several times. As for_each_pack().
  [[nodiscard]] Result<void> for_each_deleted(
      std::string_view within, const std::function<Result<void>(const DeletedRow&)>& visit);
  // All that were ever condemned, by name, whether or not they have a row.
  [[nodiscard]] Result<std::vector<CondemnedRow>> condemned_packs();
  // One transaction. Its bytes are gone, and so is its index. A pack that no prune condemned stays
  // as it is.
  [[nodiscard]] Result<void> forget_chunks_of(const Digest& condemned_pack);

  [[nodiscard]] Result<std::vector<SnapshotRow>> snapshots();  // by number
  [[nodiscard]] Result<std::uint64_t> count_snapshots();
  [[nodiscard]] Result<std::optional<SnapshotRow>> find_snapshot(std::uint64_t number);
  // From the newest on, by number, to the first one that is wanted.
  using IsWanted = std::function<bool(const SnapshotRow&)>;
  [[nodiscard]] Result<std::optional<SnapshotRow>> find_newest(const IsWanted& is_wanted);
  // Of a delta snapshot, by its number; damaged if there are none.
  [[nodiscard]] Result<journal::DeltaLists> delta_lists(std::uint64_t number);
  // Those that stand, by number.
  [[nodiscard]] Result<std::vector<HoldRow>> holds();
  // What the rows of a hold on a key have led to, by the number of the hold: paths, rising by their
  // bytes.
  [[nodiscard]] Result<std::vector<std::string>> held_paths(std::uint64_t hold);
  // The newest policy entry's digest and number, if one was applied.
  [[nodiscard]] Result<std::optional<journal::Head>> newest_policy();
  // The newest policy whose body could be read, with the longest locks of all that could.
  struct PolicyRow {
    bool is_newest = false;  // no later policy entry was applied
    journal::PolicyBody body;
  };
  [[nodiscard]] Result<std::optional<PolicyRow>> policy_in_force();

  // Rebuilding fast: many packs and entries in one transaction. Not nested. A Catalog that goes, or
  // a commit that fails, takes the whole batch back.
  [[nodiscard]] Result<void> begin();
  // What was done since begin() is as if it had not been.
  void take_back();
  [[nodiscard]] Result<void> commit();

  // Moves all that was committed into the file itself, durable. locked: somebody reads right now.
  // Not within a batch.
  [[nodiscard]] Result<void> checkpoint();

  // Every row of every table that is derived, as text in canonical order, without row ids: two
  // catalogs of the same journal and packs print the same (tests, `catalog rebuild`). Open packs
  // and marks of lost ones are left out.
  [[nodiscard]] Result<void> dump(const std::function<void(const std::string& line)>& visit);

 private:
  struct State;
  [[nodiscard]] Result<void> note_policy(const journal::Entry& entry,
                                         const std::optional<journal::PolicyBody>& policy);
  explicit Catalog(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Renames the file and what SQLite keeps beside it to "<path>.<why>", over what was set aside
// before: kept for whoever wants to know. Ok if there is none. SQLite's files are the one thing in
// the product that lies outside the ports, so this stands here too.
[[nodiscard]] Result<void> set_aside(const std::string& path, const std::string& why);

// Removes the file and what SQLite keeps beside it. Ok if there is none.
[[nodiscard]] Result<void> remove_files(const std::string& path);

// Puts a file that was built beside it in the place of the catalog at `path`, which nobody may have
// open for writing; who reads the old one goes on reading it. `built`: checkpointed and closed.
[[nodiscard]] Result<void> install(const std::string& built, const std::string& path);

}  // namespace holdfast::catalog

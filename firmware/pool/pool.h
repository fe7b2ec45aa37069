// SPDX-License-Identifier: Apache-2.0
// The pool: packs as shards, and small objects as copies, over the disks that are present.
//
// Durability: write_pack() and store_copies() return after what they wrote is durable (files
// synced, renamed, directories synced). P3: any m members may go at any moment. P10: opening
// deletes nothing and writes nothing; foreign disks are never touched. Threads: write_pack,
// open_pack and the copies functions may be called from any thread; create and open are single. A
// Pool owns its disks.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/keys/signer.h"
#include "firmware/pack/writer.h"
#include "firmware/pool/geometry.h"
#include "firmware/pool/label.h"
#include "firmware/pool/member_change.h"
#include "firmware/pool/placement.h"
#include "firmware/pool/scrub.h"
#include "firmware/pool/shard.h"
#include "firmware/pool/shard_census.h"
#include "hal/ports/clock.h"
#include "hal/ports/disk.h"
#include "hal/ports/random.h"

namespace holdfast::pool {

using DiskPointer = std::unique_ptr<ports::Disk>;
class MemberDisk;
class PackCheck;
class RoomClaim;

// Sizes are parameters so that simulation runs with tiny ones.
struct PoolSettings {
  std::uint32_t leaf_size = kLeafSize;
  std::uint64_t disk_reserve = 64 * kMiB;  // never more than 1/16 of the disk
  // Tells which disks are slow (read_pace.h); outlives the pool. Null: none is.
  ports::Clock* clock = nullptr;
  // Of a hundred shards that write_pack() writes so many, drawn by chance, are read back past the
  // system's cache before their pack counts. With more than 0 and less than 100 it needs `random`,
  // which outlives the pool.
  std::uint32_t read_back_percent = 0;
  ports::Random* random = nullptr;
};

// Which shards of a pack are read back before it counts: those that are drawn, or all.
enum class ReadBackShare { sampled, all };

struct CreateOptions {
  GeometryPolicy policy = GeometryPolicy::automatic;
  erasure::Geometry fixed{1, 0};  // with GeometryPolicy::fixed
  bool same_device_allowed = false;
  BoxId box{};
  std::uint32_t incarnation = 1;
  // Of a box without a pool: a first label that one of these signed for it, on a disk with nothing
  // else, was left by a making that was cut, and is taken over. Empty: every label is foreign.
  keys::TrustedSigners trusted{};
  // On which each disk lay when its mount was looked at (Disk::device()): where a folder shows
  // another one by now, nothing is made (disk_not_offered). Empty: nobody looked.
  std::vector<std::uint64_t> devices{};
};

// damaged: its label cannot be read. foreign: no label, or that of another pool or signer. clone: a
// second disk with the id of one that is present. leaving: its shards are to be moved. retired: no
// member any more; read, never written.
enum class DiskState { present, missing, damaged, foreign, leaving, retired, clone };

// At a disk's root: what is written to see that the disk takes it. Nobody reads it.
inline constexpr std::string_view kProbePath = "probe";
enum class ProbedDisk { takes_writes, read_only, full, failed };

struct DiskStatus {
  DiskId id{};
  std::string path{};
  DiskState state = DiskState::present;
  std::uint64_t bytes_total = 0;
  std::uint64_t bytes_free = 0;
  std::uint64_t errors = 0;         // since opening
  bool is_failing = false;          // set_failing()
  bool is_read_only = false;        // its file system is mounted so
  bool is_leaving = false;          // by the record, be it here, damaged or missing
  std::optional<Timestamp> slow{};  // set_slow()
  bool is_bare = false;             // foreign: nobody's label lies there
};

// What is known of a pack elsewhere: geometry and generation as a catalog remembers them, so that
// its shards are found without listing, and its size as the journal has it (0: not known). A wrong
// or missing hint costs time, never correctness.
struct PackHint {
  erasure::Geometry geometry{0, 0};
  std::uint16_t generation = 0;
  std::uint64_t pack_size = 0;  // bytes
};

// One pack's shards, opened as they are needed. Holds open files, and what it decoded of missing
// shards (at most the bytes of the data shards that are gone). One thread at a time; must not
// outlive its Pool.
class PackHandle {
 public:
  virtual ~PackHandle() = default;
  // What the shards in use agree on. Not proved: a call that goes on to other shards changes it.
  [[nodiscard]] virtual const ShardHeader& shape() const = 0;
  // Intact headers of that shape in files of the right size; opens the shards that are not open
  // yet. If they are too few, those of another shape that has enough are used and counted.
  [[nodiscard]] virtual Result<int> shards_present() = 0;
  // Bytes of the pack as the disks give them: a missing shard is decoded, only the leaves needed;
  // CRCs are not looked at. The proof is the caller's (chunk tag, digest). data_lost if fewer than
  // k shards can be read.
  [[nodiscard]] virtual Result<void> read(std::uint64_t offset, ByteSpan out) = 0;
  // The second try after a failed proof: every leaf's CRC is checked and bad leaves are decoded.
  [[nodiscard]] virtual Result<void> read_checked(std::uint64_t offset, ByteSpan out) = 0;
  // The disk that has the shard with this byte of the pack; nothing: it is not to be had, and what
  // it has is decoded.
  [[nodiscard]] virtual Result<std::optional<DiskId>> disk_of(std::uint64_t offset) = 0;
  // The last word: the whole pack, proved by its name, from any k shards of any shape; later calls
  // read as it was found. data_lost beyond repair.
  [[nodiscard]] virtual Result<Buffer> read_whole() = 0;
  // Memory for what was decoded, which is kept for later reads: at most the missing data shards.
  [[nodiscard]] virtual std::uint64_t decoded_bytes() const = 0;
};

struct FoundPack {
  Digest name;
  PackHint hint;
  std::uint64_t size = 0;
  pack::HeaderBytes header{};
};

class Pool {
 public:
  // Writes labels on empty directories (lost+found may lie there, and what a making that was cut
  // has left). disk_not_empty,
  // disk_given_twice, disk_same_device, disk_foreign, bad_geometry, too_few_disks, no_space;
  // nothing is written before all checks have passed. The record is also returned by label() for
  // the witness in home.
  [[nodiscard]] static Result<std::unique_ptr<Pool>> create(std::vector<DiskPointer> disks,
                                                            const CreateOptions& options,
                                                            const PoolSettings& settings,
                                                            const keys::Signer& signer,
                                                            ports::Random& random);
  // The geometry of the pool that create() would make; its errors, but for whether the directories
  // can be written. Writes nothing.
  [[nodiscard]] static Result<erasure::Geometry> check_create(std::span<const DiskPointer> disks,
                                                              const CreateOptions& options,
                                                              const PoolSettings& settings);

  // Assembles the pool from whatever disks are shown, in any order; disks with no readable label of
  // this pool are left out (and reported by status()). `witness`: the record kept in home, empty if
  // none. too_few_disks if no record can be found or trusted; data may still be unreadable.
  [[nodiscard]] static Result<std::unique_ptr<Pool>> open(std::vector<DiskPointer> disks,
                                                          const PoolId& pool,
                                                          const PoolSettings& settings,
                                                          keys::TrustedSigners trusted,
                                                          ByteView witness);
  ~Pool();

  // The member has failed too often of late: shards are written there only where others are too
  // few. The record knows nothing of it. Before use.
  void set_failing(const DiskId& disk);
  // The member was found slow at reading, last at that time. Shown by status() and nothing else:
  // each process measures for itself which disks sit out. Before use.
  void set_slow(const DiskId& disk, Timestamp time);
  // The plain member is away or apart, and what it had lies on others, as far as it ever can: no
  // spare is kept for it any more. Before use.
  void set_healed(const DiskId& disk);
  // The disk is here and only read: it gets no shards, and what lies there is to be made anew on
  // others, as if it were away. Nothing else changes, its record least of all. Before use.
  void set_apart(const DiskId& disk);
  // It is one as all others again, and not healed.
  void take_in(const DiskId& disk);

  [[nodiscard]] const Label& label() const { return label_; }
  // Ok if writing is safe: n-m members present, or the witness agrees with the newest record shown;
  // else too_few_disks, not_newest or fork (exit 13).
  [[nodiscard]] Result<void> writable() const;
  // Plain members that are here and not apart; and those of them that have not failed, and so take
  // shards, full or not.
  [[nodiscard]] std::size_t homes() const;
  [[nodiscard]] std::size_t takers() const;
  // k+m of the record, shrunk to the disks that are present and have not failed, full or not.
  [[nodiscard]] erasure::Geometry write_geometry() const;
  [[nodiscard]] std::vector<DiskStatus> status() const;
  [[nodiscard]] std::uint64_t usable_bytes() const;
  [[nodiscard]] std::uint64_t members_present() const;
  // Bytes of packs that backups can still write on the disks that are here, the spare kept free.
  // Errors of the process.
  [[nodiscard]] Result<std::uint64_t> free_bytes();
  // Bytes that may still be written on that plain member, the spare included: what is moved uses
  // it; nothing if it is not one that is here and takes shards. Errors of the process.
  [[nodiscard]] Result<std::uint64_t> room_on(const DiskId& disk);

  // Members. change() writes the record that follows the one in force: on the disk that joins first
  // (checked by check_new_disk()), then on all present members; it counts when m+1 of the members
  // before and of those after hold it. A cut or an error in between leaves the record before it or
  // one that the next level_labels() completes. On ok the caller keeps what is returned as the
  // witness and opens the pool anew: this object goes on by the record before. One caller at a
  // time, and no writer beside it. As writable(), next_record(), and too_few_disks.
  [[nodiscard]] Result<Label> change(const MemberChange& change, ports::Disk* joining,
                                     const keys::Signer& signer, ports::Random& random);
  // The first record of a new incarnation of the box: the one in force, signed anew. This object
  // goes on by it. Otherwise as change() without any change; not_newest if a disk has a newer one
  // by now.
  [[nodiscard]] Result<void> take_over(std::uint32_t incarnation, const keys::Signer& signer,
                                       keys::TrustedSigners trusted, ports::Random& random);
  // What change() would make of it.
  [[nodiscard]] Result<LabelRecord> plan_change(const MemberChange& change) const;
  // A directory that may become a member: its errors are those of create(). Returns its size in
  // bytes. `for_plan`: writes nothing.
  [[nodiscard]] Result<std::uint64_t> check_new_disk(ports::Disk& disk, bool same_device_allowed,
                                                     bool for_plan);
  // Brings the record in force onto every present member that has another one, or only one copy of
  // it, so that at least quorum_copies() hold it. As writable(), too_few_disks, and the first
  // disk's error. If this completes a change that was cut, the quorum of the record before it must
  // hold the new one as well. A record of a former signer stays as it is.
  [[nodiscard]] Result<void> level_labels(const keys::Signer& signer, keys::TrustedSigners trusted);
  // What that present member makes of a small file that is written there and that nobody reads. A
  // system that makes a file system read-only after an error need not say so (ext4 of Linux 6.16
  // does not): that shows when something is written. Counts for nothing but what is returned.
  // Errors of the process.
  [[nodiscard]] Result<ProbedDisk> probe(const DiskId& disk) const;
  // True if every present member has both copies of the record in force.
  [[nodiscard]] bool labels_are_level() const;
  // What a process that was killed renamed can be seen and may not last: makes the names of all
  // shards on plain members durable. False if a disk failed, which counts against it; errors of the
  // process.
  [[nodiscard]] Result<bool> sync_shard_folders();
  // Every plain member is present, not apart, and has not failed: what none of them has is nowhere.
  [[nodiscard]] bool plain_members_are_here() const;
  // Plain members that are not present, or apart; set_healed() or not.
  [[nodiscard]] std::vector<DiskId> plain_members_away() const;
  // Of them those that are not set_healed(): backups leave the room for what they had.
  [[nodiscard]] HealDue heal_due() const;

  // Codes the pack and writes one shard on each of k+m disks, most free space first, never two on
  // one; a disk that fails, or does not give back what it got, is replaced by another one not yet
  // used; with too few left the pack gets
  // write_geometry(): first less data on a disk, and only then less parity, which makes it
  // under-protected. `closed.bytes` is continued with zeros in place. On ok
  // every shard is durable. pool_full if disks that have not failed lack the room for
  // write_geometry() above what is kept for others (the reserves, and the pool's spare, which is
  // for healing alone), never a thinner pack for that; too_few_disks if all have. Nothing counts
  // then.
  struct Written {
    PackHint hint;
    bool under_protected = false;    // fewer disks may go than the pool's geometry promises
    std::uint64_t bytes_stored = 0;  // of all shard files
  };
  [[nodiscard]] Result<Written> write_pack(pack::ClosedPack& closed,
                                           ReadBackShare share = ReadBackShare::sampled);

  // Disks that were found not to have kept what they called durable, since the pool was opened.
  [[nodiscard]] std::size_t liar_count() const;
  // For a pack of write_pack() that may have shards on such disks: those are looked at, as by
  // scrub_pack(); what they have not kept is removed, and written anew elsewhere as heal_pack()
  // does. One pack by one thread.
  enum class Reproved { whole, thin, lost };
  [[nodiscard]] Result<Reproved> reprove_pack(const Digest& name, const PackHint& hint);

  // not_found if no shard of it is on any present disk (and none is unreadable). `left_out`: as if
  // that disk were not there.
  [[nodiscard]] Result<std::unique_ptr<PackHandle>> open_pack(
      const Digest& name, const PackHint& hint, const std::optional<DiskId>& left_out = {});
  // PackHandle::read_whole() for one time.
  [[nodiscard]] Result<Buffer> read_whole(const Digest& name, const PackHint& hint);

  // Reads every byte of every shard of the pack, parity too, and proves the pack by its name: each
  // byte that is not as it must be is told. What a disk does not give is damage and counts against
  // it; errors of the process end it. not_found as open_pack(). In memory it has the pack; if
  // anything is wrong all its shards, and its missing data once more. Writes nothing.
  [[nodiscard]] Result<ScrubReport> scrub_pack(const Digest& name, const PackHint& hint,
                                               PackMemory& memory);
  [[nodiscard]] Result<ScrubReport> scrub_pack(const Digest& name, const PackHint& hint) {
    PackMemory memory;
    return scrub_pack(name, hint, memory);
  }
  // Of a pack that was proved with what these disks have of it: every byte of every shard is read,
  // and its checksums alone say whether it is as it was. Nothing if anything at all is not as it
  // should be or lies elsewhere, but for shards that are gone, or fewer than k are left: then
  // scrub_pack() finds out what it is. In memory it has a short piece of a shard.
  [[nodiscard]] Result<std::optional<ScrubReport>> sum_pack(const Digest& name,
                                                            const PackHint& hint,
                                                            std::span<const DiskId> proved_on,
                                                            PackMemory& memory);
  // Scrubs, and if the pack proves writes each shard anew that is damaged (in its place) or missing
  // (on a disk that has none of the pack). Each is durable, was read back and compared before it
  // got its name, and the next begins only then: the pack has at no moment less than it had before.
  // What lies only on disks that leave or have left is missing
  // in this sense. A thin pack (under_protected) is then written once more with the pool's
  // geometry, as another generation, if enough disks work and have room beside the spare: what
  // lay there stays. Beyond repair nothing is written. Removes no shard. Done again it writes
  // nothing. Errors: as writable(), not_found, and those of the process, after which what was
  // written stays; a disk that fails is told in the report. One pack is healed by one thread.
  [[nodiscard]] Result<HealReport> heal_pack(const Digest& name, const PackHint& hint,
                                             PackMemory& memory);
  [[nodiscard]] Result<HealReport> heal_pack(const Digest& name, const PackHint& hint) {
    PackMemory memory;
    return heal_pack(name, hint, memory);
  }

  // Scrubs, and removes one file that the pack does not need: a shard that is intact on another
  // plain member too, so that each still has a plain member of its own. Only if every file of the
  // pack is right and all plain members are here; else it is a scrub. No more than one: whatever is
  // wrong with that, the pack lacks one shard, which the next heal writes anew. The one on the
  // disk with the least room goes; durable on ok. Errors as heal_pack(). One pack by one thread,
  // and no heal or change of members beside it.
  [[nodiscard]] Result<TrimReport> trim_pack(const Digest& name, const PackHint& hint,
                                             PackMemory& memory);

  // Every pack with at least one readable shard header on the present disks, once, in order of
  // name. Bounded memory: directory by directory.
  [[nodiscard]] Result<void> list_packs(const std::function<Result<void>(const FoundPack&)>& visit);

  // What lies in the folder of the packs whose names begin with that byte, on every present disk. A
  // folder that cannot be read has nothing to give and counts against its disk; errors of the
  // process only.
  [[nodiscard]] Result<ShardCensus> census(std::uint8_t first_byte);

  // Small objects, the same on every member. Stores on all present members; ok when at least m+1
  // (or all n, if fewer) hold it durably. Parent directories are made.
  [[nodiscard]] Result<void> store_copies(std::string_view path, ByteView bytes);
  // Hands out each present member's copy until `accept` returns true; not_found if no member has
  // it, damaged if none was accepted.
  [[nodiscard]] Result<void> load_copies(std::string_view path, std::uint64_t size_max,
                                         const std::function<bool(ByteView)>& accept);
  // Union of names over present members, sorted.
  [[nodiscard]] Result<std::vector<std::string>> list_copies(std::string_view directory);

  // For the journal, which appends to every member. In order of slot; present ones only.
  struct PresentMember {
    DiskId id;
    ports::Disk* disk = nullptr;
    bool has_failed = false;        // an error was counted against it since the pool was opened
    std::optional<bool> is_slow{};  // at reading; nothing: too little was read to say
    bool has_lied = false;          // it has not kept what it called durable; counted as an error
  };
  [[nodiscard]] std::vector<PresentMember> present_members() const;
  // Copies needed for an object to count: m+1, at most the number of members.
  [[nodiscard]] std::size_t quorum_copies() const;
  // Counts an error against a disk (shown by status); after that the disk gets no new shards.
  void report_error(const DiskId& disk);
  // The same; what it has may still be written anew in its place.
  void report_read_error(const DiskId& disk);

 private:
  struct Placement {
    erasure::Geometry geometry{0, 0};
    std::vector<RoomClaim> claims;  // of shard i: its disk
  };
  using Disks = std::vector<std::unique_ptr<MemberDisk>>;
  using DiskList = std::vector<MemberDisk*>;
  // `labels[i]` is that of `disks[i]`. The one way to make a Pool.
  static std::unique_ptr<Pool> assemble(Label newest, std::vector<DiskPointer> disks,
                                        std::span<const Label> labels,
                                        const PoolSettings& settings);
  Pool(Label label, const PoolSettings& settings);

  [[nodiscard]] DiskList disk_list() const;
  [[nodiscard]] Result<bool> leaves_enough(erasure::Geometry geometry, std::uint64_t shard_bytes);
  // Of all disks that take shards; and of these and those that would, had they not failed. Errors
  // of the process only, as place_as().
  [[nodiscard]] Result<std::vector<DiskRoom>> rooms(bool fresh);
  [[nodiscard]] Result<std::vector<DiskRoom>> rooms_of_plain(bool fresh);
  [[nodiscard]] DiskList current_disks() const;
  // `dropped`: failed for this pack already.
  [[nodiscard]] Result<Placement> place(const pack::ClosedPack& closed, std::uint64_t pack_size,
                                        const DiskList& dropped);
  [[nodiscard]] Result<std::optional<Placement>> place_as(const ShardHeader& header,
                                                          std::span<const Candidate> free);
  // Errors of the process only.
  [[nodiscard]] Result<std::optional<RoomClaim>> place_one(const Digest& pack,
                                                           std::uint64_t file_size,
                                                           const DiskList& used);
  [[nodiscard]] Result<Written> write_shards(pack::ClosedPack& closed, std::uint64_t pack_size,
                                             const PoolSettings& settings);
  [[nodiscard]] Result<bool> lies_on_liar(const Digest& name, const PackHint& hint) const;
  [[nodiscard]] Result<void> check_holders(const LabelRecord& record) const;
  // The intact shards with a disk of their own that stays, by index: its place in disks_.
  [[nodiscard]] std::map<std::uint8_t, std::size_t> spread(const HealReport& report) const;
  [[nodiscard]] MemberDisk& find_disk(const DiskId& id) const;  // one of disks_
  [[nodiscard]] Result<std::size_t> write_label(const Label& label, const DiskList& disks,
                                                const keys::Signer& signer);
  [[nodiscard]] Result<void> heal_in_place(PackCheck& check, HealReport& report);
  [[nodiscard]] Result<void> heal_elsewhere(PackCheck& check, HealReport& report);
  [[nodiscard]] Result<std::optional<ShardState>> find_surplus(const ScrubReport& found);
  [[nodiscard]] Result<bool> are_there(const ScrubReport& found, const ShardState& left_out);
  [[nodiscard]] Result<void> recode(PackCheck& check, PackMemory& memory, HealReport& report);
  [[nodiscard]] Result<std::optional<std::uint16_t>> free_generation(const Digest& pack);
  [[nodiscard]] Result<void> list_directory(
      std::uint8_t first_byte, const std::function<Result<void>(const FoundPack&)>& visit);
  [[nodiscard]] Result<void> for_each_shard_in(
      std::uint8_t first_byte, const std::function<void(const ShardFileName&, MemberDisk&)>& visit);

  Label label_;
  std::optional<LabelRecord> former_;  // which the record in force follows, if that may not count
  PoolSettings settings_;
  Disks disks_;  // in order of slot
  std::vector<DiskStatus> strangers_;
  std::vector<DiskId> healed_;  // set_healed()
  std::optional<Error> not_writable_;
  std::mutex mutex_;  // of placing
};

}  // namespace holdfast::pool

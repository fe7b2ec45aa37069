// SPDX-License-Identifier: Apache-2.0
// The box: its home, its keyring, its pool and the list of its businesses.
//
//   init -> (open) -> create_pool -> add_business -> open_business
//
// Each step is one change of the keyring at most, so a cut between any two operations leaves the
// step before or after it. Opening the box, or a business for reading, writes nothing (P10).
//
// The keyring in home is the authority; it is written first, the copies on the disks follow it.
// What a cut or a failed disk left behind there is brought level by the next opening for writing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/codec/chunker.h"
#include "firmware/journal/body.h"
#include "firmware/journal/journal.h"
#include "firmware/keys/keyring.h"
#include "firmware/policy/disk_watch.h"
#include "firmware/pool/pool.h"
#include "firmware/vault/damaged_copy.h"
#include "hal/ports/clock.h"
#include "hal/ports/disk.h"
#include "hal/ports/random.h"
#include "hal/ports/workers.h"

namespace holdfast::vault {

// Sizes and costs as parameters: simulation runs with tiny ones.
struct VaultSettings {
  pool::PoolSettings pool;
  journal::JournalSettings journal;
  std::uint64_t pack_size = 32 * kMiB;
  std::uint32_t pack_chunks_max = 65536;
  std::uint64_t chunk_size_max = codec::kChunkSizeMax;
  std::size_t node_size_target = 65536;
  // The most that a delta snapshot may say, in records and in bytes of its lists.
  std::uint64_t delta_records_max = 1024;
  std::uint64_t delta_size_max = 64 * kKiB;
  // Of packs with missing disks, what one reader keeps beside the pack that it reads.
  std::uint64_t decoded_bytes_max = 16 * kMiB;
  std::uint8_t scrypt_log2_n = keys::kScryptLog2N;
  // Where the SQLite files of the catalogs are made: kCatalogFolder in home. Empty: in memory
  // (simulation).
  std::string catalog_directory;
};

// Opens the directory as a disk; not_found and not_a_directory as the port says.
using OpenDisk = std::function<Result<pool::DiskPointer>(const std::string& path)>;

// The outside world as the vault sees it. References must outlive the Box.
struct VaultPorts {
  ports::Clock& clock;
  ports::Random& random;
  ports::Workers& workers;
  ports::Disk& home;
  OpenDisk open_disk;
  // "process 1234 on HOST since 2026-…": what a lock file says of its holder.
  std::string holder = {};
};

class Business;
struct FoundBox;

struct BusinessName {
  BusinessId id;
  std::string name;
};

struct AddedBusiness {
  BusinessName name;
  std::uint64_t number = 0;     // of its newest journal entry
  std::vector<Error> warnings;  // Business::warnings()
};

// A disk that is to become a member.
struct JoiningDisk {
  std::string path;  // of the directory
  bool same_device_allowed = false;
  // On which it lay when its mount was looked at: where the path shows another one by now, nothing
  // is written (disk_not_offered). None: nobody looked.
  std::optional<std::uint64_t> device = {};
};

enum class Access { read, write };

// Recovery shares to be made: `count` must be valid, and there must be a folder.
struct SharePlan {
  keys::ShareCount count;
  std::vector<std::string> folders;  // they exist
};

// A slot that goes, and what becomes of the others but the one that this box was opened by, which
// stays: each is in one of the lists.
struct KeyRemoval {
  std::uint32_t number = 0;
  std::vector<keys::KeptSlot> kept;
  std::vector<std::uint32_t> dropped;  // go as well: nobody has what opens them
  std::optional<SharePlan> shares;     // a new set
};

class Box {
 public:
  // Makes keyring and machine key in an empty home. `passphrase`, `shares`: each adds a slot. The
  // files of the shares, which are durable before the keyring that opens with them is written. What
  // check_new_home() and write_new_shares() say.
  using ShareFiles = std::vector<std::string>;
  [[nodiscard]] static Result<ShareFiles> init(const VaultPorts& ports,
                                               const VaultSettings& settings,
                                               std::optional<ByteView> passphrase,
                                               const std::optional<SharePlan>& shares = {});
  // Opens the keyring by machine.key; if that is missing or wrong, by the passphrase that
  // `ask_passphrase` returns (no_key if it returns nothing). no_home; keyring_missing and
  // keyring_damaged, with the path of a copy that machine.key opens if a disk has one. Errors of
  // the process.
  using AskPassphrase = std::function<Result<std::optional<SecretBytes>>()>;
  [[nodiscard]] static Result<std::unique_ptr<Box>> open(const VaultPorts& ports,
                                                         const VaultSettings& settings,
                                                         const AskPassphrase& ask_passphrase);
  // Makes a home of a box that find_box() has found: a new incarnation of it. From ok on a home of
  // the incarnation before is an older copy, which the disks show as soon as they can be written:
  // level_copies(). An error, or a cut, leaves no home, or this one. What check_recovery_home()
  // says; locked.
  [[nodiscard]] static Result<std::unique_ptr<Box>> recover(const VaultPorts& ports,
                                                            const VaultSettings& settings,
                                                            FoundBox found);
  ~Box();

  [[nodiscard]] const keys::Keyring& keyring() const { return keyring_; }
  // New slots. Ok: the keyring that has it is durable in home, and with a pool on at least
  // pool.quorum_copies() disks; those before it stay valid all the time. locked, limit_exceeded
  // with too many slots, what level_copies() says; after an error the slot may be there or not.
  [[nodiscard]] Result<void> add_passphrase(ByteView passphrase);
  // The shares are durable first. What write_new_shares() says.
  [[nodiscard]] Result<ShareFiles> add_shares(const SharePlan& plan);
  // A new root key, which what is removed does not open. Ok: as for a new slot; copies of before
  // count no more, wherever they come back, and `old_copies` are the disks of the pool that have
  // one still, as paths. The new shares are durable first. not_newest: the slots are not those of
  // the plan any more; what Keyring::renew(), write_new_shares() and level_copies() say. An error
  // after home has the new keyring is no error but `not_level`.
  struct RemovedKey {
    ShareFiles files;
    std::vector<std::string> old_copies;
    // Home has the new keyring, and with it the slot is gone; the disks do not all have it yet. The
    // next opening for writing goes on.
    std::optional<Error> not_level;
  };
  [[nodiscard]] Result<RemovedKey> remove_key(KeyRemoval removal);
  // The pool, opened on first use. no_pool.
  [[nodiscard]] Result<pool::Pool*> pool();
  // pool_exists, locked, and what Pool::create says.
  [[nodiscard]] Result<pool::Pool*> create_pool(const std::vector<std::string>& directories,
                                                pool::CreateOptions options);
  // What create_pool() would make: its errors as far as they can be told without writing.
  [[nodiscard]] Result<erasure::Geometry> check_create_pool(
      const std::vector<std::string>& directories, pool::CreateOptions options);
  // Changes the members of the pool by one record, which is in home's witness on ok; pool() is that
  // of the record before until reopen_pool(). `joining`: for change.joins; its path is noted in
  // home first. To be called with all businesses of the box opened for writing, so that nobody
  // writes by the old record. locked, and what Pool::change() says.
  [[nodiscard]] Result<void> change_members(pool::MemberChange change,
                                            const std::optional<JoiningDisk>& joining);
  // Gives the pool up, to be opened by the newest record at its next use. Nobody may hold it: no
  // business is open.
  void reopen_pool() { pool_.reset(); }
  // not_newest: another process has changed the members since the pool was opened.
  [[nodiscard]] Result<void> check_members_newest();
  // What change_members() would make of it, as far as can be told without writing: the same
  // errors. Fills in change.joins.
  [[nodiscard]] Result<pool::LabelRecord> plan_members(pool::MemberChange& change,
                                                       const std::optional<JoiningDisk>& joining);

  // Brings the labels of the present disks, home's witness of them, and then the keyring on the
  // disks level with home's. On ok at least pool.quorum_copies()
  // of them hold it durably. For every opening for writing. home_not_newest, as check_newest();
  // too_few_disks, and the first disk's error.
  [[nodiscard]] Result<void> level_copies();
  // Copies of label and keyring on the present disks that are not what level_copies() would write.
  // Newer ones are none. Reads only; errors of the process, and of home.
  [[nodiscard]] Result<std::vector<DamagedCopy>> damaged_copies();
  // True as long as a recovered box has not told the disks: level_copies() does. The pool must have
  // been opened.
  [[nodiscard]] bool is_takeover_due() const;
  // Ok if no present disk has a keyring of this box that home does not have: this home is no older
  // copy, as far as can be told. Reads only, and passes over what cannot be read. home_not_newest,
  // with the path of the keyring that is ahead; fork, at both paths: a copy of this home has
  // changed its keyring as well; errors of the process.
  [[nodiscard]] Result<void> check_newest();
  // For what writes beside the journals: ok if nothing says that disks or home are older than what
  // is known, or that two homes have written. check_newest(), Pool::writable(), check_quorum() and
  // each live business's Journal::writable(), of which mere damage keeps nobody from mending the
  // rest. Reads only, and needs no lock. What these say; no_pool.
  [[nodiscard]] Result<void> check_safe();
  // Before a change of the keyring: check_safe(). Without a pool it is ok, for home has the only
  // keyring then.
  [[nodiscard]] Result<void> check_keyring_writable();
  // keys_changed: another process has made the box key anew since this box was opened, and nothing
  // new may be sealed to the former one. Errors of home.
  [[nodiscard]] Result<void> check_box_key() const;
  // Directories where members were last seen. bad_pool_file.
  [[nodiscard]] Result<std::vector<std::string>> disk_paths() const;

  [[nodiscard]] std::vector<BusinessName> businesses() const;  // live ones, sorted by name
  // The definition with the new id filled in.
  using WriteDefinition = std::function<std::string(const BusinessId&)>;
  // Makes keys, the first wraps and the first policy entry, with these locks. business_exists,
  // locked, and the pool's errors; an error after the keyring in home was changed leaves a business
  // that its next opening completes; or its next adding by the same definition, or by any one if
  // home has lost it.
  [[nodiscard]] Result<AddedBusiness> add_business(const std::string& name,
                                                   const WriteDefinition& write_definition,
                                                   const journal::LockDays& lock_days = {});
  // business_exists, as add_business() would say.
  [[nodiscard]] Result<void> check_addable(const std::string& name,
                                           const WriteDefinition& write_definition);
  // locked: somebody else writes (Access::write). Reading never waits, and works with what the
  // present disks have: Business::journal().writable() says whether that is all.
  [[nodiscard]] Result<std::unique_ptr<Business>> open_business(const std::string& name,
                                                                Access access);

  // Changes the note of the disks (disk_watch_note.h) while nobody else does. Of no weight: it is
  // not kept while somebody else changes it. Errors of home.
  struct DiskWatch {
    std::vector<policy::WatchedDisk> disks;  // as changed
    bool is_noted = false;                   // so it stands in home, durably
  };
  using ChangeWatch = std::function<void(std::vector<policy::WatchedDisk>&)>;
  [[nodiscard]] Result<DiskWatch> change_disk_watch(const ChangeWatch& change);
  // Before shards are written: disks that are here, and take writes, are healed elsewhere no more,
  // which is durable then; one of which that cannot be noted now gets no shard of this process
  // (Pool::set_apart()). A heal, which holds the lock without which none sets a mark, leaves out
  // only those that have it. Whether one writes again that was read-only is tried. Errors of the
  // process; no_pool.
  enum class Writer { backup, heal };
  [[nodiscard]] Result<void> take_in_disks(Writer writer);

  // Takes that lock of home, for as long as the object lives. locked.
  [[nodiscard]] Result<std::unique_ptr<ports::Lock>> lock(const std::string& name);
  // That of a business, to write: waits a moment for whoever only looks (is_written()). locked.
  [[nodiscard]] Result<std::unique_ptr<ports::Lock>> lock_to_write(const BusinessId& business);
  // Whether anybody has that business open for writing. Errors of home.
  [[nodiscard]] Result<bool> is_written(const BusinessId& business);

  [[nodiscard]] const VaultPorts& ports() const { return ports_; }
  [[nodiscard]] const VaultSettings& settings() const { return settings_; }
  [[nodiscard]] const keys::Signer& signer() const { return *signer_; }
  [[nodiscard]] const std::vector<keys::PublicKey>& trusted() const { return trusted_; }
  [[nodiscard]] const std::string& holder() const { return ports_.holder; }

 private:
  // What opens the keyring. Kept, because a change begins with the keyring as home has it then.
  struct Credential {
    std::optional<SecretKey> machine_key;
    SecretBytes passphrase;  // without a machine key
  };
  [[nodiscard]] static Result<keys::Keyring> open_keyring(ByteView file,
                                                          const Credential& credential);
  [[nodiscard]] static std::optional<std::string> find_copy(const VaultPorts& ports,
                                                            const SecretKey& machine_key);
  Box(const VaultPorts& ports, const VaultSettings& settings, Credential credential,
      keys::Keyring keyring);
  [[nodiscard]] Result<AddedBusiness> finish_adding(const BusinessName& name,
                                                    const WriteDefinition& write_definition,
                                                    const journal::LockDays& lock_days);
  [[nodiscard]] Result<std::unique_ptr<ports::Lock>> try_lock(const std::string& name,
                                                              ports::LockMode mode);
  [[nodiscard]] Result<std::unique_ptr<ports::Lock>> lock_keyring();
  using KeyringChange = std::function<Result<void>(keys::Keyring& keyring)>;
  [[nodiscard]] Result<void> change_keyring(const KeyringChange& change);
  // Under that lock; find_old_copies() also without it.
  [[nodiscard]] Result<keys::Keyring> reload_keyring() const;
  [[nodiscard]] Result<void> store_keyring(keys::Keyring changed);
  [[nodiscard]] Result<std::vector<std::string>> find_old_copies();
  [[nodiscard]] Result<void> level_copies_locked();

  [[nodiscard]] Result<void> find_damaged_labels(const pool::Pool& opened_pool,
                                                 const pool::Pool::PresentMember& member,
                                                 std::vector<DamagedCopy>& found) const;

  // A change of members that was cut is completed here.
  [[nodiscard]] Result<void> level_labels();
  [[nodiscard]] Result<void> level_labels_locked();
  [[nodiscard]] Result<void> list_places();

  [[nodiscard]] Result<pool::Pool*> open_pool(const PoolId& id);
  [[nodiscard]] Result<void> check_no_newer_life(
      const std::vector<std::string>& paths,
      const Result<std::unique_ptr<pool::Pool>>& opened) const;
  [[nodiscard]] Result<pool::DiskPointer> open_joining(const JoiningDisk& joining) const;
  [[nodiscard]] Result<std::vector<pool::DiskPointer>> open_disks(
      const std::vector<std::string>& directories) const;
  // Durable copies on members, against the generation in memory.
  struct CopyCount {
    std::size_t same = 0;
    std::size_t not_older = 0;
  };
  [[nodiscard]] Result<CopyCount> count_copies(pool::Pool& pool) const;
  [[nodiscard]] Result<void> check_copy(const ports::Disk& disk, ByteView copy,
                                        ByteView home_file) const;

  VaultPorts ports_;
  VaultSettings settings_;
  Credential credential_;
  keys::Keyring keyring_;
  std::unique_ptr<keys::Signer> signer_;
  std::vector<keys::PublicKey> trusted_;
  std::unique_ptr<pool::Pool> pool_;
};

// too_few_disks if what is stored as copies could not count with the members present.
[[nodiscard]] Result<void> check_quorum(const pool::Pool& pool);
// Ok if `init` may be run there. home_exists; keyring_missing: a home that has lost no more than
// its keyring is no new one.
[[nodiscard]] Result<void> check_new_home(ports::Disk& folder);
// Files in home (docs/formats.md, section 2).
// Where settings of the product have their catalogs.
inline constexpr std::string_view kCatalogFolder = "catalog";
[[nodiscard]] std::string definition_path(const BusinessId& business);
[[nodiscard]] std::string catalog_file(const std::string& catalog_directory,
                                       const BusinessId& business);

}  // namespace holdfast::vault

// SPDX-License-Identifier: Apache-2.0
// One site of a random world: a box with its home and its disks, the source, and what people do
// with them. Every job is a process of its own: it opens the box, does its work and is gone.
//
// A *position* is a place in the pool: it has one disk at a time. What is promised is promised
// while at most m positions are missing: their disks are not there, or hurt.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "firmware/job/drill.h"
#include "firmware/job/members.h"
#include "firmware/job/prune.h"
#include "firmware/job/recover.h"
#include "firmware/job/tend.h"
#include "firmware/vault/recovery.h"
#include "tests/sim/sim_box.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::worlds {

struct Position {
  std::size_t disk = 0;               // number in Site::disks
  std::optional<std::size_t> coming;  // the disk that is to replace it
  // All that lay there was made anew on other disks, so that it is missing no more.
  bool is_made_up = false;
};

// What is known of a disk from outside.
struct Condition {
  std::size_t troubles = 0;  // that go on
  bool behind = false;       // lacks something, or has something wrong, until it is healed

  [[nodiscard]] bool is_hurt() const { return troubles > 0 || behind; }
};

using ItemDigests = std::map<std::string, Digest>;

struct KeptSnapshot {
  journal::Head head;
  ItemDigests items;
  Timestamp made;  // by the box's clock or the true one, whichever was behind; not later
};

// What a prune may have taken away, also one that was cut; and what one certainly has.
struct Pruned {
  std::set<std::uint64_t> snapshots;  // by number
  std::set<std::string> paths;        // below the source
};

class Site;

// Somebody who looks at what the box has. The site outlives it.
class Reader {
 public:
  Reader(Site& site, std::unique_ptr<vault::Box> box, std::unique_ptr<vault::Business> business);

  [[nodiscard]] Result<std::vector<journal::Head>> snapshots();
  // Number and path of each hold that stands.
  [[nodiscard]] Result<std::map<std::uint64_t, std::string>> holds();
  [[nodiscard]] Result<ItemDigests> restore(std::uint64_t number);
  // The same with what is gone at the source, of what is there; and what is told to be lost.
  struct Left {
    ItemDigests items;
    std::set<std::string> lost;  // paths, with the source's name
    bool lacks_names = false;    // of more that is lost
  };
  [[nodiscard]] Result<Left> restore_what_is_left(std::uint64_t number);

 private:
  [[nodiscard]] Result<job::RestoreReport> restore_to_target(std::uint64_t number, bool gone,
                                                             ItemDigests& items);

  Site& site_;
  std::unique_ptr<vault::Box> box_;
  std::unique_ptr<vault::Business> business_;
};

class Site {
 public:
  // What somebody does while a prune has shown its plan and not yet acted.
  using Meanwhile = std::function<void(const job::PrunePlan& plan)>;

  static constexpr std::size_t kPositions = 6;
  static constexpr std::size_t kBears = 2;  // m of the geometry that six disks get

  Site(std::uint64_t seed, bool catalog_on_disk);

  // Things and hands. None of these is a call of the box.

  std::size_t buy_disk();  // an empty one, plugged in at its own path
  [[nodiscard]] const std::string& path_of(std::size_t disk) const { return names_[disk]; }
  // At its own path; a disk that is there goes to its own.
  void plug(std::size_t disk);
  void pull(std::size_t disk);
  [[nodiscard]] bool is_plugged(std::size_t disk) const;
  [[nodiscard]] bool is_missing(const Position& position) const;
  [[nodiscard]] std::size_t missing() const;
  [[nodiscard]] bool is_bearable() const { return has_home && missing() <= kBears; }
  // All that a home has is gone; it may turn up again, with the box that it was in.
  void lose_home();
  // The catalogs are gone, cut short, or what they were when they were last kept.
  enum class CatalogTrouble { kept, gone, cut, older };
  void trouble_catalogs(CatalogTrouble trouble);
  void write(const std::string& name, ByteView bytes);
  // The machine is off for so long, and starts anew.
  void switch_off(std::int64_t off_ns);
  // Whatever its clock says.
  [[nodiscard]] Timestamp true_now();
  [[nodiscard]] ItemDigests source() { return items_below("/calls"); }
  [[nodiscard]] ItemDigests items_below(const std::string& folder);

  // Jobs.

  [[nodiscard]] vault::VaultPorts ports() { return ports(home); }
  [[nodiscard]] vault::VaultPorts ports(sim::SimDisk& home_of);
  [[nodiscard]] Result<std::unique_ptr<vault::Box>> open() { return open(home); }
  [[nodiscard]] Result<std::unique_ptr<vault::Box>> open(sim::SimDisk& home_of);
  [[nodiscard]] Result<void> set_up();
  [[nodiscard]] Result<job::BackupReport> backup(bool accept_loss = false) {
    return backup(home, accept_loss);
  }
  [[nodiscard]] Result<job::BackupReport> backup(sim::SimDisk& home_of, bool accept_loss = false);
  [[nodiscard]] Result<job::ScrubSummary> scrub(const job::ScrubRequest& request);
  [[nodiscard]] Result<job::TendSummary> tend();
  // Only looks.
  [[nodiscard]] Result<job::TendSummary> look_at_disks();
  // Of the position's disk by the one that is coming.
  [[nodiscard]] Result<job::MemberSummary> replace(const Position& position, bool loss_accepted);
  // One disk more.
  [[nodiscard]] Result<job::MemberSummary> add(std::size_t disk);
  // One less.
  [[nodiscard]] Result<job::MemberSummary> retire(std::size_t disk);
  [[nodiscard]] Result<job::RecoverySummary> recover();
  [[nodiscard]] Result<void> add_passphrase();
  // The one that was added last, if it is not the only one: a new root key.
  [[nodiscard]] Result<void> remove_passphrase();
  [[nodiscard]] Result<std::uint64_t> hold(const std::string& path);
  [[nodiscard]] Result<std::uint64_t> hold(const journal::Head& snapshot);
  // Two people say what time it is, and it is true.
  [[nodiscard]] Result<Timestamp> confirm_time();
  [[nodiscard]] Result<job::PruneReport> prune(const Meanwhile& meanwhile = {});
  [[nodiscard]] Result<job::DrillReport> drill();
  [[nodiscard]] Result<std::unique_ptr<Reader>> read();

  sim::World world;
  sim::SimDisk home;
  sim::SimDisk old_home;  // of the box before the last recovery; may be empty
  sim::SimFiles files;
  sim::SimClock clock;
  sim::SimRandom random;
  sim::SimWorkers workers;
  vault::VaultSettings settings;
  bool has_home = true;
  // More positions were hurt at a time than the pool bears: something may be gone for good.
  bool may_have_lost = false;
  bool came_back_for_reading = false;  // the last recovery saw too few disks to write
  // A backup was acknowledged since the last recovery: from now on nobody else may write.
  bool has_taken_over = false;
  std::vector<std::unique_ptr<sim::SimDisk>> disks;  // every one that there ever was
  std::vector<Condition> conditions;                 // of each
  std::map<std::string, std::size_t> mounts;         // path -> disk
  std::vector<Position> positions;

  // What was acknowledged.
  std::vector<KeptSnapshot> kept_snapshots;
  std::map<std::uint64_t, std::string> kept_holds;
  Pruned may_be_gone;
  Pruned gone;         // nothing brings it back
  std::string broken;  // by a prune, as it was planned

 private:
  [[nodiscard]] Result<pool::DiskPointer> open_disk(const std::string& path);
  [[nodiscard]] Result<vault::FoundBox> find_box();
  // As a person reads them from the list of disks.
  void learn_ids(const pool::Pool& pool);
  [[nodiscard]] std::string name_of_member(std::size_t disk) const;
  [[nodiscard]] Result<job::MemberSummary> change_members(std::optional<std::size_t> joining,
                                                          std::optional<std::size_t> leaving,
                                                          bool loss_accepted);

  [[nodiscard]] source::BusinessDefinition definition() const;
  [[nodiscard]] Result<std::uint64_t> hold(journal::HoldScope scope, const std::string& value);
  // An item by its path, a snapshot by journal::hold_value().
  [[nodiscard]] bool is_held(const std::string& value) const;
  [[nodiscard]] bool is_held(const journal::Head& snapshot) const;
  void judge(const job::PrunePlan& plan);
  [[nodiscard]] std::string judge_versions(const job::PrunePlan& plan);

  // In half of the worlds the lock is the longer one, as after a person made both shorter: then it
  // is the lock that decides. An item stays for either.
  std::uint32_t keep_days_;  // of what is gone at the source
  std::uint32_t lock_days_;  // in force

  std::int64_t before_start_ns_;                    // true time, when the machine was started last
  std::map<std::string, Timestamp> first_written_;  // by name
  std::set<std::string> written_again_;
  test::TemporaryFolder catalogs_;
  test::TemporaryFolder kept_catalogs_;
  std::vector<std::string> names_;          // of disks
  std::map<std::size_t, std::string> ids_;  // of disks that were members and seen
};

}  // namespace holdfast::worlds

// SPDX-License-Identifier: Apache-2.0
// Several machines over the disks of one pool: each has a home of its own and sees the disks that
// its cables reach. Disks, homes and clones can be set back to what they were.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "firmware/job/recover.h"
#include "firmware/vault/recovery.h"
#include "tests/sim/sim_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

using Image = std::map<std::string, Bytes>;  // every file of a disk

inline void add_to_image(sim::SimDisk& disk, const std::string& folder, Image& image) {
  const auto listed = disk.list(folder);
  REQUIRE(listed);
  for (const ports::DirectoryEntry& entry : *listed) {
    const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    if (entry.is_directory) {
      add_to_image(disk, path, image);
    } else {
      image[path] = disk.contents(path).value();
    }
  }
}

inline Image image_of(sim::SimDisk& disk) {
  Image image;
  add_to_image(disk, "", image);
  return image;
}

// From now on the disk has these files and no other.
inline void put_back(sim::SimDisk& disk, const Image& image) {
  for (const auto& [path, bytes] : image_of(disk)) {
    if (!image.contains(path)) disk.erase(path);
  }
  for (const auto& [path, bytes] : image) disk.plant(path, bytes);
}

using DiskNumbers = std::set<std::size_t>;

class Machine {
 public:
  // Both outlive it. It sees every disk, each where it has always been.
  Machine(SimBox& site, sim::SimDisk& home) : site_(site), home_(home) {
    for (std::size_t number = 0; number < site.disks.size(); ++number) {
      mounts_[site.disks[number]->name()] = number;
    }
  }

  Machine& sees(const DiskNumbers& numbers) {
    mounts_.clear();
    for (const std::size_t number : numbers) mounts_[site_.disks[number]->name()] = number;
    return *this;
  }
  Machine& sees_all() {
    mounts_.clear();
    for (std::size_t number = 0; number < site_.disks.size(); ++number) {
      mounts_[site_.disks[number]->name()] = number;
    }
    return *this;
  }
  Machine& sees_not(std::size_t number) {
    std::erase_if(mounts_, [&](const auto& mount) { return mount.second == number; });
    return *this;
  }
  Machine& mounts(std::size_t number, const std::string& path) {
    mounts_[path] = number;
    return *this;
  }

  [[nodiscard]] sim::SimDisk& home() { return home_; }
  [[nodiscard]] bool is_a_box() const { return home_.contents("keyring").has_value(); }

  Result<std::unique_ptr<vault::Box>> open() {
    return vault::Box::open(ports(), site_.settings, [] {
      return Result<std::optional<SecretBytes>>(std::optional<SecretBytes>());
    });
  }
  Result<job::BackupReport> backup() {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::write));
    job::BackupRequest request;
    request.definition.name = "calls";
    request.definition.kind = site_.kind;
    request.definition.sources.push_back({"calls", "/calls", {}, false, {}, 0});
    request.full_interval_ns = site_.full_interval_ns;
    auto report = job::run_backup(*business, site_.files, request);
    was_warned_ = !business->warnings().empty();
    return report;
  }
  // The last backup said that what it wrote counts, and that home could not note it.
  [[nodiscard]] bool was_warned() const { return was_warned_; }
  Result<Contents> restore(std::optional<std::uint64_t> number = {}) {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::read));
    return site_.restore(*business, number);
  }
  // Why nothing may be written, as a reader is told; ok if it may.
  Result<void> may_write() {
    HF_TRY(const auto box, open());
    HF_TRY(const auto pool, box->pool());
    HF_TRY(pool->writable());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::read));
    return business->journal().writable();
  }
  // On the disks that it sees.
  Result<vault::FoundBox> find(const std::string& passphrase) {
    std::vector<std::string> places;
    for (const auto& [path, number] : mounts_) places.push_back(path);
    return vault::find_box([this](const std::string& path) { return open_disk(path); },
                           site_.settings.pool, places,
                           [&](ByteView file) {
                             return keys::Keyring::open_with_passphrase(file, view_of(passphrase));
                           });
  }
  Result<job::RecoverySummary> take(vault::FoundBox found) {
    HF_TRY(const auto box, vault::Box::recover(ports(), site_.settings, std::move(found)));
    return job::complete_recovery(*box, nullptr, nullptr);
  }
  Result<job::RecoverySummary> recover(const std::string& passphrase) {
    HF_TRY(auto found, find(passphrase));
    return take(std::move(found));
  }

  vault::VaultPorts ports() {
    return {site_.clock,
            site_.random,
            site_.workers,
            home_,
            [this](const std::string& path) { return open_disk(path); },
            home_.name()};
  }

 private:
  Result<pool::DiskPointer> open_disk(const std::string& path) {
    const auto mount = mounts_.find(path);
    if (mount == mounts_.end()) return make_error(ErrorCode::not_found, path);
    return pool::DiskPointer(std::make_unique<MountedDisk>(*site_.disks[mount->second], path));
  }

  SimBox& site_;
  sim::SimDisk& home_;
  std::map<std::string, std::size_t> mounts_;  // path -> which disk
  bool was_warned_ = false;
};

inline constexpr const char* kPassphrase = "correct horse";

// Machine `first` has made the pool and two snapshots; `second` has an empty home.
struct Machines : SimBox {
  explicit Machines(std::size_t disk_count = kDisks) {
    while (disks.size() > disk_count) disks.pop_back();
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE((*open())->add_passphrase(view_of(std::string_view(kPassphrase))));
    REQUIRE(add_business());
    first.sees_all();
    second.sees_all();
    for (const char* name : {"a.wav", "b.wav"}) add(name, first);
  }

  // A new call, and a backup of all. What is acknowledged is remembered.
  Result<job::BackupReport> try_add(const std::string& name, Machine& by) {
    write(name, "call " + name + noise());
    auto report = by.backup();
    if (report && report->problems.count == 0) {
      acknowledged.emplace_back(report->snapshot, source());
    }
    return report;
  }
  void add(const std::string& name, Machine& by) {
    const auto report = try_add(name, by);
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
  }
  void check_refused(Machine& by, ErrorCode code) {
    const std::vector<Image> before = images();
    const auto refused = try_add("refused.wav", by);
    files.remove("/calls/refused.wav");
    REQUIRE_FALSE(refused);
    INFO(debug_text(refused.error()));
    CHECK(refused.error().code == code);
    CHECK((images() == before));
  }
  // Every acknowledged snapshot is in the journal as it was, and comes back.
  void check_acknowledged(Machine& by) {
    const auto box = by.open();
    REQUIRE(box);
    const auto business = (*box)->open_business("calls", vault::Access::read);
    INFO((business ? "" : debug_text(business.error())));
    REQUIRE(business);
    const auto rows = (*business)->snapshots();
    REQUIRE(rows);
    for (const auto& [head, contents] : acknowledged) {
      CAPTURE(head.number);
      const auto is_it = [&](const catalog::SnapshotRow& row) { return row.head == head; };
      CHECK(std::ranges::any_of(*rows, is_it));
      const auto restored = restore(**business, head.number);
      INFO((restored ? "" : debug_text(restored.error())));
      REQUIRE(restored);
      CHECK((*restored == contents));
    }
  }
  // With every disk: nothing is lost, and work goes on.
  void check_together(Machine& by) {
    by.sees_all();
    add("together.wav", by);
    check_acknowledged(by);
    CHECK(by.may_write());
  }

  std::vector<Image> images() {
    std::vector<Image> all;
    for (const auto& disk : disks) all.push_back(image_of(*disk));
    return all;
  }
  // Sets these disks back to what they were.
  void put_back(const std::vector<Image>& images, const DiskNumbers& numbers) {
    for (const std::size_t number : numbers) test::put_back(*disks[number], images[number]);
  }
  DiskNumbers others(const DiskNumbers& numbers) const {
    DiskNumbers rest;
    for (std::size_t number = 0; number < disks.size(); ++number) {
      if (!numbers.contains(number)) rest.insert(number);
    }
    return rest;
  }
  std::string noise() {
    Bytes bytes(1500);
    noise_.fill(bytes);
    return {bytes.begin(), bytes.end()};
  }
  // On how many disks that entry's file is as long as on the others is nothing to rely on: the
  // journal is asked, with each disk alone.
  std::size_t holders_of(const journal::Head& head) {
    std::size_t holders = 0;
    for (std::size_t number = 0; number < disks.size(); ++number) {
      Machine alone(*this, first.home());
      const auto box = alone.sees({number}).open();
      const auto business = (*box)->open_business("calls", vault::Access::read);
      if (business && (*business)->journal().head() == head) ++holders;
    }
    return holders;
  }

  sim::SimDisk second_home{world, "/second"};
  Machine first{*this, home};
  Machine second{*this, second_home};
  std::vector<std::pair<journal::Head, Contents>> acknowledged;

 private:
  sim::SimRandom noise_{5};
};

inline std::unique_ptr<Machines> make_site() {
  return std::make_unique<Machines>();
}

// The act is one backup of a new call by the first machine.
inline Result<job::BackupReport> add_by_first(Machines& site) {
  return site.try_add("new.wav", site.first);
}

inline Result<job::RecoverySummary> recover_second(Machines& site) {
  return site.second.recover(kPassphrase);
}

// A backup or a recovery has some hundred operations, a change of members some thousand; about a
// fourth of them are changes.
inline constexpr Strides kMachineStrides{11, 1, 53, 17};
inline constexpr Strides kChangeStrides{41, 3, 211, 101};
// Errors come at so many times as many operations.
inline constexpr std::uint64_t kErrorsAreRarer = 8;

// The power goes, and an error comes, at operations of the act all over.
template <class Make, class Act, class Check>
void sweep_both(const Make& make, const Act& act, const Check& check,
                const Strides& strides = kMachineStrides) {
  const std::uint64_t stride = stride_of(strides);
  sweep_cuts({stride}, make, act, check);
  sweep_errors({stride * kErrorsAreRarer, 1 + stride}, make, act, check);
}

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// A whole appliance in memory: six disks, a home, a source, and words to run it with. Packs, leaves
// and nodes are tiny, so that a few files make several of each.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "firmware/job/backup.h"
#include "firmware/job/restore.h"
#include "firmware/vault/box.h"
#include "firmware/vault/business.h"
#include "hal/sim/clock.h"
#include "hal/sim/disk.h"
#include "hal/sim/files.h"
#include "hal/sim/random.h"
#include "hal/sim/workers.h"
#include "hal/sim/world.h"

namespace holdfast::test {

// Lets the vault own a disk that the test keeps.
class BorrowedDisk : public ports::Disk {
 public:
  explicit BorrowedDisk(ports::Disk& disk) : disk_(disk) {}
  std::string name() const override { return disk_.name(); }
  Result<std::unique_ptr<ports::WriteFile>> create(std::string_view path) override {
    return disk_.create(path);
  }
  Result<std::unique_ptr<ports::WriteFile>> open_append(std::string_view path) override {
    return disk_.open_append(path);
  }
  Result<std::unique_ptr<ports::ReadFile>> open(std::string_view path) override {
    return disk_.open(path);
  }
  Result<std::unique_ptr<ports::ReadFile>> open_fresh(std::string_view path) override {
    return disk_.open_fresh(path);
  }
  Result<void> rename(std::string_view from, std::string_view to) override {
    return disk_.rename(from, to);
  }
  Result<void> remove(std::string_view path) override { return disk_.remove(path); }
  Result<void> make_directory(std::string_view path) override { return disk_.make_directory(path); }
  Result<void> sync_directory(std::string_view path) override { return disk_.sync_directory(path); }
  Result<std::vector<ports::DirectoryEntry>> list(std::string_view path) override {
    return disk_.list(path);
  }
  Result<std::uint64_t> size_of(std::string_view path) override { return disk_.size_of(path); }
  Result<ports::Space> space() override { return disk_.space(); }
  Result<std::uint64_t> device() override { return disk_.device(); }
  Result<std::unique_ptr<ports::Lock>> lock(std::string_view path, ports::LockMode mode,
                                            std::string_view holder) override {
    return disk_.lock(path, mode, holder);
  }

 private:
  ports::Disk& disk_;
};

// A disk that somebody has mounted at that path.
class MountedDisk final : public BorrowedDisk {
 public:
  MountedDisk(ports::Disk& disk, std::string path) : BorrowedDisk(disk), path_(std::move(path)) {}
  std::string name() const override { return path_; }

 private:
  std::string path_;
};

using Contents = std::map<std::string, Bytes>;  // path below the source or target -> bytes

inline vault::VaultSettings tiny_settings() {
  vault::VaultSettings settings;
  settings.pool.leaf_size = 64;
  settings.pool.disk_reserve = 0;
  settings.journal.segment_size_max = 2048;
  settings.pack_size = 4096;
  settings.chunk_size_max = 1024;
  settings.node_size_target = 512;
  settings.scrypt_log2_n = 10;
  return settings;
}

class SimBox {
 public:
  static constexpr std::size_t kDisks = 6;

  explicit SimBox(std::uint64_t seed = 1)
      : world(seed), home(world, "/home"), files(world), clock(start()), random(seed) {
    for (std::size_t i = 0; i < kDisks; ++i) {
      disks.push_back(std::make_unique<sim::SimDisk>(world, "/disk" + std::to_string(i)));
    }
    files.add_folder("/calls");
  }

  vault::VaultPorts ports() {
    return {
        clock, random, workers, home, [this](const std::string& path) { return open_disk(path); },
        "test"};
  }

  Result<pool::DiskPointer> open_disk(const std::string& path) {
    if (ask_open) {
      if (const auto code = ask_open(path)) return make_error(*code, path);
    }
    for (const auto& disk : disks) {
      if (disk->name() == path && missing.count(path) == 0) {
        return pool::DiskPointer(std::make_unique<BorrowedDisk>(*disk));
      }
    }
    return make_error(ErrorCode::not_found, path);
  }

  std::vector<std::string> disk_names() const {
    std::vector<std::string> names;
    for (const auto& disk : disks) names.push_back(disk->name());
    return names;
  }

  static Timestamp start() { return Timestamp{1'767'225'600'000'000'000}; }  // 2026-01-01

  // The steps of a first day. Each returns the step's error.
  Result<void> init() {
    HF_TRY(const auto shares, vault::Box::init(ports(), settings, std::nullopt));
    static_cast<void>(shares);
    return {};
  }
  Result<std::unique_ptr<vault::Box>> open() {
    return vault::Box::open(ports(), settings, [] {
      return Result<std::optional<SecretBytes>>(std::optional<SecretBytes>());
    });
  }
  Result<void> create_pool() {
    HF_TRY(const auto box, open());
    HF_TRY(const auto pool, box->create_pool(disk_names(), {}));
    static_cast<void>(pool);
    return {};
  }
  Result<void> add_business(const std::string& called = "calls") {
    HF_TRY(const auto box, open());
    HF_TRY(const auto name, box->add_business(called, [](const BusinessId& id) {
      return "id = \"" + id.hex() + "\"\n";
    }));
    static_cast<void>(name);
    return {};
  }
  Result<job::BackupReport> backup() { return backup(files); }
  Result<job::BackupReport> backup(ports::Files& source) {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::write));
    return job::run_backup(*business, source, backup_request());
  }
  job::BackupRequest backup_request() {
    job::BackupRequest request;
    request.definition.name = "calls";
    request.definition.kind = kind;
    request.definition.sources.push_back({"calls", "/calls", {}, false, {}, retention_class});
    request.paths = only_paths;
    request.stop = &stop;
    request.accept_loss = accept_loss;
    request.full_interval_ns = full_interval_ns;
    return request;
  }
  // What restoring that snapshot into an empty folder makes; "latest" without a number.
  Result<Contents> restore(std::optional<std::uint64_t> number = std::nullopt) {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::read));
    return restore(*business, number);
  }
  Result<Contents> restore(vault::Business& business, std::optional<std::uint64_t> number) {
    job::RestoreRequest request;
    HF_TRY(request.selection.snapshot, business.find_snapshot({number, {}, {}}));
    request.target = "/target" + std::to_string(++targets_);
    HF_TRY(const auto report, job::run_restore(business, files, request));
    if (report.ended) return *report.ended;
    if (report.lost.count != 0) return report.lost.kept.front().error;
    if (report.failed.count != 0) return report.failed.kept.front().error;
    return read_tree(request.target + "/calls");
  }

  void write(const std::string& name, const std::string& text) {
    files.write_file("/calls/" + name, view_of(text));
  }
  // Both read without counting operations of the world.
  Contents read_tree(const std::string& path) {
    Contents contents;
    collect(files.node(path), "", contents);
    return contents;
  }
  Contents source() { return read_tree("/calls"); }

  sim::World world;
  sim::SimDisk home;
  std::vector<std::unique_ptr<sim::SimDisk>> disks;
  std::map<std::string, bool> missing;
  // Asked before each opening of a disk; an answer makes it fail with that.
  std::function<std::optional<ErrorCode>(const std::string& path)> ask_open;
  sim::SimFiles files;
  sim::SimClock clock;
  sim::SimRandom random;
  sim::SimWorkers workers;
  vault::VaultSettings settings = tiny_settings();
  source::BusinessKind kind = source::BusinessKind::archive;
  std::uint32_t retention_class = 0;    // of the source
  std::vector<std::string> only_paths;  // that a backup looks at; none: everything
  bool accept_loss = false;
  std::int64_t full_interval_ns = job::kFullInterval_ns;
  job::StopFlag stop = false;

 private:
  void collect(const sim::FileNode& folder, const std::string& prefix, Contents& out) {
    for (const auto& [name, node] : folder.children) {
      std::string path = prefix;
      if (!path.empty()) path += "/";
      path += name;
      if (node->status.type == ports::FileType::directory) collect(*node, path, out);
      if (node->status.type == ports::FileType::regular) out[path] = node->bytes;
    }
  }
  int targets_ = 0;
};

}  // namespace holdfast::test

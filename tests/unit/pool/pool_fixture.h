// SPDX-License-Identifier: Apache-2.0
// A pool on simulated disks that outlive it: tests pull, fill, spoil and swap them and open again.
#pragma once

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "firmware/keys/signer.h"
#include "firmware/pool/pool.h"
#include "hal/sim/disk.h"
#include "hal/sim/random.h"
#include "hal/sim/world.h"

namespace holdfast::pool {

// What readers asked of the disks.
struct ReadCounters {
  std::atomic<std::uint64_t> bytes = 0;
  std::atomic<std::uint64_t> opened = 0;
  std::atomic<std::uint64_t> opened_fresh = 0;  // not among them
};

class CountedFile final : public ports::ReadFile {
 public:
  CountedFile(std::unique_ptr<ports::ReadFile> file, ReadCounters& counters)
      : file_(std::move(file)), counters_(counters) {}
  [[nodiscard]] std::uint64_t size() const override { return file_->size(); }
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, ByteSpan out) override {
    counters_.bytes += out.size();
    return file_->read(offset, out);
  }

 private:
  std::unique_ptr<ports::ReadFile> file_;
  ReadCounters& counters_;
};

// A Pool owns its disks, the fixture owns the simulated ones.
class BorrowedDisk : public ports::Disk {
 public:
  // `name`: another path to it.
  BorrowedDisk(sim::SimDisk& disk, ReadCounters& counters, std::string name = {})
      : disk_(disk), counters_(counters), name_(name.empty() ? disk.name() : std::move(name)) {}
  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] Result<std::unique_ptr<ports::WriteFile>> create(std::string_view path) override {
    return disk_.create(path);
  }
  [[nodiscard]] Result<std::unique_ptr<ports::WriteFile>> open_append(
      std::string_view path) override {
    return disk_.open_append(path);
  }
  [[nodiscard]] Result<std::unique_ptr<ports::ReadFile>> open(std::string_view path) override {
    HF_TRY(auto file, disk_.open(path));
    ++counters_.opened;
    return std::unique_ptr<ports::ReadFile>(
        std::make_unique<CountedFile>(std::move(file), counters_));
  }
  [[nodiscard]] Result<std::unique_ptr<ports::ReadFile>> open_fresh(
      std::string_view path) override {
    HF_TRY(auto file, disk_.open_fresh(path));
    ++counters_.opened_fresh;
    return file;
  }
  [[nodiscard]] Result<void> rename(std::string_view from, std::string_view to) override {
    return disk_.rename(from, to);
  }
  [[nodiscard]] Result<void> remove(std::string_view path) override { return disk_.remove(path); }
  [[nodiscard]] Result<void> make_directory(std::string_view path) override {
    return disk_.make_directory(path);
  }
  [[nodiscard]] Result<void> sync_directory(std::string_view path) override {
    return disk_.sync_directory(path);
  }
  [[nodiscard]] Result<std::vector<ports::DirectoryEntry>> list(std::string_view path) override {
    return disk_.list(path);
  }
  [[nodiscard]] Result<std::uint64_t> size_of(std::string_view path) override {
    return disk_.size_of(path);
  }
  [[nodiscard]] Result<ports::Space> space() override { return disk_.space(); }
  [[nodiscard]] Result<std::uint64_t> device() override { return disk_.device(); }
  [[nodiscard]] Result<std::unique_ptr<ports::Lock>> lock(std::string_view path,
                                                          ports::LockMode mode,
                                                          std::string_view holder) override {
    return disk_.lock(path, mode, holder);
  }

 private:
  sim::SimDisk& disk_;
  ReadCounters& counters_;
  std::string name_;
};

class PoolFixture {
 public:
  explicit PoolFixture(std::size_t disk_count, std::uint64_t seed = 1)
      : world(seed), random(seed), signer(random.key()) {
    settings.leaf_size = 64;
    settings.disk_reserve = 1024;
    for (std::size_t i = 0; i < disk_count; ++i) add_disk();
  }

  sim::SimDisk& add_disk() {
    disks.push_back(std::make_unique<sim::SimDisk>(world, "/disk" + std::to_string(disks.size())));
    return *disks.back();
  }

  [[nodiscard]] std::vector<std::size_t> all() const {
    std::vector<std::size_t> numbers(disks.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
    return numbers;
  }
  [[nodiscard]] std::vector<std::size_t> without(std::vector<std::size_t> gone) const {
    std::vector<std::size_t> numbers = all();
    std::erase_if(numbers, [&](std::size_t i) {
      return std::find(gone.begin(), gone.end(), i) != gone.end();
    });
    return numbers;
  }
  [[nodiscard]] std::vector<DiskPointer> lend(const std::vector<std::size_t>& numbers) {
    std::vector<DiskPointer> lent;
    for (const std::size_t i : numbers) {
      lent.push_back(std::make_unique<BorrowedDisk>(*disks[i], counters));
    }
    return lent;
  }

  [[nodiscard]] Result<std::unique_ptr<Pool>> try_create(const CreateOptions& options = {}) {
    return Pool::create(lend(all()), options, settings, signer, random);
  }
  // Also remembers the pool's id and its record, as home does.
  std::unique_ptr<Pool> create() {
    auto made = try_create();
    REQUIRE(made);
    id = (*made)->label().record.pool;
    witness = (*made)->label().record_bytes;
    return std::move(*made);
  }
  [[nodiscard]] Result<std::unique_ptr<Pool>> try_open(const std::vector<std::size_t>& numbers,
                                                       ByteView with_witness) {
    return Pool::open(lend(numbers), id, settings, trusted(), with_witness);
  }
  std::unique_ptr<Pool> open(const std::vector<std::size_t>& numbers) {
    auto opened = try_open(numbers, witness);
    REQUIRE(opened);
    return std::move(*opened);
  }
  [[nodiscard]] keys::TrustedSigners trusted() const { return {&signer.public_key(), 1}; }

  // Not a real pack but that it begins with its header: the pool does not look further inside.
  [[nodiscard]] pack::ClosedPack make_pack(std::size_t size = 3000) {
    pack::ClosedPack closed;
    closed.bytes.resize(size);
    random.fill(closed.bytes.span());
    std::copy_n(closed.bytes.data(), closed.header.size(), closed.header.begin());
    closed.name = sha256(closed.bytes.view());
    return closed;
  }
  // Where shard `index` lies: the disk's number; disks.size() if on none.
  [[nodiscard]] std::size_t disk_of(const Digest& pack, std::uint8_t index,
                                    std::uint16_t generation = 0) const {
    std::size_t i = 0;
    while (i < disks.size() && !disks[i]->contents(shard_path(pack, generation, index))) ++i;
    return i;
  }

  sim::World world;
  sim::SimRandom random;
  keys::Signer signer;
  PoolSettings settings;
  ReadCounters counters;
  std::vector<std::unique_ptr<sim::SimDisk>> disks;
  PoolId id;
  Bytes witness;
};

inline Bytes bytes_of(const pack::ClosedPack& pack) {
  return {pack.bytes.data(), pack.bytes.data() + pack.bytes.size()};
}

// The whole pack through its handle, in steps.
inline Result<Bytes> read_in_steps(PackHandle& handle, std::uint64_t step) {
  Bytes all(static_cast<std::size_t>(handle.shape().pack_size));
  for (std::size_t at = 0; at < all.size(); at += step) {
    const std::size_t size = std::min<std::size_t>(step, all.size() - at);
    HF_TRY(handle.read(at, ByteSpan(all).subspan(at, size)));
  }
  return all;
}

template <class T>
ErrorCode code_of(const Result<T>& result) {
  REQUIRE(!result);
  return result.error().code;
}

}  // namespace holdfast::pool

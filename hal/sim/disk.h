// SPDX-License-Identifier: Apache-2.0
// Simulated: a disk in memory that keeps the contract of ports/disk.h to the letter and no better:
// what was not synced is at the mercy of World::crash(). It can also be pulled and put back, fill
// up, become read-only, rot, and do wrong by itself (fault_plan.h).
#pragma once

#include <limits>
#include <optional>

#include "hal/ports/disk.h"
#include "hal/sim/clock.h"
#include "hal/sim/fault_plan.h"
#include "hal/sim/medium.h"

namespace holdfast::sim {

class SimDisk final : public ports::Disk, private Crashable {
 public:
  // `name` is what ports::Disk::name() says; each disk is a device of its own.
  SimDisk(World& world, std::string name);
  ~SimDisk() override;
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] Result<std::unique_ptr<ports::WriteFile>> create(std::string_view path) override;
  [[nodiscard]] Result<std::unique_ptr<ports::WriteFile>> open_append(
      std::string_view path) override;
  [[nodiscard]] Result<std::unique_ptr<ports::ReadFile>> open(std::string_view path) override;
  [[nodiscard]] Result<std::unique_ptr<ports::ReadFile>> open_fresh(std::string_view path) override;
  [[nodiscard]] Result<void> rename(std::string_view from, std::string_view to) override;
  [[nodiscard]] Result<void> remove(std::string_view path) override;
  [[nodiscard]] Result<void> make_directory(std::string_view path) override;
  [[nodiscard]] Result<void> sync_directory(std::string_view path) override;
  [[nodiscard]] Result<std::vector<ports::DirectoryEntry>> list(std::string_view path) override;
  [[nodiscard]] Result<std::uint64_t> size_of(std::string_view path) override;
  [[nodiscard]] Result<ports::Space> space() override;
  [[nodiscard]] Result<std::uint64_t> device() override;
  [[nodiscard]] Result<std::unique_ptr<ports::Lock>> lock(std::string_view path,
                                                          ports::LockMode mode,
                                                          std::string_view holder) override;

  // What happens to disks. None of these is an operation of the world.

  // Pulled out: for this disk alone that is a crash, and every call fails with io until it is back.
  void vanish(CrashChoice choice = {});
  void return_();
  // Bytes of all files together; an append that does not fit is written in part.
  void set_capacity(std::uint64_t bytes);
  // `is_told`: by space(). Systems need not tell after an error of their own.
  void set_read_only(bool read_only, bool is_told = true);
  void set_device(std::uint64_t device);
  // From now on; faults of before are over, what they did stays. `clock` outlives the disk; delays
  // pass on it. Null: calls take no time.
  void set_faults(const DiskFaults& faults, SimClock* clock = nullptr);

  // What tests do to the medium itself, at once and durably. The path must exist, except plant()'s,
  // which makes its directories and replaces a file.
  void flip_bit(std::string_view path, std::uint64_t offset, unsigned bit = 0);
  void plant(std::string_view path, ByteView bytes);
  void erase(std::string_view path);
  // No read of that file works any more, until another one has its name.
  void spoil(std::string_view path);
  // All that is on the disk, and a disk that has become as one was: an older copy, a clone, another
  // box's disk. Open files and locks are dead then.
  [[nodiscard]] NodePointer image() const;
  void become(const Node& image);
  [[nodiscard]] std::vector<std::string> files() const;
  // As a reader would see it now; nothing if there is no such file.
  [[nodiscard]] std::optional<Bytes> contents(std::string_view path) const;

 private:
  class SimWriteFile;
  class SimReadFile;
  class SimLock;
  enum class Kind { read, change, sync };
  // A directory and a name in it, which may or may not be taken.
  struct Place {
    NodePointer directory;
    std::string name;
    NodePointer node;  // null if the name is free
  };

  // Runs `body` (which returns a Result) as one operation of the world.
  template <class Body>
  auto run(Kind kind, std::string_view operation, std::string_view path, Body body)
      -> decltype(body());
  [[nodiscard]] Step begin(Kind kind, std::string_view operation, std::string_view path,
                           std::span<const ByteView> bytes);
  void crash(CrashPolicy policy, Generator& generator) override;
  // What the dice say of a call that nothing else fails.
  void throw_dice(Kind kind, std::string_view operation, std::string_view path, Step& step);
  // The last `count` bytes of `node` were just written.
  void misplace(Node& node, std::size_t count);
  void falsify(ByteSpan out);
  [[nodiscard]] NodePointer some_file();

  [[nodiscard]] std::string where(std::string_view path) const;
  [[nodiscard]] Error error(ErrorCode code, std::string_view path) const;
  [[nodiscard]] Result<NodePointer> find(std::string_view path) const;
  [[nodiscard]] Result<NodePointer> find_directory(std::string_view path) const;
  [[nodiscard]] Result<NodePointer> find_file(std::string_view path) const;
  [[nodiscard]] Result<Place> find_place(std::string_view path) const;
  [[nodiscard]] Result<void> refuse_if_read_only(std::string_view path) const;
  [[nodiscard]] Result<void> refuse_replacing(const Node& node, const Place& target,
                                              std::string_view to) const;
  // What an append may still take.
  [[nodiscard]] std::uint64_t free_bytes() const;

  static constexpr std::uint64_t kUnlimited = std::uint64_t{1} << 40;

  World& world_;
  std::string name_;
  NodePointer root_;
  std::uint64_t capacity_ = kUnlimited;
  std::uint64_t device_;
  bool read_only_ = false;
  bool tells_read_only_ = true;
  bool vanished_ = false;
  DiskFaults faults_;
  Dice dice_;
  SimClock* clock_ = nullptr;
  std::uint64_t life_ = 0;  // files and locks of an earlier life are dead
};

}  // namespace holdfast::sim

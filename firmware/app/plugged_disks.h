// SPDX-License-Identifier: Apache-2.0
// What is plugged into the box beside the disks of its pool, for whoever is to add or replace one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware/app/session.h"
#include "hal/ports/mounts.h"

namespace holdfast::app {

// As the system tells it, of one moment.
struct Plugged {
  std::vector<ports::BlockDisk> disks;
  std::vector<ports::Mount> mounts;  // that can be reached
  std::vector<ports::Mount> all;     // every line: what lies on what

  // nullptr if there is none, or not any more.
  [[nodiscard]] const ports::BlockDisk* disk(const std::string& name) const;
  // Whose path it is exactly; nullptr if that is no mount.
  [[nodiscard]] const ports::Mount* mount_at(const std::string& path) const;
  // The disks that hold the file system of that path, absolute and without links. Empty: none, or
  // nobody knows which (a share, memory, ZFS).
  [[nodiscard]] std::vector<std::string> disks_below(const std::string& path) const;
};
[[nodiscard]] Result<Plugged> look_at_plugged(Session& session);

[[nodiscard]] bool share_a_disk(const std::vector<std::string>& left,
                                const std::vector<std::string>& right);

// Of the members that are here: of one that is away nobody knows on what it lies.
[[nodiscard]] std::vector<std::string> places_at_work(const pool::Pool& pool);

// Mounts that nobody uses for the system, for home or for a member of the pool (`members`, by their
// places): those that may be offered, or must be refused with a reason. None of them is touched.
[[nodiscard]] Result<std::vector<ports::Mount>> spare_mounts(
    Session& session, const Plugged& plugged, const std::vector<std::string>& members);

// Disks of which nothing is mounted or otherwise used, as far as the system tells.
[[nodiscard]] std::vector<ports::BlockDisk> unmounted_disks(const Plugged& plugged);

// disk_same_device: of these folders one at `joining` or later lies on a disk that one before it
// lies on: two partitions of it, volumes or trees. Paths absolute, without links.
[[nodiscard]] Result<void> check_no_disk_shared(const Plugged& plugged,
                                                const std::vector<std::string>& folders,
                                                std::size_t joining);

// The folder of a disk that is to join: absolute, without links. Beside the path itself its escaped
// text is taken, which is how tables and documents show an odd one.
[[nodiscard]] Result<std::string> resolve_disk(Session& session, const std::string& word);
// A disk's whole path, by any of its names; of an absent disk, of the path where it was. What is no
// path is taken as it is: it may be an id.
[[nodiscard]] std::string place_of(Session& session, const pool::Pool& pool,
                                   const std::string& word);

// {name, bytes, model, serial, by_path}: null where nobody tells.
void write_hardware(JsonWriter& json, const ports::BlockDisk& disk);
// "sdb · WDC WD80 · VDH123 · pci-0000:00:17.0-ata-3".
[[nodiscard]] std::string hardware_text(const ports::BlockDisk& disk);

}  // namespace holdfast::app

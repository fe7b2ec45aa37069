// SPDX-License-Identifier: Apache-2.0
// Directories that are to become disks of a pool: what is looked at before, what is made on them
// first, and how they are given back.
#pragma once

#include <array>
#include <span>

#include "firmware/pool/pool.h"

namespace holdfast::pool {

inline constexpr std::array<std::string_view, 2> kLabelCopies = {"label.a", "label.b"};

using DiskViews = std::span<const DiskPointer>;

// Empty, but for lost+found and what a making that was cut leaves; labels only as `maker.trusted`
// says. disk_foreign, disk_not_empty.
[[nodiscard]] Result<void> check_empty(ports::Disk& disk, const CreateOptions& maker = {});
// disk_not_offered: it lies on another device than the one that was looked at.
[[nodiscard]] Result<void> check_device(ports::Disk& disk, std::uint64_t device);
// disk_is_member: a label of this pool lies there. {place}: where the record has that member;
// {left}: it is none any more. Neither where the label does not prove.
[[nodiscard]] Result<void> check_no_member(ports::Disk& disk, const LabelRecord& record,
                                           keys::TrustedSigners trusted);
// Every directory once, and each on a device of its own: disk_given_twice, disk_same_device.
[[nodiscard]] Result<void> check_distinct(DiskViews disks, bool same_device_allowed);
// Writes a file on every disk and removes it: that shows a directory given by two paths, too.
[[nodiscard]] Result<void> check_writable(DiskViews disks);
[[nodiscard]] Result<void> check_writable(ports::Disk& disk);
// Bytes of the file system. no_space: no room above the {reserve}, bytes.
[[nodiscard]] Result<std::uint64_t> check_space(ports::Disk& disk, const PoolSettings& settings);

// The folders of a pool disk, durably.
[[nodiscard]] Result<void> make_folders(ports::Disk& disk);
// The disk was empty before: makes it so again, as far as it lets us.
void give_back(ports::Disk& disk);

}  // namespace holdfast::pool

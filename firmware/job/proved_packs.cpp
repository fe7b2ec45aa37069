// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/proved_packs.h"

#include <algorithm>
#include <string>

#include "firmware/erasure/crc32c.h"

namespace holdfast::job {

namespace {

constexpr std::string_view kFolder = "proved";
constexpr std::string_view kMagic = "HF.PROVD";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kDisksMax = 32;  // bits of a pack's disks
constexpr std::size_t kRecordSize = 32 + 4;
constexpr std::uint64_t kSizeMax = 256 * kMiB;

std::string path_of(std::size_t number) {
  return std::string(kFolder) + "/" + "0123456789abcdef"[number];
}

}  // namespace

ProvedPacks ProvedPacks::load(ports::Disk& home) {
  ProvedPacks packs;
  for (std::size_t number = 0; number < kParts; ++number) {
    const auto bytes = ports::load(home, path_of(number), kSizeMax);
    if (!bytes && bytes.error().code == ErrorCode::not_found) continue;
    auto part = bytes ? parse(*bytes, number) : std::nullopt;
    if (part) {
      packs.parts_[number] = std::move(*part);
    } else {
      packs.parts_[number].is_unread = true;
    }
  }
  return packs;
}

std::vector<DiskId> ProvedPacks::disks_of(const Digest& pack) const {
  std::vector<DiskId> disks;
  const Part& part = parts_[part_of(pack)];
  const auto found = part.packs.find(pack);
  if (found == part.packs.end()) return disks;
  for (std::size_t i = 0; i < part.disks.size(); ++i) {
    if ((found->second >> i & 1) != 0) disks.push_back(part.disks[i]);
  }
  return disks;
}

void ProvedPacks::add(const Digest& pack, std::span<const DiskId> disks) {
  Part& part = parts_[part_of(pack)];
  std::uint32_t bits = 0;
  for (const DiskId& disk : disks) {
    auto place = std::ranges::find(part.disks, disk);
    if (place == part.disks.end()) {
      // Disks that left years ago have taken all numbers: this part begins anew.
      if (part.disks.size() == kDisksMax) {
        part = {};
        part.is_unread = true;
        return add(pack, disks.first(std::min(disks.size(), kDisksMax)));
      }
      place = part.disks.insert(place, disk);
    }
    bits |= std::uint32_t{1} << (place - part.disks.begin());
  }
  std::uint32_t& known = part.packs[pack];
  part.is_changed = part.is_changed || known != bits;
  known = bits;
}

bool ProvedPacks::remove(const Digest& pack) {
  Part& part = parts_[part_of(pack)];
  const bool was_there = part.packs.erase(pack) > 0;
  part.is_changed = part.is_changed || was_there || part.is_unread;
  return was_there || part.is_unread;
}

void ProvedPacks::clear() {
  for (Part& part : parts_) {
    part = {};
    part.is_changed = true;
  }
}

Result<void> ProvedPacks::store(ports::Disk& home) {
  Result<void> all;
  for (std::size_t number = 0; number < kParts; ++number) {
    Part& part = parts_[number];
    if (!part.is_changed) continue;
    auto done = store_part(home, number, part);
    if (done) part.is_changed = part.is_unread = false;
    if (!done && all) all = std::move(done);
  }
  return all;
}

// A home that is full takes no new bytes, but an absence.
Result<void> ProvedPacks::store_part(ports::Disk& home, std::size_t number, const Part& part) {
  Result<void> written;
  if (!part.packs.empty()) {
    written = ports::make_directories(home, kFolder);
    if (written) written = ports::store(home, path_of(number), encode(part));
    if (written) return written;
  }
  // An absence may be one that an earlier call could not make durable.
  auto removed = home.remove(path_of(number));
  if (removed || removed.error().code == ErrorCode::not_found) {
    removed = home.sync_directory(kFolder);
  }
  if (!removed && removed.error().code == ErrorCode::not_found) removed = {};
  return written ? removed : written;
}

Bytes ProvedPacks::encode(const Part& part) {
  Bytes bytes;
  bytes.reserve(64 + part.disks.size() * sizeof(DiskId) + part.packs.size() * kRecordSize);
  ByteWriter writer(bytes);
  writer.raw(view_of(kMagic));
  writer.u16(kVersion);
  writer.zeros(2);
  writer.u32(static_cast<std::uint32_t>(part.disks.size()));
  for (const DiskId& disk : part.disks) writer.raw(disk.view());
  writer.u32(static_cast<std::uint32_t>(part.packs.size()));
  for (const auto& [pack, disks] : part.packs) {
    writer.raw(pack.view());
    writer.u32(disks);
  }
  writer.u32(erasure::crc32c(bytes));
  return bytes;
}

std::optional<ProvedPacks::Part> ProvedPacks::parse(ByteView bytes, std::size_t number) {
  if (bytes.size() < 4) return std::nullopt;
  const ByteView fields = bytes.first(bytes.size() - 4);
  if (ByteReader(bytes.last(4)).u32() != erasure::crc32c(fields)) return std::nullopt;
  ByteReader reader(fields);
  const bool known =
      text_of(reader.raw(kMagic.size())) == kMagic && reader.u16() == kVersion && reader.zeros(2);
  const std::uint32_t disks = reader.u32();
  if (!known || disks > kDisksMax) return std::nullopt;
  Part part;
  for (std::uint32_t i = 0; i < disks; ++i) part.disks.push_back({reader.array<16>()});
  const std::uint32_t packs = reader.u32();
  if (!reader.ok() || reader.left() != std::uint64_t{packs} * kRecordSize) return std::nullopt;
  for (std::uint32_t i = 0; i < packs; ++i) {
    const Digest pack{reader.array<32>()};
    if (part_of(pack) != number) return std::nullopt;
    part.packs.emplace_hint(part.packs.end(), pack, reader.u32());
  }
  return part;
}

}  // namespace holdfast::job

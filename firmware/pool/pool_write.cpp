// SPDX-License-Identifier: Apache-2.0
// Writing a pack: choosing geometry and disks, coding, and starting anew with less when too many
// disks fail on the way; and writing a thin one once more when the disks are back.
#include <algorithm>
#include <limits>

#include "firmware/pool/geometry.h"
#include "firmware/pool/member_disk.h"
#include "firmware/pool/pack_check.h"
#include "firmware/pool/placement.h"
#include "firmware/pool/pool.h"
#include "firmware/pool/read_back.h"
#include "firmware/pool/shard_set.h"
#include "firmware/pool/shard_writer.h"

namespace holdfast::pool {

namespace {

bool contains(const std::vector<MemberDisk*>& disks, const MemberDisk* disk) {
  return std::ranges::find(disks, disk) != disks.end();
}

Result<std::vector<Candidate>> candidates(const std::vector<MemberDisk*>& disks,
                                          const std::vector<MemberDisk*>& used, bool fresh) {
  std::vector<Candidate> found;
  for (std::size_t i = 0; i < disks.size(); ++i) {
    if (!disks[i]->takes_shards() || contains(used, disks[i])) continue;
    HF_TRY(const std::uint64_t room, disks[i]->room(fresh));
    if (disks[i]->takes_shards()) {
      found.push_back({.disk = i, .free_bytes = room, .is_failing = disks[i]->is_failing()});
    }
  }
  return found;
}

ShardHeader header_of(const pack::ClosedPack& closed, const PoolId& pool,
                      erasure::Geometry geometry, std::uint64_t pack_size,
                      std::uint32_t leaf_size) {
  ShardHeader header;
  header.pack = closed.name;
  header.pool = pool;
  header.geometry = geometry;
  header.leaf_size = leaf_size;
  header.pack_size = pack_size;
  header.pack_header = closed.header;
  return header;
}

// Of a pack that has proved.
Buffer copy_of_pack(PackCheck& check) {
  const std::uint64_t length = check.shape().shard_length();
  Buffer bytes;
  bytes.resize(length * check.shape().geometry.k);
  for (std::uint8_t index = 0; index < check.shape().geometry.k; ++index) {
    std::ranges::copy(check.shard_data(index), bytes.span().subspan(index * length).begin());
  }
  return bytes;
}

void continue_with_zeros(Buffer& bytes, std::uint64_t pack_size, erasure::Geometry geometry) {
  bytes.resize(shard_length_of(pack_size, geometry.k) * geometry.k);
  std::ranges::fill(bytes.span().subspan(pack_size), std::uint8_t{0});
}

}  // namespace

// The spare is there for the disk that goes: what it had is written into it, and until that is done
// no backup may take it. Once it is, none is kept: a pool that was healed into its spare could else
// take no backup until somebody brings a disk, and calls that nobody stores are lost for sure.
//
// A disk that is apart is one of those. One that is here and has only failed is not: heal moves
// nothing from it as long as it can be read, so room that is kept for that would be kept for ever.
// The spare is, as if it had not failed, and every process, whatever has failed in it, says the
// same of what is free.
HealDue Pool::heal_due() const {
  HealDue due{{label_.record.k, label_.record.m}};
  for (const DiskId& disk : plain_members_away()) {
    if (std::ranges::find(healed_, disk) == healed_.end()) ++due.away;
  }
  return due;
}

Result<bool> Pool::leaves_enough(erasure::Geometry geometry, std::uint64_t shard_bytes) {
  if (spare_of(label_.record) == Spare::none) return true;
  const HealDue due = heal_due();
  if (due.away == 0 && !plain_members_away().empty()) return true;
  if (due.away > 0) {
    HF_TRY(const auto takers, rooms(false));
    return leaves_heal_room(takers, due, shard_bytes);
  }
  HF_TRY(const auto disks, rooms_of_plain(false));
  return leaves_spare(disks, geometry, shard_bytes);
}

Result<std::vector<DiskRoom>> Pool::rooms(bool fresh) {
  const DiskList disks = disk_list();
  HF_TRY(const auto takers, candidates(disks, {}, fresh));
  std::vector<DiskRoom> rooms;
  for (const Candidate& taker : takers) {
    rooms.push_back({disks[taker.disk]->size(), taker.free_bytes});
  }
  return rooms;
}

// A disk that does not tell its size is none.
Result<std::vector<DiskRoom>> Pool::rooms_of_plain(bool fresh) {
  std::vector<DiskRoom> rooms;
  for (MemberDisk* disk : disk_list()) {
    if (!disk->is_home()) continue;
    HF_TRY(const std::uint64_t room, disk->room(fresh));
    if (disk->size() > 0) rooms.push_back({disk->size(), room});
  }
  return rooms;
}

Result<std::uint64_t> Pool::free_bytes() {
  const std::scoped_lock lock(mutex_);
  HF_TRY(const auto takers, rooms(true));
  const erasure::Geometry geometry = write_geometry();
  const HealDue due = heal_due();
  const bool is_kept = spare_of(label_.record) == Spare::kept;
  if (is_kept && due.away > 0) return pool::free_bytes(takers, geometry, due);
  const std::uint64_t fits = pool::free_bytes(takers, geometry, Spare::none);
  if (!is_kept || !plain_members_away().empty()) return fits;
  HF_TRY(const auto disks, rooms_of_plain(false));
  return std::min(fits, pool::free_bytes(disks, geometry, Spare::kept));
}

Result<Pool::Written> Pool::write_pack(pack::ClosedPack& closed, ReadBackShare share) {
  HF_TRY(writable());
  const std::uint64_t pack_size = closed.bytes.size();
  PoolSettings settings = settings_;
  if (share == ReadBackShare::all) settings.read_back_percent = kReadBackAll;
  auto written = write_shards(closed, pack_size, settings);
  closed.bytes.resize(pack_size);
  return written;
}

// Each attempt with another geometry is another generation: what a failing disk keeps of the one
// before can never be taken for a part of this one.
Result<Pool::Written> Pool::write_shards(pack::ClosedPack& closed, std::uint64_t pack_size,
                                         const PoolSettings& settings) {
  const erasure::Geometry wanted{label_.record.k, label_.record.m};
  DiskList dropped;
  for (std::uint16_t generation = 0;; ++generation) {
    HF_TRY(Placement placement, place(closed, pack_size, dropped));
    ShardHeader header =
        header_of(closed, label_.record.pool, placement.geometry, pack_size, settings_.leaf_size);
    header.generation = generation;
    header.under_protected = placement.geometry.m < wanted.m;
    continue_with_zeros(closed.bytes, pack_size, placement.geometry);
    ShardWriter writer(header, closed.bytes.view(), settings);
    const auto replace = [&](const DiskList& used) {
      return place_one(closed.name, header.file_size(), used);
    };
    HF_TRY(const bool done, writer.write(std::move(placement.claims), replace, dropped));
    if (!done) continue;
    const auto shards = static_cast<std::uint64_t>(placement.geometry.total());
    return Written{.hint = {placement.geometry, generation},
                   .under_protected = header.under_protected,
                   .bytes_stored = shards * header.file_size()};
  }
}

// A full disk makes no pack thinner: the next run would count on chunks that one lost disk takes
// along. Whoever is told pool_full can act; only of a disk that is gone there is nothing to wait
// for.
Result<Pool::Placement> Pool::place(const pack::ClosedPack& closed, std::uint64_t pack_size,
                                    const DiskList& dropped) {
  const std::scoped_lock lock(mutex_);
  const erasure::Geometry wanted{label_.record.k, label_.record.m};
  const auto as = [&](erasure::Geometry geometry) {
    return header_of(closed, label_.record.pool, geometry, pack_size, settings_.leaf_size);
  };
  HF_TRY(const auto known, candidates(disk_list(), dropped, false));
  HF_TRY(auto placement, place_as(as(wanted), known));
  if (placement) return std::move(*placement);

  // Asking for the space first: that shows which disks have gone.
  HF_TRY(const auto free, candidates(disk_list(), dropped, true));
  HF_TRY(placement, place_as(as(write_geometry()), free));
  if (placement) return std::move(*placement);
  if (takers() > 0) {
    const HealDue due = heal_due();
    const bool is_kept = due.away > 0 && spare_of(label_.record) == Spare::kept;
    if (!is_kept) return make_error(ErrorCode::pool_full);
    return make_error(ErrorCode::pool_full, {}, {{"away", std::to_string(due.away)}});
  }
  return make_error(ErrorCode::too_few_disks, {}, {{"present", "0"}, {"needed", "1"}});
}

Result<std::optional<Pool::Placement>> Pool::place_as(const ShardHeader& header,
                                                      std::span<const Candidate> free) {
  const auto total = static_cast<std::size_t>(header.geometry.total());
  HF_TRY(const bool is_enough_left, leaves_enough(header.geometry, header.file_size()));
  if (!is_enough_left) return std::optional<Placement>();
  const auto chosen = choose_disks(free, total, header.file_size(), header.pack);
  if (chosen.size() < total) return std::optional<Placement>();
  Placement placement{header.geometry, {}};
  for (const std::size_t disk : chosen) {
    placement.claims.emplace_back(*disks_[disk], header.file_size());
  }
  return std::optional(std::move(placement));
}

Result<std::optional<RoomClaim>> Pool::place_one(const Digest& pack, std::uint64_t file_size,
                                                 const DiskList& used) {
  const std::scoped_lock lock(mutex_);
  const DiskList disks = disk_list();
  HF_TRY(const auto free, candidates(disks, used, true));
  const auto chosen = choose_disks(free, 1, file_size, pack);
  if (chosen.empty()) return std::optional<RoomClaim>();
  return std::optional<RoomClaim>(std::in_place, *disks[chosen.front()], file_size);
}

// Above all that any disk shows; nothing if there is none, or a disk does not tell.
Result<std::optional<std::uint16_t>> Pool::free_generation(const Digest& pack) {
  std::uint16_t newest = 0;
  for (MemberDisk* disk : disk_list()) {
    const auto places = places_on(*disk, pack);
    if (!places && places.error().is_of_process()) return places.error();
    if (!places) return std::optional<std::uint16_t>();
    for (const ShardPlace& place : *places) newest = std::max(newest, place.generation);
  }
  if (newest == std::numeric_limits<std::uint16_t>::max()) return std::optional<std::uint16_t>();
  return std::optional(static_cast<std::uint16_t>(newest + 1));
}

// What stands of the pack is not touched: if this is cut, or a disk fails, it is read as before. It
// leaves the spare as a backup does: the next one would find no room otherwise.
Result<void> Pool::recode(PackCheck& check, PackMemory& memory, HealReport& report) {
  ShardHeader header = check.shape();
  if (write_geometry().m < label_.record.m) return {};
  HF_TRY(const auto generation, free_generation(header.pack));
  if (!generation) return {};
  Buffer bytes = copy_of_pack(check);
  header.generation = *generation;
  header.leaf_size = settings_.leaf_size;
  header.geometry = write_geometry();
  header.under_protected = false;
  std::optional<Placement> placement;
  {
    const std::scoped_lock lock(mutex_);
    HF_TRY(const auto free, candidates(disk_list(), {}, true));
    HF_TRY(placement, place_as(header, free));
  }
  if (!placement) return {};
  continue_with_zeros(bytes, header.pack_size, header.geometry);
  PoolSettings settings = settings_;
  settings.read_back_percent = kReadBackAll;
  ShardWriter writer(header, bytes.view(), settings);
  DiskList dropped;
  const auto replace = [&](const DiskList& used) {
    return place_one(header.pack, header.file_size(), used);
  };
  HF_TRY(const bool done, writer.write(std::move(placement->claims), replace, dropped));
  for (const MemberDisk* disk : dropped) {
    report.failures.push_back({0, disk->id(), make_error(ErrorCode::io, disk->disk().name())});
  }
  if (!done) return {};
  bytes = Buffer();
  HF_TRY(const ScrubReport found,
         scrub_pack(header.pack, {header.geometry, header.generation, header.pack_size}, memory));
  report.under_protected = !found.whole() || found.shape->generation != header.generation;
  if (!report.under_protected) report.recoded = header;
  return {};
}

}  // namespace holdfast::pool

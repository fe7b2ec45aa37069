// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/prune_packs.h"

#include <algorithm>
#include <utility>

namespace holdfast::job {

namespace {

using policy::PackShare;

std::uint64_t with_parity(std::uint64_t bytes, const erasure::Geometry& geometry) {
  return bytes * static_cast<std::uint64_t>(geometry.total()) / geometry.k;
}

// Of its bytes on the disks.
std::uint64_t unneeded(const PackShare& pack) {
  return pack.on_disks * (pack.bytes - pack.needed) / pack.bytes;
}

// Of what is free half stays for backups. What was condemned and waits to go takes up of the other
// half as if it were written now: else each prune of a day would take half of what is left.
std::uint64_t room_to_write(std::uint64_t free, std::uint64_t waiting) {
  const std::uint64_t half = free / 2 + waiting / 2;
  return half - std::min(half, waiting);
}

// Packs of one class and kind.
std::uint64_t alike_number(const journal::NewPack& pack) {
  return (std::uint64_t{pack.retention_class} << 8U) | static_cast<std::uint8_t>(pack.kind);
}

class PackPlanner {
 public:
  PackPlanner(vault::Business& business, const PruneRequest& request, ChunkNames needed,
              PrunePlan& plan)
      : business_(business),
        request_(request),
        full_{business.box().settings().pack_size, business.box().settings().pack_chunks_max},
        needed_(std::move(needed)),
        plan_(plan),
        candidates_(request.repacks_max, policy::has_less_needed),
        small_(request.repacks_max, policy::is_smaller) {}

  Result<void> run();

 private:
  Result<void> judge(const catalog::PackRow& row, const std::vector<pack::IndexRecord>& chunks);
  void condemn(const PackShare& pack);
  void leave(const PackShare& pack) { plan_.packs.bytes_left += unneeded(pack); }
  Result<void> repack_if_it_can_be_read(const catalog::PackRow& row, const PackShare& pack);
  Result<void> join_if_it_can_be_read(const catalog::PackRow& row, const PackShare& pack);
  Result<bool> can_be_read(const catalog::PackRow& row);
  Result<void> choose();
  void take(const std::vector<PackShare>& packs);
  void wait(const std::vector<PackShare>& later, const std::vector<PackShare>& no_room);
  Result<std::uint64_t> room();
  Result<void> keep_needed();

  vault::Business& business_;
  const PruneRequest& request_;
  const policy::PackLimits full_;
  ChunkNames needed_;
  PrunePlan& plan_;
  policy::FirstPacks candidates_;
  policy::FirstPacks small_;
};

Result<void> PackPlanner::run() {
  HF_TRY(for_each_named_pack(business_, request_.stop, [&](const auto& row, const auto& chunks) {
    return judge(row, chunks);
  }));
  return choose();
}

Result<void> PackPlanner::judge(const catalog::PackRow& row,
                                const std::vector<pack::IndexRecord>& chunks) {
  PackShare pack{.name = row.pack.name,
                 .on_disks = with_parity(row.pack.size, row.hint.geometry),
                 .chunks = chunks.size(),
                 .alike = alike_number(row.pack),
                 .entry = row.entry};
  for (const pack::IndexRecord& chunk : chunks) {
    pack.bytes += chunk.frame_size();
    if (needed_.contains(chunk.name)) pack.needed += chunk.frame_size();
  }
  switch (policy::fate_of_pack(pack, request_.definition.repack_below_percent)) {
    case policy::PackFate::condemned:
      condemn(pack);
      return {};
    case policy::PackFate::repacked:
      return repack_if_it_can_be_read(row, pack);
    case policy::PackFate::stays:
      return join_if_it_can_be_read(row, pack);
  }
  return {};
}

void PackPlanner::condemn(const PackShare& pack) {
  if (plan_.entry.packs.size() >= PrunePlan::kPacksMax) return;
  plan_.entry.packs.push_back({pack.name, journal::PackEnd::unneeded});
  plan_.packs.condemned += 1;
  plan_.packs.bytes_condemned += pack.on_disks;
}

// Of an epoch whose key the box has not, or cannot open now, nothing can be written anew.
Result<bool> PackPlanner::can_be_read(const catalog::PackRow& row) {
  const auto key = business_.epoch_keys().get(row.pack.epoch, row.pack.kind);
  if (!key && key.error().is_of_process()) return key.error();
  return key.has_value();
}

Result<void> PackPlanner::repack_if_it_can_be_read(const catalog::PackRow& row,
                                                   const PackShare& pack) {
  HF_TRY(const bool is_readable, can_be_read(row));
  const auto left_out = is_readable ? candidates_.add(pack, 0) : pack;
  if (!left_out) return {};
  (is_readable ? plan_.packs.later : plan_.packs.no_key) += 1;
  leave(*left_out);
  return {};
}

// Nothing much comes free of one that cannot: that is not told.
Result<void> PackPlanner::join_if_it_can_be_read(const catalog::PackRow& row,
                                                 const PackShare& pack) {
  leave(pack);
  const bool may_be_written = request_.definition.repack_below_percent > 0;
  if (!may_be_written || !policy::is_small(pack, full_)) return {};
  HF_TRY(const bool is_readable, can_be_read(row));
  if (is_readable && small_.add(pack, pack.alike)) plan_.packs.later += 1;
  return {};
}

// What is due goes before anything is written.
Result<std::uint64_t> PackPlanner::room() {
  std::uint64_t waiting = 0;
  HF_TRY(business_.with_catalog([&](catalog::Catalog& catalog) -> Result<void> {
    HF_TRY(const auto due, due_prunes(catalog, request_));
    HF_TRY(const auto condemned, catalog.condemned_packs());
    for (const catalog::CondemnedRow& each : condemned) {
      if (!each.has_chunks || due.contains(each.number)) continue;
      HF_TRY(const auto row, catalog.find_pack(each.name));
      if (row) waiting += row->pack.size;
    }
    return {};
  }));
  HF_TRY(const std::uint64_t free, business_.pool().free_bytes());
  return room_to_write(free, waiting);
}

// What comes free is first, and small packs get what time and room it leaves.
Result<void> PackPlanner::choose() {
  if (candidates_.is_empty() && small_.is_empty()) return {};
  PlannedPacks& sums = plan_.packs;
  HF_TRY(sums.room, room());
  policy::RepackBounds bounds{request_.repack_bytes_max, sums.room};
  const auto anew = policy::choose_repacks(candidates_.take(), bounds);
  take(anew.now);
  wait(anew.later, anew.no_room);
  for (const PackShare& pack : anew.later) leave(pack);
  for (const PackShare& pack : anew.no_room) leave(pack);
  bounds.bytes_max -= std::min(bounds.bytes_max, sums.bytes_read);
  bounds.room -= sums.bytes_read;
  const auto joined = policy::choose_joins(small_.take(), full_, bounds);
  take(joined.now);
  wait(joined.later, joined.no_room);
  for (const PackShare& pack : joined.now) sums.bytes_left -= unneeded(pack);
  sums.joined = joined.now.size();
  sums.joined_into = joined.into;
  sums.repacked = plan_.repacked.size();
  sums.bytes_written = with_parity(sums.bytes_read, business_.pool().write_geometry());
  return keep_needed();
}

void PackPlanner::take(const std::vector<PackShare>& packs) {
  for (const PackShare& pack : packs) {
    plan_.repacked.push_back(pack.name);
    plan_.packs.bytes_repacked += pack.on_disks;
    plan_.packs.bytes_read += pack.needed;
  }
}

void PackPlanner::wait(const std::vector<PackShare>& later, const std::vector<PackShare>& no_room) {
  plan_.packs.later += later.size();
  plan_.packs.no_room += no_room.size();
  for (const PackShare& pack : no_room) plan_.packs.room_lacking += pack.needed;
}

// The set of all that is needed ends with the plan: before these packs are written anew, removing
// makes one of its own.
Result<void> PackPlanner::keep_needed() {
  for (const Digest& pack : plan_.repacked) {
    HF_TRY(check_stop(request_.stop));
    HF_TRY(const auto chunks, business_.with_catalog([&](catalog::Catalog& catalog) {
      return catalog.chunks_of(pack);
    }));
    for (const pack::IndexRecord& chunk : chunks) {
      if (needed_.contains(chunk.name)) plan_.needed.add(chunk.name);
    }
  }
  plan_.needed.finish();
  return {};
}

}  // namespace

Result<void> for_each_named_pack(vault::Business& business, const StopFlag* stop,
                                 const VisitChunks& visit) {
  return business.with_catalog([&](catalog::Catalog& catalog) {
    return catalog.for_each_pack([&](const catalog::PackRow& row) -> Result<void> {
      HF_TRY(check_stop(stop));
      if (row.lost || row.entry == 0 || row.index_missing()) return {};
      HF_TRY(const auto chunks, catalog.chunks_of(row.pack.name));
      return visit(row, chunks);
    });
  });
}

Result<std::set<std::uint64_t>> due_prunes(catalog::Catalog& catalog, const PruneRequest& request) {
  HF_TRY(const auto prunes, catalog.prunes());
  const Timestamp now = request.now;
  std::set<std::uint64_t> due;
  for (const catalog::PruneRow& prune : prunes) {
    if (prune.decided <= now && now.ns - prune.decided.ns >= request.bytes_wait_ns)
      due.insert(prune.number);
  }
  return due;
}

Result<void> plan_packs(vault::Business& business, const PruneRequest& request, ChunkNames needed,
                        PrunePlan& plan) {
  return PackPlanner(business, request, std::move(needed), plan).run();
}

}  // namespace holdfast::job

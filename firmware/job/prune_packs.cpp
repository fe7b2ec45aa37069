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

class PackPlanner {
 public:
  PackPlanner(vault::Business& business, const PruneRequest& request, ChunkNames needed,
              PrunePlan& plan)
      : business_(business), request_(request), needed_(std::move(needed)), plan_(plan) {}

  Result<void> run();

 private:
  Result<void> judge(const catalog::PackRow& row, const std::vector<pack::IndexRecord>& chunks);
  void condemn(const PackShare& pack);
  Result<void> repack_if_it_can_be_read(const catalog::PackRow& row, const PackShare& pack);
  Result<void> choose();
  Result<std::uint64_t> room();
  Result<void> keep_needed();

  vault::Business& business_;
  const PruneRequest& request_;
  ChunkNames needed_;
  PrunePlan& plan_;
  std::vector<PackShare> candidates_;
};

Result<void> PackPlanner::run() {
  HF_TRY(for_each_named_pack(business_, request_.stop, [&](const auto& row, const auto& chunks) {
    return judge(row, chunks);
  }));
  return choose();
}

Result<void> PackPlanner::judge(const catalog::PackRow& row,
                                const std::vector<pack::IndexRecord>& chunks) {
  PackShare pack{.name = row.pack.name, .on_disks = with_parity(row.pack.size, row.hint.geometry)};
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
      plan_.packs.bytes_left += unneeded(pack);
      return {};
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
Result<void> PackPlanner::repack_if_it_can_be_read(const catalog::PackRow& row,
                                                   const PackShare& pack) {
  const auto key = business_.epoch_keys().get(row.pack.epoch, row.pack.kind);
  if (!key && key.error().is_of_process()) return key.error();
  if (key && candidates_.size() < PrunePlan::kRepackedMax) {
    candidates_.push_back(pack);
    return {};
  }
  (key ? plan_.packs.later : plan_.packs.no_key) += 1;
  plan_.packs.bytes_left += unneeded(pack);
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

Result<void> PackPlanner::choose() {
  if (candidates_.empty()) return {};
  PlannedPacks& sums = plan_.packs;
  HF_TRY(sums.room, room());
  const policy::RepackChoice choice =
      policy::choose_repacks(std::move(candidates_), {request_.repack_bytes_max, sums.room});
  for (const PackShare& pack : choice.now) {
    plan_.repacked.push_back(pack.name);
    sums.bytes_repacked += pack.on_disks;
    sums.bytes_read += pack.needed;
  }
  for (const PackShare& pack : choice.later) sums.bytes_left += unneeded(pack);
  for (const PackShare& pack : choice.no_room) {
    sums.bytes_left += unneeded(pack);
    sums.room_lacking += pack.needed;
  }
  sums.repacked = choice.now.size();
  sums.bytes_written = with_parity(sums.bytes_read, business_.pool().write_geometry());
  sums.later += choice.later.size();
  sums.no_room = choice.no_room.size();
  return keep_needed();
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

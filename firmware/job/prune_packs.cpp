// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/prune_packs.h"

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

Result<void> PackPlanner::choose() {
  if (candidates_.empty()) return {};
  PlannedPacks& sums = plan_.packs;
  HF_TRY(sums.room, business_.pool().free_bytes());
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
  if (!plan_.repacked.empty()) plan_.needed = std::move(needed_);
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

Result<void> plan_packs(vault::Business& business, const PruneRequest& request, ChunkNames needed,
                        PrunePlan& plan) {
  return PackPlanner(business, request, std::move(needed), plan).run();
}

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/repack.h"

#include <algorithm>

#include "firmware/vault/content_reader.h"

namespace holdfast::job {

namespace {

class Repacking {
 public:
  Repacking(vault::Run& run, vault::ContentReader& reader, const PruneRequest& request,
            PrunePlan& plan)
      : run_(run), business_(run.business()), reader_(reader), request_(request), plan_(plan) {}

  Result<RepackReport> act();

 private:
  using VisitNeeded =
      std::function<Result<void>(const vault::Claim& claim, const pack::IndexRecord& chunk)>;
  Result<void> for_each_needed(const Digest& pack, const VisitNeeded& visit);
  Result<void> write_all();
  Result<void> write(const vault::Claim& claim, const pack::IndexRecord& chunk);
  vault::ChunkWriter& writer_of(pack::PackKind kind) {
    return kind == pack::PackKind::meta ? metadata_ : content_;
  }
  Result<bool> is_held_elsewhere(const Digest& pack);
  Result<void> let_go();
  void tell(std::string_view phase, std::uint64_t packs) const {
    if (request_.progress == nullptr) return;
    request_.progress->update({phase, packs, plan_.repacked.size(), report_.bytes_read, 0});
  }

  vault::Run& run_;
  vault::Business& business_;
  vault::ContentReader& reader_;
  const PruneRequest& request_;
  PrunePlan& plan_;
  vault::ChunkWriter content_{run_, pack::PackKind::content};
  vault::ChunkWriter metadata_{run_, pack::PackKind::meta};
  Buffer plain_;
  RepackReport report_;
};

Result<RepackReport> Repacking::act() {
  run_.leave(plan_.repacked);
  const auto written = write_all();
  if (!written && written.error().code != ErrorCode::pool_full) return written.error();
  if (!written) report_.end = RepackEnd::full;
  report_.bytes_written = run_.totals().bytes_stored;
  // What has full protection does not go for something that has less.
  if (run_.totals().under_protected) {
    report_.end = RepackEnd::thin;
  } else {
    HF_TRY(let_go());
  }
  report_.packs_left = plan_.repacked.size() - report_.packs;
  return report_;
}

Result<void> Repacking::write_all() {
  std::uint64_t looked_at = 0;
  for (const Digest& pack : plan_.repacked) {
    HF_TRY(for_each_needed(pack, [&](const auto& claim, const auto& chunk) -> Result<void> {
      HF_TRY(check_stop(request_.stop));
      HF_TRY(const bool is_there, run_.has_chunk(claim));
      return is_there ? Result<void>() : write(claim, chunk);
    }));
    tell("repacking", ++looked_at);
  }
  HF_TRY(content_.flush());
  return metadata_.flush();
}

Result<void> Repacking::for_each_needed(const Digest& pack, const VisitNeeded& visit) {
  std::optional<catalog::PackRow> row;
  std::vector<pack::IndexRecord> chunks;
  HF_TRY(business_.with_catalog([&](catalog::Catalog& catalog) -> Result<void> {
    HF_TRY(row, catalog.find_pack(pack));
    HF_TRY(chunks, catalog.chunks_of(pack));
    return {};
  }));
  HF_CHECK(row.has_value());  // the plan read it, and the lock was held since
  for (const pack::IndexRecord& chunk : chunks) {
    if (!plan_.needed.contains(chunk.name)) continue;
    HF_TRY(visit({chunk.name, row->pack.retention_class, row->pack.kind}, chunk));
  }
  return {};
}

// The reader proves each chunk by its tag and by its name; the writer hashes what it was given once
// more.
Result<void> Repacking::write(const vault::Claim& claim, const pack::IndexRecord& chunk) {
  vault::ChunkWriter& writer = writer_of(claim.kind);
  HF_TRY(const ByteSpan room, writer.prepare(claim.retention_class, chunk.plain_length));
  HF_TRY(reader_.read_named(chunk.name, room));
  HF_TRY(const auto written, writer.keep(chunk.plain_length, chunk.compression));
  HF_CHECK(pack::chunk_name(business_.id_key(), written.digest) == chunk.name);
  report_.chunks += 1;
  report_.bytes_read += chunk.plain_length;
  return {};
}

// Whatever was written: each chunk is looked up by the catalog and the disks, with full protection
// (a prune before this one may have named packs that were written thin), and read back from where
// it is found. For some items what goes is the only copy there is, and the source has it no more.
Result<bool> Repacking::is_held_elsewhere(const Digest& pack) {
  bool is_held = true;
  HF_TRY(for_each_needed(pack, [&](const auto& claim, const auto& chunk) -> Result<void> {
    HF_TRY(check_stop(request_.stop));
    HF_TRY(const auto holder, run_.find_holder(claim));
    is_held = is_held && holder.has_value();
    if (!is_held) return {};
    plain_.resize(chunk.plain_length);
    return reader_.read_out_of(*holder, chunk.name, plain_.span());
  }));
  return is_held;
}

Result<void> Repacking::let_go() {
  std::vector<journal::CondemnedPack>& going = plan_.entry.packs;
  std::uint64_t looked_at = 0;
  for (const Digest& pack : plan_.repacked) {
    HF_TRY(const bool is_held, is_held_elsewhere(pack));
    tell("verifying", ++looked_at);
    if (!is_held) {
      if (report_.end == RepackEnd::done) report_.end = RepackEnd::thin;
      continue;
    }
    going.push_back({pack, journal::PackEnd::repacked});
    report_.packs += 1;
  }
  std::ranges::sort(going, {}, &journal::CondemnedPack::name);
  return {};
}

}  // namespace

std::string_view name_of(RepackEnd end) {
  switch (end) {
    case RepackEnd::done:
      return "done";
    case RepackEnd::full:
      return "pool_full";
    case RepackEnd::thin:
      return "under_protected";
  }
  return {};
}

Result<RepackReport> repack(vault::Run& run, const PruneRequest& request, PrunePlan& plan) {
  HF_TRY(const auto reader, vault::ContentReader::open(run.business()));
  return Repacking(run, *reader, request, plan).act();
}

}  // namespace holdfast::job

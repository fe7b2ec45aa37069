// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/prune_bytes.h"

#include <algorithm>
#include <set>
#include <utility>

#include "firmware/job/live_chunks.h"
#include "firmware/job/prune_packs.h"
#include "firmware/job/scrub.h"
#include "firmware/pool/election.h"
#include "firmware/pool/shard.h"
#include "firmware/vault/content_reader.h"

namespace holdfast::job {

namespace {

// What is due of one folder of one disk.
struct DueFolder {
  pool::Pool::PresentMember member;
  std::string path;
  std::vector<std::pair<std::string, Digest>> shards;  // their paths and packs
};

class Removal {
 public:
  Removal(vault::Business& business, const PruneRequest& request)
      : business_(business), request_(request), stop_(request.stop) {}

  Result<RemovedBytes> run();

 private:
  Result<void> find_due();
  Result<void> find_shards();
  Result<void> find_shards_on(const pool::Pool::PresentMember& member, const std::string& folder);
  Result<bool> belongs_here(const pool::Pool::PresentMember& member, const std::string& path);
  bool has_all_members();
  Result<std::optional<Freeze>> check();
  Result<void> meet_staying(ChunkNames& needed);
  Result<void> take_back_needed(const ChunkNames& needed);
  void spare(const Digest& pack);
  Result<ChunkNames> needed_of_due(const ChunkNames& needed);
  Result<std::uint64_t> count_thin(ChunkNames moved);
  Result<bool> is_proved_whole(const catalog::PackRow& pack, pool::PackMemory& memory);
  Result<void> remove();
  Result<void> remove_in(const DueFolder& folder, std::set<Digest>& packs);
  Result<void> forget_chunks();
  Result<void> fail(const pool::Pool::PresentMember& member, const std::string& path,
                    const Error& error);

  vault::Business& business_;
  const PruneRequest& request_;
  const StopFlag* stop_;
  std::set<Digest> due_;
  std::set<Digest> with_chunks_;  // of these, those of which the catalog has chunks
  std::vector<DueFolder> folders_;
  std::uint64_t shards_due_ = 0;
  RemovedBytes removed_;
};

Result<RemovedBytes> Removal::run() {
  HF_TRY(find_due());
  HF_TRY(find_shards());
  if (!folders_.empty()) {
    // No heal writes anew what goes.
    HF_TRY(const auto lock, business_.box().lock(kScrubLock));
    HF_TRY(removed_.refused, check());
    if (removed_.refused) return std::move(removed_);
    HF_TRY(remove());
  }
  if (!removed_.stopped) HF_TRY(forget_chunks());
  return std::move(removed_);
}

Result<void> Removal::find_due() {
  return business_.with_catalog([&](catalog::Catalog& catalog) -> Result<void> {
    HF_TRY(const auto due, due_prunes(catalog, request_));
    HF_TRY(const auto packs, catalog.condemned_packs());
    for (const catalog::CondemnedRow& pack : packs) {
      if (due.contains(pack.number)) {
        due_.insert(pack.name);
        if (pack.has_chunks) with_chunks_.insert(pack.name);
      } else {
        removed_.waiting += 1;
      }
    }
    return {};
  });
}

Result<void> Removal::find_shards() {
  std::set<std::string> folders;
  for (const Digest& pack : due_) folders.insert(pool::shard_directory(pack));
  for (const std::string& folder : folders) {
    HF_TRY(check_stop(stop_));
    for (const pool::Pool::PresentMember& member : business_.pool().present_members()) {
      HF_TRY(find_shards_on(member, folder));
    }
  }
  return {};
}

// A folder that cannot be read has nothing to give now.
Result<void> Removal::find_shards_on(const pool::Pool::PresentMember& member,
                                     const std::string& folder) {
  const auto entries = member.disk->list(folder);
  if (!entries && entries.error().code == ErrorCode::not_found) return {};
  if (!entries) return fail(member, folder, entries.error());
  DueFolder found{member, folder, {}};
  for (const ports::DirectoryEntry& entry : *entries) {
    const auto name = pool::parse_shard_file_name(entry.name);
    const bool is_due = name && !entry.is_directory && due_.contains(name->pack) &&
                        pool::shard_directory(name->pack) == folder;
    if (!is_due) continue;
    const std::string path = folder + "/" + entry.name;
    HF_TRY(const bool is_ours, belongs_here(member, path));
    if (is_ours) {
      found.shards.emplace_back(path, name->pack);
    } else {
      removed_.problems.add(member.disk->name() + "/" + path,
                            make_error(ErrorCode::damaged, {}, {{"what", "shard header"}}));
    }
  }
  shards_due_ += found.shards.size();
  if (!found.shards.empty()) folders_.push_back(std::move(found));
  return {};
}

// Not what its header says is another business's, whoever condemned it. What has no header that can
// be read is what its name says.
Result<bool> Removal::belongs_here(const pool::Pool::PresentMember& member,
                                   const std::string& path) {
  const auto file = member.disk->open(path);
  if (!file && file.error().is_of_process()) return file.error();
  if (!file) return true;
  Bytes bytes(pool::kShardFieldsSize);
  const auto read = (*file)->read(0, bytes);
  if (!read && read.error().is_of_process()) return read.error();
  const auto shard = read ? pool::parse_shard_header(bytes) : read.error();
  const auto header = shard ? pack::parse_header(shard->pack_header) : shard.error();
  return !header || header->identity.business == business_.id();
}

Result<void> Removal::fail(const pool::Pool::PresentMember& member, const std::string& path,
                           const Error& error) {
  if (error.is_of_process()) return error;
  business_.pool().report_error(member.id);
  removed_.problems.add(member.disk->name() + "/" + path, error);
  return {};
}

// Also those that leave: what one has that is away now would be back with it.
bool Removal::has_all_members() {
  const auto present = business_.pool().present_members();
  return std::ranges::all_of(
      business_.pool().label().record.members, [&](const pool::Member& member) {
        if (!pool::is_current(member.state)) return true;
        const auto found = std::ranges::find(present, member.disk, &pool::Pool::PresentMember::id);
        return found != present.end() && !found->has_failed;
      });
}

// Those that are found in a pack that stays, and that an entry names: nobody would know of another
// one if the catalog were lost.
Result<void> Removal::meet_staying(ChunkNames& needed) {
  return for_each_named_pack(business_, stop_,
                             [&](const auto& pack, const auto& chunks) -> Result<void> {
                               if (due_.contains(pack.pack.name)) return {};
                               for (const pack::IndexRecord& chunk : chunks)
                                 needed.meet(chunk.name);
                               return {};
                             });
}

// Of what is due all that has any of it, also where one would do.
Result<void> Removal::take_back_needed(const ChunkNames& needed) {
  std::vector<journal::NewPack> packs;
  HF_TRY(business_.with_catalog([&](catalog::Catalog& catalog) -> Result<void> {
    for (const Digest& name : due_) {
      HF_TRY(const auto pack, catalog.find_pack(name));
      if (!pack || pack->entry == 0) continue;
      HF_TRY(const auto chunks, catalog.chunks_of(name));
      if (std::ranges::any_of(chunks, [&](const auto& chunk) { return needed.lacks(chunk.name); }))
        packs.push_back(pack->pack);
    }
    return {};
  }));
  if (packs.empty()) return {};
  HF_TRY(business_.take_back(packs, request_.now));
  removed_.taken_back = packs.size();
  for (const journal::NewPack& pack : packs) spare(pack.name);
  return {};
}

// It is due no more.
void Removal::spare(const Digest& pack) {
  due_.erase(pack);
  with_chunks_.erase(pack);
  for (DueFolder& folder : folders_) {
    std::erase_if(folder.shards, [&](const auto& shard) { return shard.second == pack; });
  }
}

// They were written anew, or were stored again since.
Result<ChunkNames> Removal::needed_of_due(const ChunkNames& needed) {
  ChunkNames found;
  HF_TRY(business_.with_catalog([&](catalog::Catalog& catalog) -> Result<void> {
    for (const Digest& pack : with_chunks_) {
      HF_TRY(check_stop(stop_));
      HF_TRY(const auto chunks, catalog.chunks_of(pack));
      for (const pack::IndexRecord& chunk : chunks) {
        if (needed.contains(chunk.name)) found.add(chunk.name);
      }
    }
    return {};
  }));
  found.finish();
  return found;
}

Result<bool> Removal::is_proved_whole(const catalog::PackRow& pack, pool::PackMemory& memory) {
  const auto found = business_.pool().scrub_pack(pack.pack.name, pack.hint, memory);
  if (!found && found.error().code == ErrorCode::not_found) return false;
  if (!found) return found.error();
  return found->whole() && found->shape && !found->shape->under_protected;
}

// Packs that have what was written anew, and less protection than they should, where no other one
// has it. Each is read, every shard of it, and proved by its name: until now what they were made of
// is still there.
Result<std::uint64_t> Removal::count_thin(ChunkNames moved) {
  if (moved.size() == 0) return 0;
  std::vector<catalog::PackRow> holders;
  HF_TRY(for_each_named_pack(
      business_, stop_, [&](const auto& pack, const auto& chunks) -> Result<void> {
        const bool has_some = std::ranges::any_of(
            chunks, [&](const pack::IndexRecord& chunk) { return moved.contains(chunk.name); });
        if (has_some && !due_.contains(pack.pack.name)) holders.push_back(pack);
        return {};
      }));
  std::uint64_t thin = 0;
  pool::PackMemory memory;
  for (std::size_t i = 0; i < holders.size(); ++i) {
    HF_TRY(check_stop(stop_));
    if (request_.progress != nullptr)
      request_.progress->update({"proving", i, holders.size(), 0, 0});
    HF_TRY(const bool whole, is_proved_whole(holders[i], memory));
    if (!whole) {
      ++thin;
      continue;
    }
    HF_TRY(const auto chunks, business_.with_catalog([&](catalog::Catalog& catalog) {
      return catalog.chunks_of(holders[i].pack.name);
    }));
    for (const pack::IndexRecord& chunk : chunks) moved.meet(chunk.name);
  }
  return moved.has_met_all() ? 0 : std::max<std::uint64_t>(thin, 1);
}

// Nothing but the catalog, the trees and the disks as they are now.
Result<std::optional<Freeze>> Removal::check() {
  const auto refuse = [](FreezeReason reason, std::uint64_t count) {
    return std::optional(Freeze{reason, count});
  };
  if (!has_all_members()) return refuse(FreezeReason::disks_absent, 1);
  HF_TRY(const auto gaps, business_.lost_entries());
  if (!gaps.empty() && !request_.accept_loss)
    return refuse(FreezeReason::entries_lost, gaps.size());
  HF_TRY(auto snapshots, business_.snapshots());
  HF_TRY(const auto reader, vault::ContentReader::open(business_));
  LiveChunks live(business_, *reader);
  std::ranges::reverse(snapshots);
  for (const catalog::SnapshotRow& snapshot : snapshots) HF_TRY(live.add(snapshot, stop_));
  const bool knows_all = live.lost_parts() == 0 || request_.accept_loss;
  if (!knows_all) return refuse(FreezeReason::names_lost, live.lost_parts());
  ChunkNames needed = live.take_names();
  HF_TRY(ChunkNames moved, needed_of_due(needed));
  HF_TRY(meet_staying(needed));
  if (!needed.has_met_all()) HF_TRY(take_back_needed(needed));
  if (removed_.taken_back > 0) HF_TRY(meet_staying(needed));
  // What is lost is met nowhere, and in no pack that is due either.
  if (!needed.has_met_all() && !request_.accept_loss) {
    return refuse(FreezeReason::packs_needed, 1);
  }
  HF_TRY(const std::uint64_t thin, count_thin(std::move(moved)));
  if (thin > 0) return refuse(FreezeReason::packs_thin, thin);
  return std::optional<Freeze>();
}

// What was removed is gone for good once its folder is synced.
Result<void> Removal::remove_in(const DueFolder& folder, std::set<Digest>& packs) {
  ports::Disk& disk = *folder.member.disk;
  for (const auto& [path, pack] : folder.shards) {
    removed_.stopped = !check_stop(stop_);
    if (removed_.stopped) break;
    const auto size = disk.size_of(path);
    const auto removed = disk.remove(path);
    if (!removed) {
      HF_TRY(fail(folder.member, path, removed.error()));
      continue;
    }
    packs.insert(pack);
    removed_.shards += 1;
    removed_.bytes += size ? *size : 0;
    if (request_.progress != nullptr) {
      request_.progress->update({"removing", removed_.shards, shards_due_, removed_.bytes, 0});
    }
  }
  const auto synced = disk.sync_directory(folder.path);
  return synced ? Result<void>() : fail(folder.member, folder.path, synced.error());
}

Result<void> Removal::remove() {
  std::set<Digest> packs;
  for (const DueFolder& folder : folders_) {
    HF_TRY(remove_in(folder, packs));
    if (removed_.stopped) break;
  }
  removed_.packs = packs.size();
  return {};
}

// What no disk has any more, whichever call took it away. A disk that failed or is away may have
// some.
Result<void> Removal::forget_chunks() {
  if (with_chunks_.empty() || removed_.problems.count > 0 || !has_all_members()) return {};
  return business_.with_catalog([&](catalog::Catalog& catalog) -> Result<void> {
    HF_TRY(catalog.begin());
    for (const Digest& pack : with_chunks_) HF_TRY(catalog.forget_chunks_of(pack));
    return catalog.commit();
  });
}

}  // namespace

Result<RemovedBytes> remove_condemned(vault::Business& business, const PruneRequest& request) {
  return Removal(business, request).run();
}

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/lost_items.h"

#include <algorithm>

#include "firmware/pack/format.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/loss.h"
#include "firmware/vault/lost_packs.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

namespace {

class Search {
 public:
  Search(vault::Business& business, vault::ContentReader& reader, const PackSet& lost_packs,
         const StopFlag* stop, Problems& lost)
      : business_(business), reader_(reader), lost_packs_(lost_packs), stop_(stop), lost_(lost) {}

  // Newest first: the parts that it shares with older ones are passed over there.
  Result<void> run() {
    HF_TRY(const auto condemned, business_.with_catalog([](catalog::Catalog& catalog) {
      return catalog.condemned_packs();
    }));
    for (const catalog::CondemnedRow& pack : condemned) condemned_.insert(pack.name);
    HF_TRY(auto snapshots, business_.snapshots());
    std::ranges::reverse(snapshots);
    for (const catalog::SnapshotRow& snapshot : snapshots) HF_TRY(walk(snapshot));
    return {};
  }

 private:
  Result<void> walk(const catalog::SnapshotRow& snapshot);
  Result<void> judge(const vault::Item& item, std::uint64_t snapshot);
  // The pack that the chunk is lost with; nothing if it can be had.
  Result<std::optional<Digest>> lost_with(const journal::ChunkReference& chunk);
  // The same by the catalog: no other pack has it that is looked after. Whether what was condemned
  // still gives it nobody has looked.
  Result<std::optional<Digest>> only_in(const journal::ChunkReference& chunk);

  vault::Business& business_;
  vault::ContentReader& reader_;
  const PackSet& lost_packs_;
  PackSet condemned_;  // of which bytes may be left
  const StopFlag* stop_;
  Problems& lost_;
  PackSet seen_;   // nodes of trees, by the digests of their bytes
  PackSet named_;  // lost items, by their paths and contents
  Buffer plain_;
};

Result<void> Search::walk(const catalog::SnapshotRow& snapshot) {
  vault::TreeCursor cursor(reader_, vault::written_tree_of(snapshot),
                           [&](const vault::IndexEntry& subtree) {
                             lost_.add_lost_names(subtree.first_path, subtree.items);
                           });
  while (!cursor.at_end()) {
    HF_TRY(check_stop(stop_));
    if (const vault::IndexEntry* subtree = cursor.unentered()) {
      if (seen_.insert(subtree->node.digest).second) {
        HF_TRY(cursor.enter());
      } else {
        cursor.skip_unentered();
      }
      continue;
    }
    HF_TRY(const vault::Item* item, cursor.peek());
    if (item == nullptr) return {};
    HF_TRY(judge(*item, snapshot.head.number));
    cursor.advance();
  }
  return {};
}

Result<void> Search::judge(const vault::Item& item, std::uint64_t snapshot) {
  if (item.chunks.empty()) return {};
  HF_TRY(const bool deleted, reader_.is_deleted(item, snapshot));
  if (deleted) return {};
  Sha256 hash;
  hash.update(view_of(item.path));
  hash.update(item.digest.bytes);
  const Digest identity = hash.finish();
  if (named_.contains(identity)) return {};
  for (const journal::ChunkReference& chunk : item.chunks) {
    HF_TRY(const auto pack, lost_with(chunk));
    if (!pack) continue;
    named_.insert(identity);
    lost_.add(item.path, make_error(ErrorCode::data_lost, item.path,
                                    {{"pack", pack->hex()}, {"content", item.digest.hex()}}));
    return {};
  }
  return {};
}

// A pack that does not prove as a whole may still give most of its chunks, each by its own proof.
Result<std::optional<Digest>> Search::lost_with(const journal::ChunkReference& chunk) {
  HF_TRY(const auto pack, only_in(chunk));
  if (!pack || chunk.length > pack::kPlainLengthMax) return pack;
  plain_.resize(static_cast<std::size_t>(chunk.length));
  const auto read = reader_.read_chunk(chunk, plain_.span());
  if (read) return std::optional<Digest>();
  if (!vault::is_loss(read.error())) return read.error();
  return pack;
}

Result<std::optional<Digest>> Search::only_in(const journal::ChunkReference& chunk) {
  const Digest name = pack::chunk_name(business_.id_key(), chunk.digest);
  HF_TRY(const auto places, business_.with_catalog([&](catalog::Catalog& catalog) {
    return catalog.find_chunk(name);
  }));
  // A chunk that no pack has by the catalog lay in one whose index cannot be had.
  std::optional<Digest> lost = lost_packs_.empty() ? Digest{} : *lost_packs_.begin();
  for (const catalog::ChunkPlace& place : places) {
    const bool is_kept = !lost_packs_.contains(place.pack) && !condemned_.contains(place.pack);
    if (is_kept) return std::optional<Digest>();
    lost = place.pack;
  }
  return lost;
}

}  // namespace

Result<PackSet> noted_lost_packs(ports::Disk& home,
                                 const std::vector<std::unique_ptr<vault::Business>>& businesses) {
  PackSet all;
  for (const auto& business : businesses) {
    HF_TRY(const auto noted, vault::noted_lost_packs(home, business->id()));
    all.insert(noted.begin(), noted.end());
  }
  return all;
}

Result<void> find_lost_items(vault::Business& business, const PackSet& lost_packs,
                             const StopFlag* stop, Problems& lost) {
  HF_TRY(const auto reader, vault::ContentReader::open(business));
  const std::size_t before = lost.kept.size();
  auto done = Search(business, *reader, lost_packs, stop, lost).run();
  for (std::size_t i = before; i < lost.kept.size(); ++i) {
    lost.kept[i].error.arguments.push_back({"business", business.name()});
  }
  return done;
}

}  // namespace holdfast::job

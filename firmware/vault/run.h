// SPDX-License-Identifier: Apache-2.0
// A writing run: chunks go into packs, packs into the pool, and one journal entry commits it all.
//
//   open packs (memory) --close--> durable shards --note--> catalog (open) --commit--> journal
//
// P2: nothing is visible before commit(). A pack that became durable in a run that ended without a
// commit is adopted by the next run. Threads: ChunkWriter per worker; Run itself from any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

#include "firmware/codec/compressor.h"
#include "firmware/pack/writer.h"
#include "firmware/vault/business.h"
#include "firmware/vault/item.h"
#include "firmware/vault/name_filter.h"

namespace holdfast::vault {

struct RunTotals {
  std::uint64_t bytes_new = 0;     // plain bytes of chunks that were not there before
  std::uint64_t bytes_stored = 0;  // on disks, parity included
  std::uint64_t packs = 0;
  bool under_protected = false;  // some pack got less parity than the pool's geometry
};

class Run;

// Writes the chunks of one worker into packs of its own, one open pack a retention class. One
// thread at a time.
class ChunkWriter {
 public:
  ChunkWriter(Run& run, pack::PackKind kind);
  ~ChunkWriter();

  // Room for `length` plain bytes inside the open pack of that class; valid until the next call.
  [[nodiscard]] Result<ByteSpan> prepare(std::uint32_t retention_class, std::size_t length);
  // Takes the first `length` prepared bytes as a chunk: hashed once, stored unless the business has
  // them in this class. Returns the digest of the plain bytes.
  [[nodiscard]] Result<journal::ChunkReference> keep(std::size_t length,
                                                     codec::Compression compression);
  // Makes all open packs durable. Must be called before the run's commit.
  [[nodiscard]] Result<void> flush();

 private:
  [[nodiscard]] Result<void> finish_pack(std::uint32_t retention_class);

  Run& run_;
  pack::PackKind kind_;
  std::map<std::uint32_t, std::unique_ptr<pack::PackWriter>> open_packs_;
  std::uint32_t prepared_class_ = 0;
  ByteSpan prepared_;
  codec::Compressor compressor_;
  Bytes compressed_;
  Buffer spare_memory_;
};

// A chunk that some pack of this run will hold, or is about to be looked up.
struct Claim {
  Digest name;
  std::uint32_t retention_class = 0;
  pack::PackKind kind = pack::PackKind::content;
  bool operator==(const Claim&) const = default;
};
struct ClaimHash {
  std::size_t operator()(const Claim& claim) const { return DigestHash{}(claim.name); }
};

class Run final : public NodeSink {
 public:
  // Business opened for writing. Checks that the pool can be written, that the epoch's keys exist,
  // brings the journal's members level, adopts open packs of an interrupted run and marks in the
  // catalog which packs are lost: their chunks are stored again.
  [[nodiscard]] static Result<std::unique_ptr<Run>> begin(Business& business);

  [[nodiscard]] Business& business() { return business_; }
  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }

  // Packs that are not lost have the item's content in this class, or are about to: an item that
  // did not change may go on relying on it. `kind`: meta for what the box made itself. Costs
  // nothing while no pack is lost. Any thread.
  [[nodiscard]] Result<bool> holds(const Item& item, std::uint32_t retention_class,
                                   pack::PackKind kind = pack::PackKind::content);

  // A tree node or another piece of metadata, into the shared meta pack. Any thread.
  [[nodiscard]] Result<journal::ChunkReference> write_node(ByteView plain) override;

  // These packs go with this run's entry, and nothing may rely on them any more. What is held from
  // now on is so by packs that have all their shards, and the parity that the pool promises; what
  // is written from now on is read back, every shard.
  void leave(std::span<const Digest> packs);
  // A pack that is not lost, and stays, has that chunk, or is about to. Any thread.
  [[nodiscard]] Result<bool> has_chunk(const Claim& claim);
  // The pack of these that has it durably, if there is one. Any thread.
  [[nodiscard]] Result<std::optional<Digest>> find_holder(const Claim& claim);

  // A pack that is not lost has that piece of metadata, or is about to. Any thread.
  [[nodiscard]] Result<bool> has_node(const journal::ChunkReference& node);
  // Of those that the business has ever written; what is relied on is looked at as the run goes on.
  [[nodiscard]] bool some_pack_lost() const;

  // Makes the meta pack durable and appends the snapshot entry that names every pack of the run
  // that is durable by then and not named yet. What `body` refers to must be in such packs: the
  // writers have been flushed since it was kept. Other writers may be at work.
  [[nodiscard]] Result<journal::Head> commit(const journal::SnapshotBody& body);
  // The same with a prune's entry: what it says is gone from now on, for every reader. The caller
  // has proved that nothing that stays needs any of it.
  [[nodiscard]] Result<journal::Head> commit(const journal::PruneBody& body);
  // Ends without a commit: makes open packs durable and noted, for the next run to adopt.
  [[nodiscard]] Result<void> suspend();
  // Packs that no entry names yet, adopted ones included. Complete after suspend().
  [[nodiscard]] bool has_new_packs() const;

  [[nodiscard]] RunTotals totals() const;

 private:
  friend class ChunkWriter;
  explicit Run(Business& business);
  [[nodiscard]] Result<void> adopt_open_packs();
  [[nodiscard]] Result<void> mark_lost_packs();
  [[nodiscard]] Result<void> mark_lost_packs_in(
      std::uint8_t first_byte, const std::unordered_set<Digest, DigestHash>& noted);
  [[nodiscard]] Result<void> forget_proved_packs(const std::vector<Digest>& noted);
  [[nodiscard]] Result<bool> is_held(const Claim& claim);
  [[nodiscard]] Result<bool> has_enough_shards(const Digest& pack);
  [[nodiscard]] Result<bool> has_full_protection(const Digest& pack);
  // True if the chunk is new and now claimed by the caller.
  [[nodiscard]] Result<bool> claim(const Claim& claim);
  [[nodiscard]] std::unique_ptr<pack::PackWriter> new_pack(pack::PackKind kind,
                                                           std::uint32_t retention_class,
                                                           Buffer memory);
  [[nodiscard]] Result<journal::Head> commit(journal::EntryDraft draft);
  [[nodiscard]] Result<void> name_found_packs(std::vector<journal::NewPack>& packs);
  [[nodiscard]] Result<void> finish(pack::PackWriter& writer, Buffer& memory_back);
  void count_new_bytes(std::size_t length);
  struct WrittenPack {
    Digest name;
    pool::PackHint hint;
  };
  [[nodiscard]] pool::ReadBackShare read_back_share() const;
  // Those of which nobody has asked yet whether the disks found lying so far have kept them.
  [[nodiscard]] std::vector<WrittenPack> take_unproved();
  [[nodiscard]] Result<void> reprove();

  Business& business_;
  std::uint32_t epoch_ = 0;
  const SecretKey* content_key_ = nullptr;
  const SecretKey* meta_key_ = nullptr;

  mutable std::mutex mutex_;
  bool some_pack_lost_ = false;
  std::unordered_set<Digest, DigestHash> looked_at_;  // relied on: with enough intact shards
  std::unordered_set<Claim, ClaimHash> claims_;       // chunks in packs that are not durable yet
  std::unordered_set<Digest, DigestHash> whole_;      // found with full protection
  // See leave(). Packs that nothing may rely on; under the catalog's lock.
  bool needs_full_protection_ = false;
  std::unordered_set<Digest, DigestHash> left_out_;
  // In a first run: every chunk that the catalog has, so that it is seldom asked.
  std::optional<NameFilter> noted_;
  std::vector<journal::NewPack> new_packs_;  // durable and noted, in order
  RunTotals totals_;

  std::mutex meta_mutex_;
  std::unique_ptr<ChunkWriter> meta_writer_;

  // Under mutex_, as what stands above it.
  std::vector<WrittenPack> written_;  // of this run, committed or not
  std::size_t reproved_ = 0;          // the first so many of them, for `liars_` disks
  std::size_t liars_ = 0;
};

}  // namespace holdfast::vault

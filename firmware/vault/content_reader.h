// SPDX-License-Identifier: Apache-2.0
// Reads chunks and tree nodes back, proving each by its tag and by the digest of its plain bytes
// (P1: never wrong bytes). One thread at a time; each worker has its own.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <unordered_set>

#include "firmware/pack/reader.h"
#include "firmware/vault/business.h"
#include "firmware/vault/item.h"

namespace holdfast::vault {

class ContentReader final : public NodeSource {
 public:
  // Opens a catalog of its own where it can.
  [[nodiscard]] static Result<std::unique_ptr<ContentReader>> open(Business& business);
  ~ContentReader() override;

  // Fills `plain` (reference.length bytes). A pack that does not prove although its shards are
  // there is noted in home for the next backup (lost_packs.h), if home can be written. data_lost:
  // too many shards are gone, or the chunk's pack is not there at all; damaged: bytes are there,
  // but none that prove.
  [[nodiscard]] Result<void> read_chunk(const journal::ChunkReference& reference, ByteSpan plain);
  // The same of a chunk of which only the name is known, `plain` being as long as it is.
  [[nodiscard]] Result<void> read_named(const Digest& name, ByteSpan plain);
  // The same out of that pack, and no other.
  [[nodiscard]] Result<void> read_out_of(const Digest& pack, const Digest& name, ByteSpan plain);
  [[nodiscard]] Result<Bytes> read_node(const journal::ChunkReference& node) override;
  [[nodiscard]] Result<journal::DeltaLists> read_delta(std::uint64_t number) override;
  // As when it was opened.
  [[nodiscard]] bool has_deleted_since(std::uint64_t snapshot) override;
  [[nodiscard]] Result<bool> is_deleted(const Item& item, std::uint64_t snapshot) override;

  // Hands out the item's content in order, with offsets in the file (holes are left out), and
  // checks the item's digest at the end. The view lives until the next call.
  using Piece = std::function<Result<void>(std::uint64_t offset, ByteView bytes)>;
  [[nodiscard]] Result<void> read_item(const Item& item, const Piece& piece);

  // As if that disk of the pool were not there, for a reader that has not read anything yet. What
  // it cannot give then is no loss, and is not noted.
  void leave_out(const DiskId& disk) { left_out_ = disk; }
  // The disk on which the content of the item begins, if every byte of it can be had without that
  // disk as far as shards are there by their headers. Nothing too if it has no content.
  [[nodiscard]] Result<std::optional<DiskId>> spare_disk_of(const Item& item);

  // Memory for what was decoded because disks are missing: with each read of a chunk at most
  // VaultSettings::decoded_bytes_max and the data shards that the chunk's pack misses.
  [[nodiscard]] std::uint64_t decoded_bytes() const;

 private:
  struct OpenPack {
    Digest name;
    std::unique_ptr<pool::PackHandle> handle;
    const SecretKey* key = nullptr;          // of its epoch; the business's
    std::optional<pack::PackReader> reader;  // always there
  };
  explicit ContentReader(Business& business);
  // The catalog of its own, or the business's.
  template <class Call>
  auto ask(Call&& call) {
    return own_catalog_ ? call(*own_catalog_) : business_.with_catalog(call);
  }
  [[nodiscard]] Result<std::vector<catalog::ChunkPlace>> find(const Digest& name);
  [[nodiscard]] Result<void> read_from(const catalog::ChunkPlace& place, ByteSpan plain);
  [[nodiscard]] Result<OpenPack*> open_pack(const catalog::ChunkPlace& place);
  [[nodiscard]] Result<bool> has_enough_without(const catalog::ChunkPlace& place,
                                                const DiskId& disk);
  // The whole pack, proved by its name, and a reader for it by the header that it begins with.
  [[nodiscard]] Result<Buffer> read_whole(OpenPack& pack);
  void close_packs();
  void note_damage(const catalog::ChunkPlace& place);

  Business& business_;
  std::optional<DiskId> left_out_;
  std::optional<catalog::Catalog> own_catalog_;
  std::uint64_t newest_deletion_ = 0;  // number of the newest prune that took items away
  std::list<OpenPack> packs_;          // newest use first
  std::unordered_set<Digest, DigestHash> failed_;      // packs that a chunk was not to be had from
  std::unordered_set<Digest, DigestHash> unprovable_;  // of them, those not to be had as a whole
  Buffer frame_;
  Buffer plain_;
};

}  // namespace holdfast::vault

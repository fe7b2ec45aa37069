// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/content_reader.h"

#include <algorithm>
#include <set>

#include "firmware/vault/loss.h"
#include "firmware/vault/lost_packs.h"
#include "firmware/vault/pruned_items.h"

namespace holdfast::vault {

namespace {

// Open packs hold up to k files each; a restore in path order needs one pack a worker that wrote.
// With disks missing they hold decoded shards too, see close_packs().
constexpr std::size_t kOpenPacksMax = 4;

// Of a pack, or of a chunk that no pack is known to have.
Error lost(const Digest& name) {
  Error error = make_error(ErrorCode::data_lost, name.hex(), {{"pack", name.hex()}});
  error.data_loss = true;
  return error;
}

}  // namespace

Result<std::unique_ptr<ContentReader>> ContentReader::open(Business& business) {
  std::unique_ptr<ContentReader> reader(new ContentReader(business));
  HF_TRY(reader->own_catalog_, business.open_reading_catalog());
  HF_TRY(const auto prunes,
         reader->ask([](catalog::Catalog& catalog) { return catalog.prunes(); }));
  for (const catalog::PruneRow& prune : prunes) {
    if (prune.items > 0) reader->newest_deletion_ = prune.number;
  }
  return reader;
}

ContentReader::ContentReader(Business& business) : business_(business) {}
ContentReader::~ContentReader() = default;

Result<std::vector<catalog::ChunkPlace>> ContentReader::find(const Digest& name) {
  auto places = own_catalog_ ? own_catalog_->find_chunk(name)
                             : business_.with_catalog([&](catalog::Catalog& catalog) {
                                 return catalog.find_chunk(name);
                               });
  // Of a catalog that cannot be read nothing follows for what is stored.
  if (!places && places.error().code == ErrorCode::damaged) {
    places.error().code = ErrorCode::catalog_damaged;
  }
  return places;
}

Result<ContentReader::OpenPack*> ContentReader::open_pack(const catalog::ChunkPlace& place) {
  const auto found = std::find_if(packs_.begin(), packs_.end(),
                                  [&](const OpenPack& pack) { return pack.name == place.pack; });
  if (found != packs_.end()) {
    packs_.splice(packs_.begin(), packs_, found);
    close_packs();
    return &packs_.front();
  }
  auto handle = business_.pool().open_pack(place.pack, place.hint, left_out_);
  if (!handle) {
    if (handle.error().code == ErrorCode::not_found) return lost(place.pack);
    return std::move(handle.error());
  }
  HF_TRY(const SecretKey* key, business_.epoch_keys().get(place.epoch, place.kind));
  OpenPack pack{place.pack, std::move(handle).value(), key, std::nullopt};
  // The header that shards claim is proved by nothing but that it opens the chunks.
  if (auto reader = pack::PackReader::open(pack.handle->shape().pack_header, *key)) {
    pack.reader = std::move(*reader);
  } else {
    HF_TRY(read_whole(pack));
  }
  packs_.push_front(std::move(pack));
  close_packs();
  return &packs_.front();
}

Result<Buffer> ContentReader::read_whole(OpenPack& pack) {
  HF_TRY(Buffer whole, pack.handle->read_whole());
  if (whole.size() < pack::kHeaderSize) {
    return make_error(ErrorCode::damaged, pack.name.hex(), {{"what", "pack size"}});
  }
  HF_TRY(pack.reader, pack::PackReader::open(whole.view().first(pack::kHeaderSize), *pack.key));
  return whole;
}

// The packs used longest ago, until the rest is within the bounds. The one in front stays.
void ContentReader::close_packs() {
  const std::uint64_t decoded_max = business_.box().settings().decoded_bytes_max;
  const auto beside_front = [&] {
    return decoded_bytes() - packs_.front().handle->decoded_bytes();
  };
  while (packs_.size() > kOpenPacksMax || (packs_.size() > 1 && beside_front() > decoded_max)) {
    packs_.pop_back();
  }
}

std::uint64_t ContentReader::decoded_bytes() const {
  std::uint64_t bytes = 0;
  for (const OpenPack& pack : packs_) bytes += pack.handle->decoded_bytes();
  return bytes;
}

Result<void> ContentReader::read_chunk(const journal::ChunkReference& reference, ByteSpan plain) {
  HF_CHECK(plain.size() == reference.length);
  return read_named(pack::chunk_name(business_.id_key(), reference.digest), plain);
}

Result<void> ContentReader::read_named(const Digest& name, ByteSpan plain) {
  HF_TRY(const auto places, find(name));
  std::optional<Error> first_error;
  for (const catalog::ChunkPlace& place : places) {
    auto read = read_from(place, plain);
    if (read || !is_loss(read.error())) return read;
    note_damage(place);
    if (!first_error) first_error = std::move(read.error());
  }
  return first_error ? std::move(*first_error) : lost(name);
}

Result<void> ContentReader::read_out_of(const Digest& pack, const Digest& name, ByteSpan plain) {
  HF_TRY(const auto places, find(name));
  const auto place = std::ranges::find(places, pack, &catalog::ChunkPlace::pack);
  if (place == places.end()) return lost(name);
  auto read = read_from(*place, plain);
  if (!read && is_loss(read.error())) note_damage(*place);
  return read;
}

// That disks are missing everybody sees; what is wrong within shards only who reads them. Counted
// as the next backup counts, by names: what it would rely on is what must be noted.
void ContentReader::note_damage(const catalog::ChunkPlace& place) {
  if (left_out_ || !failed_.insert(place.pack).second) return;
  const auto census = business_.pool().census(place.pack.bytes[0]);
  if (!census) return;
  const int present = census->count(place.pack, place.hint.generation);
  if (present < place.hint.geometry.k) return;
  const auto noted = note_lost_pack(business_.box().ports().home, business_.id(), place.pack);
  static_cast<void>(noted.has_value());  // the loss itself is told
}

Result<void> ContentReader::read_from(const catalog::ChunkPlace& place, ByteSpan plain) {
  const Digest& name = place.record.name;
  if (place.record.plain_length != plain.size()) {
    return make_error(ErrorCode::damaged, name.hex(), {{"what", "chunk length"}});
  }
  HF_TRY(OpenPack * pack, open_pack(place));
  frame_.resize(static_cast<std::size_t>(place.record.frame_size()));
  const auto prove = [&]() -> Result<void> {
    HF_TRY(pack->reader->open_chunk(place.record, frame_.view(), plain));
    // The tag proves the bytes that were sealed; the name proves that they are the ones meant.
    if (pack::chunk_name(business_.id_key(), sha256(plain)) != name) {
      return make_error(ErrorCode::damaged, name.hex(), {{"what", "chunk digest"}});
    }
    return {};
  };
  const auto first = pack->handle->read(place.record.position, frame_.span());
  if (first && prove()) return {};
  if (!first && first.error().is_of_process()) return first.error();
  const auto second = pack->handle->read_checked(place.record.position, frame_.span());
  if (second && prove()) {
    business_.note_made_up();
    return {};
  }
  if (!second && second.error().is_of_process()) return second.error();
  // Every leaf's checksum may be right and the bytes wrong all the same, or the shards belong to
  // another pack than they say: the whole pack, proved by its name, is the last word.
  if (unprovable_.contains(place.pack)) return lost(place.pack);
  auto proved = read_whole(*pack);
  if (!proved && is_loss(proved.error())) unprovable_.insert(place.pack);
  HF_TRY(const Buffer whole, std::move(proved));
  if (place.record.position > whole.size() ||
      frame_.size() > whole.size() - place.record.position) {
    return make_error(ErrorCode::damaged, name.hex(), {{"what", "chunk position"}});
  }
  const ByteView frame =
      whole.view().subspan(static_cast<std::size_t>(place.record.position), frame_.size());
  std::copy(frame.begin(), frame.end(), frame_.data());
  HF_TRY(prove());
  business_.note_made_up();
  return {};
}

// A chunk may lie in several packs: that of the first place is read first.
// A disk may have more than one shard of a pack, so those are counted that are left without it.
Result<bool> ContentReader::has_enough_without(const catalog::ChunkPlace& place,
                                               const DiskId& disk) {
  const auto handle = business_.pool().open_pack(place.pack, place.hint, disk);
  if (!handle && handle.error().code == ErrorCode::not_found) return false;
  if (!handle) return handle.error();
  HF_TRY(const int present, (*handle)->shards_present());
  return present >= (*handle)->shape().geometry.k;
}

Result<std::optional<DiskId>> ContentReader::spare_disk_of(const Item& item) {
  std::optional<DiskId> first;
  std::set<Digest> enough;
  for (const journal::ChunkReference& chunk : item.chunks) {
    HF_TRY(const auto places, find(pack::chunk_name(business_.id_key(), chunk.digest)));
    if (places.empty()) return std::optional<DiskId>();
    const catalog::ChunkPlace& place = places.front();
    if (!first) {
      HF_TRY(OpenPack * pack, open_pack(place));
      HF_TRY(first, pack->handle->disk_of(place.record.position));
      if (!first) return first;
    }
    if (!enough.insert(place.pack).second) continue;
    HF_TRY(const bool is_spare, has_enough_without(place, *first));
    if (!is_spare) return std::optional<DiskId>();
  }
  return first;
}

Result<Bytes> ContentReader::read_node(const journal::ChunkReference& node) {
  if (node.length > pack::kPlainLengthMax) {
    return make_error(ErrorCode::limit_exceeded, {}, {{"what", "tree node"}});
  }
  Bytes plain(static_cast<std::size_t>(node.length));
  HF_TRY(read_chunk(node, plain));
  return plain;
}

bool ContentReader::has_deleted_since(std::uint64_t snapshot) {
  return newest_deletion_ > snapshot;
}

Result<bool> ContentReader::is_deleted(const Item& item, std::uint64_t snapshot) {
  if (!has_deleted_since(snapshot)) return false;
  const Digest identity = identity_of(item);
  auto number =
      ask([&](catalog::Catalog& catalog) { return catalog.deleted_by(item.path, identity); });
  if (number) return *number > snapshot;
  if (number.error().code == ErrorCode::damaged) number.error().code = ErrorCode::catalog_damaged;
  return number.error();
}

Result<journal::DeltaLists> ContentReader::read_delta(std::uint64_t number) {
  auto lists = own_catalog_ ? own_catalog_->delta_lists(number)
                            : business_.with_catalog([&](catalog::Catalog& catalog) {
                                return catalog.delta_lists(number);
                              });
  // The entry's own lists were checked when the catalog took it up.
  if (!lists && lists.error().code == ErrorCode::damaged) {
    lists.error().code = ErrorCode::catalog_damaged;
  }
  return lists;
}

namespace {

// Lays content bytes, which come without holes, over the runs of a sparse file.
class RunMap {
 public:
  explicit RunMap(const Item& item) : item_(item) {}

  Result<void> place(ByteView bytes, const ContentReader::Piece& piece) {
    while (!bytes.empty()) {
      ports::DataRun run{0, item_.size};
      if (!item_.data_runs.empty()) {
        if (index_ >= item_.data_runs.size()) {
          return make_error(ErrorCode::damaged, item_.path, {{"what", "data runs"}});
        }
        run = item_.data_runs[index_];
      }
      const std::uint64_t count = std::min<std::uint64_t>(bytes.size(), run.length - done_in_run_);
      if (count == 0 && item_.data_runs.empty()) {
        return make_error(ErrorCode::damaged, item_.path, {{"what", "size"}});
      }
      HF_TRY(piece(run.offset + done_in_run_, bytes.first(static_cast<std::size_t>(count))));
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      placed_ += count;
      done_in_run_ += count;
      if (done_in_run_ == run.length && !item_.data_runs.empty()) {
        ++index_;
        done_in_run_ = 0;
      }
    }
    return {};
  }

  // True if every byte that the item says it has was placed.
  [[nodiscard]] bool is_full() const {
    std::uint64_t bytes = item_.data_runs.empty() ? item_.size : 0;
    for (const ports::DataRun& run : item_.data_runs) bytes += run.length;
    return placed_ == bytes;
  }

 private:
  const Item& item_;
  std::size_t index_ = 0;
  std::uint64_t done_in_run_ = 0;
  std::uint64_t placed_ = 0;
};

}  // namespace

Result<void> ContentReader::read_item(const Item& item, const Piece& piece) {
  RunMap runs(item);
  std::optional<Sha256> whole;
  if (item.chunks.size() > 1) whole.emplace();
  for (const journal::ChunkReference& chunk : item.chunks) {
    if (chunk.length > pack::kPlainLengthMax) {
      return make_error(ErrorCode::limit_exceeded, item.path, {{"what", "chunk"}});
    }
    plain_.resize(static_cast<std::size_t>(chunk.length));
    HF_TRY(read_chunk(chunk, plain_.span()));
    if (whole) whole->update(plain_.view());
    HF_TRY(runs.place(plain_.view(), piece));
  }
  if (whole && whole->finish() != item.digest) {
    return make_error(ErrorCode::damaged, item.path, {{"what", "item digest"}});
  }
  if (!item.chunks.empty() && !runs.is_full()) {
    return make_error(ErrorCode::damaged, item.path, {{"what", "size"}});
  }
  return {};
}

}  // namespace holdfast::vault

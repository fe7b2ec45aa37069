// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/run.h"

#include <algorithm>
#include <iterator>

#include "firmware/vault/lost_packs.h"

namespace holdfast::vault {

namespace {

// Room behind the pack for the zeros that coding adds (k times 64 at most) and for one chunk that
// starts just below the limit.
constexpr std::size_t kCodingSlack = 64 * 32;

constexpr std::uint32_t kMetaClass = 0;  // retention class of metadata

}  // namespace

ChunkWriter::ChunkWriter(Run& run, pack::PackKind kind) : run_(run), kind_(kind) {}
ChunkWriter::~ChunkWriter() = default;

Result<ByteSpan> ChunkWriter::prepare(std::uint32_t retention_class, std::size_t length) {
  auto& pack = open_packs_[retention_class];
  const VaultSettings& settings = run_.business().box().settings();
  if (pack != nullptr && !pack->empty() && !pack->has_room(length, settings.pack_size)) {
    HF_TRY(finish_pack(retention_class));
  }
  if (pack == nullptr) {
    pack = run_.new_pack(kind_, retention_class, std::move(spare_memory_));
    spare_memory_ = Buffer();
  }
  prepared_class_ = retention_class;
  prepared_ = pack->prepare(length);
  return prepared_;
}

Result<journal::ChunkReference> ChunkWriter::keep(std::size_t length,
                                                  codec::Compression compression) {
  const ByteView plain = prepared_.first(length);
  const journal::ChunkReference reference{sha256(plain), length};
  const Digest name = pack::chunk_name(run_.business().id_key(), reference.digest);
  HF_TRY(const bool is_new, run_.claim({name, prepared_class_, kind_}));
  if (!is_new) return reference;
  pack::PackWriter& pack = *open_packs_[prepared_class_];
  const auto plain_length = static_cast<std::uint32_t>(length);
  if (compression != codec::Compression::none) {
    HF_TRY(compression, compressor_.compress(compression, plain, compressed_));
  }
  if (compression == codec::Compression::none) {
    pack.keep(name, plain_length);
  } else {
    pack.append(name, compression, compressed_, plain_length);
  }
  run_.count_new_bytes(length);
  const std::uint32_t chunks_max = run_.business().box().settings().pack_chunks_max;
  if (pack.chunks() >= chunks_max) HF_TRY(finish_pack(prepared_class_));
  return reference;
}

Result<void> ChunkWriter::finish_pack(std::uint32_t retention_class) {
  auto& pack = open_packs_[retention_class];
  HF_TRY(run_.finish(*pack, spare_memory_));
  pack.reset();
  return {};
}

Result<void> ChunkWriter::flush() {
  for (auto& [retention_class, pack] : open_packs_) {
    if (pack != nullptr && !pack->empty()) HF_TRY(finish_pack(retention_class));
    pack.reset();
  }
  return {};
}

Run::Run(Business& business) : business_(business) {
  meta_writer_ = std::make_unique<ChunkWriter>(*this, pack::PackKind::meta);
}

Result<std::unique_ptr<Run>> Run::begin(Business& business) {
  HF_CHECK(business.access() == Access::write);
  HF_TRY(business.pool().writable());
  HF_TRY(business.prepare_writing());
  // Time counts between two looks of one boot, and a box may make one backup in each.
  HF_TRY(business.count_time());
  std::unique_ptr<Run> run(new Run(business));
  HF_TRY(run->epoch_, business.ensure_epoch());
  EpochKeys& keys = business.epoch_keys();
  HF_TRY(run->content_key_, keys.get(run->epoch_, keys::KeyKind::content));
  HF_TRY(run->meta_key_, keys.get(run->epoch_, keys::KeyKind::meta));
  HF_TRY(run->adopt_open_packs());
  HF_TRY(run->mark_lost_packs());
  HF_TRY(const bool has_packs,
         business.with_catalog([](catalog::Catalog& catalog) { return catalog.has_packs(); }));
  if (!has_packs) run->noted_.emplace();
  return run;
}

namespace {

Result<bool> is_whole(const Result<std::unique_ptr<pool::PackHandle>>& handle, int parity_due) {
  if (!handle) {
    if (handle.error().code == ErrorCode::power_cut) return handle.error();
    return false;
  }
  HF_TRY(const int present, (*handle)->shards_present());
  const erasure::Geometry& geometry = (*handle)->shape().geometry;
  return present == geometry.total() && geometry.m >= parity_due;
}

}  // namespace

// Packs of a run that ended without a commit: what is still whole in the pool is ours now, the rest
// is forgotten. Its shards stay where they are: nothing is deleted here (P10). A pack that was
// written thin, while disks were away, is not whole if it would get more parity today: what is in
// it is read again as long as the source has it.
Result<void> Run::adopt_open_packs() {
  HF_TRY(const auto rows,
         business_.with_catalog([](catalog::Catalog& catalog) { return catalog.open_packs(); }));
  const int parity_due = business_.pool().write_geometry().m;
  for (const catalog::PackRow& row : rows) {
    const auto handle = business_.pool().open_pack(row.pack.name, row.hint);
    HF_TRY(const bool whole, is_whole(handle, parity_due));
    if (whole) {
      new_packs_.push_back(row.pack);
      totals_.under_protected = totals_.under_protected || row.under_protected;
      continue;
    }
    HF_TRY(business_.with_catalog(
        [&](catalog::Catalog& catalog) { return catalog.forget_open_pack(row.pack.name); }));
  }
  return {};
}

namespace {

bool is_gone(const Error& error) {
  return error.code == ErrorCode::not_found || error.code == ErrorCode::data_lost;
}

// By the headers and sizes of its shards.
Result<bool> lacks_shards(const Result<std::unique_ptr<pool::PackHandle>>& handle) {
  if (!handle && is_gone(handle.error())) return true;
  if (!handle) return handle.error();
  HF_TRY(const int present, (*handle)->shards_present());
  return present < (*handle)->shape().geometry.k;
}

// `noted`: somebody looked into its shards and could not have it back.
Result<bool> is_lost(pool::Pool& pool, const catalog::PackRow& row, const pool::ShardCensus& census,
                     bool noted) {
  // Opening the business has tried to have its index.
  if (row.index_missing()) return true;
  const int present = census.count(row.pack.name, row.hint.generation);
  if (present >= row.hint.geometry.k && !noted) return false;
  const auto handle = pool.open_pack(row.pack.name, row.hint);
  HF_TRY(const bool lacks, lacks_shards(handle));
  if (lacks || !noted) return lacks;
  // Now only its name is proof.
  const auto whole = (*handle)->read_whole();
  if (!whole && !is_gone(whole.error())) return whole.error();
  return !whole;
}

}  // namespace

// A chunk that the catalog knows counts as stored only if it can be had back: the source may be the
// last place that has it. Looking into every shard would make each run longer than the last one, so
// their names must do here; readers and scrub note what is wrong within, and a pack that is relied
// on is looked at once (is_held()).
Result<void> Run::mark_lost_packs() {
  HF_TRY(const auto noted, noted_lost_packs(business_.box().ports().home, business_.id()));
  const std::unordered_set<Digest, DigestHash> is_noted(noted.begin(), noted.end());
  for (unsigned folder = 0; folder < pool::kPackFolders; ++folder) {
    HF_TRY(mark_lost_packs_in(static_cast<std::uint8_t>(folder), is_noted));
  }
  return forget_proved_packs(noted);
}

Result<void> Run::mark_lost_packs_in(std::uint8_t first_byte,
                                     const std::unordered_set<Digest, DigestHash>& noted) {
  std::optional<pool::ShardCensus> census;
  return business_.with_catalog([&](catalog::Catalog& catalog) {
    return catalog.for_each_pack_in(first_byte, [&](const catalog::PackRow& row) -> Result<void> {
      if (!census) {
        HF_TRY(census, business_.pool().census(first_byte));
      }
      HF_TRY(const bool lost,
             is_lost(business_.pool(), row, *census, noted.contains(row.pack.name)));
      some_pack_lost_ = some_pack_lost_ || lost;
      if (lost == row.lost) return {};
      return catalog.mark_lost(row.pack.name, lost);
    });
  });
}

Result<void> Run::forget_proved_packs(const std::vector<Digest>& noted) {
  for (const Digest& pack : noted) {
    HF_TRY(const auto row, business_.with_catalog(
                               [&](catalog::Catalog& catalog) { return catalog.find_pack(pack); }));
    if (row && row->lost) continue;
    HF_TRY(forget_lost_pack(business_.box().ports().home, business_.id(), pack));
  }
  return {};
}

Result<bool> Run::holds(const Item& item, std::uint32_t retention_class, pack::PackKind kind) {
  {
    const std::lock_guard lock(mutex_);
    if (!some_pack_lost_) return true;
  }
  for (const journal::ChunkReference& chunk : item.chunks) {
    const Digest name = pack::chunk_name(business_.id_key(), chunk.digest);
    HF_TRY(const bool held, has_chunk({name, retention_class, kind}));
    if (!held) return false;
  }
  return true;
}

Result<bool> Run::has_node(const journal::ChunkReference& node) {
  return has_chunk(
      {pack::chunk_name(business_.id_key(), node.digest), kMetaClass, pack::PackKind::meta});
}

bool Run::some_pack_lost() const {
  const std::lock_guard lock(mutex_);
  return some_pack_lost_;
}

Result<bool> Run::has_chunk(const Claim& claim) {
  {
    const std::lock_guard lock(mutex_);
    if (claims_.contains(claim)) return true;
  }
  return is_held(claim);
}

void Run::leave(std::span<const Digest> packs) {
  left_out_.insert(packs.begin(), packs.end());
  needs_full_protection_ = true;
}

Result<bool> Run::is_held(const Claim& claim) {
  HF_TRY(const auto holder, find_holder(claim));
  return holder.has_value();
}

// One that can be had back.
Result<std::optional<Digest>> Run::find_holder(const Claim& claim) {
  while (true) {
    HF_TRY(auto holder, business_.with_catalog([&](catalog::Catalog& catalog) {
      return catalog.find_holder(claim.name, claim.retention_class, claim.kind, left_out_);
    }));
    if (!holder) return holder;
    HF_TRY(const bool enough, has_enough_shards(*holder));
    if (enough && !needs_full_protection_) return holder;
    if (enough) {
      HF_TRY(const bool full, has_full_protection(*holder));
      if (full) return holder;
    }
    HF_TRY(business_.with_catalog([&](catalog::Catalog& catalog) -> Result<void> {
      if (!enough) return catalog.mark_lost(*holder, true);
      left_out_.insert(*holder);
      return {};
    }));
  }
}

Result<bool> Run::has_enough_shards(const Digest& pack) {
  {
    const std::lock_guard lock(mutex_);
    if (looked_at_.contains(pack)) return true;
  }
  HF_TRY(const auto row, business_.with_catalog(
                             [&](catalog::Catalog& catalog) { return catalog.find_pack(pack); }));
  HF_TRY(const bool lacks,
         lacks_shards(business_.pool().open_pack(pack, row ? row->hint : pool::PackHint{})));
  const std::lock_guard lock(mutex_);
  some_pack_lost_ = some_pack_lost_ || lacks;
  if (!lacks) looked_at_.insert(pack);
  return !lacks;
}

// By the headers and sizes of its shards: all are there, and as many disks may go as the pool
// promises now.
Result<bool> Run::has_full_protection(const Digest& pack) {
  {
    const std::lock_guard lock(mutex_);
    if (whole_.contains(pack)) return true;
  }
  HF_TRY(const auto row, business_.with_catalog(
                             [&](catalog::Catalog& catalog) { return catalog.find_pack(pack); }));
  const auto handle = business_.pool().open_pack(pack, row ? row->hint : pool::PackHint{});
  HF_TRY(const bool whole, is_whole(handle, business_.pool().label().record.m));
  const std::lock_guard lock(mutex_);
  if (whole) whole_.insert(pack);
  return whole;
}

Result<bool> Run::claim(const Claim& claim) {
  {
    const std::lock_guard lock(mutex_);
    if (!claims_.insert(claim).second) return false;
    if (noted_ && !noted_->may_hold(claim.name)) return true;
  }
  const auto held = is_held(claim);
  if (held && !*held) return true;
  const std::lock_guard lock(mutex_);
  claims_.erase(claim);
  if (!held) return held.error();
  return false;
}

std::unique_ptr<pack::PackWriter> Run::new_pack(pack::PackKind kind, std::uint32_t retention_class,
                                                Buffer memory) {
  pack::PackIdentity identity;
  identity.kind = kind;
  identity.epoch = epoch_;
  identity.business = business_.id();
  identity.retention_class = retention_class;
  const SecretKey& key = kind == pack::PackKind::meta ? *meta_key_ : *content_key_;
  const auto capacity =
      static_cast<std::size_t>(business_.box().settings().pack_size) + kCodingSlack;
  return std::make_unique<pack::PackWriter>(identity, key, business_.box().ports().random,
                                            std::move(memory), capacity);
}

void Run::count_new_bytes(std::size_t length) {
  const std::lock_guard lock(mutex_);
  totals_.bytes_new += length;
}

// Pack to shards, then a note in the catalog; only then may others rely on its chunks through it,
// so the claims go last.
Result<void> Run::finish(pack::PackWriter& writer, Buffer& memory_back) {
  catalog::PackRow row;
  row.pack.epoch = writer.identity().epoch;
  row.pack.retention_class = writer.identity().retention_class;
  row.pack.kind = writer.identity().kind;
  pack::ClosedPack closed = writer.close();
  row.pack.name = closed.name;
  row.pack.size = closed.bytes.size();
  HF_TRY(const pool::Pool::Written written, business_.pool().write_pack(closed, read_back_share()));
  row.hint = written.hint;
  row.under_protected = written.under_protected;
  HF_TRY(business_.with_catalog(
      [&](catalog::Catalog& catalog) { return catalog.note_open_pack(row, closed.index); }));
  const std::lock_guard lock(mutex_);
  for (const pack::IndexRecord& record : closed.index) {
    if (noted_) noted_->add(record.name);
    claims_.erase({record.name, row.pack.retention_class, row.pack.kind});
  }
  looked_at_.insert(row.pack.name);
  new_packs_.push_back(row.pack);
  written_.push_back({row.pack.name, row.hint});
  totals_.packs += 1;
  totals_.bytes_stored += written.bytes_stored;
  totals_.under_protected = totals_.under_protected || written.under_protected;
  memory_back = std::move(closed.bytes);
  memory_back.clear();
  return {};
}

Result<journal::ChunkReference> Run::write_node(ByteView plain) {
  const std::lock_guard lock(meta_mutex_);
  HF_TRY(const ByteSpan room, meta_writer_->prepare(kMetaClass, plain.size()));
  std::copy(plain.begin(), plain.end(), room.begin());
  return meta_writer_->keep(plain.size(), codec::Compression::zstd);
}

Result<journal::Head> Run::commit(const journal::SnapshotBody& body) {
  journal::EntryDraft draft;
  draft.kind = body.delta ? journal::EntryKind::delta : journal::EntryKind::snapshot;
  journal::SnapshotBody dated = body;
  HF_TRY(dated.trusted, business_.trusted_time());
  draft.body = encode(dated);
  return commit(std::move(draft));
}

Result<journal::Head> Run::commit(const journal::PruneBody& body) {
  journal::EntryDraft draft;
  draft.kind = journal::EntryKind::prune;
  draft.body = encode(body);
  return commit(std::move(draft));
}

Result<journal::Head> Run::commit(journal::EntryDraft draft) {
  HF_TRY(suspend());
  draft.key_epoch = epoch_;
  {
    const std::lock_guard lock(mutex_);
    draft.new_packs = new_packs_;
  }
  const auto named = static_cast<std::ptrdiff_t>(draft.new_packs.size());
  HF_TRY(name_found_packs(draft.new_packs));
  HF_TRY(const journal::Head head, business_.append(std::move(draft)));
  // Workers that went on in the meantime have added theirs behind.
  const std::lock_guard lock(mutex_);
  new_packs_.erase(new_packs_.begin(), new_packs_.begin() + named);
  return head;
}

// A pack that was found behind lost entries is named by none that is known. Should those turn up,
// and not have named it, what relies on it must have.
Result<void> Run::name_found_packs(std::vector<journal::NewPack>& packs) {
  HF_TRY(const auto found,
         business_.with_catalog([](catalog::Catalog& catalog) { return catalog.found_packs(); }));
  const std::lock_guard lock(mutex_);
  std::ranges::copy_if(found, std::back_inserter(packs), [&](const journal::NewPack& pack) {
    return looked_at_.contains(pack.name);
  });
  return {};
}

Result<void> Run::suspend() {
  {
    const std::lock_guard lock(meta_mutex_);
    HF_TRY(meta_writer_->flush());
  }
  return reprove();
}

// What is left is the last copy of what it holds until the bytes of before are gone.
pool::ReadBackShare Run::read_back_share() const {
  return needs_full_protection_ ? pool::ReadBackShare::all : pool::ReadBackShare::sampled;
}

std::vector<Run::WrittenPack> Run::take_unproved() {
  const std::size_t liars = business_.pool().liar_count();
  const std::lock_guard lock(mutex_);
  if (liars == 0) return {};
  if (liars > liars_) reproved_ = 0;
  liars_ = liars;
  const auto first = written_.begin() + static_cast<std::ptrdiff_t>(reproved_);
  reproved_ = written_.size();
  return {first, written_.end()};
}

// A disk that was found not to keep what it called durable has got shards before, in this run, of
// which few were looked at: so all are, before anything is committed. To mend them finds, perhaps,
// the next such disk.
Result<void> Run::reprove() {
  for (auto packs = take_unproved(); !packs.empty(); packs = take_unproved()) {
    for (const WrittenPack& pack : packs) {
      HF_TRY(const auto found, business_.pool().reprove_pack(pack.name, pack.hint));
      if (found == pool::Pool::Reproved::whole) continue;
      if (found == pool::Pool::Reproved::lost) {
        HF_TRY(note_lost_pack(business_.box().ports().home, business_.id(), pack.name));
        return make_error(ErrorCode::data_lost, pack.name.hex(), {{"pack", pack.name.hex()}});
      }
      const std::lock_guard lock(mutex_);
      totals_.under_protected = true;
    }
  }
  return {};
}

bool Run::has_new_packs() const {
  const std::lock_guard lock(mutex_);
  return !new_packs_.empty();
}

RunTotals Run::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

}  // namespace holdfast::vault

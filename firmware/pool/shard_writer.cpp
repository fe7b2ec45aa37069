// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_writer.h"

#include <algorithm>

#include "firmware/pool/read_back.h"
#include "firmware/pool/shard_store.h"

namespace holdfast::pool {

namespace {

// Of one shard: so little that this much of every shard stays in a processor's own cache from the
// coding to the copy of the last piece, so much that calls of the system cost nothing beside it.
constexpr std::uint64_t kStripe = 128 * kKiB;

std::uint64_t stripe_size(std::uint32_t leaf_size) {
  return std::max<std::uint64_t>(kStripe / leaf_size, 1) * leaf_size;
}

}  // namespace

ShardWriter::ShardWriter(const ShardHeader& header, ByteView data, const PoolSettings& settings)
    : header_(header), coder_(header.geometry), data_(data), settings_(settings) {
  HF_CHECK(data.size() == header.shard_length() * header.geometry.k);
}

Result<bool> ShardWriter::write(std::vector<RoomClaim> claims, const Replace& replace,
                                std::vector<MemberDisk*>& dropped) {
  HF_CHECK(claims.size() == static_cast<std::size_t>(header_.geometry.total()));
  shards_.clear();
  for (RoomClaim& claim : claims) {
    shards_.push_back({static_cast<std::uint8_t>(shards_.size()), std::move(claim)});
  }
  for (const Goal& goal : goals()) {
    for (Shard& shard : shards_) {
      const auto reached = bring_to(goal, shard, replace, dropped);
      if (reached && *reached) continue;
      for (Shard& other : shards_) remove_remains(other);
      return reached;
    }
  }
  for (Shard& shard : shards_) shard.claim.use();
  return true;
}

std::vector<ShardWriter::Goal> ShardWriter::goals() const {
  const std::uint64_t length = header_.shard_length();
  const std::uint64_t stripe = stripe_size(header_.leaf_size);
  std::vector<Goal> goals;
  for (std::uint64_t end = stripe; end < length; end += stripe) goals.push_back({Stage::none, end});
  for (const Stage stage :
       {Stage::written, Stage::synced, Stage::proved, Stage::renamed, Stage::durable}) {
    goals.push_back({stage, length});
  }
  return goals;
}

Result<bool> ShardWriter::bring_to(const Goal& goal, Shard& shard, const Replace& replace,
                                   std::vector<MemberDisk*>& dropped) {
  while (shard.stage < goal.stage || shard.filled < goal.filled) {
    const auto done = step(shard);
    if (done) continue;
    if (done.error().is_of_process()) return done.error();
    shard.claim.disk().note_write_failure(done.error());
    dropped.push_back(&shard.claim.disk());
    remove_remains(shard);
    std::vector<MemberDisk*> used = dropped;
    for (const Shard& other : shards_) used.push_back(&other.claim.disk());
    HF_TRY(auto claim, replace(used));
    if (!claim) return false;
    shard.claim = std::move(*claim);
  }
  return true;
}

Result<void> ShardWriter::step(Shard& shard) {
  ports::Disk& disk = shard.claim.disk().disk();
  const std::string path = path_of(shard);
  switch (shard.stage) {
    case Stage::none:
      if (shard.file == nullptr) HF_TRY(open_file(shard));
      HF_TRY(write_stripe(shard));
      if (shard.filled == header_.shard_length()) shard.stage = Stage::written;
      return {};
    case Stage::written:
      HF_TRY(shard.file->sync());
      shard.file.reset();
      shard.stage = Stage::synced;
      return {};
    case Stage::synced:
      if (draws_read_back(settings_)) HF_TRY(read_back(shard));
      shard.stage = Stage::proved;
      return {};
    case Stage::proved:
      HF_TRY(disk.rename(temporary_name(path), path));
      shard.stage = Stage::renamed;
      return {};
    case Stage::renamed:
      HF_TRY(disk.sync_directory(shard_directory(header_.pack)));
      shard.stage = Stage::durable;
      return {};
    case Stage::durable:
      return {};
  }
  return {};
}

Result<void> ShardWriter::open_file(Shard& shard) {
  MemberDisk& disk = shard.claim.disk();
  HF_TRY(disk.prepare_shard_directory(header_.pack));
  HF_TRY(shard.file, create_temporary(disk.disk(), path_of(shard)));
  shard.touched = true;
  return {};
}

// The header goes with the first stripe, what follows the data with the last.
Result<void> ShardWriter::write_stripe(Shard& shard) {
  const ShardFieldsBytes fields = fields_of(shard);
  // The next one of the shard, which may be far behind the others if its disk was replaced.
  const ByteView stripe = stripe_of(shard.index, shard.filled);
  append_crcs(stripe, header_.leaf_size, shard.crcs);
  std::vector<ByteView> pieces;
  if (shard.filled == 0) pieces = {fields, kShardPadding};
  pieces.push_back(stripe);
  if (shard.filled + stripe.size() == header_.shard_length()) {
    pieces.insert(pieces.end(), {shard.crcs, fields});
  }
  HF_TRY(shard.file->append(pieces));
  shard.filled += stripe.size();
  return {};
}

// Parity is reckoned anew, for nobody has kept it. CRCs would not do: they only locate damage.
Result<void> ShardWriter::read_back(const Shard& shard) {
  const std::string path = temporary_name(path_of(shard));
  HF_TRY(ReadBack back, ReadBack::open(shard.claim.disk(), path, header_.file_size()));
  const ShardFieldsBytes fields = fields_of(shard);
  HF_TRY(back.expect(fields));
  HF_TRY(back.expect(kShardPadding));
  for (std::uint64_t begin = 0; begin < header_.shard_length();) {
    const ByteView stripe = stripe_of(shard.index, begin);
    HF_TRY(back.expect(stripe));
    begin += stripe.size();
  }
  HF_TRY(back.expect(shard.crcs));
  return back.expect(fields);
}

ShardFieldsBytes ShardWriter::fields_of(const Shard& shard) const {
  ShardHeader header = header_;
  header.index = shard.index;
  return encode(header);
}

ByteView ShardWriter::stripe_of(std::uint8_t index, std::uint64_t begin) {
  const std::uint64_t length = header_.shard_length();
  const std::size_t size = std::min<std::uint64_t>(stripe_size(header_.leaf_size), length - begin);
  const std::uint8_t k = header_.geometry.k;
  if (index < k) return data_.subspan(index * length + begin, size);
  if (coded_ != begin) code_stripe(begin, size);
  return parity_.view().subspan((index - k) * size, size);
}

void ShardWriter::code_stripe(std::uint64_t begin, std::size_t size) {
  const erasure::Geometry geometry = header_.geometry;
  parity_.resize(size * geometry.m);
  std::vector<ByteView> data;
  for (std::size_t i = 0; i < geometry.k; ++i) {
    data.push_back(data_.subspan(i * header_.shard_length() + begin, size));
  }
  std::vector<ByteSpan> parity;
  for (std::size_t i = 0; i < geometry.m; ++i) {
    parity.push_back(parity_.span().subspan(i * size, size));
  }
  coder_.encode(data, parity);
  coded_ = begin;
}

std::string ShardWriter::path_of(const Shard& shard) const {
  return shard_path(header_.pack, header_.generation, shard.index);
}

// Best effort: what a failing disk keeps has a generation that does not come to be, or the same
// bytes as its replacement.
void ShardWriter::remove_remains(Shard& shard) {
  const std::string path = path_of(shard);
  ports::Disk& disk = shard.claim.disk().disk();
  shard.file.reset();
  if (shard.touched) {
    (void)disk.remove(shard.stage < Stage::renamed ? temporary_name(path) : path);
  }
  shard.stage = Stage::none;
  shard.touched = false;
  shard.filled = 0;
  shard.crcs.clear();
}

}  // namespace holdfast::pool

// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_writer.h"

#include "firmware/erasure/crc32c.h"

namespace holdfast::pool {

namespace {

constexpr std::array<std::uint8_t, kShardHeaderSize - kShardFieldsSize> kHeaderPadding{};

// A crash may have left a file of that temporary name.
Result<std::unique_ptr<ports::WriteFile>> create_anew(ports::Disk& disk, const std::string& path) {
  auto file = disk.create(path);
  if (file || file.error().code != ErrorCode::already_exists) return file;
  HF_TRY(disk.remove(path));
  return disk.create(path);
}

std::string temporary(const std::string& path) {
  return path + ".tmp";
}

}  // namespace

ShardWriter::ShardWriter(const ShardHeader& header, ByteView data, ByteView parity)
    : header_(header), data_(data), parity_(parity) {
  HF_CHECK(data.size() == header.shard_length() * header.geometry.k);
  HF_CHECK(parity.size() == header.shard_length() * header.geometry.m);
}

Result<bool> ShardWriter::write(std::vector<RoomClaim> claims, const Replace& replace,
                                std::vector<MemberDisk*>& dropped) {
  HF_CHECK(claims.size() == static_cast<std::size_t>(header_.geometry.total()));
  shards_.clear();
  for (RoomClaim& claim : claims) {
    shards_.push_back({static_cast<std::uint8_t>(shards_.size()), std::move(claim)});
  }
  for (const Stage stage : {Stage::written, Stage::synced, Stage::renamed, Stage::durable}) {
    for (Shard& shard : shards_) {
      const auto reached = bring_to(stage, shard, replace, dropped);
      if (reached && *reached) continue;
      for (Shard& other : shards_) remove_remains(other);
      return reached;
    }
  }
  for (Shard& shard : shards_) shard.claim.use();
  return true;
}

Result<bool> ShardWriter::bring_to(Stage stage, Shard& shard, const Replace& replace,
                                   std::vector<MemberDisk*>& dropped) {
  while (shard.stage < stage) {
    const auto done = step(shard);
    if (done) continue;
    if (done.error().is_of_process()) return done.error();
    shard.claim.disk().note_write_failure(done.error());
    dropped.push_back(&shard.claim.disk());
    remove_remains(shard);
    std::vector<MemberDisk*> used = dropped;
    for (const Shard& other : shards_) used.push_back(&other.claim.disk());
    auto claim = replace(used);
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
      HF_TRY(write_file(shard));
      shard.stage = Stage::written;
      return {};
    case Stage::written:
      HF_TRY(shard.file->sync());
      shard.file.reset();
      shard.stage = Stage::synced;
      return {};
    case Stage::synced:
      HF_TRY(disk.rename(temporary(path), path));
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

Result<void> ShardWriter::write_file(Shard& shard) {
  MemberDisk& disk = shard.claim.disk();
  HF_TRY(disk.prepare_shard_directory(header_.pack));
  const std::size_t length = header_.shard_length();
  const std::uint8_t k = header_.geometry.k;
  const ByteView bytes = shard.index < k ? data_.subspan(shard.index * length, length)
                                         : parity_.subspan((shard.index - k) * length, length);
  ShardHeader header = header_;
  header.index = shard.index;
  const ShardFieldsBytes fields = encode(header);
  const Bytes crcs = leaf_crcs(bytes);
  HF_TRY(shard.file, create_anew(disk.disk(), temporary(path_of(shard))));
  shard.touched = true;
  const std::array<ByteView, 5> pieces = {fields, kHeaderPadding, bytes, crcs, fields};
  return shard.file->append(pieces);
}

Bytes ShardWriter::leaf_crcs(ByteView shard_data) const {
  Bytes table;
  ByteWriter writer(table);
  for (std::size_t begin = 0; begin < shard_data.size(); begin += header_.leaf_size) {
    const std::size_t size = std::min<std::size_t>(header_.leaf_size, shard_data.size() - begin);
    writer.u32(erasure::crc32c(shard_data.subspan(begin, size)));
  }
  return table;
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
    (void)disk.remove(shard.stage < Stage::renamed ? temporary(path) : path);
  }
  shard.stage = Stage::none;
  shard.touched = false;
}

}  // namespace holdfast::pool

// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_file.h"

#include "firmware/erasure/crc32c.h"

namespace holdfast::pool {

Result<std::unique_ptr<ShardFile>> ShardFile::open(MemberDisk& disk, const PoolId& pool,
                                                   const ShardFileName& name) {
  const std::string path = shard_path(name.pack, name.generation, name.index);
  auto opened = disk.disk().open(path);
  if (!opened) {
    disk.note_read_failure(opened.error());
    return std::move(opened.error());
  }
  std::unique_ptr<ShardFile> shard(new ShardFile(disk, std::move(*opened)));
  HF_TRY(shard->header_, shard->read_header());
  const ShardHeader& header = shard->header_;
  if (header.pack != name.pack || header.pool != pool || header.generation != name.generation ||
      header.index != name.index || header.file_size() != shard->file_->size()) {
    return make_error(ErrorCode::damaged, disk.disk().name() + "/" + path,
                      {{"what", "shard header"}});
  }
  return shard;
}

Result<ShardHeader> ShardFile::read_header() {
  ShardFieldsBytes bytes{};
  auto read = read_noting(0, bytes);
  if (!read && read.error().is_of_process()) return std::move(read.error());
  if (read) {
    auto front = parse_shard_header(bytes);
    if (front) return front;
  }
  // A bad sector at the front is what the copy at the end is for.
  if (file_->size() < kShardFieldsSize) return make_error(ErrorCode::truncated);
  HF_TRY(read_noting(file_->size() - kShardFieldsSize, bytes));
  return parse_shard_header(bytes);
}

Result<void> ShardFile::read(std::uint64_t offset, ByteSpan out) {
  HF_CHECK(offset + out.size() <= header_.shard_length());
  return read_noting(kShardHeaderSize + offset, out);
}

Result<bool> ShardFile::crcs_agree(std::uint64_t first_leaf, ByteView bytes) {
  if (crcs_.empty()) {
    Bytes table(static_cast<std::size_t>(4 * header_.leaf_count()));
    HF_TRY(read_noting(kShardHeaderSize + header_.shard_length(), table));
    crcs_ = std::move(table);
  }
  ByteReader stored(ByteView(crcs_).subspan(static_cast<std::size_t>(4 * first_leaf)));
  while (!bytes.empty()) {
    const ByteView leaf = bytes.first(std::min<std::size_t>(bytes.size(), header_.leaf_size));
    if (erasure::crc32c(leaf) != stored.u32()) return false;
    bytes = bytes.subspan(leaf.size());
  }
  return stored.ok();
}

Result<void> ShardFile::read_noting(std::uint64_t offset, ByteSpan out) {
  const std::int64_t begun = disk_->pace().begin();
  auto done = file_->read_all(offset, out);
  disk_->pace().end(begun, out.size());
  if (!done) disk_->note_read_failure(done.error());
  return done;
}

}  // namespace holdfast::pool

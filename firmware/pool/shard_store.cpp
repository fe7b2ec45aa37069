// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_store.h"

#include <algorithm>
#include <array>

namespace holdfast::pool {

namespace {

constexpr std::size_t kPiece = 128 * kKiB;  // stays in a processor's own cache until it is compared

// All that a shard's file holds, in order.
using FileParts = std::array<ByteView, 5>;

Result<bool> holds(ports::ReadFile& file, const FileParts& parts) {
  std::uint64_t position = 0;
  Buffer read;
  for (ByteView part : parts) {
    while (!part.empty()) {
      const ByteView must_be = part.first(std::min<std::size_t>(part.size(), kPiece));
      read.resize(must_be.size());
      HF_TRY(file.read_all(position, read.span()));
      if (!is_equal(read.view(), must_be)) return false;
      position += must_be.size();
      part = part.subspan(must_be.size());
    }
  }
  return true;
}

// Whether the file holds these bytes and no others; errors of the process.
Result<bool> gives_back(MemberDisk& disk, const std::string& path, const FileParts& parts) {
  std::uint64_t size = 0;
  for (const ByteView part : parts) size += part.size();
  auto file = disk.disk().open(path);
  if (file && (*file)->size() != size) return false;
  auto same = file ? holds(**file, parts) : std::move(file.error());
  if (same || same.error().is_of_process()) return same;
  disk.note_read_failure(same.error());
  return false;
}

Result<void> write_and_prove(MemberDisk& disk, const std::string& path, const ShardHeader& header,
                             ByteView data, ports::WriteFile& file) {
  const ShardFieldsBytes fields = encode(header);
  Bytes crcs;
  append_crcs(data, header.leaf_size, crcs);
  const FileParts parts = {fields, kShardPadding, data, crcs, fields};
  HF_TRY(file.append(parts));
  HF_TRY(file.sync());
  HF_TRY(const bool same, gives_back(disk, path, parts));
  if (same) return {};
  return make_error(ErrorCode::damaged, disk.disk().name() + "/" + path,
                    {{"what", "a shard just written"}});
}

}  // namespace

std::string temporary_name(const std::string& path) {
  return path + ".tmp";
}

Result<std::unique_ptr<ports::WriteFile>> create_temporary(ports::Disk& disk,
                                                           const std::string& path) {
  auto file = disk.create(temporary_name(path));
  if (file || file.error().code != ErrorCode::already_exists) return file;
  HF_TRY(disk.remove(temporary_name(path)));
  return disk.create(temporary_name(path));
}

Result<void> store_shard(MemberDisk& disk, const ShardHeader& header, ByteView data) {
  HF_CHECK(data.size() == header.shard_length());
  const std::string path = shard_path(header.pack, header.generation, header.index);
  HF_TRY(disk.prepare_shard_directory(header.pack));
  HF_TRY(auto file, create_temporary(disk.disk(), path));
  auto done = write_and_prove(disk, temporary_name(path), header, data, *file);
  file.reset();
  if (done) done = disk.disk().rename(temporary_name(path), path);
  if (!done) {
    (void)disk.disk().remove(temporary_name(path));
    return done;
  }
  return disk.disk().sync_directory(shard_directory(header.pack));
}

}  // namespace holdfast::pool

// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_store.h"

#include <array>

#include "firmware/pool/read_back.h"

namespace holdfast::pool {

namespace {

Result<void> write_and_prove(MemberDisk& disk, const std::string& path, const ShardHeader& header,
                             ByteView data, ports::WriteFile& file) {
  const ShardFieldsBytes fields = encode(header);
  Bytes crcs;
  append_crcs(data, header.leaf_size, crcs);
  const std::array<ByteView, 5> parts = {fields, kShardPadding, data, crcs, fields};
  HF_TRY(file.append(parts));
  HF_TRY(file.sync());
  HF_TRY(ReadBack back, ReadBack::open(disk, path, header.file_size()));
  for (const ByteView part : parts) HF_TRY(back.expect(part));
  return {};
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

// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_store.h"

#include "firmware/pool/shard_image.h"

namespace holdfast::pool {

namespace {

// Whether the file is what it must be, byte for byte.
Result<bool> gives_back(MemberDisk& disk, const std::string& path, const ShardHeader& header,
                        ByteView data) {
  HF_TRY(auto image, ShardImage::open(disk, path, header));
  const std::uint64_t piece = whole_leaves(kShortPiece, header.leaf_size);
  Buffer read;
  for (std::uint64_t begin = 0; begin < data.size(); begin += piece) {
    const ByteView must_be = data.subspan(begin, std::min(piece, data.size() - begin));
    read.resize(must_be.size());
    HF_TRY(const bool right, image.read_stripe(begin, read.span()));
    if (!right || !is_equal(read.view(), must_be)) return false;
  }
  return image.compare(std::nullopt).intact();
}

Result<void> write_and_prove(MemberDisk& disk, const std::string& path, const ShardHeader& header,
                             ByteView data, ports::WriteFile& file) {
  const ShardFieldsBytes fields = encode(header);
  Bytes crcs;
  append_crcs(data, header.leaf_size, crcs);
  const std::array<ByteView, 5> pieces = {fields, kShardPadding, data, crcs, fields};
  HF_TRY(file.append(pieces));
  HF_TRY(file.sync());
  HF_TRY(const bool same, gives_back(disk, path, header, data));
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

// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_image.h"

#include <algorithm>

#include "firmware/erasure/crc32c.h"

namespace holdfast::pool {

namespace {

constexpr std::uint64_t kPiece = kMiB;
constexpr std::size_t kCrcSize = 4;

void add(ShardState& state, DamageKind kind, std::uint64_t offset, std::uint64_t length) {
  if (!state.damages.empty() && state.damages_more == 0) {
    ShardDamage& last = state.damages.back();
    if (last.kind == kind && last.offset + last.length == offset) {
      last.length += length;
      return;
    }
  }
  if (state.damages.size() < kDamagesMax) {
    state.damages.push_back({kind, offset, length});
  } else {
    ++state.damages_more;
  }
}

// `have` empty: unreadable.
void compare_part(ByteView have, ByteView must_be, std::uint64_t offset, ShardState& state) {
  if (have.empty()) {
    add(state, DamageKind::unreadable, offset, must_be.size());
  } else if (!is_equal(have, must_be)) {
    add(state, DamageKind::checksum, offset, must_be.size());
  }
}

}  // namespace

std::uint64_t whole_leaves(std::uint64_t size, std::uint32_t leaf_size) {
  return std::max<std::uint64_t>(size / leaf_size, 1) * leaf_size;
}

ShardImage::ShardImage(MemberDisk& disk, const std::string& path, const ShardHeader& header)
    : disk_(&disk), path_(path), header_(header), leaves_(header.leaf_count(), Leaf::unreadable) {}

Result<ShardImage> ShardImage::open(MemberDisk& disk, const std::string& path,
                                    const ShardHeader& header) {
  ShardImage image(disk, path, header);
  auto file = disk.disk().open_fresh(path);
  if (!file) {
    if (file.error().is_of_process()) return std::move(file.error());
    disk.note_read_failure(file.error());
    image.as_a_whole_ = {DamageKind::unreadable, 0, header.file_size()};
    return image;
  }
  image.file_ = std::move(*file);
  if (image.file_->size() != header.file_size()) {
    image.as_a_whole_ = {DamageKind::checksum, 0, image.file_->size()};
    return image;
  }
  const std::uint64_t table_at = kShardHeaderSize + header.shard_length();
  const std::size_t table_size = kCrcSize * static_cast<std::size_t>(header.leaf_count());
  HF_TRY(image.front_, image.read_small(0, kShardHeaderSize));
  HF_TRY(image.table_, image.read_small(table_at, table_size));
  HF_TRY(image.copy_, image.read_small(table_at + table_size, kShardFieldsSize));
  return image;
}

Result<bool> ShardImage::read_stripe(std::uint64_t begin, ByteSpan out) {
  if (as_a_whole_) return false;
  HF_TRY(const bool read, read_part(kShardHeaderSize + begin, out));
  leaf_by_leaf_ = leaf_by_leaf_ || !read;
  return read && judge_read(begin, out);
}

// In large pieces; leaf by leaf where one cannot be read.
Result<void> ShardImage::load() {
  if (as_a_whole_) return {};
  const std::uint64_t length = header_.shard_length();
  const std::uint64_t leaf_size = header_.leaf_size;
  const std::uint64_t piece = whole_leaves(kPiece, header_.leaf_size);
  std::ranges::fill(leaves_, Leaf::unreadable);
  data_.resize(length);
  for (std::uint64_t begin = 0; begin < length; begin += piece) {
    const ByteSpan whole = data_.span().subspan(begin, std::min(piece, length - begin));
    bool read = false;
    if (!leaf_by_leaf_) {
      HF_TRY(read, read_part(kShardHeaderSize + begin, whole));
    }
    if (read) judge_read(begin, whole);
    if (read) continue;
    for (std::uint64_t at = 0; at < whole.size(); at += leaf_size) {
      const ByteSpan leaf = whole.subspan(at, std::min(leaf_size, whole.size() - at));
      HF_TRY(read, read_part(kShardHeaderSize + begin + at, leaf));
      if (read) judge_read(begin + at, leaf);
    }
  }
  file_.reset();
  return {};
}

Result<bool> ShardImage::read_part(std::uint64_t offset, ByteSpan out) {
  const std::int64_t begun = disk_->pace().begin();
  const auto done = file_->read_all(offset, out);
  disk_->pace().end(begun, out.size());
  if (done) {
    bytes_read_ += out.size();
    return true;
  }
  if (done.error().is_of_process()) return done.error();
  disk_->note_read_failure(done.error());
  return false;
}

Result<Bytes> ShardImage::read_small(std::uint64_t offset, std::size_t size) {
  Bytes bytes(size);
  HF_TRY(const bool read, read_part(offset, bytes));
  if (!read) bytes.clear();
  return bytes;
}

// At once after reading, while the bytes are in the processor's cache.
bool ShardImage::judge_read(std::uint64_t begin, ByteView leaves) {
  bool all_right = true;
  for (std::uint64_t number = begin / header_.leaf_size; !leaves.empty(); ++number) {
    const ByteView leaf = leaves.first(std::min<std::size_t>(leaves.size(), header_.leaf_size));
    leaves = leaves.subspan(leaf.size());
    leaves_[number] = Leaf::unsummed;
    if (!table_.empty()) {
      leaves_[number] = erasure::crc32c(leaf) == stored_crc(number) ? Leaf::right : Leaf::wrong;
    }
    all_right = all_right && leaves_[number] == Leaf::right;
  }
  return all_right;
}

std::uint32_t ShardImage::stored_crc(std::uint64_t leaf) const {
  return ByteReader(ByteView(table_).subspan(kCrcSize * static_cast<std::size_t>(leaf))).u32();
}

bool ShardImage::all_right() const {
  return std::ranges::all_of(leaves_, [](Leaf leaf) { return leaf == Leaf::right; });
}

bool ShardImage::all_readable() const {
  return std::ranges::find(leaves_, Leaf::unreadable) == leaves_.end();
}

ByteView ShardImage::leaf_of(ByteView shard, std::uint64_t number) const {
  const std::uint64_t begin = number * header_.leaf_size;
  return shard.subspan(begin, std::min<std::uint64_t>(header_.leaf_size, shard.size() - begin));
}

ShardState ShardImage::compare(const std::optional<ByteView>& must_be) const {
  ShardState state;
  state.index = header_.index;
  state.disk = disk_->id();
  state.path = disk_->disk().name() + "/" + path_;
  if (as_a_whole_) {
    state.damages.push_back(*as_a_whole_);
    return state;
  }
  compare_front(state);
  compare_leaves(must_be, state);
  compare_part(copy_, encode(header_), header_.file_size() - kShardFieldsSize, state);
  return state;
}

void ShardImage::compare_front(ShardState& state) const {
  if (front_.empty()) {
    add(state, DamageKind::unreadable, 0, kShardHeaderSize);
    return;
  }
  const ByteView front = front_;
  compare_part(front.first(kShardFieldsSize), encode(header_), 0, state);
  compare_part(front.subspan(kShardFieldsSize), kShardPadding, kShardFieldsSize, state);
}

// The leaves, and then their CRCs. Which of a leaf and its CRC is wrong, only the proved bytes
// tell.
void ShardImage::compare_leaves(const std::optional<ByteView>& must_be, ShardState& state) const {
  const std::uint64_t table_at = kShardHeaderSize + header_.shard_length();
  std::vector<std::uint64_t> wrong_crcs;
  for (std::uint64_t number = 0; number < leaves_.size(); ++number) {
    const Verdict verdict = judge(number, must_be);
    if (verdict) {
      const std::uint64_t begin = number * header_.leaf_size;
      const std::uint64_t end = std::min(begin + header_.leaf_size, header_.shard_length());
      add(state, *verdict, kShardHeaderSize + begin, end - begin);
    }
    const bool crc_is_right = leaves_[number] == Leaf::right && !verdict;
    if (crc_is_right || !must_be || table_.empty()) continue;
    if (erasure::crc32c(leaf_of(*must_be, number)) != stored_crc(number)) {
      wrong_crcs.push_back(number);
    }
  }
  if (table_.empty()) {
    add(state, DamageKind::unreadable, table_at, kCrcSize * header_.leaf_count());
  }
  for (const std::uint64_t number : wrong_crcs) {
    add(state, DamageKind::checksum, table_at + kCrcSize * number, kCrcSize);
  }
}

// Nothing if the leaf is as it must be, or nobody knows better.
ShardImage::Verdict ShardImage::judge(std::uint64_t number,
                                      const std::optional<ByteView>& must_be) const {
  if (leaves_[number] == Leaf::unreadable) return DamageKind::unreadable;
  if (must_be) {
    const bool right =
        data().data() == must_be->data() || is_equal(leaf_data(number), leaf_of(*must_be, number));
    if (right) return std::nullopt;
  }
  if (leaves_[number] == Leaf::wrong) return DamageKind::checksum;
  if (must_be && leaves_[number] == Leaf::right) return DamageKind::content;
  // Of a table that cannot be read nothing is known.
  return must_be ? Verdict(DamageKind::checksum) : std::nullopt;
}

}  // namespace holdfast::pool

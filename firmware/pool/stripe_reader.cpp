// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/stripe_reader.h"

#include <algorithm>

namespace holdfast::pool {

namespace {

constexpr std::uint64_t kDecodeWindow = kMiB;

}  // namespace

StripeReader::StripeReader(ShardSet shards) : shards_(std::move(shards)) {
  start_shape();
}

void StripeReader::start_shape() {
  coder_.emplace(shape().geometry);
  decoded_.clear();
  decoded_.resize(shape().geometry.k);
}

Result<int> StripeReader::shards_present() {
  const std::size_t begun_with = shards_.position();
  while (true) {
    HF_TRY(const int present, count_shards());
    if (present >= shape().geometry.k) return present;
    HF_TRY(const bool more, use_next_shape(begun_with));
    if (!more) return count_shards();
  }
}

Result<int> StripeReader::count_shards() {
  int present = 0;
  for (int index = 0; index < shape().geometry.total(); ++index) {
    HF_TRY(const ShardFile* shard, shards_.shard(index));
    if (shard != nullptr) ++present;
  }
  return present;
}

Result<void> StripeReader::read(std::uint64_t offset, ByteSpan out) {
  in_order_ = offset >= last_end_ && offset - last_end_ <= shape().leaf_size && last_end_ != 0;
  last_end_ = offset + out.size();
  return read_range(offset, out, Check::none);
}

Result<void> StripeReader::read_checked(std::uint64_t offset, ByteSpan out) {
  return read_range(offset, out, Check::crc);
}

Result<std::optional<DiskId>> StripeReader::disk_of(std::uint64_t offset) {
  if (offset >= shape().pack_size) return make_error(ErrorCode::truncated, shape().pack.hex());
  const int index = static_cast<int>(offset / shape().shard_length());
  HF_TRY(ShardFile* const shard, shards_.shard(index));
  return shard == nullptr ? std::optional<DiskId>() : std::optional(shard->disk().id());
}

std::uint64_t StripeReader::decoded_bytes() const {
  std::uint64_t bytes = 0;
  for (const Decoded& decoded : decoded_) {
    for (const Window& window : decoded.windows) bytes += window.size;
  }
  return bytes;
}

Result<void> StripeReader::read_range(std::uint64_t offset, ByteSpan out, Check check) {
  const std::size_t begun_with = shards_.position();
  std::optional<Error> first_error;
  while (true) {
    auto done = read_asking(offset, out, check);
    if (done || done.error().is_of_process()) return done;
    if (!first_error) first_error = std::move(done.error());
    HF_TRY(const bool more, use_next_shape(begun_with));
    if (!more) return std::move(*first_error);
  }
}

// Disks that sit out are read if the others are not enough.
Result<void> StripeReader::read_asking(std::uint64_t offset, ByteSpan out, Check check) {
  ask_ = Ask::quick;
  auto done = read_here(offset, out, check);
  ask_ = Ask::all;
  if (done || done.error().is_of_process() || !shards_.has_left_out()) return done;
  return read_here(offset, out, check);
}

Result<bool> StripeReader::use_next_shape(std::size_t begun_with) {
  HF_TRY(const bool other, shards_.use_next_shape());
  if (other) start_shape();
  return shards_.position() != begun_with;
}

Result<void> StripeReader::read_here(std::uint64_t offset, ByteSpan out, Check check) {
  // Each shape says another size; and what lies within it lies in one of the k data shards.
  if (offset > shape().pack_size || out.size() > shape().pack_size - offset) {
    return make_error(ErrorCode::truncated, shape().pack.hex());
  }
  const std::uint64_t length = shape().shard_length();
  while (!out.empty()) {
    const int index = static_cast<int>(offset / length);
    const std::uint64_t begin = offset % length;
    const ByteSpan piece = out.first(std::min<std::uint64_t>(length - begin, out.size()));
    HF_TRY(check == Check::crc ? read_leaves(index, begin, piece)
                               : read_plain(index, begin, piece));
    offset += piece.size();
    out = out.subspan(piece.size());
  }
  return {};
}

Result<void> StripeReader::read_plain(int index, std::uint64_t begin, ByteSpan out) {
  HF_TRY(ShardFile* const shard, shards_.shard(index, ask_));
  if (shard != nullptr) {
    const auto done = shard->read(begin, out);
    if (done || done.error().is_of_process()) return done;
  }
  const std::uint64_t leaf = shape().leaf_size;
  HF_TRY(decode_missing(index, {begin / leaf, (begin + out.size() + leaf - 1) / leaf}));
  copy_decoded(index, begin, out);
  return {};
}

void StripeReader::copy_decoded(int index, std::uint64_t begin, ByteSpan out) const {
  const Decoded& decoded = decoded_[static_cast<std::size_t>(index)];
  const std::uint64_t window_size = window_leaves() * shape().leaf_size;
  while (!out.empty()) {
    const ByteView rest = decoded.windows[begin / window_size].span().subspan(begin % window_size);
    const std::size_t count = std::min(rest.size(), out.size());
    std::ranges::copy(rest.first(count), out.begin());
    out = out.subspan(count);
    begin += count;
  }
}

Result<void> StripeReader::read_leaves(int index, std::uint64_t begin, ByteSpan out) {
  const std::uint64_t leaf_size = shape().leaf_size;
  Bytes leaf;
  while (!out.empty()) {
    const std::uint64_t number = begin / leaf_size;
    leaf.resize(size_of({number, number + 1}));
    HF_TRY(read_leaf(index, number, leaf));
    const ByteView part = ByteView(leaf).subspan(begin % leaf_size);
    const std::size_t count = std::min(part.size(), out.size());
    std::ranges::copy(part.first(count), out.begin());
    out = out.subspan(count);
    begin += count;
  }
  return {};
}

Result<void> StripeReader::read_leaf(int index, std::uint64_t leaf, ByteSpan out) {
  HF_TRY(const bool right, read_piece(index, {leaf, leaf + 1}, Check::crc, out));
  if (right) return {};
  return decode(std::span(&index, 1), {leaf, leaf + 1}, Check::crc, std::span(&out, 1));
}

// Decodes those leaves of the range that have not been decoded yet.
Result<void> StripeReader::decode_missing(int index, LeafRange range) {
  std::vector<int> wanted = {index};
  if (in_order_) {
    HF_TRY(wanted, missing_data(index));
    range.end = window_of(range.end - 1).end;
  }
  Decoded& own = decoded_[static_cast<std::size_t>(index)];
  own.leaves.resize(shape().leaf_count());
  for (std::uint64_t leaf = range.first; leaf < range.end;) {
    LeafRange run = {leaf, leaf};
    const std::uint64_t end = std::min(range.end, window_of(leaf).end);
    while (run.end < end && !own.leaves[run.end]) ++run.end;
    if (run.end > run.first) HF_TRY(decode_run(wanted, run));
    leaf = std::max(run.end, run.first + 1);
  }
  return {};
}

Result<void> StripeReader::decode_run(std::span<const int> wanted, LeafRange run) {
  const LeafRange window = window_of(run.first);
  std::vector<ByteSpan> out;
  for (const int index : wanted) {
    Decoded& decoded = decoded_[static_cast<std::size_t>(index)];
    decoded.windows.resize((shape().leaf_count() + window_leaves() - 1) / window_leaves());
    decoded.leaves.resize(shape().leaf_count());
    Window& kept = decoded.windows[window.first / window_leaves()];
    if (kept.bytes == nullptr) {
      kept = {std::make_unique_for_overwrite<std::uint8_t[]>(size_of(window)), size_of(window)};
    }
    out.push_back(
        kept.span().subspan(position_of(run.first) - position_of(window.first), size_of(run)));
  }
  HF_TRY(decode(wanted, run, Check::none, out));
  for (const int index : wanted) {
    std::vector<bool>& leaves = decoded_[static_cast<std::size_t>(index)].leaves;
    std::fill(leaves.begin() + static_cast<std::ptrdiff_t>(run.first),
              leaves.begin() + static_cast<std::ptrdiff_t>(run.end), true);
  }
  return {};
}

// `index`, which cannot be read here, and the data shards that are not there at all.
Result<std::vector<int>> StripeReader::missing_data(int index) {
  std::vector<int> missing = {index};
  for (int other = 0; other < shape().geometry.k; ++other) {
    if (other == index) continue;
    HF_TRY(const ShardFile* shard, shards_.shard(other, ask_));
    if (shard == nullptr) missing.push_back(other);
  }
  return missing;
}

Result<void> StripeReader::decode(std::span<const int> wanted, LeafRange range, Check check,
                                  std::span<const ByteSpan> out) {
  HF_TRY(const std::vector<int> have, gather(wanted, range, check));
  const std::uint64_t size = size_of(range);
  if (have.size() == shape().geometry.k) {
    std::vector<ByteView> pieces;
    for (std::size_t i = 0; i < have.size(); ++i) {
      pieces.push_back(scratch_.view().subspan(i * size, size));
    }
    return coder_->reconstruct(have, pieces, wanted, out);
  }
  if (range.end - range.first == 1) return shards_.data_lost();
  // Each shard may be unreadable at another place: leaf by leaf there may still be enough.
  for (std::uint64_t leaf = range.first; leaf < range.end; ++leaf) {
    std::vector<ByteSpan> part;
    for (const ByteSpan whole : out) {
      part.push_back(
          whole.subspan(position_of(leaf) - position_of(range.first), size_of({leaf, leaf + 1})));
    }
    HF_TRY(decode(wanted, {leaf, leaf + 1}, check, part));
  }
  return {};
}

Result<std::vector<int>> StripeReader::gather(std::span<const int> wanted, LeafRange range,
                                              Check check) {
  const erasure::Geometry geometry = shape().geometry;
  const std::uint64_t size = size_of(range);
  scratch_.resize(size * geometry.k);
  std::vector<int> have;
  for (int index = 0; index < geometry.total() && have.size() < geometry.k; ++index) {
    if (std::ranges::find(wanted, index) != wanted.end()) continue;
    const ByteSpan place = scratch_.span().subspan(have.size() * size, size);
    HF_TRY(const bool read, read_piece(index, range, check, place));
    if (read) have.push_back(index);
  }
  return have;
}

// False if the shard is missing, cannot be read there, or is checked and found bad. Errors of the
// process only.
Result<bool> StripeReader::read_piece(int index, LeafRange range, Check check, ByteSpan out) {
  HF_TRY(ShardFile* const shard, shards_.shard(index, ask_));
  if (shard == nullptr) return false;
  const auto done = shard->read(position_of(range.first), out);
  if (!done) {
    if (done.error().is_of_process()) return done.error();
    return false;
  }
  if (check == Check::none) return true;
  auto agree = shard->crcs_agree(range.first, out);
  if (!agree && !agree.error().is_of_process()) return false;
  return agree;
}

std::uint64_t StripeReader::position_of(std::uint64_t leaf) const {
  return leaf * shape().leaf_size;
}

std::uint64_t StripeReader::window_leaves() const {
  return std::max<std::uint64_t>(kDecodeWindow / shape().leaf_size, 1);
}

StripeReader::LeafRange StripeReader::window_of(std::uint64_t leaf) const {
  const std::uint64_t first = leaf / window_leaves() * window_leaves();
  return {first, std::min(first + window_leaves(), shape().leaf_count())};
}

std::uint64_t StripeReader::size_of(LeafRange range) const {
  return std::min(range.end * shape().leaf_size, shape().shard_length()) - position_of(range.first);
}

}  // namespace holdfast::pool

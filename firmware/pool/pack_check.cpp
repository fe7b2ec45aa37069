// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/pack_check.h"

#include <algorithm>
#include <map>
#include <set>

#include "firmware/pool/choices.h"
#include "firmware/pool/spread.h"

namespace holdfast::pool {

namespace {

// Of one shard: as much as stays in a processor's own cache beside the like of all others until
// they are compared.
constexpr std::uint64_t kStripe = 128 * kKiB;

}  // namespace

Result<ScrubReport> PackCheck::run(const PackHint& hint) {
  report_.pack = pack_;
  HF_TRY(find_files());
  if (places_.empty() && unreadable_.empty()) return make_error(ErrorCode::not_found, pack_.hex());
  HF_TRY(const auto shapes, rank_shapes(pool_, pack_, places_, hint));
  for (const ShardHeader& shape : shapes) {
    HF_TRY(open_images(shape));
    HF_TRY(report_.proved, prove());
    if (report_.proved) break;
  }
  if (shapes.size() > 1 && !report_.proved) {
    HF_TRY(open_images(shapes.front()));
    HF_TRY(load());
  }
  if (!shapes.empty()) report_shape();
  HF_TRY(report_others());
  return std::move(report_);
}

// In order of the shards, and of the disks where several hold one.
Result<void> PackCheck::find_files() {
  for (MemberDisk* disk : disks_) {
    auto found = places_on(*disk, pack_);
    if (found) {
      for (const ShardPlace& place : *found) {
        places_.insert(std::ranges::upper_bound(places_, place.index, {}, &ShardPlace::index),
                       place);
      }
      continue;
    }
    if (found.error().is_of_process()) return std::move(found.error());
    unreadable_.push_back(disk);
    report_.unreadable_disks.push_back(disk->id());
  }
  return {};
}

std::string PackCheck::path_of(const ShardPlace& place) const {
  return shard_path(pack_, place.generation, place.index);
}

bool PackCheck::is_of_shape(const ShardPlace& place) const {
  return coder_ && place.generation == shape_.generation && place.index < shape_.geometry.total();
}

Result<void> PackCheck::open_images(const ShardHeader& shape) {
  shape_ = shape;
  coder_.emplace(shape.geometry);
  for (const ShardImage& image : images_) report_.bytes_read += image.bytes_read();
  images_.clear();
  for (const ShardPlace& place : places_) {
    if (!is_of_shape(place)) continue;
    ShardHeader header = shape;
    header.index = place.index;
    HF_TRY(auto image, ShardImage::open(*place.disk, path_of(place), header));
    images_.push_back(std::move(image));
  }
  return {};
}

Result<void> PackCheck::load() {
  for (ShardImage& image : images_) HF_TRY(image.load());
  return {};
}

Result<std::optional<ScrubReport>> PackCheck::run_sums(const PackHint& hint,
                                                       std::span<const DiskId> proved_on) {
  report_.pack = pack_;
  HF_TRY(find_files());
  const bool known = std::ranges::all_of(places_, [&](const ShardPlace& place) {
    return std::ranges::find(proved_on, place.disk->id()) != proved_on.end();
  });
  if (!known || !unreadable_.empty()) return std::nullopt;
  HF_TRY(const auto shapes, rank_shapes(pool_, pack_, places_, hint));
  if (shapes.size() != 1) return std::nullopt;
  HF_TRY(open_images(shapes.front()));
  if (images_.size() != places_.size()) return std::nullopt;
  for (ShardImage& image : images_) {
    HF_TRY(const bool right, is_right_by_sums(image));
    if (!right) return std::nullopt;
  }
  streamed_ = true;
  report_.proved = true;
  report_shape();
  const int total = shape_.geometry.total();
  if (total - static_cast<int>(report_.missing.size()) < shape_.geometry.k) return std::nullopt;
  return std::move(report_);
}

Result<bool> PackCheck::is_right_by_sums(ShardImage& image) {
  const std::uint64_t piece = whole_leaves(kShortPiece, shape_.leaf_size);
  const std::uint64_t length = shape_.shard_length();
  for (std::uint64_t begin = 0; begin < length; begin += piece) {
    memory_.stripes.resize(std::min(piece, length - begin));
    HF_TRY(const bool right, image.read_stripe(begin, memory_.stripes.span()));
    if (!right) return false;
  }
  return image.compare(std::nullopt).intact();
}

// First side by side; if anything is wrong what the CRCs call right, and then, for a shard may be
// wrong with all its CRCs right and right with all of them wrong, every choice of k.
Result<bool> PackCheck::prove() {
  HF_TRY(streamed_, stream());
  if (streamed_) return true;
  HF_TRY(load());
  HF_TRY(const bool assembled, assemble());
  if (assembled && is_proved()) return true;
  return choose();
}

Result<bool> PackCheck::stream() {
  if (!choose_roles()) return false;
  const std::uint64_t length = shape_.shard_length();
  memory_.data.clear();  // what was in it is not worth a copy where it must grow
  memory_.data.resize(length * shape_.geometry.k);
  data_.clear();
  for (std::size_t index = 0; index < shape_.geometry.k; ++index) {
    data_.push_back(memory_.data.view().subspan(index * length, length));
  }
  const std::uint64_t stripe = whole_leaves(kStripe, shape_.leaf_size);
  memory_.stripes.resize(stripe * (images_.size() + wanted_.size()));
  for (std::uint64_t begin = 0; begin < length; begin += stripe) {
    const std::uint64_t size = std::min(stripe, length - begin);
    HF_TRY(bool right, read_stripe(begin, size));
    if (!right) return false;
    HF_TRY(right, reckon_stripe(begin, size));
    if (!right) return false;
  }
  return tail_is_zero() && is_proved();
}

bool PackCheck::choose_roles() {
  const std::size_t k = shape_.geometry.k;
  sources_.clear();
  wanted_.clear();
  for (const ShardImage& image : images_) {
    std::vector<int>& role = sources_.size() < k ? sources_ : wanted_;
    const bool another_copy = std::ranges::find(sources_, image.index()) != sources_.end() ||
                              std::ranges::find(wanted_, image.index()) != wanted_.end();
    if (!another_copy) role.push_back(image.index());
  }
  if (sources_.size() < k) return false;
  for (int index = 0; index < shape_.geometry.k; ++index) {
    if (std::ranges::find(sources_, index) == sources_.end()) wanted_.push_back(index);
  }
  return true;
}

// Data goes to its place in the pack, all else beside it.
Result<bool> PackCheck::read_stripe(std::uint64_t begin, std::uint64_t size) {
  read_.clear();
  for (std::size_t i = 0; i < images_.size(); ++i) {
    ShardImage& image = images_[i];
    const bool first = i == 0 || images_[i - 1].index() != image.index();
    const ByteSpan out =
        first && image.index() < shape_.geometry.k
            ? memory_.data.span().subspan(image.index() * shape_.shard_length() + begin, size)
            : memory_.stripes.span().subspan(i * size, size);
    HF_TRY(const bool right, image.read_stripe(begin, out));
    if (!right) return false;
    read_.push_back(out);
  }
  return true;
}

// What is gone is reckoned from k shards; so is what is there beyond them, and compared.
Result<bool> PackCheck::reckon_stripe(std::uint64_t begin, std::uint64_t size) {
  std::map<int, ByteView> pieces;
  for (std::size_t i = 0; i < images_.size(); ++i) {
    const auto [known, is_new] = pieces.emplace(images_[i].index(), read_[i]);
    if (!is_new && !is_equal(known->second, read_[i])) return false;
  }
  std::vector<ByteView> from;
  for (const int index : sources_) from.push_back(pieces.at(index));
  std::vector<ByteSpan> to;
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    const auto index = static_cast<std::size_t>(wanted_[i]);
    to.push_back(pieces.contains(wanted_[i])
                     ? memory_.stripes.span().subspan((images_.size() + i) * size, size)
                     : memory_.data.span().subspan(index * shape_.shard_length() + begin, size));
  }
  if (!wanted_.empty()) HF_TRY(coder_->reconstruct(sources_, from, wanted_, to));
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    const auto there = pieces.find(wanted_[i]);
    if (there != pieces.end() && !is_equal(there->second, to[i])) return false;
  }
  return true;
}

bool PackCheck::tail_is_zero() const {
  return std::ranges::all_of(memory_.data.view().subspan(shape_.pack_size),
                             [](std::uint8_t byte) { return byte == 0; });
}

Result<bool> PackCheck::assemble() {
  const std::size_t k = shape_.geometry.k;
  data_.assign(k, {});
  decoded_.clear();
  decoded_.resize(k);
  for (std::size_t index = 0; index < k; ++index) {
    const auto image = std::ranges::find_if(images_, [&](const ShardImage& candidate) {
      return candidate.index() == index && candidate.all_right();
    });
    if (image != images_.end()) {
      data_[index] = image->data();
      continue;
    }
    decoded_[index].resize(shape_.shard_length());
    data_[index] = decoded_[index].view();
    HF_TRY(const bool done, assemble_shard(index));
    if (!done) return false;
  }
  clear_tail();
  return true;
}

Result<bool> PackCheck::assemble_shard(std::size_t index) {
  std::uint64_t begin = 0;
  for (std::uint64_t leaf = 0; leaf < shape_.leaf_count(); ++leaf) {
    const std::uint64_t size =
        std::min<std::uint64_t>(shape_.leaf_size, shape_.shard_length() - begin);
    HF_TRY(const bool done,
           decode_leaf(static_cast<int>(index), leaf, decoded_[index].span().subspan(begin, size)));
    if (!done) return false;
    begin += size;
  }
  return true;
}

Result<bool> PackCheck::decode_leaf(int index, std::uint64_t leaf, ByteSpan out) const {
  std::vector<int> have;
  std::vector<ByteView> pieces;
  for (const ShardImage& image : images_) {
    if (image.leaf(leaf) != ShardImage::Leaf::right) continue;
    if (image.index() == index) {
      std::ranges::copy(image.leaf_data(leaf), out.begin());
      return true;
    }
    const bool another_copy = !have.empty() && have.back() == image.index();
    if (another_copy || have.size() == shape_.geometry.k) continue;
    have.push_back(image.index());
    pieces.push_back(image.leaf_data(leaf));
  }
  if (have.size() < shape_.geometry.k) return false;
  HF_TRY(coder_->reconstruct(have, pieces, std::span(&index, 1), std::span(&out, 1)));
  return true;
}

Result<bool> PackCheck::choose() {
  std::vector<int> have;
  std::vector<ByteView> shards;
  for (const ShardImage& image : images_) {
    const bool another_copy = !have.empty() && have.back() == image.index();
    if (another_copy || !image.all_readable()) continue;
    have.push_back(image.index());
    shards.push_back(image.data());
  }
  const std::uint64_t length = shape_.shard_length();
  const auto proves = [&](ByteView bytes) {
    for (std::size_t i = 0; i < data_.size(); ++i) data_[i] = bytes.subspan(i * length, length);
    return is_proved();
  };
  decoded_.clear();
  decoded_.resize(data_.size());
  HF_TRY(const bool proved, decode_by_choice(*coder_, have, shards, proves, chosen_));
  if (proved) clear_tail();
  return proved;
}

// The name says nothing of the zeros with which a pack is continued.
void PackCheck::clear_tail() {
  const std::uint64_t length = shape_.shard_length();
  for (std::size_t index = 0; index < data_.size(); ++index) {
    const std::uint64_t begin = index * length;
    const std::uint64_t used =
        std::clamp<std::uint64_t>(shape_.pack_size, begin, begin + length) - begin;
    const ByteView tail = data_[index].subspan(used);
    if (std::ranges::all_of(tail, [](std::uint8_t byte) { return byte == 0; })) continue;
    Buffer& own = decoded_[index];
    if (own.empty()) own.append(data_[index]);
    std::ranges::fill(own.span().subspan(used), std::uint8_t{0});
    data_[index] = own.view();
  }
}

bool PackCheck::is_proved() const {
  Sha256 digest;
  Bytes front;
  std::uint64_t rest = shape_.pack_size;
  for (const ByteView shard : data_) {
    const ByteView part = shard.first(std::min<std::uint64_t>(rest, shard.size()));
    digest.update(part);
    const ByteView more = part.first(std::min(part.size(), pack::kHeaderSize - front.size()));
    front.insert(front.end(), more.begin(), more.end());
    rest -= part.size();
  }
  return digest.finish() == pack_ && is_equal(front, shape_.pack_header);
}

// A shard of another generation says so itself.
Result<void> PackCheck::report_others() {
  for (const ShardPlace& place : places_) {
    if (is_of_shape(place)) continue;
    report_.other_files.push_back(place.disk->disk().name() + "/" + path_of(place));
    const auto file = ShardFile::open(*place.disk, pool_, {pack_, place.generation, place.index});
    if (file || file.error().code == ErrorCode::io) continue;
    if (file.error().is_of_process()) return file.error();
    report_.strays.push_back({place.disk->id(), report_.other_files.back()});
  }
  return {};
}

// By what is intact, and not by names.
void PackCheck::report_places() {
  std::vector<ShardOnDisk> intact;
  for (const ShardState& shard : report_.shards) {
    if (!shard.intact()) continue;
    const auto disk = std::ranges::find(disks_, shard.disk, &MemberDisk::id);
    intact.push_back({shard.index, static_cast<std::size_t>(disk - disks_.begin())});
  }
  const auto places = spread_of(intact);
  for (int index = 0; index < shape_.geometry.total(); ++index) {
    const auto number = static_cast<std::uint8_t>(index);
    if (report_.has(number) && !places.contains(number)) report_.crowded.push_back(number);
  }
  for (ShardState& shard : report_.shards) {
    const auto is_beside = [&](const ShardState& other) {
      return other.disk == shard.disk && other.index != shard.index && other.intact();
    };
    shard.needless = report_.proved && !shard.intact() && places.contains(shard.index) &&
                     std::ranges::any_of(report_.shards, is_beside);
  }
}

void PackCheck::report_shape() {
  report_.shape = shape_;
  std::set<std::uint8_t> found;
  for (const ShardImage& image : images_) {
    std::optional<ByteView> must_be;
    if (report_.proved && !streamed_) must_be = shard_data(image.index());
    report_.shards.push_back(image.compare(must_be));
    report_.bytes_read += image.bytes_read();
    found.insert(image.index());
  }
  for (int index = 0; index < shape_.geometry.total(); ++index) {
    const auto number = static_cast<std::uint8_t>(index);
    if (!found.contains(number)) report_.missing.push_back(number);
  }
  report_places();
}

ByteView PackCheck::shard_data(std::uint8_t index) {
  HF_CHECK(data_.size() == shape_.geometry.k);
  if (index < data_.size()) return data_[index];
  std::vector<int> have(data_.size());
  for (std::size_t i = 0; i < have.size(); ++i) have[i] = static_cast<int>(i);
  memory_.parity.resize(shape_.shard_length());
  const int wanted = index;
  const ByteSpan out = memory_.parity.span();
  const auto done = coder_->reconstruct(have, data_, std::span(&wanted, 1), std::span(&out, 1));
  HF_CHECK(done);
  return memory_.parity.view();
}

}  // namespace holdfast::pool

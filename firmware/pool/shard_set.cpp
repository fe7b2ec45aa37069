// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_set.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace holdfast::pool {

namespace {

struct Shape {
  ShardHeader header;
  std::set<std::uint8_t> indices;
  int seen = 0;   // shapes that were found before it
  int votes = 0;  // shards of any shape that name this pack size and pack header

  [[nodiscard]] bool names_same_pack(const Shape& other) const {
    return header.pack_size == other.header.pack_size &&
           header.pack_header == other.header.pack_header;
  }
  [[nodiscard]] auto rank(const PackHint& hint) const {
    const int shards = static_cast<int>(indices.size());
    const bool expected = hint.pack_size == 0 || header.pack_size == hint.pack_size;
    const bool enough = shards >= header.geometry.k;
    const bool complete = shards >= header.geometry.total();
    return std::tuple(expected, enough, votes, !header.under_protected, complete,
                      complete ? 0 : shards - header.geometry.k, header.generation, -seen);
  }
};

Result<std::vector<Shape>> group_by_shape(const PoolId& pool, const Digest& pack,
                                          std::span<const ShardPlace> places) {
  std::vector<Shape> shapes;
  for (const ShardPlace& place : places) {
    const auto file = ShardFile::open(*place.disk, pool, {pack, place.generation, place.index});
    if (!file && file.error().is_of_process()) return file.error();
    if (!file) continue;
    const ShardHeader& header = (*file)->header();
    auto shape = std::ranges::find_if(
        shapes, [&](const Shape& known) { return known.header.is_sibling_of(header); });
    if (shape == shapes.end()) {
      const int seen = static_cast<int>(shapes.size());
      shape = shapes.insert(shape, Shape{.header = header, .indices = {}, .seen = seen});
    }
    shape->indices.insert(header.index);
  }
  return shapes;
}

}  // namespace

Result<std::vector<ShardPlace>> places_on(MemberDisk& disk, const Digest& pack) {
  std::vector<ShardPlace> places;
  auto entries = disk.disk().list(shard_directory(pack));
  if (!entries && entries.error().code == ErrorCode::not_found) return places;
  if (!entries) {
    disk.note_read_failure(entries.error());
    return std::move(entries.error());
  }
  for (const ports::DirectoryEntry& entry : *entries) {
    const auto name = parse_shard_file_name(entry.name);
    if (name && name->pack == pack) places.push_back({name->generation, name->index, &disk});
  }
  return places;
}

Result<std::vector<ShardHeader>> rank_shapes(const PoolId& pool, const Digest& pack,
                                             std::span<const ShardPlace> places,
                                             const PackHint& hint) {
  HF_TRY(auto shapes, group_by_shape(pool, pack, places));
  for (Shape& shape : shapes) {
    for (const Shape& other : shapes) {
      if (shape.names_same_pack(other)) shape.votes += static_cast<int>(other.indices.size());
    }
  }
  std::ranges::sort(shapes, std::ranges::greater(),
                    [&](const Shape& shape) { return shape.rank(hint); });
  std::vector<ShardHeader> headers;
  for (const Shape& shape : shapes) headers.push_back(shape.header);
  return headers;
}

Result<void> ShardSet::open(const PackHint& hint) {
  hint_ = hint;
  HF_TRY(bool found, use_hint(Ask::quick));
  if (!found && has_left_out_) {
    HF_TRY(found, use_hint(Ask::all));
  }
  if (found) return {};
  HF_TRY(list_shapes());
  if (!shapes_.empty()) {
    use(0);
    return {};
  }
  if (unreadable_) return data_lost();
  return make_error(ErrorCode::not_found, pack_.hex());
}

Result<bool> ShardSet::use_next_shape() {
  if (!listed_) HF_TRY(list_shapes());
  if (shapes_.size() == 1) return false;
  use((position_ + 1) % shapes_.size());
  return true;
}

Result<ShardFile*> ShardSet::shard(int index, Ask ask) {
  Entry& entry = entries_.at(static_cast<std::size_t>(index));
  if (!entry.tried && !(ask == Ask::quick && entry.tried_quick)) {
    const auto is_of_shape = [&](const ShardHeader& header) {
      return header.is_sibling_of(shape());
    };
    HF_TRY(entry.file, find(shape().generation, index, is_of_shape, ask));
    entry.tried_quick = true;
    entry.tried = entry.file != nullptr || ask == Ask::all;
  }
  const bool is_left_out =
      ask == Ask::quick && entry.file != nullptr && entry.file->disk().pace().sits_out();
  has_left_out_ = has_left_out_ || is_left_out;
  return is_left_out ? nullptr : entry.file.get();
}

Error ShardSet::data_lost() const {
  Error error = make_error(ErrorCode::data_lost, pack_.hex(), {{"pack", pack_.hex()}});
  error.data_loss = true;
  return error;
}

// Spares the listing while hint and shard say the same.
Result<bool> ShardSet::use_hint(Ask ask) {
  if (!hint_.geometry.valid()) return false;
  const auto as_hinted = [&](const ShardHeader& header) {
    return header.geometry == hint_.geometry &&
           (hint_.pack_size == 0 || header.pack_size == hint_.pack_size);
  };
  for (int index = 0; index < hint_.geometry.total(); ++index) {
    HF_TRY(auto file, find(hint_.generation, index, as_hinted, ask));
    if (file == nullptr) continue;
    shapes_ = {file->header()};
    use(0);
    entries_.at(static_cast<std::size_t>(index)) = {true, true, std::move(file)};
    return true;
  }
  return false;
}

// The shape in use, if there is one, comes first and stays in use.
Result<void> ShardSet::list_shapes() {
  std::vector<ShardPlace> places;
  for (MemberDisk* disk : disks_) {
    const auto found = places_on(*disk, pack_);
    if (!found && found.error().is_of_process()) return found.error();
    if (found) {
      places.insert(places.end(), found->begin(), found->end());
    } else {
      unreadable_ = true;
    }
  }
  unreadable_ = unreadable_ || !places.empty();
  HF_TRY(const auto ranked, rank_shapes(pool_, pack_, places, hint_));
  for (const ShardHeader& header : ranked) {
    const bool known = std::ranges::any_of(
        shapes_, [&](const ShardHeader& shape) { return shape.is_sibling_of(header); });
    if (!known) shapes_.push_back(header);
  }
  listed_ = true;
  return {};
}

// A disk has one shard of a pack as a rule, so those that have shown theirs are asked last.
Result<std::unique_ptr<ShardFile>> ShardSet::find(std::uint16_t generation, int index,
                                                  const Accept& accept, Ask ask) {
  const ShardFileName name = {pack_, generation, static_cast<std::uint8_t>(index)};
  for (const bool seen : {false, true}) {
    for (MemberDisk* disk : disks_) {
      if (has_shard(disk) != seen) continue;
      if (ask == Ask::quick && disk->pace().sits_out()) {
        has_left_out_ = true;
        continue;
      }
      auto file = ShardFile::open(*disk, pool_, name);
      if (file && accept((*file)->header())) return file;
      if (file || file.error().code == ErrorCode::not_found) continue;
      if (file.error().is_of_process()) return std::move(file.error());
      unreadable_ = true;
    }
  }
  return std::unique_ptr<ShardFile>();
}

bool ShardSet::has_shard(const MemberDisk* disk) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    return entry.file != nullptr && &entry.file->disk() == disk;
  });
}

void ShardSet::use(std::size_t position) {
  position_ = position;
  entries_.clear();
  entries_.resize(static_cast<std::size_t>(shape().geometry.total()));
}

}  // namespace holdfast::pool

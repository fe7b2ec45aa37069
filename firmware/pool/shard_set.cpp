// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_set.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace holdfast::pool {

namespace {

struct Generation {
  ShardHeader header;
  int shards = 0;

  [[nodiscard]] auto rank() const {
    const bool complete = shards >= header.geometry.total();
    return std::tuple(complete, complete ? 0 : shards - header.geometry.k, header.generation);
  }
};

Result<std::optional<ShardHeader>> first_intact(const PoolId& pool, const Digest& pack,
                                                std::span<const ShardPlace> places) {
  for (const ShardPlace& place : places) {
    auto file = ShardFile::open(*place.disk, pool, {pack, place.generation, place.index});
    if (file) return std::optional((*file)->header());
    if (file.error().code == ErrorCode::power_cut) return std::move(file.error());
  }
  return std::optional<ShardHeader>();
}

}  // namespace

Result<std::vector<ShardHeader>> rank_generations(const PoolId& pool, const Digest& pack,
                                                  std::span<const ShardPlace> places) {
  std::map<std::uint16_t, std::vector<ShardPlace>> by_generation;
  for (const ShardPlace& place : places) by_generation[place.generation].push_back(place);

  std::vector<Generation> generations;
  for (const auto& [number, own] : by_generation) {
    HF_TRY(const auto header, first_intact(pool, pack, own));
    if (!header) continue;
    std::set<std::uint8_t> indices;
    for (const ShardPlace& place : own) indices.insert(place.index);
    generations.push_back({*header, static_cast<int>(indices.size())});
  }
  std::ranges::sort(generations, std::ranges::greater(), &Generation::rank);
  std::vector<ShardHeader> headers;
  for (const Generation& generation : generations) headers.push_back(generation.header);
  return headers;
}

Result<void> ShardSet::open(const PackHint& hint) {
  HF_TRY(const bool found, use_hint(hint));
  if (found) return {};
  HF_TRY(const bool listed, use_next_generation());
  if (listed) return {};
  if (unreadable_) return data_lost();
  return make_error(ErrorCode::not_found, pack_.hex());
}

Result<bool> ShardSet::use_next_generation() {
  if (!listed_) {
    HF_TRY(list_generations());
    listed_ = true;
  }
  if (left_.empty()) return false;
  const ShardHeader next = left_.back();
  left_.pop_back();
  use(next);
  return true;
}

Result<ShardFile*> ShardSet::shard(int index) {
  Entry& entry = entries_.at(static_cast<std::size_t>(index));
  if (!entry.tried) {
    HF_TRY(entry.file, find(shape_.generation, index));
    entry.tried = true;
  }
  return entry.file.get();
}

Error ShardSet::data_lost() const {
  Error error = make_error(ErrorCode::data_lost, pack_.hex(), {{"pack", pack_.hex()}});
  error.data_loss = true;
  return error;
}

// Only the generation is believed; the shape comes from a shard.
Result<bool> ShardSet::use_hint(const PackHint& hint) {
  if (!hint.geometry.valid()) return false;
  for (int index = 0; index < hint.geometry.total(); ++index) {
    HF_TRY(auto file, find(hint.generation, index));
    if (file == nullptr) continue;
    use(file->header());
    entries_[static_cast<std::size_t>(index)] = {true, std::move(file)};
    return true;
  }
  return false;
}

Result<void> ShardSet::list_generations() {
  std::vector<ShardPlace> places;
  for (MemberDisk* disk : disks_) {
    auto entries = disk->disk().list(shard_directory(pack_));
    if (!entries) {
      if (entries.error().code == ErrorCode::power_cut) return std::move(entries.error());
      if (entries.error().code == ErrorCode::not_found) continue;
      disk->note_read_failure(entries.error());
      unreadable_ = true;
      continue;
    }
    for (const ports::DirectoryEntry& entry : *entries) {
      const auto name = parse_shard_file_name(entry.name);
      if (name && name->pack == pack_) places.push_back({name->generation, name->index, disk});
    }
  }
  unreadable_ = unreadable_ || !places.empty();
  HF_TRY(left_, rank_generations(pool_, pack_, places));
  std::ranges::reverse(left_);
  // The hint's generation has been tried.
  std::erase_if(left_, [&](const ShardHeader& header) {
    return !entries_.empty() && header.generation == shape_.generation;
  });
  return {};
}

// A disk has one shard of a pack as a rule, so those that have shown theirs are asked last.
Result<std::unique_ptr<ShardFile>> ShardSet::find(std::uint16_t generation, int index) {
  const ShardFileName name = {pack_, generation, static_cast<std::uint8_t>(index)};
  for (const bool seen : {false, true}) {
    for (MemberDisk* disk : disks_) {
      if (has_shard(disk) != seen) continue;
      auto file = ShardFile::open(*disk, pool_, name);
      if (file && fits_shape((*file)->header())) return file;
      if (file || file.error().code == ErrorCode::not_found) continue;
      if (file.error().code == ErrorCode::power_cut) return std::move(file.error());
      unreadable_ = true;
    }
  }
  return std::unique_ptr<ShardFile>();
}

// Before there is a shape the first intact shard makes it.
bool ShardSet::fits_shape(const ShardHeader& header) const {
  return entries_.empty() ||
         (header.geometry == shape_.geometry && header.pack_size == shape_.pack_size &&
          header.leaf_size == shape_.leaf_size);
}

bool ShardSet::has_shard(const MemberDisk* disk) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    return entry.file != nullptr && &entry.file->disk() == disk;
  });
}

void ShardSet::use(const ShardHeader& shape) {
  shape_ = shape;
  entries_.clear();
  entries_.resize(static_cast<std::size_t>(shape.geometry.total()));
}

}  // namespace holdfast::pool

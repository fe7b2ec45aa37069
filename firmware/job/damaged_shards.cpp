// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/damaged_shards.h"

#include "firmware/erasure/crc32c.h"

namespace holdfast::job {

namespace {

constexpr std::string_view kPath = "damaged";
constexpr std::string_view kMagic = "HF.DAMGD";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint8_t kMoreBefore = 1;
constexpr std::uint8_t kMoreNow = 2;
constexpr std::uint64_t kSizeMax = 64 * kMiB;

}  // namespace

DamagedShards DamagedShards::load(ports::Disk& home, bool expected) {
  DamagedShards damaged;
  const auto bytes = ports::load(home, kPath, kSizeMax);
  if (bytes && damaged.parse(*bytes)) return damaged;
  damaged = {};
  const bool is_absent = !bytes && bytes.error().code == ErrorCode::not_found;
  damaged.more_before_ = expected || !is_absent;
  damaged.is_changed_ = damaged.more_before_;
  return damaged;
}

std::vector<pool::PlacedShard> DamagedShards::shards_of(const Digest& pack,
                                                        std::uint16_t generation) const {
  const auto found = packs_.find(pack);
  if (found == packs_.end() || found->second.generation != generation) return {};
  return found->second.shards;
}

std::vector<Digest> DamagedShards::packs() const {
  std::vector<Digest> names;
  for (const auto& [name, damage] : packs_) names.push_back(name);
  return names;
}

std::uint64_t DamagedShards::count() const {
  std::uint64_t count = 0;
  for (const auto& [name, damage] : packs_) count += damage.shards.size();
  return count;
}

void DamagedShards::set(const Digest& pack, std::uint16_t generation,
                        std::span<const pool::PlacedShard> shards) {
  if (shards.empty()) {
    is_changed_ = packs_.erase(pack) > 0 || is_changed_;
    return;
  }
  const auto known = packs_.find(pack);
  if (known == packs_.end() && packs_.size() == kPacksMax) {
    is_changed_ = is_changed_ || !more_now_;
    more_now_ = true;
    return;
  }
  Damage damage{generation, {shards.begin(), shards.end()}};
  if (known != packs_.end() && known->second == damage) return;
  packs_[pack] = std::move(damage);
  is_changed_ = true;
}

void DamagedShards::begin_round() {
  is_changed_ = is_changed_ || more_now_;
  more_before_ = has_more();
  more_now_ = false;
}

void DamagedShards::end_round() {
  is_changed_ = is_changed_ || more_before_;
  more_before_ = false;
}

Result<void> DamagedShards::store(ports::Disk& home) {
  if (!is_changed_) return {};
  HF_TRY(ports::store(home, kPath, encode()));
  is_changed_ = false;
  return {};
}

Bytes DamagedShards::encode() const {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(view_of(kMagic));
  writer.u16(kVersion);
  writer.u8(
      static_cast<std::uint8_t>((more_before_ ? kMoreBefore : 0) | (more_now_ ? kMoreNow : 0)));
  writer.zeros(1);
  writer.u32(static_cast<std::uint32_t>(packs_.size()));
  for (const auto& [name, damage] : packs_) {
    writer.raw(name.view());
    writer.u16(damage.generation);
    writer.u16(static_cast<std::uint16_t>(damage.shards.size()));
    for (const pool::PlacedShard& shard : damage.shards) {
      writer.u8(shard.index);
      writer.raw(shard.disk.view());
    }
  }
  writer.u32(erasure::crc32c(bytes));
  return bytes;
}

bool DamagedShards::parse(ByteView bytes) {
  if (bytes.size() < 4) return false;
  const ByteView fields = bytes.first(bytes.size() - 4);
  if (ByteReader(bytes.last(4)).u32() != erasure::crc32c(fields)) return false;
  ByteReader reader(fields);
  if (text_of(reader.raw(kMagic.size())) != kMagic || reader.u16() != kVersion) return false;
  const std::uint8_t flags = reader.u8();
  if (flags > (kMoreBefore | kMoreNow) || !reader.zeros(1)) return false;
  more_before_ = (flags & kMoreBefore) != 0;
  more_now_ = (flags & kMoreNow) != 0;
  const std::uint32_t packs = reader.u32();
  if (packs > kPacksMax) return false;
  for (std::uint32_t i = 0; i < packs && reader.ok(); ++i) {
    const Digest name{reader.array<32>()};
    Damage& damage = packs_[name];
    damage.generation = reader.u16();
    const std::uint16_t shards = reader.u16();
    for (std::uint16_t s = 0; s < shards && reader.ok(); ++s) {
      const std::uint8_t index = reader.u8();
      damage.shards.push_back({index, {reader.array<16>()}});
    }
  }
  return reader.ok() && reader.at_end();
}

}  // namespace holdfast::job

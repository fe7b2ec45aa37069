// SPDX-License-Identifier: Apache-2.0
#include "firmware/journal/witness.h"

#include "firmware/erasure/crc32c.h"

namespace holdfast::journal {

namespace {

constexpr std::string_view kMagic = "HF.WITNS";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kSize = 76;
constexpr std::size_t kCrcSize = 4;
constexpr std::string_view kDirectory = "witness";

Error damaged() {
  return make_error(ErrorCode::damaged, {}, {{"what", "witness"}});
}

}  // namespace

Bytes encode(const Witness& witness) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(view_of(kMagic));
  writer.u16(kVersion);
  writer.zeros(2);
  writer.u32(witness.incarnation);
  writer.raw(witness.business.view());
  writer.u64(witness.head.number);
  writer.raw(witness.head.digest.view());
  writer.u32(erasure::crc32c(bytes));
  HF_CHECK(bytes.size() == kSize);
  return bytes;
}

Result<Witness> parse_witness(ByteView bytes) {
  if (bytes.size() < kSize) return make_error(ErrorCode::truncated);
  if (bytes.size() > kSize) return damaged();
  ByteReader reader(bytes);
  if (text_of(reader.raw(kMagic.size())) != kMagic) return make_error(ErrorCode::bad_magic);
  const std::uint16_t version = reader.u16();
  const bool zero = reader.zeros(2);
  Witness witness;
  witness.incarnation = reader.u32();
  witness.business.bytes = reader.array<16>();
  witness.head.number = reader.u64();
  witness.head.digest.bytes = reader.array<32>();
  if (reader.u32() != erasure::crc32c(bytes.first(kSize - kCrcSize))) return damaged();
  if (version != kVersion) {
    return make_error(ErrorCode::unsupported_version, {}, {{"version", std::to_string(version)}});
  }
  if (!zero || witness.head.number == 0) return damaged();
  return witness;
}

std::string witness_path(const BusinessId& business) {
  return std::string(kDirectory) + "/" + business.hex();
}

Result<std::optional<Witness>> load_witness(ports::Disk& home, const BusinessId& business) {
  const std::string path = witness_path(business);
  const auto bytes = ports::load(home, path, kSize);
  if (!bytes) {
    if (bytes.error().code == ErrorCode::not_found) return std::optional<Witness>();
    return bytes.error();
  }
  auto witness = parse_witness(*bytes);
  if (witness && witness->business != business) witness = damaged();
  if (!witness) {
    witness.error().where = home.name() + "/" + path;
    return std::move(witness.error());
  }
  return std::optional<Witness>(*witness);
}

Result<void> store_witness(ports::Disk& home, const Witness& witness) {
  HF_TRY(ports::make_directories(home, kDirectory));
  return ports::store(home, witness_path(witness.business), encode(witness));
}

}  // namespace holdfast::journal

// SPDX-License-Identifier: Apache-2.0
// One entry's frame: what comes back, and that no damage passes.
#include "firmware/journal/entry.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "firmware/erasure/crc32c.h"
#include "hal/sim/random.h"
#include "tests/support/every_damage.h"

using namespace holdfast;
using namespace holdfast::journal;

namespace {

struct Fixture {
  sim::SimRandom random{3};
  keys::Signer signer{random.key()};
  std::array<keys::PublicKey, 1> trusted{signer.public_key()};
  SecretKey meta_key = random.key();
  EntryDraft draft{.kind = EntryKind::policy,
                   .key_epoch = 672,
                   .new_packs = {{{random.array<32>()}, 1000, 672, 1, pack::PackKind::content},
                                 {{random.array<32>()}, 2000, 672, 0, pack::PackKind::meta}},
                   .body = {1, 2, 3}};
  EntryPlace place{.business = random.id<BusinessId>(),
                   .incarnation = 2,
                   .previous = {6, {random.array<32>()}},
                   .time = Timestamp{77}};
  Bytes frame = encode();

  Bytes encode() { return encode_entry(draft, place, meta_key, signer, random); }
  [[nodiscard]] Result<Entry> parse(ByteView bytes) const {
    std::size_t size = 0;
    return parse_entry(bytes, trusted, size);
  }
  // The frame with the byte at `offset` of its header set, and a header CRC that fits.
  [[nodiscard]] ErrorCode code_with_header(std::size_t offset, std::uint8_t value) const {
    Bytes altered = frame;
    altered[offset] = value;
    Bytes crc;
    ByteWriter(crc).u32(erasure::crc32c(ByteView(altered).first(20)));
    std::copy(crc.begin(), crc.end(), altered.begin() + 20);
    return parse(altered).error().code;
  }
  // A frame with this public part, rightly signed, and the sealed part as it is.
  [[nodiscard]] Bytes frame_with(ByteView public_part) const {
    const Entry whole = parse(frame).value();
    Bytes bytes;
    ByteWriter writer(bytes);
    writer.raw(ByteView(frame).first(8));
    writer.u32(static_cast<std::uint32_t>(public_part.size()));
    writer.u32(static_cast<std::uint32_t>(whole.sealed.size()));
    writer.zeros(4);
    writer.u32(erasure::crc32c(bytes));
    writer.raw(public_part);
    writer.raw(signer.sign("holdfast entry v1", public_part));
    writer.raw(whole.sealed);
    writer.u32(erasure::crc32c(bytes));
    return bytes;
  }
};

}  // namespace

TEST_CASE("An entry comes back as it was drafted and placed") {
  Fixture f;
  Bytes bytes = f.frame;
  bytes.push_back(9);  // what follows is the next frame's
  std::size_t size = 0;
  const Entry entry = parse_entry(bytes, f.trusted, size).value();
  CHECK(size == f.frame.size());
  CHECK(entry.kind == EntryKind::policy);
  CHECK(entry.key_epoch == 672);
  CHECK(entry.incarnation == 2);
  CHECK(entry.number == 7);
  CHECK(entry.time == Timestamp{77});
  CHECK(entry.business == f.place.business);
  CHECK(entry.previous == f.place.previous.digest);
  CHECK(entry.new_packs == f.draft.new_packs);
  CHECK(entry.signer == f.signer.public_key());
  CHECK(open_body(entry, f.meta_key).value() == f.draft.body);
}

TEST_CASE("An entry may have no packs and an empty body") {
  Fixture f;
  f.draft.new_packs.clear();
  f.draft.body.clear();
  const Entry entry = f.parse(f.encode()).value();
  CHECK(entry.new_packs.empty());
  CHECK(open_body(entry, f.meta_key).value().empty());
}

TEST_CASE("The identity is the digest of public part and signature") {
  Fixture f;
  const Entry entry = f.parse(f.frame).value();
  Bytes identified;
  ByteWriter writer(identified);
  writer.raw(view_of("holdfast entry v1"));
  writer.u8(0);
  writer.raw(ByteView(f.frame).subspan(24, entry.public_part.size() + 64));
  CHECK(entry.digest == sha256(identified));
}

TEST_CASE("Another key does not open the body") {
  Fixture f;
  const Entry entry = f.parse(f.frame).value();
  CHECK(open_body(entry, f.random.key()).error().code == ErrorCode::wrong_key);
}

TEST_CASE("Every flipped bit of a frame is found, and one that ends too early is truncated") {
  const Fixture f;
  REQUIRE(f.parse(f.frame));
  test::for_every_damage(f.frame, [&](ByteView bytes, const test::SmallDamage& damage) {
    const auto entry = f.parse(bytes);
    if (damage.is_flip) return !entry;
    if (damage.is_cut) return !entry && entry.error().code == ErrorCode::truncated;
    // What follows is the next frame's.
    return entry && entry->public_part == f.parse(f.frame)->public_part;
  });
}

TEST_CASE("Damage that its CRC hides is found by signature and digest") {
  Fixture f;
  const auto code_with = [&](std::size_t offset) {
    Bytes altered = f.frame;
    altered[offset] ^= 1;
    altered.erase(altered.end() - 4, altered.end());
    ByteWriter(altered).u32(erasure::crc32c(altered));
    return f.parse(altered).error().code;
  };
  CHECK(code_with(24 + 4) == ErrorCode::bad_signature);            // key epoch
  CHECK(code_with(f.frame.size() - 4 - 1) == ErrorCode::damaged);  // sealed part
}

TEST_CASE("A frame header that is not for this reader is refused by what is wrong with it") {
  Fixture f;
  CHECK(f.code_with_header(0, 'X') == ErrorCode::bad_magic);
  CHECK(f.code_with_header(4, 2) == ErrorCode::unsupported_version);
  CHECK(f.code_with_header(6, 2) == ErrorCode::unsupported_suite);
  CHECK(f.code_with_header(7, 2) == ErrorCode::damaged);
  CHECK(f.code_with_header(7, 1) == ErrorCode::damaged);  // dropped, and yet there
  CHECK(f.code_with_header(16, 1) == ErrorCode::damaged);
  CHECK(f.code_with_header(11, 0x05) == ErrorCode::limit_exceeded);
  CHECK(f.code_with_header(15, 0x05) == ErrorCode::limit_exceeded);
}

TEST_CASE("A public part that no writer makes is refused, although it is signed") {
  const Fixture f;
  const Bytes right = f.parse(f.frame).value().public_part;
  REQUIRE(f.parse(f.frame_with(right)));
  const auto is_refused = [&](const Bytes& part) {
    const auto entry = f.parse(f.frame_with(part));
    return !entry && entry.error().code == ErrorCode::damaged;
  };
  const auto with = [&](std::size_t offset, std::uint8_t value) {
    Bytes part = right;
    part[offset] = value;
    return part;
  };
  CHECK(is_refused(with(0, 0)));   // kind of entry: below the first
  CHECK(is_refused(with(0, 99)));  // above the last
  CHECK(is_refused(with(3, 1)));
  CHECK(is_refused(with(12, 1)));
  CHECK(is_refused(with(16, 0)));   // number
  CHECK(is_refused(with(180, 1)));  // one pack fewer than there are
  CHECK(is_refused(with(180, 3)));
  CHECK(is_refused(with(183, 0xff)));  // more than any memory holds
  CHECK(is_refused(with(232, 0)));     // kind of pack
  CHECK(is_refused(with(232, 3)));
  CHECK(is_refused(with(239, 1)));
  for (std::size_t size = 0; size < right.size(); ++size) {
    REQUIRE(is_refused(Bytes(right.begin(), right.begin() + static_cast<std::ptrdiff_t>(size))));
  }
  Bytes longer = right;
  longer.push_back(0);
  CHECK(is_refused(longer));
}

TEST_CASE("A signer who is not trusted makes no entries") {
  Fixture f;
  f.trusted = {keys::PublicKey{1}};
  CHECK(f.parse(f.frame).error().code == ErrorCode::bad_signature);
}

TEST_CASE("With its sealed part dropped an entry keeps its identity and has no body") {
  Fixture f;
  const Entry whole = f.parse(f.frame).value();
  Bytes frame;
  ByteWriter writer(frame);
  writer.raw(view_of("HFEN"));
  writer.u16(1);
  writer.u8(1);
  writer.u8(1);
  writer.u32(static_cast<std::uint32_t>(whole.public_part.size()));
  writer.zeros(8);
  writer.u32(erasure::crc32c(frame));
  writer.raw(ByteView(f.frame).subspan(24, whole.public_part.size() + 64));
  writer.u32(erasure::crc32c(frame));

  const Entry dropped = f.parse(frame).value();
  CHECK(dropped.digest == whole.digest);
  CHECK(dropped.sealed_dropped);
  CHECK(open_body(dropped, f.meta_key).error().code == ErrorCode::not_found);
}

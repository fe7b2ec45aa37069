// SPDX-License-Identifier: Apache-2.0
// Which entries of a segment are proved, and by what.
#include "firmware/journal/segment.h"

#include <catch2/catch.hpp>

#include "firmware/erasure/crc32c.h"
#include "tests/support/every_damage.h"
#include "tests/unit/journal/fixture.h"

using namespace holdfast;
using namespace holdfast::journal;

namespace {

// A segment of entries 1, 2, ... on one disk, each following the one before.
struct HandMade : Box {
  HandMade() : Box(1, 1) {
    bytes = encode(
        SegmentHeader{
            .incarnation = 1, .business = business, .first = 1, .previous = {}, .time = {}},
        signer);
  }

  void add(const keys::Signer& by) {
    const EntryDraft draft{
        .kind = EntryKind::policy, .key_epoch = 1, .new_packs = {}, .body = Bytes{1}};
    const EntryPlace place{
        .business = business, .incarnation = 1, .previous = head, .time = clock.now()};
    const Bytes frame = encode_entry(draft, place, meta_key, by, random);
    std::size_t size = 0;
    head = {head.number + 1, parse_unproved_entry(frame, size)->digest};
    frames.push_back(frame);
  }

  // The numbers that load_segment() finds in it; `sound` and `damaged` as it says.
  std::vector<std::uint64_t> load(Signatures signatures) {
    Bytes file = bytes;
    for (const Bytes& frame : frames) ByteWriter(file).raw(frame);
    disk(0).plant(path_of_segment(1), file);
    const Segment segment = load_segment(disk(0), business, {1, 0}, trusted, signatures).value();
    sound = segment.sound;
    damaged = segment.damaged;
    std::vector<std::uint64_t> numbers;
    for (const StoredEntry& stored : segment.entries) numbers.push_back(stored.entry.number);
    return numbers;
  }

  keys::Signer stranger{random.key()};
  Bytes bytes;
  std::vector<Bytes> frames;
  Head head;
  std::size_t sound = 0;
  bool damaged = false;
};

using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("A checked signature vouches for every entry that leads up to it") {
  HandMade box;
  box.add(box.signer);
  box.add(box.stranger);  // nobody of ours does that: it shows which signatures are looked at
  box.add(box.signer);
  CHECK(box.load(Signatures::needed) == Numbers{1, 2, 3});
  CHECK(box.sound == 3);
  CHECK_FALSE(box.damaged);
  CHECK(box.load(Signatures::every) == Numbers{1, 3});
  CHECK(box.sound == 1);
  CHECK(box.damaged);
}

TEST_CASE("Entries that nothing right names are checked themselves") {
  HandMade box;
  const auto signatures = GENERATE(Signatures::needed, Signatures::every);
  box.add(box.signer);
  box.add(box.signer);
  SECTION("the newest ones") {
    box.add(box.stranger);
    box.add(box.stranger);
  }
  SECTION("those before damage") {
    box.add(box.stranger);
    box.add(box.signer);
    box.frames.back()[100] ^= 1;
  }
  CHECK(box.load(signatures) == Numbers{1, 2});
  CHECK(box.sound == 2);
  CHECK(box.damaged);
}

TEST_CASE("An entry that was altered under a right CRC is stepped over") {
  HandMade box;
  const auto signatures = GENERATE(Signatures::needed, Signatures::every);
  for (int i = 0; i < 4; ++i) box.add(box.signer);
  Bytes& frame = box.frames[1];
  for (std::size_t at = kFrameHeaderSize + 4; at + 4 < frame.size(); at += 13) {
    CAPTURE(at);
    const Bytes whole = frame;
    frame[at] ^= 1;
    frame.erase(frame.end() - 4, frame.end());
    ByteWriter(frame).u32(erasure::crc32c(frame));
    REQUIRE(box.load(signatures) == Numbers{1, 3, 4});
    CHECK(box.sound == 1);
    CHECK(box.damaged);
    frame = whole;
  }
}

TEST_CASE("Entries that do not follow one another make no segment, signed as they are") {
  HandMade box;
  const auto signatures = GENERATE(Signatures::needed, Signatures::every);
  for (int i = 0; i < 2; ++i) box.add(box.signer);
  SECTION("the number") {
    box.head.number += 1;
  }
  SECTION("the number, downwards") {
    box.head.number -= 1;
  }
  SECTION("the digest of the one before") {
    box.head.digest.bytes[0] ^= 1;
  }
  SECTION("the business") {
    box.business = box.random.id<BusinessId>();
  }
  box.add(box.signer);
  Bytes file = box.bytes;
  for (const Bytes& frame : box.frames) ByteWriter(file).raw(frame);
  box.disk(0).plant(box.path_of_segment(1), file);
  const auto read = load_segment(box.disk(0), box.business, {1, 0}, box.trusted, signatures);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::chain_broken);
}

TEST_CASE("Any flipped bit, cut or further byte of a segment's header is seen") {
  const HandMade box;
  REQUIRE(box.bytes.size() == kSegmentHeaderSize);
  test::for_every_damage(box.bytes, [&](ByteView bytes, const test::SmallDamage& damage) {
    const auto header = parse_segment_header(bytes, box.trusted);
    // What follows is the first entry.
    return header.has_value() == (!damage.is_flip && !damage.is_cut);
  });
}

TEST_CASE("Of a segment with any small damage what is read is right, and what is not is told") {
  HandMade box;
  for (int i = 0; i < 3; ++i) box.add(box.signer);
  const auto signatures = GENERATE(Signatures::needed, Signatures::every);
  REQUIRE(box.load(signatures) == Numbers{1, 2, 3});
  const Bytes right = *box.disk(0).contents(box.path_of_segment(1));
  const Segment whole =
      load_segment(box.disk(0), box.business, {1, 0}, box.trusted, signatures).value();
  test::for_every_damage(right, [&](ByteView bytes, const test::SmallDamage& damage) {
    box.disk(0).plant(box.path_of_segment(1), bytes);
    const auto read = load_segment(box.disk(0), box.business, {1, 0}, box.trusted, signatures);
    if (!read)
      return read.error().code == ErrorCode::unsupported_version ||
             read.error().code == ErrorCode::unsupported_suite;
    const bool is_right = std::ranges::all_of(read->entries, [&](const StoredEntry& stored) {
      const StoredEntry* same = whole.find(stored.entry.number);
      return same != nullptr && same->entry.digest == stored.entry.digest;
    });
    // A segment that ends behind its header or an entry may be one that had no more: the other
    // members tell.
    const bool ends_behind_entry =
        damage.is_cut && (damage.at == kSegmentHeaderSize ||
                          std::ranges::any_of(whole.entries, [&](const StoredEntry& stored) {
                            return stored.position + stored.size == damage.at;
                          }));
    return is_right && read->damaged != ends_behind_entry;
  });
}

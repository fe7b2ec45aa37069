// SPDX-License-Identifier: Apache-2.0
// A frame that says its sealed part was dropped: nothing vouches for that, so it hides nothing.
#include <catch2/catch.hpp>

#include "tests/unit/journal/fixture.h"

using namespace holdfast;
using namespace holdfast::journal;

namespace {

// Three disks, seven entries in segments of three.
struct SevenEntries : Box {
  SevenEntries() : Box(3, 2) {
    for (const char* body : {"a", "b", "c", "d", "e", "f", "g"}) REQUIRE(append(body));
  }

  [[nodiscard]] Bytes bare(std::size_t index, const std::string& path) {
    const Bytes whole = *disk(index).contents(path);
    Bytes bytes(whole.begin(), whole.begin() + kSegmentHeaderSize);
    std::size_t size = 0;
    for (std::size_t at = kSegmentHeaderSize; at < whole.size(); at += size) {
      const Bytes frame =
          without_sealed_part(parse_unproved_entry(ByteView(whole).subspan(at), size).value());
      bytes.insert(bytes.end(), frame.begin(), frame.end());
    }
    return bytes;
  }
  void drop_bodies(std::size_t index) {
    for (const std::uint64_t first : {1U, 4U, 7U}) {
      const std::string path = path_of_segment(first);
      disk(index).plant(path, bare(index, path));
    }
  }
};

constexpr std::string_view kSeven = "a b c d e f g";

}  // namespace

TEST_CASE("A body that one disk says was dropped is read from another") {
  for (const std::size_t index : {0U, 1U, 2U}) {
    SevenEntries box;
    box.drop_bodies(index);
    CHECK(box.bodies(box.all()).value() == kSeven);
    CHECK(box.bodies({index}).error().code == ErrorCode::not_found);
    CHECK(box.open().value().head().number == 7);
  }
}

TEST_CASE("A newer file without a body does not hide an older one of the same disk") {
  SevenEntries box;
  for (const std::uint64_t first : {4U, 7U}) {
    box.disk(0).plant(box.path_of_segment(first, 1), box.bare(0, box.path_of_segment(first)));
  }
  CHECK(box.bodies({0}).value() == kSeven);
}

TEST_CASE("A disk that is caught up gets bodies if any disk has them") {
  SevenEntries box;
  SECTION("another disk") {
    box.drop_bodies(0);
    box.disks.push_back(std::make_unique<sim::SimDisk>(box.world, "new"));
    REQUIRE(box.prepare(box.all()));
    CHECK(box.bodies({3}).value() == kSeven);
  }
  SECTION("itself, behind its damage") {
    for (const char* body : {"h", "i"}) REQUIRE(box.append(body));
    box.drop_bodies(0);
    box.disk(1).flip_bit(box.path_of_segment(7), kSegmentHeaderSize + 30);
    REQUIRE(box.prepare({0, 1}));
    REQUIRE(box.disk(1).contents(box.path_of_segment(7, 1)));
    box.disk(1).erase(box.path_of_segment(7));
    CHECK(box.bodies(box.open({1}).value(), 8).value() == "h i");
  }
}

TEST_CASE("A disk without bodies lacks them while any disk has them, and gets them by mending") {
  SevenEntries box;
  const auto mend = [&] {
    Journal journal = box.open().value();
    REQUIRE(journal.prepare_writing(box.signer));
    return journal.mend(box.signer).value();
  };
  box.drop_bodies(0);
  const Survey found = box.open().value().survey().value();
  CHECK(found.lost().empty());
  for (std::uint64_t number = 1; number <= 7; ++number) CHECK(found.holders(number) == 2);
  CHECK_FALSE(found.damages().empty());
  CHECK(mend().failures.empty());
  CHECK(box.open().value().survey().value().damages().empty());
  CHECK(box.bodies({0}).value() == kSeven);

  // What nobody has is nobody's damage, and the rest is brought level all the same.
  for (const std::size_t index : box.all()) box.drop_bodies(index);
  box.disk(0).erase(box.path_of_segment(4));
  box.disk(0).erase(box.path_of_segment(4, 1));
  mend();
  const Survey again = box.open().value().survey().value();
  CHECK(again.damages().empty());
  for (std::uint64_t number = 1; number <= 7; ++number) CHECK(again.holders(number) == 3);
}

TEST_CASE("The newest entry is written anew with its body if any disk has that") {
  SevenEntries box;
  box.drop_bodies(0);
  box.home.erase(witness_path(box.business));
  REQUIRE(box.prepare(box.all()));
  for (const std::size_t index : {0U, 1U, 2U}) {
    CHECK(box.bodies(box.open({index}).value(), 7).value() == "g");
  }
}

TEST_CASE("Bodies that no disk has stop neither reading nor writing") {
  SevenEntries box;
  for (const std::size_t index : box.all()) box.drop_bodies(index);
  box.disks.push_back(std::make_unique<sim::SimDisk>(box.world, "new"));
  REQUIRE(box.append("h"));
  CHECK(box.bodies(box.open({3}).value(), 8).value() == "h");
  std::size_t dropped = 0;
  REQUIRE(box.open({3}).value().read(1, [&](const Entry& entry) -> Result<void> {
    if (entry.sealed_dropped) ++dropped;
    return {};
  }));
  CHECK(dropped == 7);
}

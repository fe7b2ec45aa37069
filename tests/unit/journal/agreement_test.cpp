// SPDX-License-Identifier: Apache-2.0
// What the copies and the witness agree on, and what is a fork.
#include "firmware/journal/agreement.h"

#include <catch2/catch.hpp>

#include "tests/unit/journal/fixture.h"

using namespace holdfast;
using namespace holdfast::journal;

namespace {

// Disk 0 alone holds an entry "lost" with number 3: the power went while it was appended.
struct MinorityEntry : Box {
  MinorityEntry() : Box(3, 2) {
    REQUIRE(append("a"));
    REQUIRE(append("b"));
    Journal journal = open().value();
    REQUIRE(journal.prepare_writing(signer));
    // Disk 0 has its entry after open_append, append and sync; disk 1 has nothing yet.
    world.cut_at(world.operations() + 4);
    REQUIRE(append_to(journal, "lost").error().code == ErrorCode::power_cut);
    world.crash({sim::CrashPolicy::drop_unsynced, 0});
  }
};

}  // namespace

TEST_CASE("An entry on fewer disks than count is rolled forward") {
  MinorityEntry box;
  CHECK(box.open().value().head().number == 3);
  CHECK(box.bodies({1, 2}).value() == "a b");
  REQUIRE(box.append("c"));
  CHECK(box.bodies({1, 2}).value() == "a b lost c");
}

TEST_CASE("An entry that never counted, and whose number was taken meanwhile, is disowned") {
  MinorityEntry box;
  REQUIRE(box.append("c", {1, 2}));
  SECTION("at once") {}
  SECTION("after more entries") {
    REQUIRE(box.append("d", {1, 2}));
    REQUIRE(box.append("e", {1, 2}));
  }
  SECTION("by the witness, when too few disks that counted it are there") {
    CHECK(box.bodies({0, 1}).value() == "a b c");
    return;
  }
  const std::string all = box.bodies({1, 2}).value();
  CHECK(box.bodies({0, 1, 2}).value() == all);
  REQUIRE(box.prepare({0, 1, 2}));
  CHECK(box.bodies({0}).value() == all);
}

TEST_CASE("Two entries with one number, both of which may have counted, are a fork") {
  Box box(2, 1);
  REQUIRE(box.append("a"));
  const Bytes witness = *box.home.contents(witness_path(box.business));
  REQUIRE(box.append("b", {0}));
  const Bytes witness_of_b = *box.home.contents(witness_path(box.business));
  box.home.plant(witness_path(box.business), witness);
  REQUIRE(box.append("c", {1}));
  // What home has acknowledged is read; where it does not know, nothing is.
  std::string read = "a c";
  SECTION("with the witness of one") {}
  SECTION("with the witness of the other") {
    box.home.plant(witness_path(box.business), witness_of_b);
    read = "a b";
  }
  SECTION("with no witness") {
    box.home.erase(witness_path(box.business));
    read = "";
  }
  SECTION("with no witness, and one longer than the other") {
    REQUIRE(box.append("d", {1}));
    REQUIRE(box.append("e", {1}));
    box.home.erase(witness_path(box.business));
    read = "";
  }
  SECTION("with a damaged witness") {
    box.home.flip_bit(witness_path(box.business), 9, 1);
    read = "";
  }
  SECTION("with the witness of before") {
    box.home.plant(witness_path(box.business), witness);
    read = "a";
  }
  SECTION("when one has gone on") {
    REQUIRE(box.append("d", {1}));
    read = "a c d";
  }
  SECTION("when both have gone on") {
    REQUIRE(box.append("d", {1}));
    box.home.plant(witness_path(box.business), witness_of_b);
    REQUIRE(box.append("d", {0}));
    read = "a b d";
  }
  if (read.empty()) {
    CHECK(box.open_code() == ErrorCode::fork);
    return;
  }
  const Journal journal = box.open().value();
  CHECK(journal.writable().error().code == ErrorCode::fork);
  CHECK(box.bodies(journal).value() == read);
  CHECK(box.append("e").error().code == ErrorCode::fork);
}

TEST_CASE("Two entries that both are on too few disks, and neither acknowledged, are a fork") {
  MinorityEntry box;
  const Bytes witness = *box.home.contents(witness_path(box.business));
  box.quorum = 1;
  REQUIRE(box.append("c", {1}));
  REQUIRE(box.append("d", {1}));
  box.quorum = 2;
  box.home.plant(witness_path(box.business), witness);
  const Journal journal = box.open().value();
  CHECK(journal.writable().error().code == ErrorCode::fork);
  CHECK(box.bodies(journal).value() == "a b");
  // Disk 1's counts if home has acknowledged it.
  box.quorum = 1;
  REQUIRE(box.prepare({1}));
  box.quorum = 2;
  CHECK(box.bodies(box.all()).value() == "a b c d");
}

TEST_CASE("A disk with two entries of its own is no disk with one that never counted") {
  Box box(3, 2);
  REQUIRE(box.append("a"));
  const Bytes witness = *box.home.contents(witness_path(box.business));
  box.quorum = 1;
  for (const char* body : {"b", "c"}) REQUIRE(box.append(body, {0}));
  box.quorum = 2;
  box.home.plant(witness_path(box.business), witness);
  for (const char* body : {"B", "C"}) REQUIRE(box.append(body, {1, 2}));
  const auto other = box.disk(0).contents(box.path_of_segment(2));
  const Journal journal = box.open().value();
  CHECK(journal.writable().error().code == ErrorCode::fork);
  CHECK(box.bodies(journal).value() == "a B C");
  CHECK(box.append("d").error().code == ErrorCode::fork);
  box.home.erase(witness_path(box.business));
  CHECK(box.open_code() == ErrorCode::fork);
  CHECK(box.disk(0).contents(box.path_of_segment(2)) == other);
}

TEST_CASE("Damage before the place where two chains part does not hide that they do") {
  Box box(6, 3);
  box.segment_size_max = 1U << 20;
  for (const char* body : {"a", "b", "c", "d"}) REQUIRE(box.append(body));
  const Bytes witness = *box.home.contents(witness_path(box.business));
  for (const char* body : {"e", "f"}) REQUIRE(box.append(body, {0, 1, 2}));
  box.home.plant(witness_path(box.business), witness);
  for (const char* body : {"E", "F", "G"}) REQUIRE(box.append(body, {3, 4, 5}));
  const std::string path = box.path_of_segment(1);
  const std::size_t frame = (box.disk(3).contents(path)->size() - kSegmentHeaderSize) / 7;
  CHECK(box.open().value().writable().error().code == ErrorCode::fork);
  std::vector<std::size_t> damaged = box.all();
  SECTION("on all disks") {}
  SECTION("on those of one side, which has fewer entries") {
    damaged = {0, 1, 2};
  }
  for (const std::size_t index : damaged) {
    box.disk(index).flip_bit(path, kSegmentHeaderSize + 2 * frame + 200, 1);
  }
  const auto journal = box.open();
  const ErrorCode code = journal ? journal->writable().error().code : journal.error().code;
  CHECK(code == ErrorCode::fork);
  CHECK(box.append("h").error().code == ErrorCode::fork);
}

namespace {

// Disk 5 alone has an entry "lost" that never counted, behind `bodies`.
struct LostAlone : Box {
  explicit LostAlone(std::initializer_list<const char*> bodies) : Box(6, 3) {
    segment_size_max = 1U << 20;
    for (const char* body : bodies) REQUIRE(append(body));
    const Bytes witness = *home.contents(witness_path(business));
    quorum = 1;
    REQUIRE(append("lost", {5}));
    quorum = 3;
    home.plant(witness_path(business), witness);
  }
  // The bodies have one byte each.
  void flip_entry(std::size_t index, const std::string& path, std::size_t place) {
    disk(index).flip_bit(path, kSegmentHeaderSize + place * frame_ + 200, 1);
  }
  void measure(std::size_t entries) {
    frame_ = (disk(0).contents(path_of_segment(1))->size() - kSegmentHeaderSize) / entries;
  }

 private:
  std::size_t frame_ = 0;
};

}  // namespace

TEST_CASE("Behind damage on every disk one disk's entry that never counted stops nothing") {
  LostAlone box({"a", "b", "c", "d"});
  REQUIRE(box.append("e", {0, 1, 2, 3, 4}));
  box.measure(5);
  for (const std::size_t index : box.all()) box.flip_entry(index, box.path_of_segment(1), 2);
  {
    const Journal journal = box.open().value();
    CHECK(journal.writable());
    CHECK(journal.head().number == 5);
  }
  REQUIRE(box.append("f"));
  CHECK(box.open().value().head().number == 6);
}

TEST_CASE("Behind one disk's damage its entry that never counted takes nobody's place") {
  // That disk comes first, and the next one lacks what came in the meantime.
  LostAlone box({"a", "b", "c", "d"});
  std::swap(box.disks[0], box.disks[5]);
  const Bytes witness = *box.home.contents(witness_path(box.business));
  REQUIRE(box.append("e", {2, 3, 4, 5}));
  std::string all = "a b c d e";
  box.measure(5);
  box.flip_entry(0, box.path_of_segment(1), 3);
  SECTION("as it is") {}
  SECTION("with the witness of before") {
    box.home.plant(witness_path(box.business), witness);
  }
  SECTION("with damage on all others, each in a place of its own") {
    for (const std::size_t index : {2U, 3U, 5U}) box.flip_entry(index, box.path_of_segment(1), 2);
    box.flip_entry(4, box.path_of_segment(1), 1);
  }
  SECTION("when others have gone on") {
    REQUIRE(box.append("f", {2, 3, 4, 5}));
    all += " f";
  }
  CHECK(box.bodies(box.all()).value() == all);
  REQUIRE(box.append("g"));
  CHECK(box.bodies(box.all()).value() == all + " g");
  for (const std::size_t index : box.all()) {
    CHECK(box.open({index}).value().head() == box.open().value().head());
  }
  CHECK(box.bodies({0, 1}).value() == all + " g");
}

TEST_CASE(
    "Behind damage two chains that part before the newest entry are a fork on few disks too") {
  Box box(6, 3);
  box.segment_size_max = 1U << 20;
  for (const char* body : {"a", "b", "c", "d"}) REQUIRE(box.append(body));
  const Bytes witness = *box.home.contents(witness_path(box.business));
  for (const char* body : {"E", "F"}) REQUIRE(box.append(body, {3, 4, 5}));
  box.home.plant(witness_path(box.business), witness);
  for (const char* body : {"e", "f"}) REQUIRE(box.append(body, {0, 1, 2}));
  const std::string path = box.path_of_segment(1);
  const std::size_t frame = (box.disk(3).contents(path)->size() - kSegmentHeaderSize) / 6;
  for (const std::size_t index : {3U, 4U}) {
    box.disk(index).flip_bit(path, kSegmentHeaderSize + 2 * frame + 200, 1);
  }
  const Journal journal = box.open({0, 1, 2, 3, 4}).value();
  CHECK(journal.writable().error().code == ErrorCode::fork);
}

TEST_CASE("Behind damage on every disk the newest entry of one disk is rolled forward") {
  LostAlone box({"a", "b", "c", "d"});
  box.measure(4);
  for (const std::size_t index : box.all()) box.flip_entry(index, box.path_of_segment(1), 2);
  const Journal journal = box.open().value();
  CHECK(journal.writable());
  CHECK(journal.head().number == 5);
  REQUIRE(box.append("f"));
  CHECK(box.open({0, 1, 2}).value().head().number == 6);
}

TEST_CASE("Of two neighbours that are lost neither is an entry that never counted") {
  LostAlone box({"a", "b", "c"});
  for (const char* body : {"d", "e"}) REQUIRE(box.append(body, {0, 1, 2, 3, 4}));
  REQUIRE(box.append("f"));
  box.measure(6);
  for (const std::size_t place : {3U, 4U}) {
    for (const std::size_t index : {0U, 1U, 2U, 3U, 4U}) {
      box.flip_entry(index, box.path_of_segment(1), place);
    }
    box.flip_entry(5, box.path_of_segment(4), place - 3);
  }
  const Survey found = box.open().value().survey().value();
  CHECK(found.entry(3));
  CHECK_FALSE(found.entry(4));
  CHECK_FALSE(found.entry(5));
  CHECK(found.lost() == std::vector<EntryRange>{{4, 5}});
  const Survey alone = box.open({5}).value().survey().value();
  CHECK(alone.entry(3));
  CHECK_FALSE(alone.entry(4));
}

TEST_CASE("A disk is brought level behind entries that are lost, whatever its newest one is") {
  LostAlone box({"a", "b"});
  for (const char* body : {"c", "d", "e"}) REQUIRE(box.append(body, {0, 1, 2, 3, 4}));
  box.measure(5);
  const std::string path = box.path_of_segment(1);
  for (const std::size_t index : {0U, 1U, 2U, 3U, 4U}) box.flip_entry(index, path, 3);
  std::size_t late = 5;
  SECTION("it never counted, and the others have that of its number") {}
  SECTION("nobody else has it, and nobody can say whether it counted") {
    for (const std::size_t index : {0U, 1U, 2U, 3U, 4U}) box.flip_entry(index, path, 2);
  }
  SECTION("it counted, and nobody else has it") {
    for (const std::size_t index : {0U, 1U, 2U, 3U, 4U}) box.flip_entry(index, path, 2);
    late = 4;
    Bytes cut = *box.disk(4).contents(path);
    cut.resize(kSegmentHeaderSize + 3 * (cut.size() - kSegmentHeaderSize) / 5);
    box.disk(4).plant(path, cut);
    box.flip_entry(4, path, 2);
    box.disk(5).erase(path);
  }
  REQUIRE(box.append("f"));
  CHECK(box.reported.empty());
  CHECK(box.open({late}).value().head() == box.open().value().head());
  CHECK(box.open({late}).value().head().number == 6);
  REQUIRE(box.append("g"));
  CHECK(box.reported.empty());
}

TEST_CASE(
    "One disk alone does not believe its entry that never counted, if a header knows better") {
  LostAlone box({"a", "b"});
  for (const char* body : {"c", "d", "e"}) REQUIRE(box.append(body, {0, 1, 2, 3, 4}));
  box.measure(5);
  for (const std::size_t index : {0U, 1U, 2U, 3U, 4U}) {
    box.flip_entry(index, box.path_of_segment(1), 2);
  }
  REQUIRE(box.append("f"));
  const std::string behind = box.path_of_segment(4);
  box.flip_entry(5, behind, 0);
  std::vector<EntryRange> lost{{3, 4}};
  SECTION("the header of the file behind it") {}
  SECTION("and without that nothing speaks against it") {
    box.disk(5).flip_bit(behind, 60);
    lost = {{4, 4}};
  }
  CHECK(box.open({5}).value().survey().value().lost() == lost);
}

TEST_CASE("An entry that never counted does not fill the gap of the one that is lost") {
  LostAlone box({"a", "b"});
  for (const char* body : {"c", "d"}) REQUIRE(box.append(body, {0, 1, 2, 3, 4}));
  REQUIRE(box.append("e"));
  box.measure(5);
  const std::array<EntryRange, 1> gaps{EntryRange{3, 3}};
  CHECK(box.open().value().has_any_of(gaps).value());
  for (const std::size_t index : {0U, 1U, 2U, 3U, 4U}) {
    box.flip_entry(index, box.path_of_segment(1), 2);
  }
  CHECK(box.open().value().has_any_of(gaps).value());
  box.disk(5).erase(box.path_of_segment(3));
  CHECK_FALSE(box.open().value().has_any_of(gaps).value());
}

TEST_CASE("Disks that are older than the witness are read, and not written") {
  Box box(2, 1);
  REQUIRE(box.append("a"));
  REQUIRE(box.append("b", {0}));
  REQUIRE(box.append("c", {0}));
  const Journal older = box.open(std::vector<std::size_t>{1}).value();
  const auto writable = older.writable();
  REQUIRE_FALSE(writable);
  CHECK(writable.error().code == ErrorCode::not_newest);
  CHECK(writable.error().argument("expected") == "3");
  CHECK(writable.error().argument("found") == "1");
  CHECK(older.head().number == 1);
  CHECK(box.bodies(older).value() == "a");
  CHECK(box.append("d", {1}).error().code == ErrorCode::not_newest);
  CHECK(box.bodies({0, 1}).value() == "a b c");
  CHECK(box.open().value().writable());
}

TEST_CASE("A witness of an entry that is not on the chain is a fork") {
  Box box(1, 1);
  for (const char* body : {"a", "b", "c"}) REQUIRE(box.append(body));
  for (const std::uint64_t number : {2U, 3U}) {
    const Witness other{1, box.business, {number, {box.random.array<32>()}}};
    box.home.plant(witness_path(box.business), encode(other));
    CHECK(box.open_code() == ErrorCode::fork);
  }
}

TEST_CASE("A journal without a witness opens, and gets one when it is prepared") {
  Box box(2, 2);
  const Head head = box.append("a").value();
  box.home.erase(witness_path(box.business));
  REQUIRE(box.prepare({0, 1}).value() == head);
  const auto witness = load_witness(box.home, box.business).value();
  REQUIRE(witness);
  CHECK(witness->head == head);
}

TEST_CASE("A witness comes back, and every flipped bit and other size of it is refused") {
  Box box(0, 1);
  const Witness witness{3, box.business, {9, {box.random.array<32>()}}};
  const Bytes bytes = encode(witness);
  CHECK(parse_witness(bytes).value() == witness);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes altered = bytes;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    REQUIRE_FALSE(parse_witness(altered));
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE(parse_witness(ByteView(bytes).first(size)).error().code == ErrorCode::truncated);
  }
}

TEST_CASE("With a damaged witness, or one of another business, all is read and nothing written") {
  Box box(1, 1);
  REQUIRE(box.append("a"));
  const std::string path = witness_path(box.business);
  SECTION("damaged") {
    box.home.flip_bit(path, 30);
  }
  SECTION("of another business") {
    box.home.plant(path, encode(Witness{1, box.random.id<BusinessId>(), {1, {}}}));
  }
  const Bytes witness = *box.home.contents(path);
  CHECK(box.bodies({0}).value() == "a");
  CHECK(box.open().value().writable().error().code == ErrorCode::damaged);
  CHECK(box.append("b").error().code == ErrorCode::damaged);
  CHECK(box.bodies({0}).value() == "a");
  CHECK(box.home.contents(path) == witness);
}

namespace {

// Six disks of which three make an entry count; "a b c", acknowledged.
struct Six : Box {
  Six() : Box(6, 3) {
    for (const char* body : {"a", "b", "c"}) REQUIRE(append(body));
  }
  // A segment's name on that many disks, with nothing to be read in it.
  void plant_names(std::uint64_t first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) disk(i).plant(path_of_segment(first), Bytes(300, 7));
  }
  void check_refused(std::uint64_t expected) {
    const auto writable = open().value().writable();
    REQUIRE_FALSE(writable);
    CHECK(writable.error().code == ErrorCode::damaged);
    CHECK(writable.error().argument("expected") == std::to_string(expected));
    CHECK_FALSE(append("d"));
  }
};

}  // namespace

TEST_CASE("A stray segment on one disk stops nothing, and is told") {
  Six box;
  const std::string path = box.path_of_segment(255);
  box.disk(1).plant(path, {});
  const Journal journal = box.open().value();
  CHECK(journal.writable());
  REQUIRE(journal.strays().size() == 1);
  CHECK(journal.strays().front().where == "disk1/" + path);
  REQUIRE(box.append("d"));
  REQUIRE(box.append("e"));
  CHECK(box.bodies({1}).value() == "a b c d e");
  CHECK(box.disk(1).contents(path) == Bytes{});
  CHECK(box.reported.empty());
}

TEST_CASE(
    "Rotten segments on fewer disks than count are passed over, and the next entry replaces") {
  Six box;
  box.plant_names(4, 2);
  REQUIRE(box.append("d"));
  CHECK(box.open().value().strays().empty());
  CHECK(box.disk(0).contents(box.path_of_segment(4, 1)));
  for (const std::size_t index : box.all()) CHECK(box.bodies({index}).value() == "a b c d");
}

TEST_CASE("Segments on as many disks as count are believed, readable or not") {
  Six box;
  box.plant_names(4, 3);
  box.disk(5).plant(box.path_of_segment(255), {});
  box.check_refused(4);
}

TEST_CASE("A claim is believed where the witness is too old to speak against it") {
  Six box;
  const std::string path = witness_path(box.business);
  const Bytes old = *box.home.contents(path);
  REQUIRE(box.append("d"));
  box.plant_names(6, 1);
  SECTION("but not if that is by one entry, which a cut may have done") {
    box.home.plant(path, old);
    CHECK(box.append("e"));
  }
  SECTION("by more") {
    REQUIRE(box.append("e"));
    box.home.plant(path, old);
    box.check_refused(6);
  }
}

TEST_CASE("A proved entry on one disk is believed, whatever the witness says") {
  Six box;
  const std::string path = box.path_of_segment(1);
  std::vector<Bytes> old;
  for (const std::size_t index : box.all()) old.push_back(*box.disk(index).contents(path));
  const Bytes witness = *box.home.contents(witness_path(box.business));
  box.segment_size_max = 1U << 16;
  REQUIRE(box.append("d"));
  REQUIRE(box.append("e"));
  for (std::size_t index = 1; index < 6; ++index) box.disk(index).plant(path, old[index]);
  box.home.plant(witness_path(box.business), witness);
  box.disk(0).flip_bit(path, old[0].size() + 100);  // in "d"
  box.check_refused(5);
}

TEST_CASE("What the witness names is missed, and a stray name makes it no damage") {
  Six box;
  const Bytes old = *box.disk(0).contents(box.path_of_segment(1));
  REQUIRE(box.append("d"));
  for (const std::size_t index : box.all()) {
    box.disk(index).erase(box.path_of_segment(4));
    box.disk(index).plant(box.path_of_segment(1), old);
  }
  SECTION("a rotten rest of it does") {
    box.plant_names(4, 1);
    box.check_refused(4);
  }
  SECTION("a stray one does not") {
    box.plant_names(255, 1);
    CHECK(box.open().value().writable().error().code == ErrorCode::not_newest);
  }
}

// SPDX-License-Identifier: Apache-2.0
// The journal on whole and on failing disks.
#include "firmware/journal/journal.h"

#include <catch2/catch.hpp>
#include <optional>

#include "firmware/erasure/crc32c.h"
#include "tests/unit/journal/fixture.h"

using namespace holdfast;
using namespace holdfast::journal;

namespace {

// Three disks of which two must hold an entry, and seven entries in segments of three.
struct SevenEntries : Box {
  SevenEntries() : Box(3, 2) {
    Journal journal = open().value();
    REQUIRE(journal.prepare_writing(signer));
    for (const char* body : {"a", "b", "c", "d", "e", "f", "g"}) REQUIRE(append_to(journal, body));
  }
};

constexpr std::string_view kSeven = "a b c d e f g";

}  // namespace

TEST_CASE("An empty journal has no head, writes nothing when prepared, and reads nothing") {
  Box box(2, 2);
  Journal journal = box.open().value();
  CHECK(journal.head() == Head{});
  REQUIRE(journal.prepare_writing(box.signer));
  CHECK(box.bodies(journal).value().empty());
  CHECK_FALSE(box.home.contents(witness_path(box.business)));
}

TEST_CASE("What was appended is read back, in order, from any number on") {
  SevenEntries box;
  const Journal journal = box.open().value();
  CHECK(journal.head().number == 7);
  CHECK(journal.incarnation() == 1);
  CHECK(box.bodies(journal).value() == kSeven);
  CHECK(box.bodies(journal, 5).value() == "e f g");
  CHECK(box.bodies(journal, 8).value().empty());
}

TEST_CASE("Segments end at their size, and every disk holds the whole journal") {
  SevenEntries box;
  for (const std::size_t index : box.all()) {
    for (const std::uint64_t first : {1U, 4U, 7U}) {
      CHECK(box.disk(index).contents(box.path_of_segment(first)));
    }
    CHECK(box.bodies({index}).value() == kSeven);
  }
}

TEST_CASE("Opening reads the newest segment only, however long the journal is") {
  SevenEntries box;
  const auto operations_of_open = [&] {
    const std::uint64_t before = box.world.operations();
    REQUIRE(box.open());
    return box.world.operations() - before;
  };
  const std::uint64_t operations = operations_of_open();
  for (int i = 0; i < 30; ++i) REQUIRE(box.append("more"));
  CHECK(operations_of_open() == operations);
}

TEST_CASE("An error of the visitor ends reading") {
  SevenEntries box;
  int visited = 0;
  const auto result = box.open().value().read(1, [&](const Entry&) -> Result<void> {
    if (++visited == 3) return make_error(ErrorCode::interrupted);
    return {};
  });
  CHECK(result.error().code == ErrorCode::interrupted);
  CHECK(visited == 3);
}

TEST_CASE("A disk that was away is caught up, and then holds all of it alone") {
  SevenEntries box;
  REQUIRE(box.append("h", {0, 1}));
  for (const char* body : {"i", "j", "k"}) REQUIRE(box.append(body, {0, 1}));
  CHECK(box.bodies({0, 1, 2}).value() == "a b c d e f g h i j k");
  REQUIRE(box.prepare(box.all()));
  CHECK(box.bodies({2}).value() == "a b c d e f g h i j k");
  CHECK(box.disk(2).contents(box.path_of_segment(7)));
  CHECK(box.disk(2).contents(box.path_of_segment(8)));
  CHECK(box.reported.empty());
}

TEST_CASE("A new disk gets the whole journal") {
  SevenEntries box;
  box.disks.push_back(std::make_unique<sim::SimDisk>(box.world, "new"));
  REQUIRE(box.prepare(box.all()));
  CHECK(box.bodies({3}).value() == kSeven);
}

TEST_CASE("A disk that fails is left out and reported while enough are left, and caught up later") {
  SevenEntries box;
  Journal journal = box.open().value();
  REQUIRE(journal.prepare_writing(box.signer));
  box.disk(1).set_read_only(true);
  REQUIRE(box.append_to(journal, "h"));
  REQUIRE(box.append_to(journal, "i"));
  CHECK(box.reported == std::vector<std::size_t>{1});
  CHECK(box.bodies(journal).value() == "a b c d e f g h i");

  box.disk(1).set_read_only(false);
  CHECK(box.append("j"));
  CHECK(box.bodies({1}).value() == "a b c d e f g h i j");
}

TEST_CASE("With fewer good disks than the quorum nothing is acknowledged") {
  SevenEntries box;
  const auto witness = box.home.contents(witness_path(box.business));
  for (const std::size_t index : {1U, 2U}) box.disk(index).set_capacity(1);
  CHECK(box.append("h").error().code == ErrorCode::no_space);
  CHECK(box.home.contents(witness_path(box.business)) == witness);
  CHECK(box.append("h", {0}).error().code == ErrorCode::too_few_disks);
  CHECK(box.open(std::vector<std::size_t>{}).error().code == ErrorCode::too_few_disks);
}

TEST_CASE("After a write that failed in part the next entry of that disk opens a new segment") {
  SevenEntries box;
  Journal journal = box.open().value();
  REQUIRE(journal.prepare_writing(box.signer));
  const std::size_t used = box.disk(1).contents(box.path_of_segment(7))->size();
  box.disk(1).set_capacity([&] {
    std::uint64_t bytes = 0;
    for (const std::uint64_t first : {1U, 4U, 7U}) {
      bytes += box.disk(1).contents(box.path_of_segment(first))->size();
    }
    return bytes + 100;
  }());
  REQUIRE(box.append_to(journal, "h"));
  CHECK(box.disk(1).contents(box.path_of_segment(7))->size() == used + 100);

  box.disk(1).set_capacity(std::uint64_t{1} << 40);
  REQUIRE(box.append("i"));
  CHECK(box.disk(1).contents(box.path_of_segment(7))->size() == used + 100);
  CHECK(box.disk(1).contents(box.path_of_segment(8)));
  CHECK(box.bodies({1}).value() == "a b c d e f g h i");
}

TEST_CASE("A disk that cannot be read is left out of opening and reported") {
  SevenEntries box;
  box.disk(0).vanish();
  CHECK(box.bodies(box.all()).value() == kSeven);
  CHECK(box.reported.front() == 0);
  for (const std::size_t index : {1U, 2U}) box.disk(index).vanish();
  CHECK(box.open_code() == ErrorCode::io);
}

TEST_CASE("A torn tail ends a segment: the next entry goes to a new one, nothing is cut off") {
  SevenEntries box;
  const std::string path = box.path_of_segment(7);
  const Bytes whole = *box.disk(0).contents(path);
  Bytes torn = whole;
  torn.resize(torn.size() + 300, 0);
  for (const std::size_t index : box.all()) box.disk(index).plant(path, torn);
  CHECK(box.bodies(box.all()).value() == kSeven);
  REQUIRE(box.append("h"));
  CHECK(box.disk(0).contents(path) == torn);
  CHECK(box.bodies(box.all()).value() == "a b c d e f g h");
}

TEST_CASE("An entry of a process that died before its sync is made durable, then acknowledged") {
  SevenEntries box;
  const std::string path = box.path_of_segment(7);
  const Bytes before = *box.disk(0).contents(path);
  const Bytes witness = *box.home.contents(witness_path(box.business));
  const Head head = box.append("h").value();
  const Bytes after = *box.disk(0).contents(path);
  for (const std::size_t index : box.all()) {
    box.disk(index).plant(path, before);
    const auto file = box.disk(index).open_append(path).value();
    REQUIRE(file->append(ByteView(after).subspan(before.size())));
  }
  box.home.plant(witness_path(box.business), witness);

  REQUIRE(box.prepare(box.all()));
  box.world.crash({sim::CrashPolicy::drop_unsynced, 0});
  CHECK(box.open().value().head() == head);
}

TEST_CASE("An entry whose sync failed everywhere counts only after it was written anew") {
  SevenEntries box;
  Journal journal = box.open().value();
  REQUIRE(journal.prepare_writing(box.signer));
  const std::uint64_t operations = box.world.operations();
  // Each disk is asked to open, to append and to sync.
  for (const std::uint64_t disk : {1U, 2U, 3U}) {
    box.world.fail_at(operations + 3 * disk, ErrorCode::io);
  }
  CHECK(box.append_to(journal, "h").error().code == ErrorCode::io);
  CHECK(box.world.operations() == operations + 9);

  // It can be read, and a second sync would say ok.
  CHECK(box.bodies(box.all()).value() == "a b c d e f g h");
  const Head head = box.prepare(box.all()).value();
  CHECK(head.number == 8);
  box.world.crash({sim::CrashPolicy::drop_unsynced, 0});
  CHECK(box.open().value().head() == head);
  CHECK(box.open().value().writable());
  for (const std::size_t index : box.all()) {
    CHECK(box.bodies({index}).value() == "a b c d e f g h");
  }
}

TEST_CASE("On a disk that has failed nothing is appended to a file that is there") {
  SevenEntries box;
  Journal journal = box.open().value();
  REQUIRE(journal.prepare_writing(box.signer));
  box.world.fail_at(box.world.operations() + 3, ErrorCode::io);
  REQUIRE(box.append_to(journal, "h"));
  CHECK(box.reported == std::vector<std::size_t>{0});
  box.failed = {0};
  REQUIRE(box.append("i"));
  box.world.crash({sim::CrashPolicy::drop_unsynced, 0});
  CHECK(box.disk(0).contents(box.path_of_segment(9)));
  CHECK(box.bodies({0, 1}).value() == "a b c d e f g h i");
  CHECK(box.bodies({0, 2}).value() == "a b c d e f g h i");
}

TEST_CASE("A flipped bit anywhere in an old segment is read from another disk") {
  SevenEntries box;
  const std::string path = box.path_of_segment(4);
  const std::size_t size = box.disk(0).contents(path)->size();
  for (std::size_t offset = 0; offset < size; offset += 11) {
    CAPTURE(offset);
    box.disk(0).flip_bit(path, offset, offset % 8);
    REQUIRE(box.bodies(box.all()).value() == kSeven);
    box.disk(0).flip_bit(path, offset, offset % 8);
  }
}

TEST_CASE(
    "A flipped bit anywhere in the newest segment loses nothing and is healed by writing on") {
  for (std::size_t offset = 0; offset < 500; offset += 29) {
    CAPTURE(offset);
    SevenEntries box;
    box.disk(0).flip_bit(box.path_of_segment(7), offset, offset % 8);
    REQUIRE(box.append("h"));
    REQUIRE(box.bodies(box.all()).value() == "a b c d e f g h");
    REQUIRE(box.bodies({1, 2}).value() == "a b c d e f g h");
    if (offset >= kSegmentHeaderSize) CHECK(box.disk(0).contents(box.path_of_segment(7, 1)));
  }
}

TEST_CASE("Disks with damage at different places give the whole journal together") {
  SevenEntries box;
  const std::string path = box.path_of_segment(4);
  const std::size_t frame = (box.disk(0).contents(path)->size() - kSegmentHeaderSize) / 3;
  for (const std::size_t index : box.all()) {
    box.disk(index).flip_bit(path, kSegmentHeaderSize + index * frame + 200);
  }
  CHECK(box.bodies(box.all()).value() == kSeven);
  CHECK(box.bodies({0, 1}).value() == kSeven);
  const auto alone = box.bodies({1});
  CHECK(alone.error().code == ErrorCode::entries_lost);
  CHECK(alone.error().argument("first") == "5");
  CHECK(alone.error().data_loss);
}

TEST_CASE("An entry that was written anew because of damage is read from wherever it is sound") {
  SevenEntries box;
  const std::size_t offset = kSegmentHeaderSize + 30;
  box.disk(0).flip_bit(box.path_of_segment(7), offset);
  REQUIRE(box.append("h"));
  box.disk(0).flip_bit(box.path_of_segment(7), offset);
  box.disk(0).flip_bit(box.path_of_segment(7, 1), offset);
  CHECK(box.bodies({0}).value() == "a b c d e f g h");
}

TEST_CASE("Newest entries that were there and cannot be read are damage, not an older journal") {
  SevenEntries box;
  box.home.erase(witness_path(box.business));
  std::string left;
  std::string expected;
  SECTION("in the newest segment, which is all they were in") {
    for (const std::size_t index : box.all()) {
      box.disk(index).flip_bit(box.path_of_segment(7), kSegmentHeaderSize + 30);
    }
    left = "a b c d e f";
    expected = "7";
  }
  SECTION("that a name claims which is not ours") {
    box.disk(1).plant(box.path_of_segment(4096), Bytes(300, 7));
    left = kSeven;
    expected = "4096";
  }
  const auto writable = box.open().value().writable();
  REQUIRE_FALSE(writable);
  CHECK(writable.error().code == ErrorCode::damaged);
  CHECK(writable.error().data_loss);
  CHECK(writable.error().argument("expected") == expected);
  CHECK(box.bodies(box.all()).value() == left);
  CHECK(box.append("h").error().code == ErrorCode::damaged);
}

TEST_CASE("What older segments have is read when no disk's newest one can be, and not written") {
  SevenEntries box;
  const Bytes foreign = *box.disk(0).contents(box.path_of_segment(1));
  SECTION("on one disk: it is left out") {
    box.disk(0).plant(box.path_of_segment(8), foreign);
    CHECK(box.bodies(box.all()).value() == kSeven);
    REQUIRE(box.append("h"));
    CHECK(box.disk(0).contents(box.path_of_segment(8)) == foreign);
    CHECK(box.reported.front() == 0);
  }
  SECTION("on all") {
    for (const std::size_t index : box.all()) {
      box.disk(index).plant(box.path_of_segment(8), foreign);
    }
    CHECK(box.bodies(box.all()).value() == kSeven);
    CHECK(box.append("h").error().code == ErrorCode::chain_broken);
    CHECK(box.bodies(box.all()).value() == kSeven);
  }
}

TEST_CASE("A disk's journal of another business is not mixed in") {
  SevenEntries box;
  const Bytes foreign = *box.disk(0).contents(box.path_of_segment(7));
  box.business = box.random.id<BusinessId>();
  CHECK(box.open().value().head() == Head{});
  box.disk(0).plant(box.path_of_segment(7), foreign);
  CHECK(box.open(std::vector<std::size_t>{0}).error().code == ErrorCode::chain_broken);
}

TEST_CASE("Names that are not segments are left alone") {
  SevenEntries box;
  for (const char* name :
       {"0000000000000008.segment.tmp", "8.segment", "0000000000000000.segment",
        "0000000000000008-00.segment", "000000000000000G.segment", "0000000000000008-1.segment"}) {
    box.disk(0).plant(journal_directory(box.business) + "/" + name, Bytes{1});
  }
  box.disk(0).plant(box.path_of_segment(8) + "/file", Bytes{1});  // a folder
  CHECK(box.bodies({0}).value() == kSeven);
}

TEST_CASE("A segment of a newer version is not written over: its disk is left out") {
  SevenEntries box;
  Bytes newer(kSegmentHeaderSize);
  std::ranges::copy(std::string_view("HF.SEGMT\2"), newer.begin());
  ErrorCode code = ErrorCode::unsupported_version;
  SECTION("the version") {}
  SECTION("the suite") {
    newer[8] = 1;
    newer[10] = 2;
    code = ErrorCode::unsupported_suite;
  }
  SECTION("the version of an entry behind one of ours") {
    newer = *box.disk(0).contents(box.path_of_segment(7));
    box.disk(0).erase(box.path_of_segment(7));
    Bytes frame(newer.begin() + kSegmentHeaderSize, newer.end());
    frame[4] = 2;
    frame.resize(kFrameHeaderSize - 4);
    ByteWriter(frame).u32(erasure::crc32c(frame));
    ByteWriter(newer).raw(frame);
    box.disk(0).plant(box.path_of_segment(7), newer);
    CHECK(box.open(std::vector<std::size_t>{0}).error().code == code);
    REQUIRE(box.append("h"));
    CHECK(box.disk(0).contents(box.path_of_segment(7)) == newer);
    CHECK_FALSE(box.disk(0).contents(box.path_of_segment(8)));
    return;
  }
  box.disk(0).plant(box.path_of_segment(8), newer);
  CHECK(box.open(std::vector<std::size_t>{0}).error().code == code);
  REQUIRE(box.append("h"));
  CHECK(box.disk(0).contents(box.path_of_segment(8)) == newer);
}

TEST_CASE("A disk of which several segments cannot be read is left out, and its first error told") {
  SevenEntries box;
  for (const std::uint64_t first : {4U, 7U}) box.disk(0).plant(box.path_of_segment(first), {});
  box.disk(0).spoil(box.path_of_segment(7));
  REQUIRE(box.append("h"));
  CHECK(box.reported == std::vector<std::size_t>{0});
  const Journal journal = box.open({0}).value();
  CHECK(journal.writable().error().code == ErrorCode::io);  // of the newest
  CHECK(box.bodies(journal).value() == "a b c");
}

TEST_CASE("A segment that has grown behind the journal's back gets nothing more") {
  SevenEntries box;
  Journal journal = box.open().value();
  REQUIRE(journal.prepare_writing(box.signer));
  Bytes grown = *box.disk(1).contents(box.path_of_segment(7));
  grown.push_back(1);
  box.disk(1).plant(box.path_of_segment(7), grown);
  REQUIRE(box.append_to(journal, "h"));
  CHECK(box.reported == std::vector<std::size_t>{1});
  CHECK(box.disk(1).contents(box.path_of_segment(7)) == grown);
  REQUIRE(box.prepare(box.all()));
  CHECK(box.bodies({1}).value() == "a b c d e f g h");
}

TEST_CASE("Whoever follows what is appended reads it from memory") {
  SevenEntries box;
  Journal journal = box.open().value();
  REQUIRE(journal.prepare_writing(box.signer));
  REQUIRE(box.append_to(journal, "h"));
  const std::uint64_t before = box.world.operations();
  CHECK(box.bodies(journal, 8).value() == "h");
  CHECK(box.world.operations() == before);
  CHECK(box.bodies(journal, 7).value() == "g h");
}

TEST_CASE("An entry that is never acknowledged uses up no names") {
  SevenEntries box;
  box.home.erase(witness_path(box.business));
  const auto files = [&] { return list_segments(box.disk(0), box.business).value().size(); };
  SECTION("from the start") {
    box.home.set_read_only(true);
    for (int i = 0; i < 300; ++i) REQUIRE_FALSE(box.prepare(box.all()));
    box.home.set_read_only(false);
    CHECK(files() == 3);
  }
  SECTION("when they are all used already") {
    for (const std::size_t index : box.all()) {
      const Bytes segment = *box.disk(index).contents(box.path_of_segment(7));
      for (unsigned attempt = 1; attempt < 256; ++attempt) {
        box.disk(index).plant(box.path_of_segment(7, static_cast<std::uint8_t>(attempt)), segment);
      }
    }
    REQUIRE(box.prepare(box.all()));
    CHECK(files() == 2 + 256);
  }
  REQUIRE(box.append("h"));
  REQUIRE(box.append("i"));
  for (const std::size_t index : box.all()) {
    CHECK(box.bodies({index}).value() == "a b c d e f g h i");
  }
}

TEST_CASE("An entry that the members hold is acknowledged, though home cannot witness it") {
  SevenEntries box;
  const Bytes witness = *box.home.contents(witness_path(box.business));
  Journal journal = box.open().value();
  REQUIRE(journal.prepare_writing(box.signer));
  CHECK_FALSE(journal.unwitnessed());
  box.home.set_read_only(true);
  const Head head = box.append_to(journal, "h").value();
  REQUIRE(journal.unwitnessed());
  CHECK(journal.unwitnessed()->code == ErrorCode::read_only);
  CHECK(journal.head() == head);
  CHECK(box.home.contents(witness_path(box.business)) == witness);
  CHECK(box.open().value().head() == head);

  // Nothing follows until home can be written.
  CHECK(journal.prepare_writing(box.signer).error().code == ErrorCode::read_only);
  CHECK(journal.unwitnessed());
  box.home.set_read_only(false);
  REQUIRE(journal.prepare_writing(box.signer));
  CHECK_FALSE(journal.unwitnessed());
  REQUIRE(box.append_to(journal, "i"));
  box.world.crash({sim::CrashPolicy::drop_unsynced, 0});
  CHECK(box.bodies(box.all()).value() == "a b c d e f g h i");
}

TEST_CASE("A segment that has more than the newest entry is never replaced") {
  SevenEntries box;
  const std::string path = box.path_of_segment(7);
  SECTION("an entry before it") {
    REQUIRE(box.append("h"));
  }
  SECTION("what nobody can read behind it") {
    Bytes torn = *box.disk(0).contents(path);
    torn.resize(torn.size() + 300, 0);
    box.disk(0).plant(path, torn);
  }
  const Bytes before = *box.disk(0).contents(path);
  const std::string all = box.bodies({0}).value();
  box.home.erase(witness_path(box.business));
  REQUIRE(box.prepare(box.all()));
  CHECK(box.disk(0).contents(path) == before);
  CHECK(box.bodies({0}).value() == all);
}

TEST_CASE("Power that goes while the newest entry is written anew takes it from no disk") {
  const auto prepare = [](std::optional<std::uint64_t> cut, std::uint64_t& operations) {
    SevenEntries box;
    box.home.erase(witness_path(box.business));
    const std::uint64_t begin = box.world.operations();
    if (cut) box.world.cut_at(begin + *cut);
    const auto prepared = box.prepare(box.all());
    operations = box.world.operations() - begin;
    CHECK(bool(prepared) == !cut);
    box.world.crash({sim::CrashPolicy::drop_unsynced, 0});
    for (const std::size_t index : box.all()) CHECK(box.bodies({index}).value() == kSeven);
  };
  std::uint64_t operations = 0;
  prepare(std::nullopt, operations);
  REQUIRE(operations > 20);
  std::uint64_t ignored = 0;
  for (std::uint64_t cut = 1; cut <= operations; ++cut) prepare(cut, ignored);
}

TEST_CASE("A process at its own limit ends what it does, and leaves no disk out") {
  const auto append = [](std::optional<std::uint64_t> at, std::uint64_t& operations) {
    SevenEntries box;
    REQUIRE(box.append("h", {0, 1}));  // so there is a disk to catch up
    const std::uint64_t begin = box.world.operations();
    if (at) box.world.fail_at(begin + *at, ErrorCode::out_of_memory);
    std::optional<Error> unwitnessed;
    const auto head = [&]() -> Result<Head> {
      HF_TRY(Journal journal, box.open());
      HF_TRY(journal.prepare_writing(box.signer));
      const auto appended = box.append_to(journal, "i");
      unwitnessed = journal.unwitnessed();
      return appended;
    }();
    operations = box.world.operations() - begin;
    // It ends there, and is told; behind the commit, the entry's witness is all that is missing.
    CHECK((head && !unwitnessed) == !at);
    if (!head) CHECK(head.error().code == ErrorCode::out_of_memory);
    if (unwitnessed) CHECK(unwitnessed->code == ErrorCode::out_of_memory);
    if (at) CHECK(operations == *at);
    CHECK(box.reported.empty());
    REQUIRE(box.append("j"));
    for (const std::size_t index : box.all()) {
      const auto bodies = box.bodies({index});
      CHECK(bodies.value().ends_with(head ? " i j" : " j"));
    }
  };
  std::uint64_t operations = 0;
  append(std::nullopt, operations);
  REQUIRE(operations > 20);
  std::uint64_t ignored = 0;
  for (std::uint64_t at = 1; at <= operations; ++at) {
    CAPTURE(at);
    append(at, ignored);
  }
}

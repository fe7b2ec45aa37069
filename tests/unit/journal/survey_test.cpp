// SPDX-License-Identifier: Apache-2.0
// What a survey of all copies finds, and what mending makes of it.
#include "firmware/journal/survey.h"

#include <catch2/catch.hpp>

#include "tests/unit/journal/fixture.h"

using namespace holdfast;
using namespace holdfast::journal;

namespace {

constexpr std::string_view kEight = "a b c d e f g h";

// Three disks of which two must hold an entry, and eight entries in segments of three.
struct EightEntries : Box {
  EightEntries() : Box(3, 2) {
    Journal journal = open().value();
    REQUIRE(journal.prepare_writing(signer));
    for (const char* body : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
      REQUIRE(append_to(journal, body));
    }
  }

  Survey survey() { return open().value().survey().value(); }
  MendReport mend() {
    Journal journal = open().value();
    REQUIRE(journal.prepare_writing(signer));
    return journal.mend(signer).value();
  }
  // In the frame of that place in the segment.
  void flip_entry(std::size_t index, std::uint64_t first, std::size_t place) {
    const std::string path = path_of_segment(first);
    const std::size_t frame =
        (disk(0).contents(path_of_segment(1))->size() - kSegmentHeaderSize) / 3;
    disk(index).flip_bit(path, kSegmentHeaderSize + place * frame + 200);
  }
  std::vector<std::map<std::string, Bytes>> files() {
    std::vector<std::map<std::string, Bytes>> all;
    for (const auto& on : disks) {
      auto& of_disk = all.emplace_back();
      for (const auto& name : list_segments(*on, business).value()) {
        const std::string path = segment_path(business, name);
        of_disk[path] = *on->contents(path);
      }
    }
    return all;
  }
  // Every disk gives the whole journal by itself, and no survey finds anything.
  void check_whole() {
    CHECK(survey().damages().empty());
    CHECK(survey().lost().empty());
    for (const std::size_t index : all()) CHECK(bodies({index}).value() == kEight);
  }
};

}  // namespace

TEST_CASE("Whole copies have no damage, and mending writes nothing") {
  EightEntries box;
  CHECK(box.survey().damages().empty());
  CHECK(box.survey().lost().empty());
  CHECK(box.survey().bytes_read() > 3 * 8 * kFrameHeaderSize);
  CHECK(box.survey().entry(8) == box.open().value().head().digest);
  CHECK_FALSE(box.survey().entry(0));
  CHECK_FALSE(box.survey().entry(9));
  const auto before = box.files();
  CHECK(box.mend().segments_written == 0);
  CHECK(box.files() == before);
}

TEST_CASE("Of two entries with one number that of the chain is chosen, wherever the other one is") {
  EightEntries box;
  {
    Journal journal = box.open().value();
    REQUIRE(journal.prepare_writing(box.signer));
    // Disk 0 has it, and disk 1 nothing yet.
    box.world.cut_at(box.world.operations() + 4);
    REQUIRE(box.append_to(journal, "lost").error().code == ErrorCode::power_cut);
    box.world.crash({sim::CrashPolicy::drop_unsynced, 0});
  }
  REQUIRE(box.bodies({0}).value() == std::string(kEight) + " lost");
  const Head head = box.append("i", {1, 2}).value();
  REQUIRE(head.number == 9);
  const Survey survey = box.survey();
  CHECK(survey.lost().empty());
  CHECK(survey.entry(9) == head.digest);
  CHECK(survey.holders(9) == 2);
  REQUIRE(survey.damages().size() == 1);
  CHECK(survey.damages().front().member == 0);
  CHECK(survey.damages().front().entries == EntryRange{9, 9});
  static_cast<void>(box.mend());
  CHECK(box.survey().damages().empty());
  for (const std::size_t index : box.all()) {
    CHECK(box.bodies({index}).value() == std::string(kEight) + " i");
  }
}

TEST_CASE("A flipped bit anywhere in a segment is found, named and mended in its place") {
  const std::size_t size =
      EightEntries().disk(0).contents(EightEntries().path_of_segment(4))->size();
  for (std::size_t offset = 0; offset < size; offset += 7) {
    CAPTURE(offset);
    EightEntries box;
    const std::string path = box.path_of_segment(4);
    const auto before = box.files();
    box.disk(1).flip_bit(path, offset, offset % 8);
    const Survey found = box.survey();
    REQUIRE(found.damages().size() == 1);
    const SegmentDamage& damage = found.damages().front();
    CHECK(damage.disk.bytes[0] == 1);
    CHECK(damage.path == "disk1/" + path);
    CHECK(damage.fault == CopyFault::damaged);
    if (offset < kSegmentHeaderSize) {
      CHECK(damage.entries.is_empty());
    } else {
      CHECK(damage.entries.count() == 1);
      CHECK(damage.entries.first >= 4);
      CHECK(damage.entries.last <= 6);
    }
    CHECK(box.mend().segments_written == 1);
    CHECK(box.files() == before);
    box.check_whole();
  }
}

TEST_CASE("Segments that are gone or short are found and written anew") {
  EightEntries box;
  const std::string path = box.path_of_segment(4);
  const auto before = box.files();
  CopyFault fault = CopyFault::missing;
  EntryRange entries{4, 6};
  SECTION("gone") {
    box.disk(2).erase(path);
  }
  SECTION("gone with the one before it, which still ends in one run") {
    box.disk(2).erase(path);
    box.disk(2).erase(box.path_of_segment(1));
    entries = {1, 6};
  }
  SECTION("cut off in an entry") {
    Bytes bytes = *box.disk(2).contents(path);
    bytes.resize(bytes.size() - 10);
    box.disk(2).plant(path, bytes);
    fault = CopyFault::damaged;
    entries = {6, 6};
  }
  SECTION("cut off after an entry: the file says nothing of it") {
    const Bytes bytes = *box.disk(2).contents(path);
    const std::size_t frame = (bytes.size() - kSegmentHeaderSize) / 3;
    box.disk(2).plant(path, ByteView(bytes).first(bytes.size() - frame));
    entries = {6, 6};
  }
  SECTION("empty") {
    box.disk(2).plant(path, {});
    fault = CopyFault::damaged;
  }
  SECTION("another file in its place") {
    box.disk(2).plant(path, *box.disk(2).contents(box.path_of_segment(1)));
    fault = CopyFault::damaged;
  }
  const Survey found = box.survey();
  REQUIRE(found.damages().size() == 1);
  CHECK(found.damages().front().disk.bytes[0] == 2);
  CHECK(found.damages().front().fault == fault);
  CHECK(found.damages().front().entries == entries);
  CHECK(box.mend().segments_written >= 1);
  box.check_whole();
}

TEST_CASE("The newest entries that a disk lacks are told too, and it is caught up") {
  EightEntries box;
  SECTION("an entry is damaged") {
    box.flip_entry(0, 7, 0);
  }
  SECTION("all of the newest segment is") {
    box.flip_entry(0, 7, 0);
    box.flip_entry(0, 7, 1);
  }
  SECTION("the disk has nothing at all") {
    for (const std::uint64_t first : {1U, 4U, 7U}) box.disk(0).erase(box.path_of_segment(first));
  }
  CHECK_FALSE(box.survey().damages().empty());
  CHECK(box.mend().failures.empty());
  box.check_whole();
}

TEST_CASE("A member whose newest segment cannot be read is surveyed and mended as well") {
  EightEntries box;
  box.disk(0).plant(box.path_of_segment(7), {});
  box.flip_entry(0, 1, 1);
  box.flip_entry(1, 4, 1);
  REQUIRE(box.survey().damages().size() == 3);
  CHECK(box.mend().segments_written >= 2);
  box.check_whole();
}

TEST_CASE("Damage at other places of every disk is mended crosswise") {
  EightEntries box;
  for (const std::size_t index : box.all()) box.flip_entry(index, 4, index);
  CHECK(box.survey().damages().size() == 3);
  CHECK(box.survey().lost().empty());
  box.mend();
  box.check_whole();
}

TEST_CASE("What only one damaged file has is written to the others before that file is replaced") {
  EightEntries box;
  // Entry 5 stands on disk 0 alone, in a file that lacks entry 4.
  box.flip_entry(0, 4, 0);
  box.flip_entry(1, 4, 1);
  box.flip_entry(2, 4, 1);
  const Bytes file = *box.disk(0).contents(box.path_of_segment(4));
  SECTION("while the others fail it stays") {
    box.disk(1).set_read_only(true);
    box.disk(2).set_read_only(true);
    CHECK(box.mend().failures.size() == 2);
    CHECK(box.disk(0).contents(box.path_of_segment(4)) == file);
    CHECK(box.bodies({0}).value() == kEight);
    return;
  }
  SECTION("then all are whole") {}
  box.mend();
  box.check_whole();
}

TEST_CASE(
    "An entry that no disk has is named, and no file that may have a part of it is replaced") {
  EightEntries box;
  for (const std::size_t index : box.all()) box.flip_entry(index, 4, 1);
  box.flip_entry(0, 4, 0);
  const Survey found = box.survey();
  CHECK(found.lost() == std::vector<EntryRange>{{5, 5}});
  CHECK_FALSE(found.entry(5));
  CHECK(found.holders(5) == 0);
  CHECK(found.holders(4) == 2);
  REQUIRE(found.damages().size() == 1);
  CHECK(found.damages().front().entries == EntryRange{4, 4});
  const Bytes file = *box.disk(0).contents(box.path_of_segment(4));
  box.mend();
  CHECK(box.disk(0).contents(box.path_of_segment(4)) == file);
  const Survey again = box.survey();
  CHECK(again.damages().empty());
  CHECK(again.lost() == found.lost());
}

TEST_CASE("Reading and writing go on behind what every disk has lost, and say what it is") {
  EightEntries box;
  std::string left = "a b c d f g h";
  EntryRange gap{5, 5};
  SECTION("in an old segment") {
    for (const std::size_t index : box.all()) box.flip_entry(index, 4, 1);
  }
  SECTION("the first one of all") {
    for (const std::size_t index : box.all()) box.flip_entry(index, 1, 0);
    left = "b c d e f g h";
    gap = {1, 1};
  }
  SECTION("a whole segment") {
    for (const std::size_t index : box.all()) box.disk(index).erase(box.path_of_segment(4));
    left = "a b c g h";
    gap = {4, 6};
  }
  SECTION("in the newest segment, by the witness") {
    for (const std::size_t index : box.all()) box.flip_entry(index, 7, 0);
    left = "a b c d e f h";
    gap = {7, 7};
  }
  SECTION("in the newest segment, by as many disks as count") {
    box.home.erase(witness_path(box.business));
    for (const std::size_t index : box.all()) box.flip_entry(index, 7, 0);
    left = "a b c d e f h";
    gap = {7, 7};
  }
  const auto read = [&](const Journal& journal, std::vector<EntryRange>& lost) {
    std::string bodies;
    const auto done = journal.read(
        1,
        [&](const Entry& entry) -> Result<void> {
          HF_TRY(const Bytes body, open_body(entry, box.meta_key));
          bodies += (bodies.empty() ? "" : " ") + std::string(text_of(body));
          return {};
        },
        Signatures::every,
        [&](const EntryRange& range) -> Result<void> {
          lost.push_back(range);
          return {};
        });
    REQUIRE(done);
    return bodies;
  };
  std::vector<EntryRange> lost;
  CHECK(read(box.open().value(), lost) == left);
  CHECK(lost == std::vector<EntryRange>{gap});
  CHECK(box.bodies(box.all()).error().code == ErrorCode::entries_lost);

  REQUIRE(box.append("i"));
  // A new disk gets all that there is.
  const auto files = box.files();
  for (const auto& [path, bytes] : files[2]) box.disk(2).erase(path);
  box.mend();
  for (const std::size_t index : box.all()) {
    CAPTURE(index);
    lost.clear();
    CHECK(read(box.open(std::vector<std::size_t>{index}).value(), lost) == left + " i");
    CHECK(lost == std::vector<EntryRange>{gap});
  }
}

TEST_CASE("What is lost after the journal was opened is told, the newest entry too") {
  EightEntries box;
  const Journal journal = box.open().value();
  for (const std::size_t index : box.all()) box.flip_entry(index, 7, 1);
  std::uint64_t last = 0;
  std::vector<EntryRange> lost;
  const auto visit = [&](const Entry& entry) -> Result<void> {
    last = entry.number;
    return {};
  };
  const auto note = [&](const EntryRange& range) -> Result<void> {
    lost.push_back(range);
    return {};
  };
  REQUIRE(journal.read(1, visit, Signatures::every, note));
  CHECK(last == 7);
  CHECK(lost == std::vector<EntryRange>{{8, 8}});
  lost.clear();
  REQUIRE(journal.read(8, visit, Signatures::every, note));
  CHECK(lost == std::vector<EntryRange>{{8, 8}});
  CHECK(journal.read(8, visit).error().code == ErrorCode::entries_lost);
}

TEST_CASE("An error of whoever is told ends reading around what is lost") {
  EightEntries box;
  for (const std::size_t index : box.all()) box.flip_entry(index, 4, 1);
  const Journal journal = box.open().value();
  const Error stop = make_error(ErrorCode::interrupted);
  std::uint64_t last = 0;
  const auto visit = [&](const Entry& entry) -> Result<void> {
    last = entry.number;
    return {};
  };
  const auto stop_at_six = [&](const Entry& entry) -> Result<void> {
    last = entry.number;
    if (last == 6) return stop;
    return {};
  };
  const auto pass = [](const EntryRange& /*range*/) -> Result<void> { return {}; };
  const auto stop_at_lost = [&](const EntryRange& /*range*/) -> Result<void> { return stop; };
  const auto code_of = [](const Result<void>& done) { return done.error().code; };
  CHECK(code_of(journal.read(1, visit, Signatures::every, stop_at_lost)) == stop.code);
  CHECK(last == 4);
  CHECK(code_of(journal.read(1, stop_at_six, Signatures::every, pass)) == stop.code);
  CHECK(last == 6);
  // The same if the newest entry is what is lost.
  for (const std::size_t index : box.all()) box.flip_entry(index, 7, 1);
  CHECK(code_of(journal.read(8, visit, Signatures::every, stop_at_lost)) == stop.code);
}

TEST_CASE("Reading by digests goes on from an entry of the chain and from no other") {
  EightEntries box;
  for (const std::size_t index : box.all()) box.flip_entry(index, 4, 1);
  const Journal journal = box.open().value();
  std::string numbers;
  const auto visit = [&](const Entry& entry) -> Result<void> {
    numbers += std::to_string(entry.number);
    return {};
  };
  const auto note = [&](const EntryRange& /*range*/) -> Result<void> {
    numbers += "-";
    return {};
  };
  const Digest third = *box.survey().entry(3);
  REQUIRE(journal.read_surveyed({3, third}, visit, Signatures::needed, note));
  CHECK(numbers == "4-678");
  numbers.clear();
  REQUIRE(journal.read_surveyed({}, visit, Signatures::needed, note));
  CHECK(numbers == "1234-678");
  // What is lost cannot be compared.
  numbers.clear();
  REQUIRE(journal.read_surveyed({5, third}, visit, Signatures::needed, note));
  CHECK(numbers == "678");
  numbers.clear();
  CHECK(journal.read_surveyed({4, third}, visit, Signatures::needed, note).error().code ==
        ErrorCode::chain_broken);
  CHECK(numbers.empty());
}

TEST_CASE("Nothing is mended while nothing may be written") {
  EightEntries box;
  box.flip_entry(0, 1, 1);
  box.home.flip_bit(witness_path(box.business), 9, 1);
  const auto before = box.files();
  Journal journal = box.open().value();
  const auto mended = journal.mend(box.signer);
  REQUIRE_FALSE(mended);
  CHECK(mended.error().code == journal.writable().error().code);
  CHECK(box.files() == before);
}

TEST_CASE("What a disk does not keep as it was written is told, and the others are mended") {
  EightEntries box;
  for (const std::size_t index : {0U, 1U}) box.disk(index).erase(box.path_of_segment(4));
  Journal journal = box.open().value();
  REQUIRE(journal.prepare_writing(box.signer));
  SECTION("it writes zeros") {
    box.disk(1).set_faults({.lost_append = 1});
  }
  SECTION("it reads other bits") {
    box.disk(1).set_faults({.flipped_read = 1});
  }
  const MendReport report = journal.mend(box.signer).value();
  REQUIRE_FALSE(report.failures.empty());
  for (const Error& failure : report.failures) {
    CHECK(failure.code == ErrorCode::damaged);
    CHECK(failure.where.starts_with("disk1/"));
  }
  CHECK(box.bodies({0}).value() == kEight);
  box.disk(1).set_faults({});
  CHECK(box.mend().failures.empty());
  box.check_whole();
}

TEST_CASE("A disk with no name left for what it lacks is told, and the others are mended") {
  EightEntries box;
  box.flip_entry(0, 4, 1);
  Bytes newer(kSegmentHeaderSize);  // not ours to replace
  std::ranges::copy(std::string_view("HF.SEGMT\2"), newer.begin());
  for (unsigned attempt = 0; attempt < 256; ++attempt) {
    box.disk(1).plant(box.path_of_segment(4, static_cast<std::uint8_t>(attempt)), newer);
  }
  const auto before = box.disk(1).files();
  const MendReport report = box.mend();
  REQUIRE_FALSE(report.failures.empty());
  for (const Error& failure : report.failures) {
    CHECK(failure.code == ErrorCode::already_exists);
    CHECK(failure.where.starts_with("disk1/"));
  }
  CHECK(box.disk(1).files() == before);
  for (const std::size_t index : {0U, 2U}) CHECK(box.bodies({index}).value() == kEight);
}

TEST_CASE("Behind a gap an entry on too few disks is read, and not followed") {
  EightEntries box;
  box.home.erase(witness_path(box.business));
  for (const std::size_t index : box.all()) box.flip_entry(index, 7, 0);
  for (const std::size_t index : {0U, 1U}) box.flip_entry(index, 7, 1);
  const Journal journal = box.open().value();
  CHECK(journal.head().number == 8);
  CHECK(journal.writable().error().code == ErrorCode::damaged);
  CHECK(journal.writable().error().data_loss);
}

TEST_CASE("What lies beside the chain is no damage") {
  EightEntries box;
  SECTION("a torn end behind which the disk went on") {
    Bytes bytes = *box.disk(0).contents(box.path_of_segment(7));
    bytes.resize(bytes.size() + 40, 5);
    box.disk(0).plant(box.path_of_segment(7), bytes);
  }
  SECTION("a segment above the head, and names that are none of ours") {
    box.disk(0).plant(box.path_of_segment(300), Bytes(300, 7));
    box.disk(0).plant(box.path_of_segment(4) + ".tmp", Bytes(300, 7));
  }
  SECTION("an entry that was written twice, and is damaged once") {
    box.disk(0).plant(box.path_of_segment(4, 1), *box.disk(0).contents(box.path_of_segment(4)));
    for (const std::size_t place : {0U, 1U, 2U}) box.flip_entry(0, 4, place);
  }
  CHECK(box.survey().damages().empty());
}

TEST_CASE("Power that goes, or an error, at any operation of mending takes nothing from any disk") {
  const auto arrange = [](EightEntries& box) {
    box.flip_entry(0, 1, 1);
    box.flip_entry(1, 4, 0);
    box.flip_entry(2, 4, 2);
    box.disk(2).erase(box.path_of_segment(1));
  };
  std::uint64_t operations = 0;
  {
    EightEntries box;
    arrange(box);
    const std::uint64_t before = box.world.operations();
    box.mend();
    operations = box.world.operations() - before;
  }
  REQUIRE(operations > 50);
  for (std::uint64_t at = 1; at <= operations; ++at) {
    for (const bool cut : {true, false}) {
      CAPTURE(at, cut);
      EightEntries box;
      arrange(box);
      const std::uint64_t when = box.world.operations() + at;
      cut ? box.world.cut_at(when) : box.world.fail_at(when, ErrorCode::io);
      auto journal = box.open();
      if (journal && journal->prepare_writing(box.signer)) {
        static_cast<void>(journal->mend(box.signer).has_value());
      }
      if (cut) box.world.crash({static_cast<sim::CrashPolicy>(at % 3), at});
      CHECK(box.bodies(box.all()).value() == kEight);
      CHECK(box.mend().failures.empty());
      box.check_whole();
    }
  }
}

TEST_CASE("Before an entry that is lost the one that the next file goes on from is right") {
  EightEntries box;
  for (const std::size_t index : box.all()) box.flip_entry(index, 4, 0);
  for (const std::size_t index : {1U, 2U}) box.flip_entry(index, 1, 2);
  std::vector<EntryRange> lost{{4, 4}};
  SECTION("by the header of one disk's file") {
    for (const std::size_t index : {0U, 1U}) box.disk(index).flip_bit(box.path_of_segment(4), 60);
  }
  SECTION("and if no header is whole, it may be one that never counted") {
    for (const std::size_t index : box.all()) box.disk(index).flip_bit(box.path_of_segment(4), 60);
    lost = {{3, 4}};
  }
  SECTION("but for one that as many disks have as make an entry count") {
    for (const std::size_t index : box.all()) box.disk(index).flip_bit(box.path_of_segment(4), 60);
    box.flip_entry(1, 1, 2);
  }
  CHECK(box.survey().lost() == lost);
}

TEST_CASE("Before an entry that is lost one that others follow in its file is right") {
  EightEntries box;
  for (const std::size_t index : box.all()) box.flip_entry(index, 4, 1);
  for (const std::size_t index : {1U, 2U}) box.flip_entry(index, 4, 0);
  const Survey found = box.survey();
  CHECK(found.lost() == std::vector<EntryRange>{{5, 5}});
  CHECK(found.holders(4) == 1);
}

TEST_CASE("What a disk's newest file is hides nothing of its older ones") {
  EightEntries box;
  for (const std::size_t index : {1U, 2U}) box.flip_entry(index, 1, 1);
  Bytes newer = *box.disk(0).contents(box.path_of_segment(7));
  newer.resize(kSegmentHeaderSize);
  newer[8] = 2;  // the version
  box.disk(0).plant(box.path_of_segment(0xff), newer);
  REQUIRE(JournalCopy::open(box.context({0}).members[0], box.business, box.trusted).error().code ==
          ErrorCode::unsupported_version);
  std::size_t read = 0;
  const auto visit = [&](const Entry& /*entry*/) -> Result<void> {
    ++read;
    return {};
  };
  const auto lost = [](const EntryRange& /*range*/) -> Result<void> { return {}; };
  REQUIRE(box.open().value().read(1, visit, Signatures::needed, lost));
  CHECK(read == 8);
  CHECK(box.mend().failures.empty());
  CHECK(box.bodies({1}).value() == kEight);
  CHECK(box.bodies({2}).value() == kEight);
}

TEST_CASE("What can be read again beside what a heal has written in its place is found") {
  EightEntries box;
  const std::string path = box.path_of_segment(4);
  const Bytes file = *box.disk(0).contents(path);
  box.disk(0).plant(path, Bytes(file.size(), 0));
  for (const std::size_t index : {1U, 2U}) box.flip_entry(index, 4, 1);
  const std::array<EntryRange, 1> gaps{EntryRange{5, 5}};
  static_cast<void>(box.mend());
  REQUIRE(box.survey().lost() == std::vector<EntryRange>{{5, 5}});
  CHECK_FALSE(box.open().value().has_any_of(gaps).value());
  box.disk(0).plant(path, file);
  CHECK(box.open().value().has_any_of(gaps).value());
  CHECK_FALSE(box.open().value().has_any_of({}).value());
}

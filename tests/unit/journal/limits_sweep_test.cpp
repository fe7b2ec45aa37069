// SPDX-License-Identifier: Apache-2.0
// A process at a limit of its own is told so at whatever operation of whatever call that happens:
// no disk is left out for it, nothing is called lost or a fork, and the call passes once the limit
// is gone.
#include <catch2/catch.hpp>

#include "firmware/journal/survey.h"
#include "tests/unit/journal/fixture.h"

using namespace holdfast;
using namespace holdfast::journal;

namespace {

// Three disks of which two must hold an entry, and eight entries in segments of three.
struct EightEntries : Box {
  EightEntries() : Box(3, 2) {
    Journal journal = open().value();
    REQUIRE(journal.prepare_writing(signer));
    for (const char* body : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
      REQUIRE(append_to(journal, body));
    }
  }
  // In the frame of that place in the segment.
  void flip_entry(std::size_t index, std::uint64_t first, std::size_t place) {
    const std::size_t frame =
        (disk(0).contents(path_of_segment(1))->size() - kSegmentHeaderSize) / 3;
    disk(index).flip_bit(path_of_segment(first), kSegmentHeaderSize + place * frame + 200);
  }
};

struct Call {
  const char* name;
  std::function<void(EightEntries&)> prepare;
  std::function<Result<void>(EightEntries&)> act;
};

Result<void> take(const Entry& /*entry*/) {
  return {};
}

Result<void> take_loss(const EntryRange& /*range*/) {
  return {};
}

void nothing(EightEntries& /*box*/) {}

void damage_crosswise(EightEntries& box) {
  box.flip_entry(0, 1, 1);
  box.flip_entry(1, 4, 0);
  box.disk(2).erase(box.path_of_segment(4));
}

void lose_an_entry(EightEntries& box) {
  for (const std::size_t index : box.all()) box.flip_entry(index, 4, 1);
}

void lose_the_seventh(EightEntries& box) {
  for (const std::size_t index : box.all()) box.flip_entry(index, 7, 0);
}

void lag(EightEntries& box) {
  lose_an_entry(box);
  for (std::uint64_t first : {1U, 4U, 7U}) box.disk(2).erase(box.path_of_segment(first));
}

// One disk has an entry of its own behind the eight; the others went on with another one.
void disown(EightEntries& box) {
  {
    Journal journal = box.open().value();
    REQUIRE(journal.prepare_writing(box.signer));
    box.world.cut_at(box.world.operations() + 4);
    REQUIRE(box.append_to(journal, "lost").error().code == ErrorCode::power_cut);
    box.world.crash({sim::CrashPolicy::keep_all, 0});
  }
  REQUIRE(box.append("i", {1, 2}));
}

// Two halves that both went on: home knows one of them.
void part(EightEntries& box) {
  const Bytes witness = *box.home.contents(witness_path(box.business));
  box.quorum = 1;
  REQUIRE(box.append("x", {0}));
  box.home.plant(witness_path(box.business), witness);
  REQUIRE(box.append("y", {1, 2}));
}

// The same; home's half has gone on since, and a disk that is new has nothing.
void part_and_go_on(EightEntries& box) {
  part(box);
  REQUIRE(box.append("z", {1, 2}));
  box.disks.push_back(std::make_unique<sim::SimDisk>(box.world, "new"));
}

// Behind its damage one disk has an entry of its own; the others went on with another one.
void disown_behind_damage(EightEntries& box) {
  disown(box);
  box.flip_entry(0, 7, 0);
}

// Entry 5 stands on disk 0 alone, in a file that lacks entry 4.
void hold_alone(EightEntries& box) {
  box.flip_entry(0, 4, 0);
  for (const std::size_t index : {1U, 2U}) box.flip_entry(index, 4, 1);
}

// A header, of a file that gives all its entries.
void damage_inside(EightEntries& box) {
  box.disk(0).flip_bit(box.path_of_segment(4), 60);
}

void drop_a_body(EightEntries& box) {
  damage_inside(box);
  const std::string path = box.path_of_segment(1);
  const Bytes whole = *box.disk(0).contents(path);
  std::size_t size = 0;
  const Entry entry =
      parse_unproved_entry(ByteView(whole).subspan(kSegmentHeaderSize), size).value();
  Bytes bare(whole.begin(), whole.begin() + kSegmentHeaderSize);
  const Bytes frame = without_sealed_part(entry);
  bare.insert(bare.end(), frame.begin(), frame.end());
  bare.insert(bare.end(), whole.begin() + kSegmentHeaderSize + static_cast<std::ptrdiff_t>(size),
              whole.end());
  box.disk(0).plant(path, bare);
}

Result<void> open(EightEntries& box) {
  HF_TRY(const Journal journal, box.open());
  return {};
}

Result<void> read(EightEntries& box) {
  HF_TRY(const Journal journal, box.open());
  return journal.read(1, take, Signatures::every, take_loss);
}

Result<void> read_surveyed(EightEntries& box) {
  HF_TRY(const Journal journal, box.open());
  return journal.read_surveyed({}, take, Signatures::every, take_loss);
}

Result<void> look_for_lost(EightEntries& box) {
  HF_TRY(const Journal journal, box.open());
  const std::array<EntryRange, 2> ranges{EntryRange{2, 2}, EntryRange{5, 6}};
  HF_TRY(const bool has_any, journal.has_any_of(ranges));
  CHECK(has_any);
  return {};
}

Result<void> survey(EightEntries& box) {
  HF_TRY(const Journal journal, box.open());
  HF_TRY(const Survey found, journal.survey());
  CHECK_FALSE(found.damages().empty());
  return {};
}

Result<void> mend(EightEntries& box) {
  HF_TRY(Journal journal, box.open());
  HF_TRY(journal.prepare_writing(box.signer));
  HF_TRY(const MendReport report, journal.mend(box.signer));
  return {};
}

Result<void> prepare(EightEntries& box) {
  HF_TRY(Journal journal, box.open());
  return journal.prepare_writing(box.signer);
}

const std::vector<Call>& calls() {
  static const std::vector<Call> kCalls{
      {"open", nothing, open},
      {"open, with an entry that never counted", disown, open},
      {"open a fork", part, open},
      {"open a fork that has gone on", part_and_go_on, open},
      {"open, damaged before an entry that never counted", disown_behind_damage, open},
      {"open behind a gap", lose_the_seventh, open},
      {"read, damaged crosswise", damage_crosswise, read},
      {"read, with a gap", lose_an_entry, read},
      {"read, with a body that is said to be dropped", drop_a_body, read},
      {"read by digests", lose_an_entry, read_surveyed},
      {"look for lost entries", damage_crosswise, look_for_lost},
      {"survey", damage_crosswise, survey},
      {"survey of damage inside a file", damage_inside, survey},
      {"mend", damage_crosswise, mend},
      {"mend what one disk alone has", hold_alone, mend},
      {"mend around a gap", lose_an_entry, mend},
      {"catch up around a gap", lag, prepare},
      {"catch up with an entry that never counted", disown, prepare},
  };
  return kCalls;
}

std::uint64_t operations_of(const Call& call) {
  EightEntries box;
  call.prepare(box);
  const std::uint64_t begun = box.world.operations();
  REQUIRE(call.act(box));
  return box.world.operations() - begun;
}

}  // namespace

TEST_CASE("A process at its own limit is told so by every call, and no disk is left out") {
  for (const Call& call : calls()) {
    CAPTURE(call.name);
    const std::uint64_t operations = operations_of(call);
    REQUIRE(operations > 3);
    for (std::uint64_t at = 1; at <= operations; ++at) {
      CAPTURE(at);
      EightEntries box;
      call.prepare(box);
      box.reported.clear();
      box.world.fail_at(box.world.operations() + at, ErrorCode::out_of_memory);
      const auto done = call.act(box);
      REQUIRE_FALSE(done);
      CHECK(done.error().code == ErrorCode::out_of_memory);
      CHECK(box.reported.empty());
      CHECK(call.act(box));
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
// A box whose journal has several segments, of which every disk has all.
#pragma once

#include <filesystem>

#include "firmware/keys/wrap.h"
#include "tests/sim/scrubbed_box.h"

namespace holdfast::test {

inline constexpr std::size_t kInEntry = journal::kSegmentHeaderSize + 60;

class CopiedBox : public ScrubbedBox {
 public:
  CopiedBox() {
    const auto box = open();
    REQUIRE(box);
    id = (*box)->businesses().front().id;
    const auto business = (*box)->open_business("calls", vault::Access::write);
    REQUIRE(business);
    for (int i = 0; i < 9; ++i) {
      const std::string path = "calls/" + std::to_string(i);
      REQUIRE((*business)->hold(journal::HoldScope::item, path, "kept"));
    }
    REQUIRE(segments().size() > 2);
  }

  std::vector<std::string> segments() { return files_in(journal::journal_directory(id)); }
  std::vector<std::string> wraps() { return files_in(keys::wrap_directory(id)); }
  std::vector<std::string> files_in(const std::string& folder) {
    std::vector<std::string> paths;
    for (const auto& entry : *disks[0]->list(folder)) paths.push_back(folder + "/" + entry.name);
    return paths;
  }
  // On the first disks.
  void flip(const std::string& path, std::size_t count, std::uint64_t offset = kInEntry) {
    for (std::size_t i = 0; i < count; ++i) disks[i]->flip_bit(path, offset, 1);
  }
  // Where it is on that disk, one of its number that never counted left out.
  struct Place {
    std::string path;
    std::uint64_t offset = 0;
  };
  std::vector<Place> places_of(const journal::Head& entry, sim::SimDisk& disk) {
    std::vector<Place> places;
    const auto opened = open();
    for (const auto& name : *journal::list_segments(disk, id)) {
      const auto segment =
          journal::load_segment(disk, id, name, (*opened)->trusted(), journal::Signatures::needed);
      if (!segment) continue;
      const auto* stored = segment->find(entry.number);
      const bool is_it = stored != nullptr && stored->entry.digest == entry.digest;
      if (is_it) places.push_back({journal::segment_path(id, name), stored->position + 60});
    }
    return places;
  }
  void lose_entry_on(const journal::Head& entry, sim::SimDisk& disk) {
    const auto places = places_of(entry, disk);
    REQUIRE_FALSE(places.empty());
    for (const Place& place : places) disk.flip_bit(place.path, place.offset, 1);
  }
  // On every disk.
  void lose_entry(const journal::Head& entry) {
    for (const auto& disk : disks) lose_entry_on(entry, *disk);
  }
  journal::Head entry_of(std::uint64_t number) {
    const auto opened = open();
    const auto business = (*opened)->open_business("calls", vault::Access::read);
    REQUIRE(business);
    journal::Head head;
    REQUIRE((*business)->journal().read(number, [&](const journal::Entry& entry) -> Result<void> {
      if (entry.number == number) head = {entry.number, entry.digest};
      return {};
    }));
    return head;
  }
  void lose_entry(std::uint64_t number) { lose_entry(entry_of(number)); }
  Result<journal::Head> hold(const std::string& reason) {
    HF_TRY(const auto opened, open());
    HF_TRY(const auto business, opened->open_business("calls", vault::Access::write));
    return business->hold(journal::HoldScope::item, "calls/" + reason, reason);
  }
  std::vector<journal::EntryRange> gaps() {
    const auto opened = open();
    const auto business = (*opened)->open_business("calls", vault::Access::read);
    INFO((business ? "" : debug_text(business.error())));
    REQUIRE(business);
    return *(*business)->lost_entries();
  }
  void rot_something() {
    flip(segments()[0], 4);
    disks[5]->erase(segments()[1]);
    flip(wraps()[0], 2);
    disks[4]->erase(wraps()[1]);
    flip("keyring", 3, 300);
    disks[1]->flip_bit("label.b", 90, 1);
  }
  // Of a scrub.
  std::vector<job::BadCopy> bad() {
    const auto summary = scrub();
    REQUIRE(summary);
    return summary->copies.kept;
  }
  std::size_t holds() {
    const auto box = open();
    REQUIRE(box);
    const auto business = (*box)->open_business("calls", vault::Access::read);
    INFO((business ? "" : debug_text(business.error())));
    REQUIRE(business);
    return (*business)->holds()->size();
  }
  void check_whole() {
    const auto found = scrub();
    REQUIRE(found);
    CHECK(found->copies.count == 0);
    CHECK(found->copies.lost.empty());
    CHECK_FALSE(found->found_differences());
  }

  BusinessId id{};
};

}  // namespace holdfast::test

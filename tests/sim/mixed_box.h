// SPDX-License-Identifier: Apache-2.0
// A box of which a prune writes packs anew.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "firmware/job/scrub.h"
#include "firmware/journal/segment.h"
#include "tests/sim/catalog_dump.h"
#include "tests/sim/prune_box.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

using PackRows = std::vector<catalog::PackRow>;

// Calls of twelve days, some to a pack, of which two thirds are over. Its catalog is a real file
// and outlives each call.
struct MixedBox : PruneBox {
  static constexpr int kDays = 12;
  // No shard is so small, and no entry so large: real pools have a reserve for entries.
  static constexpr std::uint64_t kRoomOfEntries = 4300;
  static constexpr std::uint64_t kShard = 5600;  // at most
  static bool stays(int day) { return day % 3 == 1; }

  MixedBox() {
    settings.catalog_directory = folder_.path();
    confirm_time();
    for (int day = 1; day <= kDays; ++day) write(name_of(day), text_of_day(day));
    REQUIRE(backup());
    for (int day = 1; day <= kDays; ++day) {
      if (!stays(day)) remove(day);
    }
    REQUIRE(backup());
    clock.advance(60 * kDay_ns);
    for (const std::uint64_t number : snapshots()) before_[number] = restore(number).value();
  }

  PackRows packs() {
    PackRows rows;
    REQUIRE(business()->with_catalog([&](catalog::Catalog& catalog) {
      return catalog.for_each_pack([&](const catalog::PackRow& row) -> Result<void> {
        rows.push_back(row);
        return {};
      });
    }));
    return rows;
  }
  // What every snapshot had comes back, but for what is over; nothing is called lost.
  void check_all() {
    check_gone({2, 3, 5, 6, 8, 9, 11, 12});
    for (const std::uint64_t number : snapshots()) {
      CAPTURE(number);
      Contents expected = before_[number];
      for (int day = 1; day <= kDays; ++day) {
        if (!stays(day)) expected.erase(name_of(day));
      }
      CHECK(restore(number).value() == expected);
    }
  }
  void rebuild() {
    const auto opened = business(vault::Access::write);
    REQUIRE(opened->rebuild_catalog({}));
  }
  bool is_clean() {
    const auto box = open().value();
    const auto found = job::run_scrub(*box, {});
    REQUIRE(found);
    return found->complete && !found->found_differences();
  }
  std::uint64_t bytes_on(std::size_t disk) {
    std::uint64_t bytes = 0;
    for (const std::string& path : disks[disk]->files())
      bytes += disks[disk]->contents(path)->size();
    return bytes;
  }
  void leave_room(std::uint64_t bytes) {
    for (std::size_t i = 0; i < disks.size(); ++i) disks[i]->set_capacity(bytes_on(i) + bytes);
  }
  // Does it, and `meanwhile` once its plan was shown.
  Result<job::PruneReport> prune_while(const job::PruneRequest& asked,
                                       const std::function<void()>& meanwhile) {
    const auto opened = business(vault::Access::write);
    return job::run_prune(*opened, asked,
                          [&](const job::PrunePlan& /*plan*/, Timestamp /*now*/) { meanwhile(); });
  }
  // On every disk, and the catalog that knew it.
  void lose_entry(const journal::Head& entry) {
    const auto opened = open().value();
    const BusinessId id = opened->businesses().front().id;
    for (const auto& disk : disks) {
      for (const auto& name : *journal::list_segments(*disk, id)) {
        const auto segment =
            journal::load_segment(*disk, id, name, opened->trusted(), journal::Signatures::needed);
        const auto* stored = segment ? segment->find(entry.number) : nullptr;
        if (stored == nullptr) continue;
        disk->flip_bit(journal::segment_path(id, name), stored->position + 60, 1);
      }
    }
    for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
      std::filesystem::remove(file);
    }
  }
  // Each of four disks of six fails once when it is to take a shard of what is written anew.
  Result<job::PruneReport> prune_while_disks_fail() {
    std::set<std::string> failed;
    auto done = prune_while(request(), [&] {
      world.ask([&](const sim::Moment& now) -> std::optional<ErrorCode> {
        const std::string disk(now.where.substr(0, now.where.find('/', 1)));
        const bool is_shard = now.where.find("/packs/") != std::string_view::npos;
        if (!is_shard || now.touch == sim::Touch::look || disk < "/disk1" || disk > "/disk4") {
          return std::nullopt;
        }
        return failed.insert(disk).second ? std::optional(ErrorCode::io) : std::nullopt;
      });
    });
    world.ask({});
    CHECK(failed.size() == 4);
    return done;
  }
  void heal() {
    const auto opened = open().value();
    job::ScrubRequest asked;
    asked.heal = true;
    REQUIRE(job::run_scrub(*opened, asked));
  }
  void check_bears_two_disks() {
    for (std::size_t a = 0; a < disks.size(); ++a) {
      for (std::size_t b = a + 1; b < disks.size(); ++b) {
        CAPTURE(a, b);
        missing = {{disks[a]->name(), true}, {disks[b]->name(), true}};
        CHECK(restore().value() == source());
      }
    }
    missing.clear();
  }
  std::size_t condemned() {
    return business()
        ->with_catalog([](catalog::Catalog& catalog) { return catalog.condemned_packs(); })
        .value()
        .size();
  }

  std::map<std::uint64_t, Contents> before_;
  TemporaryFolder folder_;
};

}  // namespace holdfast::test

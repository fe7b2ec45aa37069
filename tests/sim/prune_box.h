// SPDX-License-Identifier: Apache-2.0
// A box whose calls came day by day, and what a prune of it is asked for.
#pragma once

#include <set>

#include "firmware/job/browse.h"
#include "firmware/job/prune.h"
#include "firmware/job/verify.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

inline constexpr std::int64_t kDay_ns = 86'400'000'000'000;

struct PruneBox : ReadyBox {
  static std::string name_of(int day) { return "day" + std::to_string(100 + day) + ".wav"; }
  static std::string text_of_day(int day) {
    std::string text = name_of(day);
    for (int i = 0; i < 900; ++i) text += static_cast<char>('a' + (day * 7 + i * i) % 25);
    return text;
  }
  // Files of a chunk or more, so that each is in packs of few: what goes frees some of them.
  void write_days(int first, int last) {
    for (int day = first; day <= last; ++day) {
      write(name_of(day), text_of_day(day));
      REQUIRE(backup());
      clock.set(Timestamp{clock.now().ns + kDay_ns});
    }
  }
  void remove(int day) { files.remove("/calls/" + name_of(day)); }

  // What was gone for 30 days goes.
  job::PruneRequest request() {
    job::PruneRequest made;
    made.definition.name = "calls";
    made.definition.sources.push_back({"calls", "/calls", {}, false, {}, 0});
    made.definition.retention.classes[0] = {30, policy::ItemDate::change};
    made.definition.lock_days[0] = 0;
    made.lock_days[0] = 0;
    made.now = Timestamp{clock.now().ns + 300 * kDay_ns};
    made.is_trusted = true;
    return made;
  }
  std::unique_ptr<vault::Business> business(vault::Access access = vault::Access::read) {
    opened_ = open().value();
    return opened_->open_business("calls", access).value();
  }
  job::PrunePlan plan(const job::PruneRequest& asked) {
    const auto opened = business();
    auto made = job::plan_prune(*opened, asked);
    INFO((made ? "" : debug_text(made.error())));
    REQUIRE(made);
    return std::move(*made);
  }

  void confirm_time() { REQUIRE(business(vault::Access::write)->confirm_time(clock.now())); }
  Result<job::PruneReport> prune(const job::PruneRequest& asked) {
    const auto opened = business(vault::Access::write);
    return job::run_prune(*opened, asked);
  }
  // Those that there are, by number.
  std::set<std::uint64_t> snapshots() {
    std::set<std::uint64_t> numbers;
    for (const auto& row : business()->snapshots().value()) numbers.insert(row.head.number);
    return numbers;
  }

  // Files of shards of what was condemned, by their disks.
  std::vector<std::pair<sim::SimDisk*, std::string>> condemned_shards() {
    std::vector<std::pair<sim::SimDisk*, std::string>> found;
    const auto opened = business();
    const auto packs =
        opened->with_catalog([](catalog::Catalog& catalog) { return catalog.condemned_packs(); });
    for (const catalog::CondemnedRow& row : packs.value()) {
      const std::string folder = pool::shard_directory(row.name);
      for (const auto& disk : disks) {
        const auto entries = disk->list(folder);
        if (!entries) continue;
        for (const ports::DirectoryEntry& entry : *entries) {
          const bool is_of_it = entry.name.starts_with(row.name.hex());
          if (is_of_it) found.emplace_back(disk.get(), folder + "/" + entry.name);
        }
      }
    }
    return found;
  }
  job::PruneReport prune_all() { return prune_all(request()); }
  job::PruneReport prune_all(const job::PruneRequest& asked) {
    auto report = prune(asked);
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    return std::move(*report);
  }
  // Of every item of the snapshot, gone ones too.
  std::set<std::string> paths(std::uint64_t number) {
    const auto opened = business();
    std::set<std::string> found;
    const auto row = opened->find_snapshot({number, {}, {}}).value();
    REQUIRE(job::list_items(*opened, row, "", true, nullptr,
                            [&](const vault::Item& item) -> Result<void> {
                              if (item.type == ports::FileType::regular) found.insert(item.path);
                              return {};
                            }));
    return found;
  }
  // No snapshot has them, every snapshot is whole, and nothing is called lost.
  void check_gone(std::initializer_list<int> days) {
    for (const std::uint64_t number : snapshots()) {
      CAPTURE(number);
      const auto all = paths(number);
      for (const int day : days) CHECK(all.count("calls/" + name_of(day)) == 0);
      const auto opened = business();
      job::VerifyRequest asked;
      asked.snapshot = opened->find_snapshot({number, {}, {}}).value();
      const auto verified = job::run_verify(*opened, asked);
      INFO((verified ? "" : debug_text(verified.error())));
      REQUIRE(verified);
      CHECK(verified->lost.count == 0);
      CHECK(verified->items == verified->items_total);
    }
  }

  std::unique_ptr<vault::Box> opened_;
};

// Six days, of which the first three are gone at the source; the time was confirmed, and long ago.
struct AgedBox : PruneBox {
  AgedBox() {
    confirm_time();
    write_days(1, 6);
    for (const int day : {1, 2, 3}) remove(day);
    REQUIRE(backup());
    clock.advance(60 * kDay_ns);
  }
};

}  // namespace holdfast::test

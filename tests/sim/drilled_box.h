// SPDX-License-Identifier: Apache-2.0
// A box with calls to drill.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "firmware/job/drill.h"
#include "firmware/job/drill_history.h"
#include "tests/sim/indexed_box.h"
#include "tests/sim/lost_packs.h"

namespace holdfast::test {

inline constexpr int kCalls = 8;

// Packs that are damaged.
enum class Of { content, all };

// Eight calls, of which the first six have a row, and a file that is no recording.
template <class Box>
struct Drilled : Box {
  Drilled() {
    for (int i = 1; i <= kCalls; ++i) this->record(this->call(i));
    std::string rows = this->header();
    for (int i = 1; i <= kCalls - 2; ++i) rows += this->row(this->call(i));
    this->write_rows("day.csv", rows);
    this->write("notes.txt", "written by hand");
    this->backed_up();
  }

  Result<job::DrillReport> drill(std::uint64_t items = 1000, job::Progress* told = nullptr) {
    HF_TRY(const auto box, this->open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::read));
    job::DrillRequest request;
    HF_TRY(request.snapshot, job::snapshot_to_drill(*business));
    request.definition = this->definition();
    request.items = items;
    request.stop = &this->stop;
    request.progress = told;
    request.hear = hear;
    return job::run_drill(*business, request);
  }
  job::Hear hear;
  // One that must come to its end.
  job::DrillReport drilled(std::uint64_t items = 1000) {
    auto report = drill(items);
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    return std::move(*report);
  }
  BusinessId business() { return this->open().value()->businesses().front().id; }
  std::vector<job::PastDrill> history() { return job::load_drills(this->home, business())->drills; }
  static std::string path_of(int call) { return "calls/" + Box::name_of(Box::call(call)); }
  std::vector<std::string> findings(const job::DrillReport& report) {
    std::vector<std::string> texts;
    for (const job::DrillDifference& each : report.differences) {
      texts.push_back(std::string(name_of(each.finding)) + " " + each.path);
    }
    return texts;
  }
  // All data of those shards of each pack of content.
  void flip(std::initializer_list<std::uint8_t> indices, Of of = Of::content) {
    for (const catalog::PackRow& row : packs_of(*this)) {
      if (of == Of::content && row.pack.kind != pack::PackKind::content) continue;
      for (const std::uint8_t index : indices) flip_all(row, index);
    }
  }
  // Of each pack one shard goes to the disk of another, and one is gone: of k + 1 that are left,
  // two go with one disk.
  void crowd() {
    for (const catalog::PackRow& row : packs_of(*this)) {
      const auto path_of = [&](std::uint8_t index) {
        return pool::shard_path(row.pack.name, row.hint.generation, index);
      };
      const auto at = [&](std::uint8_t index) {
        const auto has = [&](auto& disk) { return disk->contents(path_of(index)).has_value(); };
        return std::ranges::find_if(this->disks, has)->get();
      };
      sim::SimDisk* const from = at(1);
      at(0)->plant(path_of(1), *from->contents(path_of(1)));
      REQUIRE(from->remove(path_of(1)));
      REQUIRE(at(4)->remove(path_of(4)));
    }
  }
  std::map<std::string, Bytes> on_disks() {
    std::map<std::string, Bytes> all;
    for (const auto& disk : this->disks) {
      for (const std::string& path : disk->files()) {
        all[disk->name() + "/" + path] = *disk->contents(path);
      }
    }
    return all;
  }

 private:
  void flip_all(const catalog::PackRow& row, std::uint8_t index) {
    const std::string path = pool::shard_path(row.pack.name, row.hint.generation, index);
    for (const auto& disk : this->disks) {
      const auto bytes = disk->contents(path);
      if (!bytes) continue;
      const auto header = pool::parse_shard_header(ByteView(*bytes).first(pool::kShardFieldsSize));
      REQUIRE(header);
      for (std::uint64_t at = 0; at < header->shard_length(); ++at) {
        disk->flip_bit(path, pool::kShardHeaderSize + at, 2);
      }
    }
  }
};

}  // namespace holdfast::test

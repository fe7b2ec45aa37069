// SPDX-License-Identifier: Apache-2.0
// Which rows have which terms: runs of rows, each sorted once and then only read. Private to this
// folder.
//
// A run numbers its rows by time, the newest is place 0. So postings that are read in their order
// give the newest rows first, and a range of time is a range of places.
//
//   runs of  1,000 rows   | | | | | | | |    the eighth one makes them
//   one of   8,000 rows   ================   and so on, up to a million
//
// A row that is removed leaves its place dead; a run with more dead places than others is written
// anew.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "firmware/catalog/record_index_blocks.h"
#include "firmware/catalog/sqlite.h"

namespace holdfast::catalog {

inline constexpr std::int64_t kNoStart = INT64_MIN;

struct Place {
  std::int64_t start_ms = kNoStart;
  std::uint32_t row = 0;
};
[[nodiscard]] inline bool is_newer(const Place& left, const Place& right) {
  return left.start_ms != right.start_ms ? left.start_ms > right.start_ms : left.row > right.row;
}

// Rows of tables: each fills a page of SQLite.
inline constexpr std::uint32_t kPlacesPerPart = 333;
inline constexpr std::uint32_t kClassesPerPart = 4000;
inline constexpr int kPartBits = 12;

struct Run {
  std::uint64_t id = 0;
  std::uint32_t first_row = 0;
  std::uint32_t last_row = 0;
  std::uint32_t rows = 0;
  std::uint32_t dead = 0;
  std::int64_t newest_ms = kNoStart;
  std::int64_t oldest_ms = kNoStart;
};

[[nodiscard]] Result<std::vector<Run>> read_runs(Database& database);  // by first_row
// False if these are no such parts.
[[nodiscard]] bool decode_places(ByteView bytes, std::vector<Place>& out);

// All within the caller's transaction.
class RunWriter {
 public:
  explicit RunWriter(Database& database) : database_(database) {}

  // Row ids rise. Doubles among the terms do no harm.
  [[nodiscard]] Result<void> add_row(const Place& row, std::span<const Term> terms);
  // What was added becomes a run, and runs are merged if it is time.
  [[nodiscard]] Result<void> flush();
  void take_back();
  // Before the rows of these ids are taken out of their table, and after.
  [[nodiscard]] Result<void> count_dead(std::uint32_t first_row, std::uint32_t last_row);
  [[nodiscard]] Result<void> drop_dead();
  // Of every row, by its id: the class's number, 0 if it was not judged.
  [[nodiscard]] Result<void> set_classes(
      const std::function<std::uint8_t(std::uint32_t row)>& class_of);

 private:
  [[nodiscard]] Result<void> merge_small();
  [[nodiscard]] Result<void> merge(std::span<const Run> runs);
  [[nodiscard]] Result<void> remove(const Run& run);

  Database& database_;
  std::vector<Place> places_;
  std::vector<Posting> postings_;  // the place is the row's in `places_`
};

}  // namespace holdfast::catalog

// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/record_index_runs.h"

#include <algorithm>
#include <memory>
#include <numeric>

namespace holdfast::catalog {

namespace {

// What is held until it is sorted and written: at most 20 MiB or so, beside the terms of one row.
constexpr std::size_t kHeldPostings = 2'000'000;
constexpr std::size_t kHeldRows = 131'072;
constexpr std::size_t kMergedAtOnce = 8;
// Runs below each of these sizes are merged with their like, larger ones stay.
constexpr std::uint32_t kLevels[] = {2'048, 16'384, 131'072};
static_assert(kLevels[2] * kMergedAtOnce <= kPlacesMax);

constexpr std::uint32_t kDead = UINT32_MAX;

std::uint64_t part_id(std::uint64_t run, std::size_t part) {
  return (run << kPartBits) + part;
}

Result<std::uint64_t> new_run_id(Database& database) {
  Statement select(database, "SELECT coalesce(max(id), 0) + 1 FROM runs");
  Query row = select.with();
  HF_TRY(const bool found, row.next());
  HF_CHECK(found);
  const std::uint64_t id = row.u64();
  HF_TRY(row.intact());
  return id;
}

Result<void> write_places(Database& database, std::uint64_t run, std::span<const Place> places) {
  Statement insert(database, "INSERT INTO places(id, places) VALUES(?, ?)");
  Bytes bytes;
  for (std::size_t at = 0; at < places.size(); at += kPlacesPerPart) {
    bytes.clear();
    ByteWriter writer(bytes);
    for (const Place& place :
         places.subspan(at).first(std::min<std::size_t>(kPlacesPerPart, places.size() - at))) {
      writer.i64(place.start_ms);
      writer.u32(place.row);
    }
    HF_TRY(insert.with(part_id(run, at / kPlacesPerPart), ByteView(bytes)).run());
  }
  return {};
}

// Parts of zeros are not stored, and parts that are as before not written.
Result<void> write_classes(Database& database, std::uint64_t run, ByteView classes) {
  Statement insert(database,
                   "INSERT INTO classes(id, places) VALUES(?1, ?2) "
                   "ON CONFLICT(id) DO UPDATE SET places = ?2 WHERE places <> ?2");
  Statement remove(database, "DELETE FROM classes WHERE id = ?");
  for (std::size_t at = 0; at < classes.size(); at += kClassesPerPart) {
    const ByteView part =
        classes.subspan(at).first(std::min<std::size_t>(kClassesPerPart, classes.size() - at));
    const std::uint64_t id = part_id(run, at / kClassesPerPart);
    if (std::ranges::all_of(part, [](std::uint8_t byte) { return byte == 0; })) {
      HF_TRY(remove.with(id).run());
    } else {
      HF_TRY(insert.with(id, part).run());
    }
  }
  return {};
}

Result<void> write_run_row(Database& database, const Run& run) {
  Statement insert(database,
                   "INSERT INTO runs(id, first_row, last_row, rows, dead, newest_ms, oldest_ms) "
                   "VALUES(?, ?, ?, ?, 0, ?, ?)");
  return insert.with(run.id, run.first_row, run.last_row, run.rows, run.newest_ms, run.oldest_ms)
      .run();
}

// `places` in order of time.
Run run_of(std::uint64_t id, std::span<const Place> places) {
  const auto [first, last] = std::ranges::minmax(places, {}, &Place::row);
  return {id,
          first.row,
          last.row,
          static_cast<std::uint32_t>(places.size()),
          0,
          places.front().start_ms,
          places.back().start_ms};
}

Result<std::vector<Place>> read_places(Database& database, const Run& run) {
  Statement select(database, "SELECT places FROM places WHERE id BETWEEN ? AND ? ORDER BY id");
  std::vector<Place> places;
  Query row = select.with(part_id(run.id, 0), part_id(run.id + 1, 0) - 1);
  HF_TRY(row.each([&]() -> Result<void> {
    const ByteView bytes = row.blob();
    HF_TRY(row.intact());
    if (!decode_places(bytes, places)) return database.damaged("places");
    return {};
  }));
  const bool is_sound = places.size() == run.rows && std::ranges::is_sorted(places, is_newer) &&
                        std::ranges::all_of(places, [&](const Place& place) {
                          return place.row >= run.first_row && place.row <= run.last_row;
                        });
  if (!is_sound) return database.damaged("places");
  return places;
}

Result<Bytes> read_classes(Database& database, const Run& run) {
  Statement select(database, "SELECT id, places FROM classes WHERE id BETWEEN ? AND ?");
  Bytes classes(run.rows);
  Query row = select.with(part_id(run.id, 0), part_id(run.id + 1, 0) - 1);
  HF_TRY(row.each([&]() -> Result<void> {
    const std::size_t at = (row.u64() - part_id(run.id, 0)) * kClassesPerPart;
    const ByteView bytes = row.blob();
    HF_TRY(row.intact());
    if (at > classes.size() || bytes.size() > classes.size() - at) {
      return database.damaged("classes");
    }
    std::ranges::copy(bytes, classes.begin() + static_cast<std::ptrdiff_t>(at));
    return {};
  }));
  return classes;
}

// A run that is merged: its postings, one after the other, with their places in the new run.
class RunReader {
 public:
  RunReader(Database& database, const Run& run) : database_(database), run_(run) {}

  // What the row that is at this place now will have; kDead: none.
  std::vector<std::uint32_t> new_places;

  // False at the end.
  [[nodiscard]] Result<bool> next() {
    for (;;) {
      for (++at_; at_ < postings_.size(); ++at_) {
        const std::uint32_t place = place_in(postings_[at_]);
        if (place >= new_places.size()) return database_.damaged("posting");
        if (new_places[place] == kDead) continue;
        posting_ = posting_of(term_in(postings_[at_]), new_places[place]);
        return true;
      }
      HF_TRY(const bool has_block, next_block());
      if (!has_block) return false;
    }
  }
  [[nodiscard]] Posting posting() const { return posting_; }

 private:
  [[nodiscard]] Result<bool> next_block() {
    if (!query_) query_.emplace(select_.with(run_.id));
    HF_TRY(const bool found, query_->next());
    if (!found) return false;
    const Posting before = postings_.empty() ? 0 : postings_.back();
    const Posting first = query_->u64();
    const ByteView bytes = query_->blob();
    HF_TRY(query_->intact());
    const bool is_rising = postings_.empty() || first > before;
    if (!is_rising || !block_.load(first, bytes)) return database_.damaged("postings");
    postings_.clear();
    block_.append_to(postings_);
    at_ = SIZE_MAX;  // next() goes to the first one
    return true;
  }

  Database& database_;
  Run run_;
  Statement select_{database_, "SELECT first, postings FROM blocks WHERE run = ? ORDER BY first"};
  std::optional<Query> query_;
  PostingBlock block_;
  std::vector<Posting> postings_;
  std::size_t at_ = SIZE_MAX;
  Posting posting_ = 0;
};

using Readers = std::vector<std::unique_ptr<RunReader>>;

Result<void> merge_postings(Database& database, std::uint64_t run, const Readers& readers) {
  BlockWriter writer(database, run);
  std::vector<RunReader*> open;
  for (const auto& reader : readers) {
    HF_TRY(const bool has_one, reader->next());
    if (has_one) open.push_back(reader.get());
  }
  while (!open.empty()) {
    const auto lowest = std::ranges::min_element(
        open, {}, [](const RunReader* reader) { return reader->posting(); });
    HF_TRY(writer.add((*lowest)->posting()));
    HF_TRY(const bool has_one, (*lowest)->next());
    if (!has_one) open.erase(lowest);
  }
  return writer.finish();
}

// Which rows of the run are there, from first_row on.
Result<std::vector<bool>> alive_in(Database& database, const Run& run) {
  std::vector<bool> alive(std::size_t{run.last_row} - run.first_row + 1, run.dead == 0);
  if (run.dead == 0) return alive;
  Statement select(database, "SELECT id FROM rows WHERE id BETWEEN ? AND ?");
  Query row = select.with(run.first_row, run.last_row);
  HF_TRY(row.each([&] {
    alive.at(row.u64() - run.first_row) = true;
    return row.intact();
  }));
  return alive;
}

// Where each row of a merged run was.
struct Origin {
  Place place;
  std::uint32_t run = 0;
  std::uint32_t at = 0;
};

}  // namespace

Result<std::vector<Run>> read_runs(Database& database) {
  Statement select(database,
                   "SELECT id, first_row, last_row, rows, dead, newest_ms, oldest_ms FROM runs "
                   "ORDER BY first_row");
  std::vector<Run> runs;
  Query row = select.with();
  HF_TRY(row.each([&]() -> Result<void> {
    Run run;
    run.id = row.u64();
    run.first_row = row.u32();
    run.last_row = row.u32();
    run.rows = row.u32();
    run.dead = row.u32();
    run.newest_ms = row.i64();
    run.oldest_ms = row.i64();
    HF_TRY(row.intact());
    const bool is_sound = run.id <= UINT32_MAX && run.first_row <= run.last_row && run.rows > 0 &&
                          run.rows <= kPlacesMax && run.dead <= run.rows;
    if (!is_sound) return database.damaged("run");
    runs.push_back(run);
    return {};
  }));
  return runs;
}

bool decode_places(ByteView bytes, std::vector<Place>& out) {
  ByteReader reader(bytes);
  while (!reader.at_end()) {
    Place place;
    place.start_ms = reader.i64();
    place.row = reader.u32();
    if (!reader.ok()) return false;
    out.push_back(place);
  }
  return true;
}

Result<void> RunWriter::add_row(const Place& row, std::span<const Term> terms) {
  const auto place = static_cast<std::uint32_t>(places_.size());
  places_.push_back(row);
  for (const Term term : terms) postings_.push_back(posting_of(term, place));
  if (places_.size() < kHeldRows && postings_.size() < kHeldPostings) return {};
  return flush();
}

void RunWriter::take_back() {
  places_.clear();
  postings_.clear();
}

Result<void> RunWriter::flush() {
  if (places_.empty()) return {};
  std::vector<std::uint32_t> order(places_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&](std::uint32_t left, std::uint32_t right) {
    return is_newer(places_[left], places_[right]);
  });
  std::vector<std::uint32_t> place_of(order.size());
  std::vector<Place> sorted(order.size());
  for (std::uint32_t place = 0; place < order.size(); ++place) {
    place_of[order[place]] = place;
    sorted[place] = places_[order[place]];
  }
  for (Posting& posting : postings_) {
    posting = posting_of(term_in(posting), place_of[place_in(posting)]);
  }
  std::ranges::sort(postings_);
  postings_.erase(std::ranges::unique(postings_).begin(), postings_.end());

  HF_TRY(const std::uint64_t id, new_run_id(database_));
  HF_TRY(write_run_row(database_, run_of(id, sorted)));
  HF_TRY(write_places(database_, id, sorted));
  BlockWriter blocks(database_, id);
  for (const Posting posting : postings_) HF_TRY(blocks.add(posting));
  HF_TRY(blocks.finish());
  take_back();
  return merge_small();
}

// A level is merged when it has eight runs of its own: runs of a lower one that stand between these
// go with them, and make nothing be written anew by themselves.
Result<void> RunWriter::merge_small() {
  std::uint32_t level_begin = 0;
  for (const std::uint32_t level_end : kLevels) {
    HF_TRY(const std::vector<Run> runs, read_runs(database_));
    std::size_t merged = 0;
    std::size_t of_level = 0;
    std::uint32_t rows = 0;
    for (auto run = runs.rbegin(); run != runs.rend() && run->rows < level_end; ++run) {
      if (rows + run->rows > kPlacesMax) break;
      rows += run->rows;
      ++merged;
      if (run->rows >= level_begin) ++of_level;
    }
    if (of_level >= kMergedAtOnce) HF_TRY(merge(std::span(runs).last(merged)));
    level_begin = level_end;
  }
  return {};
}

Result<void> RunWriter::merge(std::span<const Run> runs) {
  std::vector<Origin> origins;
  std::vector<Bytes> classes;
  Readers readers;
  for (std::uint32_t i = 0; i < runs.size(); ++i) {
    HF_TRY(const std::vector<Place> places, read_places(database_, runs[i]));
    HF_TRY(const std::vector<bool> alive, alive_in(database_, runs[i]));
    HF_TRY(classes.emplace_back(), read_classes(database_, runs[i]));
    for (std::uint32_t at = 0; at < places.size(); ++at) {
      if (alive[places[at].row - runs[i].first_row]) origins.push_back({places[at], i, at});
    }
    readers.push_back(std::make_unique<RunReader>(database_, runs[i]));
    readers.back()->new_places.assign(places.size(), kDead);
  }
  std::ranges::sort(origins, is_newer, &Origin::place);
  std::vector<Place> places(origins.size());
  Bytes new_classes(origins.size());
  for (std::uint32_t place = 0; place < origins.size(); ++place) {
    const Origin& origin = origins[place];
    readers[origin.run]->new_places[origin.at] = place;
    places[place] = origin.place;
    new_classes[place] = classes[origin.run][origin.at];
  }
  if (!places.empty()) {
    HF_TRY(const std::uint64_t id, new_run_id(database_));
    HF_TRY(write_run_row(database_, run_of(id, places)));
    HF_TRY(write_places(database_, id, places));
    HF_TRY(write_classes(database_, id, new_classes));
    HF_TRY(merge_postings(database_, id, readers));
  }
  for (const Run& run : runs) HF_TRY(remove(run));
  return {};
}

Result<void> RunWriter::remove(const Run& run) {
  Statement blocks(database_, "DELETE FROM blocks WHERE run = ?");
  HF_TRY(blocks.with(run.id).run());
  Statement places(database_, "DELETE FROM places WHERE id BETWEEN ? AND ?");
  HF_TRY(places.with(part_id(run.id, 0), part_id(run.id + 1, 0) - 1).run());
  Statement classes(database_, "DELETE FROM classes WHERE id BETWEEN ? AND ?");
  HF_TRY(classes.with(part_id(run.id, 0), part_id(run.id + 1, 0) - 1).run());
  Statement row(database_, "DELETE FROM runs WHERE id = ?");
  return row.with(run.id).run();
}

Result<void> RunWriter::count_dead(std::uint32_t first_row, std::uint32_t last_row) {
  Statement update(database_,
                   "UPDATE runs SET dead = dead + (SELECT count(*) FROM rows WHERE rows.id "
                   "BETWEEN max(runs.first_row, ?1) AND min(runs.last_row, ?2)) "
                   "WHERE first_row <= ?2 AND last_row >= ?1");
  return update.with(first_row, last_row).run();
}

Result<void> RunWriter::drop_dead() {
  HF_TRY(const std::vector<Run> runs, read_runs(database_));
  for (const Run& run : runs) {
    if (run.dead > run.rows / 2) HF_TRY(merge(std::span(&run, 1)));
  }
  return {};
}

Result<void> RunWriter::set_classes(
    const std::function<std::uint8_t(std::uint32_t row)>& class_of) {
  HF_TRY(const std::vector<Run> runs, read_runs(database_));
  for (const Run& run : runs) {
    HF_TRY(const std::vector<Place> places, read_places(database_, run));
    Bytes classes;
    for (const Place& place : places) classes.push_back(class_of(place.row));
    HF_TRY(write_classes(database_, run.id, classes));
  }
  return {};
}

}  // namespace holdfast::catalog

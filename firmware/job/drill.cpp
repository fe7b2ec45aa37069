// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/drill.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "firmware/job/content_ends.h"
#include "firmware/job/drill_history.h"
#include "firmware/job/drill_rows.h"
#include "firmware/job/drill_sample.h"
#include "firmware/job/proof_note.h"
#include "firmware/job/record_index_file.h"
#include "firmware/job/record_tree.h"
#include "firmware/job/recording_facts.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/loss.h"
#include "hal/base/path.h"

namespace holdfast::job {

std::string_view name_of(DrillFinding finding) {
  constexpr std::array kNames = {
#define HOLDFAST_NAME(name) std::string_view(#name),
      HOLDFAST_DRILL_FINDINGS(HOLDFAST_NAME)
#undef HOLDFAST_NAME
  };
  return kNames.at(static_cast<std::size_t>(finding));
}

std::string_view name_of(Heard heard) {
  constexpr std::array kNames = {
#define HOLDFAST_NAME(name) std::string_view(#name),
      HOLDFAST_HEARD(HOLDFAST_NAME)
#undef HOLDFAST_NAME
  };
  return kNames.at(static_cast<std::size_t>(heard));
}

std::string_view name_of(ComparedIndex index) {
  constexpr std::array<std::string_view, 4> kNames = {"none", "compared", "newer", "missing"};
  return kNames.at(static_cast<std::size_t>(index));
}

namespace {

// Items that are looked at for one that has a shard to spare.
constexpr std::size_t kSpareTriesMax = 100;
constexpr std::int64_t kMillisecond_ns = 1'000'000;

// Without its holes, which take no bytes.
std::uint64_t content_size_of(const vault::Item& item) {
  if (item.data_runs.empty()) return item.size;
  std::uint64_t bytes = 0;
  for (const ports::DataRun& run : item.data_runs) bytes += run.length;
  return bytes;
}

bool is_of_row(DrillFinding finding) {
  return finding == DrillFinding::row_missing || finding == DrillFinding::row_unbound;
}

class Drill {
 public:
  Drill(vault::Business& business, const DrillRequest& request)
      : business_(business), request_(request) {}

  Result<DrillReport> run();

 private:
  Result<void> restore(const vault::Item& item);
  void draw(const DrilledItem& drilled, Bytes content);
  Result<void> hear();
  Result<void> compare_rows();
  void compare_sound(const Outcome& outcome);
  Result<void> look_up(RowLookup& lookup, const BoundRow& bound);
  Result<void> note_unread(const std::string& path, Error error);
  Result<bool> is_written(const std::string& path);
  void settle_index(ComparedIndex index);
  Result<void> read_without_a_disk();
  struct Spare {
    const vault::Item* item = nullptr;
    DiskId disk;
  };
  Result<std::vector<Spare>> find_spares();
  void count_good();
  Result<void> note();
  void note_lost(const vault::IndexEntry& subtree);
  void update_progress();
  DrilledItem* drilled(const std::string& path);

  vault::Business& business_;
  const DrillRequest& request_;
  DrillSample sample_;
  DrillReport report_;
  std::set<std::string> lost_subtrees_;  // first paths: each is told once
  struct Draw {
    std::string path;
    Bytes content;
  };
  Draw to_hear_;  // of the recordings so far each by the same chance; no path: there was none
  std::uint64_t drawn_from_ = 0;
};

// What came out of one reading of an item.
struct Reading {
  Result<void> done;
  std::uint64_t bytes = 0;
  bool is_right = false;     // all was read, and it has the digest and size of the tree
  bool was_decoded = false;  // from parity
};

// The digest is taken of what a restore would write, and not where the reader takes it.
// `kept` gets the bytes, if there is one.
Reading read_item(vault::ContentReader& reader, const vault::Item& item, const StopFlag* stop,
                  ContentEnds& ends, Bytes* kept = nullptr) {
  Reading reading{{}, 0, false, false};
  Sha256 digest;
  const auto take = [&](std::uint64_t /*offset*/, ByteView bytes) -> Result<void> {
    HF_TRY(check_stop(stop));
    digest.update(bytes);
    ends.take(bytes);
    if (kept != nullptr) kept->insert(kept->end(), bytes.begin(), bytes.end());
    reading.bytes += bytes.size();
    reading.was_decoded = reading.was_decoded || reader.decoded_bytes() > 0;
    return {};
  };
  reading.done = reader.read_item(item, take);
  const bool has_digest = item.chunks.empty() || digest.finish() == item.digest;
  reading.is_right =
      reading.done.has_value() && has_digest && reading.bytes == content_size_of(item);
  return reading;
}

Result<DrillReport> Drill::run() {
  ports::Clock& clock = business_.box().ports().clock;
  HF_CHECK(request_.items > 0);
  // One at a time, so that no line of the history is lost.
  HF_TRY(const auto lock, business_.box().lock("drill-" + business_.id().hex()));
  const std::int64_t start_ns = clock.monotonic_ns();
  HF_TRY(sample_, choose_items(business_, request_.snapshot, request_.items, request_.stop,
                               request_.progress,
                               [this](const vault::IndexEntry& subtree) { note_lost(subtree); }));
  report_.items_total = sample_.total;
  for (const vault::Item& item : sample_.items) HF_TRY(restore(item));
  HF_TRY(hear());
  HF_TRY(compare_rows());
  HF_TRY(read_without_a_disk());
  HF_TRY(check_stop(request_.stop));
  count_good();
  report_.duration_ns = clock.monotonic_ns() - start_ns;
  report_.ended = clock.now();
  if (auto noted = note(); !noted) {
    if (noted.error().code == ErrorCode::power_cut) return std::move(noted.error());
    report_.not_noted = std::move(noted.error());
  }
  return std::move(report_);
}

// Each by a reader of its own, so that nothing comes from what another one has in memory.
Result<void> Drill::restore(const vault::Item& item) {
  HF_TRY(const auto reader, vault::ContentReader::open(business_));
  const std::uint64_t made_up = business_.made_up();
  ContentEnds ends;
  Bytes content;
  const bool may_be_heard =
      request_.hear && item.data_runs.empty() && item.size <= DrillRequest::kHeardMax;
  Reading reading =
      read_item(*reader, item, request_.stop, ends, may_be_heard ? &content : nullptr);
  DrilledItem& drilled = report_.items.emplace_back();
  drilled.path = item.path;
  drilled.bytes = reading.bytes;
  drilled.came_back = reading.is_right;
  drilled.rebuilt = reading.is_right && (reading.was_decoded || business_.made_up() > made_up);
  if (!reading.done && !vault::is_loss(reading.done.error())) return reading.done;
  if (!reading.done) {
    drilled.is_lost = true;
    report_.lost.add(item.path, std::move(reading.done.error()));
  } else if (!reading.is_right) {
    report_.differences.push_back({DrillFinding::content, item.path, {}, 0});
  } else if (item.data_runs.empty()) {
    drilled.sound = probe(item, ends);
    if (may_be_heard) draw(drilled, std::move(content));
  }
  report_.bytes += reading.is_right ? reading.bytes : 0;
  update_progress();
  return {};
}

// One whose header says that it is no recording, or a broken one, proves nothing.
void Drill::draw(const DrilledItem& drilled, Bytes content) {
  if (drilled.sound->audio != records::AudioState::sound) return;
  ports::Random& random = business_.box().ports().random;
  if (random_below(random, ++drawn_from_) == 0) to_hear_ = {drilled.path, std::move(content)};
}

Result<void> Drill::hear() {
  if (to_hear_.path.empty()) return {};
  HF_TRY(const Heard heard, request_.hear(to_hear_.path, std::move(to_hear_.content)));
  report_.heard = {to_hear_.path, heard};
  return {};
}

void Drill::update_progress() {
  if (request_.progress == nullptr) return;
  request_.progress->update(
      {"drilling", report_.items.size(), sample_.items.size(), report_.bytes, 0});
}

DrilledItem* Drill::drilled(const std::string& path) {
  const auto found = std::ranges::lower_bound(report_.items, path, PathLess(), &DrilledItem::path);
  return found == report_.items.end() || found->path != path ? nullptr : &*found;
}

// By what the snapshot itself says of its recordings and rows.
Result<void> Drill::compare_rows() {
  if (!request_.definition || !request_.definition->has_rows()) return {};
  std::set<std::string> paths;
  for (const DrilledItem& item : report_.items) paths.insert(item.path);
  HF_TRY(RowLookup lookup, RowLookup::open(business_, request_.snapshot));
  BoundRows rows(
      business_, request_.snapshot, *request_.definition, request_.stop,
      [this](const std::string& path, Error error) { return note_unread(path, std::move(error)); });
  HF_TRY(rows.for_each(
      paths, [this](const Outcome& outcome) { compare_sound(outcome); },
      [&](const BoundRow& bound) { return look_up(lookup, bound); }));
  HF_TRY(lookup.look_whether_newer());
  settle_index(lookup.state());
  return {};
}

void Drill::compare_sound(const Outcome& outcome) {
  report_.recordings += 1;
  const DrilledItem* item = drilled(outcome.recording);
  const auto was = records::audio_state_named(outcome.audio);
  if (!item->sound || was != records::AudioState::sound) return;
  if (item->sound->audio != *was) {
    report_.differences.push_back({DrillFinding::audio, item->path, {}, 0});
  } else if (item->sound->duration_ms != outcome.duration_ms) {
    report_.differences.push_back({DrillFinding::length, item->path, {}, 0});
  }
}

Result<void> Drill::look_up(RowLookup& lookup, const BoundRow& bound) {
  for (const std::string& recording : bound.recordings) {
    HF_TRY(const auto wrong, lookup.look_up(bound, recording));
    if (wrong) {
      report_.differences.push_back({*wrong, recording, bound.item, bound.row.number});
    } else {
      drilled(recording)->rows += 1;
    }
  }
  return {};
}

// What the index lacks while it is another snapshot's is no difference; that there is none is one.
void Drill::settle_index(ComparedIndex index) {
  report_.index = index;
  if (index != ComparedIndex::compared) {
    std::erase_if(report_.differences,
                  [](const DrillDifference& each) { return is_of_row(each.finding); });
  }
  if (index == ComparedIndex::missing) {
    report_.differences.push_back({DrillFinding::no_index, {}, {}, 0});
  }
}

// Of an item with rows, or a file that says what they are bound to.
Result<void> Drill::note_unread(const std::string& path, Error error) {
  if (error.code == ErrorCode::names_lost) {
    if (lost_subtrees_.insert(path).second) report_.lost.add(path, std::move(error));
  } else if (vault::is_loss(error)) {
    if (DrilledItem* item = drilled(path); item == nullptr || item->came_back) {
      report_.lost.add(path, std::move(error));
    }
  } else if (error.code == ErrorCode::no_item) {
    HF_TRY(const bool is_pruned, is_written(path));
    if (!is_pruned) report_.differences.push_back({DrillFinding::row_unread, {}, path, 0});
  } else if (error.code == ErrorCode::denied || name_of(error.code).starts_with("rows_")) {
    report_.differences.push_back({DrillFinding::row_unread, {}, path, 0});
  } else {
    return error;
  }
  return {};
}

// Whether the snapshot had that item before any prune.
Result<bool> Drill::is_written(const std::string& path) {
  HF_TRY(const auto nodes, vault::ContentReader::open(business_));
  RecordTree tree(*nodes, vault::written_tree_of(request_.snapshot), nullptr, request_.stop,
                  [](const vault::IndexEntry& /*subtree*/) {});
  HF_TRY(const auto item, tree.find(path));
  return item.has_value();
}

void Drill::note_lost(const vault::IndexEntry& subtree) {
  if (!lost_subtrees_.insert(subtree.first_path).second) return;
  report_.lost.add_lost_names(subtree.first_path, subtree.items);
}

Result<std::vector<Drill::Spare>> Drill::find_spares() {
  std::vector<Spare> spares;
  for (std::size_t i = 0; i < sample_.items.size() && spares.size() < kSpareTriesMax; ++i) {
    const DrilledItem& drilled = report_.items[i];
    if (!drilled.came_back || drilled.rebuilt) continue;  // of these parity was read already
    HF_TRY(const auto reader, vault::ContentReader::open(business_));
    auto disk = reader->spare_disk_of(sample_.items[i]);
    if (!disk && !vault::is_loss(disk.error())) return std::move(disk.error());
    if (disk && *disk) spares.push_back({&sample_.items[i], **disk});
  }
  return spares;
}

// A disk by chance, and of what lies on it an item by chance: parity is read, not only kept.
Result<void> Drill::read_without_a_disk() {
  HF_TRY(const std::vector<Spare> spares, find_spares());
  if (spares.empty()) return {};
  ports::Random& random = business_.box().ports().random;
  std::map<DiskId, std::vector<const vault::Item*>> on_disks;
  for (const Spare& spare : spares) on_disks[spare.disk].push_back(spare.item);
  const auto nth = static_cast<std::ptrdiff_t>(random_below(random, on_disks.size()));
  const auto& [disk, items] = *std::next(on_disks.begin(), nth);
  const vault::Item& item = *items[random_below(random, items.size())];
  HF_TRY(const auto reader, vault::ContentReader::open(business_));
  reader->leave_out(disk);
  ContentEnds ends;
  Reading reading = read_item(*reader, item, request_.stop, ends);
  if (!reading.done && !vault::is_loss(reading.done.error())) return reading.done;
  report_.without = {item.path, disk, reading.is_right};
  if (!reading.is_right) {
    report_.differences.push_back({DrillFinding::parity, item.path, {}, 0});
  }
  return {};
}

void Drill::count_good() {
  std::set<std::string_view> differ;
  for (const DrillDifference& each : report_.differences) differ.insert(each.path);
  report_.bytes = 0;  // so far of all that came back
  for (DrilledItem& item : report_.items) {
    const bool is_sound = item.sound && item.sound->audio == records::AudioState::sound;
    item.is_good = item.came_back && !differ.contains(item.path);
    report_.items_good += item.is_good ? 1 : 0;
    report_.bytes += item.is_good ? item.bytes : 0;
    report_.rebuilt += item.rebuilt ? 1 : 0;
    report_.sound += is_sound ? 1 : 0;
    report_.rows += item.rows;
  }
}

Result<void> Drill::note() {
  ports::Disk& home = business_.box().ports().home;
  PastDrill past;
  past.time = report_.ended;
  past.duration_ms = static_cast<std::uint64_t>(report_.duration_ns / kMillisecond_ns);
  past.snapshot = request_.snapshot.head.number;
  past.items = report_.items_good;
  past.items_total = report_.items_total;
  past.bytes = report_.bytes;
  past.rows = report_.rows;
  past.rebuilt = report_.rebuilt;
  past.without = report_.without ? 1 : 0;
  past.differences = report_.differences.size();
  past.lost = report_.lost.count;
  past.good = report_.is_good();
  HF_TRY(note_drill(home, business_.id(), past));
  return note_proof(home, business_.id(),
                    {ProofKind::drill, past.time, past.snapshot, past.items, past.items_total,
                     past.bytes, past.differences + past.lost, past.good});
}

}  // namespace

Result<catalog::SnapshotRow> snapshot_to_drill(vault::Business& business) {
  HF_TRY(auto newest, newest_with_records(business));
  if (newest) return std::move(*newest);
  return make_error(ErrorCode::no_snapshot, business.name(), {{"snapshot", "latest"}});
}

Result<DrillReport> run_drill(vault::Business& business, const DrillRequest& request) {
  return Drill(business, request).run();
}

}  // namespace holdfast::job

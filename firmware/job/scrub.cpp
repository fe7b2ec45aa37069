// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/scrub.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <tuple>

#include "firmware/job/damaged_shards.h"
#include "firmware/job/due_packs.h"
#include "firmware/job/lost_items.h"
#include "firmware/job/pack_needs.h"
#include "firmware/job/proved_packs.h"
#include "firmware/job/scrub_findings.h"
#include "firmware/job/scrub_note.h"
#include "firmware/job/strays.h"
#include "firmware/vault/lost_packs.h"

namespace holdfast::job {

namespace {

constexpr std::int64_t kNotePeriod_ns = 10'000'000'000;
constexpr std::int64_t kDay_ns = 86'400'000'000'000;

class Scrub {
 public:
  Scrub(vault::Box& box, pool::Pool& pool, const ScrubRequest& request)
      : box_(box), pool_(pool), request_(request) {}

  [[nodiscard]] Result<void> prepare();
  [[nodiscard]] ScrubSummary run();

 private:
  void go_on_from_note();
  void keep_due(DueRequest request);
  void note_speed(std::int64_t duration_ns);
  void keep_less_proved();
  [[nodiscard]] Result<void> look_at_copies();
  void tell_strays();
  [[nodiscard]] Result<void> look_at_all();
  [[nodiscard]] Result<void> work();
  [[nodiscard]] std::optional<std::size_t> take();
  [[nodiscard]] Result<void> look_at(const PoolPack& pack, pool::PackMemory& memory);
  [[nodiscard]] Result<bool> look_at_sums(const PoolPack& pack, pool::PackMemory& memory);
  [[nodiscard]] bool is_to_trim(const PoolPack& pack) const;
  [[nodiscard]] Result<void> trim(const PoolPack& pack, pool::PackMemory& memory);
  [[nodiscard]] Result<void> heal(const PoolPack& pack, pool::PackMemory& memory);
  void note_proof(const pool::ScrubReport& found);
  void add(const PoolPack& pack, const pool::ScrubReport& found);
  void note_damaged(const PoolPack& pack, const pool::ScrubReport& found);
  void note_damaged(const PoolPack& pack, const pool::HealReport& healed);
  void add(const PoolPack& pack, const pool::HealReport& healed);
  void note_coding(const PoolPack& pack, const pool::ShardHeader& shape);
  void add_lost(const PoolPack& pack, bool has_enough_shards);
  void finish(std::size_t place);
  void keep_notes();
  void keep_proved();
  void tell_notes_failed(Error error);
  [[nodiscard]] Result<void> note_packs();
  void keep_codings();
  [[nodiscard]] Result<void> note_round();
  [[nodiscard]] Result<void> note_mended();
  [[nodiscard]] Result<void> tell_lost();
  [[nodiscard]] std::string place_of(const DiskId& id) const;
  [[nodiscard]] bool is_heal() const { return request_.heal && !request_.dry_run; }
  // Of all packs, by this call and those that it goes on from.
  [[nodiscard]] bool is_round() const { return !request_.only_missing && !request_.only_known; }

  vault::Box& box_;
  pool::Pool& pool_;
  const ScrubRequest& request_;
  Businesses businesses_;
  std::vector<PoolPack> packs_;          // in the order in which they are looked at
  std::size_t first_ = 0;                // how many come first, out of the order of names
  std::uint64_t bytes_total_ = 0;        // of packs
  std::vector<pool::StrayFile> strays_;  // beside what is known of packs
  std::vector<pool::DiskStatus> disks_;  // before the first pack
  bool sees_all_ = false;                // every business could be opened
  PackSet noted_;                        // as lost, before this call

  std::mutex mutex_;  // of all below
  ScrubSummary summary_;
  ScrubNote note_;
  ProvedPacks proved_;
  DamagedShards damaged_;
  ScrubRound round_;                 // this one
  std::uint64_t bytes_written_ = 0;  // of shards
  std::size_t next_ = 0;
  std::set<std::size_t> in_work_;
  bool failed_ = false;
  std::uint64_t bytes_done_ = 0;  // of packs
  std::int64_t next_note_ns_ = 0;
  std::vector<PackSet> lost_packs_;                     // named ones, by business
  std::vector<std::vector<catalog::PackRow>> codings_;  // other than the catalog's, by business
  // What the notes in home do not say yet: packs with their businesses.
  std::vector<std::pair<Digest, std::size_t>> newly_lost_;
  std::vector<std::pair<Digest, std::size_t>> newly_proved_;
  bool notes_failed_ = false;
};

Result<void> Scrub::prepare() {
  businesses_ = open_businesses(box_, summary_.problems);
  sees_all_ = summary_.problems.count == 0;
  HF_TRY(packs_, list_pool_packs(pool_, businesses_, request_.stop));
  if (is_round()) {
    HF_TRY(strays_, find_strays(box_, packs_, request_.stop));
  }
  disks_ = pool_.status();
  lost_packs_.resize(businesses_.size());
  codings_.resize(businesses_.size());
  for (const pool::DiskStatus& disk : disks_) {
    if (disk.state == pool::DiskState::missing) summary_.disks_away.push_back(disk.path);
  }
  HF_TRY(noted_, noted_lost_packs(box_.ports().home, businesses_));
  round_.heals = request_.heal;
  round_.begun = box_.ports().clock.now();
  note_ = load_scrub_note(box_.ports().home);
  // Until this one has looked, what the one before found stands.
  if (const ScrubRound* before = note_.newest()) {
    round_.copies_bad = before->copies_bad;
    round_.entries_lost = before->entries_lost;
    round_.bytes_written = before->bytes_written;
    round_.work_ms = before->work_ms;
  }
  damaged_ = DamagedShards::load(box_.ports().home, note_.shards_bad() > 0);
  proved_ = ProvedPacks::load(box_.ports().home);
  if (request_.full) proved_.clear();
  DueRequest due;
  for (const PoolPack& pack : packs_) {
    due.bytes_all += pack.hint.pack_size;
    due.bytes_most = std::max<std::uint64_t>(due.bytes_most, pack.hint.pack_size);
  }
  if (request_.only_missing) {
    std::erase_if(packs_, lies_as_it_should);
  } else if (request_.only_known) {
    HF_TRY(const auto needs, keep_known(packs_, pool_, damaged_, noted_, request_.waited_for));
    summary_.shards_unhealed = needs.shards_unplaced;
    summary_.packs_waiting = needs.waiting;
    for (const PoolPack& pack : needs.lost) add_lost(pack, false);
  } else if (!request_.dry_run && sees_all_) {
    go_on_from_note();
  }
  // Without all businesses it is no part of a round, and what is left out would never be due.
  if (request_.cycle_days > 0 && sees_all_) keep_due(due);
  if (request_.heal) {
    std::ranges::sort(packs_, {}, [](const PoolPack& pack) {
      const bool first = comes_first(pack);
      return std::tuple(!first, first ? pack.spare : 0, pack.name);
    });
    first_ = static_cast<std::size_t>(std::ranges::count_if(packs_, comes_first));
  }
  for (const PoolPack& pack : packs_) bytes_total_ += pack.hint.pack_size;
  keep_less_proved();
  return {};
}

// What heal is about to write is proved no more, and not only once it has written it.
void Scrub::keep_less_proved() {
  if (is_heal()) {
    for (const PoolPack& pack : packs_) {
      if (!lies_as_it_should(pack) || pack.under_protected) proved_.remove(pack.name);
    }
  }
  keep_proved();
}

void Scrub::go_on_from_note() {
  const auto& before = note_.current;
  const bool goes_on = before && !request_.full && before->cursor && before->heals == request_.heal;
  if (!goes_on) return damaged_.begin_round();
  round_ = *before;
  // What is lost is looked at, and listed, again; by a heal also what lacks shards.
  round_.packs_lost = 0;
  if (request_.heal) round_.shards_missing = 0;
  summary_.packs_before = round_.packs;
  summary_.shards_before = round_.shards_missing + round_.shards_bad;
  std::erase_if(packs_, [&](const PoolPack& pack) {
    const bool endangered = request_.heal && comes_first(pack);
    const bool lost = pack.spare < 0 || noted_.contains(pack.name);
    const bool is_new = request_.cycle_days > 0 && proved_.disks_of(pack.name).empty();
    return pack.name <= *round_.cursor && !endangered && !lost && !is_new;
  });
}

void Scrub::keep_due(DueRequest request) {
  const Timestamp now = box_.ports().clock.now();
  request.cycle_ns = request_.cycle_days * kDay_ns;
  round_.begun = begun_by_its_way(packs_, round_.begun, now, request);
  request.round_age_ns = now.ns - round_.begun.ns;
  const DuePacks due = job::keep_due(packs_, proved_, request);
  first_ = due.never_proved;
  summary_.left_undue = !due.are_all;
}

ScrubSummary Scrub::run() {
  ports::Clock& clock = box_.ports().clock;
  const std::int64_t start_ns = clock.monotonic_ns();
  next_note_ns_ = start_ns + kNotePeriod_ns;
  auto done = look_at_copies();
  if (done) tell_strays();
  if (done) done = look_at_all();
  summary_.complete = done.has_value() && sees_all_ && !summary_.left_undue;
  if (summary_.complete) {
    round_.ended = clock.now();
    round_.cursor.reset();
    if (is_round()) damaged_.end_round();
  }
  note_speed(clock.monotonic_ns() - start_ns);
  keep_notes();
  keep_codings();
  // What was found is told even if the rest was not looked at.
  auto told = tell_lost();
  for (auto* step : {&done, &told}) {
    if (!*step && !summary_.ended) summary_.ended = std::move(step->error());
  }
  summary_.duration_ns = clock.monotonic_ns() - start_ns;
  return std::move(summary_);
}

void Scrub::note_speed(std::int64_t duration_ns) {
  if (bytes_written_ <= round_.bytes_written) return;
  round_.bytes_written = bytes_written_;
  round_.work_ms = static_cast<std::uint64_t>(duration_ns) / 1'000'000;
}

// What is found is looked at again: a backup may be writing just there.
Result<void> Scrub::look_at_copies() {
  if (request_.only_missing) return {};
  Problems passing;
  HF_TRY(summary_.copies, job::look_at_copies(box_, request_.stop, passing));
  if (summary_.copies.count > 0) {
    if (is_heal()) {
      summary_.copies_unmended = summary_.copies.count;
      HF_TRY(mend_copies(box_, summary_.copies, request_.stop, summary_.problems));
    }
    passing = {};
    HF_TRY(CopiesReport again, job::look_at_copies(box_, request_.stop, passing));
    summary_.copies_unmended = again.count;
    if (!is_heal()) summary_.copies = std::move(again);
  }
  round_.copies_bad = is_heal() ? summary_.copies_unmended : summary_.copies.count;
  round_.entries_lost = 0;
  for (const LostEntries& lost : summary_.copies.lost) round_.entries_lost += lost.entries.count();
  for (Problem& problem : passing.kept) {
    summary_.problems.add(std::move(problem.path), std::move(problem.error));
  }
  return {};
}

// Those that no copy's damage is told of.
void Scrub::tell_strays() {
  for (pool::StrayFile& file : strays_) {
    const bool is_told = std::ranges::any_of(
        summary_.copies.kept, [&](const BadCopy& bad) { return bad.copy.path == file.path; });
    if (!is_told) add_stray(summary_, std::move(file));
  }
}

Result<void> Scrub::look_at_all() {
  HF_TRY(box_.ports().workers.run([this](std::size_t) -> Result<void> {
    auto done = work();
    const std::lock_guard lock(mutex_);
    failed_ = failed_ || !done;
    return done;
  }));
  return check_stop(request_.stop);
}

Result<void> Scrub::work() {
  pool::PackMemory memory;
  while (const auto place = take()) {
    HF_TRY(look_at(packs_[*place], memory));
    finish(*place);
  }
  return {};
}

std::optional<std::size_t> Scrub::take() {
  const std::lock_guard lock(mutex_);
  const bool stopped = request_.stop != nullptr && request_.stop->load();
  if (stopped || failed_ || next_ == packs_.size()) return std::nullopt;
  in_work_.insert(next_);
  return next_++;
}

Result<void> Scrub::look_at(const PoolPack& pack, pool::PackMemory& memory) {
  if (is_to_trim(pack)) return trim(pack, memory);
  HF_TRY(const bool done, look_at_sums(pack, memory));
  if (done) return {};
  if (is_heal()) return heal(pack, memory);
  const auto found = pool_.scrub_pack(pack.name, pack.hint, memory);
  if (!found && found.error().code != ErrorCode::not_found) return found.error();
  const std::lock_guard lock(mutex_);
  if (found) {
    summary_.packs_proved += found->proved ? 1 : 0;
    note_proof(*found);
    add(pack, *found);
  } else {
    add_lost(pack, false);
  }
  return {};
}

// True if the pack was proved before and nothing has changed since: then that was all.
Result<bool> Scrub::look_at_sums(const PoolPack& pack, pool::PackMemory& memory) {
  const bool to_write = is_heal() && (!lies_as_it_should(pack) || pack.under_protected);
  if (noted_.contains(pack.name) || to_write) return false;
  std::vector<DiskId> proved_on;
  {
    const std::lock_guard lock(mutex_);
    proved_on = proved_.disks_of(pack.name);
  }
  if (proved_on.empty()) return false;
  HF_TRY(const auto found, pool_.sum_pack(pack.name, pack.hint, proved_on, memory));
  if (!found || (is_heal() && !found->whole())) return false;
  const std::lock_guard lock(mutex_);
  add(pack, *found);
  return true;
}

bool Scrub::is_to_trim(const PoolPack& pack) const {
  return request_.trims && !request_.dry_run && pack.is_named && pack.surplus > 0 &&
         !noted_.contains(pack.name);
}

// It is looked at as by any scrub. The proof goes on what is left.
Result<void> Scrub::trim(const PoolPack& pack, pool::PackMemory& memory) {
  auto trimmed = pool_.trim_pack(pack.name, pack.hint, memory);
  if (!trimmed && trimmed.error().code != ErrorCode::not_found) return trimmed.error();
  const std::lock_guard lock(mutex_);
  if (!trimmed) {
    add_lost(pack, false);
    return {};
  }
  summary_.packs_proved += trimmed->found.proved ? 1 : 0;
  summary_.shards_removed += trimmed->removed ? 1 : 0;
  if (trimmed->failure) {
    summary_.problems.add(place_of(trimmed->failure->disk), std::move(trimmed->failure->error));
  }
  note_proof(trimmed->found);
  add(pack, trimmed->found);
  return {};
}

// A shard may be written: before that the pack is called proved no more.
Result<void> Scrub::heal(const PoolPack& pack, pool::PackMemory& memory) {
  {
    const std::lock_guard lock(mutex_);
    if (proved_.remove(pack.name)) keep_proved();
  }
  const auto healed = pool_.heal_pack(pack.name, pack.hint, memory);
  if (!healed && healed.error().code != ErrorCode::not_found) return healed.error();
  const std::lock_guard lock(mutex_);
  if (!healed) {
    add_lost(pack, false);
    return {};
  }
  summary_.packs_proved += healed->found.proved ? 1 : 0;
  // Of a thin pack more may have been written than is told.
  const bool is_thin = healed->found.shape && healed->found.shape->under_protected;
  if (healed->written.empty() && healed->failures.empty() && !is_thin) note_proof(healed->found);
  add(pack, healed->found);
  add(pack, *healed);
  return {};
}

void Scrub::note_proof(const pool::ScrubReport& found) {
  const bool all_right = found.proved && found.other_files.empty() &&
                         std::ranges::all_of(found.shards, &pool::ShardState::intact);
  if (!all_right) {
    proved_.remove(found.pack);
    return;
  }
  std::vector<DiskId> disks;
  for (const pool::ShardState& shard : found.shards) disks.push_back(shard.disk);
  proved_.add(found.pack, disks);
}

void Scrub::add(const PoolPack& pack, const pool::ScrubReport& found) {
  summary_.bytes_read += found.bytes_read;
  add_missing(summary_, pack.name, found);
  if (!is_heal() && found.shape && found.shape->under_protected) summary_.under_protected += 1;
  std::uint64_t bad = 0;
  for (const pool::ShardState& shard : found.shards) {
    if (shard.intact()) continue;
    if (shard.needless) {
      add_stray(summary_, {shard.disk, shard.path});
      continue;
    }
    bad += 1;
    add_damages(summary_, shard, pack.name);
  }
  for (const pool::StrayFile& file : found.strays) add_stray(summary_, file);
  summary_.shards_bad += bad;
  note_damaged(pack, found);
  if (!found.proved) return add_lost(pack, has_enough_shards(pack, found));
  if (!is_heal()) round_.shards_missing += found.missing.size() + found.crowded.size();
  if (!is_heal()) round_.shards_bad += bad;
  if (noted_.contains(pack.name)) newly_proved_.emplace_back(pack.name, pack.business);
}

void Scrub::note_damaged(const PoolPack& pack, const pool::ScrubReport& found) {
  std::vector<pool::PlacedShard> shards;
  for (const pool::ShardState& shard : found.shards) {
    if (!shard.intact()) shards.push_back({shard.index, shard.disk});
  }
  damaged_.set(pack.name, found.shape ? found.shape->generation : pack.hint.generation, shards);
}

// What is left of it after a heal. A shard that was written elsewhere leaves the damaged one.
void Scrub::note_damaged(const PoolPack& pack, const pool::HealReport& healed) {
  if (healed.recoded) return damaged_.set(pack.name, healed.recoded->generation, {});
  pool::ScrubReport left = healed.found;
  std::erase_if(left.shards, [&](const pool::ShardState& shard) {
    return std::ranges::any_of(healed.written, [&](const pool::HealedShard& written) {
      return written.replaced && written.index == shard.index && written.disk == shard.disk;
    });
  });
  note_damaged(pack, left);
}

void Scrub::add(const PoolPack& pack, const pool::HealReport& healed) {
  note_damaged(pack, healed);
  if (healed.under_protected) summary_.under_protected += 1;
  if (healed.recoded) summary_.packs_recoded += 1;
  summary_.shards_written += healed.written.size();
  if (const auto& shape = healed.recoded ? healed.recoded : healed.found.shape) {
    bytes_written_ += healed.written.size() * shape->file_size();
  }
  for (const pool::HealFailure& failure : healed.failures) {
    summary_.problems.add(place_of(failure.disk), failure.error);
  }
  if (!healed.found.proved) return;  // it counts as lost
  summary_.shards_unhealed += healed.unhealed.size();
  note_coding(pack, healed.recoded ? *healed.recoded : *healed.found.shape);
  for (const std::uint8_t index : healed.unhealed) {
    const auto is_in = [&](const std::vector<std::uint8_t>& indices) {
      return std::ranges::find(indices, index) != indices.end();
    };
    const bool missing = is_in(healed.found.missing) || is_in(healed.found.crowded);
    (missing ? round_.shards_missing : round_.shards_bad) += 1;
  }
}

// Where people find it.
std::string Scrub::place_of(const DiskId& id) const {
  const auto disk = std::ranges::find(disks_, id, &pool::DiskStatus::id);
  return disk == disks_.end() ? id.hex() : disk->path;
}

// Backups rely on what the catalog says of it, and `status` tells it.
void Scrub::note_coding(const PoolPack& pack, const pool::ShardHeader& shape) {
  const bool is_known = pack.hint.geometry == shape.geometry &&
                        pack.hint.generation == shape.generation &&
                        pack.under_protected == shape.under_protected;
  if (is_known || pack.index_missing) return;
  catalog::PackRow row;
  row.pack.name = pack.name;
  row.hint = {shape.geometry, shape.generation};
  row.under_protected = shape.under_protected;
  codings_[pack.business].push_back(row);
}

// A pack that no journal names was never acknowledged, and the next run makes it again. That shards
// are missing everybody sees; what is wrong within them, only a note tells.
void Scrub::add_lost(const PoolPack& pack, bool has_enough_shards) {
  if (!pack.is_named) return;
  if (has_enough_shards) newly_lost_.emplace_back(pack.name, pack.business);
  summary_.lost_packs.push_back(pack.name);
  lost_packs_[pack.business].insert(pack.name);
  round_.packs_lost += 1;
}

void Scrub::finish(std::size_t place) {
  const std::lock_guard lock(mutex_);
  in_work_.erase(place);
  summary_.packs += 1;
  round_.packs += 1;
  bytes_done_ += packs_[place].hint.pack_size;
  if (request_.progress != nullptr) {
    request_.progress->update({is_heal() ? "healing" : "scrubbing", summary_.packs, packs_.size(),
                               bytes_done_, bytes_total_});
  }
  const std::size_t all_before = in_work_.empty() ? next_ : *in_work_.begin();
  if (all_before > first_) {
    const Digest& passed = packs_[all_before - 1].name;
    round_.cursor = round_.cursor ? std::max(*round_.cursor, passed) : passed;
  }
  const std::int64_t now_ns = box_.ports().clock.monotonic_ns();
  if (now_ns < next_note_ns_) return;
  next_note_ns_ = now_ns + kNotePeriod_ns;
  keep_notes();
}

// Of no weight for the work itself: where home cannot take them it goes on, and says so.
void Scrub::keep_notes() {
  if (request_.dry_run) return;
  auto kept = note_packs();
  if (kept) kept = note_round();
  if (!kept) tell_notes_failed(std::move(kept.error()));
  keep_proved();
}

void Scrub::keep_proved() {
  if (request_.dry_run) return;
  auto kept = proved_.store(box_.ports().home);
  if (!kept) tell_notes_failed(std::move(kept.error()));
}

void Scrub::tell_notes_failed(Error error) {
  if (!notes_failed_) summary_.problems.add(box_.ports().home.name(), std::move(error));
  notes_failed_ = true;
}

// While a backup runs the next heal does it.
void Scrub::keep_codings() {
  for (std::size_t i = 0; i < businesses_.size(); ++i) {
    if (codings_[i].empty()) continue;
    auto kept = businesses_[i]->note_codings(codings_[i]);
    if (kept || kept.error().code == ErrorCode::locked) continue;
    summary_.problems.add(businesses_[i]->name(), std::move(kept.error()));
  }
}

// For the next backup, and for `status`. Before the cursor passes them.
Result<void> Scrub::note_packs() {
  ports::Disk& home = box_.ports().home;
  while (!newly_lost_.empty()) {
    const auto& [pack, business] = newly_lost_.back();
    HF_TRY(vault::note_lost_pack(home, businesses_[business]->id(), pack));
    newly_lost_.pop_back();
  }
  while (!newly_proved_.empty()) {
    const auto& [pack, business] = newly_proved_.back();
    HF_TRY(vault::forget_lost_pack(home, businesses_[business]->id(), pack));
    newly_proved_.pop_back();
  }
  return damaged_.store(home);
}

// A call that did not see all businesses is no part of a round.
Result<void> Scrub::note_round() {
  if (request_.only_known) return note_mended();
  if (!sees_all_ || request_.only_missing) return {};
  (round_.ended ? note_.last : note_.current) = round_;
  if (round_.ended) note_.current.reset();
  return store_scrub_note(box_.ports().home, note_);
}

// The rounds go on as they were, and no more is known to be bad than what is left.
Result<void> Scrub::note_mended() {
  const std::uint64_t left = damaged_.count();
  for (auto* round : {&note_.last, &note_.current}) {
    if (*round && !damaged_.has_more()) (*round)->shards_bad = std::min((*round)->shards_bad, left);
  }
  auto& newest = note_.current ? note_.current : note_.last;
  if (!newest) return {};
  newest->copies_bad = summary_.copies_unmended;
  newest->bytes_written = round_.bytes_written;
  newest->work_ms = round_.work_ms;
  return store_scrub_note(box_.ports().home, note_);
}

Result<void> Scrub::tell_lost() {
  for (std::size_t i = 0; i < businesses_.size(); ++i) {
    if (lost_packs_[i].empty()) continue;
    HF_TRY(find_lost_items(*businesses_[i], lost_packs_[i], request_.stop, summary_.lost));
  }
  return {};
}

}  // namespace

Result<ScrubSummary> run_scrub(vault::Box& box, const ScrubRequest& request,
                               const ports::Lock* held) {
  HF_TRY(pool::Pool * pool, box.pool());
  box.ports().workers.give_way();
  const bool heals = request.heal && !request.dry_run;
  if (request.heal) HF_TRY(box.check_safe());
  std::unique_ptr<ports::Lock> lock;
  if (!request.dry_run && held == nullptr) {
    HF_TRY(lock, box.lock(kScrubLock));
  }
  if (heals) {
    HF_TRY(box.check_members_newest());
    HF_TRY(box.take_in_disks(vault::Box::Writer::heal));
  }
  Scrub scrub(box, *pool, request);
  HF_TRY(scrub.prepare());
  return scrub.run();
}

}  // namespace holdfast::job

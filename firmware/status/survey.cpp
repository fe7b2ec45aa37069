// SPDX-License-Identifier: Apache-2.0
#include "firmware/status/survey.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "firmware/job/last_run.h"
#include "firmware/job/outcome_files.h"
#include "firmware/job/proof_note.h"
#include "firmware/job/scrub_note.h"
#include "firmware/job/source_looks.h"
#include "firmware/pool/member_change.h"
#include "firmware/status/pool_fill.h"
#include "firmware/vault/disk_watch_note.h"
#include "firmware/vault/hot_note.h"
#include "firmware/vault/lost_packs.h"

namespace holdfast::status {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;

// Bytes free on the file system of home.
constexpr std::uint64_t kHomeLeast = kMiB;
constexpr std::uint64_t kHomeLittle = 256 * kMiB;
constexpr std::uint64_t kHomeLittleShare = 20;  // of a small one

// Bytes of packs that backups may still write: one pack, or a part of a pool of trials.
constexpr std::uint64_t kPoolLeast = 32 * kMiB;
constexpr std::uint64_t kPoolLeastShare = 64;

// A clock that is set by its time service now and then.
constexpr std::int64_t kClockSlack_ns = 600'000'000'000;
// Trusted time does not count while a box is off: more than that is worth a look.
constexpr std::int64_t kClockAhead_ns = 31 * Targets::kDay_ns;

RecordSums sums_of(const std::string& source, const job::StoredReport& report) {
  RecordSums sums;
  sums.source = source;
  sums.calls = report.count_of("sum", "calls");
  sums.rows = report.count_of("sum", "rows");
  sums.recordings = report.count_of("sum", "recordings");
  sums.bytes = report.count_of("sum", "bytes");
  sums.speech_ms = report.count_of("sum", "speech_ms");
  sums.verdict = report.verdict();
  return sums;
}

std::optional<Timestamp> time_of(const std::optional<Proof>& proof) {
  return proof ? std::optional(proof->time) : std::nullopt;
}

// Each look adds what it finds.
class Survey {
 public:
  Survey(vault::Box& box, const SurveyRequest& request, Memory& memory)
      : box_(box), request_(request), memory_(memory) {}

  [[nodiscard]] Result<Model> look();

 private:
  void look_at_pool();
  void look_at_disks(const pool::Pool& pool);
  [[nodiscard]] Result<void> look_at_packs(pool::Pool& pool);
  void look_at_scrub(const job::ScrubNote& scrub);
  void look_at_lost_packs();
  void look_at_business(const vault::BusinessName& name);
  [[nodiscard]] Targets targets_of(vault::Business& business, BusinessStatus& status);
  void look_at_journal(vault::Business& business);
  [[nodiscard]] Result<void> look_at_snapshots(vault::Business& business, BusinessStatus& status);
  void judge_newest(const journal::SnapshotBody& newest, const std::string& name);
  static void list_sources(const Targets& targets, BusinessStatus& status);
  void look_at_freshness(const std::vector<job::SourceLook>& looks, BusinessStatus& status);
  [[nodiscard]] std::optional<std::int64_t> age_of(const std::optional<Timestamp>& time);
  [[nodiscard]] std::optional<std::int64_t> age_of(const std::vector<job::SourceLook>& looks,
                                                   const std::string& source);
  void judge_age(const std::vector<job::SourceLook>& looks, BusinessStatus& status);
  void judge_hot(const BusinessStatus& status);
  void look_at_records(vault::Business& business, const catalog::SnapshotRow& newest,
                       BusinessStatus& status);
  void look_at_failure(const vault::Business& business);
  void look_at_proofs(const vault::Business& business, const Targets& targets,
                      BusinessStatus& status);
  [[nodiscard]] std::optional<Proof> look_at_proof(const vault::Business& business,
                                                   job::ProofKind kind,
                                                   const Targets::ProofTarget& target);
  void look_at_home();
  void look_at_clock();
  void fill_pool(pool::Pool& pool);
  void look_at_room(pool::Pool& pool);
  void fill_newest();
  void add(Verdict level, std::string code, std::string where = {}, std::uint64_t count = 0);
  void add(Verdict level, const Error& error);
  [[nodiscard]] Timestamp now() { return box_.ports().clock.now(); }
  [[nodiscard]] ports::Disk& home() { return box_.ports().home; }

  vault::Box& box_;
  const SurveyRequest& request_;
  Memory& memory_;
  Model model_;
  std::vector<vault::HotNote> hot_;
  job::Businesses opened_;
  pool::Pool* pool_ = nullptr;
  PackFacts packs_;
  bool are_packs_known_ = false;
  std::uint64_t entries_passed_ = 0;       // of journals, as lost, by the catalogs
  std::optional<Timestamp> oldest_drill_;  // of businesses whose schedules ask for drills
  Timestamp newest_snapshot_;              // by the clock of when it was made; ns 0: there is none
  Timestamp trusted_;                      // that locks age by; ns 0: nobody has confirmed a time
};

void Survey::add(Verdict level, std::string code, std::string where, std::uint64_t count) {
  model_.reasons.push_back({level, std::move(code), std::move(where), count});
}

void Survey::add(Verdict level, const Error& error) {
  model_.reasons.push_back(
      {level, std::string(holdfast::name_of(error.code)), error.where, 0, std::nullopt, error});
}

Result<Model> Survey::look() {
  look_at_pool();
  hot_ = vault::load_hot_notes(home());
  const auto names = box_.businesses();
  if (names.empty()) add(Verdict::attention, "no_business");
  for (const vault::BusinessName& name : names) {
    HF_TRY(job::check_stop(request_.stop));
    look_at_business(name);
  }
  if (pool_ != nullptr) {
    HF_TRY(look_at_packs(*pool_));
    fill_pool(*pool_);
  }
  // A home whose passphrase opens it may do without.
  if (home().size_of("machine.key")) add(Verdict::ok, "key_in_clear", home().name());
  look_at_home();
  look_at_clock();
  fill_newest();
  return std::move(model_);
}

void Survey::look_at_pool() {
  auto pool = box_.pool();
  if (!pool) {
    const bool none = pool.error().code == ErrorCode::no_pool;
    return add(none ? Verdict::attention : Verdict::danger, pool.error());
  }
  pool_ = *pool;
  if (const auto writable = pool_->writable(); !writable) add(Verdict::danger, writable.error());
  if (const auto newest = box_.check_newest(); !newest) add(Verdict::danger, newest.error());
  if (pool_->label().record.m == 0) add(Verdict::attention, "no_parity");
  look_at_disks(*pool_);
}

void Survey::look_at_disks(const pool::Pool& pool) {
  // A note that cannot be read has nothing to tell.
  const auto noted = vault::load_disk_watch(home());
  const auto struck_lately = [&](const DiskId& id) -> std::optional<Timestamp> {
    if (!noted) return std::nullopt;
    const auto disk = std::ranges::find(*noted, id, &policy::WatchedDisk::disk);
    if (disk == noted->end() || !policy::is_struck_lately(*disk, now())) return std::nullopt;
    return disk->struck;
  };
  for (const pool::DiskStatus& disk : marked_disks(pool, home())) {
    if (disk.state == pool::DiskState::missing) {
      add(Verdict::attention, "disk_missing", disk.path);
    } else if (disk.state != pool::DiskState::present || disk.is_failing) {
      add(Verdict::attention, "disk_" + std::string(state_name_of(disk)), disk.path);
    } else if (disk.errors > 0) {
      add(Verdict::attention, "disk_errors", disk.path);
    } else if (const auto struck = struck_lately(disk.id)) {
      add(Verdict::attention, "disk_struck", disk.path);
      model_.reasons.back().time = struck;
    }
    if (disk.is_read_only && disk.state == pool::DiskState::present) {
      add(Verdict::attention, "disk_read_only", disk.path);
    }
    if (disk.slow) {
      add(Verdict::attention, "disk_slow", disk.path);
      model_.reasons.back().time = disk.slow;
    }
  }
}

Result<void> Survey::look_at_packs(pool::Pool& pool) {
  static const job::StopFlag kNever = false;
  const job::StopFlag& stop = request_.stop != nullptr ? *request_.stop : kNever;
  const NotedDamage damage = load_noted_damage(home(), opened_);
  const auto facts = sample_packs(pool, opened_, damage, box_.ports().random, stop, memory_.packs);
  if (!facts && facts.error().code == ErrorCode::interrupted) return facts.error();
  if (!facts) {
    add(Verdict::danger, facts.error());
    return {};
  }
  packs_ = *facts;
  are_packs_known_ = true;
  look_at_scrub(job::load_scrub_note(home()));
  look_at_lost_packs();
  if (packs_.lost > 0) add(Verdict::danger, "packs_lost");
  if (packs_.under_protected > 0) add(Verdict::danger, "under_protected");
  const bool had_parity = pool.label().record.m > 0;
  if (had_parity && packs_.may_lose == 0) add(Verdict::danger, "no_disk_to_lose");
  return {};
}

void Survey::look_at_scrub(const job::ScrubNote& scrub) {
  if (scrub.shards_bad() > 0) add(Verdict::attention, "shards_bad", {}, scrub.shards_bad());
  const job::ScrubRound* round = scrub.newest();
  if (round == nullptr) return;
  if (round->copies_bad > 0) add(Verdict::attention, "copies_bad", {}, round->copies_bad);
  // Those that a catalog has passed were told with their business. The note does not say whose
  // its entries are: of several businesses one's gap must not stand for another one's.
  const bool is_told = model_.businesses.size() == 1 && round->entries_lost <= entries_passed_;
  if (round->entries_lost > 0 && !is_told) {
    add(Verdict::danger, "entries_lost", {}, round->entries_lost);
  }
}

void Survey::look_at_lost_packs() {
  for (const auto& business : opened_) {
    const auto noted = vault::noted_lost_packs(home(), business->id());
    if (noted && !noted->empty()) {
      add(Verdict::danger, "packs_damaged", business->name(), noted->size());
    }
  }
}

void Survey::look_at_business(const vault::BusinessName& name) {
  BusinessStatus& status = model_.businesses.emplace_back();
  status.name = name.name;
  status.id = name.id.hex();
  auto business = box_.open_business(name.name, vault::Access::read);
  if (!business) {
    status.is_looked_at = false;
    // That there is no pool, or not enough of it, has been said.
    if (pool_ != nullptr) add(Verdict::danger, business.error());
    return;
  }
  look_at_journal(**business);
  const Targets targets = targets_of(**business, status);
  status.rpo_target_ns = targets.rpo_ns;
  list_sources(targets, status);
  if (const auto looked = look_at_snapshots(**business, status); !looked) {
    add(Verdict::danger, looked.error());
    status.is_looked_at = false;
  }
  look_at_proofs(**business, targets, status);
  if (targets.drill.is_asked && status.last_drill) {
    const Timestamp time = status.last_drill->time;
    oldest_drill_ = std::min(oldest_drill_.value_or(time), time);
  }
  if (const auto time = (*business)->trusted_time()) trusted_ = std::max(trusted_, *time);
  opened_.push_back(std::move(*business));
}

void Survey::look_at_journal(vault::Business& business) {
  if (const auto all = business.journal().writable(); !all) add(Verdict::danger, all.error());
  for (const Error& stray : business.journal().strays()) add(Verdict::attention, stray);
  const auto gaps = business.lost_entries();
  if (!gaps || gaps->empty()) return;
  std::uint64_t count = 0;
  for (const journal::EntryRange& gap : *gaps) count += gap.count();
  entries_passed_ += count;
  add(Verdict::danger, "journal_gap", business.name(), count);
}

Targets Survey::targets_of(vault::Business& business, BusinessStatus& status) {
  const auto targets = request_.targets_of(business);
  if (targets) {
    if (targets->wrong) add(Verdict::attention, *targets->wrong);
    return *targets;
  }
  add(Verdict::attention, targets.error());
  status.is_looked_at = false;
  return {};
}

Result<void> Survey::look_at_snapshots(vault::Business& business, BusinessStatus& status) {
  HF_TRY(const std::uint64_t count, business.with_catalog([](catalog::Catalog& catalog) {
    return catalog.count_snapshots();
  }));
  HF_TRY(const auto newest, business.newest_snapshot());
  HF_TRY(const auto whole, business.find_newest([](const catalog::SnapshotRow& row) {
    return row.body.is_of_whole_look();
  }));
  status.snapshots = count;
  const auto last_run = job::load_last_run(home(), business.id());
  std::uint64_t problems = 0;
  if (newest) judge_newest(newest->body, status.name);
  if (newest) newest_snapshot_ = std::max(newest_snapshot_, newest->time);
  if (whole) {
    status.last_backup = job::last_backup_time(whole->head.number, whole->time, last_run);
    problems = job::last_problems(whole->head.number, last_run);
  }
  auto looks = job::load_source_looks(home(), business.id());
  // What a journal does not have any more is not safe.
  std::erase_if(looks, [&](const job::SourceLook& look) {
    return !whole || look.snapshot > whole->head.number;
  });
  judge_age(looks, status);
  if (newest) look_at_records(business, *newest, status);
  look_at_failure(business);
  if (problems > 0) add(Verdict::attention, "not_all_read", status.name, problems);
  return {};
}

void Survey::judge_newest(const journal::SnapshotBody& newest, const std::string& name) {
  if (newest.complete) return;
  if (newest.has_gap) return add(Verdict::danger, "gap", name);
  add(Verdict::attention, "partial", name);
}

void Survey::list_sources(const Targets& targets, BusinessStatus& status) {
  for (const std::string& name : targets.sources) {
    status.sources.push_back(
        {.name = name, .is_hot = targets.is_hot, .hot_target_ns = targets.hot_ns});
  }
}

// A time that lies ahead, for the clock was set, proves nothing.
std::optional<std::int64_t> Survey::age_of(const std::optional<Timestamp>& time) {
  if (!time || time->ns > now().ns) return std::nullopt;
  return now().ns - time->ns;
}

// As of a whole look; a time service may have set the clock back a little since.
std::optional<std::int64_t> Survey::age_of(const std::vector<job::SourceLook>& looks,
                                           const std::string& source) {
  const auto look = std::ranges::find(looks, source, &job::SourceLook::source);
  if (look == looks.end() || look->time.ns - now().ns > kClockSlack_ns) return std::nullopt;
  return std::max<std::int64_t>(now().ns - look->time.ns, 0);
}

// Of what the appliance says nothing, a look at everything counts, if it read that source.
void Survey::look_at_freshness(const std::vector<job::SourceLook>& looks, BusinessStatus& status) {
  const auto youngest = [](const std::optional<std::int64_t>& one,
                           const std::optional<std::int64_t>& other) {
    return one && other ? std::min(one, other) : std::max(one, other);
  };
  for (SourceStatus& source : status.sources) source.rpo_proved_ns = age_of(looks, source.name);
  for (const vault::HotNote& note : hot_) {
    if (note.business != status.name) continue;
    auto found = std::ranges::find(status.sources, note.source, &SourceStatus::name);
    if (found == status.sources.end()) {
      found = status.sources.insert(found, {.name = note.source});
    }
    SourceStatus& source = *found;
    source.is_hot = true;
    source.watch = name_of(note.watch);
    // It has no folder, so that backups of everything alone see what is new.
    if (note.watch == vault::HotWatch::none) source.hot_target_ns.reset();
    if (note.interval_s > 0)
      source.interval_ns = static_cast<std::int64_t>(note.interval_s) * kSecond_ns;
    const auto whole_ns = age_of(looks, note.source);
    source.rpo_proved_ns = youngest(whole_ns, age_of(note.proved));
    if (const auto newest_ns = age_of(note.newest)) {
      source.newest_ns = youngest(whole_ns, newest_ns);
    }
  }
  if (status.sources.empty()) return;
  status.rpo_proved_ns = 0;
  for (const SourceStatus& source : status.sources) {
    const bool is_known = status.rpo_proved_ns && source.rpo_proved_ns;
    status.rpo_proved_ns =
        is_known ? std::max(status.rpo_proved_ns, source.rpo_proved_ns) : std::nullopt;
  }
}

void Survey::judge_age(const std::vector<job::SourceLook>& looks, BusinessStatus& status) {
  if (!status.last_backup) return add(Verdict::attention, "never_backed_up", status.name);
  const std::int64_t whole_ns = now().ns - status.last_backup->ns;
  status.rpo_proved_ns = whole_ns;
  look_at_freshness(looks, status);
  judge_hot(status);
  bool is_late = status.rpo_proved_ns && status.misses_target(status.rpo_proved_ns);
  for (const SourceStatus& source : status.sources) {
    if (!status.misses_target(source.rpo_proved_ns)) continue;
    is_late = is_late || source.rpo_proved_ns;
    if (!source.rpo_proved_ns) {
      add(Verdict::attention, "source_never_read", status.name + "/" + source.name);
    }
  }
  if (is_late) {
    add(Verdict::attention, "rpo_missed", status.name);
    model_.reasons.back().limit_ns = *status.rpo_target_ns;
  } else if (!status.rpo_target_ns && whole_ns > Targets::kBackupAgeMax_ns) {
    add(Verdict::attention, "backup_old", status.name);
  }
}

// One that is away is told before anything is late.
void Survey::judge_hot(const BusinessStatus& status) {
  for (const SourceStatus& source : status.sources) {
    const std::string where = status.name + "/" + source.name;
    if (source.watch == name_of(vault::HotWatch::away)) {
      add(Verdict::attention, "source_away", where);
    } else if (source.misses_hot_target()) {
      add(Verdict::attention, "hot_rpo_missed", where);
      model_.reasons.back().limit_ns = *source.hot_target_ns;
    }
  }
}

void Survey::look_at_records(vault::Business& business, const catalog::SnapshotRow& newest,
                             BusinessStatus& status) {
  Memory::Sums& known = memory_.sums[business.id()];
  if (known.snapshot != newest.head.digest) {
    const auto reports = job::read_reports(business, newest);
    if (!reports) return add(Verdict::attention, reports.error());
    known = {newest.head.digest};
    for (const auto& [source, report] : *reports) known.records.push_back(sums_of(source, report));
  }
  status.records = known.records;
}

void Survey::look_at_failure(const vault::Business& business) {
  const auto failed = job::load_failed_run(home(), business.id());
  if (!failed) return;
  model_.reasons.push_back(
      {Verdict::attention, "backup_failed", business.name(), 0, failed->time, failed->error});
}

void Survey::look_at_proofs(const vault::Business& business, const Targets& targets,
                            BusinessStatus& status) {
  status.last_verify = look_at_proof(business, job::ProofKind::verify, targets.verify);
  status.last_drill = look_at_proof(business, job::ProofKind::drill, targets.drill);
}

std::optional<Proof> Survey::look_at_proof(const vault::Business& business, job::ProofKind kind,
                                           const Targets::ProofTarget& target) {
  const auto note = job::load_proof(home(), business.id(), kind);
  const auto time = note ? std::optional(note->time) : target.due_since;
  const auto tell = [&](Verdict level, const char* what, std::uint64_t count) {
    model_.reasons.push_back({level, std::string(name_of(kind)) + what, business.name(), count,
                              time, std::nullopt, target.age_max_ns});
  };
  const bool is_late = time && now().ns - time->ns > target.age_max_ns;
  if (!note) {
    if (is_late) tell(Verdict::attention, "_never", 0);
    return std::nullopt;
  }
  if (note->differences > 0) {
    tell(Verdict::danger, "_differences", note->differences);
  } else if (!note->good) {
    tell(Verdict::attention, "_unfinished", 0);
  } else if (is_late) {
    tell(Verdict::attention, "_old", 0);
  }
  return Proof{note->time,  note->snapshot,    note->items, note->items_total,
               note->bytes, note->differences, note->good};
}

// Catalogs and notes of every job go there: without room none comes to its end.
void Survey::look_at_home() {
  const auto space = home().space();
  if (!space) return add(Verdict::danger, space.error());
  const std::uint64_t little = std::min(kHomeLittle, space->total / kHomeLittleShare);
  if (space->free < kHomeLeast) {
    add(Verdict::danger, "home_full", home().name(), space->free / kMiB);
  } else if (space->free < little) {
    add(Verdict::attention, "home_nearly_full", home().name(), space->free / kMiB);
  }
}

// Nothing that is safe hangs on it, but schedules do, and whoever reads a date.
void Survey::look_at_clock() {
  const Timestamp clock = now();
  const auto tell = [&](const char* code, Timestamp other) {
    model_.reasons.push_back(
        {Verdict::attention, code, {}, 0, other, std::nullopt, std::abs(clock.ns - other.ns)});
  };
  if (newest_snapshot_.ns - clock.ns > kClockSlack_ns)
    tell("clock_before_snapshot", newest_snapshot_);
  if (trusted_.ns == 0) return;
  if (trusted_.ns - clock.ns > kClockSlack_ns) tell("clock_behind", trusted_);
  if (clock.ns - trusted_.ns > kClockAhead_ns) tell("clock_ahead", trusted_);
}

void Survey::fill_pool(pool::Pool& pool) {
  const pool::LabelRecord& record = pool.label().record;
  PoolStatus& status = model_.pool.emplace();
  status.id = record.pool.hex();
  status.is_looked_at = are_packs_known_;
  status.k = record.k;
  status.m = record.m;
  status.disks = static_cast<std::uint64_t>(
      std::ranges::count_if(record.members, [](const pool::Member& member) {
        return member.state == pool::MemberState::member ||
               member.state == pool::MemberState::leaving;
      }));
  status.disks_present = pool.members_present();
  status.bytes_usable = pool.usable_bytes();
  status.packs = packs_.packs;
  status.packs_looked_at = packs_.looked_at;
  status.may_lose = packs_.may_lose;
  look_at_room(pool);
}

// Room is kept for what disks had that are away.
bool keeps_heal_room(const pool::Pool& pool) {
  return pool::spare_of(pool.label().record) == pool::Spare::kept && pool.heal_due().away > 0;
}

void Survey::look_at_room(pool::Pool& pool) {
  const auto bytes_free = pool.free_bytes();
  if (!bytes_free) return add(Verdict::danger, bytes_free.error());
  model_.pool->bytes_free = *bytes_free;
  const bool are_all = opened_.size() == model_.businesses.size();
  const Fill fill = fill_of(growth_of(opened_, are_all, now()), *bytes_free);
  model_.pool->fill = fill;
  if (*bytes_free < std::min(kPoolLeast, pool.usable_bytes() / kPoolLeastShare)) {
    return add(Verdict::danger, keeps_heal_room(pool) ? "pool_waits" : "pool_is_full");
  }
  if (fill.filling != Filling::yes || fill.days >= kFullSoon_days) return;
  const bool is_near = fill.days < kFullVerySoon_days;
  add(is_near ? Verdict::danger : Verdict::attention, "pool_fills", {}, fill.days);
}

void Survey::fill_newest() {
  for (const BusinessStatus& business : model_.businesses) {
    model_.last_backup = std::max(model_.last_backup, business.last_backup);
    model_.last_verify = std::max(model_.last_verify, time_of(business.last_verify));
    model_.last_drill = std::max(model_.last_drill, time_of(business.last_drill));
    model_.last_sync = std::max(model_.last_sync, business.last_sync);
  }
  // One that was drilled today must not hide one that was not.
  if (oldest_drill_) model_.last_drill = oldest_drill_;
}

}  // namespace

Result<Model> survey(vault::Box& box, const SurveyRequest& request) {
  Memory forgotten;
  return Survey(box, request, request.memory != nullptr ? *request.memory : forgotten).look();
}

}  // namespace holdfast::status

// SPDX-License-Identifier: Apache-2.0
// status: one verdict and the reasons for it. It is asked when not all is well, so nothing but a
// missing home makes it fail.
#include "firmware/app/definition.h"
#include "firmware/app/records_text.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/last_run.h"
#include "firmware/job/scrub_note.h"
#include "firmware/status/pool_facts.h"
#include "firmware/vault/lost_packs.h"

namespace holdfast::app {

namespace {

enum class Level { info, attention, danger };

struct Reason {
  Level level = Level::attention;
  std::string code;   // "cli.reason.<code>" has the words, unless `what` does
  std::string where;  // disk, business or path
  std::string what;
};

struct BusinessStatus {
  std::string name;
  std::string id;
  std::optional<Timestamp> last_backup;
  std::optional<std::uint64_t> snapshots;                 // none: its journal could not be read
  std::map<std::string, job::StoredReport> records = {};  // by source
};

std::string_view level_name(Level level) {
  switch (level) {
    case Level::info:
      return "info";
    case Level::attention:
      return "attention";
    case Level::danger:
      return "danger";
  }
  return "danger";
}

// Looks at everything once; each look adds what it finds.
class Survey {
 public:
  Survey(Session& session, vault::Box& box) : session_(session), box_(box) {}

  // interrupted only: whatever else goes wrong is a reason.
  [[nodiscard]] Result<void> look();
  void write() const;
  void print() const;

 private:
  void look_at_pool();
  [[nodiscard]] Result<void> look_at_packs(pool::Pool& pool);
  void look_at_business(const vault::BusinessName& name);
  void judge_newest(const journal::SnapshotBody& newest, const std::string& name);
  void judge_age(const BusinessStatus& status);
  void look_at_failure(const vault::BusinessName& name);
  void look_at_records(vault::Business& business,
                       const std::vector<catalog::SnapshotRow>& snapshots, BusinessStatus& status);
  void add(Level level, std::string_view code, std::string where = {}, std::uint64_t count = 0);
  void add(Level level, const Error& error);
  [[nodiscard]] Level verdict() const;
  [[nodiscard]] std::optional<Timestamp> last_backup() const;
  void write_pool(JsonWriter& json) const;

  Session& session_;
  vault::Box& box_;
  std::vector<Reason> reasons_;
  std::vector<BusinessStatus> businesses_;
  job::Businesses opened_;
  pool::Pool* pool_ = nullptr;
  status::PackFacts packs_;
  std::uint64_t entries_passed_ = 0;  // of journals, as lost, by the catalogs
};

void Survey::add(Level level, std::string_view code, std::string where, std::uint64_t count) {
  const messages::Arguments arguments = {{"where", where}, {"count", std::to_string(count)}};
  std::string what = session_.text("cli.reason." + std::string(code), arguments);
  reasons_.push_back({level, std::string(code), std::move(where), std::move(what)});
}

void Survey::add(Level level, const Error& error) {
  reasons_.push_back({level, std::string(holdfast::name_of(error.code)), error.where,
                      messages::render_error(session_.language(), error)});
}

Result<void> Survey::look() {
  look_at_pool();
  const auto names = box_.businesses();
  if (names.empty()) add(Level::attention, "no_business");
  for (const vault::BusinessName& name : names) {
    HF_TRY(job::check_stop(&session_.stop()));
    look_at_business(name);
  }
  if (pool_ != nullptr) HF_TRY(look_at_packs(*pool_));
  // A home whose passphrase opens it may do without.
  if (box_.ports().home.size_of("machine.key")) {
    add(Level::info, "key_in_clear", box_.ports().home.name());
  }
  return {};
}

void Survey::look_at_pool() {
  auto pool = box_.pool();
  if (!pool) {
    const bool none = pool.error().code == ErrorCode::no_pool;
    return add(none ? Level::attention : Level::danger, pool.error());
  }
  pool_ = *pool;
  if (const auto writable = pool_->writable(); !writable) add(Level::danger, writable.error());
  if (const auto newest = box_.check_newest(); !newest) add(Level::danger, newest.error());
  if (pool_->label().record.m == 0) add(Level::attention, "no_parity");
  for (const pool::DiskStatus& disk : status::disks_to_show(*pool_)) {
    if (disk.state == pool::DiskState::missing) {
      add(Level::attention, "disk_missing", disk.path);
    } else if (disk.state != pool::DiskState::present || disk.is_failing) {
      add(Level::attention, "disk_" + std::string(status::state_name_of(disk)), disk.path);
    } else if (disk.errors > 0) {
      add(Level::attention, "disk_errors", disk.path);
    }
  }
}

Result<void> Survey::look_at_packs(pool::Pool& pool) {
  ports::Disk& home = box_.ports().home;
  const job::ScrubNote scrub = job::load_scrub_note(home);
  const status::NotedDamage damage = status::load_noted_damage(home, opened_);
  const auto facts =
      status::sample_packs(pool, opened_, damage, session_.ports().random, session_.stop());
  if (!facts && facts.error().code == ErrorCode::interrupted) return facts.error();
  if (!facts) {
    add(Level::danger, facts.error());
    return {};
  }
  packs_ = *facts;
  if (scrub.shards_bad() > 0) add(Level::attention, "shards_bad", {}, scrub.shards_bad());
  if (const job::ScrubRound* round = scrub.newest()) {
    if (round->copies_bad > 0) add(Level::attention, "copies_bad", {}, round->copies_bad);
    // Those that a catalog has passed were told with their business. The note does not say whose
    // its entries are: of several businesses one's gap must not stand for another one's.
    const bool is_told = businesses_.size() == 1 && round->entries_lost <= entries_passed_;
    if (round->entries_lost > 0 && !is_told) {
      add(Level::danger, "entries_lost", {}, round->entries_lost);
    }
  }
  for (const auto& business : opened_) {
    const auto noted = vault::noted_lost_packs(home, business->id());
    if (noted && !noted->empty()) {
      add(Level::danger, "packs_damaged", business->name(), noted->size());
    }
  }
  if (packs_.lost > 0) add(Level::danger, "packs_lost");
  if (packs_.under_protected > 0) add(Level::danger, "under_protected");
  const bool had_parity = pool.label().record.m > 0;
  if (had_parity && packs_.may_lose == 0) add(Level::danger, "no_disk_to_lose");
  return {};
}

void Survey::look_at_business(const vault::BusinessName& name) {
  BusinessStatus status{name.name, name.id.hex(), std::nullopt, std::nullopt};
  auto business = box_.open_business(name.name, vault::Access::read);
  if (!business) {
    // That there is no pool, or not enough of it, has been said.
    if (pool_ != nullptr) add(Level::danger, business.error());
    businesses_.push_back(std::move(status));
    return;
  }
  if (const auto all = (*business)->journal().writable(); !all) add(Level::danger, all.error());
  for (const Error& stray : (*business)->journal().strays()) add(Level::attention, stray);
  if (const auto gaps = (*business)->lost_entries(); gaps && !gaps->empty()) {
    std::uint64_t count = 0;
    for (const journal::EntryRange& gap : *gaps) count += gap.count();
    entries_passed_ += count;
    add(Level::danger, "journal_gap", name.name, count);
  }
  if (const auto definition = load_definition(session_, **business); !definition) {
    add(Level::attention, definition.error());
  }
  if (const auto rows = (*business)->snapshots()) {
    status.snapshots = rows->size();
    const auto last_run = job::load_last_run(box_.ports().home, name.id);
    std::uint64_t problems = 0;
    if (!rows->empty()) judge_newest(rows->back().body, name.name);
    for (const catalog::SnapshotRow& row : *rows) {
      if (!row.body.is_of_whole_look()) continue;
      status.last_backup = last_backup_time(row.head.number, row.time, last_run);
      problems = last_problems(row.head.number, last_run);
    }
    judge_age(status);
    if (!rows->empty()) look_at_records(**business, *rows, status);
    look_at_failure(name);
    if (problems > 0) add(Level::attention, "not_all_read", name.name, problems);
  } else {
    add(Level::danger, rows.error());
  }
  businesses_.push_back(std::move(status));
  opened_.push_back(std::move(*business));
}

void Survey::judge_newest(const journal::SnapshotBody& newest, const std::string& name) {
  if (newest.complete) return;
  if (newest.has_gap) return add(Level::danger, "gap", name);
  add(Level::attention, "partial", name);
}

void Survey::judge_age(const BusinessStatus& status) {
  if (!status.last_backup) return add(Level::attention, "never_backed_up", status.name);
  if (job::is_old(*status.last_backup, session_.ports().clock.now())) {
    add(Level::attention, "backup_old", status.name);
  }
}

void Survey::look_at_failure(const vault::BusinessName& name) {
  const auto failed = job::load_failed_run(box_.ports().home, name.id);
  if (!failed) return;
  const messages::Language language = session_.language();
  reasons_.push_back(
      {Level::attention, "backup_failed", name.name,
       session_.text("cli.reason.backup_failed",
                     {{"where", name.name},
                      {"time", time_text(failed->time)},
                      {"what", messages::render_error(language, failed->error), true}})});
}

void Survey::look_at_records(vault::Business& business,
                             const std::vector<catalog::SnapshotRow>& snapshots,
                             BusinessStatus& status) {
  auto reports = job::read_reports(business, snapshots.back());
  if (reports) status.records = std::move(*reports);
  if (!reports) add(Level::attention, reports.error());
}

Level Survey::verdict() const {
  Level worst = Level::info;
  for (const Reason& reason : reasons_) worst = std::max(worst, reason.level);
  return worst;
}

std::optional<Timestamp> Survey::last_backup() const {
  std::optional<Timestamp> newest;
  for (const BusinessStatus& business : businesses_) {
    if (business.last_backup) newest = std::max(newest, business.last_backup);
  }
  return newest;
}

std::string verdict_name(Level level) {
  return level == Level::info ? "ok" : std::string(level_name(level));
}

void Survey::write_pool(JsonWriter& json) const {
  if (pool_ == nullptr) return json.null("pool");
  const pool::LabelRecord& record = pool_->label().record;
  json.begin_object("pool");
  json.field("id", record.pool.hex());
  write_geometry(json, record.k, record.m);
  json.field("disks", std::uint64_t{record.members.size()});
  json.field("disks_present", pool_->members_present());
  json.field("bytes_usable", pool_->usable_bytes());
  json.field("packs", packs_.packs);
  json.field("packs_looked_at", packs_.looked_at);
  json.field("may_lose", packs_.may_lose);
  json.end();
}

void Survey::write() const {
  JsonWriter& json = session_.json();
  json.field("verdict", verdict_name(verdict()));
  json.begin_array("reasons");
  for (const Reason& reason : reasons_) {
    json.begin_object();
    json.field("level", std::string(level_name(reason.level)));
    json.field("code", reason.code);
    json.path("where", reason.where);
    json.field("what", reason.what);
    json.end();
  }
  json.end();
  json.begin_array("businesses");
  for (const BusinessStatus& business : businesses_) {
    json.begin_object();
    json.field("name", business.name);
    json.field("id", business.id);
    json.field("snapshots", business.snapshots);
    write_time(json, "last_backup", business.last_backup);
    write_record_sums(json, business.records);
    json.end();
  }
  json.end();
  write_pool(json);
  write_time(json, "last_backup", last_backup());
  for (const char* key : {"last_verify", "last_drill", "last_sync"}) json.null(key);
}

void Survey::print() const {
  session_.out() << session_.text("cli.verdict." + verdict_name(verdict())) << '\n';
  for (const Reason& reason : reasons_) session_.out() << "- " << reason.what << '\n';
  if (businesses_.empty()) return;
  Table table({{session_.text("cli.column.name")},
               {session_.text("cli.column.snapshots"), Table::Align::right},
               {session_.text("cli.column.last_backup")}});
  for (const BusinessStatus& business : businesses_) {
    const std::string none = session_.text(business.snapshots ? "cli.never" : "cli.unknown");
    table.add({business.name, business.snapshots ? std::to_string(*business.snapshots) : none,
               business.last_backup ? time_text(*business.last_backup) : none});
  }
  table.print(session_.out());
  for (const BusinessStatus& business : businesses_) {
    for (const auto& [source, report] : business.records) {
      say_record_sums(session_, business.name, source, report);
    }
  }
}

}  // namespace

Result<ExitCode> run_status(Session& session) {
  HF_TRY(vault::Box * box, session.box());
  Survey survey(session, *box);
  HF_TRY(survey.look());
  if (session.wants_json()) {
    survey.write();
  } else {
    survey.print();
  }
  return ExitCode::done;
}

}  // namespace holdfast::app

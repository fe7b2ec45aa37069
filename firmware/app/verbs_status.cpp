// SPDX-License-Identifier: Apache-2.0
// status: one verdict and the reasons for it. It is asked when not all is well, so nothing but a
// missing home makes it fail.
#include "firmware/app/definition.h"
#include "firmware/app/pool_facts.h"
#include "firmware/app/verbs.h"

namespace holdfast::app {

namespace {

constexpr std::int64_t kBackupAgeMax_ns = 26LL * 3600 * 1'000'000'000;  // a day, and a late run

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
  std::uint64_t snapshots = 0;
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

  void look();
  void write() const;
  void print() const;

 private:
  void look_at_pool();
  void look_at_packs(pool::Pool& pool);
  void look_at_business(const vault::BusinessName& name);
  void judge_age(const BusinessStatus& status);
  void add(Level level, std::string_view code, std::string where = {});
  void add(Level level, const Error& error);
  [[nodiscard]] Level verdict() const;
  [[nodiscard]] std::optional<Timestamp> last_backup() const;
  void write_pool(JsonWriter& json) const;

  Session& session_;
  vault::Box& box_;
  std::vector<Reason> reasons_;
  std::vector<BusinessStatus> businesses_;
  std::vector<std::unique_ptr<vault::Business>> opened_;
  pool::Pool* pool_ = nullptr;
  PackFacts packs_;
};

void Survey::add(Level level, std::string_view code, std::string where) {
  const std::string key = "cli.reason." + std::string(code);
  reasons_.push_back({level, std::string(code), where, session_.text(key, {{"where", where}})});
}

void Survey::add(Level level, const Error& error) {
  reasons_.push_back({level, std::string(holdfast::name_of(error.code)), error.where,
                      messages::render_error(session_.language(), error)});
}

void Survey::look() {
  look_at_pool();
  const auto names = box_.businesses();
  if (names.empty()) add(Level::attention, "no_business");
  for (const vault::BusinessName& name : names) look_at_business(name);
  if (pool_ != nullptr) look_at_packs(*pool_);
  add(Level::info, "key_in_clear", box_.ports().home.name());
}

void Survey::look_at_pool() {
  auto pool = box_.pool();
  if (!pool) {
    const bool none = pool.error().code == ErrorCode::no_pool;
    return add(none ? Level::attention : Level::danger, pool.error());
  }
  pool_ = *pool;
  if (const auto writable = pool_->writable(); !writable) add(Level::danger, writable.error());
  if (pool_->label().record.m == 0) add(Level::attention, "no_parity");
  for (const pool::DiskStatus& disk : pool_->status()) {
    if (disk.state == pool::DiskState::missing) {
      add(Level::attention, "disk_missing", disk.path);
    } else if (disk.state != pool::DiskState::present) {
      add(Level::attention, "disk_" + std::string(app::name_of(disk.state)), disk.path);
    } else if (disk.errors > 0) {
      add(Level::attention, "disk_errors", disk.path);
    }
  }
}

void Survey::look_at_packs(pool::Pool& pool) {
  const auto facts = count_packs(pool, opened_);
  if (!facts) return add(Level::danger, facts.error());
  packs_ = *facts;
  if (packs_.lost > 0) add(Level::danger, "packs_lost");
  if (packs_.under_protected > 0) add(Level::danger, "under_protected");
  const bool had_parity = pool.label().record.m > 0;
  if (had_parity && packs_.may_lose == 0) add(Level::danger, "no_disk_to_lose");
}

void Survey::look_at_business(const vault::BusinessName& name) {
  BusinessStatus status{name.name, name.id.hex(), std::nullopt, 0};
  auto business = box_.open_business(name.name, vault::Access::read);
  if (!business) {
    // That there is no pool, or not enough of it, has been said.
    if (pool_ != nullptr) add(Level::danger, business.error());
    businesses_.push_back(std::move(status));
    return;
  }
  if (const auto definition = load_definition(session_, **business); !definition) {
    add(Level::attention, definition.error());
  }
  if (const auto rows = (*business)->snapshots()) {
    status.snapshots = rows->size();
    for (const catalog::SnapshotRow& row : *rows) {
      if (row.body.complete) status.last_backup = row.time;
    }
  } else {
    add(Level::danger, rows.error());
  }
  judge_age(status);
  businesses_.push_back(std::move(status));
  opened_.push_back(std::move(*business));
}

void Survey::judge_age(const BusinessStatus& status) {
  if (!status.last_backup) return add(Level::attention, "never_backed_up", status.name);
  const std::int64_t age_ns = session_.ports().clock.now().ns - status.last_backup->ns;
  if (age_ns > kBackupAgeMax_ns) add(Level::attention, "backup_old", status.name);
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

void write_time(JsonWriter& json, const std::string& key, const std::optional<Timestamp>& time) {
  if (!time) return json.null(key);
  json.field(key, *time);
}

void Survey::write_pool(JsonWriter& json) const {
  if (pool_ == nullptr) return json.null("pool");
  const pool::LabelRecord& record = pool_->label().record;
  json.begin_object("pool");
  json.field("id", record.pool.hex());
  json.begin_object("geometry");
  json.field("k", int{record.k});
  json.field("m", int{record.m});
  json.end();
  json.field("disks", std::uint64_t{record.members.size()});
  json.field("disks_present", pool_->members_present());
  json.field("bytes_usable", pool_->usable_bytes());
  json.field("packs", packs_.packs);
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
    table.add(
        {business.name, std::to_string(business.snapshots),
         business.last_backup ? time_text(*business.last_backup) : session_.text("cli.never")});
  }
  table.print(session_.out());
}

}  // namespace

Result<ExitCode> run_status(Session& session) {
  HF_TRY(vault::Box * box, session.box());
  Survey survey(session, *box);
  survey.look();
  if (session.wants_json()) {
    survey.write();
  } else {
    survey.print();
  }
  return ExitCode::done;
}

}  // namespace holdfast::app

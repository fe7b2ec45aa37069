// SPDX-License-Identifier: Apache-2.0
#include "tests/worlds/site.h"

#include <algorithm>
#include <filesystem>

namespace holdfast::worlds {

namespace {

constexpr std::string_view kPassphrase = "correct horse";
constexpr std::string_view kAnother = "another one";
constexpr const char* kBusiness = "calls";
constexpr const char* kTarget = "/target";
constexpr Timestamp kStart{1'767'225'600'000'000'000};  // 2026-01-01
constexpr std::uint32_t kShortDays = 3;
constexpr std::uint32_t kLongDays = 5;

void collect(const sim::FileNode& folder, const std::string& prefix, ItemDigests& out) {
  for (const auto& [name, node] : folder.children) {
    std::string path = prefix;
    if (!path.empty()) path += "/";
    path += name;
    if (node->is_folder()) collect(*node, path, out);
    if (!node->is_folder()) out[path] = sha256(node->bytes);
  }
}

}  // namespace

Site::Site(std::uint64_t seed, bool catalog_on_disk)
    : world(seed),
      home(world, "/home"),
      old_home(world, "/old_home"),
      files(world),
      clock(kStart),
      random(seed),
      settings(test::tiny_settings()),
      keep_days_(seed % 2 == 0 ? kLongDays : kShortDays),
      lock_days_(seed % 2 == 0 ? kShortDays : kLongDays),
      before_start_ns_(kStart.ns) {
  if (catalog_on_disk) settings.catalog_directory = catalogs_.path();
  for (std::size_t i = 0; i < kPositions; ++i) positions.push_back({buy_disk(), {}});
  files.add_folder("/calls");
}

source::BusinessDefinition Site::definition() const {
  source::BusinessDefinition definition;
  definition.name = kBusiness;
  definition.sources.push_back({kBusiness, "/calls", {}, false, {}, 0});
  definition.lock_days[0] = lock_days_;
  definition.retention.classes[0] = {keep_days_, policy::ItemDate::change};
  definition.retention.snapshots = policy::SnapshotRetention{4, 7, 2, 0, 0, {}, "UTC"};
  return definition;
}

std::size_t Site::buy_disk() {
  const std::size_t number = disks.size();
  names_.push_back("/disk" + std::to_string(number));
  disks.push_back(std::make_unique<sim::SimDisk>(world, names_.back()));
  conditions.emplace_back();
  plug(number);
  return number;
}

void Site::plug(std::size_t disk) {
  pull(disk);
  const auto mount = mounts.find(path_of(disk));
  if (mount == mounts.end()) {
    mounts[path_of(disk)] = disk;
    return;
  }
  const std::size_t other = std::exchange(mount->second, disk);
  plug(other);
}

void Site::pull(std::size_t disk) {
  std::erase_if(mounts, [&](const auto& mount) { return mount.second == disk; });
}

bool Site::is_plugged(std::size_t disk) const {
  return std::ranges::any_of(mounts, [&](const auto& mount) { return mount.second == disk; });
}

bool Site::is_missing(const Position& position) const {
  return !position.is_made_up &&
         (conditions[position.disk].is_hurt() || !is_plugged(position.disk));
}

std::size_t Site::missing() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      positions, [this](const Position& position) { return is_missing(position); }));
}

void Site::lose_home() {
  const sim::SimDisk blank(world, "/blank");
  if (has_home) old_home.become(*home.image());
  home.become(*blank.image());
  has_home = false;
  has_taken_over = false;
}

void Site::trouble_catalogs(CatalogTrouble trouble) {
  namespace fs = std::filesystem;
  const auto copy = [](const std::string& from, const std::string& to) {
    fs::copy(from, to, fs::copy_options::overwrite_existing);
  };
  if (trouble == CatalogTrouble::kept) return copy(catalogs_.path(), kept_catalogs_.path());
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(catalogs_.path())) found.push_back(entry.path());
  for (const fs::path& file : found) {
    if (trouble == CatalogTrouble::cut) fs::resize_file(file, fs::file_size(file) / 2);
    if (trouble != CatalogTrouble::cut) fs::remove(file);
  }
  if (trouble == CatalogTrouble::older) copy(kept_catalogs_.path(), catalogs_.path());
}

void Site::write(const std::string& name, ByteView bytes) {
  const std::string path = "/calls/" + name;
  files.write_file(path, bytes);
  files.node(path).status.mtime_ns = true_now().ns;
  if (!first_written_.emplace(name, true_now()).second) written_again_.insert(name);
  gone.paths.erase(name);
}

void Site::switch_off(std::int64_t off_ns) {
  before_start_ns_ = true_now().ns + off_ns;
  clock.restart(off_ns);
}

Timestamp Site::true_now() {
  return {before_start_ns_ + clock.monotonic_ns()};
}

ItemDigests Site::items_below(const std::string& folder) {
  ItemDigests items;
  if (files.resolve(folder)) collect(files.node(folder), "", items);
  return items;
}

Result<pool::DiskPointer> Site::open_disk(const std::string& path) {
  const auto mount = mounts.find(path);
  if (mount == mounts.end()) return make_error(ErrorCode::not_found, path);
  return pool::DiskPointer(std::make_unique<test::MountedDisk>(*disks[mount->second], path));
}

vault::VaultPorts Site::ports(sim::SimDisk& home_of) {
  return {
      clock,  random, workers, home_of, [this](const std::string& path) { return open_disk(path); },
      "world"};
}

Result<std::unique_ptr<vault::Box>> Site::open(sim::SimDisk& home_of) {
  vault::VaultSettings of_it = settings;
  if (&home_of != &home) of_it.catalog_directory.clear();  // another machine
  return vault::Box::open(ports(home_of), of_it, [] {
    return Result<std::optional<SecretBytes>>(std::optional<SecretBytes>());
  });
}

Result<void> Site::set_up() {
  HF_TRY(const auto shares, vault::Box::init(ports(), settings, view_of(kPassphrase)));
  static_cast<void>(shares);
  HF_TRY(const auto box, open());
  std::vector<std::string> paths;
  for (const Position& position : positions) paths.push_back(path_of(position.disk));
  HF_TRY(const auto pool, box->create_pool(paths, {}));
  learn_ids(*pool);
  HF_TRY(const auto business, box->add_business(kBusiness, [](const BusinessId& id) {
    return "id = \"" + id.hex() + "\"\n";
  }));
  static_cast<void>(business);
  return {};
}

Result<job::BackupReport> Site::backup(sim::SimDisk& home_of, bool accept_loss) {
  HF_TRY(const auto box, open(home_of));
  HF_TRY(const auto business, box->open_business(kBusiness, vault::Access::write));
  job::BackupRequest request;
  request.definition = definition();
  request.accept_loss = accept_loss;
  const Timestamp begun = std::min(clock.now(), true_now());
  auto report = job::run_backup(*business, files, request);
  if (report && report->problems.count == 0 && !report->partial && report->entry_written) {
    kept_snapshots.push_back(
        {report->snapshot, source(), begun});  // files may have changed on the way
    if (&home_of == &home) has_taken_over = true;
  }
  static_cast<void>(job::note_disks(*box));  // of no weight, as in the verb
  return report;
}

Result<job::ScrubSummary> Site::scrub(const job::ScrubRequest& request) {
  HF_TRY(const auto box, open());
  HF_TRY(auto summary, job::run_scrub(*box, request));
  if (request.heal && !request.dry_run) {
    HF_TRY(const auto left, job::settle_leaving(*box, summary, nullptr));
    static_cast<void>(left);
  }
  return summary;
}

void Site::learn_ids(const pool::Pool& pool) {
  for (const pool::Pool::PresentMember& member : pool.present_members()) {
    ids_[mounts.at(member.disk->name())] = member.id.hex();
  }
}

std::string Site::name_of_member(std::size_t disk) const {
  const auto id = ids_.find(disk);
  return id == ids_.end() ? path_of(disk) : id->second;
}

Result<job::MemberSummary> Site::change_members(std::optional<std::size_t> joining,
                                                std::optional<std::size_t> leaving,
                                                bool loss_accepted) {
  HF_TRY(const auto box, open());
  if (leaving) {
    HF_TRY(const auto pool, box->pool());
    learn_ids(*pool);
  }
  job::MemberRequest request;
  if (joining) request.joining = path_of(*joining);
  if (leaving) request.leaving = name_of_member(*leaving);
  request.loss_accepted = loss_accepted;
  HF_TRY(const job::MemberPlan plan, job::plan_members(*box, request));
  return job::change_members(*box, request, plan);
}

Result<job::TendSummary> Site::tend() {
  HF_TRY(const auto box, open());
  return job::run_tend(*box, {});
}

Result<job::TendSummary> Site::look_at_disks() {
  HF_TRY(const auto box, open());
  return job::run_tend(*box, {.dry_run = true});
}

Result<job::MemberSummary> Site::replace(const Position& position, bool loss_accepted) {
  return change_members(position.coming, position.disk, loss_accepted);
}

Result<job::MemberSummary> Site::add(std::size_t disk) {
  return change_members(disk, {}, false);
}

Result<job::MemberSummary> Site::retire(std::size_t disk) {
  return change_members({}, disk, false);
}

Result<void> Site::add_passphrase() {
  HF_TRY(const auto box, open());
  return box->add_passphrase(view_of(kAnother));
}

Result<void> Site::remove_passphrase() {
  HF_TRY(const auto box, open());
  vault::KeyRemoval removal;
  std::uint32_t machine = 0;  // of the box as it is; those before it go as well
  for (const keys::SlotInfo& slot : box->keyring().slots()) {
    if (slot.type == keys::SlotType::machine) {
      if (machine != 0) removal.dropped.push_back(machine);
      machine = slot.number;
    }
    if (slot.type != keys::SlotType::passphrase) continue;
    const ByteView text = view_of(removal.kept.empty() ? kPassphrase : kAnother);
    removal.kept.push_back({slot.number, SecretBytes(Bytes(text.begin(), text.end()))});
  }
  if (removal.kept.size() < 2) return make_error(ErrorCode::not_found);
  removal.number = removal.kept.back().number;
  removal.kept.pop_back();
  HF_TRY(const auto removed, box->remove_key(std::move(removal)));
  if (removed.not_level) return *removed.not_level;
  return {};
}

// A person gives all disks, and leaves out the ones that the box says are none of its own.
Result<vault::FoundBox> Site::find_box() {
  std::vector<std::string> places;
  for (const auto& [path, disk] : mounts) places.push_back(path);
  for (;;) {
    auto found = vault::find_box(
        [this](const std::string& path) { return open_disk(path); }, settings.pool, places,
        [](ByteView file) {
          return keys::Keyring::open_with_passphrase(file, view_of(kPassphrase));
        });
    if (found || found.error().code != ErrorCode::disk_foreign) return found;
    if (std::erase(places, found.error().where) == 0) return found;
  }
}

Result<job::RecoverySummary> Site::recover() {
  HF_TRY(auto found, find_box());
  HF_TRY(const auto box, vault::Box::recover(ports(), settings, std::move(found)));
  has_home = true;
  job::RecoverySummary completed = job::complete_recovery(*box, nullptr, nullptr);
  came_back_for_reading =
      completed.not_writable && completed.not_writable->code == ErrorCode::too_few_disks;
  return completed;
}

Result<std::uint64_t> Site::hold(journal::HoldScope scope, const std::string& value) {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, box->open_business(kBusiness, vault::Access::write));
  HF_TRY(const auto head, business->hold(scope, value, "asked for"));
  kept_holds[head.number] = value;
  return head.number;
}

Result<std::uint64_t> Site::hold(const std::string& path) {
  return hold(journal::HoldScope::item, path);
}

Result<std::uint64_t> Site::hold(const journal::Head& snapshot) {
  return hold(journal::HoldScope::snapshot, journal::hold_value(snapshot.number, snapshot.digest));
}

bool Site::is_held(const std::string& value) const {
  return std::ranges::any_of(kept_holds, [&](const auto& hold) { return hold.second == value; });
}

bool Site::is_held(const journal::Head& snapshot) const {
  return is_held(journal::hold_value(snapshot.number, snapshot.digest));
}

Result<Timestamp> Site::confirm_time() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, box->open_business(kBusiness, vault::Access::write));
  return business->confirm_time(true_now());
}

// Of what a plan says, what nobody may ever plan.
void Site::judge(const job::PrunePlan& plan) {
  const std::string prefix = std::string(kBusiness) + "/";
  for (const std::string& path : plan.going_paths) {
    const auto written = first_written_.find(path.substr(prefix.size()));
    if (written == first_written_.end()) {
      broken = "what nobody wrote is to go: " + path;
    } else if (policy::days_behind(written->second, std::max(keep_days_, lock_days_)) >
               true_now()) {
      broken = "is to go before its time: " + path;
    }
    if (is_held(path)) broken = "is to go although it is held: " + path;
    may_be_gone.paths.insert(path.substr(prefix.size()));
  }
  if (const std::string lost = judge_versions(plan); !lost.empty()) broken = lost;
  for (const journal::DroppedSnapshot& dropped : plan.entry.snapshots) {
    if (is_held(dropped.head)) broken = "a snapshot is to go although it is held";
    may_be_gone.snapshots.insert(dropped.head.number);
  }
}

// What was written over stays, as it was, until the lock ends that began with the last snapshot
// that has it: that one, or another one that has it again.
std::string Site::judge_versions(const job::PrunePlan& plan) {
  const auto goes = [&](const KeptSnapshot& kept) {
    return std::ranges::find(plan.entry.snapshots, kept.head, &journal::DroppedSnapshot::head) !=
           plan.entry.snapshots.end();
  };
  std::set<std::pair<std::string, Digest>> left;
  for (const KeptSnapshot& kept : kept_snapshots) {
    const bool is_there = std::ranges::find(plan.snapshots, kept.head,
                                            &job::PlannedSnapshot::head) != plan.snapshots.end();
    if (is_there && !goes(kept)) left.insert(kept.items.begin(), kept.items.end());
  }
  for (std::size_t i = 0; i + 1 < kept_snapshots.size(); ++i) {
    const KeptSnapshot& last = kept_snapshots[i];
    const KeptSnapshot& next = kept_snapshots[i + 1];
    // One of which nobody was told may lie between them.
    const auto behind =
        std::ranges::upper_bound(plan.snapshots, last.head.number, {},
                                 [](const job::PlannedSnapshot& each) { return each.head.number; });
    const bool is_next = behind != plan.snapshots.end() && behind->head == next.head;
    const bool is_locked = policy::days_behind(last.made, lock_days_) > true_now();
    if (!goes(last) || !is_next || !is_locked) continue;
    for (const auto& version : last.items) {
      const auto now = next.items.find(version.first);
      const bool is_over = now == next.items.end() || now->second == version.second;
      if (is_over || left.contains(version) || may_be_gone.paths.contains(version.first)) continue;
      return "a locked version is to go with snapshot " + std::to_string(last.head.number) + ": " +
             version.first;
    }
  }
  return "";
}

Result<job::DrillReport> Site::drill() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, box->open_business(kBusiness, vault::Access::read));
  job::DrillRequest request;
  HF_TRY(request.snapshot, job::snapshot_to_drill(*business));
  request.definition = definition();
  return job::run_drill(*business, request);
}

Result<job::PruneReport> Site::prune(const Meanwhile& meanwhile) {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, box->open_business(kBusiness, vault::Access::write));
  job::PruneRequest request;
  request.definition = definition();
  request.lock_days = request.definition.lock_days;
  const bool is_disk_away = std::ranges::any_of(positions, [this](const Position& position) {
    return !position.coming && !is_plugged(position.disk);
  });
  HF_TRY(auto report,
         job::run_prune(*business, request, [&](const job::PrunePlan& plan, Timestamp now) {
           if (plan.frozen.empty()) judge(plan);
           if (now > true_now()) broken = "trusted time is ahead of the true one";
           if (meanwhile) meanwhile(plan);
         }));
  if (is_disk_away && (report.entry || report.removed.packs > 0)) {
    broken = "something was deleted while a disk was away";
  }
  if (!report.entry) return report;
  for (const journal::DroppedSnapshot& dropped : report.plan.entry.snapshots) {
    gone.snapshots.insert(dropped.head.number);
    if (is_held(dropped.head)) broken = "a snapshot has gone although it is held";
  }
  for (const std::string& path : report.plan.going_paths) {
    const std::string name = path.substr(path.find('/') + 1);
    if (!written_again_.contains(name)) gone.paths.insert(name);
    if (is_held(path)) broken = "has gone although it is held: " + path;
  }
  return report;
}

Result<std::unique_ptr<Reader>> Site::read() {
  HF_TRY(auto box, open());
  HF_TRY(auto business, box->open_business(kBusiness, vault::Access::read));
  return std::make_unique<Reader>(*this, std::move(box), std::move(business));
}

Reader::Reader(Site& site, std::unique_ptr<vault::Box> box,
               std::unique_ptr<vault::Business> business)
    : site_(site), box_(std::move(box)), business_(std::move(business)) {}

Result<std::map<std::uint64_t, std::string>> Reader::holds() {
  HF_TRY(const auto rows, business_->holds());
  std::map<std::uint64_t, std::string> holds;
  for (const catalog::HoldRow& row : rows) holds[row.number] = row.body.value;
  return holds;
}

Result<std::vector<journal::Head>> Reader::snapshots() {
  HF_TRY(const auto rows, business_->snapshots());
  std::vector<journal::Head> heads;
  for (const catalog::SnapshotRow& row : rows) heads.push_back(row.head);
  return heads;
}

Result<job::RestoreReport> Reader::restore_to_target(std::uint64_t number, bool gone,
                                                     ItemDigests& items) {
  job::RestoreRequest request;
  request.selection.gone = gone;
  HF_TRY(request.selection.snapshot, business_->find_snapshot({number, {}, {}}));
  request.target = kTarget;
  HF_TRY(auto report, job::run_restore(*business_, site_.files, request));
  items = site_.items_below(std::string(kTarget) + "/calls");
  if (site_.files.resolve(kTarget)) site_.files.remove(kTarget);
  if (report.ended) return *report.ended;
  if (report.failed.count != 0) return report.failed.kept.front().error;
  return report;
}

Result<ItemDigests> Reader::restore(std::uint64_t number) {
  ItemDigests items;
  HF_TRY(const auto report, restore_to_target(number, false, items));
  if (report.lost.count != 0) return report.lost.kept.front().error;
  return items;
}

Result<Reader::Left> Reader::restore_what_is_left(std::uint64_t number) {
  Left left;
  HF_TRY(const auto report, restore_to_target(number, true, left.items));
  for (const job::Problem& problem : report.lost.kept) {
    left.lacks_names |= problem.error.code == ErrorCode::names_lost;
    left.lost.insert(problem.path);
  }
  return left;
}

}  // namespace holdfast::worlds

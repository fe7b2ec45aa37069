// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/job_box.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "firmware/job/members.h"
#include "firmware/job/recover.h"
#include "firmware/job/tend.h"
#include "firmware/job/verify.h"
#include "firmware/vault/recovery.h"
#include "tests/sim/records_box.h"

namespace holdfast::test {

namespace {

constexpr std::uint32_t kEpoch = 672;  // months since 1970: January 2026
constexpr const char* kHeldPath = "calls/a.wav";

// The first of what a report tells, if it tells anything.
Result<void> first_of(const job::Problems& problems) {
  if (problems.count == 0) return {};
  return problems.kept.front().error;
}

Result<void> ended(const std::optional<Error>& error) {
  if (error) return *error;
  return {};
}

SecretBytes secret_of(std::string_view text) {
  return SecretBytes(Bytes(text.begin(), text.end()));
}

// Where no disk gives them whoever opens the business is told.
Result<void> check_no_lost_entries(vault::Business& business) {
  HF_TRY(const auto lost, business.lost_entries());
  if (!lost.empty()) return make_error(ErrorCode::entries_lost, business.name());
  return {};
}

// Paths of all files below that folder.
std::vector<std::string> files_below(sim::SimDisk& disk, const std::string& folder) {
  std::vector<std::string> paths;
  for (const ports::DirectoryEntry& entry : disk.list(folder).value()) {
    const std::string path = folder + "/" + entry.name;
    if (!entry.is_directory) {
      paths.push_back(path);
      continue;
    }
    const auto deeper = files_below(disk, path);
    paths.insert(paths.end(), deeper.begin(), deeper.end());
  }
  return paths;
}

using VisitFile = std::function<void(const std::string& path, const Bytes& bytes)>;

// Empty folders are of no account; lock files neither.
void visit_files(sim::SimDisk& disk, const std::string& folder, const VisitFile& visit) {
  for (const ports::DirectoryEntry& entry : disk.list(folder).value()) {
    const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    if (path == "locks") continue;
    if (entry.is_directory) {
      visit_files(disk, path, visit);
    } else {
      visit(path, disk.contents(path).value());
    }
  }
}

std::string texts_below(const Contents& contents, const std::string& folder) {
  std::string texts;
  for (const auto& [path, bytes] : contents) {
    if (path.starts_with(folder)) texts += text_of(bytes);
  }
  return texts;
}

bool has_in_it(const Bytes& bytes, ByteView part) {
  if (bytes.empty()) return false;
  return ::memmem(bytes.data(), bytes.size(), part.data(), part.size()) != nullptr;
}

}  // namespace

JobBox::JobBox(std::uint64_t seed) : SimBox(seed) {
  for (const char* name : {kDrawer, kStick}) {
    disks.push_back(std::make_unique<sim::SimDisk>(world, name));
  }
  call("a.wav", 1500);
  call("b.wav", 300);
  call("01/c.wav", 60);
}

std::vector<std::string> JobBox::pool_disks() const {
  std::vector<std::string> names = disk_names();
  names.resize(kDisks);
  return names;
}

void JobBox::call(const std::string& name, std::size_t size) {
  std::string text = kSecretText;
  sim::Generator noise(++heard_);
  while (text.size() < size) text += static_cast<char>(noise.next());
  write(name, text);
}

Result<void> JobBox::make_home() {
  return has_home() ? Result<void>() : init();
}

Result<void> JobBox::make_pool() {
  HF_TRY(const auto box, open());
  if (!box->keyring().content().pool.is_null()) return {};
  // A person empties the folders first.
  for (std::size_t i = 0; i < kDisks; ++i) {
    disks[i] = std::make_unique<sim::SimDisk>(world, disks[i]->name());
  }
  HF_TRY(const auto pool, box->create_pool(pool_disks(), {}));
  static_cast<void>(pool);
  return {};
}

Result<void> JobBox::make_business() {
  auto added = add_business();
  if (!added && added.error().code == ErrorCode::business_exists) return {};
  return added;
}

Result<void> JobBox::make_snapshots() {
  HF_TRY(make_home());
  HF_TRY(make_pool());
  HF_TRY(add_passphrase(kStays));
  HF_TRY(add_passphrase(kGoes));
  HF_TRY(make_business());
  HF_TRY(back_up());
  call("a.wav", 700);
  call("02/d.wav", 400);
  return back_up();
}

void JobBox::tell_rows() {
  if (told_ == 0) files.add_folder("/rows");
  std::string text = RecordsBox::header();
  for (int i = 0; i < 2; ++i) {
    const Call call = RecordsBox::call(++told_);
    write(RecordsBox::name_of(call), RecordsBox::sound(call));
    text += RecordsBox::row(call);
  }
  files.write_file("/rows/day" + std::to_string(told_) + ".csv", view_of(text));
  std::vector<Call> calls;
  for (int number = 1; number <= told_; ++number) calls.push_back(RecordsBox::call(number));
  const source::SqlRules asked = RecordsBox::sql_source().sql;
  sql_.answer_any(asked.server, source::make_query(asked, {}), RecordsBox::table_of(calls));
}

source::BusinessDefinition JobBox::definition_with_rows() {
  source::BusinessDefinition definition = backup_request().definition;
  definition.sources.push_back(RecordsBox::csv_source());
  definition.sources.push_back(RecordsBox::sql_source());
  return definition;
}

Result<job::BackupReport> JobBox::back_up_with_rows() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, box->open_business("calls", vault::Access::write));
  job::BackupRequest request = backup_request();
  request.definition = definition_with_rows();
  request.sql = &sql_;
  return job::run_backup(*business, files, request);
}

void JobBox::check_rows() {
  const auto restored = restore_whole();
  INFO((restored ? "" : debug_text(restored.error())));
  REQUIRE(restored);
  for (const char* source : {"rows", "cdr"}) {
    CAPTURE(source);
    const std::string rows = texts_below(*restored, std::string(source) + "/");
    const std::string outcomes =
        texts_below(*restored, std::string("records/") + source + "/rows/");
    for (int number = 1; number <= told_; ++number) {
      const Call call = RecordsBox::call(number);
      CAPTURE(number);
      CHECK(rows.find(RecordsBox::row(call)) != std::string::npos);
      const std::string bound = ",matched,,2,calls/" + RecordsBox::name_of(call);
      CHECK(outcomes.find(bound) != std::string::npos);
    }
  }
}

Result<void> JobBox::back_up() {
  HF_TRY(const auto report, told_ > 0 ? back_up_with_rows() : backup());
  HF_TRY(first_of(report.problems));
  acknowledged.emplace_back(report.snapshot.number, source());
  return {};
}

Result<void> JobBox::back_up_path(const std::string& name) {
  only_paths = {"calls/" + name};
  auto done = back_up();
  only_paths.clear();
  return done;
}

void JobBox::check_newest() {
  const auto restored = restore();
  INFO((restored ? "" : debug_text(restored.error())));
  REQUIRE(restored);
  CHECK((*restored == source()));
}

Result<void> JobBox::change_members(const std::optional<std::string>& joining,
                                    const std::optional<std::string>& leaving) {
  HF_TRY(const auto box, open());
  job::MemberRequest request;
  request.joining = joining;
  request.leaving = leaving;
  const auto was_done = [](const Error& error) {
    return error.code == ErrorCode::disk_is_member || error.code == ErrorCode::no_disk;
  };
  const auto plan = job::plan_members(*box, request);
  if (!plan && was_done(plan.error())) return {};
  if (!plan) return plan.error();
  HF_TRY(const auto summary, job::change_members(*box, request, *plan));
  HF_TRY(ended(summary.ended));
  if (summary.moved) HF_TRY(first_of(summary.moved->problems));
  if (leaving && !summary.settled) return make_error(ErrorCode::disk_needed);
  return {};
}

void JobBox::damage() {
  const auto shards = files_below(*disks[0], "packs");
  REQUIRE(shards.size() >= 2);
  disks[0]->flip_bit(shards.front(), pool::kShardHeaderSize + 10);
  disks[0]->erase(shards.back());
  disks[1]->flip_bit(files_below(*disks[1], "journal").front(), journal::kSegmentHeaderSize + 60);
  disks[2]->flip_bit("keyring", 300);
}

Result<void> JobBox::scrub() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto summary, job::run_scrub(*box, {}));
  HF_TRY(ended(summary.ended));
  HF_TRY(first_of(summary.problems));
  CHECK(summary.complete);
  // What lies on a disk that cannot be read is missing, or its pack is beyond repair.
  if (summary.has_lost()) return make_error(ErrorCode::data_lost);
  CHECK(summary.shards_bad + summary.shards_missing + summary.shards_before >= 2);
  CHECK(summary.copies.count >= 1);
  return {};
}

Result<void> JobBox::heal() {
  HF_TRY(const auto box, open());
  job::ScrubRequest request;
  request.heal = true;
  HF_TRY(const auto summary, job::run_scrub(*box, request));
  HF_TRY(ended(summary.ended));
  HF_TRY(first_of(summary.problems));
  if (summary.is_not_mended()) return make_error(ErrorCode::verify_failed);
  HF_TRY(const auto left, job::settle_leaving(*box, summary, nullptr));
  static_cast<void>(left);
  return {};
}

Result<std::unique_ptr<vault::Business>> JobBox::open_business(
    const std::unique_ptr<vault::Box>& box, vault::Access access) {
  HF_TRY(auto business, box->open_business("calls", access));
  HF_TRY(check_no_lost_entries(*business));
  return business;
}

Result<void> JobBox::restore_all() {
  HF_TRY(const auto restored, restore());
  CHECK((restored == source()));
  return {};
}

// The rows of a file and those of a database, of the calls that the snapshot has.
Result<void> JobBox::restore_rows() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, open_business(box, vault::Access::read));
  job::RestoreRequest request;
  HF_TRY(request.selection.snapshot, business->find_snapshot({}));
  request.target = "/restored" + std::to_string(++restores_);
  request.rows_by = definition_with_rows();
  HF_TRY(const auto report, job::run_restore(*business, files, request));
  HF_TRY(ended(report.ended));
  HF_TRY(first_of(report.lost));
  HF_TRY(first_of(report.failed));
  const auto restored = read_tree(request.target + "/calls");
  std::uint64_t told = 0;
  for (const auto& [path, bytes] : restored) {
    if (!path.ends_with(job::kRowsSuffix)) continue;
    CHECK(restored.contains(path.substr(0, path.size() - job::kRowsSuffix.size())));
    ++told;
  }
  CHECK(told == report.rows.recordings);
  CHECK(report.rows.rows == 2 * told);
  CHECK(told >= 2);
  return {};
}

Result<void> JobBox::verify_all() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, open_business(box, vault::Access::read));
  job::VerifyRequest request;
  HF_TRY(request.snapshot, business->find_snapshot({}));
  HF_TRY(const auto report, job::run_verify(*business, request));
  HF_TRY(first_of(report.lost));
  CHECK(report.items == report.items_total);
  CHECK(report.items >= source().size());
  return {};
}

Result<void> JobBox::rebuild() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, open_business(box, vault::Access::write));
  HF_TRY(business->rebuild_catalog({}));
  HF_TRY(check_no_lost_entries(*business));
  HF_TRY(const auto rows, business->snapshots());
  CHECK(rows.size() == acknowledged.size());
  return {};
}

void JobBox::lose_home() {
  for (const ports::DirectoryEntry& entry : home.list("").value()) home.erase(entry.name);
}

Result<void> JobBox::recover() {
  if (has_home()) {  // a call that was cut has made it: whoever writes next tells the disks
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, open_business(box, vault::Access::write));
    return business->prepare_writing();
  }
  HF_TRY(auto found, vault::find_box([this](const std::string& path) { return open_disk(path); },
                                     settings.pool, pool_disks(),
                                     [](ByteView file) {
                                       return keys::Keyring::open_with_passphrase(
                                           file, view_of(std::string_view(kStays)));
                                     }));
  HF_TRY(const auto box, vault::Box::recover(ports(), settings, std::move(found)));
  const auto summary = job::complete_recovery(*box, nullptr, nullptr);
  HF_TRY(ended(summary.not_writable));
  HF_TRY(ended(summary.ended));
  REQUIRE(summary.businesses.size() == 1);
  return ended(summary.businesses.front().problem);
}

Result<void> JobBox::add_passphrase(const std::string& passphrase) {
  HF_TRY(const auto box, open());
  return box->add_passphrase(view_of(passphrase));
}

Result<void> JobBox::add_shares() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto written, box->add_shares({{2, 3}, {kStick}}));
  CHECK(written.size() == 3);
  return {};
}

Result<void> JobBox::remove_key() {
  constexpr std::uint32_t kNumberStays = 2;  // 1 is the machine's
  constexpr std::uint32_t kNumberGoes = 3;
  HF_TRY(const auto box, open());
  const auto slots = box->keyring().slots();
  if (std::ranges::find(slots, kNumberGoes, &keys::SlotInfo::number) == slots.end()) return {};
  vault::KeyRemoval removal;
  removal.number = kNumberGoes;
  removal.kept.push_back({kNumberStays, secret_of(kStays)});
  HF_TRY(const auto removed, box->remove_key(std::move(removal)));
  return ended(removed.not_level);
}

Result<void> JobBox::hold() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, open_business(box, vault::Access::write));
  HF_TRY(const auto head, business->hold(journal::HoldScope::item, kHeldPath, "audit"));
  CHECK(head.number > 0);
  return {};
}

Result<void> JobBox::release() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, open_business(box, vault::Access::write));
  HF_TRY(const auto rows, business->holds());
  for (const auto& row : rows) HF_TRY(business->release(row, ""));
  return {};
}

Result<void> JobBox::tag() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, open_business(box, vault::Access::write));
  HF_TRY(const auto row, business->find_snapshot({}));
  HF_TRY(const auto head, business->tag_snapshot(row, "kept"));
  CHECK(head.number > row.head.number);
  return {};
}

std::size_t JobBox::count_slots() {
  const auto box = open();
  REQUIRE(box);
  return (*box)->keyring().slots().size();
}

std::vector<catalog::HoldRow> JobBox::holds() {
  const auto box = open();
  REQUIRE(box);
  const auto business = open_business(*box, vault::Access::read);
  REQUIRE(business);
  return (*business)->holds().value();
}

std::vector<catalog::SnapshotRow> JobBox::snapshots() {
  const auto box = open();
  REQUIRE(box);
  const auto business = open_business(*box, vault::Access::read);
  REQUIRE(business);
  return (*business)->snapshots().value();
}

bool JobBox::is_plain_member(const std::string& place) {
  const auto box = open();
  REQUIRE(box);
  const auto pool = (*box)->pool();
  REQUIRE(pool);
  return std::ranges::any_of((*pool)->label().record.members, [&](const pool::Member& member) {
    return member.place == place && member.state == pool::MemberState::member;
  });
}

// Of all sources of the newest snapshot.
Result<Contents> JobBox::restore_whole() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, open_business(box, vault::Access::read));
  job::RestoreRequest request;
  HF_TRY(request.selection.snapshot, business->find_snapshot({}));
  request.target = "/whole" + std::to_string(++wholes_);
  HF_TRY(const auto report, job::run_restore(*business, files, request));
  HF_TRY(ended(report.ended));
  HF_TRY(first_of(report.lost));
  HF_TRY(first_of(report.failed));
  return read_tree(request.target);
}

Result<Contents> JobBox::restore_and_forget(vault::Business& business, std::uint64_t number) {
  auto contents = restore(business, number);
  return contents;
}

void JobBox::for_each_file(const VisitFile& visit) {
  const auto of = [&](sim::SimDisk& disk) {
    visit_files(disk, "", [&](const std::string& path, const Bytes& bytes) {
      visit(disk.name() + "/" + path, bytes);
    });
  };
  of(home);
  for (const auto& disk : disks) of(*disk);
}

std::uint64_t JobBox::state() {
  Sha256 hash;
  for_each_file([&](const std::string& path, const Bytes& bytes) {
    hash.update(view_of(path));
    hash.update(view_of(" " + std::to_string(bytes.size()) + " "));
    hash.update(bytes);
  });
  const Digest digest = hash.finish();
  std::uint64_t number = acknowledged.size();
  for (std::size_t i = 0; i < sizeof number; ++i) number = number * 257 + digest.bytes[i];
  return number | 1;  // never 0
}

void JobBox::check_secrets() {
  std::vector<Bytes> secrets;
  const auto add = [&](ByteView secret) { secrets.emplace_back(secret.begin(), secret.end()); };
  add(view_of(std::string_view(kSecretText)));
  for (const char* name : {"a.wav", "01/c.wav", kStays, "spoken"}) add(view_of(name));
  if (told_ > 0) add(view_of(RecordsBox::call(1).phone));
  const auto box = open();
  if (!box) return;  // no home yet, and so no key
  const keys::KeyringContent& content = (*box)->keyring().content();
  add(content.signing_seed.view());
  add(content.box_key.view());
  for (const keys::BusinessKeys& keys : content.businesses) {
    add(keys.id_key.view());
    const auto business = (*box)->open_business(keys.name, vault::Access::read);
    if (!business) continue;
    for (const auto of_kind : {keys::KeyKind::meta, keys::KeyKind::content}) {
      const auto key = (*business)->epoch_keys().get(kEpoch, of_kind);
      if (key) add((*key)->view());
    }
  }
  std::map<std::array<std::uint8_t, 32>, Digest> salts;
  for_each_file([&](const std::string& path, const Bytes& bytes) {
    CAPTURE(path);
    for (const Bytes& secret : secrets) CHECK_FALSE(has_in_it(bytes, secret));
    const auto shard =
        bytes.size() < pool::kShardFieldsSize
            ? Result<pool::ShardHeader>(make_error(ErrorCode::truncated))
            : pool::parse_shard_header(ByteView(bytes).first(pool::kShardFieldsSize));
    if (!shard) return;
    const auto header = pack::parse_header(shard->pack_header);
    REQUIRE(header);
    const auto known = salts.emplace(header->salt, shard->pack);
    CHECK(known.first->second == shard->pack);
  });
  CHECK((acknowledged.empty() || !salts.empty()));
}

std::size_t JobBox::count_unfinished() {
  std::size_t count = 0;
  for_each_file([&](const std::string& path, const Bytes& /*bytes*/) {
    if (path.ends_with(".tmp")) ++count;
  });
  return count;
}

void JobBox::check_kept() {
  if (acknowledged.empty() || !has_home()) return;
  const auto box = open();
  INFO((box ? "" : debug_text(box.error())));
  REQUIRE(box);
  const auto business = open_business(*box, vault::Access::read);
  INFO((business ? "" : debug_text(business.error())));
  REQUIRE(business);
  const auto rows = (*business)->snapshots();
  REQUIRE(rows);
  std::map<std::uint64_t, Contents> visible;
  for (const auto& row : *rows) {
    CAPTURE(row.head.number);
    auto contents = restore_and_forget(**business, row.head.number);
    INFO((contents ? "" : debug_text(contents.error())));
    REQUIRE(contents);
    visible[row.head.number] = std::move(contents).value();
  }
  check_acknowledged(visible);
}

void JobBox::check_acknowledged(const std::map<std::uint64_t, Contents>& visible) {
  const bool is_pruned = !going_.empty() && visible.count(acknowledged.front().first) == 0;
  std::size_t place = 0;
  for (const auto& [number, contents] : acknowledged) {
    CAPTURE(number, is_pruned);
    const bool is_dropped = is_pruned && place++ < 2;
    REQUIRE(visible.count(number) == (is_dropped ? 0 : 1));
    if (is_dropped) continue;
    Contents expected = contents;
    if (is_pruned) expected.erase(going_);
    REQUIRE((visible.at(number) == expected));
  }
}

void JobBox::check_goes_on() {
  const auto require = [](const Result<void>& done) {
    INFO((done ? "" : debug_text(done.error())));
    REQUIRE(done);
  };
  if (acknowledged.empty()) {
    require(make_pool());
    require(make_business());
  }
  if (!is_clean()) {
    require(heal());
    CHECK(is_clean());
  }
  call("new.wav", 200);
  require(back_up());
  check_kept();
}

Result<void> JobBox::tend() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto summary, job::run_tend(*box, {}));
  HF_TRY(ended(summary.ended));
  if (summary.is_not_mended()) return make_error(ErrorCode::verify_failed);
  return {};
}

bool JobBox::is_clean() {
  const auto box = open();
  REQUIRE(box);
  const auto found = job::run_scrub(**box, {});
  INFO((found ? "" : debug_text(found.error())));
  REQUIRE(found);
  return found->complete && !found->found_differences();
}

}  // namespace holdfast::test

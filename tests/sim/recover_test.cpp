// SPDX-License-Identifier: Apache-2.0
// key recover on a new machine, cut and failed at every operation: from the disks and a credential
// everything that was acknowledged comes back, and the box before can write no more.
#include <catch2/catch.hpp>

#include "firmware/job/recover.h"
#include "firmware/keys/shares.h"
#include "firmware/vault/recovery.h"
#include "tests/sim/sim_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

constexpr Strides kStrides{11, 3, 61, 31};
constexpr Strides kCutStrides{5, 1, 23, 11};

const char* const kPassphrase = "correct horse";

Result<keys::Keyring> open_by(ByteView file, const std::string& passphrase) {
  auto keyring = keys::Keyring::open_with_passphrase(file, view_of(passphrase));
  if (!keyring && keyring.error().code == ErrorCode::no_key) {
    return make_error(ErrorCode::wrong_passphrase);
  }
  return keyring;
}

// A box with two snapshots, and a machine with an empty home.
class RecoverBox : public SimBox {
 public:
  explicit RecoverBox(std::uint64_t seed = 1) : SimBox(seed) {
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_passphrase(kPassphrase));
    REQUIRE(add_business());
    for (int call = 0; call < 4; ++call) write(std::to_string(call) + ".wav", "call " + noise());
    REQUIRE(backup());
    write("a.wav", noise());
    REQUIRE(backup());
  }
  Result<void> add_passphrase(const std::string& passphrase) {
    HF_TRY(const auto box, open());
    return box->add_passphrase(view_of(passphrase));
  }
  std::string noise() {
    Bytes bytes(900);
    noise_.fill(bytes);
    return {bytes.begin(), bytes.end()};
  }

  vault::VaultPorts new_ports(sim::SimDisk& home_of) {
    return {clock,
            random,
            workers,
            home_of,
            [this](const std::string& path) { return open_disk(path); },
            "new"};
  }
  std::vector<std::string> present_disks() {
    std::vector<std::string> names = disk_names();
    std::erase_if(names, [&](const std::string& name) { return missing.count(name) > 0; });
    return names;
  }
  Result<vault::FoundBox> find(const std::string& passphrase = kPassphrase) {
    return vault::find_box([this](const std::string& path) { return open_disk(path); },
                           settings.pool, present_disks(),
                           [&](ByteView file) { return open_by(file, passphrase); });
  }
  Result<job::RecoverySummary> recover(sim::SimDisk& into) {
    HF_TRY(auto found, find());
    HF_TRY(const auto box, vault::Box::recover(new_ports(into), settings, std::move(found)));
    return job::complete_recovery(*box, nullptr, nullptr);
  }
  Result<job::RecoverySummary> recover() { return recover(new_home); }

  template <class Call>
  auto on(sim::SimDisk& home_of, Call&& call) {
    return call(vault::Box::open(new_ports(home_of), settings, [] {
      return Result<std::optional<SecretBytes>>(std::optional<SecretBytes>());
    }));
  }
  Result<Contents> restore_on(sim::SimDisk& home_of, std::optional<std::uint64_t> number = {}) {
    return on(home_of, [&](Result<std::unique_ptr<vault::Box>> box) -> Result<Contents> {
      if (!box) return std::move(box.error());
      HF_TRY(const auto business, (*box)->open_business("calls", vault::Access::read));
      return restore(*business, number);
    });
  }
  Result<job::BackupReport> backup_on(sim::SimDisk& home_of) {
    return on(home_of, [&](Result<std::unique_ptr<vault::Box>> box) -> Result<job::BackupReport> {
      if (!box) return std::move(box.error());
      HF_TRY(const auto business, (*box)->open_business("calls", vault::Access::write));
      job::BackupRequest request;
      request.definition.name = "calls";
      request.definition.kind = kind;
      request.definition.sources.push_back({"calls", "/calls", {}, false, {}, retention_class});
      return job::run_backup(*business, files, request);
    });
  }

  // What holds once a recovery has come to its end.
  void check_recovered(sim::SimDisk& into) {
    const auto before = source();
    CHECK(*restore_on(into) == before);
    CHECK(restore_on(into, 2)->size() == 4);
    write("new.wav", noise());
    const auto report = backup_on(into);
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    CHECK(*restore_on(into) == source());
    // The old box still has all it had, and does not write.
    const auto refused = backup();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::home_not_newest);
  }
  journal::Head head_on(sim::SimDisk& home_of, std::uint32_t& incarnation) {
    return on(home_of, [&](Result<std::unique_ptr<vault::Box>> box) {
      const auto business = (*box)->open_business("calls", vault::Access::read);
      incarnation = (*business)->journal().incarnation();
      return (*business)->journal().head();
    });
  }

  sim::SimDisk new_home{world, "/new"};

 private:
  sim::SimRandom noise_{77};
};

bool is_whole(const job::RecoverySummary& summary) {
  return !summary.not_writable && !summary.ended && summary.businesses.size() == 1 &&
         !summary.businesses.front().problem;
}

std::unique_ptr<RecoverBox> make_box() {
  return std::make_unique<RecoverBox>();
}

Result<job::RecoverySummary> recover(RecoverBox& box) {
  HF_TRY(auto done, box.recover());
  if (done.ended) return *done.ended;
  return done;
}

// No home yet: the call is made again. A home: it goes on by itself.
void check_goes_on(RecoverBox& box, const Result<job::RecoverySummary>& /*answer*/) {
  if (!box.new_home.contents("keyring")) REQUIRE(is_whole(*box.recover()));
  CHECK(*box.restore_on(box.new_home) == box.source());
  box.check_recovered(box.new_home);
}

}  // namespace

TEST_CASE("From the disks and a passphrase a box comes back on a new machine") {
  RecoverBox box;
  const auto done = box.recover();
  INFO((done ? "" : debug_text(done.error())));
  REQUIRE(done);
  CHECK(is_whole(*done));
  CHECK(done->businesses.front().snapshots == 2);
  const std::string definition = "businesses/" + box.home.list("businesses")->front().name;
  CHECK(box.new_home.contents(definition) == box.home.contents(definition));
  // The journal goes on with the takeover entry, in the second incarnation.
  std::uint32_t incarnation = 0;
  CHECK(box.head_on(box.new_home, incarnation).number == 4);
  CHECK(incarnation == 2);
  for (const auto& disk : box.disks) {
    CHECK(disk->contents("keyring") == box.new_home.contents("keyring"));
  }
  box.check_recovered(box.new_home);
}

TEST_CASE("Two disks may be gone, and come back later") {
  RecoverBox box;
  box.missing["/disk1"] = true;
  box.missing["/disk4"] = true;
  const auto done = box.recover();
  REQUIRE(done);
  CHECK(is_whole(*done));
  box.missing.clear();
  box.check_recovered(box.new_home);
  CHECK(box.disks[1]->contents("keyring") == box.new_home.contents("keyring"));
}

TEST_CASE("With too few disks to write a recovered box reads, and says so") {
  RecoverBox box;
  for (const char* gone : {"/disk1", "/disk3", "/disk4"}) box.missing[gone] = true;
  const auto keyring = box.disks[0]->contents("keyring");
  const auto label = box.disks[0]->contents("label.a");
  const auto done = box.recover();
  REQUIRE(done);
  REQUIRE(done->not_writable);
  CHECK(done->not_writable->code == ErrorCode::too_few_disks);
  CHECK(done->businesses.front().snapshots == 2);
  // Three disks may have three shards of all packs, or not.
  const auto restored = box.restore_on(box.new_home);
  if (restored) {
    CHECK(*restored == box.source());
  } else {
    const Error& error = restored.error();
    CHECK((error.data_loss || error.code == ErrorCode::names_lost));
  }
  const auto refused = box.backup_on(box.new_home);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::too_few_disks);
  CHECK(box.disks[0]->contents("keyring") == keyring);
  CHECK(box.disks[0]->contents("label.a") == label);
  // Nothing has been told to the disks, so the old box goes on.
  box.missing.clear();
  REQUIRE(box.backup());
}

TEST_CASE("A recovered home that knows less than disks that come back writes nothing over them") {
  RecoverBox box;
  box.missing["/disk4"] = true;
  box.missing["/disk5"] = true;
  REQUIRE(box.add_passphrase("acknowledged on four disks"));
  box.missing.clear();
  for (const char* away : {"/disk0", "/disk1", "/disk2", "/disk3"}) box.missing[away] = true;
  REQUIRE(box.recover()->not_writable);
  box.missing.clear();
  const auto keyring = box.disks[0]->contents("keyring");
  const auto refused = box.backup_on(box.new_home);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::home_not_newest);
  CHECK(box.disks[0]->contents("keyring") == keyring);
  REQUIRE(box.backup());
}

TEST_CASE("What the old box was writing while it was recovered elsewhere is not acknowledged") {
  RecoverBox box;
  const auto old = box.open();
  const auto writer = (*old)->open_business("calls", vault::Access::write);
  REQUIRE((*writer)->prepare_writing());
  REQUIRE(is_whole(*box.recover()));
  const auto held = (*writer)->hold(journal::HoldScope::item, "calls/0.wav", "case 7");
  REQUIRE_FALSE(held);
  CHECK(held.error().code == ErrorCode::home_not_newest);
  const auto restored = box.restore_on(box.new_home);
  INFO((restored ? "" : debug_text(restored.error())));
  REQUIRE(restored);
  CHECK(*restored == box.source());
}

TEST_CASE("A box may be recovered again and again") {
  RecoverBox box;
  REQUIRE(is_whole(*box.recover()));
  sim::SimDisk third(box.world, "/third");
  REQUIRE(is_whole(*box.recover(third)));
  box.check_recovered(third);
  const auto refused = box.backup_on(box.new_home);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::home_not_newest);
}

TEST_CASE("A recovered keyring of sixteen slots loses its oldest machine slot, no other") {
  RecoverBox box;
  for (int more = 2; more < 16; ++more) {
    REQUIRE(box.add_passphrase("number " + std::to_string(more)));
  }
  CHECK(box.add_passphrase("one more").error().code == ErrorCode::limit_exceeded);
  REQUIRE(is_whole(*box.recover()));
  CHECK(*box.restore_on(box.new_home) == box.source());
  const auto found = box.find("number 15");
  REQUIRE(found);
  CHECK(found->keyring.slots().size() == 16);
}

TEST_CASE("Where disks or keyrings cannot be read a recovery says so, or does without") {
  RecoverBox box;
  SECTION("a disk is given twice") {
    box.disks.back() = std::make_unique<sim::SimDisk>(box.world, box.disks.front()->name());
    const auto found = box.find();
    REQUIRE_FALSE(found);
    CHECK(found.error().code == ErrorCode::disk_given_twice);
    CHECK(found.error().where == "/disk0");
  }
  SECTION("a disk cannot be opened") {
    box.ask_open = [](const std::string& path) {
      return path == "/disk3" ? std::optional(ErrorCode::io) : std::nullopt;
    };
    CHECK(box.find().error().code == ErrorCode::io);
    box.ask_open = {};
    CHECK(box.find());
  }
  SECTION("no disk gives its keyring") {
    box.disks[0]->erase("keyring");
    for (std::size_t i = 1; i < box.disks.size(); ++i) box.disks[i]->spoil("keyring");
    const auto found = box.find();
    REQUIRE_FALSE(found);
    CHECK(found.error().code == ErrorCode::io);
    CHECK(found.error().where.starts_with("/disk1"));
  }
  SECTION("a keyring is of a later program") {
    Bytes later = *box.disks[2]->contents("keyring");
    later[8] = 9;  // its version
    box.disks[2]->plant("keyring", later);
    CHECK(box.find().error().code == ErrorCode::unsupported_version);
  }
  SECTION("all are damaged") {
    for (const auto& disk : box.disks) disk->flip_bit("keyring", 500, 1);  // behind the slots
    CHECK(box.find().error().code == ErrorCode::no_keyring);
  }
  SECTION("the process cannot open any") {
    const auto unlock = [](ByteView) -> Result<keys::Keyring> {
      return make_error(ErrorCode::out_of_memory);
    };
    const auto found = vault::find_box([&](const std::string& path) { return box.open_disk(path); },
                                       box.settings.pool, box.present_disks(), unlock);
    CHECK(found.error().code == ErrorCode::out_of_memory);
  }
  SECTION("the keyring of another box lies on a disk of ours") {
    RecoverBox other(2);
    for (int i = 0; i < 3; ++i) REQUIRE(other.add_passphrase("more" + std::to_string(i)));
    box.disks[5]->plant("keyring", *other.disks[5]->contents("keyring"));
    for (std::size_t i = 0; i < 3; ++i) box.disks[i]->erase("keyring");
    REQUIRE(is_whole(*box.recover()));
    box.check_recovered(box.new_home);
  }
}

TEST_CASE("What opens nothing, or only what is older, recovers nothing") {
  RecoverBox box;
  CHECK(box.find("wrong").error().code == ErrorCode::wrong_passphrase);

  SECTION("no disk has a keyring") {
    for (const auto& disk : box.disks) disk->erase("keyring");
    CHECK(box.find().error().code == ErrorCode::no_keyring);
  }
  SECTION("all but one are damaged") {
    for (std::size_t i = 1; i < box.disks.size(); ++i) box.disks[i]->flip_bit("keyring", 300, 1);
    REQUIRE(is_whole(*box.recover()));
    box.check_recovered(box.new_home);
  }
  SECTION("rot makes one look newer than any box can be") {
    box.disks[2]->flip_bit("keyring", 22, 5);
    REQUIRE(is_whole(*box.recover()));
    CHECK(keys::read_keyring_head(*box.new_home.contents("keyring"))->generation < 100);
    box.check_recovered(box.new_home);
  }
  SECTION("rot makes one look newer") {
    box.disks[2]->flip_bit("keyring", 16, 5);
    REQUIRE(is_whole(*box.recover()));
    box.check_recovered(box.new_home);
  }
  SECTION("a disk of another box among them") {
    RecoverBox other(2);
    box.disks[5]->plant("keyring", *other.disks[5]->contents("keyring"));
    for (const char* label : {"label.a", "label.b"}) {
      box.disks[5]->plant(label, *other.disks[5]->contents(label));
    }
    CHECK(box.find().error().code == ErrorCode::disk_foreign);
  }
  SECTION("rot in the box id of one") {
    box.disks[0]->flip_bit("keyring", 30, 1);
    REQUIRE(is_whole(*box.recover()));
    box.check_recovered(box.new_home);
  }
  SECTION("a disk without a label of the pool") {
    for (const char* file : {"label.a", "label.b", "keyring"}) box.disks[5]->erase(file);
    const auto refused = box.find();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::disk_foreign);
    CHECK(refused.error().where == "/disk5");
  }
  SECTION("a newer keyring without this slot, on as many disks as count or may count") {
    // Made by hand: as if the passphrase had been taken out.
    Bytes newer = *box.home.contents("keyring");
    newer[16] = static_cast<std::uint8_t>(newer[16] + 1);  // generation
    newer[64 + 192] = 1;                                   // the second slot is a machine's now
    std::fill_n(newer.begin() + 64 + 192 + 1, 3, std::uint8_t{0});
    box.disks[0]->plant("keyring", newer);
    REQUIRE(box.find());  // on one disk of six: it was never acknowledged
    box.missing["/disk4"] = true;
    box.missing["/disk5"] = true;
    CHECK(box.find().error().code == ErrorCode::key_removed);  // they may have it, too
    box.missing.clear();
    for (std::size_t i = 1; i < 3; ++i) box.disks[i]->plant("keyring", newer);
    CHECK(box.find().error().code == ErrorCode::key_removed);
  }
}

TEST_CASE("A journal of which the end is lost on all disks is read after a recovery, and says so") {
  RecoverBox box;
  const auto segments = [&] {
    std::vector<std::string> paths;
    const auto businesses = box.disks[0]->list("journal");
    REQUIRE(businesses);
    const std::string folder = "journal/" + businesses->front().name;
    const auto files = box.disks[0]->list(folder);
    REQUIRE(files);
    for (const auto& file : *files) paths.push_back(folder + "/" + file.name);
    std::ranges::sort(paths);
    return paths;
  };
  std::uint64_t last = 0;
  while (segments().size() < 3) {
    box.write("more" + std::to_string(last) + ".wav", box.noise());
    const auto report = box.backup();
    REQUIRE(report);
    last = report->snapshot.number;
  }
  const std::string newest = segments().back();
  for (const auto& disk : box.disks) disk->plant(newest, Bytes(disk->contents(newest)->size()));
  const auto done = box.recover();
  REQUIRE(done);
  REQUIRE(done->businesses.size() == 1);
  const job::RecoveredBusiness& business = done->businesses.front();
  INFO((business.problem ? debug_text(*business.problem) : ""));
  CHECK(business.problem);
  CHECK(business.snapshots >= 2);
  CHECK(business.snapshots < last);
  CHECK(box.restore_on(box.new_home, 2)->size() == 4);
  CHECK_FALSE(box.backup_on(box.new_home));
}

TEST_CASE("A home that is one already is not recovered into") {
  RecoverBox box;
  auto found = box.find();
  REQUIRE(found);
  const auto refused = vault::Box::recover(box.ports(), box.settings, std::move(*found));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::home_exists);
}

TEST_CASE("The power may go at every operation of a recovery") {
  sweep_cuts({stride_of(kCutStrides), 1}, make_box, recover, check_goes_on);
}

TEST_CASE("This new machine may be lost at every operation of a recovery") {
  sweep_cuts({stride_of(kCutStrides), 2}, make_box, recover,
             [](RecoverBox& box, const auto& /*answer*/) {
               sim::SimDisk third(box.world, "/third");
               const auto done = box.recover(third);
               INFO((done ? "" : debug_text(done.error())));
               REQUIRE(done);
               CHECK(is_whole(*done));
               box.check_recovered(third);
             });
}

TEST_CASE("An error at any operation of a recovery loses nothing") {
  sweep_errors({stride_of(kStrides), 3}, make_box, recover, check_goes_on);
}

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// Removing a slot of the keyring, cut and failed at every operation, with a disk that is away and
// comes back, with a home that is lost, and with one of before that comes back: what stays opens
// everything, and what was removed opens no copy that counts.
#include <algorithm>
#include <catch2/catch.hpp>

#include "firmware/job/recover.h"
#include "firmware/keys/shares.h"
#include "firmware/keys/wrap.h"
#include "firmware/vault/recovery.h"
#include "firmware/vault/run.h"
#include "tests/sim/sim_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

constexpr Strides kStrides{5, 1, 31, 11};
constexpr Strides kCutStrides{2, 1, 13, 5};

constexpr std::uint32_t kStays = 2;  // slot numbers; 1 is the machine's
constexpr std::uint32_t kGoes = 3;

bool opens(const Bytes& keyring, std::string_view passphrase) {
  return keys::Keyring::open_with_passphrase(keyring, view_of(passphrase)).has_value();
}

// A box with two passphrases, of which one is to go, and a snapshot.
class RemoveBox : public SimBox {
 public:
  RemoveBox() {
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_passphrase("stays"));
    REQUIRE(add_passphrase("goes"));
    REQUIRE(add_business());
    write("a.wav", "the first call");
    REQUIRE(backup());
  }
  Result<void> add_passphrase(std::string_view passphrase) {
    HF_TRY(const auto box, open());
    return box->add_passphrase(view_of(passphrase));
  }

  static keys::KeptSlot kept(std::uint32_t number, std::string_view passphrase) {
    return {number, SecretBytes(Bytes(passphrase.begin(), passphrase.end()))};
  }
  static vault::KeyRemoval removal() {
    vault::KeyRemoval removal;
    removal.number = kGoes;
    removal.kept.push_back(kept(kStays, "stays"));
    return removal;
  }
  // Ok if it is acknowledged without anything left to do.
  Result<vault::Box::RemovedKey> remove() {
    HF_TRY(const auto box, open());
    HF_TRY(auto removed, box->remove_key(removal()));
    if (removed.not_level) return *removed.not_level;
    return removed;
  }
  bool is_removed() { return !opens(*home.contents("keyring"), "goes"); }

  vault::VaultPorts ports_of(sim::SimDisk& home_of) {
    vault::VaultPorts of = ports();
    return {of.clock, of.random, of.workers, home_of, of.open_disk, "another"};
  }
  Result<vault::FoundBox> find(const std::string& passphrase) {
    std::vector<std::string> names = disk_names();
    std::erase_if(names, [&](const std::string& name) { return missing.count(name) > 0; });
    const auto unlock = [&](ByteView file) {
      return keys::Keyring::open_with_passphrase(file, view_of(passphrase));
    };
    return vault::find_box([this](const std::string& path) { return open_disk(path); },
                           settings.pool, names, unlock);
  }
  Result<void> recover(sim::SimDisk& into, const std::string& passphrase) {
    HF_TRY(auto found, find(passphrase));
    HF_TRY(const auto box, vault::Box::recover(ports_of(into), settings, std::move(found)));
    const auto summary = job::complete_recovery(*box, nullptr, nullptr);
    if (summary.not_writable) return *summary.not_writable;
    if (summary.ended) return *summary.ended;
    return {};
  }
  Result<Contents> restore_on(sim::SimDisk& home_of) {
    HF_TRY(const auto box, vault::Box::open(ports_of(home_of), settings, [] {
             return Result<std::optional<SecretBytes>>(std::optional<SecretBytes>());
           }));
    HF_TRY(const auto business, box->open_business("calls", vault::Access::read));
    return restore(*business, std::nullopt);
  }

  // Whatever copy of the keyring there is opens with what stays, and so does all that is stored.
  void check_opens() {
    const auto restored = restore();
    INFO((restored ? "" : debug_text(restored.error())));
    REQUIRE(restored);
    CHECK(*restored == source());
    REQUIRE(opens(*home.contents("keyring"), "stays"));
    for (const auto& disk : disks) CHECK(opens(*disk->contents("keyring"), "stays"));
  }
  // All disks are here: a writing verb brings them level, and home does not go back.
  void check_level() {
    const bool removed = is_removed();
    write("b.wav", "written afterwards");
    const auto report = backup();
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    CHECK(is_removed() == removed);
    for (const auto& disk : disks) {
      CHECK(disk->contents("keyring") == home.contents("keyring"));
    }
    check_opens();
  }

  sim::SimDisk new_home{world, "/new"};
  sim::SimDisk stick{world, "/stick"};
};

std::unique_ptr<RemoveBox> box_without_a_disk() {
  auto box = std::make_unique<RemoveBox>();
  box->missing["/disk5"] = true;
  return box;
}

Result<vault::Box::RemovedKey> remove(RemoveBox& box) {
  return box.remove();
}

}  // namespace

TEST_CASE("What was removed opens no copy that counts, what stays opens all of them") {
  RemoveBox box;
  const auto before = *box.home.contents("keyring");
  const auto removed = box.remove();
  INFO((removed ? "" : debug_text(removed.error())));
  REQUIRE(removed);
  CHECK(removed->old_copies.empty());
  CHECK(box.is_removed());
  for (const auto& disk : box.disks) {
    CHECK(disk->contents("keyring") == box.home.contents("keyring"));
  }
  CHECK(box.find("goes").error().code == ErrorCode::wrong_passphrase);
  box.check_level();
  REQUIRE(box.recover(box.new_home, "stays"));
  CHECK(*box.restore_on(box.new_home) == box.source());
  // The home before has no key in common with that, and knows all the same that it is older.
  const auto refused = box.backup();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::home_not_newest);
}

TEST_CASE("Rot in one disk's keyring after a removal stops nothing, and is mended") {
  RemoveBox box;
  REQUIRE(box.remove());
  const Bytes keyring = *box.home.contents("keyring");
  for (std::size_t at = 0; at < keyring.size(); at += 11) {
    CAPTURE(at);
    box.disks[1]->flip_bit("keyring", at, 3);
    box.write("a.wav", "call " + std::to_string(at));
    const auto report = box.backup();
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    CHECK((*box.disks[1]->contents("keyring") == keyring));
  }
}

TEST_CASE("A recovery by an older keyring is refused where a newer one may have counted") {
  RemoveBox box;
  const Bytes before = *box.home.contents("keyring");
  box.missing["/disk5"] = true;
  REQUIRE(box.remove());
  box.missing.clear();
  const Bytes after = *box.home.contents("keyring");
  REQUIRE(*box.disks[5]->contents("keyring") == before);
  SECTION("and most copies of it are rot through and through") {
    for (std::size_t i = 1; i < 5; ++i) box.disks[i]->plant("keyring", Bytes(after.size()));
    CHECK(box.find("goes").error().code == ErrorCode::key_removed);
    CHECK(box.find("stays"));
  }
  SECTION("and its sealed part is rotten everywhere") {
    for (std::size_t i = 0; i < 5; ++i) box.disks[i]->flip_bit("keyring", after.size() - 40, 1);
    CHECK(box.find("goes").error().code == ErrorCode::key_removed);
    CHECK(box.find("stays").error().code == ErrorCode::key_removed);
  }
  SECTION("and clones of the old disk are shown beside it") {
    for (std::size_t i = 1; i < 5; ++i) box.disks[i]->plant("keyring", Bytes(after.size()));
    for (const char* clone : {"/disk6", "/disk7", "/disk8"}) {
      box.disks.push_back(std::make_unique<sim::SimDisk>(box.world, clone));
      for (const char* file : {"keyring", "label.a", "label.b"}) {
        box.disks.back()->plant(file, *box.disks[5]->contents(file));
      }
    }
    CHECK(box.find("goes").error().code == ErrorCode::key_removed);
  }
  SECTION("and who kept an old one has made a higher one of it") {
    auto forged = keys::Keyring::open_with_passphrase(before, view_of(std::string_view("goes")));
    REQUIRE(forged);
    forged->raise_generation(1000);
    box.disks[5]->plant("keyring", forged->serialize(box.random));
    CHECK(box.find("goes").error().code == ErrorCode::key_removed);
    CHECK(box.find("stays").error().code == ErrorCode::key_removed);
    box.missing["/disk5"] = true;
    CHECK(box.find("stays"));
  }
}

TEST_CASE("An error after home has the new keyring is told with what is valid now") {
  const std::uint64_t changes = count(box_without_a_disk, remove).changes;
  bool is_met = false;
  for (std::uint64_t number = changes; number > 0 && !is_met; --number) {
    RemoveBox cut;
    cut.world.cut_at_change(cut.world.changes() + number);
    const auto opened = cut.open();
    if (!opened) continue;
    const auto removed = (*opened)->remove_key(RemoveBox::removal());
    is_met = removed && removed->not_level;
    if (is_met) CHECK(removed->not_level->code == ErrorCode::power_cut);
    cut.world.crash({sim::CrashPolicy::keep_all, 1});
    if (is_met) CHECK(cut.is_removed());
  }
  CHECK(is_met);
}

TEST_CASE("A removal is durable when it is acknowledged") {
  RemoveBox box;
  REQUIRE(box.remove());
  box.world.crash({sim::CrashPolicy::drop_unsynced, 1});
  CHECK(box.is_removed());
  for (const auto& disk : box.disks) CHECK_FALSE(opens(*disk->contents("keyring"), "goes"));
}

TEST_CASE("A disk that was away is named, counts for nothing when it comes back, and is levelled") {
  RemoveBox box;
  box.missing["/disk1"] = true;
  box.missing["/disk4"] = true;
  const auto removed = box.remove();
  REQUIRE(removed);
  CHECK(removed->old_copies == std::vector<std::string>{"/disk1", "/disk4"});
  box.missing.clear();
  CHECK(opens(*box.disks[1]->contents("keyring"), "goes"));
  // It opens that old copy, and recovers nothing by it.
  CHECK(box.find("goes").error().code == ErrorCode::key_removed);
  REQUIRE((*box.open())->check_newest());
  box.check_level();
  CHECK_FALSE(opens(*box.disks[1]->contents("keyring"), "goes"));
}

TEST_CASE("A home of before a removal writes nothing and takes nothing back") {
  RemoveBox box;
  const auto before = *box.home.contents("keyring");
  REQUIRE(box.remove());
  const auto after = *box.home.contents("keyring");
  box.home.plant("keyring", before);
  CHECK((*box.open())->check_newest().error().code == ErrorCode::home_not_newest);
  box.write("b.wav", "not to be stored");
  for (int again = 0; again < 2; ++again) {
    CHECK(box.backup().error().code == ErrorCode::home_not_newest);
    CHECK(box.add_passphrase("new").error().code == ErrorCode::home_not_newest);
    CHECK(box.remove().error().code == ErrorCode::home_not_newest);
  }
  for (const auto& disk : box.disks) CHECK(disk->contents("keyring") == after);
  SECTION("also after a second removal") {
    box.home.plant("keyring", after);
    vault::KeyRemoval second;
    second.number = kStays;
    const auto removed = (*box.open())->remove_key(std::move(second));
    REQUIRE(removed);
    box.home.plant("keyring", before);
    CHECK(box.backup().error().code == ErrorCode::home_not_newest);
  }
}

TEST_CASE("The next month is closed to who has an old copy and what was removed") {
  RemoveBox box;
  const Bytes before = *box.disks[0]->contents("keyring");
  const auto wraps = [&] {
    std::vector<std::string> names;
    const auto business = (*box.open())->businesses().front().id;
    const std::string folder = keys::wrap_directory(business);
    for (const auto& entry : *box.disks[0]->list(folder)) {
      names.push_back(folder + "/" + entry.name);
    }
    return names;
  };
  const auto old_wraps = wraps();
  REQUIRE(old_wraps.size() == 2);
  REQUIRE(box.remove());
  box.write("b.wav", "in the same month");
  REQUIRE(box.backup());
  CHECK(wraps() == old_wraps);
  box.clock.advance(std::int64_t{32} * 24 * 3600 * 1'000'000'000);
  box.write("c.wav", "in the next month");
  REQUIRE(box.backup());
  CHECK(*box.restore() == box.source());
  const auto keyring = keys::Keyring::open_with_passphrase(before, view_of("goes")).value();
  int closed = 0;
  for (const std::string& path : wraps()) {
    const bool is_old = std::ranges::find(old_wraps, path) != old_wraps.end();
    const auto key = keys::open_wrap(*box.disks[0]->contents(path), keyring.content().box_key,
                                     keyring.trusted_signers());
    CHECK(key.has_value() == is_old);
    closed += key ? 0 : 1;
  }
  CHECK(closed == 2);
  // Wraps of before are levelled as ever.
  for (const std::string& path : wraps()) {
    const auto wrap = box.disks[0]->contents(path);
    box.disks[0]->erase(path);
    REQUIRE((*(*box.open())->open_business("calls", vault::Access::write))->prepare_writing());
    CHECK(box.disks[0]->contents(path) == wrap);
  }
}

TEST_CASE("Where one disk cannot tell of a newer wrap, the one of before still opens") {
  RemoveBox box;
  REQUIRE(box.remove());
  const auto opened = box.open();
  keys::WrapIdentity newer;
  newer.business = (*opened)->businesses().front().id;
  newer.box = (*opened)->keyring().box();
  newer.epoch = box.clock.now().month();
  newer.recipient = keys::recipient_of((*opened)->keyring().content().box_key);
  for (const keys::KeyKind kind : {keys::KeyKind::meta, keys::KeyKind::content}) {
    newer.kind = kind;
    box.disks[0]->plant(keys::wrap_path(newer), view_of("something"));
    box.disks[0]->spoil(keys::wrap_path(newer));
  }
  const auto restored = box.restore();
  INFO((restored ? "" : debug_text(restored.error())));
  REQUIRE(restored);
  CHECK(*restored == box.source());
}

TEST_CASE("Who opened the box before a removal seals no new month to the former box key") {
  RemoveBox box;
  const auto stale = box.open();
  const auto business = (*stale)->open_business("calls", vault::Access::write);
  REQUIRE(business);
  const auto hold = [&] {
    return (*business)->hold(journal::HoldScope::item, "calls/a.wav", "case 7");
  };
  REQUIRE(box.remove());
  REQUIRE(hold());
  box.clock.advance(std::int64_t{32} * 86'400 * 1'000'000'000);
  const auto wraps = box.home.list(keys::wrap_directory((*business)->id()));
  const auto refused = hold();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::keys_changed);
  CHECK(vault::Run::begin(**business).error().code == ErrorCode::keys_changed);
  CHECK(box.home.list(keys::wrap_directory((*business)->id()))->size() == wraps->size());
}

TEST_CASE("A new slot keeps nobody from sealing a new month") {
  RemoveBox box;
  const auto earlier = box.open();
  const auto business = (*earlier)->open_business("calls", vault::Access::write);
  REQUIRE(box.add_passphrase("another"));
  box.clock.advance(std::int64_t{32} * 86'400 * 1'000'000'000);
  CHECK((*business)->hold(journal::HoldScope::item, "calls/a.wav", "case 7"));
}

TEST_CASE("Slots that cannot stay go only if they are named") {
  RemoveBox box;
  const auto before = box.home.contents("keyring");
  const auto remove = [&](std::vector<std::uint32_t> dropped) {
    vault::KeyRemoval removal;
    removal.number = kGoes;
    removal.dropped = std::move(dropped);
    return (*box.open())->remove_key(std::move(removal));
  };
  CHECK(remove({}).error().code == ErrorCode::not_newest);
  CHECK(remove({kStays, 9}).error().code == ErrorCode::not_newest);
  CHECK(box.home.contents("keyring") == before);
  REQUIRE(remove({kStays}));
  CHECK((*box.open())->keyring().slots().size() == 1);
}

TEST_CASE("With a wrong passphrase for a slot that stays, or too few disks, nothing is changed") {
  RemoveBox box;
  const auto before = box.home.contents("keyring");
  vault::KeyRemoval wrong;
  wrong.number = kGoes;
  wrong.kept.push_back(RemoveBox::kept(kStays, "stayed"));
  const auto denied = (*box.open())->remove_key(std::move(wrong));
  CHECK(denied.error().code == ErrorCode::wrong_key);
  for (const char* disk : {"/disk0", "/disk1", "/disk2", "/disk3"}) box.missing[disk] = true;
  CHECK(box.remove().error().code == ErrorCode::too_few_disks);
  CHECK(box.home.contents("keyring") == before);
}

TEST_CASE("New shares take the place of those that nobody gave, and are durable first") {
  RemoveBox box;
  const auto with_stick = [&] {
    vault::VaultPorts of = box.ports();
    of.open_disk = [&box](const std::string& path) -> Result<pool::DiskPointer> {
      if (path != "/stick") return box.open_disk(path);
      return pool::DiskPointer(std::make_unique<BorrowedDisk>(box.stick));
    };
    return vault::Box::open(of, box.settings, [] {
      return Result<std::optional<SecretBytes>>(std::optional<SecretBytes>());
    });
  };
  const vault::SharePlan plan{{2, 3}, {"/stick"}};
  REQUIRE((*with_stick())->add_shares(plan));
  auto removal = RemoveBox::removal();
  removal.dropped.push_back(4);
  removal.shares = plan;
  const auto removed = (*with_stick())->remove_key(std::move(removal));
  REQUIRE(removed);
  REQUIRE(removed->files.size() == 3);
  box.world.crash({sim::CrashPolicy::drop_unsynced, 1});
  const auto slots = (*box.open())->keyring().slots();
  REQUIRE(slots.size() == 3);
  CHECK(slots.back().number == 5);
  std::vector<keys::Share> shares;
  for (const auto& entry : *box.stick.list("")) {
    auto share = keys::parse_share(*box.stick.contents(entry.name));
    REQUIRE(share);
    if (share->set == slots.back().share_set) shares.push_back(std::move(*share));
  }
  REQUIRE(shares.size() == 3);
  const SecretKey secret(keys::combine_shares(shares)->view());
  CHECK(keys::Keyring::open_with_share_secret(*box.disks[2]->contents("keyring"), secret));
}

TEST_CASE("The power may go at every operation of a removal, with a disk that is away") {
  Tally before;
  Tally after;
  sweep_cuts({stride_of(kCutStrides)}, box_without_a_disk, remove,
             [&](RemoveBox& box, const auto&) {
               box.check_opens();
               const bool removed = box.is_removed();
               (removed ? after : before).add(1);
               box.missing.clear();
               box.check_level();
               if (!removed) REQUIRE(box.remove());
               box.check_level();
               CHECK(box.find("goes").error().code == ErrorCode::wrong_passphrase);
             });
  CHECK(before.sum() > 0);
  CHECK(after.sum() > 0);
}

TEST_CASE("An error at any operation of a removal leaves the keyring of before, or the new one") {
  const auto check = [](RemoveBox& box, const Result<vault::Box::RemovedKey>& removed) {
    if (removed) {
      CHECK(box.is_removed());
      // One of the disks may hold it back, and is named then.
      for (const auto& disk : box.disks) {
        const auto& old = removed->old_copies;
        const bool is_named = std::ranges::find(old, disk->name()) != old.end();
        CHECK((is_named || !opens(*disk->contents("keyring"), "goes")));
      }
    }
    box.check_opens();
    box.missing.clear();
    if (!box.is_removed()) REQUIRE(box.remove());
    box.check_level();
  };
  sweep_errors({stride_of(kStrides)}, box_without_a_disk, remove, check);
}

TEST_CASE("Home may be lost at every operation of a removal, and come back") {
  std::string_view passphrase;
  Tally by_removed;
  const auto check = [&](RemoveBox& box, const auto& answer) {
    CAPTURE(passphrase);
    box.missing.clear();
    const auto recovered = box.recover(box.new_home, std::string(passphrase));
    // What was removed may bring the box back only where the removal was not acknowledged.
    if (!recovered && passphrase == "goes") {
      CHECK((recovered.error().code == ErrorCode::key_removed ||
             recovered.error().code == ErrorCode::wrong_passphrase));
      return;
    }
    INFO((recovered ? "" : debug_text(recovered.error())));
    REQUIRE(recovered);
    CHECK((passphrase == "stays" || !answer));
    by_removed.add(passphrase == "goes" ? 1 : 0);
    CHECK(*box.restore_on(box.new_home) == box.source());
    for (const auto& disk : box.disks) {
      CHECK(disk->contents("keyring") == box.new_home.contents("keyring"));
    }
    const auto refused = box.backup();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::home_not_newest);
  };
  for (const std::string_view by : {"stays", "goes"}) {
    passphrase = by;
    sweep_cuts({stride_of(kCutStrides)}, box_without_a_disk, remove, check);
  }
  CHECK(by_removed.sum() > 0);
}

}  // namespace holdfast::test

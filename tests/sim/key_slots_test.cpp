// SPDX-License-Identifier: Apache-2.0
// New slots of the keyring, cut and failed at every operation: whatever opened the box before opens
// it afterwards, and no slot is there whose shares nobody has.
#include <catch2/catch.hpp>

#include "firmware/keys/shares.h"
#include "tests/sim/sim_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

// A sanitizer makes each cut many times slower; the release build takes them all.
constexpr Strides kStrides{5, 1, 17, 7};

const vault::SharePlan kPlan{{2, 3}, {"/stick0", "/stick1"}};

// A box whose shares go to two sticks.
class ShareBox : public SimBox {
 public:
  vault::VaultPorts share_ports() {
    vault::VaultPorts ports = SimBox::ports();
    ports.open_disk = [this](const std::string& path) -> Result<pool::DiskPointer> {
      for (auto* stick : {&stick0, &stick1}) {
        if (stick->name() == path) {
          return pool::DiskPointer(std::make_unique<BorrowedDisk>(*stick));
        }
      }
      return open_disk(path);
    };
    return ports;
  }
  Result<vault::Box::ShareFiles> init_with_shares() {
    return vault::Box::init(share_ports(), settings, std::nullopt, kPlan);
  }
  Result<std::unique_ptr<vault::Box>> open_box() {
    return vault::Box::open(share_ports(), settings, [] {
      return Result<std::optional<SecretBytes>>(std::optional<SecretBytes>());
    });
  }
  void make() {
    REQUIRE(init());
    REQUIRE(create_pool());
  }

  // Every recovery slot of that keyring opens with the shares of its set that lie on the sticks.
  void check_shares_of(const Bytes& keyring, const std::vector<keys::SlotInfo>& slots) {
    for (const keys::SlotInfo& slot : slots) {
      if (slot.type != keys::SlotType::recovery) continue;
      std::vector<keys::Share> shares;
      for (auto* stick : {&stick0, &stick1}) {
        const auto listed = stick->list("");
        REQUIRE(listed);
        for (const ports::DirectoryEntry& entry : *listed) {
          auto share = keys::parse_share(*stick->contents(entry.name));
          if (share && share->set == slot.share_set) shares.push_back(std::move(*share));
        }
      }
      CHECK(shares.size() == slot.shares.made);
      const auto secret = keys::combine_shares(shares);
      REQUIRE(secret);
      CHECK(keys::Keyring::open_with_share_secret(keyring, SecretKey(secret->view())));
    }
  }
  // Home, and every disk that has a keyring.
  void check_all() {
    const auto box = open_box();
    INFO((box ? "" : debug_text(box.error())));
    REQUIRE(box);
    check_shares_of(*home.contents("keyring"), (*box)->keyring().slots());
    const SecretKey machine_key(*home.contents("machine.key"));
    for (const auto& disk : disks) {
      const auto copy = disk->contents("keyring");
      if (!copy) continue;
      const auto opened = keys::Keyring::open_with_machine_key(*copy, machine_key);
      REQUIRE(opened);
      check_shares_of(*copy, opened->slots());
    }
  }

  sim::SimDisk stick0{world, "/stick0"};
  sim::SimDisk stick1{world, "/stick1"};
};

Result<void> add_both(ShareBox& site) {
  HF_TRY(const auto box, site.open_box());
  HF_TRY(box->add_passphrase(view_of("correct horse")));
  HF_TRY(const auto files, box->add_shares(kPlan));
  static_cast<void>(files);
  return {};
}

std::unique_ptr<ShareBox> make_empty() {
  return std::make_unique<ShareBox>();
}

std::unique_ptr<ShareBox> make_box() {
  auto site = make_empty();
  site->make();
  return site;
}

}  // namespace

TEST_CASE("Shares are dealt out over the folders, and two of them open the keyring") {
  ShareBox site;
  const auto files = site.init_with_shares();
  REQUIRE(files);
  REQUIRE(files->size() == 3);
  CHECK(files->at(0).starts_with("/stick0/holdfast-"));
  CHECK(files->at(1).starts_with("/stick1/holdfast-"));
  CHECK(files->at(2).starts_with("/stick0/holdfast-"));
  site.check_all();
  const auto box = site.open_box();
  REQUIRE((*box)->keyring().slots().size() == 2);
  CHECK((*box)->keyring().slots()[1].shares == keys::ShareCount{2, 3});
}

TEST_CASE("A folder for shares that is not there stops all before anything is written") {
  ShareBox site;
  const vault::SharePlan nowhere{{2, 3}, {"/stick0", "/nowhere"}};
  const auto made = vault::Box::init(site.share_ports(), site.settings, std::nullopt, nowhere);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::not_found);
  CHECK(site.stick0.list("")->empty());
  CHECK_FALSE(site.home.contents("keyring"));
}

TEST_CASE("A share that somebody has already is not written over, and none is left half") {
  ShareBox first;
  const auto files = first.init_with_shares();
  REQUIRE(files);
  ShareBox site;  // by the same chance: the same names
  const std::string taken = files->at(1).substr(std::string("/stick1/").size());
  site.stick1.plant(taken, view_of("somebody's"));
  const auto made = site.init_with_shares();
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::already_exists);
  CHECK(text_of(*site.stick1.contents(taken)) == "somebody's");
  CHECK(site.stick0.list("")->empty());
  CHECK_FALSE(site.home.contents("keyring"));
}

TEST_CASE("A keyring that is full takes no shares, and none are written") {
  ShareBox site;
  REQUIRE(site.init());
  const auto box = site.open_box();
  for (std::size_t i = 1; i < keys::kSlotsMax; ++i) {
    REQUIRE((*box)->add_passphrase(view_of("number " + std::to_string(i))));
  }
  const auto keyring = site.home.contents("keyring");
  const auto added = (*box)->add_shares(kPlan);
  REQUIRE_FALSE(added);
  CHECK(added.error().code == ErrorCode::limit_exceeded);
  CHECK(site.stick0.list("")->empty());
  CHECK(site.stick1.list("")->empty());
  CHECK(site.home.contents("keyring") == keyring);
}

TEST_CASE(
    "A key is removed from a home without a pool, and stays where its shares cannot be written") {
  ShareBox site;
  REQUIRE(site.init());
  const auto box = site.open_box();
  REQUIRE((*box)->add_passphrase(view_of("goes")));
  const auto keyring = site.home.contents("keyring");
  const auto remove = [&](std::optional<vault::SharePlan> shares) {
    vault::KeyRemoval removal;
    removal.number = 2;
    removal.shares = std::move(shares);
    return (*box)->remove_key(std::move(removal));
  };
  const auto refused = remove(vault::SharePlan{{2, 3}, {"/nowhere"}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::not_found);
  CHECK(site.home.contents("keyring") == keyring);
  const auto removed = remove({});
  REQUIRE(removed);
  CHECK(removed->old_copies.empty());
  CHECK_FALSE(removed->not_level);
  CHECK((*site.open_box())->keyring().slots().size() == 1);
}

TEST_CASE("An init by a passphrase that is none leaves nothing") {
  ShareBox site;
  const auto made = vault::Box::init(site.share_ports(), site.settings, ByteView());
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::invalid_argument);
  CHECK(site.home.list("")->empty());
}

TEST_CASE("When init has made shares they are durable, and so is their slot") {
  ShareBox site;
  REQUIRE(site.init_with_shares());
  site.world.crash({sim::CrashPolicy::drop_unsynced, 1});
  REQUIRE(site.home.contents("keyring"));
  site.check_all();
}

TEST_CASE("The power may go at every operation of an init with shares") {
  const auto init = [](ShareBox& site) { return site.init_with_shares(); };
  const auto check = [](ShareBox& site, const auto& /*answer*/) {
    if (!site.home.contents("keyring")) REQUIRE(site.init_with_shares());
    site.check_all();
  };
  sweep_cuts({1}, make_empty, init, check);
}

TEST_CASE("An error at any operation of an init with shares leaves no slot without them") {
  const auto init = [](ShareBox& site) { return site.init_with_shares(); };
  const auto check = [](ShareBox& site, const auto& /*answer*/) {
    if (!site.home.contents("keyring")) REQUIRE(site.init_with_shares());
    site.check_all();
  };
  sweep_errors({1}, make_empty, init, check);
}

TEST_CASE("The power may go at every operation of adding keys") {
  sweep_cuts({stride_of(kStrides)}, make_box, add_both, [](ShareBox& site, const auto& answer) {
    site.check_all();
    if (!answer) REQUIRE(add_both(site));
    site.check_all();
    CHECK(site.disks[0]->contents("keyring") == site.home.contents("keyring"));
  });
}

TEST_CASE("An error at any operation of adding keys leaves no slot without its shares") {
  sweep_errors({stride_of(kStrides)}, make_box, add_both, [](ShareBox& site, const auto&) {
    site.check_all();
    REQUIRE(add_both(site));
    site.check_all();
  });
}

TEST_CASE("With too few disks no key is added") {
  ShareBox site;
  site.make();
  for (const char* disk : {"/disk0", "/disk1", "/disk2", "/disk3"}) site.missing[disk] = true;
  const auto box = site.open_box();
  const auto added = (*box)->add_shares(kPlan);
  REQUIRE_FALSE(added);
  CHECK(added.error().code == ErrorCode::too_few_disks);
  CHECK(site.stick0.list("")->empty());
  CHECK((*box)->keyring().slots().size() == 1);
}

}  // namespace holdfast::test

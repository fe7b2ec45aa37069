// SPDX-License-Identifier: Apache-2.0
// Two processes at one home: what the other one has changed since this one opened the box, or
// changes right before this one takes the lock, is seen, told, and not written over.
#include <catch2/catch.hpp>
#include <utility>

#include "firmware/job/members.h"
#include "firmware/pool/new_disk.h"
#include "tests/sim/machines.h"

namespace holdfast::test {

namespace {

constexpr const char* kWord = "known to both";
constexpr const char* kDrawer = "/drawer";

// Home as one process sees it: somebody else is quicker by a hair.
class RacedHome final : public BorrowedDisk {
 public:
  using BorrowedDisk::BorrowedDisk;
  // Done once, right before that lock is asked for.
  void before_lock(std::string path, std::function<void()> act) {
    path_ = std::move(path);
    act_ = std::move(act);
  }
  [[nodiscard]] bool is_done() const { return !act_; }

  Result<std::unique_ptr<ports::Lock>> lock(std::string_view path, ports::LockMode mode,
                                            std::string_view holder) override {
    if (act_ && path == path_) std::exchange(act_, {})();
    return BorrowedDisk::lock(path, mode, holder);
  }

 private:
  std::string path_;
  std::function<void()> act_;
};

struct Site : SimBox {
  explicit Site(std::uint64_t seed = 1) : SimBox(seed) { REQUIRE(init()); }

  void make_pool() { REQUIRE(create_pool()); }
  void make_all() {
    make_pool();
    REQUIRE(add_business());
    write("a.wav", "first");
    REQUIRE(backup());
  }
  vault::VaultPorts raced_ports() {
    return {clock,
            random,
            workers,
            raced,
            [this](const std::string& path) { return open_disk(path); },
            "quicker"};
  }
  std::unique_ptr<vault::Box> open_raced() {
    return vault::Box::open(
               raced_ports(), settings,
               [] { return Result<std::optional<SecretBytes>>(std::optional<SecretBytes>()); })
        .value();
  }
  std::unique_ptr<vault::Box> open_by_word() {
    return vault::Box::open(ports(), settings,
                            [] {
                              const std::string_view word = kWord;
                              return Result<std::optional<SecretBytes>>(
                                  SecretBytes(Bytes(word.begin(), word.end())));
                            })
        .value();
  }
  static Result<vault::AddedBusiness> add(vault::Box& box, const std::string& more = "") {
    return box.add_business(
        "more", [&](const BusinessId& id) { return "id = \"" + id.hex() + "\"\n" + more; });
  }
  std::vector<Image> images() {
    std::vector<Image> all{image_of(home)};
    for (const auto& disk : disks) all.push_back(image_of(*disk));
    std::erase_if(all.front(), [](const auto& file) { return file.first.starts_with("locks/"); });
    return all;
  }
  // Refused with that, and not a byte is changed but in files of locks.
  template <class Act>
  void check_refused(ErrorCode code, const Act& act) {
    const auto before = images();
    const auto done = act();
    REQUIRE_FALSE(done);
    INFO(debug_text(done.error()));
    CHECK(done.error().code == code);
    CHECK((images() == before));
  }
  void make_label_newer(sim::SimDisk& disk) {
    for (const std::string_view copy : pool::kLabelCopies) {
      Bytes label = disk.contents(copy).value();
      label[8] = 2;  // its version
      disk.plant(copy, label);
    }
  }
  void add_drawer() {
    disks.push_back(std::make_unique<sim::SimDisk>(world, kDrawer));
    const auto box = open();
    job::MemberRequest request;
    request.joining = kDrawer;
    const auto plan = job::plan_members(**box, request);
    REQUIRE(plan);
    REQUIRE(job::change_members(**box, request, *plan));
  }

  RacedHome raced{home};
};

Result<void> add_word(vault::Box& box) {
  return box.add_passphrase(view_of(std::string_view("another")));
}

pool::MemberChange joins_drawer() {
  pool::MemberChange change;
  change.joins.emplace();
  return change;
}

}  // namespace

TEST_CASE("Without a pool whoever asks of its disks is told that there is none") {
  Site site;
  const auto box = site.open().value();
  const auto is_told = [](const auto& answer) {
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::no_pool);
  };
  pool::MemberChange change = joins_drawer();
  is_told(box->pool());
  is_told(box->check_newest());
  is_told(box->check_safe());
  is_told(box->check_members_newest());
  is_told(box->damaged_copies());
  is_told(box->level_copies());
  is_told(box->plan_members(change, std::nullopt));
  site.check_refused(ErrorCode::no_pool, [&] { return Site::add(*box); });
}

TEST_CASE("A pool that was made since the box was opened is not passed by") {
  Site site;
  const auto box = site.open().value();
  site.make_pool();
  SECTION("by a slot that the disks would not get") {
    site.check_refused(ErrorCode::no_pool, [&] { return add_word(*box); });
  }
  SECTION("by a business, if it cannot be written") {
    site.make_label_newer(*site.disks[4]);
    site.check_refused(ErrorCode::unsupported_version, [&] { return Site::add(*box); });
  }
  SECTION("by a business, which goes there") {
    REQUIRE(Site::add(*box));
    CHECK((*site.open())->open_business("more", vault::Access::read));
  }
}

TEST_CASE("A home that was replaced under an open box is not written") {
  Site site;
  REQUIRE((*site.open())->add_passphrase(view_of(std::string_view(kWord))));
  const auto keyring = site.home.contents("keyring");
  SECTION("by rot") {
    const auto box = site.open().value();
    site.home.flip_bit("keyring", 20, 1);
    site.check_refused(ErrorCode::damaged, [&] { return add_word(*box); });
  }
  SECTION("by nothing") {
    const auto box = site.open().value();
    site.home.erase("keyring");
    site.check_refused(ErrorCode::not_found, [&] { return add_word(*box); });
  }
  SECTION("by another box with the same word") {
    Site other(2);
    REQUIRE((*other.open())->add_passphrase(view_of(std::string_view(kWord))));
    site.home.erase("machine.key");
    const auto box = site.open_by_word();
    site.home.plant("keyring", *other.home.contents("keyring"));
    site.check_refused(ErrorCode::not_newest, [&] { return add_word(*box); });
  }
  SECTION("by a later life of the box") {
    site.make_all();
    const auto before = site.home.contents("keyring");
    site.home.erase("machine.key");
    const auto box = site.open_by_word();
    auto later = keys::Keyring::open_with_passphrase(*before, view_of(std::string_view(kWord)));
    REQUIRE(later);
    later->begin_incarnation(site.random);
    site.home.plant("keyring", later->serialize(site.random));
    site.check_refused(ErrorCode::not_newest, [&] {
      const auto created = box->create_pool(site.disk_names(), {});
      return created ? Result<void>() : created.error();
    });
  }
}

TEST_CASE("Whatever fails while a slot is added to a box without a pool, it is told") {
  const auto make = [] { return std::make_unique<Site>(); };
  const auto act = [](Site& site) -> Result<void> {
    HF_TRY(const auto box, site.open());
    return add_word(*box);
  };
  for (const ErrorCode code : {ErrorCode::io, ErrorCode::out_of_memory}) {
    sweep_errors(
        {1}, make, act,
        [&](Site& site, const Result<void>& answer) {
          const std::size_t slots = (*site.open())->keyring().slots().size();
          CHECK((answer ? slots == 2 : slots <= 2));
          REQUIRE(act(site));
          CHECK((*site.open())->keyring().slots().size() == slots + 1);
        },
        code);
  }
}

TEST_CASE(
    "A home brought back without its folder of locks, which cannot be made, changes nothing") {
  Site site;
  site.make_all();
  for (const auto& entry : site.home.list("locks").value()) site.home.erase("locks/" + entry.name);
  REQUIRE(site.home.remove("locks"));
  site.world.ask([](const sim::Moment& now) {
    return now.name == "make directory" ? std::optional(ErrorCode::io) : std::nullopt;
  });
  site.check_refused(ErrorCode::io, [&] { return add_word(**site.open()); });
  site.world.ask({});
  REQUIRE(add_word(**site.open()));
}

TEST_CASE("A change of members by an old view of box or pool is refused") {
  Site site;
  site.make_all();
  const auto box = site.open().value();
  REQUIRE(box->pool());
  SECTION("a business was added") {
    site.disks.push_back(std::make_unique<sim::SimDisk>(site.world, kDrawer));
    REQUIRE(Site::add(**site.open()));
    site.check_refused(ErrorCode::not_newest, [&] {
      return box->change_members(joins_drawer(), vault::JoiningDisk{kDrawer});
    });
  }
  SECTION("the members were changed") {
    REQUIRE(box->check_members_newest());
    site.add_drawer();
    site.check_refused(ErrorCode::not_newest, [&] { return box->check_members_newest(); });
    // What is newer than this process knows is no damage.
    CHECK(box->damaged_copies().value().empty());
    // A witness that proves nothing is none.
    site.home.flip_bit("label", 40, 1);
    CHECK(box->check_members_newest());
    site.home.erase("label");
    CHECK(box->check_members_newest());
  }
  SECTION("the disk that is to join is gone") {
    pool::MemberChange change = joins_drawer();
    site.check_refused(ErrorCode::not_found,
                       [&] { return box->plan_members(change, vault::JoiningDisk{kDrawer}); });
  }
  SECTION("a program of a later version has labelled a disk") {
    site.make_label_newer(*site.disks[4]);
    const auto later = site.open().value();
    pool::MemberChange change = joins_drawer();
    site.check_refused(ErrorCode::unsupported_version,
                       [&] { return later->plan_members(change, std::nullopt); });
  }
}

TEST_CASE("Who holds the keyring's lock levels the copies, if enough have them by then") {
  Site site;
  site.make_all();
  const auto other = site.open().value();
  const auto lock = other->lock("keyring");
  REQUIRE(lock);
  site.disks[0]->erase("keyring");
  CHECK((*site.open())->level_copies());
  CHECK_FALSE(site.disks[0]->contents("keyring"));
  for (std::size_t i = 1; i < 4; ++i) site.disks[i]->erase("keyring");
  site.check_refused(ErrorCode::locked, [&] { return (*site.open())->level_copies(); });
}

TEST_CASE("Beside a disk of a later program no copy is brought level") {
  Site site;
  site.make_all();
  const auto level = [&] { return (*site.open())->level_copies(); };
  site.make_label_newer(*site.disks[4]);
  SECTION("with nothing to do") {
    CHECK(level());
  }
  SECTION("a keyring is missing") {
    site.disks[0]->erase("keyring");
    site.check_refused(ErrorCode::unsupported_version, level);
  }
  SECTION("a label is missing") {
    site.disks[0]->erase("label.a");
    site.check_refused(ErrorCode::unsupported_version, level);
  }
  SECTION("no name can be made durable") {
    site.world.ask([](const sim::Moment& now) {
      const bool fails = now.name == "sync directory" && now.where.starts_with("/disk");
      return fails ? std::optional(ErrorCode::io) : std::nullopt;
    });
    site.check_refused(ErrorCode::unsupported_version, level);
    site.world.ask({});
    CHECK(level());
  }
}

TEST_CASE("A keyring that became newer right before the lock was taken is not written over") {
  Site site;
  site.make_all();
  const Image older = image_of(site.home);
  REQUIRE(Site::add(**site.open()));
  const auto newest = site.disks[0]->contents("keyring");
  put_back(site.home, older);
  for (const auto& disk : site.disks) disk->plant("keyring", *site.home.contents("keyring"));
  site.disks[5]->erase("keyring");
  const auto box = site.open_raced();
  site.disks[1]->plant("keyring", *newest);
  // Of that disk; the one that lacks its copy is told.
  const auto faults = box->damaged_copies().value();
  REQUIRE(faults.size() == 1);
  CHECK(faults.front().path == "/disk5/keyring");
  site.disks[1]->plant("keyring", *site.home.contents("keyring"));
  site.raced.before_lock("locks/keyring", [&] { site.disks[0]->plant("keyring", *newest); });
  const auto levelled = box->level_copies();
  REQUIRE(site.raced.is_done());
  REQUIRE_FALSE(levelled);
  CHECK(levelled.error().code == ErrorCode::home_not_newest);
  CHECK(site.disks[0]->contents("keyring") == newest);
  CHECK_FALSE(site.disks[5]->contents("keyring"));
}

TEST_CASE("A business that somebody else was quicker to add, or to finish, is theirs") {
  Site site;
  site.make_all();
  const auto definition = [&] {
    const auto box = site.open().value();
    return box->open_business("more", vault::Access::read).value()->definition().value();
  };
  SECTION("added right before the lock") {
    const auto box = site.open_raced();
    site.raced.before_lock("locks/keyring",
                           [&] { REQUIRE(Site::add(**site.open(), "# first\n")); });
    CHECK(Site::add(*box, "# second\n").error().code == ErrorCode::business_exists);
    CHECK(site.raced.is_done());
  }
  SECTION("finished right before it is opened") {
    // As a cut leaves it that comes right behind the keyring.
    REQUIRE(Site::add(**site.open(), "# first\n"));
    const BusinessId id = (*site.open())->keyring().find_business("more")->id;
    const std::string folder = journal::journal_directory(id);
    for (const auto& disk : site.disks) {
      for (const auto& entry : disk->list(folder).value()) disk->erase(folder + "/" + entry.name);
    }
    site.home.erase("witness/" + id.hex());
    const auto box = site.open_raced();
    site.raced.before_lock("locks/" + id.hex(),
                           [&] { REQUIRE(Site::add(**site.open(), "# first\n")); });
    CHECK(Site::add(*box, "# first\n").error().code == ErrorCode::business_exists);
    CHECK(site.raced.is_done());
  }
  CHECK(definition().ends_with("# first\n"));
  CHECK((*site.open())->businesses().size() == 2);
}

TEST_CASE("Where nobody can tell how far the adding of a business came it is not added again") {
  Site site;
  site.make_all();
  REQUIRE(Site::add(**site.open(), "# first\n"));
  const BusinessId id = (*site.open())->keyring().find_business("more")->id;
  const std::string folder = journal::journal_directory(id);
  const std::string segment = folder + "/" + site.disks[0]->list(folder).value().front().name;
  for (const auto& disk : site.disks) disk->erase(segment);
  const std::string witness = "witness/" + id.hex();
  const Bytes witnessed = *site.home.contents(witness);
  site.home.erase(witness);
  const auto check = [&] {
    return (*site.open())->check_addable("more", [](const BusinessId& known) {
      return "id = \"" + known.hex() + "\"\n# first\n";
    });
  };
  CHECK(check());
  SECTION("home does not give what was told") {
    site.home.spoil(vault::definition_path(id));
  }
  SECTION("its journal cannot be read") {
    for (const auto& disk : site.disks) {
      disk->plant(segment, view_of("nothing"));
      disk->spoil(segment);
    }
  }
  SECTION("home knows of an entry") {
    site.home.plant(witness, witnessed);
  }
  site.check_refused(ErrorCode::business_exists, check);
}

TEST_CASE("A removal that cannot reach the disks is told as one that they do not all have") {
  Site site;
  site.make_all();
  const auto box = site.open().value();
  for (std::size_t i = 0; i < 5; ++i) site.missing[site.disks[i]->name()] = true;
  site.home.erase("label");  // nothing says that this disk is the newest
  vault::KeyRemoval removal;
  removal.number = 77;  // nobody has it: it is gone already
  const auto before = site.images();
  const auto removed = box->remove_key(std::move(removal));
  REQUIRE(removed);
  REQUIRE(removed->not_level);
  CHECK((site.images() == before));
}

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// Disks join, are replaced and retire: everything stays readable at every moment, a call that was
// cut is gone on from, and a disk leaves only when nothing needs it.
#include "firmware/job/members.h"

#include <algorithm>
#include <array>

#include "firmware/pool/election.h"
#include "tests/sim/ready_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

// A change of members has some thousand operations.
constexpr Strides kCutStrides{17, 1, 101, 47};

struct Change {
  std::optional<std::string> joining;
  std::optional<std::string> leaving;
  bool leaving_is_absent = false;
};

// Six disks with two snapshots, and two more in the drawer.
class MembersBox : public ReadyBox {
 public:
  explicit MembersBox(std::optional<std::uint64_t> disk_size = {}) : ReadyBox(disk_size) {
    for (const char* name : {"/disk6", "/disk7"}) {
      disks.push_back(std::make_unique<sim::SimDisk>(world, name));
    }
    write("a.wav", std::string(1500, 'a'));
    write("b.wav", noise(2500));
    REQUIRE(backup());
    write("c.wav", noise(1200));
    REQUIRE(backup());
  }

  bool loss_accepted = false;

  Result<job::MemberSummary> apply(const Change& change) {
    HF_TRY(const auto opened, open());
    job::MemberRequest request;
    request.joining = change.joining;
    request.leaving = change.leaving;
    request.stop = &stop;
    request.loss_accepted = loss_accepted;
    HF_TRY(const job::MemberPlan plan, job::plan_members(*opened, request));
    return job::change_members(*opened, request, plan);
  }
  // The call is made again until it says that it is done; a person would do no more.
  void finish(const Change& change) {
    for (int call = 0; call < 3; ++call) {
      const auto done = apply(change);
      if (!done) {
        INFO(debug_text(done.error()));
        // The record was completed by somebody who wrote, or the disk has left by now.
        const bool is_done = done.error().code == ErrorCode::disk_is_member ||
                             done.error().code == ErrorCode::no_disk;
        CHECK(is_done);
        return;
      }
      if (done->ended) FAIL(debug_text(*done->ended));
      if (done->settled || !change.leaving) return;
    }
    FAIL("not settled");
  }
  // The record is written; the moving finds the scrub lock taken.
  void begin_only(const Change& change) {
    const auto holder = open();
    const auto lock = (*holder)->lock("scrub");
    REQUIRE(lock);
    const auto held_up = apply(change);
    REQUIRE(held_up);
    REQUIRE(held_up->ended);
    CHECK(held_up->ended->code == ErrorCode::locked);
    CHECK_FALSE(held_up->settled);
  }
  // Returns how many disks have left by it.
  std::size_t heal() {
    const auto opened = open();
    job::ScrubRequest request;
    request.heal = true;
    const auto healed = job::run_scrub(**opened, request);
    REQUIRE(healed);
    const auto left = job::settle_leaving(**opened, *healed, nullptr);
    REQUIRE(left);
    return left->size();
  }
  pool::MemberState state_of(const std::string& place) {
    const auto opened = open();
    const auto pool = (*opened)->pool();
    for (const pool::Member& member : (*pool)->label().record.members) {
      if (member.place == place) return member.state;
    }
    FAIL("no member " + place);
    return pool::MemberState::lost;
  }
  // Who asks by a page may name what is offered, and what is at work in the pool.
  bool may_be_named(const std::string& place) {
    const auto opened = open();
    const auto pool = (*opened)->pool();
    REQUIRE(pool);
    const auto members = (*pool)->present_members();
    const auto is_here = [&](const auto& member) { return member.disk->name() == place; };
    if (std::ranges::any_of(members, is_here)) return true;
    const auto judged = job::judge_candidates(**opened, {}, {place}, &stop);
    REQUIRE(judged);
    return !judged->front().refused;
  }
  // The promises of a change that has come to its end.
  void check_done(const Change& change) {
    CHECK(*restore() == source());
    if (change.joining) CHECK(state_of(*change.joining) == pool::MemberState::member);
    if (change.leaving) {
      CHECK(state_of(*change.leaving) ==
            (change.leaving_is_absent ? pool::MemberState::lost : pool::MemberState::retired));
      missing[*change.leaving] = true;
    }
    write("new.wav", noise(700));
    const auto report = backup();
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    CHECK(report->problems.count == 0);
    {
      const auto opened = open();
      const auto pool = (*opened)->pool();
      CHECK((*pool)->labels_are_level());
      CHECK((*pool)->writable());
    }
    // Any two more may go: here two that took what was moved.
    missing["/disk6"] = true;
    missing["/disk5"] = true;
    CHECK(*restore() == source());
    CHECK(restore(3)->size() == 3);
  }
  std::string noise(std::size_t size) {
    Bytes bytes(size);
    noise_.fill(bytes);
    return {bytes.begin(), bytes.end()};
  }

 private:
  sim::SimRandom noise_{99};
};

std::unique_ptr<MembersBox> box_before(const Change& change) {
  auto box = std::make_unique<MembersBox>();
  if (change.leaving_is_absent) box->missing[*change.leaving] = true;
  return box;
}

void cut_change(const Change& change) {
  sweep_cuts(
      {stride_of(kCutStrides)}, [&] { return box_before(change); },
      [&](MembersBox& box) { return box.apply(change); },
      [&](MembersBox& box, const auto& /*answer*/) {
        if (change.joining) CHECK(box.may_be_named(*change.joining));
        // Reading and writing go on before anybody has run the call again.
        CHECK(*box.restore() == box.source());
        box.write("between.wav", box.noise(600));
        REQUIRE(box.backup());
        CHECK(*box.restore() == box.source());
        box.finish(change);
        box.check_done(change);
      });
}

const Change kAdd{"/disk6", {}};
const Change kRetire{{}, "/disk0"};
const Change kReplace{"/disk6", "/disk0"};
const Change kReplaceAbsent{"/disk6", "/disk0", true};

}  // namespace

TEST_CASE("The power may go at every operation of pool add") {
  cut_change(kAdd);
}

TEST_CASE("The power may go at every operation of pool retire") {
  cut_change(kRetire);
}

TEST_CASE("The power may go at every operation of pool replace") {
  cut_change(kReplace);
}

TEST_CASE("The power may go at every operation of replacing a disk that is gone") {
  cut_change(kReplaceAbsent);
}

TEST_CASE("A disk that is unmounted while it joins leaves its bare folder empty") {
  std::size_t refused = 0;
  bool is_gone = true;
  for (std::uint64_t after = 0; is_gone; after += stride_of({7, 1, 41, 17})) {
    CAPTURE(after);
    MembersBox box;
    auto folder = std::make_unique<sim::SimDisk>(box.world, "/disk6");
    const sim::SimDisk& bare = *folder;
    const auto opened = box.open();
    job::MemberRequest request;
    request.joining = "/disk6";
    request.joining_device = *box.disks[6]->device();
    REQUIRE(*folder->device() != *request.joining_device);
    const std::uint64_t from = box.world.operations() + after;
    is_gone = false;
    box.world.ask([&](const sim::Moment& moment) {
      if (moment.operation >= from && !std::exchange(is_gone, true)) box.disks[6].swap(folder);
      return std::optional<ErrorCode>();
    });
    const auto plan = job::plan_members(**opened, request);
    const auto done = plan ? job::change_members(**opened, request, *plan)
                           : Result<job::MemberSummary>(plan.error());
    box.world.ask({});
    if (!done) CHECK(done.error().code == ErrorCode::disk_not_offered);
    refused += done ? 0 : 1;
    CHECK(bare.files().empty());
    CHECK(*box.restore() == box.source());
  }
  CHECK(refused > 0);
}

TEST_CASE("The power may go again while a cut change of members is completed") {
  for (std::uint64_t first = 60; first < 200; first += stride_of({31, 17, 307, 127})) {
    for (std::uint64_t second = 5; second < 120; second += 19) {
      CAPTURE(first, second);
      MembersBox box;
      box.world.cut_at(box.world.operations() + first);
      static_cast<void>(box.apply(kReplace).has_value());
      box.world.crash({sim::CrashPolicy::random, first});
      box.world.cut_at(box.world.operations() + second);
      static_cast<void>(box.backup().has_value());
      box.world.crash({sim::CrashPolicy::random, second});
      CHECK(*box.restore() == box.source());
      box.finish(kReplace);
      box.check_done(kReplace);
    }
  }
}

TEST_CASE("A disk that leaves is a member until nothing needs it") {
  MembersBox box;
  box.stop = true;
  const auto stopped = box.apply(kRetire);
  CHECK_FALSE(stopped);
  CHECK(box.state_of("/disk0") == pool::MemberState::member);
  box.stop = false;

  box.begin_only(kRetire);
  CHECK(box.state_of("/disk0") == pool::MemberState::leaving);
  REQUIRE(box.backup());
  box.finish(kRetire);
  box.check_done(kRetire);
}

TEST_CASE("What cannot be read today keeps its disks: absence is proved, not assumed") {
  MembersBox box;
  for (const char* away : {"/disk2", "/disk3", "/disk4"}) box.missing[away] = true;
  const auto refused = box.apply(kRetire);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::loss_not_accepted);
  box.missing.clear();

  // The record is written with all disks there; then some go.
  box.begin_only(kRetire);
  for (const char* away : {"/disk2", "/disk3", "/disk4"}) box.missing[away] = true;
  const auto held_up = box.apply(kRetire);
  CHECK((!held_up || !held_up->settled));
  box.missing.clear();
  CHECK(box.state_of("/disk0") == pool::MemberState::leaving);
  box.finish(kRetire);
  box.check_done(kRetire);
}

TEST_CASE("More disks than the code bears are gone for good: what is left goes on with new ones") {
  MembersBox box;
  box.disks.push_back(std::make_unique<sim::SimDisk>(box.world, "/disk8"));
  const std::array<Change, 3> changes = {
      {{"/disk6", "/disk0", true}, {"/disk7", "/disk1", true}, {"/disk8", "/disk2", true}}};
  for (const Change& change : changes) box.missing[*change.leaving] = true;
  box.loss_accepted = false;
  for (const Change& change : changes) {
    const auto refused = box.apply(change);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::loss_not_accepted);
  }
  box.loss_accepted = true;
  for (const Change& change : changes) {
    const bool is_last = change.joining == changes.back().joining;
    const auto done = box.apply(change);
    INFO((done ? "" : debug_text(done.error())));
    REQUIRE(done);
    CHECK_FALSE(done->ended);
    CHECK(done->moved->lost.count == 3);  // every item, each time, and named
    CHECK(done->settled == is_last);
  }
  for (const Change& change : changes) {
    CHECK(box.state_of(*change.leaving) == pool::MemberState::lost);
    CHECK(box.state_of(*change.joining) == pool::MemberState::member);
  }
  // The sources still have it: the next backup reads it again. A catalog that was made anew does
  // not know how many shards the lost packs have, so it is asked again when the next disk is gone.
  const auto report = box.backup();
  REQUIRE(report);
  CHECK(report->problems.count == 0);
  box.disks.push_back(std::make_unique<sim::SimDisk>(box.world, "/disk9"));
  box.missing["/disk3"] = true;
  const Change next{"/disk9", "/disk3", true};
  const auto replaced = box.apply(next);
  INFO((replaced ? "" : debug_text(replaced.error())));
  REQUIRE(replaced);
  CHECK(replaced->settled);
  CHECK(*box.restore() == box.source());
}

TEST_CASE("The power may go while disks that are gone for good are given up") {
  const std::array<Change, 3> changes = {
      {{"/disk6", "/disk0", true}, {"/disk7", "/disk1", true}, {"/disk8", "/disk2", true}}};
  const Change& last = changes.back();
  const auto make = [&] {
    auto box = std::make_unique<MembersBox>();
    box->disks.push_back(std::make_unique<sim::SimDisk>(box->world, "/disk8"));
    for (const Change& change : changes) box->missing[*change.leaving] = true;
    box->loss_accepted = true;
    REQUIRE(box->apply(changes[0]));
    REQUIRE(box->apply(changes[1]));
    return box;
  };
  const auto give_up = [&](MembersBox& box) { return box.apply(last); };
  sweep_cuts({stride_of(kCutStrides)}, make, give_up, [&](MembersBox& box, const auto&) {
    box.finish(last);
    for (const Change& change : changes) {
      CHECK(box.state_of(*change.leaving) == pool::MemberState::lost);
    }
    const auto report = box.backup();
    REQUIRE(report);
    CHECK(report->problems.count == 0);
    CHECK(*box.restore() == box.source());
  });
}

TEST_CASE("Disks that were given up and come back give what they have") {
  MembersBox box;
  box.disks.push_back(std::make_unique<sim::SimDisk>(box.world, "/disk8"));
  for (const char* away : {"/disk0", "/disk1", "/disk2"}) box.missing[away] = true;
  box.loss_accepted = true;
  const Change change{"/disk6", "/disk0", true};
  const auto given_up = box.apply(change);
  REQUIRE(given_up);
  CHECK_FALSE(given_up->settled);
  CHECK(given_up->moved->lost.count > 0);
  box.missing.clear();
  box.missing["/disk0"] = true;
  box.finish(change);
  box.check_done(change);
}

TEST_CASE("Several disks that are gone are replaced one after the other") {
  MembersBox box;
  box.disks.push_back(std::make_unique<sim::SimDisk>(box.world, "/disk8"));
  box.missing["/disk0"] = true;
  box.heal();
  box.missing["/disk1"] = true;
  box.missing["/disk2"] = true;
  const std::array<Change, 3> changes = {
      {{"/disk6", "/disk0", true}, {"/disk7", "/disk1", true}, {"/disk8", "/disk2", true}}};
  for (const Change& change : changes) {
    const auto done = box.apply(change);
    INFO((done ? "" : debug_text(done.error())));
    REQUIRE(done);
    CHECK_FALSE(done->ended);
    CHECK(*box.restore() == box.source());
  }
  box.heal();
  for (const Change& change : changes) {
    CHECK(box.state_of(*change.leaving) == pool::MemberState::lost);
  }
  box.missing["/disk7"] = true;
  box.missing["/disk8"] = true;
  CHECK(*box.restore() == box.source());
}

TEST_CASE("pool heal goes on with a disk that is leaving, and lets it go") {
  MembersBox box;
  box.begin_only(kRetire);
  CHECK(box.heal() == 1);
  box.check_done(kRetire);
}

TEST_CASE("Disks that leave at the same time go together, also after a cut") {
  const Change first{"/disk6", "/disk0"};
  const Change second{"/disk7", "/disk1"};
  const auto make = [&] {
    auto box = std::make_unique<MembersBox>();
    box->begin_only(first);
    box->begin_only(second);
    return box;
  };
  const auto check = [&](MembersBox& box) {
    for (const Change& change : {first, second}) {
      CHECK(box.state_of(*change.leaving) == pool::MemberState::retired);
      box.missing[*change.leaving] = true;
    }
    CHECK(*box.restore() == box.source());
    box.missing["/disk5"] = true;
    box.missing["/disk6"] = true;
    CHECK(*box.restore() == box.source());
    CHECK(box.restore(3)->size() == 3);
  };
  const auto both = make();
  CHECK(both->heal() == 2);
  check(*both);
  const auto heal = [](MembersBox& box) -> Result<void> {
    HF_TRY(const auto opened, box.open());
    job::ScrubRequest request;
    request.heal = true;
    HF_TRY(const auto healed, job::run_scrub(*opened, request));
    HF_TRY(const auto left, job::settle_leaving(*opened, healed, nullptr));
    static_cast<void>(left);
    return {};
  };
  sweep_cuts({stride_of({53, 1, 113, 53})}, make, heal,
             [&](MembersBox& box, const auto& /*answer*/) {
               CHECK(*box.restore() == box.source());
               box.heal();
               check(box);
             });
}

TEST_CASE("While a business is written no member comes or goes") {
  MembersBox box;
  const auto writer = box.open();
  const auto business = (*writer)->open_business("calls", vault::Access::write);
  REQUIRE(business);
  for (const Change& change : {kAdd, kRetire, kReplace}) {
    const auto refused = box.apply(change);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::locked);
  }
  CHECK(box.disks[6]->list("").value().empty());
}

TEST_CASE("What has no place is refused before anything is written") {
  MembersBox box;
  const auto code_of = [&](const Change& change) {
    const auto refused = box.apply(change);
    REQUIRE_FALSE(refused);
    return refused.error().code;
  };
  const auto label = box.disks[1]->contents("label.a");
  CHECK(code_of({{}, "/nothing"}) == ErrorCode::no_disk);
  CHECK(code_of({"/disk1", {}}) == ErrorCode::disk_is_member);
  box.disks[6]->plant("somebody's", Bytes(3));
  CHECK(code_of({"/disk6", {}}) == ErrorCode::disk_not_empty);
  box.disks[7]->set_capacity(4000);
  CHECK(code_of({"/disk7", "/disk0"}) == ErrorCode::disk_too_small);
  box.missing["/disk5"] = true;
  CHECK(code_of({{}, "/disk0"}) == ErrorCode::disk_needed);  // packs of five shards, four disks
  CHECK(box.disks[1]->contents("label.a") == label);
}

TEST_CASE(
    "A disk that is away during a change gets the new label, journal and keys when it is back") {
  MembersBox box;
  box.missing["/disk3"] = true;
  box.finish(kAdd);
  box.missing.clear();
  REQUIRE(box.backup());
  CHECK(box.disks[3]->contents("label.a").value().size() ==
        box.disks[2]->contents("label.a").value().size());
  for (const char* gone : {"/disk0", "/disk1"}) box.missing[gone] = true;
  CHECK(*box.restore() == box.source());
}

TEST_CASE("A disk that has left and comes back is read, and counts for nothing") {
  MembersBox box;
  box.missing["/disk0"] = true;
  box.finish(kReplaceAbsent);
  box.missing.clear();
  REQUIRE(box.backup());
  const auto opened = box.open();
  const auto pool = (*opened)->pool();
  REQUIRE(pool);
  CHECK((*pool)->members_present() == 6);
  CHECK((*pool)->writable());
  const auto status = (*pool)->status();
  CHECK(std::ranges::count(status, pool::DiskState::retired, &pool::DiskStatus::state) == 1);
  box.disks[7]->become(*box.disks[0]->image());
  job::MemberRequest request;
  request.joining = "/disk7";
  const auto refused = job::plan_members(**opened, request);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::disk_is_member);
  CHECK_FALSE(refused.error().argument("left").empty());
}

// Seven disks make 4+2 and leave one over: each pack may come to lie on all but one of them, so the
// smallest says how much they take.
TEST_CASE("A home older than half of the disks finds them where the record says") {
  MembersBox box;
  box.disks.push_back(std::make_unique<sim::SimDisk>(box.world, "/disk8"));
  const sim::NodePointer before = box.home.image();
  const std::array<std::pair<std::string, std::string>, 3> changes{
      {{"/disk6", "/disk0"}, {"/disk7", "/disk1"}, {"/disk8", "/disk2"}}};
  for (const auto& [joining, leaving] : changes) {
    box.missing[leaving] = true;
    box.finish({joining, leaving, true});
  }
  box.home.become(*before);
  CHECK(*box.restore() == box.source());
  box.write("new.wav", box.noise(700));
  const auto report = box.backup();
  INFO((report ? "" : debug_text(report.error())));
  REQUIRE(report);
  CHECK(*box.restore() == box.source());
  const Bytes list = *box.home.contents("pool");
  for (const auto& [joining, leaving] : changes) {
    CHECK(text_of(list).find("disk " + joining + "\n") != std::string_view::npos);
  }
}

TEST_CASE("What rots on a disk that has left is no finding, if others have it") {
  MembersBox box;
  box.missing["/disk0"] = true;
  const Change change{"/disk6", "/disk0", true};
  box.finish(change);
  box.missing.clear();
  sim::SimDisk& left = *box.disks[0];
  for (const std::string& path : left.files()) {
    if (path.starts_with("packs/")) left.flip_bit(path, pool::kShardHeaderSize + 1);
  }
  const auto scrub = [&](bool heal) {
    const auto opened = box.open();
    return *job::run_scrub(**opened, {.heal = heal, .full = true});
  };
  CHECK_FALSE(scrub(false).found_differences());
  // Where nobody else has it, it is told, and written anew where it belongs.
  for (const std::string& path : box.disks[6]->files()) {
    if (path.starts_with("packs/")) box.disks[6]->erase(path);
  }
  CHECK(scrub(false).shards_bad > 0);
  CHECK_FALSE(scrub(true).is_not_mended());
  CHECK_FALSE(scrub(false).found_differences());
}

TEST_CASE("Usable bytes with a disk of another size are right in plan and answer") {
  constexpr std::uint64_t kSize = std::uint64_t{1} << 30;
  for (const std::uint64_t joining : {3 * kSize, kSize / 2}) {
    MembersBox box(kSize);
    box.disks[6]->set_capacity(joining);
    const auto of = [&](std::uint64_t disk) {
      return disk - std::min(box.settings.pool.disk_reserve, disk / 16);
    };
    const auto opened = box.open();
    job::MemberRequest request;
    request.joining = "/disk6";
    const auto plan = job::plan_members(**opened, request);
    REQUIRE(plan);
    CHECK(plan->bytes_usable_before == 3 * of(kSize));
    CHECK(plan->bytes_usable == 4 * of(std::min(kSize, joining)));
    const auto done = job::change_members(**opened, request, *plan);
    REQUIRE(done);
    CHECK_FALSE(done->ended);
    const auto pool = (*opened)->pool();
    REQUIRE(pool);
    CHECK((*pool)->usable_bytes() == plan->bytes_usable);
    const auto free = (*pool)->free_bytes();
    REQUIRE(free);
    CHECK(*free < plan->bytes_usable);
    CHECK(*free > plan->bytes_usable - 300'000);  // what is stored, labels and journals
  }
}

TEST_CASE("With a disk of another size no byte of history is rewritten") {
  MembersBox box(std::uint64_t{1} << 30);
  std::map<std::string, Bytes> before;
  const auto shards = [&](auto&& visit) {
    for (std::size_t i = 0; i < SimBox::kDisks; ++i) {
      for (const auto& folder : box.disks[i]->list("packs").value()) {
        const std::string path = "packs/" + folder.name;
        for (const auto& file : box.disks[i]->list(path).value()) {
          visit(box.disks[i]->name() + "/" + path + "/" + file.name,
                box.disks[i]->contents(path + "/" + file.name).value());
        }
      }
    }
  };
  shards([&](const std::string& path, const Bytes& bytes) { before[path] = bytes; });
  box.disks[6]->set_capacity(std::uint64_t{3} << 30);
  box.finish(kAdd);
  std::map<std::string, Bytes> after;
  shards([&](const std::string& path, const Bytes& bytes) { after[path] = bytes; });
  CHECK(before == after);
  box.write("new.wav", box.noise(3000));
  REQUIRE(box.backup());
  CHECK_FALSE(box.disks[6]->list("packs").value().empty());
}

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// Disks that may join are told from those that may not, each with its reason, and none is written.
#include "firmware/job/members.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

// Six disks with a snapshot, and one that is no member.
class CandidateBox : public ReadyBox {
 public:
  CandidateBox() {
    disks.push_back(std::make_unique<sim::SimDisk>(world, "/fresh"));
    write("b.wav", std::string(2500, 'b'));
    REQUIRE(backup());
  }
  sim::SimDisk& fresh() { return *disks.back(); }

  job::Candidate judge(const std::string& folder, const std::optional<std::string>& leaving = {}) {
    const auto opened = open();
    REQUIRE(opened);
    const auto before = fresh().files();
    auto candidates = job::judge_candidates(**opened, leaving, {folder}, &stop);
    REQUIRE(candidates);
    REQUIRE(candidates->size() == 1);
    CHECK(fresh().files() == before);
    return std::move(candidates->front());
  }
  std::string verdict(const std::optional<std::string>& leaving = {}) {
    const job::Candidate candidate = judge("/fresh", leaving);
    return candidate.refused ? std::string(name_of(candidate.refused->code)) : "good";
  }
};

}  // namespace

TEST_CASE("An empty disk may join, and says how large it is") {
  CandidateBox box;
  box.fresh().set_capacity(1 << 20);
  const job::Candidate candidate = box.judge("/fresh");
  CHECK_FALSE(candidate.refused);
  CHECK(candidate.space.total == 1 << 20);
  CHECK_FALSE(candidate.pool);
}

TEST_CASE("What is no empty disk of its own is refused, each for its reason") {
  CandidateBox box;
  SECTION("somebody's files") {
    box.fresh().plant("thesis.txt", view_of("the only copy"));
    CHECK(box.verdict() == "disk_not_empty");
  }
  SECTION("a partition of a member's disk") {
    box.fresh().set_device(*box.disks[2]->device());
    const job::Candidate candidate = box.judge("/fresh");
    REQUIRE(candidate.refused);
    CHECK(candidate.refused->code == ErrorCode::disk_same_device);
    CHECK(candidate.refused->argument("other") == box.disks[2]->name());
  }
  SECTION("no room above the reserve") {
    box.fresh().set_capacity(0);
    CHECK(box.verdict() == "no_space");
  }
  SECTION("a disk of another pool, which is named") {
    Bytes label = *box.disks[0]->contents("label.a");
    const PoolId ours = *pool::peek_pool(label);
    const auto place = std::ranges::search(label, ours.bytes).begin();
    *place ^= 1;
    box.fresh().plant("label.a", label);
    const job::Candidate candidate = box.judge("/fresh");
    REQUIRE(candidate.refused);
    CHECK(candidate.refused->code == ErrorCode::disk_foreign);
    CHECK(candidate.pool == pool::peek_pool(label).value());
    CHECK(candidate.pool != ours);
  }
  SECTION("a label that nobody can read") {
    box.fresh().plant("label.a", view_of("no label"));
    const job::Candidate candidate = box.judge("/fresh");
    REQUIRE(candidate.refused);
    CHECK(candidate.refused->code == ErrorCode::disk_foreign);
    CHECK_FALSE(candidate.pool);
  }
  SECTION("a disk of this very pool, mounted elsewhere") {
    box.fresh().become(*box.disks[0]->image());
    const job::Candidate candidate = box.judge("/fresh");
    REQUIRE(candidate.refused);
    CHECK(candidate.refused->code == ErrorCode::disk_is_member);
    CHECK(candidate.refused->argument("place") == box.disks[0]->name());
    CHECK(candidate.refused->argument("left").empty());
  }
}

TEST_CASE("A disk in place of another one must have room for what that one has") {
  CandidateBox box;
  const std::string old = box.disks[0]->name();
  CHECK(box.verdict(old) == "good");
  box.fresh().set_capacity(600);
  CHECK(box.verdict() == "good");
  const job::Candidate small = box.judge("/fresh", old);
  REQUIRE(small.refused);
  CHECK(small.refused->code == ErrorCode::disk_too_small);
  CHECK(small.refused->argument("needed") != "0");
  const auto opened = box.open();
  CHECK(job::judge_candidates(**opened, "/nowhere", {"/fresh"}, &box.stop).error().code ==
        ErrorCode::no_disk);
}

TEST_CASE("Before there is a pool each empty disk may be one of it") {
  SimBox box;
  REQUIRE(box.init());
  box.disks[1]->plant("thesis.txt", view_of("the only copy"));
  const std::vector<std::string> folders = {box.disks[0]->name(), box.disks[1]->name()};
  const auto opened = box.open();
  REQUIRE(opened);
  const auto candidates = job::judge_candidates(**opened, {}, folders, &box.stop);
  REQUIRE(candidates);
  REQUIRE(candidates->size() == 2);
  CHECK_FALSE(candidates->front().refused);
  CHECK(candidates->front().space.total > 0);
  CHECK(candidates->back().refused->code == ErrorCode::disk_not_empty);
  CHECK(box.disks[0]->files().empty());
  CHECK(job::judge_candidates(**opened, folders[0], folders, &box.stop).error().code ==
        ErrorCode::no_pool);
}

TEST_CASE("A disk that is unmounted while a pool is made of it leaves its bare folder empty") {
  std::size_t refused = 0;
  bool is_gone = true;
  for (std::uint64_t after = 0; is_gone; ++after) {
    CAPTURE(after);
    SimBox box;
    REQUIRE(box.init());
    auto folder = std::make_unique<sim::SimDisk>(box.world, box.disks[2]->name());
    const sim::SimDisk& bare = *folder;
    pool::CreateOptions options;
    for (const auto& disk : box.disks) options.devices.push_back(*disk->device());
    const auto opened = box.open();
    const std::uint64_t from = box.world.operations() + after;
    is_gone = false;
    box.world.ask([&](const sim::Moment& moment) {
      if (moment.operation >= from && !std::exchange(is_gone, true)) box.disks[2].swap(folder);
      return std::optional<ErrorCode>();
    });
    const auto made = (*opened)->create_pool(box.disk_names(), options);
    box.world.ask({});
    if (!made) CHECK(made.error().code == ErrorCode::disk_not_offered);
    refused += made ? 0 : 1;
    CHECK(bare.files().empty());
  }
  CHECK(refused > 0);
}

TEST_CASE("A disk that dies while it is looked at is refused, and the others are judged") {
  CandidateBox box;
  const auto opened = box.open();
  REQUIRE(opened);
  box.world.ask([](const sim::Moment& moment) {
    return moment.where.starts_with("/fresh") ? std::optional(ErrorCode::io) : std::nullopt;
  });
  const auto candidates = job::judge_candidates(**opened, {}, {"/fresh", "/gone"}, &box.stop);
  REQUIRE(candidates);
  REQUIRE(candidates->size() == 2);
  CHECK(candidates->front().refused->code == ErrorCode::io);
  CHECK(candidates->back().refused->code == ErrorCode::not_found);
}

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// Disks on which nothing can be written, and the mark that all they had lies elsewhere: a disk that
// is back may get something no heal has seen, and the room for that is kept again before it does.
#include "firmware/vault/disk_watch_note.h"
#include "tests/sim/small_disks.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

constexpr std::size_t kGone = 4;
constexpr std::int64_t kDay_ns = 24 * 3'600'000'000'000;

struct ClosedDisk : SmallDisks {
  ports::Disk& gone() { return *disks[kGone]; }
  void pull() { missing[gone().name()] = true; }
  policy::WatchedDisk watched() { return vault::load_disk_watch(home)->at(kGone); }
  std::size_t shards_there() {
    const auto paths = disks[kGone]->files();
    return static_cast<std::size_t>(std::ranges::count_if(
        paths, [](const std::string& path) { return path.ends_with(".shard"); }));
  }
  // All packs, by a call of a person or, once it was given up, of a timer.
  job::ScrubSummary heal(bool is_by_hand) {
    if (!is_by_hand) return *tend().healed;
    job::ScrubRequest request;
    request.heal = true;
    const auto opened = open();
    const auto away = job::note_away(**opened);
    REQUIRE(away);
    const auto healed = job::run_scrub(**opened, request);
    REQUIRE(healed);
    REQUIRE(job::note_healed(**opened, *healed, *away));
    return *healed;
  }
  void check_two_may_go() {
    for (const std::size_t first : {std::size_t{0}, kGone}) {
      missing = {{disks[first]->name(), true}, {disks[2]->name(), true}};
      const auto restored = restore();
      REQUIRE(restored);
      CHECK(*restored == source());
    }
    missing.clear();
  }
};

// It is away, all that it had lies elsewhere, and it is put back.
struct BackAgain : ClosedDisk {
  BackAgain() {
    for (int call = 0; call < 5; ++call) REQUIRE(backup_call());
    pull();
    tend();
    clock.advance(kDay_ns);
    waits = bytes_free();
    tend();
    CHECK(bytes_free() > waits);
    CHECK(watched().healed);
    missing.clear();
    before = shards_there();
  }
  std::uint64_t waits = 0;  // bytes that backups might write before it was healed
  std::size_t before = 0;
};

}  // namespace

TEST_CASE("Room that a disk left for good to backups is kept again once it was back") {
  BackAgain box;
  REQUIRE(box.backup_call());
  CHECK(box.shards_there() > box.before);
  box.pull();
  CHECK(box.bytes_free() < box.waits);
}

TEST_CASE("No cut and no error leaves the mark of a disk that got something since") {
  const auto make = [] { return std::make_unique<BackAgain>(); };
  const auto act = [](BackAgain& box) { return box.backup_call(); };
  const auto check = [](BackAgain& box, const auto& /*answer*/) {
    const bool has_more = box.shards_there() > box.before;
    if (has_more) CHECK_FALSE(box.watched().healed);
    box.pull();
    if (has_more) CHECK(box.bytes_free() <= box.waits);
    REQUIRE(box.backup());
    box.missing.clear();
    box.check_two_may_go();
  };
  SECTION("cuts") {
    sweep_cuts({stride_of({5, 1, 29, 11})}, make, act, check);
  }
  SECTION("errors") {
    sweep_errors({stride_of({29, 5, 101, 41})}, make, act, check);
  }
}

TEST_CASE("While somebody else is at the note a disk with the mark gets no shard") {
  BackAgain box;
  {
    const auto other = box.open();
    const auto lock = (*other)->lock("disks");
    REQUIRE(lock);
    const Timestamp begun = box.clock.now();
    REQUIRE(box.backup_call());
    CHECK(box.clock.now().ns - begun.ns >= 900'000'000);  // whoever is at the note is soon done
    CHECK(box.shards_there() == box.before);
    CHECK(box.watched().healed);
  }
  REQUIRE(box.backup_call());
  CHECK(box.shards_there() > box.before);
  box.tend();
  box.check_two_may_go();
}

TEST_CASE("A disk that was here while others were healed gets no mark") {
  ClosedDisk box;
  for (int call = 0; call < 5; ++call) REQUIRE(box.backup_call());
  box.pull();
  job::ScrubRequest request;
  request.heal = true;
  const auto opened = box.open();
  REQUIRE(opened);
  const auto away = job::note_away(**opened);
  REQUIRE(away);
  const auto report = job::run_scrub(**opened, request);
  REQUIRE(report);
  box.missing.clear();
  REQUIRE(box.backup_call());
  REQUIRE(job::note_healed(**opened, *report, *away));
  for (const policy::WatchedDisk& disk : *vault::load_disk_watch(box.home)) {
    CHECK_FALSE(disk.healed);
  }
}

TEST_CASE("A disk on which somebody may write gets no mark, also by a call that does not see it") {
  const bool is_by_hand = GENERATE(false, true);
  const bool has_begun_before = GENERATE(false, true);
  CAPTURE(is_by_hand, has_begun_before);
  std::shared_ptr<ClosedDisk> box;
  if (has_begun_before) {
    box = std::make_shared<ClosedDisk>();
    for (int call = 0; call < 5; ++call) REQUIRE(box->backup_call());
    box->tend();
  } else {
    box = std::make_shared<BackAgain>();
  }
  REQUIRE(box->add_business("a second one"));  // which nobody writes
  const std::size_t before = box->shards_there();
  {
    const auto opened = box->open();
    const auto writer = (*opened)->open_business("calls", vault::Access::write);
    REQUIRE(writer);
    CHECK_FALSE(box->watched().healed);
    box->pull();
    if (!is_by_hand) box->tend();
    box->clock.advance(kDay_ns);
    CHECK(box->heal(is_by_hand).shards_unhealed == 0);
    CHECK_FALSE(box->watched().healed);
    box->missing.clear();
    box->add_call();
    REQUIRE(job::run_backup(**writer, box->files, box->backup_request()));
    CHECK(box->shards_there() > before);
    box->pull();
  }
  CHECK(box->heal(is_by_hand).shards_written > 0);
  CHECK(box->watched().healed);
  box->missing = {{box->gone().name(), true}, {box->disks[0]->name(), true}};
  box->missing[box->disks[2]->name()] = true;
  CHECK(*box->restore() == box->source());
}

TEST_CASE("A second writer waits a moment, for whoever only looks whether there is one") {
  ClosedDisk box;
  const auto opened = box.open();
  const auto writer = (*opened)->open_business("calls", vault::Access::write);
  REQUIRE(writer);
  CHECK(*(*opened)->is_written((*writer)->id()));
  const Timestamp begun = box.clock.now();
  const auto refused = (*opened)->open_business("calls", vault::Access::write);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::locked);
  CHECK(box.clock.now().ns - begun.ns >= 80'000'000);
}

TEST_CASE("While somebody else is at the note a heal goes by what a disk without the mark has") {
  ClosedDisk box;
  for (int call = 0; call < 5; ++call) REQUIRE(box.backup_call());
  box.pull();
  box.tend();
  box.missing.clear();
  const auto other = box.open();
  const auto lock = (*other)->lock("disks");
  REQUIRE(lock);
  const job::ScrubSummary healed = box.heal(true);
  CHECK(healed.shards_written == 0);
  CHECK_FALSE(healed.is_not_mended());
}

TEST_CASE("A read-only disk that takes writes again while it is healed gets no mark") {
  ClosedDisk box;
  for (int call = 0; call < 5; ++call) REQUIRE(box.backup_call());
  const std::string closed = box.gone().name() + "/";
  bool is_closed = true;
  box.world.ask([&](const sim::Moment& now) -> std::optional<ErrorCode> {
    const bool is_there = now.where.starts_with(closed);
    const bool writes = now.name == "create" || now.name == "append";
    const bool heals = writes && now.where.find(".shard") != std::string_view::npos;
    if (!is_there && heals) is_closed = false;
    return is_there && writes && is_closed ? std::optional(ErrorCode::read_only) : std::nullopt;
  });
  box.tend();
  CHECK(box.watched().read_only);
  box.clock.advance(kDay_ns);
  CHECK(box.tend().healed->shards_written > 0);
  CHECK_FALSE(is_closed);
  box.world.ask({});
  CHECK_FALSE(box.watched().healed);
}

TEST_CASE("A disk that was read-only and is full is a full one") {
  ClosedDisk box;
  for (int call = 0; call < 5; ++call) REQUIRE(box.backup_call());
  box.disks[kGone]->set_read_only(true, false);
  box.tend();
  CHECK(box.watched().read_only);
  box.disks[kGone]->set_read_only(false);
  box.disks[kGone]->set_capacity(0);
  box.tend();
  CHECK_FALSE(box.watched().read_only);
}

TEST_CASE("What a disk has that takes no writes for a day is made anew in the room kept for it") {
  for (const bool is_told : {false, true}) {
    CAPTURE(is_told);
    ClosedDisk box;
    for (int call = 0; call < 20; ++call) REQUIRE(box.backup_call());
    const std::size_t had = box.shards_there();
    box.disks[kGone]->set_read_only(true, is_told);
    box.fill();
    CHECK(box.tend().healed->shards_written == 0);
    CHECK(box.watched().read_only);
    const std::uint64_t waits = box.bytes_free();
    CHECK(waits < box.settings.pack_size + 20'000);
    box.clock.advance(kDay_ns);
    const job::TendSummary acts = box.tend();
    CHECK(acts.given_up == 1);
    CHECK(acts.healed->shards_written == had);
    CHECK(acts.healed->shards_unhealed == 0);
    CHECK(box.watched().healed);
    CHECK(box.bytes_free() > waits);
    CHECK(box.tend().healed->shards_written == 0);
    CHECK(box.shards_there() == had);
    // What it has helps still: with it three more may go of what was there before.
    box.check_two_may_go();
    box.disks[kGone]->set_read_only(false);
    const job::TendSummary back = box.tend();
    CHECK(back.given_up == 0);
    CHECK_FALSE(box.watched().healed);
    CHECK_FALSE(box.watched().read_only);
    box.check_two_may_go();
  }
}

TEST_CASE("Once what a read-only disk has is made anew, backups use all the room of the others") {
  ClosedDisk box;
  for (int call = 0; call < 20; ++call) REQUIRE(box.backup_call());
  box.disks[kGone]->set_read_only(true, false);
  box.tend();
  box.clock.advance(kDay_ns);
  CHECK(box.tend().healed->shards_unhealed == 0);
  CHECK(box.fill() > 0);
  std::uint64_t left = box.room();
  left -= box.disks[kGone]->space()->free;
  CHECK(left < kDisk / 3);
  box.check_two_may_go();
}

TEST_CASE("A disk that takes writes again in time is one as all others") {
  ClosedDisk box;
  for (int call = 0; call < 5; ++call) REQUIRE(box.backup_call());
  box.disks[kGone]->set_read_only(true, false);
  box.tend();
  box.clock.advance(kDay_ns / 2);
  box.disks[kGone]->set_read_only(false);
  CHECK_FALSE(box.tend().disks[kGone].watched.read_only);
  box.clock.advance(kDay_ns);
  CHECK(box.tend().healed->shards_written == 0);
  const std::size_t before = box.shards_there();
  REQUIRE(box.backup_call());
  CHECK(box.shards_there() > before);
}

TEST_CASE("An error on another disk leaves no mark on one whose shards are not all made anew") {
  enum class Fails { read, write, probe };
  const auto fails = GENERATE(Fails::read, Fails::write, Fails::probe);
  CAPTURE(static_cast<int>(fails));
  ClosedDisk box;
  for (int call = 0; call < 20; ++call) REQUIRE(box.backup_call());
  box.pull();
  box.tend();
  box.clock.advance(kDay_ns);
  const std::string other = box.disks[1]->name() + "/";
  int tries = 0;
  box.world.ask([&](const sim::Moment& now) -> std::optional<ErrorCode> {
    if (!now.where.starts_with(other)) return std::nullopt;
    const bool is_shard = now.where.find(".shard") != std::string_view::npos;
    const bool is_it = (fails == Fails::read && is_shard && now.name == "read") ||
                       (fails == Fails::write && is_shard && now.name == "append") ||
                       (fails == Fails::probe && now.where.find("probe") != std::string_view::npos);
    return is_it && ++tries == 1 ? std::optional(ErrorCode::io) : std::nullopt;
  });
  const job::TendSummary acts = box.tend();
  box.world.ask({});
  CHECK(tries > 0);
  CHECK(acts.given_up == 1);
  REQUIRE(acts.healed->shards_unhealed > 0);
  CHECK_FALSE(box.watched().healed);
  box.fill();
  const job::TendSummary next = box.tend();
  CHECK(next.healed->shards_unhealed == 0);
  CHECK(next.healed->shards_written > 0);
  CHECK(box.watched().healed);
  box.missing[box.disks[0]->name()] = true;
  box.missing[box.disks[2]->name()] = true;
  CHECK(*box.restore() == box.source());
}

TEST_CASE("Whoever writes finds that read-only disks take writes again") {
  constexpr std::size_t kDisks = ClosedDisk::kDisks;
  const std::size_t closed = GENERATE(std::size_t{2}, std::size_t{5}, std::size_t{6});
  CAPTURE(closed);
  ClosedDisk box;
  for (int call = 0; call < 5; ++call) REQUIRE(box.backup_call());
  const auto set_read_only = [&](bool is_read_only) {
    for (std::size_t i = 0; i < closed; ++i) {
      box.disks[kDisks - 1 - i]->set_read_only(is_read_only, false);
    }
  };
  set_read_only(true);
  box.tend();
  box.clock.advance(kDay_ns);
  box.tend();
  const auto count_marks = [&] {
    const auto disks = *vault::load_disk_watch(box.home);
    return static_cast<std::size_t>(
        std::ranges::count_if(disks, [](const auto& disk) { return disk.healed.has_value(); }));
  };
  CHECK(count_marks() == (closed == kDisks ? 0 : closed));
  set_read_only(false);
  SECTION("a backup") {
    const std::size_t before = box.shards_there();
    const auto report = box.backup_call();
    REQUIRE(report);
    CHECK_FALSE(report->under_protected);
    REQUIRE(box.backup_call());
    CHECK(box.shards_there() > before);
  }
  SECTION("a heal by hand") {
    job::ScrubRequest request;
    request.heal = true;
    const auto opened = box.open();
    REQUIRE(opened);
    REQUIRE(job::note_away(**opened));
    const auto healed = job::run_scrub(**opened, request);
    REQUIRE(healed);
    CHECK_FALSE(healed->is_not_mended());
  }
  CHECK(count_marks() == 0);
  box.tend();
  CHECK_FALSE(box.watched().read_only);
  box.check_two_may_go();
}

TEST_CASE("A disk that backups can write on now and then and no look can is given up") {
  const bool is_away = GENERATE(true, false);
  CAPTURE(is_away);
  ClosedDisk box;
  for (int call = 0; call < 5; ++call) REQUIRE(box.backup_call());
  const auto close = [&](bool is_closed) {
    box.missing.clear();
    if (is_away && is_closed) box.pull();
    if (!is_away) box.disks[kGone]->set_read_only(is_closed, false);
  };
  for (int day = 0; day < 3; ++day) {
    CAPTURE(day);
    close(true);
    const job::TendSummary acts = box.tend();
    CHECK(acts.given_up == (day == 0 ? 0 : 1));
    if (day > 0) CHECK(box.watched().healed);
    box.clock.advance(kDay_ns / 2);
    close(false);
    const std::size_t before = box.shards_there();
    for (int call = 0; call < 2; ++call) REQUIRE(box.backup_call());
    const bool is_failing = policy::is_failing(box.watched(), {});  // by the strikes of the looks
    CHECK((box.shards_there() > before) == !is_failing);
    CHECK_FALSE(box.watched().healed);
    box.clock.advance(kDay_ns / 2);
  }
  box.check_two_may_go();
}

}  // namespace holdfast::test

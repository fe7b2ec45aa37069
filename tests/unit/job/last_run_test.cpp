// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/last_run.h"

#include <catch2/catch.hpp>
#include <tuple>

#include "firmware/vault/checked_line.h"
#include "hal/sim/disk.h"
#include "hal/sim/world.h"
#include "tests/support/every_damage.h"

namespace holdfast::job {
namespace {

const BusinessId kBusiness{{7}};

TEST_CASE("the last run is noted, and a note that cannot be read is none") {
  sim::World world(1);
  sim::SimDisk home(world, "/home");
  CHECK_FALSE(load_last_run(home, kBusiness));
  REQUIRE(note_last_run(home, kBusiness, {5, Timestamp{123'000'000'456}}));
  REQUIRE(note_last_run(home, kBusiness, {6, Timestamp{124'000'000'456}, 3}));
  const auto run = load_last_run(home, kBusiness);
  REQUIRE(run);
  CHECK(run->snapshot == 6);
  CHECK(run->time == Timestamp{124'000'000'456});
  CHECK(run->problems == 3);
  const std::string path = "runs/" + kBusiness.hex();
  for (const char* text :
       {"", "6", "6 ", "6 today 0\n", "x 2026-01-01T00:00:00Z 0\n", "6 2026-01-01T00:00:00Z 0",
        "-6 2026-01-01T00:00:00Z 0\n", "6 2026-01-01T00:00:00Z\n", "6 2026-01-01T00:00:00Z \n",
        "6 2026-01-01T00:00:00Z -1\n"}) {
    home.plant(path, view_of(std::string_view(text)));
    CHECK_FALSE(load_last_run(home, kBusiness));
  }
}

TEST_CASE("a failed run is noted with its error until the next good one") {
  sim::World world(1);
  sim::SimDisk home(world, "/home");
  CHECK_FALSE(load_failed_run(home, kBusiness));
  const Error error = make_error(ErrorCode::bad_business, "/srv/a b\nc",
                                 {{"line", "7"}, {"what", "`a\\\\b`\nis odd", true}});
  REQUIRE(note_failed_run(home, kBusiness, {Timestamp{123'000'000'456}, error}));
  const auto run = load_failed_run(home, kBusiness);
  REQUIRE(run);
  CHECK(run->time == Timestamp{123'000'000'456});
  CHECK(run->error.code == ErrorCode::bad_business);
  CHECK(run->error.where == error.where);
  CHECK(run->error.argument("line") == "7");
  CHECK(run->error.argument("what") == error.argument("what"));
  CHECK(run->error.arguments[1].is_words);

  REQUIRE(note_last_run(home, kBusiness, {5, Timestamp{124'000'000'456}}));
  CHECK_FALSE(load_failed_run(home, kBusiness));
  for (const char* text : {"", "2026-01-01T00:00:00Z no_space", "2026-01-01T00:00:00Z no_spice \n",
                           "today no_space \n", "2026-01-01T00:00:00Z no_space \\\n",
                           "2026-01-01T00:00:00Z bad_business \nline 7"}) {
    const std::string path = "runs/" + kBusiness.hex() + ".failed";
    home.plant(path, view_of(std::string_view(text)));
    CHECK_FALSE(load_failed_run(home, kBusiness));
    home.plant(path, view_of(vault::checked_line(std::string(text) + "#")));
    CHECK_FALSE(load_failed_run(home, kBusiness));
  }
}

// What it says is as it was, or it says nothing; only its check may be cut off.
template <class Load>
void check_every_damage(sim::SimDisk& home, const std::string& path, const Load& load) {
  const Bytes right = *home.contents(path);
  const auto said = load();
  REQUIRE(said);
  test::for_every_damage(right, [&](ByteView bytes, const test::SmallDamage& /*damage*/) {
    home.plant(path, bytes);
    const auto now = load();
    return !now || now == said;
  });
  // And not everything is nothing to it.
  home.plant(path, right);
  CHECK(load() == said);
}

TEST_CASE("rot in a note of a run is never shown as what it says") {
  sim::World world(1);
  sim::SimDisk home(world, "/home");
  using Said = std::optional<std::tuple<std::uint64_t, std::int64_t, std::uint64_t>>;
  REQUIRE(note_last_run(home, kBusiness, {61, Timestamp{124'000'000'456}, 30}));
  const std::string path = "runs/" + kBusiness.hex();
  check_every_damage(home, path, [&]() -> Said {
    const auto run = load_last_run(home, kBusiness);
    if (!run) return std::nullopt;
    return std::tuple(run->snapshot, run->time.ns, run->problems);
  });
  using Failed = std::optional<std::tuple<std::int64_t, ErrorCode, std::string, std::string>>;
  const Error error = make_error(ErrorCode::bad_business, "/srv/a #b", {{"line", "17"}});
  REQUIRE(note_failed_run(home, kBusiness, {Timestamp{123'000'000'456}, error}));
  check_every_damage(home, path + ".failed", [&]() -> Failed {
    const auto run = load_failed_run(home, kBusiness);
    if (!run) return std::nullopt;
    return std::tuple(run->time.ns, run->error.code, run->error.where,
                      std::string(run->error.argument("line")));
  });
}

TEST_CASE("a note of a run from before it had a check is read") {
  sim::World world(1);
  sim::SimDisk home(world, "/home");
  const std::string path = "runs/" + kBusiness.hex();
  home.plant(path, view_of(std::string_view("6 2026-01-01T00:00:00Z 2\n")));
  CHECK(load_last_run(home, kBusiness)->problems == 2);
}

TEST_CASE("what was never begun is no failed run") {
  CHECK(is_failed_run(ErrorCode::source_missing));
  CHECK(is_failed_run(ErrorCode::no_space));
  CHECK(is_failed_run(ErrorCode::too_few_disks));
  CHECK_FALSE(is_failed_run(ErrorCode::locked));
  CHECK_FALSE(is_failed_run(ErrorCode::interrupted));
  CHECK_FALSE(is_failed_run(ErrorCode::window_closed));
  CHECK_FALSE(is_failed_run(ErrorCode::invalid_argument));
}

TEST_CASE("a run counts for the snapshot that it found, and only forward") {
  const Timestamp snapshot{100};
  CHECK(last_backup_time(6, snapshot, std::nullopt) == snapshot);
  CHECK(last_backup_time(6, snapshot, LastRun{6, Timestamp{200}}) == Timestamp{200});
  CHECK(last_backup_time(6, snapshot, LastRun{5, Timestamp{200}}) == snapshot);
  CHECK(last_backup_time(6, snapshot, LastRun{6, Timestamp{50}}) == snapshot);
}

TEST_CASE("a run that could not read everything is told, and is no fresh backup") {
  const LastRun run{6, Timestamp{200}, 3};
  CHECK(last_backup_time(6, Timestamp{100}, run) == Timestamp{100});
  CHECK(last_problems(6, run) == 3);
  CHECK(last_problems(7, run) == 0);
  CHECK(last_problems(6, std::nullopt) == 0);
}

}  // namespace
}  // namespace holdfast::job

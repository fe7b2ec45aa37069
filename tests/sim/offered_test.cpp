// SPDX-License-Identifier: Apache-2.0
// Between the offer of a disk and the deed with it something else comes to lie behind its path, at
// any moment: the folder under a disk that was unmounted, or another disk. Nothing is written there
// that was not offered, and whoever asked is told so.
#include <catch2/catch.hpp>

#include "firmware/app/cli.h"
#include "hal/sim/mounts.h"
#include "hal/sim/process.h"
#include "hal/sim/sql.h"
#include "tests/sim/sim_box.h"

namespace holdfast::test {

namespace {

class QuietConsole final : public ports::Console {
 public:
  Result<void> write(std::string_view text) override {
    written += text;
    return {};
  }
  Result<std::string> read_all(std::size_t) override { return std::string(); }
  void write_error(std::string_view) override {}
  [[nodiscard]] bool error_is_terminal() const override { return false; }
  Result<std::optional<SecretBytes>> ask_secret(std::string_view) override {
    return std::optional<SecretBytes>();
  }
  [[nodiscard]] std::string host_name() const override { return "host"; }
  [[nodiscard]] std::uint64_t process_id() const override { return 1; }
  [[nodiscard]] std::uint64_t user_id() const override { return 0; }

  std::string written;
};

// Mounts as they are now; each question about them is a moment.
class WatchedMounts final : public ports::Mounts {
 public:
  Result<std::vector<ports::BlockDisk>> disks() override {
    ask();
    return now.disks();
  }
  Result<std::vector<ports::Mount>> mounts() override {
    ask();
    was_told = true;
    return now.mounts();
  }
  Result<std::vector<ports::Mount>> all_mounts() override {
    ask();
    return now.all_mounts();
  }

  sim::SimMounts now;
  bool was_told = false;  // which mounts there are
  std::function<void()> ask = [] {};
};

enum class Change { unmounted, other_disk };
const std::string kFresh = "/fresh";

void mount(sim::SimMounts& mounts, const std::string& path, const std::string& disk) {
  mounts.plug({.name = disk, .size = 1 << 30});
  mounts.mount({{path, "ext4", false, {disk}}, true});
}

// Disks of its own for a pool, and one that is offered: all of them are mounted.
class OfferedBox : public SimBox {
 public:
  explicit OfferedBox(Change change) : behind_(std::make_unique<sim::SimDisk>(world, kFresh)) {
    disks.push_back(std::make_unique<sim::SimDisk>(world, kFresh));
    files.add_folder("/home");
    mount(after_, "/", "system");
    for (std::size_t i = 0; i < disks.size(); ++i) {
      files.add_folder(disks[i]->name());
      if (disks[i]->name() != kFresh) mount(after_, disks[i]->name(), "disk" + std::to_string(i));
    }
    mounts_.now = after_;
    mount(mounts_.now, kFresh, "first");
    if (change == Change::other_disk) mount(after_, kFresh, "other");
  }

  // As somebody asks by a page, or on the command line: exit code.
  int run(std::vector<std::string> words, bool is_by_page) {
    sim::SimProcesses processes([](const auto&) { return sim::SimScript{}; });
    sim::SimSql sql(world);
    const app::AppPorts ports{clock,
                              random,
                              workers,
                              files,
                              sql,
                              console_,
                              [this](const std::string& path) -> Result<pool::DiskPointer> {
                                if (path == "/home")
                                  return pool::DiskPointer(std::make_unique<BorrowedDisk>(home));
                                return open_disk(path);
                              },
                              processes,
                              mounts_,
                              "/decoder"};
    app::Environment environment;
    environment.home = "/home";
    if (is_by_page) environment.actor = "clerk";
    if (is_by_page) environment.actor_role = "operator";
    words.insert(words.begin(), "--json");
    console_.written.clear();
    return app::run_cli(ports, environment, words, stop);
  }

  // From the moment with that number on, of those of this run. True: it came.
  bool run_and_change(const std::vector<std::string>& words, std::uint64_t at) {
    const auto moment = [&] {
      if (moments_++ == at) change();
    };
    mounts_.was_told = false;
    mounts_.ask = moment;
    world.ask([&](const sim::Moment&) {
      moment();
      return std::optional<ErrorCode>();
    });
    exit_code = run(words, true);
    world.ask({});
    mounts_.ask = [] {};
    return is_changed_;
  }

  // What took its place.
  [[nodiscard]] const sim::SimDisk& other() const { return is_changed_ ? *disks.back() : *behind_; }
  // By then what was there at first could have been offered.
  [[nodiscard]] bool was_offered() const { return is_changed_ && was_offered_; }
  [[nodiscard]] const std::string& told() const { return console_.written; }

  int exit_code = 0;

 private:
  void change() {
    is_changed_ = true;
    was_offered_ = mounts_.was_told;
    disks.back().swap(behind_);
    mounts_.now = after_;
  }

  std::unique_ptr<sim::SimDisk> behind_;
  sim::SimMounts after_;
  WatchedMounts mounts_;
  QuietConsole console_;
  std::uint64_t moments_ = 0;
  bool is_changed_ = false;
  bool was_offered_ = false;
};

// What is asked of the box, with a change at each moment in turn, until the deed has its disk: what
// it has opened it writes to, whatever its path shows later (members_test.cpp,
// candidates_test.cpp).
void sweep_changes(const std::vector<std::string>& words, bool has_pool, Change change) {
  std::size_t refused = 0;
  bool is_late = false;
  for (std::uint64_t at = 0; !is_late; ++at) {
    CAPTURE(at);
    OfferedBox box(change);
    REQUIRE(box.run({"init"}, false) == 0);
    if (has_pool) REQUIRE(box.run({"pool", "create", "--disk", "/disk0", "/disk1"}, false) == 0);
    REQUIRE(box.run_and_change(words, at));
    CAPTURE(box.told());
    const bool is_done = box.exit_code == 0;
    is_late = is_done && box.was_offered();
    // Another disk that was there before anybody looked is the one that is offered.
    if (change == Change::unmounted || box.was_offered()) CHECK(box.other().files().empty());
    if (is_done) continue;
    ++refused;
    CHECK(box.told().find("\"code\":\"disk_not_offered\"") != std::string::npos);
  }
  CHECK(refused > 10);
}

void sweep_both(const std::vector<std::string>& words, bool has_pool) {
  SECTION("it is unmounted") {
    sweep_changes(words, has_pool, Change::unmounted);
  }
  SECTION("another one is mounted there") {
    sweep_changes(words, has_pool, Change::other_disk);
  }
}

}  // namespace

TEST_CASE("Another device behind an offered path is no disk of a new pool") {
  sweep_both({"pool", "create", "--disk", "/disk0", kFresh}, false);
}

TEST_CASE("Another device behind an offered path is not added") {
  sweep_both({"pool", "add", "--disk", kFresh}, true);
}

TEST_CASE("Another device behind an offered path replaces nothing") {
  sweep_both({"pool", "replace", "--later", "/disk0", kFresh}, true);
}

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// A backup reads its sources when, and as fast as, the window of its business lets it.
#include "firmware/job/newest_folders.h"
#include "tests/sim/records_box.h"
#include "tests/support/forwarding_files.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;

// A source on which an hour passes while it is being listed.
class LateFolder final : public ForwardingFolder {
 public:
  static constexpr int kLooks = 10;

  LateFolder(std::unique_ptr<ports::Folder> folder, int& looks, sim::SimClock& clock)
      : ForwardingFolder(std::move(folder)), looks_(looks), clock_(clock) {}
  Result<ports::FileStatus> status_of(std::string_view name) override {
    if (++looks_ == kLooks) clock_.advance(3600 * kSecond_ns);
    return ForwardingFolder::status_of(name);
  }

 private:
  int& looks_;
  sim::SimClock& clock_;
};

// The window is open from 22:00 to 01:00.
struct Site : RecordsBox {
  Site() {
    has_csv = false;
    hours = policy::Window{};
    hours->spans.push_back(*policy::parse_span("22:00-01:00"));
    write("a.wav", "short");
    write("long.wav", std::string(3000, 'x'));
    write("z.wav", "behind");
    set("00:10:00");
  }
  void set(const std::string& time) {
    clock.set(*Timestamp::parse("2026-01-02T" + time + "Z"));
    clock.advance(2 * kSecond_ns);  // nobody looks at it more often than each second
  }
  double seconds_of_run() {
    const std::int64_t start_ns = clock.monotonic_ns();
    const auto report = backed_up();
    CHECK_FALSE(report.partial);
    CHECK_FALSE(report.window_closed);
    return static_cast<double>(clock.monotonic_ns() - start_ns) / 1e9;
  }
  // A database of three slices, the first of which has 100 rows of some 45 bytes.
  void add_rows() {
    has_sql = true;
    slice_days = 731;
    const source::SqlRules asked = definition().sources.back().sql;
    const auto windows = source::slices_of(asked, source::window_after(asked, {}, clock.now()));
    REQUIRE(windows.size() == 3);
    std::vector<Call> calls;
    for (int number = 1; number <= 100; ++number) calls.push_back(call(number));
    answer_window(calls, windows[0]);
    for (int number = 1; number <= 2; ++number) {
      answer_window({call(100 + number)}, windows[static_cast<std::size_t>(number)]);
    }
  }
  // A run that comes to the window's end.
  job::BackupReport cut_off() {
    auto report = backed_up();
    CHECK(report.partial);
    CHECK(report.window_closed);
    return report;
  }
};

struct SignsOfLife final : job::Progress {
  explicit SignsOfLife(sim::SimClock& clock) : clock_(clock), last_ns_(clock.monotonic_ns()) {}
  void update(const job::ProgressState& state) override {
    const std::int64_t now_ns = clock_.monotonic_ns();
    longest_ns = std::max(longest_ns, now_ns - std::exchange(last_ns_, now_ns));
    newest = state;
  }
  std::int64_t longest_ns = 0;  // without one
  job::ProgressState newest;

 private:
  sim::SimClock& clock_;
  std::int64_t last_ns_;
};

}  // namespace

TEST_CASE("what is read obeys the rate of the moment", "[window]") {
  Site site;
  site.hours->rate = 100;
  SECTION("of the window") {
    const double seconds = site.seconds_of_run();
    CHECK(seconds >= 30);
    CHECK(seconds < 40);
    CHECK(*site.restore() == site.source());
    CHECK(site.seconds_of_run() < 2);  // nothing is read
  }
  SECTION("of all other times") {
    site.hours->rate_outside = 50;
    site.set("12:00:00");
    CHECK(site.seconds_of_run() >= 60);
  }
  SECTION("of the window, and then of the time after it") {
    site.hours->rate_outside = 1000;
    site.set("00:59:48");
    const double seconds = site.seconds_of_run();
    CHECK(seconds >= 10);
    CHECK(seconds < 20);
    CHECK(*site.restore() == site.source());
  }
  SECTION("as fast as it goes where there is none") {
    site.hours->rate.reset();
    CHECK(site.seconds_of_run() < 2);
  }
}

TEST_CASE("a run that gets on says so, in the middle of a long item and of a long folder",
          "[window]") {
  Site site;
  SignsOfLife signs(site.clock);
  site.progress = &signs;
  SECTION("that is read by its rate") {
    site.hours->rate = 100;
    CHECK(site.seconds_of_run() >= 30);
    CHECK(signs.longest_ns < 2 * kSecond_ns);
    CHECK(signs.newest.bytes_done == 3011);
  }
  SECTION("where newest folders are looked for") {
    const auto found = job::newest_folders(site.definition().sources[0], site.files, &signs);
    CHECK(found == std::vector<std::string>{"calls"});
    CHECK(signs.newest.phase == "listing");
    CHECK(signs.newest.items_done == 3);
  }
}

TEST_CASE("the window ends in the middle of a long item, and the next one has the rest",
          "[window]") {
  Site site;
  REQUIRE_FALSE(site.backed_up().partial);
  site.write("long.wav", std::string(3000, 'y'));
  site.write("new.wav", "new");
  site.hours->rate = 100;
  site.set("00:59:48");
  const auto cut = site.cut_off();
  CHECK(cut.bytes_read < 1200);
  CHECK(cut.problems.count == 0);
  const std::string former(3000, 'x');
  const auto partial = site.restore(cut.snapshot.number);
  REQUIRE(partial);
  CHECK(partial->at("long.wav") == Bytes(former.begin(), former.end()));
  site.set("22:00:00");
  CHECK(site.seconds_of_run() >= 29);
  CHECK(*site.restore() == site.source());
}

TEST_CASE("the window ends among items that did not change", "[window]") {
  Site site;
  for (int i = 0; i < 100; ++i) site.write("same" + std::to_string(i) + ".wav", "same");
  REQUIRE_FALSE(site.backed_up().partial);
  int looks = 0;
  WrappedFiles files(site.files, [&](auto folder) {
    return std::make_unique<LateFolder>(std::move(folder), looks, site.clock);
  });
  site.wrapped_files = &files;
  site.cut_off();
  CHECK(looks == LateFolder::kLooks);
  CHECK(*site.restore() == site.source());
}

TEST_CASE("outside its window a backup touches nothing and says when it may", "[window]") {
  Site site;
  site.set("12:00:00");
  int looks = 0;
  WrappedFiles files(site.files, [&](auto folder) {
    ++looks;
    return folder;
  });
  site.wrapped_files = &files;
  const auto report = site.backup();
  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::window_closed);
  CHECK(report.error().argument("opens") == "2026-01-02T22:00:00Z");
  CHECK(looks == 0);
  site.hours.reset();
  CHECK(site.seconds_of_run() < 2);
}

// Waiting in one would use up the server's time for it, and hold what its statement locks.
TEST_CASE("a rate is paid for between statements, and no time passes while one is open",
          "[window]") {
  Site site;
  REQUIRE_FALSE(site.backup()->partial);
  site.add_rows();
  site.hours->rate = 100;
  std::vector<std::int64_t> opened_ns;
  std::int64_t longest_ns = 0;
  site.world.ask([&](const sim::Moment& now) {
    const std::int64_t now_ns = site.clock.monotonic_ns();
    if (now.name == "open database") opened_ns.push_back(now_ns);
    if (now.name == "next row") longest_ns = std::max(longest_ns, now_ns - opened_ns.back());
    return std::optional<ErrorCode>();
  });
  const auto report = site.backed_up();
  site.world.ask({});
  CHECK(report.problems.count == 0);
  CHECK(report.records.at(0).rows_taken == 102);
  REQUIRE(opened_ns.size() == 3);
  CHECK(longest_ns < 2 * kSecond_ns);
  const std::int64_t paid_ns = opened_ns[1] - opened_ns[0];
  CHECK(paid_ns >= 40 * kSecond_ns);
  CHECK(paid_ns < 60 * kSecond_ns);
}

TEST_CASE("the window ends between two rows: the whole answer is asked for again", "[window]") {
  Site site;
  site.has_sql = true;
  std::vector<Call> calls;
  for (int number = 1; number <= 100; ++number) calls.push_back(RecordsBox::call(number));
  REQUIRE_FALSE(site.backup()->partial);  // the recordings, and no answer to the query
  site.answer(calls, {});
  site.world.ask([&, rows = 0](const sim::Moment& now) mutable {
    if (now.name == "next row" && ++rows == 50) site.clock.advance(3600 * kSecond_ns);
    return std::optional<ErrorCode>();
  });
  site.cut_off();
  site.world.ask({});
  const auto has_rows = [&] {
    return std::ranges::any_of(site.newest(),
                               [](const auto& each) { return each.first.starts_with("cdr/"); });
  };
  CHECK_FALSE(has_rows());
  site.set("22:00:00");
  site.answer(calls, {});
  const auto report = site.backed_up();
  CHECK_FALSE(report.partial);
  CHECK(report.records.at(0).rows_taken == 100);
  CHECK(has_rows());
}

}  // namespace holdfast::test

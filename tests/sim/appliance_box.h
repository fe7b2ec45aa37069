// SPDX-License-Identifier: Apache-2.0
// An appliance whose children do what a test says, on a home that may lose its power.
#pragma once

#include <functional>

#include "firmware/appliance/appliance.h"
#include "firmware/appliance/job_file.h"
#include "hal/sim/bell.h"
#include "hal/sim/disk.h"
#include "hal/sim/process.h"
#include "hal/sim/watch.h"

namespace holdfast::test {

using appliance::JobId;
using appliance::JobState;

inline constexpr std::int64_t kSecond_ns = 1'000'000'000;
inline constexpr std::int64_t kMinute_ns = 60 * kSecond_ns;
inline constexpr std::int64_t kHour_ns = 60 * kMinute_ns;

class FixedSettings final : public appliance::SettingsSource {
 public:
  [[nodiscard]] appliance::Settings look() override {
    ++looks;
    return settings;
  }
  appliance::Settings settings;
  int looks = 0;
};

class KeptLog final : public appliance::EventLog {
 public:
  void note(const appliance::Event& event) override { kinds.push_back(event.kind); }
  [[nodiscard]] std::ptrdiff_t count(appliance::EventKind kind) const {
    return std::ranges::count(kinds, kind);
  }
  std::vector<appliance::EventKind> kinds;
};

class ApplianceBox {
 public:
  // What a child does, by the words behind the options; nothing: it goes on until the test ends it.
  using Program = std::function<Result<sim::SimScript>(const std::string& words)>;

  explicit ApplianceBox(std::uint64_t seed = 1) : world(seed), home(world, "/home") {
    settings.settings.duties = {every("backup", "desk", kHour_ns, 10)};
    start();
  }

  void start() {
    running = std::make_unique<appliance::Appliance>(
        appliance::AppliancePorts{clock, bell, processes, home, settings, log, watches},
        appliance::CommandLine{"/bin/holdfast", "/home", {{"LANG", "C"}}, {{"PATH", "/bin"}}});
  }
  // As kill -9: its children go, and it writes nothing more.
  void kill() {
    world.cut_at(world.operations() + 1);
    running.reset();
    world.crash({.policy = sim::CrashPolicy::keep_all});
  }

  static policy::Duty every(const std::string& job, const std::string& business, std::int64_t ns,
                            std::uint32_t priority = 0) {
    return {.job = job,
            .business = business,
            .times = policy::Interval{ns},
            .priority = priority,
            .window = {},
            .rpo_ns = {}};
  }
  static policy::Duty at(const std::string& job, const std::string& business,
                         std::string_view calendar) {
    return {.job = job,
            .business = business,
            .times = *policy::parse_calendar(calendar),
            .window = {},
            .rpo_ns = {}};
  }

  // Turns, and lets children go on, until nothing happens any more but by time.
  void settle() {
    constexpr int kTurnsMax = 100;
    bool is_at_rest = false;
    for (int i = 0; i < kTurnsMax && !is_at_rest; ++i) {
      next_ns = running->turn();
      processes.run();
      is_at_rest = !bell.has_rung() && next_ns > clock.monotonic_ns();
      static_cast<void>(bell.wait_until(0));
    }
    HF_CHECK(is_at_rest);
  }
  // As the loop of the daemon would, for so long.
  void live(std::int64_t duration_ns) {
    const std::int64_t end_ns = clock.monotonic_ns() + duration_ns;
    settle();
    while (next_ns < end_ns) {
      static_cast<void>(bell.wait_until(next_ns));
      settle();
    }
    if (clock.monotonic_ns() < end_ns) clock.advance(end_ns - clock.monotonic_ns());
    settle();
  }

  // "backup desk", … of all that was started but questions for the status, in order.
  [[nodiscard]] std::vector<std::string> begun() const { return begun_; }
  [[nodiscard]] int questions() const { return questions_; }
  // The child that has these words; it must be running.
  sim::SimProcess& child(const std::string& words) {
    const auto found = std::ranges::find_if(processes.running(), [&](sim::SimProcess* each) {
      return words_of(each->request()) == words;
    });
    HF_CHECK(found != processes.running().end());
    return **found;
  }
  [[nodiscard]] std::string states() const {
    std::string text;
    for (const appliance::Job& job : running->state()->jobs) {
      text += (text.empty() ? "" : " ") + std::to_string(job.id) + ":" +
              std::string(appliance::name_of(job.state));
    }
    return text;
  }
  [[nodiscard]] const appliance::Job& job(JobId id) {
    shown = running->state();
    const auto found = std::ranges::find(shown->jobs, id, &appliance::Job::id);
    HF_CHECK(found != shown->jobs.end());
    return *found;
  }
  [[nodiscard]] std::string file() const {
    const auto bytes = home.contents(appliance::kJobsPath);
    return bytes ? std::string(text_of(*bytes)) : std::string();
  }

  sim::World world;
  sim::SimDisk home;
  sim::SimClock clock{*Timestamp::parse("2026-03-02T10:00:00Z"), 1000};
  sim::SimBell bell{clock};
  FixedSettings settings;
  KeptLog log;
  sim::SimWatches watches{clock};
  Program program = [](const std::string&) { return sim::SimScript{.end = {}}; };
  Program status = [](const std::string&) { return answer("{\"schema\":1}"); };
  sim::SimProcesses processes{[this](const ports::ProcessRequest& request) {
    const std::string words = words_of(request);
    if (words == "status") {
      ++questions_;
      return status(words);
    }
    begun_.push_back(words);
    return program(words);
  }};
  std::unique_ptr<appliance::Appliance> running;
  std::shared_ptr<const appliance::ApplianceState> shown;
  std::int64_t next_ns = 0;

  static sim::SimScript answer(const std::string& document, int exit_code = 0) {
    return {.says = {{sim::Stream::output, document}},
            .end = ports::ProcessEnd{.exit_code = exit_code}};
  }

 private:
  static std::string words_of(const ports::ProcessRequest& request) {
    // Of the command line without program, --home, its value and --json.
    const bool is_job = request.arguments.front() == "/bin/holdfast";
    std::string words;
    for (std::size_t i = is_job ? 4 : 0; i < request.arguments.size(); ++i) {
      if (request.arguments[i] == "--") continue;
      if (request.arguments[i] == "--definition-in-force") continue;  // of each backup
      words += (words.empty() ? "" : " ") + request.arguments[i];
    }
    return words;
  }

  std::vector<std::string> begun_;
  int questions_ = 0;
};

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// Children of requests: none outlives its use, and there are never too many.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <new>
#include <thread>

#include "firmware/api/verb_problem.h"
#include "hal/sim/clock.h"
#include "hal/sim/process.h"

namespace holdfast::api {

namespace {

constexpr std::int64_t kMinute_ns = 60'000'000'000;

struct RunnerBox {
  sim::SimClock clock{Timestamp{1'764'000'000'000'000'000}};
  sim::SimScript script;
  std::vector<ports::ProcessRequest> started;
  sim::SimProcesses processes{
      [this](const ports::ProcessRequest& request) -> Result<sim::SimScript> {
        started.push_back(request);
        return script;
      }};
  VerbRunner verbs{processes,
                   clock,
                   {.program = "/bin/holdfast",
                    .home = "/home",
                    .document_max = 8,
                    .documents_max = 12,
                    .patience_ns = kMinute_ns,
                    .verbs_max = 2}};

  [[nodiscard]] Result<VerbAnswer> ask() {
    return verbs.ask({"status"}, {}, messages::Language::english);
  }
  [[nodiscard]] Result<int> stream(const VerbRunner::Take& take) {
    return verbs.stream({"cat"}, {}, messages::Language::english, take);
  }
};

template <class T>
std::string problem_code(const Result<T>& result) {
  if (result) return "none";
  const Problem problem = problem_of(result.error(), messages::Language::english);
  CHECK(problem.title.find("api.") == std::string::npos);
  return std::to_string(problem.status) + " " + problem.code;
}

// While the first children are waited for, something else is asked.
class AskingProcesses final : public ports::Processes {
 public:
  explicit AskingProcesses(ports::Processes& all) : all_(all) {}
  Result<std::unique_ptr<ports::Process>> start(const ports::ProcessRequest& request,
                                                ports::ProcessSink& sink) override {
    HF_TRY(auto child, all_.start(request, sink));
    return std::make_unique<Child>(*this, std::move(child), request.arguments.back() == "hear");
  }
  std::function<void()> meanwhile;

 private:
  class Child final : public ports::Process {
   public:
    Child(AskingProcesses& all, std::unique_ptr<ports::Process> child, bool is_asking)
        : all_(all), child_(std::move(child)), is_asking_(is_asking) {}
    void stop() override { child_->stop(); }
    void wait() override { child_->wait(); }
    bool wait_until(std::int64_t until_ns) override {
      if (is_asking_) all_.meanwhile();
      return child_->wait_until(until_ns);
    }

   private:
    AskingProcesses& all_;
    std::unique_ptr<ports::Process> child_;
    bool is_asking_;
  };

  ports::Processes& all_;
};

// A child whose reader takes its only word on another thread, for as long as it was waited for in
// vain five times.
class PausedProcesses final : public ports::Processes {
 public:
  explicit PausedProcesses(sim::SimClock& clock) : clock_(clock) {}
  Result<std::unique_ptr<ports::Process>> start(const ports::ProcessRequest&,
                                                ports::ProcessSink& sink) override {
    return std::make_unique<Child>(*this, sink);
  }
  // What the reader does.
  Result<void> pause() {
    is_paused_ = true;
    is_paused_.notify_all();
    is_over_.wait(false);
    return {};
  }

 private:
  class Child final : public ports::Process {
   public:
    Child(PausedProcesses& all, ports::ProcessSink& sink)
        : all_(all), thread_([this, &sink] {
            sink.output(view_of("word"));
            sink.ended({.was_asked = was_asked_});
          }) {}
    void stop() override {
      was_asked_ = true;
      all_.go_on();
    }
    void wait() override { thread_.join(); }
    bool wait_until(std::int64_t until_ns) override {
      all_.is_paused_.wait(false);
      if (waits_++ < 5) {
        all_.clock_.advance(std::max<std::int64_t>(0, until_ns - all_.clock_.monotonic_ns()));
        return false;
      }
      all_.go_on();
      wait();
      return true;
    }

   private:
    PausedProcesses& all_;
    int waits_ = 0;
    std::atomic<bool> was_asked_ = false;
    std::jthread thread_;
  };
  void go_on() {
    is_over_ = true;
    is_over_.notify_all();
  }

  sim::SimClock& clock_;
  std::atomic<bool> is_paused_ = false;
  std::atomic<bool> is_over_ = false;
};

sim::SimScript::Piece said(std::string text) {
  return {sim::Stream::output, std::move(text)};
}

}  // namespace

TEST_CASE("A child that nobody reads any more is stopped") {
  RunnerBox box;
  box.script = {.says = {said("some"), said("more"), said("still more")}, .end = {}};
  SECTION("its reader is gone") {
    int taken = 0;
    const auto exit_code = box.stream([&](ByteView) -> Result<void> {
      ++taken;
      return make_error(ErrorCode::io);
    });
    CHECK(problem_code(exit_code) == "500 io");
    CHECK(taken == 1);
  }
  SECTION("its document is too large") {
    CHECK(problem_code(box.ask()) == "413 limit_exceeded");
  }
  CHECK(box.processes.running().empty());
  REQUIRE(box.started.size() == 1);
  CHECK(box.started.front().grace_ns == 2'000'000'000);
}

TEST_CASE("A child that says nothing for too long is given up") {
  RunnerBox box;
  box.script.end = {};
  CHECK(problem_code(box.ask()) == "504 slow");
  CHECK(box.processes.running().empty());
}

TEST_CASE("A child that takes no notice is waited for, too") {
  RunnerBox box;
  box.script = {.end = {}, .end_if_asked = {}};
  CHECK(problem_code(box.ask()) == "504 slow");
  CHECK(box.processes.running().empty());
}

TEST_CASE("Whatever a child says, it has its time anew") {
  RunnerBox box;
  box.script.says = {said("a"), said("b")};
  const auto exit_code = box.stream([&](ByteView) -> Result<void> {
    box.clock.advance(kMinute_ns);
    return {};
  });
  CHECK(problem_code(exit_code) == "none");
}

TEST_CASE("A reader that pauses is not a child that hangs") {
  sim::SimClock clock{Timestamp{1'764'000'000'000'000'000}};
  PausedProcesses processes(clock);
  VerbRunner verbs(processes, clock,
                   {.program = "/bin/holdfast", .home = "/home", .patience_ns = kMinute_ns});
  const auto exit_code = verbs.stream({"cat"}, {}, messages::Language::english,
                                      [&](ByteView) { return processes.pause(); });
  CHECK(problem_code(exit_code) == "none");
}

TEST_CASE("All documents that are held have one room") {
  RunnerBox box;
  box.script = {.says = {said("seven..")}};
  {
    const auto held = box.ask();
    REQUIRE(held);
    CHECK(problem_code(box.ask()) == "503 busy");
    CHECK(box.processes.running().empty());
  }
  CHECK(problem_code(box.ask()) == "none");
}

TEST_CASE("A document may be held to a smaller size") {
  RunnerBox box;
  box.script = {.says = {said("five.")}, .end = {}};
  const auto answer = box.verbs.ask({"ls"}, {}, messages::Language::english, 4);
  CHECK(problem_code(answer) == "413 limit_exceeded");
}

TEST_CASE("What memory does not suffice for is an error of its own request") {
  RunnerBox box;
  box.script = {.says = {said("some")}, .end = {}};
  const auto exit_code = box.stream([](ByteView) -> Result<void> { throw std::bad_alloc(); });
  CHECK(problem_code(exit_code) == "500 out_of_memory");
  CHECK(box.processes.running().empty());
}

TEST_CASE("Who listens, one or many, leaves verbs to others") {
  RunnerBox box;
  box.script.says = {said("x")};
  VerbRunner verbs(box.processes, box.clock, {.program = "/bin/holdfast", .home = "/home"});
  std::vector<std::string> outcomes;
  // Each stream that is let in opens the next one, while all before it are at work.
  const std::function<void(int)> listen = [&](int number) {
    Actor actor;
    actor.account = number < 6 ? "alice" : "of-" + std::to_string(number);
    const auto exit_code =
        verbs.stream({"cat"}, actor, messages::Language::english, [&](ByteView) -> Result<void> {
          if (number == 4) listen(5);
          listen(number == 4 ? 6 : number + 1);
          return {};
        });
    outcomes.push_back(actor.account + " " + problem_code(exit_code));
    if (!exit_code) return;
    outcomes.push_back("ask " +
                       problem_code(verbs.ask({"ls"}, actor, messages::Language::english)));
  };
  listen(1);
  const auto streams = std::ranges::count_if(
      box.started, [](const auto& each) { return each.arguments.back() == "cat"; });
  CHECK(streams == 6);
  REQUIRE(outcomes.size() > 2);
  CHECK(outcomes[0] == "alice 503 busy");
  CHECK(outcomes[1] == "of-8 503 busy");
  CHECK(std::ranges::count(outcomes, "ask none") == 6);
}

TEST_CASE("Who seeks has the oldest part of the recording stopped, and locks nobody out") {
  RunnerBox box;
  box.script.says = {said("x"), said("y")};
  VerbRunner verbs(box.processes, box.clock, {.program = "/bin/holdfast", .home = "/home"});
  Actor alice;
  alice.account = "alice";
  std::vector<std::string> outcomes;
  // Each part begins while all before it are at work; the newest one comes to its end.
  const std::function<void(int, const std::string&)> listen = [&](int number,
                                                                  const std::string& topic) {
    int pieces = 0;
    const auto exit_code = verbs.stream(
        {"hear"}, alice, messages::Language::english,
        [&](ByteView) -> Result<void> {
          if (++pieces > 1) return {};
          if (number < 4) listen(number + 1, topic);
          if (number == 4) {
            listen(5, "another");
            listen(6, topic);
          }
          return {};
        },
        topic);
    outcomes.push_back(std::to_string(number) + " " + problem_code(exit_code));
  };
  listen(1, "a call");
  CHECK(outcomes == std::vector<std::string>{"5 503 busy", "6 none", "4 none", "3 none", "2 none",
                                             "1 503 replaced"});
}

TEST_CASE("Few recordings are decoded at one time, of each account fewer") {
  RunnerBox box;
  box.script.says = {said("x")};
  std::vector<std::string> outcomes;
  std::vector<std::string> accounts = {"alice", "bob", "carol"};
  AskingProcesses processes(box.processes);
  VerbRunner verbs(processes, box.clock, {.program = "/bin/holdfast", .home = "/home"});
  const auto ask = [&](const std::string& account) {
    Actor actor;
    actor.account = account;
    outcomes.push_back(
        account + " " +
        problem_code(verbs.ask_decoded({"hear"}, actor, messages::Language::english, 10)));
  };
  // While a child is waited for, the same account asks, and then the next one.
  processes.meanwhile = [&] {
    const std::string account = accounts.front();
    accounts.erase(accounts.begin());
    ask(account);
    const std::string next = accounts.empty() ? "" : accounts.front();
    if (!next.empty()) ask(next);
    Actor actor;
    outcomes.push_back("ls " + problem_code(verbs.ask({"ls"}, actor, messages::Language::english)));
  };
  ask("alice");
  CHECK(outcomes == std::vector<std::string>{"alice 503 busy", "bob 503 busy", "carol 503 busy",
                                             "ls none", "bob none", "ls none", "alice none"});
}

TEST_CASE("Who looks at sources again has the look before stopped, and few look at one time") {
  RunnerBox box;
  box.script.says = {said("x")};
  AskingProcesses processes(box.processes);
  VerbRunner verbs(processes, box.clock, {.program = "/bin/holdfast", .home = "/home"});
  std::vector<std::string> accounts;
  std::vector<std::string> outcomes;
  const auto look = [&](const std::string& account) {
    Actor actor;
    actor.account = account;
    outcomes.push_back(
        account + " " +
        problem_code(verbs.look({"hear"}, "text", actor, messages::Language::english)));
  };
  // While each is waited for, the next account looks.
  processes.meanwhile = [&] {
    if (accounts.empty()) return;
    const std::string next = accounts.front();
    accounts.erase(accounts.begin());
    look(next);
    Actor actor;
    CHECK(problem_code(verbs.ask({"ls"}, actor, messages::Language::english)) == "none");
  };
  SECTION("one account") {
    accounts = {"alice"};
    look("alice");
    CHECK(outcomes == std::vector<std::string>{"alice none", "alice 503 replaced"});
    CHECK(box.started.front().input.size() == 4);
  }
  SECTION("many") {
    accounts = {"b", "c", "d", "e"};
    look("a");
    CHECK(outcomes ==
          std::vector<std::string>{"e 503 busy", "d none", "c none", "b none", "a none"});
  }
}

TEST_CASE("A box that stops says so to whom it answers last") {
  RunnerBox box;
  box.script.says = {said("x"), said("y")};
  const auto cut = box.stream([&](ByteView) -> Result<void> {
    box.verbs.stop_all();
    return {};
  });
  CHECK(problem_code(cut) == "503 interrupted");
  CHECK(problem_code(box.ask()) == "503 interrupted");
  CHECK(box.started.size() == 1);
}

TEST_CASE("No more than so many verbs are at work at one time") {
  RunnerBox box;
  box.script.says = {said("x")};
  std::vector<std::string> inner;
  const auto exit_code = box.stream([&](ByteView) -> Result<void> {
    const auto second = box.stream([&](ByteView) -> Result<void> {
      inner.push_back(problem_code(box.ask()));
      return {};
    });
    inner.push_back(problem_code(second));
    inner.push_back(problem_code(box.ask()));
    return {};
  });
  CHECK(problem_code(exit_code) == "none");
  CHECK(inner == std::vector<std::string>{"503 busy", "none", "none"});
  CHECK(box.started.size() == 3);
}

}  // namespace holdfast::api

// SPDX-License-Identifier: Apache-2.0
// What hal/ports/process.h promises of real processes alone.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <thread>

#include "tests/conformance/process_fixture.h"

namespace holdfast::test {

namespace {

ports::ProcessRequest shell(const std::string& script) {
  return {.arguments = {"/bin/sh", "-c", script}};
}

struct Heard {
  std::string output;
  std::string error;
  std::string end;
};

Heard run(const ports::ProcessRequest& request) {
  linux::PosixProcesses processes;
  Listener listener;
  const auto child = processes.start(request, listener);
  REQUIRE(outcome(child) == "ok");
  (*child)->wait();
  return {listener.output_text(), listener.error_text(), listener.end_text()};
}

// Neither running nor a zombie.
bool is_gone(pid_t id) {
  return ::kill(id, 0) != 0 && errno == ESRCH;
}

pid_t first_number(const std::string& text) {
  return static_cast<pid_t>(std::stol(text));
}

}  // namespace

TEST_CASE("nothing of a child's group is left once its end is told", "[process]") {
  SECTION("it ended by itself") {
    const Heard heard = run(shell("sleep 1000 & echo $!"));
    CHECK(heard.end == "exit 0");
    CHECK(is_gone(first_number(heard.output)));
  }
  SECTION("what it left has children of its own") {
    const Heard heard =
        run(shell("trap 'exit 0' USR1; sh -c 'trap \"\" INT TERM HUP; sleep 1000 & echo $!; "
                  "kill -USR1 $PPID; wait' & wait"));
    CHECK(heard.end == "exit 0");
    CHECK(is_gone(first_number(heard.output)));
  }
  SECTION("it was killed") {
    linux::PosixProcesses processes;
    Listener listener;
    ports::ProcessRequest request =
        shell("trap '' INT; sh -c 'sleep 1000 & echo $!; wait' & while :; do sleep 1000; done");
    request.grace_ns = 0;
    const auto child = processes.start(request, listener);
    REQUIRE(outcome(child) == "ok");
    listener.wait_for_output();
    (*child)->stop();
    (*child)->wait();
    CHECK(listener.end_text() == "signal 9, asked");
    CHECK(is_gone(first_number(listener.output_text())));
  }
}

TEST_CASE("who left the group delays no end by what it writes, and is reaped when it has died",
          "[process]") {
  linux::PosixProcesses processes;
  Listener listener;
  const auto child =
      processes.start(shell("setsid sh -c 'echo $$ >&2; exec yes' & wait"), listener);
  REQUIRE(outcome(child) == "ok");
  listener.wait_for_output();
  (*child)->stop();
  (*child)->wait();
  CHECK(listener.end_text() == "signal 2, asked");
  const pid_t left = first_number(listener.error_text());
  REQUIRE(::kill(left, SIGKILL) == 0);
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(left), &info, WEXITED | WNOWAIT) == 0);
  CHECK_FALSE(is_gone(left));
  CHECK(run(shell("exit 3")).end == "exit 3");
  CHECK(is_gone(left));
}

TEST_CASE("a child inherits no open file", "[process]") {
  const int open = ::dup2(STDIN_FILENO, 100);  // as a library might have left it
  REQUIRE(open == 100);
  const Heard heard = run(shell("for each in /proc/$$/fd/*; do echo ${each##*/}; done"));
  ::close(open);
  CHECK(heard.output.starts_with("0\n1\n2\n"));
  CHECK(heard.output.find("100") == std::string::npos);
}

TEST_CASE("a child has no signal blocked or ignored, whatever its parent has", "[process]") {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  REQUIRE(::pthread_sigmask(SIG_BLOCK, &blocked, &before) == 0);
  const auto handler = std::signal(SIGPIPE, SIG_IGN);
  const Heard heard = run({.arguments = {"/bin/grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"}});
  std::signal(SIGPIPE, handler);
  REQUIRE(::pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
  CHECK(heard.output == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("a child leads a group of its own without a terminal, and starts in /", "[process]") {
  const Heard heard =
      run(shell("read -r x x x x group session terminal x </proc/$$/stat; "
                "echo $((group - $$)) $((session - $$)) $terminal; readlink /proc/$$/cwd; cat "
                "/proc/$$/oom_score_adj"));
  CHECK(heard.output == "0 0 0\n/\n500\n");
}

TEST_CASE("a child in the background gives way to others", "[process]") {
  ports::ProcessRequest request = shell("nice; ionice");
  request.environment = {{"PATH", "/usr/bin:/bin"}};
  CHECK(run(request).output == "0\nnone: prio 0\n");
  request.is_background = true;
  CHECK(run(request).output == "17\nidle\n");
  // Of its session too, where the system shares by session; elsewhere there is nothing to read.
  request.arguments = shell("cut -s -d' ' -f2,3 /proc/self/autogroup").arguments;
  const std::string session = run(request).output;
  CHECK((session.empty() || session == "nice 17\n"));
}

TEST_CASE("all that a child writes arrives, however much", "[process]") {
  constexpr std::size_t kSize = 20'000'000;
  const Heard heard = run(shell("head -c 20000000 /dev/zero; echo done >&2"));
  CHECK((heard.output == std::string(kSize, '\0')));
  CHECK(heard.error == "done\n");
}

namespace {

// Holds its child up at the first piece until somebody lets it go on.
class SlowListener final : public ports::ProcessSink {
 public:
  void output(ByteView bytes) override {
    std::unique_lock lock(mutex_);
    heard_ += bytes.size();
    changed_.notify_all();
    changed_.wait(lock, [this] { return may_go_on_; });
  }
  void error_output(ByteView) override {}
  void ended(const ports::ProcessEnd&) override {}

  void wait_for_output() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return heard_ > 0; });
  }
  void go_on() {
    const std::scoped_lock lock(mutex_);
    may_go_on_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] std::size_t heard() {
    const std::scoped_lock lock(mutex_);
    return heard_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t heard_ = 0;
  bool may_go_on_ = false;
};

}  // namespace

TEST_CASE("what a child wrote before it ended arrives, also if nobody had time for it",
          "[process]") {
  linux::PosixProcesses processes;
  SlowListener listener;
  const auto child = processes.start(shell("echo; head -c 60000 /dev/zero"), listener);
  REQUIRE(outcome(child) == "ok");
  listener.wait_for_output();
  // It stays a zombie until the listener returns: so all is written.
  siginfo_t info{};
  REQUIRE(::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0);
  listener.go_on();
  (*child)->wait();
  CHECK(listener.heard() == 60001);
}

TEST_CASE("arguments that a program cannot be given are refused", "[process]") {
  linux::PosixProcesses processes;
  Listener listener;
  const std::string zero("a\0b", 3);
  CHECK(outcome(processes.start({.arguments = {"/bin/echo", zero}}, listener)) == "io");
  CHECK(outcome(processes.start({.arguments = {"/bin/echo"}, .environment = {{"A", zero}}},
                                listener)) == "io");
  CHECK(outcome(processes.start({.arguments = {"/bin/echo", std::string(1 << 20, 'x')}},
                                listener)) == "io");
  CHECK(outcome(processes.start({.arguments = {"/bin/sh/echo"}}, listener)) == "not_found");
}

TEST_CASE("children end when this process dies", "[process]") {
  linux::PosixProcesses inherits;  // the child of the one that dies
  std::array<int, 2> told{};
  REQUIRE(::pipe2(told.data(), O_CLOEXEC) == 0);
  const pid_t parent = ::fork();
  REQUIRE(parent >= 0);
  if (parent == 0) {
    linux::PosixProcesses processes;
    Listener listener;
    const auto child = processes.start(shell("echo $$; exec sleep 1000"), listener);
    listener.wait_for_output();
    const pid_t id = first_number(listener.output_text());
    static_cast<void>(::write(told[1], &id, sizeof id) > 0);
    ::kill(::getpid(), SIGKILL);
  }
  ::close(told[1]);
  pid_t orphan = 0;
  REQUIRE(::read(told[0], &orphan, sizeof orphan) == sizeof orphan);
  ::close(told[0]);
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(parent), &info, WEXITED) == 0);
  REQUIRE(::waitid(P_PID, static_cast<id_t>(orphan), &info, WEXITED) == 0);
  CHECK(info.si_status == SIGTERM);
}

TEST_CASE("many threads may start and stop children at once", "[process]") {
  linux::PosixProcesses processes;
  std::array<std::string, 4> wrong;
  std::vector<std::thread> threads;
  for (std::string& each : wrong) {
    threads.emplace_back([&processes, &each] {
      for (int i = 0; i < 10; ++i) {
        Listener listener;
        const bool is_stopped = i % 2 == 0;
        const std::string script = is_stopped ? "sleep 1000 & echo $!; wait" : "echo $$; exit 9";
        const auto child = processes.start(shell(script), listener);
        if (!child) each += outcome(child);
        if (!child) continue;
        listener.wait_for_output();
        if (is_stopped) (*child)->stop();
        (*child)->wait();
        const std::string expected = is_stopped ? "signal 2, asked" : "exit 9";
        if (listener.end_text() != expected) each += listener.end_text() + "; ";
        if (!is_gone(first_number(listener.output_text()))) each += "left behind; ";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& each : wrong) CHECK(each.empty());
}

}  // namespace holdfast::test

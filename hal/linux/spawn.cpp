// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/ioprio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include "hal/linux/errno.h"

namespace holdfast::linux {

namespace {

// Work in the background that gives way to the rest of it has 19, the lowest (workers.h).
constexpr int kBackgroundPriority = 17;
constexpr std::string_view kEndedFirst = "500";  // of -1000 to 1000; this process has 0 or less
// Where the system shares processors out by session first, the priority of a process counts within
// its own alone, and a child has a session of its own.
constexpr std::string_view kBackgroundSession = "17";

// The two ends of a pipe; never 0, 1 or 2, which the child puts its own ends over.
struct Pipe {
  Descriptor read;
  Descriptor write;
};

Result<Descriptor> above_standard(Descriptor given) {
  if (given.number() > STDERR_FILENO) return given;
  Descriptor moved(::fcntl(given.number(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!moved.is_open()) return last_error("start", {});
  return moved;
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return last_error("start", {});
  Descriptor read(ends[0]);
  Descriptor write(ends[1]);
  Pipe pipe;
  HF_TRY(pipe.read, above_standard(std::move(read)));
  HF_TRY(pipe.write, above_standard(std::move(write)));
  return pipe;
}

// As a file that nobody else has: a pipe would need somebody to fill it while the child reads.
Result<Descriptor> input_file(ByteView bytes) {
  Descriptor made(::memfd_create("input", MFD_CLOEXEC));
  if (!made.is_open()) return last_error("start", {});
  HF_TRY(Descriptor file, above_standard(std::move(made)));
  HF_TRY(write_at(file, 0, std::span(&bytes, 1), {}));
  return file;
}

// Everything that the child needs, made before it is: between fork and exec there is no memory to
// be had and no lock to be taken, since another thread may have held it.
struct Plan {
  std::vector<std::string> variables;
  std::vector<char*> arguments;    // with the null behind
  std::vector<char*> environment;  // the same
  Descriptor input;
  Pipe output;
  Pipe error_output;
  Pipe outcome;  // the errno of what failed; closed by the system where the program begins
  pid_t parent = 0;
  bool is_background = false;
};

bool has_zero(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

Result<Plan> make_plan(const ports::ProcessRequest& request) {
  Plan plan;
  for (const std::string& argument : request.arguments) {
    if (has_zero(argument)) return error_of(EINVAL, "start", {});
    plan.arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  for (const auto& [name, value] : request.environment) {
    std::string variable = name;
    variable += "=";
    variable += value;
    plan.variables.push_back(std::move(variable));
  }
  for (std::string& variable : plan.variables) {
    if (has_zero(variable)) return error_of(EINVAL, "start", {});
    plan.environment.push_back(variable.data());
  }
  plan.arguments.push_back(nullptr);
  plan.environment.push_back(nullptr);
  HF_TRY(plan.input, input_file(request.input));
  HF_TRY(plan.output, make_pipe());
  HF_TRY(plan.error_output, make_pipe());
  HF_TRY(plan.outcome, make_pipe());
  plan.parent = ::getpid();
  plan.is_background = request.is_background;
  return plan;
}

// In the child. False: see errno.
bool leave_parent_behind(const Plan& plan) {
  if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) return false;
  if (::getppid() != plan.parent) return false;  // it died before the line above
  if (::setsid() < 0 || ::chdir("/") != 0) return false;
  for (int signal = 1; signal < NSIG; ++signal) {
    std::signal(signal, SIG_DFL);  // refused for a few that cannot be changed anyway
  }
  return ::dup2(plan.input.number(), STDIN_FILENO) >= 0 &&
         ::dup2(plan.output.write.number(), STDOUT_FILENO) >= 0 &&
         ::dup2(plan.error_output.write.number(), STDERR_FILENO) >= 0 &&
         ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

// In the child.
void tell_system(const char* path, std::string_view text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  static_cast<void>(::write(file, text.data(), text.size()) > 0);
}

// In the child. What the system does not grant does not stop it.
void give_way(const Plan& plan) {
  tell_system("/proc/self/oom_score_adj", kEndedFirst);
  if (!plan.is_background) return;
  tell_system("/proc/self/autogroup", kBackgroundSession);
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, kBackgroundPriority));
  static_cast<void>(
      ::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)));
}

[[noreturn]] void become_program(const Plan& plan) {
  if (leave_parent_behind(plan)) {
    give_way(plan);
    sigset_t none;
    sigemptyset(&none);
    if (::sigprocmask(SIG_SETMASK, &none, nullptr) == 0) {
      ::execve(plan.arguments.front(), plan.arguments.data(), plan.environment.data());
    }
  }
  const int number = errno;
  static_cast<void>(::write(plan.outcome.write.number(), &number, sizeof number) > 0);
  ::_exit(EXIT_FAILURE);
}

// 0, or the errno of what failed in the child.
int wait_for_program(const Descriptor& outcome) {
  int number = 0;
  ssize_t count = -1;
  do {
    count = ::read(outcome.number(), &number, sizeof number);
  } while (count < 0 && errno == EINTR);
  return count == sizeof number ? number : 0;
}

void reap(pid_t id) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(id), &info, WEXITED) != 0 && errno == EINTR) {
  }
}

// The contract has fewer codes than the system.
Error start_error(Error error, const std::string& program) {
  constexpr std::array kKept = {ErrorCode::not_found, ErrorCode::permission_denied,
                                ErrorCode::out_of_memory};
  if (error.code == ErrorCode::not_a_directory) error.code = ErrorCode::not_found;
  if (std::ranges::find(kKept, error.code) == kKept.end()) error.code = ErrorCode::io;
  error.where = program;
  return error;
}

Result<Spawned> fork_and_exec(Plan plan) {
  const pid_t id = ::fork();
  if (id < 0) return last_error("start", {});
  if (id == 0) become_program(plan);
  plan.outcome.write = Descriptor();
  plan.output.write = Descriptor();
  plan.error_output.write = Descriptor();
  if (const int number = wait_for_program(plan.outcome.read); number != 0) {
    reap(id);
    return error_of(number, "start", {});
  }
  // Not by the C library's function: its header makes one of C++ of it, which does not exist.
  Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)));
  Spawned spawned{id, std::move(handle), std::move(plan.output.read),
                  std::move(plan.error_output.read)};
  const bool is_ready = spawned.handle.is_open() &&
                        ::fcntl(spawned.output.number(), F_SETFL, O_NONBLOCK) == 0 &&
                        ::fcntl(spawned.error_output.number(), F_SETFL, O_NONBLOCK) == 0;
  if (is_ready) return spawned;
  Error error = last_error("start", {});
  ::kill(-id, SIGKILL);
  reap(id);
  return error;
}

}  // namespace

Result<Spawned> spawn(const ports::ProcessRequest& request) {
  HF_CHECK(!request.arguments.empty() && request.arguments.front().starts_with('/'));
  auto plan = make_plan(request);
  if (!plan) return start_error(std::move(plan.error()), request.arguments.front());
  auto spawned = fork_and_exec(std::move(*plan));
  if (!spawned) return start_error(std::move(spawned.error()), request.arguments.front());
  return spawned;
}

}  // namespace holdfast::linux

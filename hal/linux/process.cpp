// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/process.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>

#include "hal/linux/errno.h"
#include "hal/linux/spawn.h"

namespace holdfast::linux {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t kPieceSize = 16 * kKiB;

// The children whose threads will reap them. One list a process, as the system has one. What else
// there is to reap was left behind by a descendant that is gone.
class Leaders {
 public:
  Result<Spawned> spawn(const ports::ProcessRequest& request) {
    const std::scoped_lock lock(mutex_);  // or it might end before it is known
    HF_TRY(Spawned spawned, linux::spawn(request));
    ids_.insert(spawned.id);
    return spawned;
  }
  void forget(pid_t id) {
    const std::scoped_lock lock(mutex_);
    ids_.erase(id);
  }
  // As far as there are any before the next leader: the rest is for its end.
  void reap_others() {
    const std::scoped_lock lock(mutex_);
    while (true) {
      siginfo_t info{};
      const int options = WEXITED | WNOHANG | WNOWAIT;
      if (::waitid(P_ALL, 0, &info, options) != 0 || info.si_pid == 0) return;
      if (ids_.contains(info.si_pid)) return;
      ::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
    }
  }

 private:
  std::mutex mutex_;
  std::set<pid_t> ids_;
};

Leaders& leaders() {
  static Leaders all;
  return all;
}

class Child final : public ports::Process {
 public:
  Child(const ports::ProcessRequest& request, ports::ProcessSink& sink)
      : request_(request), sink_(sink), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Child() override {
    if (!thread_.joinable()) return;
    stop();
    thread_.join();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Result<void> start();
  void stop() override;
  void wait() override;
  [[nodiscard]] bool wait_until(std::int64_t until_ns) override;

 private:
  enum class State { starting, refused, running, over, ended };

  void run();
  [[nodiscard]] bool begin();
  void pump();
  // Of poll(), in milliseconds, rounded up: until the grace is over.
  [[nodiscard]] int patience_ms();
  void kill_if_late();
  [[nodiscard]] ports::ProcessEnd end_group();
  void pass_on(Descriptor& from, bool is_error, std::size_t size_max);
  void pass_on_rest(Descriptor& from, bool is_error);

  ports::ProcessRequest request_;  // its input until the child has it
  ports::ProcessSink& sink_;
  const Descriptor wake_;
  std::thread thread_;

  // Of the thread alone.
  Spawned spawned_;
  Bytes piece_ = Bytes(kPieceSize);

  std::mutex mutex_;  // what follows
  std::condition_variable changed_;
  State state_ = State::starting;
  std::optional<Error> refused_;
  std::optional<steady_clock::time_point> asked_;
  bool is_killed_ = false;
};

Result<void> Child::start() {
  if (!wake_.is_open()) return last_error("start", request_.arguments.front());
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return error_of(error.code().value(), "start", request_.arguments.front());
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state_ != State::starting; });
  if (!refused_) return {};
  lock.unlock();
  thread_.join();
  return std::move(*refused_);
}

// The leader is not reaped before the state is `over`, so the group's number is still its own.
void Child::stop() {
  const std::scoped_lock lock(mutex_);
  if (state_ != State::running || asked_) return;
  asked_ = steady_clock::now();
  ::kill(-spawned_.id, SIGINT);
  const std::uint64_t one = 1;
  static_cast<void>(::write(wake_.number(), &one, sizeof one) > 0);
}

void Child::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state_ == State::ended; });
}

// The steady clock is the system's monotonic one.
bool Child::wait_until(std::int64_t until_ns) {
  const steady_clock::time_point until{std::chrono::nanoseconds(until_ns)};
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, until, [this] { return state_ == State::ended; });
}

void Child::run() {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  if (!begin()) return;
  pump();
  const ports::ProcessEnd end = end_group();
  pass_on_rest(spawned_.output, false);
  pass_on_rest(spawned_.error_output, true);
  leaders().reap_others();
  sink_.ended(end);
  const std::scoped_lock lock(mutex_);
  state_ = State::ended;
  changed_.notify_all();
}

bool Child::begin() {
  auto spawned = leaders().spawn(request_);
  request_.input = Bytes();
  const std::scoped_lock lock(mutex_);
  if (spawned) {
    spawned_ = std::move(*spawned);
  } else {
    refused_ = std::move(spawned.error());
  }
  state_ = refused_ ? State::refused : State::running;
  changed_.notify_all();
  return !refused_;
}

void Child::pump() {
  while (true) {
    // A descriptor below 0 is left out.
    std::array<pollfd, 4> looked = {pollfd{spawned_.output.number(), POLLIN, 0},
                                    {spawned_.error_output.number(), POLLIN, 0},
                                    {spawned_.handle.number(), POLLIN, 0},
                                    {wake_.number(), POLLIN, 0}};
    if (::poll(looked.data(), looked.size(), patience_ms()) < 0) HF_CHECK(errno == EINTR);
    if (looked[0].revents != 0) pass_on(spawned_.output, false, kPieceSize);
    if (looked[1].revents != 0) pass_on(spawned_.error_output, true, kPieceSize);
    if (looked[2].revents != 0) return;
    std::uint64_t asked = 0;
    static_cast<void>(::read(wake_.number(), &asked, sizeof asked) > 0);
    kill_if_late();
  }
}

int Child::patience_ms() {
  using std::chrono::milliseconds;
  const std::scoped_lock lock(mutex_);
  if (!asked_ || is_killed_) return -1;
  const auto left = *asked_ + std::chrono::nanoseconds(request_.grace_ns) - steady_clock::now();
  constexpr std::int64_t kLongest_ms = 1'000'000;
  const std::int64_t left_ms = std::chrono::ceil<milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, kLongest_ms));
}

void Child::kill_if_late() {
  const std::scoped_lock lock(mutex_);
  if (!asked_ || is_killed_) return;
  if (steady_clock::now() - *asked_ < std::chrono::nanoseconds(request_.grace_ns)) return;
  is_killed_ = true;
  ::kill(-spawned_.id, SIGKILL);
}

// The leader has ended. A process of its group that is being made right now is either seen by this
// kill or not made; those whose parents die are inherited before that can be seen, so waiting for
// the group until there is none misses nobody.
ports::ProcessEnd Child::end_group() {
  ports::ProcessEnd end;
  {
    const std::scoped_lock lock(mutex_);
    state_ = State::over;
    end.was_asked = asked_.has_value();
  }
  ::kill(-spawned_.id, SIGKILL);
  while (true) {
    siginfo_t info{};
    if (::waitid(P_PGID, static_cast<id_t>(spawned_.id), &info, WEXITED) != 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (info.si_pid != spawned_.id) continue;
    if (info.si_code == CLD_EXITED) end.exit_code = info.si_status;
    if (info.si_code != CLD_EXITED) end.signal = info.si_status;
  }
  leaders().forget(spawned_.id);
  return end;
}

void Child::pass_on(Descriptor& from, bool is_error, std::size_t size_max) {
  const ssize_t count = ::read(from.number(), piece_.data(), std::min(size_max, piece_.size()));
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    from = Descriptor();
    return;
  }
  const ByteView bytes = ByteView(piece_).first(static_cast<std::size_t>(count));
  if (is_error) {
    sink_.error_output(bytes);
  } else {
    sink_.output(bytes);
  }
}

// What is in the pipe now: a process that left the group may hold it open, and go on writing.
void Child::pass_on_rest(Descriptor& from, bool is_error) {
  int left = 0;
  if (!from.is_open() || ::ioctl(from.number(), FIONREAD, &left) != 0) return;
  while (left > 0 && from.is_open()) {
    const std::size_t size = std::min(static_cast<std::size_t>(left), kPieceSize);
    pass_on(from, is_error, size);
    left -= static_cast<int>(size);
  }
}

}  // namespace

PosixProcesses::PosixProcesses() {
  HF_CHECK(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
}

Result<std::unique_ptr<ports::Process>> PosixProcesses::start(const ports::ProcessRequest& request,
                                                              ports::ProcessSink& sink) {
  auto child = std::make_unique<Child>(request, sink);
  HF_TRY(child->start());
  return std::unique_ptr<ports::Process>(std::move(child));
}

}  // namespace holdfast::linux

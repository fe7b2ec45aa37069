// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/watch.h"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>

#include "hal/linux/bell.h"
#include "hal/linux/clock.h"
#include "hal/linux/descriptor.h"
#include "hal/linux/file_look.h"
#include "hal/linux/watched_folders.h"

namespace holdfast::linux {

namespace {

using ports::FileEvent;
using ports::FileEventKind;
using ports::WatchState;

constexpr std::int64_t kMillisecond_ns = 1'000'000;
constexpr std::int64_t kGather_ns = 100 * kMillisecond_ns;
constexpr std::int64_t kSilentLooks = 12;
constexpr std::int64_t kStoodShare = 10;  // of the time after which it is tried anew

// What was told and not taken.
class Told {
 public:
  Told(ports::Bell& bell, std::size_t events_max) : bell_(&bell), events_max_(events_max) {}

  void add(FileEventKind kind, std::string path) {
    const std::scoped_lock lock(mutex_);
    // Of a file that is written to all the time this is said once.
    if (kind == FileEventKind::written && !written_.insert(path).second) return;
    if (kind != FileEventKind::written) written_.erase(path);
    if (events_.size() >= events_max_ || kind == FileEventKind::scan) {
      events_.assign(1, {FileEventKind::scan, {}});
      written_.clear();
    } else {
      events_.push_back({kind, std::move(path)});
    }
    if (events_.size() == 1) ring();
  }
  void set(WatchState state) {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(state_, state) != state) ring();
  }
  // Nobody listens any more, and the bell may go.
  void close() {
    const std::scoped_lock lock(mutex_);
    bell_ = nullptr;
  }
  void set_until(std::int64_t time_ns) {
    const std::scoped_lock lock(mutex_);
    until_ns_ = time_ns;
  }
  [[nodiscard]] std::int64_t until_ns() {
    const std::scoped_lock lock(mutex_);
    return until_ns_;
  }
  [[nodiscard]] std::vector<FileEvent> take() {
    const std::scoped_lock lock(mutex_);
    written_.clear();
    return std::exchange(events_, {});
  }
  [[nodiscard]] WatchState state() {
    const std::scoped_lock lock(mutex_);
    return state_;
  }

 private:
  void ring() {
    if (bell_ != nullptr) bell_->ring();
  }

  ports::Bell* bell_;
  std::size_t events_max_;
  std::mutex mutex_;
  WatchState state_ = WatchState::starting;
  std::int64_t until_ns_ = 0;
  std::vector<FileEvent> events_;
  std::unordered_set<std::string> written_;
};

}  // namespace

// What one watch does, in a thread of its own.
class WatchThread {
 public:
  WatchThread(ports::WatchRequest request, const WatchLimits& limits, ports::Bell& bell)
      : request_(std::move(request)),
        limits_(limits),
        told_(bell, limits.events_max),
        folders_(request_, limits.folders_max, must_stop_),
        thread_([this] { run(); }) {}
  ~WatchThread() { end(); }
  WatchThread(const WatchThread&) = delete;
  WatchThread& operator=(const WatchThread&) = delete;

  [[nodiscard]] Told& told() { return told_; }
  // It is to end as soon as the file system lets it.
  void leave() {
    told_.close();
    must_stop_ = true;
    stop_.ring();
  }
  // Waits for that.
  void end() {
    leave();
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] bool has_ended() const { return has_ended_; }

 private:
  void run();
  void run_once();
  void follow(const Descriptor& mounts);
  void wait(std::int64_t duration_ns) {
    static_cast<void>(stop_.wait_until(SystemClock().monotonic_ns() + duration_ns));
  }
  // False: something was mounted or taken off.
  [[nodiscard]] bool wait_for_events(const Descriptor& mounts);

  ports::WatchRequest request_;
  WatchLimits limits_;
  std::atomic<bool> must_stop_ = false;
  std::atomic<bool> has_ended_ = false;
  EventBell stop_;  // rung once
  Told told_;
  WatchedFolders folders_;
  std::int64_t pause_ns_ = 0;  // before it begins anew
  std::thread thread_;         // the last one: it uses the others
};

void WatchThread::run() {
  while (!must_stop_) run_once();
  has_ended_ = true;
}

void WatchThread::run_once() {
  // Before it looks where mounts are, so that none is missed.
  Descriptor mounts;
  if (request_.cross_file_systems) {
    mounts = open_at(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY);
  }
  const WatchState state = folders_.begin();
  if (must_stop_) return;
  const std::int64_t begun_ns = SystemClock().monotonic_ns();
  if (state == WatchState::events) {
    // In this order: nobody is to take the new time for the events of before.
    told_.add(FileEventKind::scan, {});
    told_.set_until(begun_ns);
  }
  told_.set(state);
  if (state == WatchState::too_many) return wait(limits_.retry_ns);
  if (state != WatchState::events) {
    return wait(state == WatchState::silent ? limits_.look_ns * kSilentLooks : limits_.look_ns);
  }
  follow(mounts);
  // Where so much happens that it does not stand, looking is better, and beginning costs a walk.
  const bool has_stood = SystemClock().monotonic_ns() - begun_ns >= limits_.retry_ns / kStoodShare;
  pause_ns_ = has_stood ? 0 : std::min(std::max(2 * pause_ns_, limits_.look_ns), limits_.retry_ns);
  told_.set(has_stood ? WatchState::starting : WatchState::too_many);
  if (!has_stood) wait(pause_ns_);
}

void WatchThread::follow(const Descriptor& mounts) {
  if (request_.cross_file_systems && !mounts.is_open()) return;
  const auto tell = [this](FileEventKind kind, std::string path) {
    told_.add(kind, std::move(path));
  };
  while (!must_stop_) {
    if (!wait_for_events(mounts) || must_stop_) return;
    const std::int64_t now_ns = SystemClock().monotonic_ns();
    if (!folders_.read(tell) || !folders_.is_same_folder()) return;
    told_.set_until(now_ns);
    // Waking for each event would cost more than they do.
    wait(kGather_ns);
  }
}

bool WatchThread::wait_for_events(const Descriptor& mounts) {
  const auto longest_ms = static_cast<int>(limits_.look_ns / kMillisecond_ns);
  std::array<pollfd, 3> looked = {pollfd{folders_.number(), POLLIN, 0},
                                  pollfd{stop_.number(), POLLIN, 0},
                                  pollfd{mounts.is_open() ? mounts.number() : -1, POLLPRI, 0}};
  static_cast<void>(::poll(looked.data(), looked.size(), longest_ms));
  return looked.back().revents == 0;
}

namespace {

class InotifyWatch final : public ports::Watch {
 public:
  explicit InotifyWatch(std::shared_ptr<WatchThread> thread) : thread_(std::move(thread)) {}
  ~InotifyWatch() override { thread_->leave(); }
  InotifyWatch(const InotifyWatch&) = delete;
  InotifyWatch& operator=(const InotifyWatch&) = delete;

  [[nodiscard]] std::vector<FileEvent> take() override { return thread_->told().take(); }
  [[nodiscard]] WatchState state() override { return thread_->told().state(); }
  [[nodiscard]] std::int64_t told_until_ns() override { return thread_->told().until_ns(); }

 private:
  std::shared_ptr<WatchThread> thread_;
};

}  // namespace

InotifyWatches::~InotifyWatches() {
  for (const auto& thread : threads_) thread->leave();
  for (const auto& look : looks_) look->leave();
  for (const auto& thread : threads_) thread->end();
  for (const auto& look : looks_) look->end();
}

// A thread that hangs in a file system that gives no answer is waited for at the very end alone.
std::unique_ptr<ports::Watch> InotifyWatches::watch(ports::WatchRequest request,
                                                    ports::Bell& bell) {
  std::erase_if(threads_, [](const auto& thread) { return thread->has_ended(); });
  threads_.push_back(std::make_shared<WatchThread>(std::move(request), limits_, bell));
  return std::make_unique<InotifyWatch>(threads_.back());
}

std::unique_ptr<ports::FileLook> InotifyWatches::look_at(std::string path, ports::Bell& bell) {
  std::erase_if(looks_, [](const auto& look) { return look->has_ended(); });
  looks_.push_back(std::make_shared<LookThread>(std::move(path), bell));
  return std::make_unique<ThreadLook>(looks_.back());
}

bool is_silent(std::uint64_t file_system) {
  // nfs, smb, cifs, smb2, fuse, 9p, ceph, afs, coda, lustre, gpfs, gfs2, ocfs2, vboxsf, beegfs.
  constexpr std::array<std::uint64_t, 15> kNumbers = {
      0x6969,     0x517B,     0xFF534D42, 0xFE534D42, 0x65735546,
      0x01021997, 0x00C36400, 0x5346414F, 0x73757245, 0x0BD00BD0,
      0x47504653, 0x01161970, 0x7461636F, 0x786F4256, 0x19830326};
  return std::ranges::find(kNumbers, file_system) != kNumbers.end();
}

}  // namespace holdfast::linux

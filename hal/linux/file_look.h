// SPDX-License-Identifier: Apache-2.0
// One path, looked at by a thread of its own, which may hang in its file system.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "hal/linux/bell.h"
#include "hal/ports/watch.h"

namespace holdfast::linux {

class LookThread {
 public:
  LookThread(std::string path, ports::Bell& bell)
      : path_(std::move(path)), bell_(&bell), thread_([this] { run(); }) {}
  ~LookThread() { end(); }
  LookThread(const LookThread&) = delete;
  LookThread& operator=(const LookThread&) = delete;

  void ask();
  [[nodiscard]] std::optional<Result<ports::FileStatus>> take();
  // Nobody listens any more, and it is to end as soon as the file system lets it.
  void leave();
  // Waits for that.
  void end() {
    leave();
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] bool has_ended() const { return has_ended_; }

 private:
  void run();

  const std::string path_;
  std::atomic<bool> must_stop_ = false;
  std::atomic<bool> has_ended_ = false;
  std::atomic<bool> is_asked_ = false;
  EventBell wake_;
  std::mutex mutex_;  // what follows
  ports::Bell* bell_;
  std::optional<Result<ports::FileStatus>> found_;
  std::thread thread_;  // the last one: it uses the others
};

// Of a watch on a path: the thread is left behind with whoever ends it.
class ThreadLook final : public ports::FileLook {
 public:
  explicit ThreadLook(std::shared_ptr<LookThread> thread) : thread_(std::move(thread)) {}
  ~ThreadLook() override { thread_->leave(); }
  ThreadLook(const ThreadLook&) = delete;
  ThreadLook& operator=(const ThreadLook&) = delete;

  void ask() override { thread_->ask(); }
  [[nodiscard]] std::optional<Result<ports::FileStatus>> take() override { return thread_->take(); }

 private:
  std::shared_ptr<LookThread> thread_;
};

}  // namespace holdfast::linux

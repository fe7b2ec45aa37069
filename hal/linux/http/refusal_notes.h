// SPDX-License-Identifier: Apache-2.0
// Tells the handler what the server refused without it, on a thread of its own: whoever writes such
// things down may have to wait for a disk, and the front waits for nobody.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "hal/base/result.h"
#include "hal/ports/http_server.h"

namespace holdfast::linux {

class RefusalNotes {
 public:
  explicit RefusalNotes(ports::HttpHandler& handler) : handler_(handler) {}
  ~RefusalNotes() { join(); }
  RefusalNotes(const RefusalNotes&) = delete;
  RefusalNotes& operator=(const RefusalNotes&) = delete;

  [[nodiscard]] Result<void> start();
  // Never waits for the handler. Beyond a bound, addresses are not told apart.
  void add(const std::string& peer, int status);
  // What is not told by now is kept.
  void begin_stop();
  // What was kept is told together, in one call, unless the call at work at the stop failed.
  void begin_end();
  // The handler hears nothing more: join() does not wait.
  [[nodiscard]] bool is_over() const { return is_over_; }
  void join();

 private:
  using Counts = std::map<std::pair<std::string, int>, std::uint64_t>;
  void run();
  // False: it could not be noted.
  [[nodiscard]] bool tell_all(Counts& counts);
  [[nodiscard]] bool tell_rest(bool is_last, const Counts& counts);

  ports::HttpHandler& handler_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Counts counts_;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> is_ending_ = false;
  std::atomic<bool> is_over_ = false;
  std::jthread thread_;
};

}  // namespace holdfast::linux

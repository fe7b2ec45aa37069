// SPDX-License-Identifier: Apache-2.0
// Tells the handler what the server refused without it, on a thread of its own: whoever writes such
// things down may have to wait for a disk, and the front waits for nobody.
#pragma once

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
  // Once the handler has heard of all.
  void join();

 private:
  using Counts = std::map<std::pair<std::string, int>, std::uint64_t>;
  void run();

  ports::HttpHandler& handler_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Counts counts_;
  bool is_over_ = false;
  std::jthread thread_;
};

}  // namespace holdfast::linux

// SPDX-License-Identifier: Apache-2.0
// The threads on which handlers are at work: so many, and never more. Whole requests come in,
// connections go back.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "hal/linux/http/connection.h"

namespace holdfast::linux {

// A thread that hears no signals: those are for the thread that asked for them, and a peer that is
// gone must not kill the process. An error (io) if the system gives none.
[[nodiscard]] Result<std::jthread> start_deaf_thread(std::function<void()> task);

class HandlerThreads {
 public:
  using Done = std::function<void(std::uint64_t number)>;

  // `done` is called on a handler's thread when a connection is the front's again.
  HandlerThreads(ports::HttpHandler& handler, const ports::HttpLimits& limits, const StopSign& stop,
                 Done done);
  ~HandlerThreads() { join(); }
  HandlerThreads(const HandlerThreads&) = delete;
  HandlerThreads& operator=(const HandlerThreads&) = delete;

  [[nodiscard]] Result<void> start(std::uint32_t count);
  void push(Connection& connection);
  // True if no handler has begun with it, and none will.
  [[nodiscard]] bool withdraw(const Connection& connection);
  // Waits for handlers at work. Nothing may be pushed any more.
  void join();

 private:
  void run();
  void handle(Connection& connection);
  [[nodiscard]] Connection* next();

  ports::HttpHandler& handler_;
  const StopSign& stop_;
  PeerRooms large_;
  PeerRooms paused_;
  AnswerTerms terms_;
  Done done_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Connection*> queue_;  // in the order in which they came
  bool is_over_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace holdfast::linux

// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/http/handler_threads.h"

#include <algorithm>
#include <csignal>
#include <system_error>

#include "hal/linux/errno.h"

namespace holdfast::linux {

Result<std::jthread> start_deaf_thread(std::function<void()> task) {
  sigset_t others{};
  sigset_t before{};
  ::sigfillset(&others);
  // What a thread does to itself must still end the process, with a word of why.
  for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) {
    ::sigdelset(&others, own);
  }
  ::pthread_sigmask(SIG_SETMASK, &others, &before);  // a thread begins with its maker's mask
  try {
    std::jthread thread(std::move(task));
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  } catch (const std::system_error& error) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return error_of(error.code().value(), "start thread", {});
  }
}

HandlerThreads::HandlerThreads(ports::HttpHandler& handler, const ports::HttpLimits& limits,
                               const StopSign& stop, Done done)
    : handler_(handler),
      stop_(stop),
      large_(limits.large_max, limits.large_per_peer_max),
      paused_(limits.paused_max, limits.paused_per_peer_max),
      terms_{limits, stop, large_, paused_},
      done_(std::move(done)) {}

Result<void> HandlerThreads::start(std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    HF_TRY(threads_.emplace_back(), start_deaf_thread([this] { run(); }));
  }
  return {};
}

void HandlerThreads::push(Connection& connection) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(&connection);
  }
  changed_.notify_one();
}

bool HandlerThreads::withdraw(const Connection& connection) {
  const std::lock_guard lock(mutex_);
  return std::erase(queue_, &connection) != 0;
}

void HandlerThreads::join() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  threads_.clear();  // joins them
}

Connection* HandlerThreads::next() {
  std::unique_lock lock(mutex_);
  // What waits when the server stops is not begun with: the front withdraws it.
  changed_.wait(
      lock, [this] { return is_over_ || (!queue_.empty() && stop_.at_ns == StopSign::kNever); });
  if (is_over_) return nullptr;
  Connection* connection = queue_.front();
  queue_.pop_front();
  return connection;
}

void HandlerThreads::run() {
  while (Connection* connection = next()) handle(*connection);
}

void HandlerThreads::handle(Connection& connection) {
  {
    Answer answer(connection.wire, connection.parsed, connection.unsent, terms_);
    // One request that memory does not suffice for must not end all that this process does.
    try {
      handler_.handle(connection.parsed.request, answer);
      connection.after = answer.finish();
    } catch (...) {
      connection.after = answer.give_up();
    }
  }
  connection.parsed = {};  // the memory of a body, too
  done_(connection.number);
}

}  // namespace holdfast::linux

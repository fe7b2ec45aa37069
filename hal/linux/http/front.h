// SPDX-License-Identifier: Apache-2.0
// The thread that has all connections which wait for their peers: accepts, does the handshakes of
// TLS, reads requests, keeps the deadlines and limits, answers what no handler shall see. It never
// waits for one peer. Whole requests go to the handlers' threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "hal/linux/clock.h"
#include "hal/linux/descriptor.h"
#include "hal/linux/http/connection.h"
#include "hal/linux/http/handler_threads.h"
#include "hal/linux/http/refusal_notes.h"
#include "hal/linux/http/wire.h"
#include "hal/ports/http_server.h"

namespace holdfast::linux {

class Front {
 public:
  // `door` listens and does not block. Without a context there is no TLS.
  Front(Descriptor door, TlsContext context, const ports::HttpLimits& limits,
        ports::HttpHandler& handler);
  ~Front() { stop(); }
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  [[nodiscard]] Result<void> start();
  // As those of ports::HttpListener.
  void begin_stop();
  [[nodiscard]] bool is_stopped() const { return is_over_ && notes_.is_over(); }
  void stop();

 private:
  void run();
  // Until something happens, or the next deadline.
  void wait();
  void take(std::uint64_t number);

  void accept_some();
  [[nodiscard]] bool accept_one();
  // Room for one more of this peer? Whoever keeps us waiting longest gives way.
  [[nodiscard]] bool make_room(const std::string& peer);

  void go_on(Connection& connection);
  void shake_hands(Connection& connection);
  void read(Connection& connection);
  // False: there is nothing more to read for now.
  [[nodiscard]] bool take_rest(Connection& connection);
  void await_request(Connection& connection);
  void hand_over(Connection& connection);
  void take_back();
  void take_back(Connection& connection);
  // What was kept of its answer.
  void send(Connection& connection);
  void go_on_after_answer(Connection& connection);
  // Small, at once or not at all: the front waits for nobody.
  [[nodiscard]] bool tell(Connection& connection, std::string_view text);
  void refuse(Connection& connection, int status);
  void end(Connection& connection);
  // What the system has of an answer that will not be whole must not arrive either.
  void break_off(Connection& connection);
  void close(Connection& connection);

  void expire();
  void expire(Connection& connection);
  void close_door();
  // False if the connection was closed: the system had no memory for it.
  void watch(Connection& connection, WireStep step);
  void watch_door();
  void wake();

  Descriptor door_;
  TlsContext context_;
  ports::HttpLimits limits_;
  SystemClock clock_;
  StopSign stop_;
  Descriptor events_;  // epoll; each connection is heard once, then watched anew
  Descriptor bell_;    // eventfd: another thread has something to tell
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::map<std::string, std::uint32_t, std::less<>> of_peer_;
  std::uint64_t next_number_;
  std::int64_t accept_again_ns_ = Connection::kNoDeadline;  // no files were left; door unwatched
  std::int64_t now_ns_ = 0;                                 // of this turn
  bool is_door_closed_ = false;
  std::atomic<bool> is_port_free_ = false;
  std::atomic<bool> is_over_ = false;  // run() has ended: all connections are back, and closed
  Bytes buffer_;
  std::mutex mutex_;
  std::vector<std::uint64_t> returned_;  // by handlers
  std::map<int, std::string> refusals_;  // whole answers, by status
  RefusalNotes notes_;
  HandlerThreads handlers_;
  std::mutex stopping_;
  std::jthread thread_;
};

}  // namespace holdfast::linux

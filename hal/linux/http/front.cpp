// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/http/front.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "hal/linux/errno.h"

namespace holdfast::linux {

namespace {

constexpr std::uint64_t kDoor = 0;
constexpr std::uint64_t kBell = 1;
constexpr std::uint64_t kFirstConnection = 2;

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::int64_t kEnding_ns = 2 * kSecond_ns;        // for a peer to take its last answer
constexpr std::int64_t kConfirmed_ns = kSecond_ns / 50;    // until that is asked again, at a stop
constexpr std::int64_t kAcceptPause_ns = kSecond_ns / 10;  // when no files are left
constexpr int kAcceptedAtOnce = 64;                        // then others have a turn
constexpr std::size_t kReadSize = 16 * kKiB;               // a record of TLS
// Left to itself the system would hold megabytes for a peer that takes nothing.
constexpr int kSendBuffer = 128 * 1024;

constexpr std::array<int, 9> kRefusals = {400, 408, 413, 414, 417, 431, 501, 503, 505};

std::string whole_answer(int status, const ports::HttpRefusal& refusal) {
  std::string answer = fmt::format("HTTP/1.1 {} \r\n", status);
  for (const auto& [name, value] : refusal.fields) answer += fmt::format("{}: {}\r\n", name, value);
  return answer + fmt::format("Content-Length: {}\r\nConnection: close\r\n\r\n{}",
                              refusal.body.size(), refusal.body);
}

std::int64_t plus(std::int64_t now_ns, std::int64_t duration_ns) {
  return duration_ns > Connection::kNoDeadline - now_ns ? Connection::kNoDeadline
                                                        : now_ns + duration_ns;
}

std::string numeric_address(const sockaddr_storage& address, socklen_t size) {
  std::array<char, NI_MAXHOST> text{};
  const int fault = ::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, text.data(),
                                  text.size(), nullptr, 0, NI_NUMERICHOST);
  return fault == 0 ? text.data() : "";
}

void set_up(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
}

bool waits_for_peer(Phase phase) {
  return phase == Phase::handshaking || phase == Phase::reading || phase == Phase::sending ||
         phase == Phase::ending;
}

}  // namespace

Front::Front(Descriptor door, TlsContext context, const ports::HttpLimits& limits,
             ports::HttpHandler& handler)
    : door_(std::move(door)),
      context_(std::move(context)),
      limits_(limits),
      next_number_(kFirstConnection),
      buffer_(kReadSize),
      notes_(handler),
      handlers_(handler, limits_, stop_, [this](std::uint64_t number) {
        const std::lock_guard lock(mutex_);
        returned_.push_back(number);
        wake();
      }) {
  for (const int status : kRefusals) {
    refusals_.emplace(status, whole_answer(status, handler.refusal_of(status)));
  }
}

Result<void> Front::start() {
  events_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  if (!events_.is_open()) return last_error("listen", {});
  bell_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!bell_.is_open()) return last_error("listen", {});
  epoll_event bell{.events = EPOLLIN, .data = {.u64 = kBell}};
  epoll_event door{.events = 0, .data = {.u64 = kDoor}};
  if (::epoll_ctl(events_.number(), EPOLL_CTL_ADD, bell_.number(), &bell) != 0 ||
      ::epoll_ctl(events_.number(), EPOLL_CTL_ADD, door_.number(), &door) != 0) {
    return last_error("listen", {});
  }
  watch_door();
  HF_TRY(notes_.start());
  HF_TRY(handlers_.start(limits_.handlers_max));
  HF_TRY(thread_, start_deaf_thread([this] { run(); }));
  return {};
}

void Front::begin_stop() {
  const std::lock_guard lock(stopping_);
  if (!thread_.joinable() || stop_.at_ns != StopSign::kNever) return;
  stop_.at_ns = clock_.monotonic_ns();
  wake();
  is_port_free_.wait(false);
}

void Front::stop() {
  begin_stop();
  const std::lock_guard lock(stopping_);
  if (!thread_.joinable()) return;
  thread_.join();
  handlers_.join();
  notes_.join();
}

void Front::wake() {
  const std::uint64_t one = 1;
  // Full: it rings already.
  [[maybe_unused]] const ssize_t count = ::write(bell_.number(), &one, sizeof one);
}

void Front::run() {
  now_ns_ = clock_.monotonic_ns();
  while (!is_door_closed_ || !connections_.empty()) {
    wait();
    if (stop_.at_ns != StopSign::kNever && !is_door_closed_) close_door();
    take_back();
    expire();
  }
  notes_.begin_end();
  is_over_ = true;
}

void Front::wait() {
  std::int64_t next_ns = accept_again_ns_;
  for (const auto& [number, connection] : connections_) {
    next_ns = std::min(next_ns, connection->deadline_ns);
  }
  // Not longer than an hour at a time: the number must fit.
  const std::int64_t left_ns =
      std::clamp<std::int64_t>(next_ns - clock_.monotonic_ns(), 0, 3600 * kSecond_ns);
  const int left_ms = static_cast<int>((left_ns + 999'999) / 1'000'000);
  std::array<epoll_event, 64> happened{};
  const int count =
      ::epoll_wait(events_.number(), happened.data(), static_cast<int>(happened.size()), left_ms);
  now_ns_ = clock_.monotonic_ns();
  for (int i = 0; i < count; ++i) take(happened[static_cast<std::size_t>(i)].data.u64);
}

void Front::take(std::uint64_t number) {
  if (number == kDoor) return accept_some();
  if (number == kBell) {
    std::uint64_t rung = 0;
    [[maybe_unused]] const ssize_t count = ::read(bell_.number(), &rung, sizeof rung);
    return;
  }
  const auto found = connections_.find(number);
  // It may have given way to another one in this turn.
  if (found != connections_.end()) go_on(*found->second);
}

void Front::accept_some() {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    if (!accept_one()) break;
  }
  if (accept_again_ns_ == Connection::kNoDeadline) watch_door();
}

bool Front::accept_one() {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  Descriptor socket(::accept4(door_.number(), reinterpret_cast<sockaddr*>(&address), &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.is_open()) {
    // Asked again at once, a system without files or memory would say the same.
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      accept_again_ns_ = plus(now_ns_, kAcceptPause_ns);
    }
    return errno == ECONNABORTED || errno == EINTR;
  }
  std::string peer = numeric_address(address, size);
  if (!make_room(peer)) return true;
  set_up(socket.number());
  const std::uint64_t number = next_number_++;
  epoll_event nothing{.events = EPOLLONESHOT, .data = {.u64 = number}};
  if (::epoll_ctl(events_.number(), EPOLL_CTL_ADD, socket.number(), &nothing) != 0) return true;
  ++of_peer_[peer];
  auto connection = std::make_unique<Connection>(number, Wire(std::move(socket), context_.get()),
                                                 std::move(peer), limits_);
  connection->since_ns = now_ns_;
  connection->deadline_ns = plus(now_ns_, limits_.request_timeout_ns);
  Connection& kept = *connections_.emplace(number, std::move(connection)).first->second;
  go_on(kept);
  return true;
}

bool Front::make_room(const std::string& peer) {
  const auto of_this = of_peer_.find(peer);
  if (of_this != of_peer_.end() && of_this->second >= limits_.per_peer_max) return false;
  if (connections_.size() < limits_.connections_max) return true;
  Connection* longest = nullptr;
  for (const auto& [number, connection] : connections_) {
    if (!waits_for_peer(connection->phase)) continue;
    if (longest == nullptr || connection->since_ns < longest->since_ns) longest = connection.get();
  }
  if (longest == nullptr) return false;
  longest->phase == Phase::sending ? break_off(*longest) : close(*longest);
  return true;
}

void Front::go_on(Connection& connection) {
  switch (connection.phase) {
    case Phase::handshaking:
      return shake_hands(connection);
    case Phase::reading:
      return read(connection);
    case Phase::sending:
      return send(connection);
    case Phase::ending: {
      const WireStep step = connection.wire.discard();
      return step == WireStep::closed ? close(connection) : watch(connection, step);
    }
    case Phase::waiting:
    case Phase::handled:
      break;
  }
}

void Front::shake_hands(Connection& connection) {
  const WireStep step = connection.wire.handshake();
  if (step == WireStep::closed) return close(connection);
  if (step != WireStep::done) return watch(connection, step);
  await_request(connection);
}

void Front::await_request(Connection& connection) {
  connection.phase = Phase::reading;
  connection.is_timed = false;
  connection.told_continue = false;
  connection.since_ns = now_ns_;
  connection.deadline_ns = plus(now_ns_, limits_.idle_timeout_ns);
  read(connection);
}

// A request has an end, so this has one. It reads as long as there is something: what TLS has
// taken from the socket already, the system does not tell of.
void Front::read(Connection& connection) {
  while (take_rest(connection)) {
    const WireMoved moved = connection.wire.read(buffer_);
    if (moved.step == WireStep::closed) return close(connection);
    if (moved.step != WireStep::done) return watch(connection, moved.step);
    connection.rest.assign(buffer_.begin(),
                           buffer_.begin() + static_cast<std::ptrdiff_t>(moved.count));
  }
}

bool Front::take_rest(Connection& connection) {
  RequestParser& parser = connection.parser;
  const auto used = static_cast<std::ptrdiff_t>(parser.push(connection.rest));
  connection.rest.erase(connection.rest.begin(), connection.rest.begin() + used);
  if (parser.refusal() != 0) {
    refuse(connection, parser.refusal());
    return false;
  }
  if (parser.is_whole()) {
    hand_over(connection);
    return false;
  }
  if (parser.has_begun() && !connection.is_timed) {
    connection.is_timed = true;
    connection.deadline_ns = plus(now_ns_, limits_.request_timeout_ns);
  }
  if (parser.awaits_continue() && !std::exchange(connection.told_continue, true) &&
      !tell(connection, "HTTP/1.1 100 Continue\r\n\r\n")) {
    close(connection);
    return false;
  }
  return true;
}

void Front::hand_over(Connection& connection) {
  connection.parsed = connection.parser.take();
  connection.parsed.request.peer = connection.peer;
  connection.phase = Phase::waiting;
  connection.deadline_ns = plus(now_ns_, limits_.request_timeout_ns);
  handlers_.push(connection);
}

void Front::take_back() {
  std::vector<std::uint64_t> returned;
  {
    const std::lock_guard lock(mutex_);
    returned.swap(returned_);
  }
  for (const std::uint64_t number : returned) take_back(*connections_.at(number));
}

void Front::take_back(Connection& connection) {
  if (connection.after == AfterAnswer::drop) return break_off(connection);
  if (connection.unsent.rest().empty()) return go_on_after_answer(connection);
  connection.phase = Phase::sending;
  connection.since_ns = now_ns_;
  connection.piece = 0;
  connection.deadline_ns = plus(std::min(now_ns_, stop_.at_ns.load()), limits_.write_timeout_ns);
  send(connection);
}

void Front::send(Connection& connection) {
  Unsent& unsent = connection.unsent;
  while (!unsent.rest().empty()) {
    const WireMoved moved = connection.wire.write(unsent.rest());
    if (moved.step == WireStep::closed) return break_off(connection);
    if (moved.step != WireStep::done) return watch(connection, moved.step);
    unsent.sent += moved.count;
    connection.piece += moved.count;
    if (connection.piece < kPieceSize) continue;
    connection.piece = 0;
    connection.deadline_ns = plus(std::min(now_ns_, stop_.at_ns.load()), limits_.write_timeout_ns);
  }
  go_on_after_answer(connection);
}

void Front::go_on_after_answer(Connection& connection) {
  connection.unsent = {};  // its memory, too
  if (connection.after == AfterAnswer::close || is_door_closed_) return end(connection);
  await_request(connection);
}

bool Front::tell(Connection& connection, std::string_view text) {
  const WireMoved moved = connection.wire.write(view_of(text));
  return moved.step == WireStep::done && moved.count == text.size();
}

void Front::refuse(Connection& connection, int status) {
  notes_.add(connection.peer, status);
  std::string_view answer = refusals_.at(status);
  if (connection.parsed.request.method == "HEAD") {
    answer = answer.substr(0, answer.find("\r\n\r\n") + 4);
  }
  if (!tell(connection, answer)) return close(connection);
  end(connection);
}

// Closed while something of the peer's is unread, or comes before the answer has arrived, a
// connection is reset, and the answer with it.
void Front::end(Connection& connection) {
  connection.wire.end_writing();
  connection.phase = Phase::ending;
  connection.since_ns = now_ns_;
  connection.until_ns = plus(now_ns_, std::min(kEnding_ns, limits_.request_timeout_ns));
  connection.deadline_ns = is_door_closed_ ? now_ns_ : connection.until_ns;
  go_on(connection);
}

void Front::break_off(Connection& connection) {
  connection.wire.make_abrupt();
  close(connection);
}

void Front::close(Connection& connection) {
  const auto of_this = of_peer_.find(connection.peer);
  if (--of_this->second == 0) of_peer_.erase(of_this);
  connections_.erase(connection.number);  // closes the socket, which epoll forgets then
}

void Front::expire() {
  if (accept_again_ns_ <= now_ns_) {
    accept_again_ns_ = Connection::kNoDeadline;
    if (!is_door_closed_) watch_door();
  }
  std::vector<Connection*> late;
  for (const auto& [number, connection] : connections_) {
    if (connection->deadline_ns <= now_ns_) late.push_back(connection.get());
  }
  for (Connection* connection : late) expire(*connection);
}

void Front::expire(Connection& connection) {
  switch (connection.phase) {
    case Phase::reading:
      return connection.is_timed ? refuse(connection, 408) : close(connection);
    case Phase::waiting:
      if (handlers_.withdraw(connection)) return refuse(connection, 503);
      connection.phase = Phase::handled;
      connection.deadline_ns = Connection::kNoDeadline;
      return;
    case Phase::sending:
      return break_off(connection);
    case Phase::ending:  // a stop waits for no peer longer than for what was begun
      if (connection.until_ns <= now_ns_ || !connection.wire.has_unconfirmed()) {
        return close(connection);
      }
      connection.deadline_ns = plus(now_ns_, kConfirmed_ns);
      return;
    case Phase::handshaking:
      return close(connection);
    case Phase::handled:
      break;
  }
}

// No more requests: what has none at work ends now.
void Front::close_door() {
  is_door_closed_ = true;
  door_ = {};
  notes_.begin_stop();
  is_port_free_ = true;
  is_port_free_.notify_all();
  std::vector<Connection*> all;
  for (const auto& [number, connection] : connections_) all.push_back(connection.get());
  for (Connection* connection : all) {
    if (connection->phase == Phase::waiting) {
      expire(*connection);
    } else if (connection->phase == Phase::sending) {
      connection->deadline_ns =
          std::min(connection->deadline_ns, plus(stop_.at_ns, limits_.write_timeout_ns));
    } else if (connection->phase == Phase::ending) {
      connection->deadline_ns = now_ns_;
    } else if (waits_for_peer(connection->phase)) {
      close(*connection);
    }
  }
}

void Front::watch(Connection& connection, WireStep step) {
  const std::uint32_t wanted = step == WireStep::wants_write ? EPOLLOUT : EPOLLIN;
  epoll_event event{.events = wanted | EPOLLONESHOT, .data = {.u64 = connection.number}};
  if (::epoll_ctl(events_.number(), EPOLL_CTL_MOD, connection.wire.socket(), &event) != 0) {
    close(connection);
  }
}

void Front::watch_door() {
  epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = kDoor}};
  ::epoll_ctl(events_.number(), EPOLL_CTL_MOD, door_.number(), &event);
}

}  // namespace holdfast::linux

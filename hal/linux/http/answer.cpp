// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/http/answer.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "hal/linux/clock.h"
#include "hal/linux/errno.h"

namespace holdfast::linux {

namespace {

Error misuse(const char* what) {
  return make_error(ErrorCode::invalid_argument, {}, {{"what", what}});
}

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::uint64_t kLongest_s = 1'000'000;

bool is_framing(std::string_view name) {
  return is_same_name(name, "Content-Length") || is_same_name(name, "Transfer-Encoding") ||
         is_same_name(name, "Connection");
}

// A value with a line end in it would make a second answer of this one.
const char* fault_of(int status, const ports::HttpFields& fields) {
  if (status < 200 || status > 599) return "status";
  for (const auto& [name, value] : fields) {
    if (!is_token(name) || is_framing(name)) return "field name";
    if (!is_field_value(value)) return "field value";
  }
  return nullptr;
}

std::int64_t later(std::int64_t from_ns, std::int64_t duration_ns) {
  return from_ns > StopSign::kNever - duration_ns ? StopSign::kNever : from_ns + duration_ns;
}

}  // namespace

Answer::Answer(Wire& wire, const ParsedRequest& parsed, Unsent& unsent, const AnswerTerms& terms)
    : wire_(wire),
      peer_(parsed.request.peer),
      unsent_(unsent),
      terms_(terms),
      is_head_(parsed.request.method == "HEAD"),
      is_http_1_1_(parsed.is_http_1_1),
      keeps_alive_(parsed.keeps_alive) {}

bool Answer::is_stopping() const {
  return terms_.stop.at_ns != StopSign::kNever;
}

bool Answer::is_small() const {
  return body_ == Body::none ||
         (body_ == Body::counted && length_ <= terms_.limits.small_answer_max);
}

std::string Answer::head_of(int status, const ports::HttpFields& fields,
                            std::optional<std::uint64_t> length) const {
  std::string head = fmt::format("HTTP/1.1 {} \r\n", status);
  for (const auto& [name, value] : fields) head += fmt::format("{}: {}\r\n", name, value);
  const bool has_framing = status != 204 && status != 304;
  if (has_framing && length) head += fmt::format("Content-Length: {}\r\n", *length);
  if (has_framing && !length && is_http_1_1_) head += "Transfer-Encoding: chunked\r\n";
  if (!keeps_alive_) head += "Connection: close\r\n";
  if (keeps_alive_ && !is_http_1_1_) head += "Connection: keep-alive\r\n";
  return head + "\r\n";
}

Result<void> Answer::begin(int status, const ports::HttpFields& fields,
                           std::optional<std::uint64_t> length) {
  if (has_begun_) return misuse("begun twice");
  if (const char* fault = fault_of(status, fields)) return misuse(fault);
  const bool has_body = !is_head_ && status != 204 && status != 304;
  if (has_body && length && *length > terms_.limits.small_answer_max && !take_room(*length)) {
    return make_error(ErrorCode::limit_exceeded, peer_,
                      {{"what", "busy"}, {"limit", std::to_string(terms_.limits.large_max)}});
  }
  has_begun_ = true;
  if (has_body) {
    body_ = length ? Body::counted : is_http_1_1_ ? Body::chunked : Body::until_close;
    length_ = length.value_or(0);
    if (body_ == Body::until_close) keeps_alive_ = false;
  }
  return send(view_of(head_of(status, fields, length)));
}

bool Answer::take_room(std::uint64_t length) {
  large_ = terms_.large.take(peer_);
  if (large_ == nullptr) return false;
  const std::int64_t now_ns = SystemClock().monotonic_ns();
  if (goes_on_) {
    paused_ = terms_.paused.take(peer_);
    looked_ns_ = now_ns;
  } else {
    const std::uint64_t time_s = std::min(length / terms_.limits.least_rate, kLongest_s);
    until_ns_ = later(now_ns, terms_.limits.write_timeout_ns);
    until_ns_ = later(until_ns_, static_cast<std::int64_t>(time_s) * kSecond_ns);
  }
  return true;
}

bool Answer::goes_on(std::int64_t now_ns) {
  if (now_ns >= until_ns_) return false;
  if (!goes_on_ || now_ns - looked_ns_ < terms_.limits.pause_look_ns) return true;
  looked_ns_ = now_ns;
  return goes_on_();
}

Result<void> Answer::write(ByteView bytes) {
  if (!has_begun_) return misuse("not begun");
  if (bytes.empty()) return {};
  switch (body_) {
    case Body::none:
      return {};
    case Body::counted:
      if (has_overrun_ || bytes.size() > length_ - written_) {
        has_overrun_ = true;
        return misuse("more than its length");
      }
      written_ += bytes.size();
      return send(bytes);
    case Body::chunked:
      for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), kPieceSize))) {
        const ByteView piece = bytes.first(std::min(bytes.size(), kPieceSize));
        std::string chunk = fmt::format("{:x}\r\n", piece.size());
        chunk.append(text_of(piece)).append("\r\n");
        HF_TRY(send_piece(view_of(chunk)));
      }
      return {};
    case Body::until_close:
      break;
  }
  return send(bytes);
}

AfterAnswer Answer::finish() {
  goes_on_ = nullptr;
  if (!has_begun_) {
    static_cast<void>(begin(500, {}, 0));  // told by has_failed_
  } else if (body_ == Body::chunked && !has_failed_) {
    static_cast<void>(send(view_of("0\r\n\r\n")));
  }
  if (has_failed_) return AfterAnswer::drop;
  const bool is_short = body_ == Body::counted && written_ < length_;
  return keeps_alive_ && !is_short && !has_overrun_ ? AfterAnswer::keep : AfterAnswer::close;
}

AfterAnswer Answer::give_up() noexcept {
  goes_on_ = nullptr;
  if (has_begun_) return AfterAnswer::drop;
  keeps_alive_ = false;
  try {
    static_cast<void>(begin(500, {}, 0));
  } catch (...) {
    return AfterAnswer::drop;
  }
  return has_failed_ ? AfterAnswer::drop : AfterAnswer::close;
}

Result<void> Answer::send(ByteView bytes) {
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), kPieceSize))) {
    HF_TRY(send_piece(bytes.first(std::min(bytes.size(), kPieceSize))));
  }
  return {};
}

Result<void> Answer::send_piece(ByteView piece) {
  if (has_failed_) return failure(EPIPE);
  if (!unsent_.rest().empty()) {  // what comes later waits behind it
    unsent_.bytes.insert(unsent_.bytes.end(), piece.begin(), piece.end());
    return {};
  }
  const std::int64_t from_ns = SystemClock().monotonic_ns();
  if (from_ns >= later(terms_.stop.at_ns, terms_.limits.write_timeout_ns) || !goes_on(from_ns)) {
    return failure(ETIMEDOUT);
  }
  while (!piece.empty()) {
    const WireMoved moved = wire_.write(piece);
    if (moved.step == WireStep::closed) return failure(EPIPE);
    if (moved.step == WireStep::done) {
      piece = piece.subspan(moved.count);
      continue;
    }
    if (is_small()) {
      unsent_.bytes.assign(piece.begin(), piece.end());
      return {};
    }
    if (!wait(moved.step, from_ns)) return failure(ETIMEDOUT);
  }
  return {};
}

// False: not within the time. What a broken connection is, the next write says.
bool Answer::wait(WireStep step, std::int64_t from_ns) {
  // Once the server stops, all that an answer still sends shares the time of one write.
  const std::int64_t begin_ns =
      std::min(paused_ ? StopSign::kNever : from_ns, terms_.stop.at_ns.load());
  const std::int64_t now_ns = SystemClock().monotonic_ns();
  const std::int64_t left_ns = later(begin_ns, terms_.limits.write_timeout_ns) - now_ns;
  if (left_ns <= 0 || !goes_on(now_ns)) return false;
  // Not longer than a second at a time: a stop is heard then, and who may not go on.
  const std::int64_t left_ms = std::min<std::int64_t>(left_ns / 1'000'000 + 1, 1000);
  pollfd ready{.fd = wire_.socket(),
               .events = static_cast<short>(step == WireStep::wants_read ? POLLIN : POLLOUT),
               .revents = 0};
  ::poll(&ready, 1, static_cast<int>(left_ms));
  return true;
}

Error Answer::failure(int reason) {
  has_failed_ = true;
  return make_error(ErrorCode::io, peer_,
                    {{"operation", "write"},
                     {"reason", std::string(error_of(reason, "write", {}).argument("reason"))}});
}

}  // namespace holdfast::linux

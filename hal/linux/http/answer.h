// SPDX-License-Identifier: Apache-2.0
// The answer to one request, framed as its peer understands it, on the handler's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "hal/linux/http/peer_rooms.h"
#include "hal/linux/http/request_parser.h"
#include "hal/linux/http/wire.h"
#include "hal/ports/http_server.h"

namespace holdfast::linux {

// When the server was asked to stop, if it was: monotonic nanoseconds.
struct StopSign {
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::atomic<std::int64_t> at_ns = kNever;
};

// What becomes of a connection after an answer.
enum class AfterAnswer { keep, close, drop };

// What must leave within the time of a write.
inline constexpr std::size_t kPieceSize = 64 * kKiB;

// What the peer did not take of a small answer: its handler leaves it to the front.
struct Unsent {
  Bytes bytes = {};
  std::size_t sent = 0;

  [[nodiscard]] ByteView rest() const { return ByteView(bytes).subspan(sent); }
};

// What all answers of a server share. All must outlive them.
struct AnswerTerms {
  const ports::HttpLimits& limits;
  const StopSign& stop;
  PeerRooms& large;
  PeerRooms& paused;
};

class Answer final : public ports::HttpAnswer {
 public:
  Answer(Wire& wire, const ParsedRequest& parsed, Unsent& unsent, const AnswerTerms& terms);

  void let_pause(const std::function<bool()>& goes_on) override { goes_on_ = goes_on; }
  [[nodiscard]] Result<void> begin(int status, const ports::HttpFields& fields,
                                   std::optional<std::uint64_t> length) override;
  [[nodiscard]] Result<void> write(ByteView bytes) override;
  void fail() override { has_failed_ = has_begun_; }
  [[nodiscard]] bool is_stopping() const override;

  // Once, when the handler has returned: ends the body, or answers 500 if nothing was begun.
  [[nodiscard]] AfterAnswer finish();
  // Instead, when the handler has thrown: 500 if nothing was begun, else the peer must not take a
  // part for the whole. Throws nothing.
  [[nodiscard]] AfterAnswer give_up() noexcept;

 private:
  enum class Body { none, counted, chunked, until_close };

  [[nodiscard]] std::string head_of(int status, const ports::HttpFields& fields,
                                    std::optional<std::uint64_t> length) const;
  // Whole, or kept for the front, or an error; a piece at a time, each of which has the time of a
  // write.
  [[nodiscard]] Result<void> send(ByteView bytes);
  [[nodiscard]] Result<void> send_piece(ByteView piece);
  // Room for a body of that size, and its time. False: there is none.
  [[nodiscard]] bool take_room(std::uint64_t length);
  // The peer may still have it.
  [[nodiscard]] bool goes_on(std::int64_t now_ns);
  // A body that is never larger than what may be kept.
  [[nodiscard]] bool is_small() const;
  [[nodiscard]] bool wait(WireStep step, std::int64_t from_ns);
  [[nodiscard]] Error failure(int reason);

  Wire& wire_;
  std::string peer_;
  Unsent& unsent_;
  const AnswerTerms& terms_;
  std::unique_ptr<PeerRooms::Share> large_;
  std::unique_ptr<PeerRooms::Share> paused_;  // the peer may pause
  std::function<bool()> goes_on_;
  std::int64_t looked_ns_ = 0;                // when goes_on_ was asked
  std::int64_t until_ns_ = StopSign::kNever;  // for all of it
  bool is_head_;
  bool is_http_1_1_;
  bool keeps_alive_;
  bool has_begun_ = false;
  bool has_failed_ = false;   // the peer is gone, or the handler gave up
  bool has_overrun_ = false;  // the handler meant to write more than its length
  Body body_ = Body::none;
  std::uint64_t length_ = 0;  // of a counted body
  std::uint64_t written_ = 0;
};

}  // namespace holdfast::linux

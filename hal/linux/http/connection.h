// SPDX-License-Identifier: Apache-2.0
// One connection, and whose it is.
//
//   handshaking -> reading <-> waiting -> handled (-> sending) -> reading (kept), ending, or gone
//                     \-------------------------------------------> ending -> gone
//
// The front owns it in every phase but `handled`, in which it belongs to a handler's thread.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "hal/linux/http/answer.h"
#include "hal/linux/http/request_parser.h"
#include "hal/linux/http/wire.h"

namespace holdfast::linux {

enum class Phase {
  handshaking,
  reading,  // a request, or waiting for its first byte
  waiting,  // for a handler
  handled,
  sending,  // the rest of an answer; no further request begins meanwhile
  ending,   // nothing more is sent; what still comes is thrown away, so that the answer arrives
};

struct Connection {
  static constexpr std::int64_t kNoDeadline = std::numeric_limits<std::int64_t>::max();

  Connection(std::uint64_t number_in, Wire wire_in, std::string peer_in,
             const ports::HttpLimits& limits)
      : number(number_in), wire(std::move(wire_in)), peer(std::move(peer_in)), parser(limits) {}

  std::uint64_t number;
  Wire wire;
  std::string peer;  // numeric address
  RequestParser parser;
  Bytes rest = {};  // read, and of the next request
  Phase phase = Phase::handshaking;
  bool is_timed = false;       // the request that comes has its deadline
  bool told_continue = false;  // the peer was told to send its body
  std::int64_t since_ns = 0;   // the peer has been waited for since then
  std::int64_t deadline_ns = kNoDeadline;
  ParsedRequest parsed = {};
  Unsent unsent = {};
  std::int64_t until_ns = 0;  // ending: the longest that the peer is waited for
  std::size_t piece = 0;      // sending: bytes that have left within the time of this write
  AfterAnswer after = AfterAnswer::keep;
};

}  // namespace holdfast::linux

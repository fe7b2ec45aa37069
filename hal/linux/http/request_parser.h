// SPDX-License-Identifier: Apache-2.0
// A request of HTTP/1.0 or 1.1, taken apart as its bytes arrive. Pure: no I/O, no time.
//
//   line CRLF | field CRLF ... CRLF | body of Content-Length bytes     -> whole
//        at any byte                                                   -> refused, with a status
//
// Whatever two readers may understand in two ways is refused, so no request hides in another one:
// 400: a line that does not end in CR LF, control characters, more than one space, a folded line, a
// space before a colon, a wrong percent sign, %00, not exactly one Host (HTTP/1.1), a length that
// is not one number, given twice, or beside a Transfer-Encoding. Of targets only those that begin
// with
// '/' are taken. 413, 414, 431: beyond the limits. 417: expects what is not known. 501: a
// Transfer-Encoding. 505: another version.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hal/ports/http_server.h"

namespace holdfast::linux {

struct ParsedRequest {
  ports::HttpRequest request;  // without its peer
  bool is_http_1_1 = false;
  bool keeps_alive = false;  // the peer means to send another one
};

class RequestParser {
 public:
  explicit RequestParser(const ports::HttpLimits& limits) : limits_(limits) {}

  // Takes bytes up to the end of the request, or to what is wrong with it; says how many.
  std::size_t push(ByteView bytes);

  // A byte of the request has come.
  [[nodiscard]] bool has_begun() const { return has_begun_; }
  [[nodiscard]] bool is_whole() const { return state_ == State::whole; }
  // The status to answer, or 0. Nothing more is taken then.
  [[nodiscard]] int refusal() const { return refusal_; }
  // The peer wants to hear "100 Continue" before it sends the body.
  [[nodiscard]] bool awaits_continue() const;
  // What is whole; begins anew.
  [[nodiscard]] ParsedRequest take();

 private:
  enum class State { line, fields, body, whole, refused };

  std::size_t push_line(ByteView bytes);
  std::size_t push_body(ByteView bytes);
  void refuse(int status);
  void end_line();
  void parse_request_line();
  void parse_field();
  void end_fields();
  // 0, or what to refuse with.
  [[nodiscard]] int framing_fault();
  [[nodiscard]] int host_fault() const;
  void parse_connection();
  // How many bytes the line that is coming may have.
  [[nodiscard]] std::uint64_t line_max() const;

  ports::HttpLimits limits_;
  State state_ = State::line;
  int refusal_ = 0;
  std::string line_;         // the one that is coming
  bool has_return_ = false;  // its CR has come
  bool has_begun_ = false;
  bool has_blank_ = false;  // an empty line came before the request, which one may
  bool expects_ = false;
  std::uint64_t fields_size_ = 0;  // header lines so far, with their ends
  std::uint64_t length_ = 0;       // of the body
  ParsedRequest parsed_;
};

// Percent signs decoded; none if one is wrong or stands for a zero byte. `plus_is_space` as in
// queries, which forms write so.
[[nodiscard]] std::optional<std::string> decode_percent(std::string_view text, bool plus_is_space);

// A name of a field or method: letters, digits and a few signs.
[[nodiscard]] bool is_token(std::string_view text);
// No control characters but tabs.
[[nodiscard]] bool is_field_value(std::string_view text);
[[nodiscard]] bool is_same_name(std::string_view left, std::string_view right);

}  // namespace holdfast::linux

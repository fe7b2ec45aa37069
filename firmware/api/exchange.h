// SPDX-License-Identifier: Apache-2.0
// One request and the way back: what every answer has in common.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "firmware/api/routes.h"
#include "firmware/messages/messages.h"
#include "hal/ports/http_server.h"

namespace holdfast::api {

inline constexpr std::string_view kSessionCookie = "__Host-holdfast";

// What went wrong with a request, as programs and people see it (RFC 9457).
struct Problem {
  int status = 500;
  std::string code;         // "urn:holdfast:problem:<code>"
  std::string title;        // in the person's language
  std::string detail = {};  // what to do
  std::string where = {};   // what it is about, escaped
};

// Belongs to the thread of the request.
class Exchange {
 public:
  Exchange(const ports::HttpRequest& request, ports::HttpAnswer& answer)
      : request_(request), answer_(answer) {}

  [[nodiscard]] const ports::HttpRequest& request() const { return request_; }
  [[nodiscard]] ports::HttpAnswer& answer() { return answer_; }
  // By `?lang=`, else Accept-Language.
  [[nodiscard]] messages::Language language() const;
  [[nodiscard]] std::string_view session_token() const;  // empty: none
  // It changes something: neither GET nor HEAD.
  [[nodiscard]] bool is_change() const;
  // The browser says that a page of this very server sent it, or it is no browser.
  [[nodiscard]] bool is_same_origin() const;
  // Of the query (but `lang`), all of which is text, and of a JSON body, each of its kind.
  // invalid_argument {what "body"|"body_type"|"body_value"|"value_bytes"|"value_unknown"}.
  using KindOf = std::function<std::optional<ValueKind>(std::string_view name)>;
  [[nodiscard]] Result<Values> values(const KindOf& kind_of) const;

  // What was answered: 0 before it was, or if it was no document of ours. Of a problem its code.
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const std::string& problem_code() const { return problem_code_; }
  // Of a problem that was answered as a page.
  void set_problem_code(std::string code) { problem_code_ = std::move(code); }
  // The refusal stands in the audit log, or is counted there.
  void set_noted() { is_noted_ = true; }
  [[nodiscard]] bool is_noted() const { return is_noted_; }

  void send(int status, std::string_view type, std::string_view body,
            const ports::HttpFields& more = {});
  void send_json(int status, std::string_view document, const ports::HttpFields& more = {});
  void send_problem(const Problem& problem, const ports::HttpFields& more = {});
  void send_problem(int status, std::string_view code, std::string_view where = {},
                    const ports::HttpFields& more = {});

 private:
  const ports::HttpRequest& request_;
  ports::HttpAnswer& answer_;
  int status_ = 0;
  std::string problem_code_;
  bool is_noted_ = false;
};

// As it is sent.
[[nodiscard]] std::string problem_document(const Problem& problem);

// Title and detail are the messages "api.problem.<code>" and "api.hint.<code>".
[[nodiscard]] Problem make_problem(int status, std::string_view code, std::string_view where,
                                   messages::Language language);

// Fields of every answer: nothing is kept, framed, sniffed or run that is not ours.
[[nodiscard]] ports::HttpFields safe_fields();

// The first value of that name.
[[nodiscard]] std::optional<std::string_view> value_of(const Values& values, std::string_view name);
// False if it is not given; nothing if it is neither true nor false.
[[nodiscard]] std::optional<bool> truth_of(const Values& values, std::string_view name);

}  // namespace holdfast::api

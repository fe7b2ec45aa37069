// SPDX-License-Identifier: Apache-2.0
// The audit log as a page reads it: newest lines first, so many at a time.
#include <charconv>
#include <deque>
#include <sstream>

#include "firmware/api/api.h"
#include "firmware/api/audit_line.h"
#include "firmware/api/verb_problem.h"
#include "firmware/status/json_writer.h"

namespace holdfast::api {

namespace {

constexpr std::size_t kLinesMax = 200;

}  // namespace

void Api::answer_audit(Exchange& exchange, const Visit&, const Values& values) {
  const std::string_view before_text = value_of(values, "before").value_or("");
  std::uint64_t before = std::numeric_limits<std::uint64_t>::max();
  if (!before_text.empty()) {
    const char* end = before_text.data() + before_text.size();
    const auto parsed = std::from_chars(before_text.data(), end, before);
    if (parsed.ec != std::errc() || parsed.ptr != end) {
      return exchange.send_problem(400, "value_bytes", "before");
    }
  }
  const auto actor = value_of(values, "actor");
  const auto action = value_of(values, "action");
  std::deque<AuditLine> lines;
  const auto read = audit_.read(1, [&](const AuditLine& line) {
    const bool is_wanted =
        (!actor || line.event.actor == *actor) && (!action || line.event.action == *action);
    if (line.number >= before) return false;
    if (!is_wanted) return true;
    lines.push_front(line);
    if (lines.size() > kLinesMax) lines.pop_back();
    return true;
  });
  if (!read) return exchange.send_problem(problem_of(read.error(), exchange.language()));
  std::ostringstream text;
  {
    status::JsonWriter json(text);
    json.begin_object();
    json.field("schema", status::kJsonSchema);
    json.begin_array("lines");
    for (const AuditLine& line : lines) write_document_line(json, line);
    json.end();
    json.field("good", !read->has_value());
    json.end();
  }
  exchange.send_json(200, text.str());
}

}  // namespace holdfast::api

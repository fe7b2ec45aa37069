// SPDX-License-Identifier: Apache-2.0
// The audit log as a page reads it: newest lines first, so many at a time.
#include <charconv>
#include <limits>
#include <sstream>
#include <utility>
#include <vector>

#include "firmware/api/api.h"
#include "firmware/api/audit_line.h"
#include "firmware/api/verb_problem.h"
#include "firmware/status/json_writer.h"

namespace holdfast::api {

namespace {

constexpr std::size_t kLinesMax = 200;
constexpr std::size_t kLooksMax = 50'000;  // lines looked at for one answer

// The filter, or the name of the value that is wrong.
std::optional<std::string_view> parse_filter(const Values& values, AuditFilter& filter) {
  filter.actor = value_of(values, "actor").value_or("");
  filter.action = value_of(values, "action").value_or("");
  for (const auto& [name, time] : {std::pair("from", &filter.from), std::pair("to", &filter.to)}) {
    const std::string_view text = value_of(values, name).value_or("");
    if (text.empty()) continue;
    const auto parsed = Timestamp::parse(text);
    if (!parsed) return name;
    *time = *parsed;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_before(const Values& values) {
  const std::string_view text = value_of(values, "before").value_or("");
  std::uint64_t before = std::numeric_limits<std::uint64_t>::max();
  if (text.empty()) return before;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), before);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return before;
}

}  // namespace

void Api::answer_audit(Exchange& exchange, const Visit&, const Values& values) {
  const auto before = parse_before(values);
  if (!before) return exchange.send_problem(400, "value_bytes", "before");
  AuditFilter filter;
  if (const auto wrong = parse_filter(values, filter); wrong) {
    return exchange.send_problem(400, "value_bytes", *wrong);
  }
  std::vector<AuditLine> lines;
  std::size_t looks = 0;
  std::optional<std::uint64_t> rest;  // lines with smaller numbers were not looked at
  const auto read = audit_.read_back(*before, [&](const AuditLine& line) {
    if (filter.takes(line)) lines.push_back(line);
    if (lines.size() < kLinesMax && ++looks < kLooksMax) return true;
    rest = line.number;
    return false;
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
    rest ? json.field("before", *rest) : json.null("before");
    json.field("good", !read->has_value());
    json.end();
  }
  exchange.send_json(200, text.str());
}

// Itself a line of the log.
void Api::export_audit(Exchange& exchange, const Visit& visit, const Values& values) {
  AuditFilter filter;
  if (const auto wrong = parse_filter(values, filter); wrong) {
    return exchange.send_problem(400, "value_bytes", *wrong);
  }
  const bool is_csv = value_of(values, "csv") == "true";
  send_download(
      exchange, visit, values,
      {.verb = "audit export --csv? --actor={actor?} --action={action?} --from={from?} --to={to?}",
       .name = is_csv ? "audit.csv" : "audit.jsonl",
       .type = is_csv ? "text/csv; charset=utf-8" : "application/jsonl; charset=utf-8"});
}

}  // namespace holdfast::api

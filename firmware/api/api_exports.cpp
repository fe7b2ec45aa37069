// SPDX-License-Identifier: Apache-2.0
// What is taken out to a medium: asked for by who may hear calls, with a reason, and listed as the
// audit log has it.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>

#include "firmware/api/api.h"
#include "firmware/api/audit_line.h"
#include "firmware/api/verb_problem.h"
#include "firmware/status/json_writer.h"

namespace holdfast::api {

namespace {

constexpr std::size_t kPathsMax = 100;        // of one export
constexpr std::size_t kReasonSizeMax = 1024;  // bytes, as the command line has it
constexpr std::size_t kExportsMax = 200;
constexpr std::size_t kLooksMax = 50'000;  // lines looked at for one answer
constexpr std::string_view kBegun = "begun";

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 19 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<Problem> problem_with(const ExportWish& wish, const Values& values,
                                    const std::vector<std::string>& folders,
                                    messages::Language language) {
  constexpr std::array<std::string_view, 5> kNeeded = {"business", "snapshot", "path", "folder",
                                                       "reason"};
  for (const std::string_view name : kNeeded) {
    if (!value_of(values, name)) return make_problem(400, "value_missing", name, language);
  }
  for (const auto& [name, value] : values) {
    const bool is_bad = value.find('\0') != std::string::npos || (name == "path" && value.empty());
    if (is_bad) return make_problem(400, "value_bytes", name, language);
  }
  if (!is_number(wish.snapshot)) return make_problem(400, "value_bytes", "snapshot", language);
  if (!truth_of(values, "with_rows")) {
    return make_problem(400, "value_bytes", "with_rows", language);
  }
  if (wish.paths.size() > kPathsMax) {
    return make_problem(400, "export_paths", std::to_string(kPathsMax), language);
  }
  if (wish.reason.size() > kReasonSizeMax || !is_reason(wish.reason)) {
    return make_problem(400, "reason", {}, language);
  }
  if (std::ranges::find(folders, wish.folder) == folders.end()) {
    return make_problem(403, "export_folder", wish.folder, language);
  }
  return std::nullopt;
}

// The words of a line, by their names; of `path` there may be several.
using Words = std::multimap<std::string, std::string>;

Words words_in(const std::string& subject) {
  Words words;
  for (const std::string& word : split_audit_words(subject)) {
    const std::size_t equals = word.find('=');
    if (equals != word.npos) words.emplace(word.substr(0, equals), word.substr(equals + 1));
  }
  return words;
}

std::string word_of(const Words& words, const std::string& name) {
  const auto found = words.find(name);
  return found == words.end() ? std::string() : found->second;
}

void write_number(status::JsonWriter& json, const std::string& name, const Words& words) {
  const std::string text = word_of(words, name);
  is_number(text) ? json.field(name, static_cast<std::uint64_t>(std::stoull(text)))
                  : json.null(name);
}

// Of one that has not ended the line is that of its beginning.
void write_export(status::JsonWriter& json, const AuditLine& line, const Words& words) {
  const bool is_begun = line.event.outcome == kBegun;
  json.begin_object();
  json.field("line", line.number);
  json.field("time", line.time);
  json.path("account", line.event.actor);
  for (const char* name : {"business", "folder", "reason"}) json.path(name, word_of(words, name));
  for (const char* name : {"snapshot", "items", "bytes", "rows"}) write_number(json, name, words);
  json.begin_array("paths");
  const auto [first, last] = words.equal_range("path");
  for (auto path = first; path != last; ++path) json.path_element(path->second);
  json.end();
  is_begun ? json.null("outcome") : json.path("outcome", line.event.outcome);
  json.end();
}

}  // namespace

// Newest first: an end comes before its beginning, which has the same folder, and stands for both.
void Api::answer_exports(Exchange& exchange, const Visit&, const Values&) {
  std::vector<std::pair<AuditLine, Words>> found;
  std::multiset<std::string> ended;
  std::size_t looks = 0;
  bool is_all = true;
  const auto read = audit_.read_back(UINT64_MAX, [&](const AuditLine& line) {
    if (line.event.action == kExportAction) {
      Words words = words_in(line.event.subject);
      const std::string folder = word_of(words, "folder");
      const auto end = ended.find(folder);
      const bool is_told = line.event.outcome == kBegun && end != ended.end();
      if (is_told) ended.erase(end);
      if (line.event.outcome != kBegun) ended.insert(folder);
      if (!is_told) found.emplace_back(line, std::move(words));
    }
    is_all = found.size() < kExportsMax && ++looks < kLooksMax;
    return is_all;
  });
  if (!read) return exchange.send_problem(problem_of(read.error(), exchange.language()));
  std::ostringstream text;
  {
    status::JsonWriter json(text);
    json.begin_object();
    json.field("schema", status::kJsonSchema);
    json.begin_array("folders");
    for (const std::string& folder : exports_.get()) json.path_element(folder);
    json.end();
    json.begin_array("exports");
    for (const auto& [line, words] : found) write_export(json, line, words);
    json.end();
    json.field("all", is_all);
    json.field("good", !read->has_value());
    json.end();
  }
  exchange.send_json(200, text.str());
}

// Who may hear a call may take it out: what leaves has its numbers whole. The child that writes
// looks at the folder once more, and leaves lines of its own.
void Api::ask_export(Exchange& exchange, const Visit& visit, const Values& values) {
  ExportWish wish{.business = std::string(value_of(values, "business").value_or("")),
                  .snapshot = std::string(value_of(values, "snapshot").value_or("")),
                  .paths = {},
                  .folder = std::string(value_of(values, "folder").value_or("")),
                  .reason = std::string(value_of(values, "reason").value_or("")),
                  .with_rows = value_of(values, "with_rows") == "true",
                  .account = visit.actor.account};
  for (const auto& [name, value] : values) {
    if (name == "path") wish.paths.push_back(value);
  }
  if (auto problem = problem_with(wish, values, exports_.get(), exchange.language())) {
    note_refusal(exchange, visit, problem->code);
    return exchange.send_problem(*problem);
  }
  const std::string subject = "export " + audit_word(wish.business) + " " + audit_word(wish.reason);
  if (!note(visit, "job", subject, kBegun)) return exchange.send_problem(500, "audit");
  const auto job = state_.ask_export(wish);
  (void)note(visit, "job", subject, job ? "ok" : holdfast::name_of(job.error().code));
  if (!job) return exchange.send_problem(problem_of(job.error(), exchange.language()));
  exchange.send_json(202, "{\"schema\":1,\"job\":" + std::to_string(*job) + "}\n");
}

void Api::cancel_export(Exchange& exchange, const Visit& visit, const Values& values) {
  cancel_by(exchange, visit, values, &BoxState::cancel_export);
}

}  // namespace holdfast::api

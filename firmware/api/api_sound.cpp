// SPDX-License-Identifier: Apache-2.0
// A recording as a browser can play it, and the peaks of its sound: by `holdfast hear`.
#include <array>

#include "firmware/api/api.h"
#include "firmware/api/verb_problem.h"
#include "firmware/status/json_reader.h"

namespace holdfast::api {

namespace {

constexpr std::string_view kFacts =
    "hear --peaks={count?} --reason={reason?} -- {business} {path} {snapshot}";
constexpr std::size_t kDocumentMax = 2 << 20;  // bytes: 10,000 parts of 8 channels

}  // namespace

// What `hear` says of it; its size is kept.
std::optional<VerbAnswer> Api::ask_sound(Exchange& exchange, const Visit& visit, Values values,
                                         Content& content) {
  std::erase_if(values, [](const auto& each) { return each.first == "snapshot"; });
  values.emplace_back("snapshot", content.snapshot);
  const auto words = words_of(kFacts, values);
  if (!words) {
    exchange.send_problem(400, words.error().arguments.front().value, words.error().where);
    return std::nullopt;
  }
  auto answer = verbs_.ask(*words, visit.actor, exchange.language(), kDocumentMax);
  if (!answer) {
    exchange.send_problem(problem_of(answer.error(), exchange.language()));
    return std::nullopt;
  }
  if (!has_document(answer->exit_code)) {
    exchange.send_problem(problem_of(*answer, exchange.language()));
    return std::nullopt;
  }
  const auto json = status::read_json(answer->document);
  const auto* size = json ? json->get<std::int64_t>("bytes") : nullptr;
  if (size == nullptr || *size < 0) {
    exchange.send_problem(500, "exit", std::to_string(answer->exit_code));
    return std::nullopt;
  }
  sounds_.keep(content.tag, static_cast<std::uint64_t>(*size));
  content.size = static_cast<std::uint64_t>(*size);
  return std::move(*answer);
}

void Api::answer_peaks(Exchange& exchange, const Visit& visit, const Values& values) {
  if (!has_reason(exchange, visit, values)) return;
  auto content = find_content(exchange, visit, values);
  if (!content) return;
  const auto answer = ask_sound(exchange, visit, values, *content);
  if (answer) exchange.send_json(200, answer->document);
}

void Api::answer_sound(Exchange& exchange, const Visit& visit, const Values& values) {
  if (!has_reason(exchange, visit, values)) return;
  auto content = find_content(exchange, visit, values);
  if (!content) return;
  if (const auto known = sounds_.find(content->tag)) {
    content->size = *known;
  } else {
    Values few = values;
    few.emplace_back("count", "1");
    if (!ask_sound(exchange, visit, std::move(few), *content)) return;
  }
  content->tag.insert(1, "wav-");
  send_bytes(exchange, visit, values, *content, {"hear", "audio/wav"});
}

}  // namespace holdfast::api

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

// The ending decides what bytes without a header are taken for: two names of the same bytes may be
// two sounds.
std::string Api::sound_key(const Content& content, std::string_view path) {
  constexpr std::size_t kEndingMax = 8;
  std::string key = content.tag.substr(1, content.tag.size() - 2);
  if (key.empty()) return key;
  const std::size_t dot = path.rfind('.');
  if (dot == path.npos || path.size() - dot - 1 > kEndingMax) return key;
  for (const char letter : path.substr(dot)) {
    const bool is_plain = letter == '.' || (letter >= '0' && letter <= '9') ||
                          ((letter | 0x20) >= 'a' && (letter | 0x20) <= 'z');
    // As a decoder that knows no such ending takes it.
    if (!is_plain) return content.tag.substr(1, content.tag.size() - 2);
    key += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
  }
  return key;
}

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
  auto answer = verbs_.ask_decoded(*words, visit.actor, exchange.language(), kDocumentMax);
  if (!answer) {
    note_stopped(visit, *words, answer.error());
    send_refused(exchange, answer.error());
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
  const std::string key = sound_key(content, value_of(values, "path").value_or(""));
  if (!key.empty()) sounds_.keep(key, static_cast<std::uint64_t>(*size));
  content.size = static_cast<std::uint64_t>(*size);
  return std::move(*answer);
}

void Api::answer_peaks(Exchange& exchange, const Visit& visit, const Values& values) {
  if (!has_reason(exchange, visit, values)) return;
  auto content = find_content(exchange, values);
  if (!content) return;
  const auto answer = ask_sound(exchange, visit, values, *content);
  if (answer) exchange.send_json(200, answer->document);
}

void Api::answer_sound(Exchange& exchange, const Visit& visit, const Values& values) {
  if (!has_reason(exchange, visit, values)) return;
  auto content = find_content(exchange, values);
  if (!content) return;
  const std::string key = sound_key(*content, value_of(values, "path").value_or(""));
  if (const auto known = sounds_.find(key)) {
    content->size = *known;
  } else {
    Values few = values;
    few.emplace_back("count", "0");  // no peaks
    if (!ask_sound(exchange, visit, std::move(few), *content)) return;
  }
  // Without it a browser that asks for a part gets the whole.
  content->tag = "\"" + (key.empty() ? "" : "wav-" + key) + "\"";
  send_bytes(exchange, visit, values, *content, {"hear", "audio/wav"});
}

}  // namespace holdfast::api

// SPDX-License-Identifier: Apache-2.0
// The bytes of a recording as they are kept: whole, or the part that a player wants next.
#include <algorithm>
#include <array>

#include "firmware/api/api.h"
#include "firmware/api/audit_line.h"
#include "firmware/api/byte_range.h"
#include "firmware/api/verb_problem.h"
#include "firmware/status/json_reader.h"

namespace holdfast::api {

namespace {

// Of what `ls` says of one file, whatever its path: bytes.
constexpr std::size_t kItemDocumentMax = 64 << 10;

// What a browser may play; all else is bytes to be saved, and never shown as a page.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kTypes = {
    {{".wav", "audio/wav"},
     {".mp3", "audio/mpeg"},
     {".ogg", "audio/ogg"},
     {".opus", "audio/ogg"},
     {".flac", "audio/flac"},
     {".m4a", "audio/mp4"}}};

std::string_view type_of(std::string_view path) {
  const auto fits = [&](const auto& type) {
    return path.size() > type.first.size() &&
           std::ranges::equal(path.substr(path.size() - type.first.size()), type.first, {},
                              [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : +c; });
  };
  const auto* found = std::ranges::find_if(kTypes, fits);
  return found == kTypes.end() ? "application/octet-stream" : found->second;
}

}  // namespace

std::optional<Api::Content> Api::find_content(Exchange& exchange, const Values& values) {
  Values place = values;
  std::erase_if(place,
                [](const auto& each) { return each.first == "reason" || each.first == "count"; });
  const auto words = words_of("ls -- {business} {snapshot?} {path}", place);
  if (!words) {
    exchange.send_problem(400, words.error().arguments.front().value, words.error().where);
    return std::nullopt;
  }
  // Nobody's search: what the person asked for is noted when it is handed out.
  const auto answer = verbs_.ask(*words, Actor(), exchange.language(), kItemDocumentMax);
  // More than one item: a folder.
  const bool is_large = !answer && answer.error().code == ErrorCode::limit_exceeded &&
                        answer.error().argument("what") == "document";
  if (is_large) {
    exchange.send_problem(404, "no_content", value_of(values, "path").value_or(""));
    return std::nullopt;
  }
  if (!answer || !has_document(answer->exit_code)) {
    exchange.send_problem(answer ? problem_of(*answer, exchange.language())
                                 : problem_of(answer.error(), exchange.language()));
    return std::nullopt;
  }
  const auto json = status::read_json(answer->document);
  const auto* items = json ? json->get<status::JsonArray>("items") : nullptr;
  const auto* number = json ? json->get<std::int64_t>("snapshot") : nullptr;
  const std::string_view path = value_of(values, "path").value_or("");
  const bool has_one = items != nullptr && items->size() == 1 && number != nullptr;
  const auto* type = has_one ? items->front().get<std::string>("type") : nullptr;
  const auto* size = has_one ? items->front().get<std::int64_t>("size") : nullptr;
  if (type == nullptr || size == nullptr || *type != "regular" || *size < 0) {
    exchange.send_problem(404, "no_content", path);
    return std::nullopt;
  }
  const auto* digest = items->front().get<std::string>("digest");
  return Content{static_cast<std::uint64_t>(*size), std::to_string(*number),
                 "\"" + (digest == nullptr ? "" : *digest) + "\""};
}

// Whoever hears a call, or takes it away, says why, unless the box asks nobody. False: it has been
// answered.
bool Api::has_reason(Exchange& exchange, const Visit& visit, const Values& values) {
  const auto reason = value_of(values, "reason");
  if ((reason && is_reason(*reason)) || !rules_.get().asks_reason) return true;
  refuse(exchange, visit, 400, "reason");
  return false;
}

void Api::answer_content(Exchange& exchange, const Visit& visit, const Values& values) {
  if (!has_reason(exchange, visit, values)) return;
  const auto content = find_content(exchange, values);
  if (!content) return;
  const std::string_view type = type_of(value_of(values, "path").value_or(""));
  send_bytes(exchange, visit, values, *content, {"cat", type});
}

// It begins once its first bytes have proved; what fails later breaks the connection off, so that
// nobody takes a part for the whole.
void Api::send_bytes(Exchange& exchange, const Visit& visit, const Values& values,
                     const Content& content, const Sending& sending) {
  const auto field = ports::field_of(exchange.request().fields, "Range");
  const auto condition = ports::field_of(exchange.request().fields, "If-Range");
  const bool is_same = !condition || *condition == content.tag;
  const RangeAnswer asked = field && is_same ? parse_range(*field, content.size) : RangeAnswer{};
  const std::string size = std::to_string(content.size);
  if (asked.is_beyond) {
    return exchange.send_problem(416, "range", size, {{"Content-Range", "bytes */" + size}});
  }
  const ByteRange range = asked.range.value_or(ByteRange{0, content.size});
  ports::HttpFields fields = safe_fields();
  fields.emplace_back("Content-Type", sending.type);
  fields.emplace_back("Accept-Ranges", "bytes");
  fields.emplace_back("ETag", content.tag);
  if (asked.range) {
    fields.emplace_back("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                             std::to_string(range.first + range.count - 1) + "/" +
                                             size);
  }
  bool has_begun = false;
  const auto begin = [&]() -> Result<void> {
    HF_TRY(exchange.answer().begin(asked.range ? 206 : 200, fields, range.count));
    has_begun = true;
    return {};
  };
  if (exchange.request().method == "HEAD" || range.count == 0) {
    (void)begin();
    return;
  }
  const auto words = words_of_part(values, content, sending.verb, asked.range);
  if (!words) {
    return exchange.send_problem(400, words.error().arguments.front().value, words.error().where);
  }
  exchange.answer().let_pause([&] { return is_still_there(exchange, visit); });
  const std::string topic = std::string(sending.verb) + " " + content.snapshot + " " +
                            std::string(value_of(values, "path").value_or(""));
  std::uint64_t left = range.count;
  const auto exit_code = verbs_.stream(
      *words, visit.actor, exchange.language(),
      [&](ByteView bytes) -> Result<void> {
        if (!has_begun) HF_TRY(begin());
        left -= std::min<std::uint64_t>(left, bytes.size());
        HF_TRY(exchange.answer().write(bytes));
        (void)sessions_.find(exchange.session_token());  // who listens uses the session
        return {};
      },
      topic);
  if (!exit_code) note_stopped(visit, *words, exit_code.error());
  if (has_begun) {
    // Also when all bytes have left: what was proved last may be what does not hold.
    if (!exit_code || *exit_code != 0 || left > 0) exchange.answer().fail();
    return;
  }
  if (!exit_code) return send_refused(exchange, exit_code.error());
  exchange.send_problem(problem_of(VerbAnswer{*exit_code, {}}, exchange.language()));
}

// What a verb cannot say itself: that it was given up, or died. Which parts of a hearing have no
// lines of their own it alone knows: so this one stands there in any case.
void Api::note_stopped(const Visit& visit, const std::vector<std::string>& words,
                       const Error& error) {
  const bool is_slow = api::refusal_of(error) == "slow";
  if (!is_slow && error.code != ErrorCode::internal) return;
  std::string subject;
  for (const std::string& word : words) subject += (subject.empty() ? "" : " ") + audit_word(word);
  (void)note(visit, words.front(), subject, is_slow ? "slow" : error.argument("what"));
}

void Api::send_refused(Exchange& exchange, const Error& error) {
  constexpr std::string_view kBusySeconds = "3";
  ports::HttpFields more;
  if (api::refusal_of(error) == "busy") more.emplace_back("Retry-After", kBusySeconds);
  exchange.send_problem(problem_of(error, exchange.language()), more);
}

Result<std::vector<std::string>> Api::words_of_part(const Values& values, const Content& content,
                                                    std::string_view verb,
                                                    const std::optional<ByteRange>& part) {
  Values pinned = {{"snapshot", content.snapshot}};
  for (const auto& [name, value] : values) {
    if (name != "snapshot") pinned.emplace_back(name, value);
  }
  std::string words(verb);
  // Whole, it is proved by its own digest, too; of a part each chunk proves itself.
  if (part) {
    words += " --from-byte={first} --bytes={count}";
    pinned.emplace_back("first", std::to_string(part->first));
    pinned.emplace_back("count", std::to_string(part->count));
  }
  return words_of(words + " --reason={reason?} -- {business} {path} {snapshot}", pinned);
}

}  // namespace holdfast::api

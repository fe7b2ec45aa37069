// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/exchange.h"

#include <algorithm>
#include <sstream>

#include "firmware/status/json_reader.h"
#include "firmware/status/json_writer.h"
#include "hal/base/path.h"

namespace holdfast::api {

namespace {

constexpr std::size_t kBodyDepthMax = 4;
constexpr std::string_view kScheme = "https://";  // pages come over no other
constexpr std::size_t kValuesMax = 1000;          // with the containers that they stand in

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Error bad_body(std::string_view what, std::string_view where = {}) {
  return make_error(ErrorCode::invalid_argument, std::string(where), {{"what", std::string(what)}});
}

// As a word of the command line; nothing if it is of another kind.
std::optional<std::string> word_of(const status::JsonValue& value, ValueKind kind) {
  if (kind == ValueKind::number) {
    const auto* number = value.as<std::int64_t>();
    if (number == nullptr) return std::nullopt;
    return std::to_string(*number);
  }
  if (kind == ValueKind::truth) {
    const auto* truth = value.as<bool>();
    if (truth == nullptr) return std::nullopt;
    return *truth ? "true" : "false";
  }
  const auto* text = value.as<std::string>();
  if (text == nullptr) return std::nullopt;
  return *text;
}

Result<void> add_member(const std::string& key, const status::JsonValue& value, ValueKind kind,
                        Values& values) {
  const auto* list = value.as<status::JsonArray>();
  if (list != nullptr && kind != ValueKind::texts) return bad_body("value_bytes", key);
  if (list == nullptr) {
    auto word = word_of(value, kind);
    if (!word || kind == ValueKind::texts) return bad_body("body_value", key);
    values.emplace_back(key, std::move(*word));
    return {};
  }
  for (const status::JsonValue& each : *list) {
    auto word = word_of(each, kind);
    if (!word) return bad_body("body_value", key);
    values.emplace_back(key, std::move(*word));
  }
  return {};
}

}  // namespace

ports::HttpFields safe_fields() {
  return {{"Cache-Control", "no-store"},
          {"Content-Security-Policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
           "media-src 'self' blob:; connect-src 'self'; font-src 'self'; form-action 'self'; "
           "base-uri 'none'; frame-ancestors 'none'"},
          {"X-Content-Type-Options", "nosniff"},
          // With no-referrer a browser says `Origin: null` of a form without scripts, too.
          {"Referrer-Policy", "same-origin"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Strict-Transport-Security", "max-age=31536000"}};
}

std::optional<std::string_view> value_of(const Values& values, std::string_view name) {
  const auto found = std::ranges::find(values, name, &Values::value_type::first);
  if (found == values.end()) return std::nullopt;
  return found->second;
}

messages::Language Exchange::language() const {
  auto wanted = value_of(request_.query, "lang");
  if (!wanted) wanted = ports::field_of(request_.fields, "Accept-Language");
  // The first one named is the one liked best, in what browsers send.
  const bool is_chinese = wanted && trimmed(*wanted).starts_with("zh");
  return is_chinese ? messages::Language::chinese : messages::Language::english;
}

std::string_view Exchange::session_token() const {
  std::string_view rest = ports::field_of(request_.fields, "Cookie").value_or("");
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find(';'), rest.size());
    const std::string_view pair = trimmed(rest.substr(0, length));
    const std::size_t equals = pair.find('=');
    if (equals != pair.npos && pair.substr(0, equals) == kSessionCookie) {
      return pair.substr(equals + 1);
    }
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  return {};
}

bool Exchange::is_change() const {
  return request_.method != "GET" && request_.method != "HEAD";
}

bool Exchange::is_same_origin() const {
  const auto site = ports::field_of(request_.fields, "Sec-Fetch-Site");
  if (site && *site != "same-origin" && *site != "none") return false;
  const auto origin = ports::field_of(request_.fields, "Origin");
  if (!origin) return true;
  const auto host = ports::field_of(request_.fields, "Host");
  return host && origin->starts_with(kScheme) && origin->substr(kScheme.size()) == *host;
}

std::optional<bool> truth_of(const Values& values, std::string_view name) {
  const std::string_view value = value_of(values, name).value_or("false");
  if (value != "true" && value != "false") return std::nullopt;
  return value == "true";
}

Result<Values> Exchange::values(const KindOf& kind_of) const {
  Values values;
  for (const auto& [name, value] : request_.query) {
    if (name != "lang") {
      values.emplace_back(name, value);
    } else if (value != "en" && value != "zh-CN") {
      return bad_body("value_bytes", name);
    }
  }
  if (!request_.body.empty()) {
    const auto type = ports::field_of(request_.fields, "Content-Type").value_or("");
    if (trimmed(type.substr(0, type.find(';'))) != "application/json") return bad_body("body_type");
    const auto json = status::read_json(text_of(request_.body), kBodyDepthMax, kValuesMax);
    const auto* object = json ? json->as<status::JsonObject>() : nullptr;
    if (object == nullptr) return bad_body("body");
    for (const auto& [key, value] : *object) {
      const auto kind = kind_of(key);
      if (!kind) return bad_body("value_unknown", key);
      HF_TRY(add_member(key, value, *kind, values));
    }
  }
  if (values.size() > kValuesMax) return bad_body("body");
  return values;
}

void Exchange::send(int status, std::string_view type, std::string_view body,
                    const ports::HttpFields& more) {
  status_ = status;
  ports::HttpFields fields = safe_fields();
  if (!type.empty()) fields.emplace_back("Content-Type", type);
  fields.insert(fields.end(), more.begin(), more.end());
  const auto begun = answer_.begin(status, fields, body.size());
  const bool is_busy = !begun && begun.error().code == ErrorCode::limit_exceeded;
  if (is_busy && status != 503) return send_problem(503, "busy");
  // If the peer is gone there is nobody left to tell.
  if (begun && request_.method != "HEAD") (void)answer_.write(view_of(body));
}

void Exchange::send_json(int status, std::string_view document, const ports::HttpFields& more) {
  send(status, "application/json", document, more);
}

std::string problem_document(const Problem& problem) {
  std::ostringstream text;
  {
    status::JsonWriter json(text);
    json.begin_object();
    json.field("schema", status::kJsonSchema);
    json.field("type", "urn:holdfast:problem:" + problem.code);
    json.field("title", problem.title);
    json.field("status", problem.status);
    if (!problem.detail.empty()) json.field("detail", problem.detail);
    if (!problem.where.empty()) json.field("where", problem.where);
    json.end();
  }
  return text.str();
}

void Exchange::send_problem(const Problem& problem, const ports::HttpFields& more) {
  problem_code_ = problem.code;
  send(problem.status, "application/problem+json", problem_document(problem), more);
}

void Exchange::send_problem(int status, std::string_view code, std::string_view where,
                            const ports::HttpFields& more) {
  send_problem(make_problem(status, code, where, language()), more);
}

Problem make_problem(int status, std::string_view code, std::string_view where,
                     messages::Language language) {
  const messages::Arguments arguments = {{"where", std::string(where)}};
  const std::string key(code);
  return {status, key, messages::render(language, "api.problem." + key, arguments),
          messages::render(language, "api.hint." + key, arguments), escape_path(where)};
}

}  // namespace holdfast::api

// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/plain_page.h"

#include <algorithm>
#include <array>

#include "firmware/messages/value_text.h"
#include "firmware/status/document.h"
#include "firmware/status/html.h"
#include "firmware/status/json_reader.h"

namespace holdfast::api {

namespace {

using status::escape_html;
using status::JsonArray;
using status::JsonValue;

std::string element(std::string_view name, std::string_view text) {
  const std::string tag(name);
  return "<" + tag + ">" + escape_html(text) + "</" + tag + ">\n";
}

std::string page(std::string_view body, messages::Language language) {
  const bool is_chinese = language == messages::Language::chinese;
  return "<!doctype html>\n<html lang=\"" + std::string(is_chinese ? "zh-CN" : "en") +
         "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width, initial-scale=1\"><title>" +
         escape_html(messages::render(language, "web.plain.title")) +
         "</title><link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" "
         "href=\"/style.css\"></head>\n<body><main><h1>Holdfast</h1>\n" +
         std::string(body) + "</main></body></html>\n";
}

std::string text_of_key(const JsonValue& json, std::string_view key) {
  const auto* text = json.get<std::string>(key);
  return text == nullptr ? std::string() : *text;
}

// Nobody has told this page on which clock it is read.
std::string time_of_key(const JsonValue& json, std::string_view key) {
  const auto time = Timestamp::parse(text_of_key(json, key));
  return time ? messages::utc_text(*time) : std::string();
}

std::string input(std::string_view name, std::string_view type, std::string_view label) {
  return "<label><span>" + escape_html(label) + "</span><input name=\"" + std::string(name) +
         "\" type=\"" + std::string(type) + "\"></label>\n";
}

std::string reason_list(const JsonValue& box, messages::Language language) {
  const auto* reasons = box.get<JsonArray>("reasons");
  if (reasons == nullptr || reasons->empty()) return {};
  const char* key = language == messages::Language::chinese ? "zh-CN" : "en";
  std::string list = "<ul>\n";
  for (const JsonValue& reason : *reasons) {
    const JsonValue* texts = reason.get("texts");
    const std::string own = texts == nullptr ? std::string() : text_of_key(*texts, key);
    list += element("li", own.empty() ? text_of_key(reason, "what") : own);
  }
  return list + "</ul>\n";
}

std::string fact(std::string_view name, std::string_view value) {
  return "<div>" + element("dt", name) + element("dd", value) + "</div>\n";
}

// As the pages write it.
std::string span_text(std::int64_t seconds, messages::Language language) {
  struct Unit {
    const char* key;
    std::int64_t seconds;
    std::int64_t below;  // of its seconds
  };
  constexpr std::array<Unit, 3> kUnits = {
      {{"web.seconds", 1, 90}, {"web.minutes", 60, 90 * 60}, {"web.hours", 3600, 48 * 3600}}};
  constexpr Unit kDays{"web.days", 86'400, 0};
  const auto* unit =
      std::ranges::find_if(kUnits, [&](const Unit& each) { return seconds < each.below; });
  const Unit& fit = unit == kUnits.end() ? kDays : *unit;
  const std::int64_t count = (seconds + fit.seconds / 2) / fit.seconds;
  return messages::render(language, fit.key, {{"count", std::to_string(count)}});
}

std::string age_text(const JsonValue& business, messages::Language language) {
  const auto* proved = business.get<std::int64_t>("rpo_seconds");
  const auto* target = business.get<std::int64_t>("rpo_target_seconds");
  std::string text = messages::render(language, "web.never");
  if (proved != nullptr) text = span_text(*proved, language);
  if (target == nullptr) return text;
  return messages::render(language, "web.status.rpo_of",
                          {{"proved", text}, {"target", span_text(*target, language)}});
}

// How many disks may still go, and of each business how old what is safe of it is.
std::string risk_list(const JsonValue& box, messages::Language language) {
  std::string list;
  const JsonValue* pool = box.get("pool");
  const auto* may_lose = pool == nullptr ? nullptr : pool->get<std::int64_t>("may_lose");
  if (may_lose != nullptr) {
    list += fact(messages::render(language, "web.disks.may_lose"), std::to_string(*may_lose));
  }
  const std::string age = messages::render(language, "web.status.rpo");
  const auto* businesses = box.get<JsonArray>("businesses");
  if (businesses != nullptr) {
    for (const JsonValue& business : *businesses) {
      list += fact(text_of_key(business, "name") + ": " + age, age_text(business, language));
    }
  }
  return list;
}

std::string complaint_list(const JsonValue& json) {
  const auto* complaints = json.get<JsonArray>("complaints");
  if (complaints == nullptr || complaints->empty()) return {};
  std::string list = "<ul>\n";
  for (const JsonValue& complaint : *complaints) {
    const auto* text = complaint.as<std::string>();
    if (text != nullptr) list += "<li class=\"attention\">" + escape_html(*text) + "</li>\n";
  }
  return list + "</ul>\n";
}

std::string proof_list(const JsonValue& box, messages::Language language) {
  std::string list;
  for (const char* kind : {"backup", "verify", "drill", "sync"}) {
    const std::string time = time_of_key(box, std::string("last_") + kind);
    const std::string label = messages::render(language, std::string("web.status.last_") + kind);
    list += fact(label, time.empty() ? messages::render(language, "web.never") : time);
  }
  return list;
}

std::string room_line(const JsonValue& box, messages::Language language) {
  const JsonValue* pool = box.get("pool");
  if (pool == nullptr) return {};
  status::Fill fill;
  if (const auto* fills = pool->get<bool>("filling")) {
    fill.filling = *fills ? status::Filling::yes : status::Filling::no;
  }
  if (const auto* days = pool->get<std::int64_t>("full_in_days")) {
    fill.days = static_cast<std::uint64_t>(*days);
  }
  return element("p", status::text_of(language, fill));
}

int digit_of(char each) {
  if (each >= '0' && each <= '9') return each - '0';
  if (each >= 'a' && each <= 'f') return each - 'a' + 10;
  if (each >= 'A' && each <= 'F') return each - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const int high = place + 2 < text.size() ? digit_of(text[place + 1]) : -1;
    const int low = place + 2 < text.size() ? digit_of(text[place + 2]) : -1;
    if (text[place] == '%' && high >= 0 && low >= 0) {
      out += static_cast<char>(16 * high + low);
      place += 2;
    } else {
      out += text[place] == '+' ? ' ' : text[place];
    }
  }
  return out;
}

}  // namespace

std::string plain_status(std::string_view document, messages::Language language) {
  const auto json = status::read_json(document);
  const JsonValue* box = json ? json->get("box") : nullptr;
  const std::string trouble = json ? text_of_key(*json, "trouble") : std::string();
  const std::string verdict =
      box == nullptr || !trouble.empty() ? "danger" : text_of_key(*box, "verdict");
  std::string body = "<section class=\"verdict " + escape_html(verdict) + "\">\n" +
                     element("h2", messages::render(language, "cli.verdict." + verdict));
  if (!trouble.empty()) body += element("p", trouble);
  if (box != nullptr) body += reason_list(*box, language);
  body += "</section>\n";
  if (json) body += complaint_list(*json);
  if (box != nullptr) {
    body += "<dl class=\"facts\">\n" + risk_list(*box, language) + proof_list(*box, language) +
            "</dl>\n" + room_line(*box, language);
  }
  const std::string taken = json ? time_of_key(*json, "taken") : std::string();
  const char* as_of = taken.empty() ? "web.plain.not_yet" : "web.plain.reload";
  body += element("p", messages::render(language, as_of, {{"time", taken}}));
  return page(body, language);
}

std::string plain_login(std::string_view problem, messages::Language language) {
  const auto text = [&](std::string_view key) { return messages::render(language, key); };
  std::string body = element("h2", text("web.login.title"));
  if (!problem.empty()) body += "<p class=\"failure\">" + escape_html(problem) + "</p>\n";
  body += "<form method=\"post\" action=\"/plain\" class=\"line\">\n" +
          input("account", "text", text("web.login.account")) +
          input("password", "password", text("web.password")) +
          input("code", "text", text("web.login.code")) + "<button>" +
          escape_html(text("web.login.enter")) + "</button></form>\n";
  return page(body, language);
}

Values parse_form(std::string_view body) {
  Values values;
  while (!body.empty()) {
    const std::size_t length = std::min(body.find('&'), body.size());
    const std::string_view pair = body.substr(0, length);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string value = equals < pair.size() ? decoded(pair.substr(equals + 1)) : std::string();
    // A field that was left empty is one that was not given.
    if (!value.empty()) values.emplace_back(decoded(pair.substr(0, equals)), std::move(value));
    body.remove_prefix(std::min(length + 1, body.size()));
  }
  return values;
}

}  // namespace holdfast::api

// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/alert.h"

#include <algorithm>

#include "firmware/status/document.h"
#include "firmware/status/json_reader.h"
#include "hal/base/path.h"

namespace holdfast::appliance {

namespace {

using status::JsonArray;
using status::JsonValue;

// Of each text: a path may have some thousand bytes, and the book is to stay small.
constexpr std::size_t kTextMax = 1024;

std::string cut(std::string_view text) {
  if (text.size() <= kTextMax) return std::string(text);
  std::size_t end = kTextMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "\u2026";
}

std::string text_in(const JsonValue& json, std::string_view key) {
  const auto* text = json.get<std::string>(key);
  return text == nullptr ? std::string() : cut(*text);
}

bool is_said_unseen(const JsonValue& json) {
  const auto* is_seen = json.get<bool>("looked_at");
  return json.as<JsonValue::Null>() != nullptr || (is_seen != nullptr && !*is_seen);
}

}  // namespace

// Of sums over all businesses each has a part.
bool Unseen::may_be_over(const Calling& calling) const {
  if (is_pool_unseen) return false;
  if (businesses.empty()) return true;
  return !calling.where.empty() &&
         std::ranges::none_of(businesses, [&](const std::string& business) {
           return calling.where == business || calling.where.starts_with(business + "/");
         });
}

Unseen unseen_in(std::string_view document) {
  Unseen unseen;
  const auto json = status::read_json(document);
  if (!json) return {.is_pool_unseen = true};
  const JsonValue* pool = json->get("pool");
  unseen.is_pool_unseen = pool != nullptr && is_said_unseen(*pool);
  const auto* businesses = json->get<JsonArray>("businesses");
  if (businesses == nullptr) return unseen;
  for (const JsonValue& each : *businesses) {
    if (is_said_unseen(each)) unseen.businesses.push_back(text_in(each, "name"));
  }
  return unseen;
}

std::optional<std::vector<Calling>> callings_in(std::string_view document) {
  const auto json = status::read_json(document);
  const auto* reasons = json ? json->get<JsonArray>("reasons") : nullptr;
  if (reasons == nullptr) return std::nullopt;
  std::vector<Calling> callings;
  for (const JsonValue& each : *reasons) {
    const std::string level = text_in(each, "level");
    const bool is_danger = level == name_of(status::Verdict::danger);
    if (!is_danger && level != name_of(status::Verdict::attention)) continue;
    Calling calling{.origin = AlertOrigin::box,
                    .level = is_danger ? status::Verdict::danger : status::Verdict::attention,
                    .code = text_in(each, "code"),
                    .where = text_in(each, "where")};
    if (calling.code.empty()) continue;
    if (const JsonValue* texts = each.get("texts")) {
      calling.english = text_in(*texts, "en");
      calling.chinese = text_in(*texts, "zh-CN");
    }
    callings.push_back(std::move(calling));
  }
  return callings;
}

std::vector<Calling> callings_of(const std::vector<status::Reason>& reasons) {
  std::vector<Calling> callings;
  for (const status::Reason& reason : reasons) {
    if (reason.level == status::Verdict::ok) continue;
    status::ReasonTexts texts = texts_of(reason);
    callings.push_back({.origin = AlertOrigin::appliance,
                        .level = reason.level,
                        .code = reason.code,
                        .where = cut(escape_path(reason.where)),
                        .english = cut(texts.english),
                        .chinese = cut(texts.chinese)});
  }
  return callings;
}

}  // namespace holdfast::appliance

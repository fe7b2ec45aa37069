// SPDX-License-Identifier: Apache-2.0
#include "firmware/messages/messages.h"

#include <algorithm>
#include <optional>

#include "firmware/messages/table.h"
#include "firmware/messages/value_text.h"
#include "hal/base/path.h"

namespace holdfast::messages {

namespace {

std::optional<std::string_view> find_text(Language language, std::string_view key) {
  const auto entries = table();
  const auto found = std::ranges::lower_bound(entries, key, {}, &Entry::key);
  if (found == entries.end() || found->key != key) return std::nullopt;
  return language == Language::chinese ? found->chinese : found->english;
}

std::string_view text_of_key(Language language, std::string_view key) {
  return find_text(language, key).value_or(key);
}

// Arguments that libraries fill with fixed words of their own.
bool takes_fixed_words(std::string_view name) {
  return name == "what" || name == "operation" || name == "reason";
}

// A fixed word in the person's language; what comes from outside as it is, escaped.
std::string words_of(Language language, std::string_view value) {
  const auto text = find_text(language, "what." + std::string(value));
  return text ? std::string(*text) : escape_path(value);
}

// Names are escaped here and only here: words that were made of another message have theirs
// escaped.
std::string shown_value(Language language, const Arguments& arguments, std::string_view name) {
  const auto found = std::ranges::find(arguments, name, &ErrorArgument::key);
  if (found == arguments.end()) return {};
  if (found->is_words) return found->value;
  if (name == "opens") {
    if (const auto time = Timestamp::parse(found->value)) return utc_text(*time);
  }
  return takes_fixed_words(name) ? words_of(language, found->value) : escape_path(found->value);
}

// Puts `value_of_name(name)` in the place of each `{name}`.
template <class ValueOfName>
std::string fill(std::string_view text, ValueOfName value_of_name) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    const std::size_t close = text.find('}', open);
    filled += text.substr(0, open);
    if (close == std::string_view::npos) break;
    filled += value_of_name(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
  return filled;
}

std::string key_of(std::string_view section, ErrorCode code) {
  return std::string(section) + "." + std::string(name_of(code));
}

}  // namespace

std::string render(Language language, std::string_view key, const Arguments& arguments) {
  return fill(text_of_key(language, key),
              [&](std::string_view name) { return shown_value(language, arguments, name); });
}

namespace {

// A disk of this pool that is none any more: what else is one must not be wiped.
bool has_left(const Error& error) {
  return error.code == ErrorCode::disk_is_member && !error.argument("left").empty();
}

// Where one code calls for something else to be done; nothing: for what it always does.
std::string_view special_hint(const Error& error) {
  // Too many open files, no more threads: no disk or cable is to be looked at.
  if (error.code == ErrorCode::io && error.is_of_process()) return "layout.process_limit_hint";
  if (error.code == ErrorCode::pool_full && !error.arguments.empty()) {
    return "layout.pool_waits_hint";
  }
  if (has_left(error)) return "layout.disk_left_hint";
  const bool has_place = !error.argument("place").empty();
  if (error.code == ErrorCode::disk_is_member && has_place) return "layout.disk_place_hint";
  const bool joins = !error.argument("reserve").empty();
  if (error.code == ErrorCode::no_space && joins) return "layout.disk_room_hint";
  return {};
}

}  // namespace

std::string render_error(Language language, const Error& error) {
  const std::string key = has_left(error) ? "layout.disk_left" : key_of("error", error.code);
  std::string message = render(language, key, error.arguments);
  if (error.where.empty()) return message;
  return fill(text_of_key(language, "layout.error_at"), [&](std::string_view name) {
    return name == "where" ? words_of(language, error.where) : message;
  });
}

std::string render_hint(Language language, const Error& error) {
  const std::string_view special = special_hint(error);
  if (!special.empty()) return render(language, special, error.arguments);
  return render(language, key_of("hint", error.code), error.arguments);
}

}  // namespace holdfast::messages

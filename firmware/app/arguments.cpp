// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/arguments.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "firmware/api/call_rules.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kTagSizeMax = 255;

// All of the text as a decimal number that fits.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (!is_number(text) || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

Error usage_error(messages::Language language, std::string_view key,
                  const messages::Arguments& arguments) {
  return make_error(ErrorCode::invalid_argument, {},
                    {{"what", messages::render(language, key, arguments), true}});
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<std::uint64_t> parse_count(const std::string& text, std::string_view option,
                                  std::uint64_t otherwise, messages::Language language) {
  if (text.empty()) return otherwise;
  const auto number = parse_number<std::uint64_t>(text);
  if (number) return *number;
  return usage_error(language, "cli.usage.bad_count", {{"option", std::string(option)}});
}

Result<void> check_reason(const std::string& reason, messages::Language language) {
  constexpr std::size_t kReasonSizeMax = 1024;
  if (reason.empty()) return {};
  if (reason.size() <= kReasonSizeMax && api::is_reason(reason)) return {};
  return usage_error(language, "cli.usage.bad_reason");
}

Result<std::string> parse_item_path(std::string_view text, messages::Language language) {
  const std::string_view typed = text;
  if (text == ".") return std::string();
  while (text.starts_with("./")) text.remove_prefix(2);
  while (text.ends_with('/')) text.remove_suffix(1);
  if (text.empty() && !typed.starts_with("./")) {
    return usage_error(language, "cli.usage.bad_path", {{"path", std::string(typed)}});
  }
  auto path = unescape_path(text);
  if (!path || (!path->empty() && !is_safe_relative_path(*path))) {
    return usage_error(language, "cli.usage.bad_path", {{"path", std::string(typed)}});
  }
  return path;
}

namespace {

constexpr std::string_view kGlobLetters = "*?[";

// Bytes that a glob takes for what they are.
std::string quoted_for_glob(std::string_view bytes) {
  std::string quoted;
  for (const char byte : bytes) {
    if (byte == '\\' || kGlobLetters.find(byte) != std::string_view::npos) quoted += '\\';
    quoted += byte;
  }
  return quoted;
}

// Length of the escape of a listing at the front of `text`; 0: a glob's own backslash.
std::size_t escape_length(std::string_view text) {
  if (text.starts_with("\\x")) return 4;
  return text.starts_with("\\\\") ? 2 : 0;
}

Result<std::string> unescape_glob(std::string_view text) {
  std::string glob;
  while (!text.empty()) {
    if (const std::size_t length = escape_length(text); length > 0) {
      HF_TRY(const std::string bytes, unescape_path(text.substr(0, length)));
      glob += quoted_for_glob(bytes);
      text.remove_prefix(std::min(text.size(), length));
      continue;
    }
    const std::size_t length = text.front() == '\\' ? std::min<std::size_t>(text.size(), 2) : 1;
    glob += text.substr(0, length);
    text.remove_prefix(length);
  }
  return glob;
}

}  // namespace

Result<std::string> parse_pattern(std::string_view text, messages::Language language) {
  const bool is_glob = text.find_first_of(kGlobLetters) != std::string_view::npos;
  auto pattern = is_glob ? unescape_glob(text) : unescape_path(text);
  if (!pattern) {
    return usage_error(language, "cli.usage.bad_pattern", {{"text", std::string(text)}});
  }
  // A star that was escaped stands for itself.
  const bool looks_glob = pattern->find_first_of(kGlobLetters) != std::string::npos;
  if (!is_glob && looks_glob) return "*" + quoted_for_glob(*pattern) + "*";
  return pattern;
}

Result<vault::SnapshotSelector> parse_snapshot(const std::string& text,
                                               messages::Language language) {
  vault::SnapshotSelector selector;
  if (text.empty() || text == "latest") return selector;
  selector.number = parse_number<std::uint64_t>(text);
  if (!selector.number) return usage_error(language, "cli.usage.bad_snapshot", {{"text", text}});
  return selector;
}

Result<vault::SnapshotSelector> parse_restore_snapshot(const RestoreOptions& options,
                                                       messages::Language language) {
  const std::array words = {&options.snapshot, &options.number, &options.tag, &options.at};
  const auto given = std::ranges::count_if(words, [](auto* word) { return !word->empty(); });
  if (given > 1) return usage_error(language, "cli.usage.one_snapshot");
  const std::string& number = options.number.empty() ? options.snapshot : options.number;
  HF_TRY(auto selector, parse_snapshot(number, language));
  if (!options.tag.empty()) selector.tag = options.tag;
  if (!options.at.empty()) {
    const auto time = Timestamp::parse(options.at);
    if (!time) return usage_error(language, "cli.usage.bad_time", {{"text", options.at}});
    selector.at = *time;
  }
  return selector;
}

Result<ListPlace> parse_list_place(const std::vector<std::string>& words,
                                   messages::Language language) {
  ListPlace place;
  std::size_t next = 0;
  if (next < words.size() && is_number(words[next])) {
    HF_TRY(place.snapshot, parse_snapshot(words[next], language));
    ++next;
  }
  if (next < words.size()) {
    HF_TRY(place.path, parse_item_path(words[next], language));
    ++next;
  }
  if (next < words.size()) {
    return usage_error(language, "cli.usage.unexpected", {{"word", words[next]}});
  }
  return place;
}

Result<GeometryChoice> parse_geometry(const std::string& text, messages::Language language) {
  GeometryChoice choice;
  if (text == "auto") return choice;
  if (text == "half") {
    choice.policy = pool::GeometryPolicy::half;
    return choice;
  }
  const std::size_t plus = text.find('+');
  if (plus != std::string::npos) {
    const auto k = parse_number<std::uint8_t>(std::string_view(text).substr(0, plus));
    const auto m = parse_number<std::uint8_t>(std::string_view(text).substr(plus + 1));
    if (k && m) {
      choice.policy = pool::GeometryPolicy::fixed;
      choice.fixed = erasure::Geometry{*k, *m};
      return choice;
    }
  }
  return usage_error(language, "cli.usage.bad_geometry", {{"text", text}});
}

Result<keys::ShareCount> parse_share_count(const std::string& text, messages::Language language) {
  constexpr std::string_view kOf = "of";
  const std::size_t middle = text.find(kOf);
  if (middle != std::string::npos) {
    const std::string_view words = text;
    const auto needed = parse_number<std::uint8_t>(words.substr(0, middle));
    const auto made = parse_number<std::uint8_t>(words.substr(middle + kOf.size()));
    if (needed && made && keys::ShareCount{*needed, *made}.valid()) {
      return keys::ShareCount{*needed, *made};
    }
  }
  return usage_error(language, "cli.usage.bad_shares", {{"text", text}});
}

Result<void> check_tag(const std::string& tag, messages::Language language) {
  const bool good = !tag.empty() && tag.size() <= kTagSizeMax && !is_number(tag) &&
                    tag != "latest" && escape_path(tag) == tag;
  if (good) return {};
  return usage_error(language, "cli.usage.bad_tag", {{"text", tag}});
}

}  // namespace holdfast::app

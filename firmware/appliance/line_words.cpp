// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/line_words.h"

#include <algorithm>
#include <charconv>

#include "firmware/vault/checked_line.h"
#include "hal/base/path.h"

namespace holdfast::appliance {

namespace {

constexpr std::size_t kCheckSize = 10;  // " #" and eight digits

}  // namespace

std::string word_text(const std::string& word) {
  if (word.empty()) return std::string(kNoWord);
  if (word == kNoWord) return "\\x2d";
  std::string text;
  for (const char each : escape_path(word)) {
    if (each == ' ') {
      text += "\\x20";
    } else {
      text += each;
    }
  }
  return text;
}

std::string word_text(const std::optional<Timestamp>& time) {
  return time ? time->rfc3339() : std::string(kNoWord);
}

std::string_view LineWords::next() {
  if (is_at_end_) {
    has_failed_ = true;
    return {};
  }
  const std::size_t end = rest_.find(' ');
  const std::string_view word = rest_.substr(0, end);
  is_at_end_ = end == std::string_view::npos;
  if (!is_at_end_) rest_.remove_prefix(end + 1);
  return word;
}

std::string LineWords::text() {
  const std::string_view word = next();
  if (word == kNoWord) return {};
  auto plain = unescape_path(word);
  has_failed_ = has_failed_ || !plain;
  return plain ? std::move(*plain) : std::string();
}

std::uint64_t LineWords::number(std::uint64_t most) {
  const std::string_view word = next();
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), number);
  has_failed_ = has_failed_ || parsed.ec != std::errc() ||
                parsed.ptr != word.data() + word.size() || number > most;
  return number;
}

std::optional<Timestamp> LineWords::time() {
  const std::string_view word = next();
  if (word == kNoWord) return std::nullopt;
  const auto time = Timestamp::parse(word);
  has_failed_ = has_failed_ || !time;
  return time ? std::optional(*time) : std::nullopt;
}

Timestamp LineWords::known_time() {
  const auto known = time();
  has_failed_ = has_failed_ || !known;
  return known.value_or(Timestamp());
}

std::uint64_t for_each_line(std::string_view text,
                            const std::function<void(LineWords& words)>& take) {
  std::uint64_t damaged = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto checked = vault::words_of_line(line);
    // One without a check is taken as it is there: not here, where no line was ever without.
    if (!checked || checked->size() + kCheckSize != line.size()) {
      ++damaged;
      continue;
    }
    LineWords words(*checked);
    take(words);
  }
  return damaged;
}

}  // namespace holdfast::appliance

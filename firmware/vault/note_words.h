// SPDX-License-Identifier: Apache-2.0
// Words of notes in home (checked_line.h), one after the other.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::vault {

inline constexpr std::string_view kNoWord = "-";  // for what there is not

[[nodiscard]] inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    parts.push_back(text.substr(0, text.find(separator)));
    text.remove_prefix(std::min(text.size(), parts.back().size() + 1));
  }
  return parts;
}

// Takes words one after the other; what does not fit makes all of it wrong.
class NoteWords {
 public:
  explicit NoteWords(std::vector<std::string_view> words) : words_(std::move(words)) {}

  bool choice(std::string_view yes, std::string_view no) {
    const std::string_view word = next();
    wrong_ = wrong_ || (word != yes && word != no);
    return word == yes;
  }
  std::uint64_t number() {
    const std::string_view word = next();
    std::uint64_t number = 0;
    const char* end = word.data() + word.size();
    const auto parsed = std::from_chars(word.data(), end, number);
    wrong_ = wrong_ || parsed.ec != std::errc() || parsed.ptr != end;
    return number;
  }
  // Timestamp, Digest or an id, or nothing.
  template <class Value>
  std::optional<Value> value() {
    const std::string_view word = next();
    if (word == kNoWord) return std::nullopt;
    const auto parsed = Value::parse(word);
    wrong_ = wrong_ || !parsed;
    return parsed ? std::optional<Value>(*parsed) : std::nullopt;
  }
  [[nodiscard]] bool at_end() const { return at_ == words_.size(); }
  [[nodiscard]] bool right() const { return !wrong_ && at_end(); }

 private:
  std::string_view next() {
    wrong_ = wrong_ || at_ == words_.size();
    return wrong_ ? kNoWord : words_[at_++];
  }
  std::vector<std::string_view> words_;
  std::size_t at_ = 0;
  bool wrong_ = false;
};

}  // namespace holdfast::vault

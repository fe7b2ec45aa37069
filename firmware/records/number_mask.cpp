// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/number_mask.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast::records {

namespace {

constexpr std::size_t kMaskedMin = 5;  // digits
constexpr std::size_t kDaySize = 8;
constexpr std::size_t kStampSize = 14;
constexpr std::size_t kMillisecondDigits = 3;
constexpr std::size_t kKnownGapMax = 3;  // characters between two digits of a known number
constexpr std::size_t kPathGapMax = 2;   // and of one that nobody knows

// Signs beyond ASCII that stand in numbers, and nothing else does: dashes, blanks, brackets, plus.
constexpr std::array<std::string_view, 22> kSigns = {
    "\u00A0", "\u2002", "\u2003", "\u2007", "\u2009", "\u200A", "\u200B", "\u202F",
    "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212", "\u3000",
    "\uFF08", "\uFF09", "\uFF0B", "\uFF0D", "\uFF0E", "\uFF0F"};
// Between two numbers of a list.
constexpr std::array<std::string_view, 7> kListMarks = {",", ";", "|", "\n", "、", "，", "；"};

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

bool is_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}

// Of the text from there on: one character, or one byte of what is no UTF-8.
std::string_view character_at(std::string_view text, std::size_t at) {
  std::size_t size = 1;
  while (!is_ascii(text[at]) && size < 4 && at + size < text.size() &&
         (static_cast<unsigned char>(text[at + size]) & 0xC0U) == 0x80U) {
    ++size;
  }
  return text.substr(at, size);
}

struct Digit {
  std::size_t begin = 0;  // bytes
  std::size_t size = 0;
};

// In the text they may be full-width (U+FF10 to U+FF19); `values` has them as plain ones.
struct Digits {
  std::string_view text;
  std::vector<Digit> places;
  std::string values;
  std::vector<bool> hidden;

  explicit Digits(std::string_view of) : text(of) {
    for (std::size_t at = 0; at < text.size();) {
      const std::string_view character = character_at(text, at);
      const bool is_wide = character.size() == 3 && character.starts_with("\xEF\xBC") &&
                           character[2] >= '\x90' && character[2] <= '\x99';
      if (is_wide || is_ascii_digit(character.front())) {
        places.push_back({at, character.size()});
        values += is_wide ? static_cast<char>('0' + (character[2] - '\x90')) : character.front();
      }
      at += character.size();
    }
    hidden.resize(places.size());
  }

  // What stands between the digit and the one before it.
  [[nodiscard]] std::string_view gap_before(std::size_t place) const {
    const Digit& last = places[place - 1];
    return text.substr(last.begin + last.size, places[place].begin - last.begin - last.size);
  }

  // Of so many from there on the middle.
  void hide(std::size_t first, std::size_t count) {
    constexpr std::size_t kHeadMax = 3;
    constexpr std::size_t kHiddenMin = 4;
    constexpr std::size_t kWhole = 11;
    if (count < kMaskedMin) return;
    const std::size_t tail = count >= kWhole ? 4 : 2;
    const std::size_t rest = count - tail;
    const std::size_t head = std::min(kHeadMax, rest > kHiddenMin ? rest - kHiddenMin : 0);
    for (std::size_t i = head; i < rest; ++i) hidden[first + i] = true;
  }

  [[nodiscard]] std::string masked() const {
    std::string out;
    std::size_t at = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (!hidden[i]) continue;
      out += text.substr(at, places[i].begin - at);
      out += '*';
      at = places[i].begin + places[i].size;
    }
    return out + std::string(text.substr(at));
  }
};

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) at += character_at(text, at).size();
  return count;
}

bool is_one_of(std::string_view character, const auto& some) {
  return std::ranges::find(some, character) != some.end();
}

bool has_list_mark(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view character = character_at(text, at);
    if (is_one_of(character, kListMarks)) return true;
    at += character.size();
  }
  return false;
}

// The digits of each number of a field: more than one if all of them are long enough to be numbers,
// since a comma may as well stand inside one.
std::vector<std::pair<std::size_t, std::size_t>> numbers_of(const Digits& digits) {
  std::vector<std::pair<std::size_t, std::size_t>> numbers;
  for (std::size_t i = 0; i < digits.places.size(); ++i) {
    if (i == 0 || has_list_mark(digits.gap_before(i))) numbers.emplace_back(i, 0);
    ++numbers.back().second;
  }
  const auto is_short = [](const auto& number) { return number.second < kNumberTail; };
  if (std::ranges::any_of(numbers, is_short)) numbers = {{0, digits.places.size()}};
  return numbers;
}

// Characters that may be digits of a kind that is not known here, or a number in words.
bool is_readable(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view character = character_at(text, at);
    const bool is_known = is_ascii(character.front()) || is_one_of(character, kSigns) ||
                          is_one_of(character, kListMarks) || has_digit(character);
    if (!is_known) return false;
    at += character.size();
  }
  return true;
}

bool may_join(const Digits& digits, std::size_t first, std::size_t end, std::size_t gap_max) {
  for (std::size_t i = first + 1; i < end; ++i) {
    if (count_characters(digits.gap_before(i)) > gap_max) return false;
  }
  return true;
}

// Wherever the end of one of them lies: as much before it as is the same.
void hide_known(Digits& digits, std::span<const std::string> numbers) {
  const std::string& values = digits.values;
  for (const std::string& number : numbers) {
    const std::size_t tail = std::min(number.size(), kNumberTail);
    if (tail < kMaskedMin) continue;
    const std::string wanted = number.substr(number.size() - tail);
    for (std::size_t at = values.find(wanted); at != values.npos;
         at = values.find(wanted, at + 1)) {
      const std::size_t end = at + tail;
      if (!may_join(digits, at, end, kKnownGapMax)) continue;
      std::size_t first = at;
      while (first > 0 && end - first < number.size() &&
             values[first - 1] == number[number.size() - (end - first) - 1] &&
             may_join(digits, first - 1, first + 1, kKnownGapMax)) {
        --first;
      }
      digits.hide(first, end - first);
    }
  }
}

bool is_within(std::string_view digits, int least, int most) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value >= least && value <= most;
}

// Digits of a day at the beginning, or of a day and a time; 0: neither.
std::size_t stamp_size(std::string_view digits) {
  const bool is_day = digits.size() >= kDaySize && is_within(digits.substr(0, 4), 1900, 2099) &&
                      is_within(digits.substr(4, 2), 1, 12) &&
                      is_within(digits.substr(6, 2), 1, 31);
  if (!is_day) return 0;
  if (digits.size() < kStampSize) return kDaySize;
  const bool is_time = is_within(digits.substr(8, 2), 0, 23) &&
                       is_within(digits.substr(10, 2), 0, 59) &&
                       is_within(digits.substr(12, 2), 0, 60);
  const std::size_t rest = digits.size() - kStampSize;
  // With another rest the time may be the beginning of a number.
  const bool is_whole = rest == 0 || rest == kMillisecondDigits || rest >= kNumberTail;
  return is_time && is_whole ? kStampSize : kDaySize;
}

void hide_unless_time(Digits& digits, std::size_t first, std::size_t count) {
  const std::size_t stamp = stamp_size(std::string_view(digits.values).substr(first, count));
  if (count - stamp >= kNumberTail) digits.hide(first + stamp, count - stamp);
}

// Signs that people write inside a number; what stands between two parts of a name is none.
bool joins_in_path(std::string_view gap) {
  if (count_characters(gap) > kPathGapMax) return false;
  constexpr std::string_view kAscii = " -.()+";
  for (std::size_t at = 0; at < gap.size();) {
    const std::string_view character = character_at(gap, at);
    if (kAscii.find(character) == kAscii.npos && !is_one_of(character, kSigns)) return false;
    at += character.size();
  }
  return true;
}

// Digits that stand together are judged by themselves if there are enough; fewer ones with those
// beside them.
void hide_unknown(Digits& digits) {
  const std::size_t count = digits.places.size();
  std::size_t joined = 0;  // first of the short ones before
  const auto end_of = [&](std::size_t at) {
    while (++at < count && digits.gap_before(at).empty()) {
    }
    return at;
  };
  std::size_t at = 0;
  while (at < count) {
    const std::size_t end = end_of(at);
    const bool is_long = end - at >= kNumberTail;
    const bool goes_on = at > joined && !is_long && joins_in_path(digits.gap_before(at));
    if (!goes_on) {
      hide_unless_time(digits, joined, at - joined);
      joined = at;
    }
    if (is_long) {
      hide_unless_time(digits, at, end - at);
      joined = end;
    }
    at = end;
  }
  hide_unless_time(digits, joined, count - joined);
}

}  // namespace

bool has_digit(std::string_view text) {
  return !Digits(text).places.empty();
}

std::vector<std::string> numbers_in(std::string_view text) {
  const Digits digits(text);
  std::vector<std::string> numbers;
  for (const auto& [first, count] : numbers_of(digits)) {
    if (count >= kNumberTail) numbers.push_back(digits.values.substr(first, count));
  }
  return numbers;
}

std::string mask_numbers(std::string_view text) {
  if (!is_readable(text)) return "*";
  Digits digits(text);
  for (const auto& [first, count] : numbers_of(digits)) digits.hide(first, count);
  return digits.masked();
}

std::string mask_known(std::string_view text, std::span<const std::string> numbers) {
  Digits digits(text);
  hide_known(digits, numbers);
  return digits.masked();
}

std::string mask_path(std::string_view path, std::span<const std::string> numbers) {
  Digits digits(path);
  hide_known(digits, numbers);
  hide_unknown(digits);
  return digits.masked();
}

}  // namespace holdfast::records

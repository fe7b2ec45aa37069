// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>

#include "firmware/policy/calendar.h"

namespace holdfast::policy {

namespace {

struct Field {
  int least = 0;
  int most = 0;
};
constexpr Field kYear{kYearLeast, kYearMost};
constexpr Field kMonth{1, 12};
constexpr Field kDay{1, 31};
constexpr Field kDayFromEnd{1, 28};  // every month has them
constexpr Field kHour{0, 23};
constexpr Field kMinute{0, 59};
constexpr Field kSecond{0, 59};

struct Word {
  std::string_view word;
  std::string_view meaning;
  bool takes_time = false;
};
constexpr std::array<Word, 13> kWords{{
    {"minutely", "*:*:00"},
    {"hourly", "*:00"},
    {"daily", "*-*-*", true},
    {"weekly", "Mon", true},
    {"monthly", "*-01", true},
    {"quarterly", "01,04,07,10-01", true},
    {"semiannually", "01,07-01", true},
    {"semi-annually", "01,07-01", true},
    {"biannually", "01,07-01", true},
    {"bi-annually", "01,07-01", true},
    {"yearly", "01-01", true},
    {"annually", "01-01", true},
    {"anually", "01-01", true},  // systemd's own slip
}};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool equals(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, {}, lower);
}

// Reads on from `at_`. Functions that return bool return false when error() says why.
class CalendarParser {
 public:
  explicit CalendarParser(std::string_view text) : text_(text) {}

  [[nodiscard]] bool parse();
  [[nodiscard]] bool parse_only_weekdays();
  [[nodiscard]] const Calendar& calendar() const { return calendar_; }
  [[nodiscard]] const CalendarError& error() const { return error_; }

 private:
  [[nodiscard]] bool fail(CalendarFault fault, std::size_t offset, std::size_t size,
                          Field field = {});
  // All up to the next character that ends a number or a word.
  [[nodiscard]] bool fail_here(CalendarFault fault, Field field = {});
  [[nodiscard]] bool fail_rest(CalendarFault fault) { return fail(fault, at_, text_.size() - at_); }
  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] bool take(std::string_view expected);
  void skip_spaces();
  [[nodiscard]] std::string_view word_here() const;

  void take_zone();
  [[nodiscard]] bool parse_word(bool& is_found);
  [[nodiscard]] bool parse_parts();
  [[nodiscard]] bool parse_weekdays();
  [[nodiscard]] bool parse_weekday(std::size_t& number);
  [[nodiscard]] bool parse_date();
  [[nodiscard]] bool parse_time();
  [[nodiscard]] bool parse_list(Field field, CalendarSet& out);
  [[nodiscard]] bool parse_range(Field field, CalendarSet& out);
  [[nodiscard]] bool parse_number(Field field, int& out);
  [[nodiscard]] bool parse_step(Field field, int room, int& out);

  std::string_view text_;  // without the zone
  std::size_t at_ = 0;
  Calendar calendar_;
  CalendarError error_;
};

bool CalendarParser::fail(CalendarFault fault, std::size_t offset, std::size_t size, Field field) {
  error_ = {fault, offset, size, field.least, field.most};
  return false;
}

bool CalendarParser::fail_here(CalendarFault fault, Field field) {
  const std::size_t end = std::min(text_.find_first_of(" ,-~:/", at_), text_.size());
  return fail(fault, at_, std::max<std::size_t>(end - at_, at_ < text_.size() ? 1 : 0), field);
}

bool CalendarParser::take(std::string_view expected) {
  if (!text_.substr(at_).starts_with(expected)) return false;
  at_ += expected.size();
  return true;
}

void CalendarParser::skip_spaces() {
  while (here() == ' ') ++at_;
}

std::string_view CalendarParser::word_here() const {
  const std::string_view rest = text_.substr(at_);
  return rest.substr(0, rest.find(' '));
}

bool CalendarParser::parse() {
  if (text_.empty()) return fail(CalendarFault::empty, 0, 0);
  if (text_.size() > kCalendarSizeMax) return fail(CalendarFault::too_long, 0, text_.size());
  const std::size_t whole_size = text_.size();
  take_zone();
  bool is_word = false;
  if (!parse_word(is_word)) return false;
  if (!is_word && !parse_parts()) return false;
  // The first moment that there is on any wall, so that only what never comes has none.
  if (next_after(calendar_, Timestamp{-1}, TimeZone())) return true;
  return fail(CalendarFault::never, 0, whole_size);
}

bool CalendarParser::parse_only_weekdays() {
  if (!parse_weekdays()) return false;
  return at_ == text_.size() || fail_rest(CalendarFault::unexpected);
}

// A last word that names a zone.
void CalendarParser::take_zone() {
  const std::size_t space = text_.rfind(' ');
  if (space == std::string_view::npos) return;
  const std::string_view name = text_.substr(space + 1);
  const auto zone = equals(name, "utc") ? TimeZone() : TimeZone::find(name);
  if (!zone) return;
  calendar_.zone = zone;
  text_ = text_.substr(0, space);
}

// One of kWords: what it means, with the time that stands behind it, if any.
bool CalendarParser::parse_word(bool& is_found) {
  const std::string_view first = word_here();
  const auto word =
      std::ranges::find_if(kWords, [&](const Word& each) { return equals(first, each.word); });
  is_found = word != kWords.end();
  if (!is_found) return true;
  CalendarParser meaning(word->meaning);
  if (!meaning.parse_parts()) return false;
  meaning.calendar_.zone = calendar_.zone;
  calendar_ = meaning.calendar_;
  at_ += first.size();
  skip_spaces();
  if (here() == '\0') return true;
  return word->takes_time ? parse_time() : fail_rest(CalendarFault::unexpected);
}

bool CalendarParser::parse_parts() {
  calendar_.years.set();
  calendar_.months.set();
  calendar_.days.set();
  calendar_.weekdays.set();
  if (is_letter(here()) && !parse_weekdays()) return false;
  const std::string_view word = word_here();
  if (!word.empty() && word.find(':') == std::string_view::npos) {
    if (is_letter(word[0])) return fail_rest(CalendarFault::unknown_zone);
    if (word.find_first_of("-~") == std::string_view::npos)
      return fail_here(CalendarFault::neither);
    if (!parse_date()) return false;
  }
  return parse_time();
}

// Names, ranges of them, commas; one more comma behind the last is taken.
bool CalendarParser::parse_weekdays() {
  calendar_.weekdays.reset();
  do {
    std::size_t first = 0;
    const std::size_t begin = at_;
    if (!parse_weekday(first)) return false;
    std::size_t last = first;
    if ((take("..") || take("-")) && !parse_weekday(last)) return false;
    if (last < first) return fail(CalendarFault::backwards, begin, at_ - begin);
    for (std::size_t i = first; i <= last; ++i) calendar_.weekdays.set(i);
  } while (take(",") && here() != ' ' && here() != '\0');
  if (here() != ' ' && here() != '\0') return fail_here(CalendarFault::unexpected);
  skip_spaces();
  return true;
}

bool CalendarParser::parse_weekday(std::size_t& number) {
  std::size_t size = 0;
  while (at_ + size < text_.size() && is_letter(text_[at_ + size])) ++size;
  const std::string_view name = text_.substr(at_, size);
  const auto found = std::ranges::find_if(kWeekdays, [&](std::string_view each) {
    return equals(name, each) || equals(name, each.substr(0, 3));
  });
  if (found == kWeekdays.end()) return fail_here(CalendarFault::unknown_word);
  number = static_cast<std::size_t>(found - kWeekdays.begin());
  at_ += size;
  return true;
}

// YEAR-MONTH-DAY or MONTH-DAY. How many parts there are decides what the first one is.
bool CalendarParser::parse_date() {
  const std::string_view word = word_here();
  const std::size_t end = at_ + word.size();
  const bool has_year =
      std::ranges::count_if(word, [](char c) { return c == '-' || c == '~'; }) > 1;
  if (has_year) {
    if (!parse_list(kYear, calendar_.years)) return false;
    if (!take("-")) return fail_here(CalendarFault::unexpected);
  }
  if (!parse_list(kMonth, calendar_.months)) return false;
  calendar_.is_from_end = take("~");
  if (!calendar_.is_from_end && !take("-")) return fail_here(CalendarFault::unexpected);
  if (!parse_list(calendar_.is_from_end ? kDayFromEnd : kDay, calendar_.days)) return false;
  if (calendar_.days.all()) calendar_.is_from_end = false;
  if (at_ != end) return fail_here(CalendarFault::unexpected);
  skip_spaces();
  return true;
}

bool CalendarParser::parse_time() {
  if (here() == '\0') {
    calendar_.hours = calendar_.minutes = calendar_.seconds = CalendarSet(1);
    return true;
  }
  if (is_letter(here())) return fail_rest(CalendarFault::unknown_zone);
  if (word_here().find(':') == std::string_view::npos) return fail_here(CalendarFault::neither);
  if (!parse_list(kHour, calendar_.hours)) return false;
  if (!take(":")) return fail_here(CalendarFault::unexpected);
  if (!parse_list(kMinute, calendar_.minutes)) return false;
  calendar_.seconds = CalendarSet(1);
  if (take(":") && !parse_list(kSecond, calendar_.seconds)) return false;
  if (here() == '\0') return true;
  if (here() == '.') return fail_rest(CalendarFault::fraction);
  if (here() != ' ') return fail_here(CalendarFault::unexpected);
  skip_spaces();
  if (here() == '\0') return true;
  return fail_rest(is_letter(here()) ? CalendarFault::unknown_zone : CalendarFault::unexpected);
}

bool CalendarParser::parse_list(Field field, CalendarSet& out) {
  out.reset();
  if (take("*")) {
    if (here() == '/') return fail(CalendarFault::star_step, at_ - 1, 1, field);
    out.set();
    return true;
  }
  do {
    if (!parse_range(field, out)) return false;
  } while (take(","));
  return true;
}

// 5, 1..5, 0/15 or 1..9/2. Repeated days from the end come nearer to it.
bool CalendarParser::parse_range(Field field, CalendarSet& out) {
  const std::size_t begin = at_;
  int first = 0;
  if (!parse_number(field, first)) return false;
  int last = first;
  int step = 1;
  const bool is_range = take("..");
  if (is_range && !parse_number(field, last)) return false;
  if (last < first) return fail(CalendarFault::backwards, begin, at_ - begin);
  const bool is_repeated = here() == '/';
  const bool is_falling = is_repeated && !is_range && field.most == kDayFromEnd.most;
  if (is_repeated) {
    const int room = is_falling ? first - field.least : field.most - first;
    if (!parse_step(field, is_range ? field.most - field.least : room, step)) return false;
    if (!is_range) last = is_falling ? field.least : field.most;
  }
  const auto index = [&](int number) { return static_cast<std::size_t>(number - field.least); };
  if (is_falling) {
    for (int i = first; i >= last; i -= step) out.set(index(i));
  } else {
    for (int i = first; i <= last; i += step) out.set(index(i));
  }
  return true;
}

// Years of one or two digits are those from 1970 to 2069.
bool CalendarParser::parse_number(Field field, int& out) {
  const std::size_t begin = at_;
  while (is_digit(here())) ++at_;
  if (at_ == begin) return fail_here(CalendarFault::no_number);
  const std::string_view digits = text_.substr(begin, at_ - begin);
  const auto failure = std::from_chars(digits.data(), digits.data() + digits.size(), out).ec;
  if (field.least == kYearLeast && failure == std::errc{} && out < 100) {
    out += out < 70 ? 2000 : 1900;
  }
  if (failure != std::errc{} || out < field.least || out > field.most) {
    return fail(CalendarFault::out_of_range, begin, digits.size(), field);
  }
  return true;
}

// It must come once more in the room that it has.
bool CalendarParser::parse_step(Field field, int room, int& out) {
  const std::size_t begin = at_;
  ++at_;
  const std::size_t digits_at = at_;
  while (is_digit(here())) ++at_;
  if (at_ == digits_at) return fail_here(CalendarFault::no_number);
  const auto failure = std::from_chars(text_.data() + digits_at, text_.data() + at_, out).ec;
  if (failure == std::errc{} && out == 0) {
    return fail(CalendarFault::no_step, begin, at_ - begin);
  }
  if (failure == std::errc{} && out <= room) return true;
  return fail(CalendarFault::long_step, begin, at_ - begin, field);
}

}  // namespace

std::expected<Calendar, CalendarError> parse_calendar(std::string_view text) {
  CalendarParser parser(text);
  if (!parser.parse()) return std::unexpected(parser.error());
  return parser.calendar();
}

std::expected<CalendarSet, CalendarError> parse_weekdays(std::string_view text) {
  CalendarParser parser(text);
  if (!parser.parse_only_weekdays()) return std::unexpected(parser.error());
  return parser.calendar().weekdays;
}

#define HOLDFAST_NAME(name) \
  case CalendarFault::name: \
    return #name;

std::string_view name_of(CalendarFault fault) {
  switch (fault) { HOLDFAST_CALENDAR_FAULTS(HOLDFAST_NAME) }
  return {};
}

#undef HOLDFAST_NAME

}  // namespace holdfast::policy

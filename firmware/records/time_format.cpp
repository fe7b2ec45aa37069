// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/time_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "firmware/records/ascii.h"

namespace holdfast::records {

namespace {

constexpr std::string_view kNumeric = "YmdHMSyIL";
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// A time as it is taken together.
struct Parts {
  int year = 0;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
  std::optional<bool> is_afternoon;
  std::optional<int> offset_minutes;
};

// Takes a text apart from its front. What does not match takes nothing.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool number(std::size_t least, std::size_t most, int& out) {
    std::size_t count = 0;
    int value = 0;
    for (; count < most && count < rest_.size() && is_digit(rest_[count]); ++count) {
      value = value * 10 + (rest_[count] - '0');
    }
    if (count < least) return false;
    rest_.remove_prefix(count);
    out = value;
    return true;
  }
  bool text(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  bool one_of(std::string_view bytes) {
    if (rest_.empty() || !bytes.contains(rest_.front())) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Behind the seconds, with what parts it from them; digits after the third say nothing here.
  void fraction(std::string_view separators, int& milliseconds) {
    if (rest_.size() < 2 || !separators.contains(rest_[0]) || !is_digit(rest_[1])) return;
    rest_.remove_prefix(1);
    int scale = 100;
    milliseconds = 0;
    for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1), scale /= 10) {
      milliseconds += (rest_.front() - '0') * scale;
    }
  }
  bool offset(std::optional<int>& minutes) {
    if (one_of("Zz")) {
      minutes = 0;
      return true;
    }
    const bool is_west = !rest_.empty() && rest_.front() == '-';
    int hour = 0;
    int minute = 0;
    if (!one_of("+-") || !number(2, 2, hour)) return false;
    if (one_of(":")) {
      if (!number(2, 2, minute)) return false;
    } else {
      number(2, 2, minute);  // or the hours alone
    }
    if (hour > 14 || minute > 59) return false;
    minutes = (is_west ? -1 : 1) * (hour * 60 + minute);
    return true;
  }
  bool half_day(std::optional<bool>& is_afternoon) {
    for (const std::string_view word : {"PM", "pm", "下午"}) {
      if (text(word)) return is_afternoon = true, true;
    }
    for (const std::string_view word : {"AM", "am", "上午"}) {
      if (text(word)) return is_afternoon = false, true;
    }
    return false;
  }
  bool month_name(int& month) {
    const auto found = std::ranges::find_if(kMonths, [&](auto name) { return text(name); });
    month = static_cast<int>(found - kMonths.begin()) + 1;
    return found != kMonths.end();
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool is_possible(const WrittenTime& time) {
  return time.ms >= kMomentMin && time.ms < kMomentMax;
}

std::optional<WrittenTime> together(const Parts& parts) {
  using namespace std::chrono;
  const year_month_day date{year{parts.year}, month{static_cast<unsigned>(parts.month)},
                            day{static_cast<unsigned>(parts.day)}};
  int hour = parts.hour;
  if (parts.is_afternoon) {
    if (hour < 1 || hour > 12) return std::nullopt;
    hour = hour % 12 + (*parts.is_afternoon ? 12 : 0);
  }
  if (!date.ok() || hour > 23 || parts.minute > 59 || parts.second > 59) return std::nullopt;
  const milliseconds since = local_days{date}.time_since_epoch() + hours{hour} +
                             minutes{parts.minute - parts.offset_minutes.value_or(0)} +
                             seconds{parts.second} + milliseconds{parts.millisecond};
  const WrittenTime time{since.count(), parts.offset_minutes.has_value()};
  if (!is_possible(time)) return std::nullopt;
  return time;
}

std::optional<WrittenTime> read_iso8601(std::string_view text) {
  Cursor cursor(text);
  Parts parts;
  if (!cursor.number(4, 4, parts.year)) return std::nullopt;
  const std::string_view dash = cursor.text("-") ? "-" : "";
  if (!cursor.number(2, 2, parts.month) || !cursor.text(dash) || !cursor.number(2, 2, parts.day)) {
    return std::nullopt;
  }
  const std::string_view colon = dash.empty() ? "" : ":";
  if (!cursor.one_of("Tt ") || !cursor.number(2, 2, parts.hour) || !cursor.text(colon) ||
      !cursor.number(2, 2, parts.minute) || !cursor.text(colon) ||
      !cursor.number(2, 2, parts.second)) {
    return std::nullopt;
  }
  cursor.fraction(".,", parts.millisecond);
  if (!cursor.at_end()) {
    cursor.one_of(" ");
    if (!cursor.offset(parts.offset_minutes) || !cursor.at_end()) return std::nullopt;
  }
  return together(parts);
}

// A count of `per_second` since 1970.
std::optional<WrittenTime> read_epoch(std::string_view text, std::int64_t per_second) {
  std::int64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, count);
  if (failure != std::errc{} || count < 0) return std::nullopt;
  int milliseconds = 0;
  Cursor cursor({rest, end});
  if (per_second == 1) cursor.fraction(".", milliseconds);
  if (!cursor.at_end()) return std::nullopt;
  if (count / per_second > kMomentMax / 1000) return std::nullopt;
  const std::int64_t ms =
      per_second >= 1000 ? count / (per_second / 1000) : count * (1000 / per_second);
  const WrittenTime time{ms + milliseconds, true};
  if (!is_possible(time)) return std::nullopt;
  return time;
}

bool take(Cursor& cursor, char directive, bool is_fixed, Parts& parts) {
  const std::size_t least = is_fixed ? 2 : 1;
  switch (directive) {
    case 'Y':
      return cursor.number(4, 4, parts.year);
    case 'y':
      if (!cursor.number(2, 2, parts.year)) return false;
      parts.year += parts.year < 69 ? 2000 : 1900;
      return true;
    case 'm':
      return cursor.number(least, 2, parts.month);
    case 'd':
      return cursor.number(least, 2, parts.day);
    case 'H':
    case 'I':
      return cursor.number(least, 2, parts.hour);
    case 'M':
      return cursor.number(least, 2, parts.minute);
    case 'S':
      return cursor.number(least, 2, parts.second);
    case 'L':
      return cursor.number(3, 3, parts.millisecond);
    case 'b':
      return cursor.month_name(parts.month);
    case 'p':
      return cursor.half_day(parts.is_afternoon);
    default:
      return cursor.offset(parts.offset_minutes);  // z
  }
}

}  // namespace

std::optional<TimeFormat> TimeFormat::parse(std::string_view text) {
  TimeFormat format;
  if (text == "iso8601") format.form_ = Form::iso8601;
  if (text == "epoch_s") format.form_ = Form::epoch_s;
  if (text == "epoch_ms") format.form_ = Form::epoch_ms;
  if (text == "epoch_us") format.form_ = Form::epoch_us;
  if (format.form_ != Form::directives) return format;
  if (!text.contains('%')) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (format.steps_.empty() || format.steps_.back().directive != 0) {
        format.steps_.emplace_back();
      }
      format.steps_.back().text += text[i];
    } else if (++i == text.size() || !format.add(text[i])) {
      return std::nullopt;
    }
  }
  format.settle();
  return format;
}

bool TimeFormat::add(char directive) {
  const auto add_all = [this](char first, std::string_view sign, char second, char third) {
    if (!add(first)) return false;
    steps_.emplace_back().text = sign;
    if (!add(second)) return false;
    steps_.emplace_back().text = sign;
    return add(third);
  };
  if (directive == 'F') return add_all('Y', "-", 'm', 'd');
  if (directive == 'T') return add_all('H', ":", 'M', 'S');
  if (directive == '%') {
    steps_.emplace_back().text = "%";
    return true;
  }
  if (!kNumeric.contains(directive) && directive != 'b' && directive != 'p' && directive != 'z') {
    return false;
  }
  if (has(directive)) return false;
  steps_.emplace_back().directive = directive;
  return true;
}

// What follows a field decides how much of the text it may take.
void TimeFormat::settle() {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step* next = i + 1 < steps_.size() ? &steps_[i + 1] : nullptr;
    const char first = next == nullptr || next->directive != 0 ? '\0' : next->text.front();
    const bool is_number_next = next != nullptr && next->directive != 0
                                    ? kNumeric.contains(next->directive)
                                    : is_digit(first);
    steps_[i].is_fixed = is_number_next;
    steps_[i].takes_fraction = steps_[i].directive == 'S' && !is_number_next && first != '.';
  }
}

bool TimeFormat::has(char directive) const {
  return std::ranges::find(steps_, directive, &Step::directive) != steps_.end();
}

bool TimeFormat::can_read() const {
  if (form_ != Form::directives) return true;
  const bool has_hour = has('H') ? !has('I') && !has('p') : has('I') && has('p');
  return (has('Y') != has('y')) && (has('m') != has('b')) && has('d') && has_hour && has('M');
}

bool TimeFormat::can_write() const {
  return form_ == Form::directives && !has('z');
}

std::optional<WrittenTime> TimeFormat::read_directives(std::string_view text) const {
  Cursor cursor(text);
  Parts parts;
  for (const Step& step : steps_) {
    if (step.directive == 0 ? !cursor.text(step.text)
                            : !take(cursor, step.directive, step.is_fixed, parts)) {
      return std::nullopt;
    }
    if (step.takes_fraction) cursor.fraction(".", parts.millisecond);
  }
  if (!cursor.at_end()) return std::nullopt;
  return together(parts);
}

std::optional<WrittenTime> TimeFormat::read(std::string_view text) const {
  switch (form_) {
    case Form::iso8601:
      return read_iso8601(text);
    case Form::epoch_s:
      return read_epoch(text, 1);
    case Form::epoch_ms:
      return read_epoch(text, 1000);
    case Form::epoch_us:
      return read_epoch(text, 1'000'000);
    default:
      return read_directives(text);
  }
}

void TimeFormat::write(WallTime wall, std::string& out) const {
  using namespace std::chrono;
  const local_time<milliseconds> time{milliseconds{wall}};
  const auto day_start = floor<days>(time);
  const year_month_day date{day_start};
  const hh_mm_ss clock{time - day_start};
  const auto put = [&out](std::int64_t number, std::size_t width) {
    const std::string digits = std::to_string(number);
    if (digits.size() < width) out.append(width - digits.size(), '0');
    out += digits;
  };
  const unsigned month = static_cast<unsigned>(date.month());
  const std::int64_t hour = clock.hours().count();
  for (const Step& step : steps_) {
    switch (step.directive) {
      case 0:
        out += step.text;
        break;
      case 'Y':
        put(static_cast<int>(date.year()), 4);
        break;
      case 'y':
        put(static_cast<int>(date.year()) % 100, 2);
        break;
      case 'm':
        put(month, 2);
        break;
      case 'b':
        out += kMonths.at(month - 1);
        break;
      case 'd':
        put(static_cast<unsigned>(date.day()), 2);
        break;
      case 'H':
        put(hour, 2);
        break;
      case 'I':
        put(hour % 12 == 0 ? 12 : hour % 12, 2);
        break;
      case 'p':
        out += hour < 12 ? "AM" : "PM";
        break;
      case 'M':
        put(clock.minutes().count(), 2);
        break;
      case 'S':
        put(clock.seconds().count(), 2);
        break;
      default:
        put(clock.subseconds().count(), 3);  // L
        break;
    }
  }
}

}  // namespace holdfast::records

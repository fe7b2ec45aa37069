// SPDX-License-Identifier: Apache-2.0
#include "hal/base/time.h"

#include <charconv>
#include <chrono>
#include <cstdio>

namespace holdfast {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Split {
  std::int64_t seconds;
  std::int64_t fraction;  // ns, 0 .. 999'999'999
};

Split split(std::int64_t ns) {
  std::int64_t seconds = ns / kSecond;
  std::int64_t fraction = ns % kSecond;
  if (fraction < 0) {
    fraction += kSecond;
    --seconds;
  }
  return {seconds, fraction};
}

std::chrono::year_month_day date_of(std::int64_t seconds) {
  const std::chrono::sys_seconds moment{std::chrono::seconds{seconds}};
  return std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(moment)};
}

// Takes exactly `digits` decimal digits off the front of `text`, or fails with -1.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  const char* end = text.data() + digits;
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || value < 0) return -1;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// "YYYY-MM-DD" to seconds since 1970, or false.
bool take_date(std::string_view& text, std::int64_t& seconds) {
  const int year = take_number(text, 4);
  if (year < 0 || !take(text, '-')) return false;
  const int month = take_number(text, 2);
  if (month < 0 || !take(text, '-')) return false;
  const int day = take_number(text, 2);
  if (day < 0) return false;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  // Nanoseconds in 64 bits end in 2262.
  if (!date.ok() || year < 1678 || year > 2261) return false;
  seconds = std::chrono::sys_seconds{std::chrono::sys_days{date}}.time_since_epoch().count();
  return true;
}

bool take_fraction(std::string_view& text, std::int64_t& fraction) {
  std::int64_t unit = kSecond / 10;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
    fraction += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return digits >= 1 && digits <= 9;
}

bool take_clock(std::string_view& text, std::int64_t& seconds, std::int64_t& fraction) {
  const int hour = take_number(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return false;
  const int minute = take_number(text, 2);
  if (minute < 0 || minute > 59) return false;
  int second = 0;
  if (take(text, ':')) {
    second = take_number(text, 2);
    if (second < 0 || second > 59) return false;
    if (take(text, '.') && !take_fraction(text, fraction)) return false;
  }
  seconds += hour * 3600 + minute * 60 + second;
  return true;
}

bool take_zone(std::string_view& text, std::int64_t& seconds) {
  if (text.empty() || take(text, 'Z')) return true;
  const bool east = text.front() == '+';
  if (!take(text, '+') && !take(text, '-')) return false;
  const int hour = take_number(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return false;
  const int minute = take_number(text, 2);
  if (minute < 0 || minute > 59) return false;
  const std::int64_t offset = hour * 3600 + minute * 60;
  seconds -= east ? offset : -offset;
  return true;
}

}  // namespace

std::string Timestamp::rfc3339() const {
  const auto [seconds, fraction] = split(ns);
  const auto date = date_of(seconds);
  const std::int64_t day_seconds = ((seconds % 86400) + 86400) % 86400;
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(day_seconds / 3600), static_cast<int>(day_seconds / 60 % 60),
                static_cast<int>(day_seconds % 60));
  std::string result = text;
  if (fraction != 0) {
    std::snprintf(text, sizeof text, ".%09lld", static_cast<long long>(fraction));
    result += text;
    while (result.back() == '0') result.pop_back();
  }
  return result + "Z";
}

Result<Timestamp> Timestamp::parse(std::string_view text) {
  const auto bad = [&] { return make_error(ErrorCode::invalid_argument, std::string(text)); };
  std::string_view rest = text;
  std::int64_t seconds = 0;
  std::int64_t fraction = 0;
  if (!take_date(rest, seconds)) return bad();
  if (!rest.empty()) {
    if (!take(rest, 'T') && !take(rest, ' ')) return bad();
    if (!take_clock(rest, seconds, fraction)) return bad();
    if (!take_zone(rest, seconds)) return bad();
  }
  if (!rest.empty()) return bad();
  return Timestamp{seconds * kSecond + fraction};
}

std::uint32_t Timestamp::month() const {
  const auto date = date_of(split(ns).seconds);
  const int months = (static_cast<int>(date.year()) - 1970) * 12 +
                     static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  return months < 0 ? 0 : static_cast<std::uint32_t>(months);
}

}  // namespace holdfast

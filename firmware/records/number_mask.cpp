// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/number_mask.h"

#include <algorithm>
#include <functional>

namespace holdfast::records {

namespace {

constexpr std::size_t kMaskedMin = 5;  // digits
constexpr std::size_t kPathRunMax = 13;
constexpr std::size_t kDaySize = 8;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Digits, and where they may stand in groups one sign between two of them.
struct Run {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string digits;
};

Run next_run(std::string_view text, std::size_t from, std::string_view between) {
  Run run;
  run.begin = from;
  while (run.begin < text.size() && !is_digit(text[run.begin])) ++run.begin;
  std::size_t at = run.begin;
  while (at < text.size()) {
    const bool joins = at > run.begin && between.find(text[at]) != std::string_view::npos &&
                       at + 1 < text.size() && is_digit(text[at + 1]);
    if (!joins && !is_digit(text[at])) break;
    if (is_digit(text[at])) run.digits += text[at];
    ++at;
  }
  run.end = at;
  return run;
}

// What stays to be seen of so many digits, at either end.
std::pair<std::size_t, std::size_t> shown_of(std::size_t count) {
  constexpr std::size_t kHeadMax = 3;
  constexpr std::size_t kHiddenMin = 4;
  constexpr std::size_t kWhole = 11;
  if (count >= kWhole) return {kHeadMax, kHiddenMin};
  const std::size_t tail = 2;
  const std::size_t rest = count - tail;
  return {std::min(kHeadMax, rest > kHiddenMin ? rest - kHiddenMin : 0), tail};
}

std::string mask(std::string_view text, std::string_view between,
                 const std::function<bool(const std::string& digits)>& is_number) {
  std::string out(text);
  for (std::size_t at = 0; at < text.size();) {
    const Run run = next_run(text, at, between);
    at = std::max(run.end, at + 1);
    const std::size_t count = run.digits.size();
    if (count < kMaskedMin || !is_number(run.digits)) continue;
    const auto [head, tail] = shown_of(count);
    std::size_t seen = 0;
    for (std::size_t place = run.begin; place < run.end; ++place) {
      if (!is_digit(text[place])) continue;
      if (seen >= head && seen < count - tail) out[place] = '*';
      ++seen;
    }
  }
  return out;
}

bool has_one(const std::string& digits, std::span<const std::string> numbers) {
  return std::ranges::any_of(numbers, [&](const std::string& number) {
    const std::size_t tail = std::min(number.size(), kNumberTail);
    return tail >= kMaskedMin && digits.find(number.substr(number.size() - tail)) != digits.npos;
  });
}

bool is_day(const std::string& digits) {
  return digits.size() == kDaySize && (digits.starts_with("19") || digits.starts_with("20"));
}

constexpr std::string_view kBetween = " -.()/";

}  // namespace

std::string number_digits(std::string_view text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), is_digit);
  return digits.size() < kNumberTail ? std::string() : digits;
}

std::string mask_numbers(std::string_view text) {
  return mask(text, kBetween, [](const std::string&) { return true; });
}

std::string mask_known(std::string_view text, std::span<const std::string> numbers) {
  return mask(text, kBetween, [&](const std::string& digits) { return has_one(digits, numbers); });
}

std::string mask_path(std::string_view path, std::span<const std::string> numbers) {
  return mask(path, {}, [&](const std::string& digits) {
    const bool is_long = digits.size() >= kNumberTail && digits.size() <= kPathRunMax;
    return (is_long && !is_day(digits)) || has_one(digits, numbers);
  });
}

}  // namespace holdfast::records

// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/excel_damage.h"

#include <algorithm>
#include <array>

#include "firmware/records/ascii.h"

namespace holdfast::records {

namespace {

constexpr std::size_t kDigitsKept = 15;
constexpr std::size_t kZerosNeeded = 3;

// Takes a text apart from its front. What does not match takes nothing.
class Pattern {
 public:
  explicit Pattern(std::string_view text) : rest_(text) {}

  bool digits(std::size_t least, std::size_t most) {
    const auto end = std::ranges::find_if_not(rest_, is_digit);
    const auto count = static_cast<std::size_t>(end - rest_.begin());
    if (count < least || count > most) return false;
    rest_.remove_prefix(count);
    return true;
  }
  bool one_of(std::string_view bytes) {
    if (!begins_with_one_of(bytes)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool text(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  [[nodiscard]] bool begins_with_one_of(std::string_view bytes) const {
    return !rest_.empty() && bytes.contains(rest_.front());
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool is_exponent(std::string_view text) {
  Pattern pattern(text);
  pattern.one_of("+-");
  if (!pattern.digits(1, 1)) return false;
  if (pattern.one_of(".,") && !pattern.digits(1, kDigitsKept)) return false;
  return pattern.one_of("Ee") && pattern.one_of("+-") && pattern.digits(2, 3) && pattern.at_end();
}

bool is_error(std::string_view text) {
  if (!text.starts_with('#')) return false;
  constexpr std::array<std::string_view, 7> kErrors = {"#NAME?", "#VALUE!", "#REF!", "#DIV/0!",
                                                       "#N/A",   "#NUM!",   "#NULL!"};
  if (std::ranges::find(kErrors, text) != kErrors.end()) return true;
  return text.size() > 1 && text.find_first_not_of('#') == std::string_view::npos;
}

bool is_year_month_day(Pattern& pattern) {
  return pattern.digits(4, 4) && pattern.text("/") && pattern.digits(1, 2) && pattern.text("/") &&
         pattern.digits(1, 2);
}

bool is_month_name(Pattern& pattern) {
  if (!pattern.begins_with_one_of("JFMASOND")) return false;
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return std::ranges::any_of(kMonths, [&](std::string_view name) { return pattern.text(name); });
}

// A key that has become a date.
bool is_date(std::string_view text) {
  Pattern slashes(text);
  if (is_year_month_day(slashes)) return slashes.at_end() || slashes.one_of(" ");
  Pattern chinese(text);
  if (chinese.digits(1, 2) && chinese.text("月")) {
    return chinese.digits(1, 2) && chinese.text("日") && chinese.at_end();
  }
  Pattern day_first(text);
  if (day_first.digits(1, 2) && day_first.text("-")) {
    return is_month_name(day_first) && day_first.at_end();
  }
  Pattern month_first(text);
  return is_month_name(month_first) && month_first.text("-") && month_first.digits(2, 2) &&
         month_first.at_end();
}

// A time that has lost its seconds, or its day.
bool is_cut_time(std::string_view text) {
  Pattern slashes(text);
  if (is_year_month_day(slashes)) {
    if (slashes.at_end()) return true;
    return slashes.text(" ") && slashes.digits(1, 2) && slashes.text(":") && slashes.digits(2, 2) &&
           slashes.at_end();
  }
  Pattern minutes(text);
  if (minutes.digits(2, 2) && minutes.text(":") && minutes.digits(2, 2)) {
    return minutes.text(".") && minutes.digits(1, 1) && minutes.at_end();
  }
  Pattern days(text);
  if (!days.digits(5, 5)) return false;
  return days.at_end() || (days.text(".") && days.digits(1, kDigitsKept) && days.at_end());
}

bool is_long_number(std::string_view text) {
  return text.size() > kDigitsKept && std::ranges::all_of(text, is_digit);
}

bool ends_as_cut(std::string_view number) {
  return number.front() != '0' &&
         number.find_first_not_of('0', kDigitsKept) == std::string_view::npos;
}

}  // namespace

std::string_view unwrapped(std::string_view field) {
  const std::size_t begin = field.find_first_not_of('\t');
  if (begin == std::string_view::npos) return {};
  std::string_view text = field.substr(begin, field.find_last_not_of('\t') - begin + 1);
  if (text.size() >= 3 && text.starts_with("=\"") && text.ends_with('"')) {
    const std::string_view inside = text.substr(2, text.size() - 3);
    return inside.contains('"') ? text : inside;
  }
  if (text.starts_with('\'') || text.starts_with('`')) text.remove_prefix(1);
  return text;
}

RowFault excel_damage_of(FieldUse use, std::string_view field) {
  const std::string_view text = unwrapped(field);
  // Most keys, and none of the marks of damage.
  if (use == FieldUse::key && std::ranges::all_of(text, is_digit)) return RowFault::none;
  if (is_error(text)) return RowFault::excel_error;
  if (is_exponent(text)) return RowFault::excel_exponent;
  const bool is_lost = use == FieldUse::key ? is_date(text) : is_cut_time(text);
  return is_lost ? RowFault::excel_date : RowFault::none;
}

void CutDigits::look(std::string_view field) {
  const std::string_view text = unwrapped(field);
  if (!is_long_number(text)) return;
  if (!ends_as_cut(text)) {
    is_cleared_ = true;
  } else if (zeros_ < kZerosNeeded) {
    zeros_ += text.size() - kDigitsKept;
  }
}

RowFault CutDigits::damage_of(std::string_view field) const {
  if (is_cleared_ || zeros_ < kZerosNeeded) return RowFault::none;
  return is_long_number(unwrapped(field)) ? RowFault::excel_cut_digits : RowFault::none;
}

}  // namespace holdfast::records

// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/number_rules.h"

#include <algorithm>

#include "firmware/records/ascii.h"
#include "firmware/records/excel_damage.h"

namespace holdfast::records {

namespace {

constexpr std::size_t kDigitsMax = 32;
// Shorter ones are extensions, agents and service numbers, and nothing is taken off them.
constexpr std::size_t kSubscriberDigits = 7;
constexpr std::size_t kMobileDigits = 11;
constexpr std::size_t kAreaAndSubscriberDigits = 9;

bool is_mobile(std::string_view digits) {
  return digits.size() == kMobileDigits && digits[0] == '1' && digits[1] >= '3';
}

// The address of a call inside of what SIP writes around it.
std::string_view user_of(std::string_view text) {
  for (const std::string_view scheme : {"sip:", "sips:", "tel:"}) {
    if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
  }
  return text.substr(0, std::min(text.find('@'), text.find(';')));
}

bool is_separator(char byte) {
  return byte == ' ' || byte == '-' || byte == '(' || byte == ')' || byte == '.' || byte == '\t';
}

// Letters stay: an agent may be called A2049. So do * and # of service codes.
std::optional<std::string> without_separators(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    if (is_separator(byte)) continue;
    const bool is_known = is_digit(byte) || is_letter(byte) || byte == '*' || byte == '#' ||
                          byte == '_' || (byte == '+' && out.empty());
    if (!is_known || out.size() == kDigitsMax) return std::nullopt;
    out += byte;
  }
  return out;
}

void drop_gateway_prefix(std::string_view& digits, const NumberRules& rules) {
  std::size_t longest = 0;
  for (const std::string& prefix : rules.gateway_prefixes) {
    if (digits.starts_with(prefix)) longest = std::max(longest, prefix.size());
  }
  if (digits.size() >= longest + kSubscriberDigits) digits.remove_prefix(longest);
}

// In China as it is dialled there: +86 755 and 0755 are one.
std::string national(std::string_view digits) {
  const bool is_of_no_area = digits.starts_with("400") || digits.starts_with("800");
  const bool needs_trunk_zero = digits.size() >= kAreaAndSubscriberDigits && digits[0] != '0' &&
                                !is_mobile(digits) && !is_of_no_area;
  return (needs_trunk_zero ? "0" : "") + std::string(digits);
}

std::string without_country(std::string_view digits) {
  const bool is_marked = digits.starts_with('+') || (digits.starts_with("00") &&
                                                     digits.size() >= 2 + kAreaAndSubscriberDigits);
  if (is_marked) digits.remove_prefix(digits[0] == '+' ? 1 : 2);
  const bool is_china = digits.starts_with("86");
  if (is_china && (is_marked || is_mobile(digits.substr(2)))) return national(digits.substr(2));
  return std::string(digits);
}

}  // namespace

std::optional<std::string> normalised_number(std::string_view text, const NumberRules& rules) {
  const std::string_view user = user_of(unwrapped(text));
  if (std::ranges::none_of(user, is_digit)) return std::string();
  const auto plain = without_separators(user);
  if (!plain) return std::nullopt;
  std::string_view digits = *plain;
  drop_gateway_prefix(digits, rules);
  if (digits.size() < kSubscriberDigits || !std::ranges::all_of(digits.substr(1), is_digit)) {
    return std::string(digits);
  }
  std::string number = without_country(digits);
  if (number.starts_with('0') && is_mobile(std::string_view(number).substr(1))) number.erase(0, 1);
  return number;
}

}  // namespace holdfast::records

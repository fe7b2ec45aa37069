// SPDX-License-Identifier: Apache-2.0
// Telephone numbers in one form.
#include "firmware/records/number_rules.h"

#include <catch2/catch.hpp>
#include <string>

namespace holdfast::records {

namespace {

std::string normalised(std::string_view text, const NumberRules& rules = {}) {
  return normalised_number(text, rules).value_or("refused");
}

}  // namespace

TEST_CASE("a mobile number is the same however it is written") {
  for (const std::string text :
       {"13800138000", "+8613800138000", "008613800138000", "8613800138000", "013800138000",
        "138-0013-8000", "+86 138 0013 8000", "(+86)13800138000", "'13800138000", "13800138000\t",
        "=\"13800138000\"", "sip:13800138000@10.0.0.1:5060", "tel:+8613800138000;ext=1",
        "+86 013800138000"}) {
    CAPTURE(text);
    CHECK(normalised(text) == "13800138000");
  }
}

TEST_CASE("a landline keeps its zero, and gets it back behind the country") {
  for (const std::string text : {"075512345678", "+8675512345678", "0086755 1234 5678",
                                 "0755-12345678", "+86(0755)12345678"}) {
    CAPTURE(text);
    CHECK(normalised(text) == "075512345678");
  }
  CHECK(normalised("+861065551234") == "01065551234");
  CHECK(normalised("+864008001234") == "4008001234");
  CHECK(normalised("+8695588") == "95588");
  CHECK(normalised("12345678") == "12345678");
}

TEST_CASE("numbers of other countries are told by their country") {
  CHECK(normalised("+49 170 1234567") == "491701234567");
  CHECK(normalised("0049 170 1234567") == "491701234567");
}

TEST_CASE("extensions, agents and service numbers stay") {
  for (const std::string text :
       {"2049", "0086", "8601", "95588", "110", "001234", "A2049", "*72", "agent_7", "861234"}) {
    CAPTURE(text);
    CHECK(normalised(text, {.gateway_prefixes = {"9", "86"}}) == text);
  }
}

TEST_CASE("the longest gateway prefix that fits is taken off, once") {
  const NumberRules rules{.gateway_prefixes = {"9", "99", "17909"}};
  CHECK(normalised("913800138000", rules) == "13800138000");
  CHECK(normalised("9913800138000", rules) == "13800138000");
  CHECK(normalised("9013800138000", rules) == "13800138000");
  CHECK(normalised("17909008613800138000", rules) == "13800138000");
  CHECK(normalised("99913800138000", rules) == "913800138000");
  CHECK(normalised("913800138000") == "913800138000");
}

TEST_CASE("what has no digit is no number") {
  for (const std::string text :
       {"", "anonymous", "unknown", "s", "-", "未知", "sip:anonymous@x1"}) {
    CAPTURE(text);
    CHECK(normalised(text).empty());
  }
}

TEST_CASE("what is not one number is refused") {
  for (const std::string text :
       {"13800138000,13900139000", "13800138000/13900139000", "张三13800138000", "138+00138000",
        "138001380001380013800013800138000"}) {
    CAPTURE(text);
    CHECK(normalised(text) == "refused");
  }
}

}  // namespace holdfast::records

// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/number_mask.h"

#include <catch2/catch.hpp>
#include <vector>

namespace holdfast::records {
namespace {

TEST_CASE("Numbers lose their middle, and keep their length and their signs") {
  const std::vector<std::pair<std::string, std::string>> kCases = {
      {"13800138000", "138****8000"},
      {"+8613800138000", "+861******8000"},
      {"138-0013-8000", "138-****-8000"},
      {"(010) 6555-1234", "(010) 65**-**34"},
      {"1234567", "1****67"},
      {"12345", "***45"},
      {"95588", "***88"},
      {"2049", "2049"},
      {"", ""},
      {"anonymous", "anonymous"},
      {"13800138000,13900139000", "138****8000,139****9000"}};
  for (const auto& [text, masked] : kCases) CHECK(mask_numbers(text) == masked);
}

TEST_CASE("In other texts only the row's own numbers are masked, however they are written") {
  const std::vector<std::string> numbers = {"13912345678"};
  CHECK(mask_known("call 13912345678 back", numbers) == "call 139****5678 back");
  CHECK(mask_known("0086 139-1234-5678", numbers) == "008* ***-****-5678");
  CHECK(mask_known("12345678", numbers) == "12****78");  // without the area
  CHECK(mask_known("C0000017, 13800138000, 2345678", numbers) == "C0000017, 13800138000, 2****78");
}

TEST_CASE("In paths whatever may be a number is masked, and days and times are not") {
  CHECK(mask_path("01/31/2049_15372388463_20210131114129.wav", {}) ==
        "01/31/2049_153****8463_20210131114129.wav");
  CHECK(mask_path("20210131/x.wav", {}) == "20210131/x.wav");
  CHECK(mask_path("65551234.wav", {}) == "65****34.wav");
  const std::vector<std::string> numbers = {"20001234"};
  CHECK(mask_path("20001234.wav", numbers) == "20****34.wav");
}

TEST_CASE("Digits of a text are a number if there are enough") {
  CHECK(number_digits("139-1234-5678") == "13912345678");
  CHECK(number_digits("2049").empty());
}

}  // namespace
}  // namespace holdfast::records

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
      {"(010) 6555-1234", "(010) ****-1234"},
      {"1234567", "1****67"},
      {"12345", "***45"},
      {"95588", "***88"},
      {"2049", "2049"},
      {"", ""},
      {"anonymous", "anonymous"},
      {"13800138000,13900139000", "138****8000,139****9000"},
      {"139,1234,5678", "139,****,5678"}};
  for (const auto& [text, masked] : kCases) CHECK(mask_numbers(text) == masked);
}

TEST_CASE("Whatever stands between the digits of a number, its middle goes") {
  const std::vector<std::pair<std::string, std::string>> kCases = {
      {"139 - 1234 - 5678", "139 - **** - 5678"},
      {"139  1234  5678", "139  ****  5678"},
      {"139\t1234\t5678", "139\t****\t5678"},
      {"139–1234–5678", "139–****–5678"},
      {"139_1234_5678", "139_****_5678"},
      {"１３９１２３４５６７８", "１３９****５６７８"},
      {"tel 139 x 1234 x 5678", "tel 139 x **** x 5678"},
      {"١٣٩١٢٣٤٥٦٧٨", "*"},
      {"一三九12345678", "*"},
      {"\xFF"
       "13912345678",
       "*"}};
  for (const auto& [text, masked] : kCases) CHECK(mask_numbers(text) == masked);
}

TEST_CASE("In other texts only the row's own numbers are masked, however they are written") {
  const std::vector<std::string> numbers = {"13912345678"};
  CHECK(mask_known("call 13912345678 back", numbers) == "call 139****5678 back");
  CHECK(mask_known("0086 139-1234-5678", numbers) == "0086 139-****-5678");
  CHECK(mask_known("12345678", numbers) == "12****78");  // without the area
  CHECK(mask_known("C0000017, 13800138000, 2345678", numbers) == "C0000017, 13800138000, 2****78");
  CHECK(mask_known("139_1234_5678, 139 - 1234 – 5678", numbers) ==
        "139_****_5678, 139 - **** – 5678");
  CHECK(mask_known("１３９１２３４５６７８", numbers) == "１３９****５６７８");
  CHECK(mask_known("139 and 1234 and 5678", numbers) == "139 and 1234 and 5678");
}

TEST_CASE("In paths whatever may be a number is masked, and days and times are not") {
  CHECK(mask_path("01/31/2049_15372388463_20210131114129.wav", {}) ==
        "01/31/2049_153****8463_20210131114129.wav");
  CHECK(mask_path("20210131/x.wav", {}) == "20210131/x.wav");
  CHECK(mask_path("65551234.wav", {}) == "65****34.wav");
  const std::vector<std::string> numbers = {"20001234"};
  CHECK(mask_path("20001234.wav", numbers) == "20****34.wav");
}

TEST_CASE("A number in a path is masked however it is written, and beside a time") {
  const std::vector<std::pair<std::string, std::string>> kCases = {
      {"139-1234-5678.wav", "139-****-5678.wav"},
      {"008613912345678_1.wav", "008********5678_1.wav"},
      {"20881234_x.wav", "20****34_x.wav"},
      {"20881320_x.wav", "20****20_x.wav"},
      {"+86 139 1234 5678.wav", "+86 1** **** 5678.wav"},
      {"(010) 6555-1234.wav", "(010) ****-1234.wav"},
      {"2026013109000013912345678.wav", "20260131090000139****5678.wav"},
      {"2026-01-31 09-00-00.wav", "2026-01-31 09-00-00.wav"},
      {"2049-13912345678-20260131.wav", "2049-139****5678-20260131.wav"},
      {"20260131090000123.wav", "20260131090000123.wav"},
      {"20260131/0001.wav", "20260131/0001.wav"},
      {"2026013112345678.wav", "2026013112****78.wav"}};
  for (const auto& [path, masked] : kCases) CHECK(mask_path(path, {}) == masked);
  const std::vector<std::string> numbers = {"13912345678"};
  CHECK(mask_path("139_1234_5678.wav", numbers) == "139_****_5678.wav");
}

TEST_CASE("Digits of a text are a number if there are enough") {
  using Numbers = std::vector<std::string>;
  CHECK(numbers_in("139-1234-5678") == Numbers{"13912345678"});
  CHECK(numbers_in("13912345678，13800138000") == Numbers{"13912345678", "13800138000"});
  CHECK(numbers_in("2049").empty());
  CHECK(numbers_in("").empty());
}

}  // namespace
}  // namespace holdfast::records

// SPDX-License-Identifier: Apache-2.0
// What Excel leaves of keys and times is told from what systems write.
#include "firmware/records/excel_damage.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace holdfast::records {

namespace {

RowFault of_key(std::string_view field) {
  return excel_damage_of(FieldUse::key, field);
}
RowFault of_time(std::string_view field) {
  return excel_damage_of(FieldUse::time, field);
}

// How many of the column are told as cut.
std::size_t cut_in(const std::vector<std::string>& column) {
  CutDigits digits;
  for (const std::string& field : column) digits.look(field);
  std::size_t cut = 0;
  for (const std::string& field : column) {
    cut += digits.damage_of(field) == RowFault::excel_cut_digits ? 1 : 0;
  }
  return cut;
}

}  // namespace

TEST_CASE("a number as a power of ten has lost its digits") {
  for (const std::string field : {"1.38E+10", "1E+10", "1.3800138E+10", "-1.1E-05", "1,38e+10",
                                  "6.22202E+15", "1.1E+100", "'1.38E+10", "1.38E+10\t"}) {
    CAPTURE(field);
    CHECK(of_key(field) == RowFault::excel_exponent);
    CHECK(of_time(field) == RowFault::excel_exponent);
  }
  for (const std::string field :
       {"13800138000", "1E10", "12E45", "12E+10", "1.38E+1", "E+10", "1.E+10", "1.38E+10x",
        "x1.38E+10", "1.38", "1.38E+1000", "", "+86138"}) {
    CAPTURE(field);
    CHECK(of_key(field) == RowFault::none);
  }
}

TEST_CASE("a key that has become a date is damaged") {
  for (const std::string field :
       {"2024/3/5", "2024/12/31 9:08", "3月5日", "12月31日", "5-Mar", "31-Dec", "Mar-05"}) {
    CAPTURE(field);
    CHECK(of_key(field) == RowFault::excel_date);
  }
  for (const std::string field :
       {"3-5", "2024-03-05", "20240305", "2024/3/5-001", "HT/2024/3/5", "5-March", "5-Mar-1",
        "3月5", "月5日", "Mar-2024", "Mar", "2024/3", "45356", "9:08"}) {
    CAPTURE(field);
    CHECK(of_key(field) == RowFault::none);
  }
}

TEST_CASE("a time that has lost its seconds or its day is damaged") {
  for (const std::string field : {"2024/3/5 9:08", "2024/03/05 09:08", "2024/3/5", "08:07.1",
                                  "45356", "45356.38", "45356.3806365741"}) {
    CAPTURE(field);
    CHECK(of_time(field) == RowFault::excel_date);
  }
  for (const std::string field :
       {"2024/3/5 9:08:07", "2024-03-05 09:08:07", "2024-03-05T09:08:07+08:00", "20240305090807",
        "1709600887", "1709600887123", "09:08:07", "08:07", "08:07.12", "453567", "45356.", ""}) {
    CAPTURE(field);
    CHECK(of_time(field) == RowFault::none);
  }
}

TEST_CASE("errors of a spreadsheet are no values") {
  for (const std::string field :
       {"#NAME?", "#VALUE!", "#REF!", "#DIV/0!", "#N/A", "#NUM!", "#NULL!", "########", "##"}) {
    CAPTURE(field);
    CHECK(of_key(field) == RowFault::excel_error);
    CHECK(of_time(field) == RowFault::excel_error);
  }
  for (const std::string field : {"#", "#12", "12##", "#name", "*#06#"}) {
    CHECK(of_key(field) == RowFault::none);
  }
}

TEST_CASE("what people write around a key is taken off, once") {
  CHECK(unwrapped("13800138000") == "13800138000");
  CHECK(unwrapped("'13800138000") == "13800138000");
  CHECK(unwrapped("`13800138000") == "13800138000");
  CHECK(unwrapped("13800138000\t") == "13800138000");
  CHECK(unwrapped("\t\t0138\t") == "0138");
  CHECK(unwrapped("=\"0138\"") == "0138");
  CHECK(unwrapped("=\"0138\"\t") == "0138");
  CHECK(unwrapped("=\"\"").empty());
  CHECK(unwrapped("\t").empty());
  CHECK(unwrapped("").empty());
  CHECK(unwrapped("''0138") == "'0138");
  for (const std::string field :
       {"=\"", "=", "=\"a\"\"b\"", "=1+1", "0138'", "\"0138\"", " 0138"}) {
    CHECK(unwrapped(field) == field);
  }
}

TEST_CASE("digits are cut where all long numbers of the column end in zeros") {
  CHECK(cut_in({"110101199003071000", "320501198811052000", "13800138000"}) == 2);
  CHECK(cut_in({"6222020200112230", "6222020200112240", "6222020200112250"}) == 3);
  CHECK(cut_in({"'110101199003071000"}) == 1);
}

TEST_CASE("digits are not cut where one long number shows that the column was never in Excel") {
  CHECK(cut_in({"110101199003071000", "320501198811052018"}) == 0);
  CHECK(cut_in({"110101199003071000", "000000000000000000"}) == 0);
}

TEST_CASE("a few zeros prove nothing, and short numbers are never cut") {
  CHECK(cut_in({"6222020200112230"}) == 0);
  CHECK(cut_in({"6222020200112230", "6222020200112240"}) == 0);
  CHECK(cut_in({"100000000000000", "200000000000000", "13800000000"}) == 0);
  CHECK(cut_in({"11010119900307100X", "HT1000000000000000000"}) == 0);
  CHECK(cut_in({}) == 0);
}

}  // namespace holdfast::records

// SPDX-License-Identifier: Apache-2.0
#include "hal/base/time.h"

#include <catch2/catch.hpp>

namespace holdfast {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

}  // namespace

TEST_CASE("a moment's text is RFC 3339 in UTC") {
  CHECK(Timestamp{0}.rfc3339() == "1970-01-01T00:00:00Z");
  CHECK(Timestamp{1'769'859'689 * kSecond}.rfc3339() == "2026-01-31T11:41:29Z");
  CHECK(Timestamp{1'500'000'000}.rfc3339() == "1970-01-01T00:00:01.5Z");
  CHECK(Timestamp{1}.rfc3339() == "1970-01-01T00:00:00.000000001Z");
  CHECK(Timestamp{-1}.rfc3339() == "1969-12-31T23:59:59.999999999Z");
  CHECK(Timestamp{951'782'400 * kSecond}.rfc3339() == "2000-02-29T00:00:00Z");
}

TEST_CASE("every text that was made is read back") {
  for (const std::int64_t ns : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1},
                                1'769'859'689 * kSecond + 120, -86'400 * kSecond}) {
    CHECK(Timestamp::parse(Timestamp{ns}.rfc3339())->ns == ns);
  }
}

TEST_CASE("short forms and zones are understood") {
  const Timestamp noon = *Timestamp::parse("2026-01-31T12:00:00Z");
  for (const char* text :
       {"2026-01-31T12:00", "2026-01-31 12:00", "2026-01-31T20:00:00+08:00",
        "2026-01-31T07:30-04:30", "2026-01-31T12:00:00.000", "2026-02-01T00:00+12:00"}) {
    CAPTURE(text);
    CHECK(*Timestamp::parse(text) == noon);
  }
  CHECK(*Timestamp::parse("2026-01-31") == *Timestamp::parse("2026-01-31T00:00:00Z"));
}

TEST_CASE("texts that are no moment are refused") {
  for (const char* text : {"",
                           "2026",
                           "2026-1-31",
                           "2026-02-29",
                           "2026-13-01",
                           "2026-00-10",
                           "2026-01-31T",
                           "2026-01-31T24:00",
                           "2026-01-31T12:60",
                           "2026-01-31T12:00:60",
                           "2026-01-31T12:00:00.",
                           "2026-01-31T12:00:00.1234567890",
                           "2026-01-31T12:00:00+8",
                           "2026-01-31T12:00Zx",
                           "2026-01-31T12:00+24:00",
                           "-026-01-31",
                           "+026-01-31",
                           "1600-01-01",
                           "2300-01-01",
                           "2026-01-31x"}) {
    CAPTURE(text);
    CHECK(Timestamp::parse(text).error().code == ErrorCode::invalid_argument);
  }
}

TEST_CASE("months count from January 1970") {
  CHECK(Timestamp::parse("1970-01-31T23:59:59Z")->month() == 0);
  CHECK(Timestamp::parse("1970-02-01")->month() == 1);
  CHECK(Timestamp::parse("2026-01-01")->month() == 672);
  CHECK(Timestamp{-1}.month() == 0);
}

}  // namespace holdfast

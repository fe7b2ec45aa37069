// SPDX-License-Identifier: Apache-2.0
// Paths of recordings made of their rows.
#include "firmware/records/path_template.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "hal/base/path.h"
#include "hal/base/time.h"

namespace holdfast::records {

namespace {

const std::int64_t kStart = Timestamp::parse("2021-01-31T11:41:29")->ns / 1'000'000;

std::string filled(std::string_view text, const std::vector<std::string_view>& values) {
  const auto parsed = PathTemplate::parse(text);
  REQUIRE(parsed);
  PathPattern out;
  if (!parsed->fill(values, kStart, out)) return "none";
  REQUIRE(out.is_exact());
  return out.prefix();
}

PathPattern pattern(std::vector<std::string> pieces) {
  return {std::move(pieces)};
}

}  // namespace

TEST_CASE("a path is made of columns and the start") {
  CHECK(filled("{start:%m/%d}/{agent}_{phone}_{start:%Y%m%d%H%M%S}.wav", {"2049", "15372388463"}) ==
        "01/31/2049_15372388463_20210131114129.wav");
  CHECK(filled("{{{a}}}{a}", {"x"}) == "{x}x");
  CHECK(filled("{start}", {"as it stands"}) == "as it stands");
  CHECK(filled("{主叫号码}.wav", {"13800138000"}) == "13800138000.wav");
}

TEST_CASE("a path that lacks one of its parts is none") {
  CHECK(filled("{a}/{b}", {"x", ""}) == "none");
  PathPattern out;
  CHECK_FALSE(PathTemplate::parse("{start:%Y}")->fill({}, std::nullopt, out));
}

TEST_CASE("each column is named once, in its order") {
  const auto parsed = PathTemplate::parse("{b}/{a}/{b}*{start:%Y}");
  REQUIRE(parsed);
  CHECK(parsed->columns() == std::vector<std::string>{"b", "a"});
}

TEST_CASE("a text that is no template is refused") {
  for (const std::string text : {"", "{", "}", "{}", "a{b", "a}b", "{a{b}", "{start:}",
                                 "{start:%Q}", "{start:%F %T%z}", "{start:epoch_s}"}) {
    CAPTURE(text);
    CHECK_FALSE(PathTemplate::parse(text));
  }
}

TEST_CASE("a star is anything but a slash") {
  PathPattern out;
  REQUIRE(PathTemplate::parse("rec/{start:%Y}/*-{id}.*")
              ->fill(std::vector<std::string_view>{"7"}, kStart, out));
  CHECK(out.pieces == std::vector<std::string>{"rec/2021/", "-7.", ""});
  CHECK_FALSE(out.is_exact());
  CHECK(out.prefix() == "rec/2021/");
  CHECK(out.fits("rec/2021/out-7.wav"));
  CHECK(out.fits("rec/2021/-7."));
  CHECK_FALSE(out.fits("rec/2021/out-77.wav"));
  CHECK_FALSE(out.fits("rec/2021/out/x-7.wav"));
  CHECK_FALSE(out.fits("rec/2021/out-7./wav"));
  CHECK_FALSE(out.fits("rec/2021"));
}

TEST_CASE("pieces are looked for one behind the other") {
  CHECK(pattern({"a", "b", "b"}).fits("abb"));
  CHECK(pattern({"a", "b", "b"}).fits("axbybzb"));
  CHECK_FALSE(pattern({"a", "b", "b"}).fits("ab"));
  CHECK_FALSE(pattern({"ab", "ba"}).fits("aba"));
  CHECK(pattern({"", "/", ""}).fits("x/y"));
  CHECK_FALSE(pattern({"", "/", ""}).fits("x/y/z"));
  CHECK(pattern({"", "", ""}).fits("xyz"));
  CHECK(pattern({"x"}).fits("x"));
  CHECK_FALSE(pattern({"x"}).fits("xx"));
}

}  // namespace holdfast::records

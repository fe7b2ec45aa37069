// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/arguments.h"

#include <catch2/catch.hpp>

namespace holdfast::app {
namespace {

constexpr auto kEnglish = messages::Language::english;

TEST_CASE("digits are a snapshot, ./digits a path") {
  const auto number = parse_list_place({"7"}, kEnglish);
  REQUIRE(number);
  CHECK(number->snapshot.number == 7);
  CHECK(number->path.empty());
  const auto path = parse_list_place({"./7"}, kEnglish);
  REQUIRE(path);
  CHECK_FALSE(path->snapshot.number);
  CHECK(path->path == "7");
  const auto both = parse_list_place({"7", "./8/"}, kEnglish);
  REQUIRE(both);
  CHECK(both->snapshot.number == 7);
  CHECK(both->path == "8");
  const auto two_numbers = parse_list_place({"7", "8"}, kEnglish);
  REQUIRE(two_numbers);
  CHECK(two_numbers->path == "8");
}

TEST_CASE("a place has a number and a path at most, in that order") {
  CHECK(parse_list_place({}, kEnglish));
  CHECK_FALSE(parse_list_place({"calls", "7"}, kEnglish));
}

TEST_CASE("paths are unescaped and kept inside the snapshot") {
  CHECK(*parse_item_path("calls/01/a\\xB0\\\\b.wav", kEnglish) == "calls/01/a\xb0\\b.wav");
  CHECK(*parse_item_path("calls/", kEnglish) == "calls");
  CHECK(parse_item_path(".", kEnglish)->empty());
  for (const char* path : {"", "/", "/srv/calls", "calls/../x", "a//b", "a\\q", "..", "./.."}) {
    INFO(path);
    const auto parsed = parse_item_path(path, kEnglish);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::invalid_argument);
  }
}

TEST_CASE("a pattern takes the escapes of listings, and a glob its own as well") {
  CHECK(*parse_pattern("a\\xb0\\\\b", kEnglish) == "a\xb0\\b");
  CHECK(*parse_pattern("\\xB0*", kEnglish) == "\xb0*");
  CHECK(*parse_pattern("a\\\\*", kEnglish) == "a\\\\*");
  CHECK(*parse_pattern("\\[a\\x2a*", kEnglish) == "\\[a\\**");
  CHECK(*parse_pattern("*\\", kEnglish) == "*\\");
  CHECK(*parse_pattern("a\\x2a", kEnglish) == "*a\\**");
  for (const char* text : {"n\\l", "\\xZZ", "\\xZZ*", "*\\x1"}) {
    INFO(text);
    const auto parsed = parse_pattern(text, kEnglish);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::invalid_argument);
  }
}

TEST_CASE("a name in a complaint is escaped once") {
  const auto parsed = parse_item_path("src/n\\l", kEnglish);
  REQUIRE_FALSE(parsed);
  CHECK(messages::render_error(kEnglish, parsed.error()) ==
        "not a valid argument: src/n\\\\l is not the path of an item (name/below/the/source)");
}

TEST_CASE("a snapshot is a number or the latest") {
  CHECK(parse_snapshot("12", kEnglish)->number == 12);
  CHECK_FALSE(parse_snapshot("latest", kEnglish)->number);
  CHECK_FALSE(parse_snapshot("", kEnglish)->number);
  for (const char* text : {"-1", "1x", "first", "99999999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_snapshot(text, kEnglish));
  }
}

TEST_CASE("a restore takes one way of naming its snapshot") {
  RestoreOptions options;
  options.at = "2026-01-31T11:41";
  CHECK(parse_restore_snapshot(options, kEnglish)->at->rfc3339() == "2026-01-31T11:41:00Z");
  options.tag = "monthly";
  CHECK_FALSE(parse_restore_snapshot(options, kEnglish));
  options.at.clear();
  CHECK(parse_restore_snapshot(options, kEnglish)->tag == "monthly");
  options.snapshot = "latest";
  CHECK_FALSE(parse_restore_snapshot(options, kEnglish));
  options.tag.clear();
  options.snapshot.clear();
  options.at = "yesterday";
  CHECK_FALSE(parse_restore_snapshot(options, kEnglish));
}

TEST_CASE("geometries are words or sums") {
  CHECK(parse_geometry("auto", kEnglish)->policy == pool::GeometryPolicy::automatic);
  CHECK(parse_geometry("half", kEnglish)->policy == pool::GeometryPolicy::half);
  const auto fixed = parse_geometry("3+2", kEnglish);
  REQUIRE(fixed);
  CHECK(fixed->policy == pool::GeometryPolicy::fixed);
  CHECK(fixed->fixed.k == 3);
  CHECK(fixed->fixed.m == 2);
  for (const char* text : {"", "3", "3+", "+2", "3+2+1", "300+2", "3 + 2", "-3+2", "Auto"}) {
    INFO(text);
    CHECK_FALSE(parse_geometry(text, kEnglish));
  }
}

TEST_CASE("a tag cannot be taken for something else") {
  CHECK(check_tag("before-upgrade", kEnglish));
  CHECK(check_tag("月末", kEnglish));
  for (const char* tag : {"", "7", "latest", "a\nb", "a\\b", "\xff"}) {
    INFO(tag);
    CHECK_FALSE(check_tag(tag, kEnglish));
  }
}

}  // namespace
}  // namespace holdfast::app

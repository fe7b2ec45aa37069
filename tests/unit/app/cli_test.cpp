// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/cli.h"

#include <catch2/catch.hpp>

namespace holdfast::app {
namespace {

constexpr auto kEnglish = messages::Language::english;

Result<Command> parse(const std::vector<std::string>& words) {
  return parse_command(words, kEnglish);
}

std::string complaint_about(const std::vector<std::string>& words) {
  const auto command = parse(words);
  REQUIRE_FALSE(command);
  CHECK(command.error().code == ErrorCode::invalid_argument);
  return std::string(command.error().argument("what"));
}

TEST_CASE("options for all verbs stand before or after the verb") {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--json", "--home", "h", "snapshot", "list", "desk"},
        {"snapshot", "--json", "list", "--home=h", "desk"},
        {"snapshot", "list", "desk", "--home", "h", "--json"}}) {
    const auto command = parse(words);
    REQUIRE(command);
    CHECK(command->options.json);
    CHECK(command->options.home == "h");
    CHECK(command->verb != nullptr);
  }
}

TEST_CASE("prune acts unless it is a dry run, and a time is not confirmed without one") {
  CHECK(parse({"prune", "desk"}));
  CHECK(parse({"prune", "desk", "--dry-run"}));
  CHECK(parse({"prune", "desk", "--packs-only"}));
  CHECK(parse({"time", "show"}));
  CHECK(parse({"time", "confirm", "--at", "2026-01-31T11:41", "--by", "a", "--by", "b"}));
  CHECK(complaint_about({"time", "confirm", "--by", "a"}).find("--at") != std::string::npos);
}

TEST_CASE("a business may be called like a verb") {
  CHECK(parse({"backup", "backup"}));
  CHECK(parse({"snapshot", "list", "list"}));
  CHECK(parse({"ls", "status", "snapshot"}));
}

TEST_CASE("a list of disks ends at the next option, repeated options take one word each") {
  CHECK(parse({"pool", "create", "--disk", "a", "b", "c", "--geometry", "2+1"}));
  CHECK(parse({"restore", "--path", "calls/1", "desk", "--path", "calls/2", "7", "--target", "t"}));
}

TEST_CASE("a slip is told with the word that was meant") {
  CHECK(complaint_about({"restroe"}) == "unknown word or option: restroe; did you mean restore?");
  CHECK(complaint_about({"backup", "desk", "--jsno"}) ==
        "unknown word or option: --jsno; did you mean --json?");
  CHECK(complaint_about({"backup", "desk", "today"}) == "unknown word or option: today");
}

TEST_CASE("what is missing is named") {
  CHECK_THAT(complaint_about({}), Catch::StartsWith("a verb is missing: init, key, pool"));
  CHECK(complaint_about({"snapshot"}) == "a verb is missing: list, show, diff, tag, hold, release");
  CHECK_THAT(complaint_about({"backup"}), Catch::Contains("NAME"));
  CHECK_THAT(complaint_about({"pool", "create"}), Catch::Contains("--disk"));
  CHECK_THAT(complaint_about({"verify", "desk", "--sample", "0"}), Catch::Contains("--sample"));
}

TEST_CASE("a value that is missing, too many or wrong is told by its option") {
  CHECK(complaint_about({"restore", "d", "--target"}) == "--target needs a value");
  CHECK(complaint_about({"restore", "d", "--target", "a", "--path"}) == "--path needs a value");
  CHECK(complaint_about({"restore", "d", "--target", "a", "--target", "b"}) ==
        "--target may be given only once");
  CHECK(complaint_about({"verify", "d", "--sample", "101"}) ==
        "--sample takes a whole number from 1 to 100");
  CHECK(complaint_about({"verify", "d", "--sample", "all"}) ==
        "--sample takes a whole number from 1 to 100");
  CHECK(complaint_about({"pool", "status", "--visit-days", "-1"}) ==
        "--visit-days takes a whole number from 0 to 3650");
  CHECK(complaint_about({"status", "--json=perhaps"}) == "--json takes no value");
  CHECK(complaint_about({"pool", "create"}) == "--disk is missing");
}

TEST_CASE("an empty word stands for nothing, and is told by its option") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"restore", "d", "--target", "t", "--tag", ""}, "--tag"},
      {{"restore", "d", "--target", "t", "--at", ""}, "--at"},
      {{"restore", "d", "--target", "t", "--since", ""}, "--since"},
      {{"restore", "d", "--target", "t", "--path", "a", "--path", ""}, "--path"},
      {{"restore", "d", "--target", ""}, "--target"},
      {{"restore", "d", "", "--target", "t"}, "N"},
      {{"restore", "d", "--target", "t", "--tag="}, "--tag"},
      {{"snapshot", "show", "d", ""}, "N"},
      {{"snapshot", "tag", "d", "2", ""}, "T"},
      {{"snapshot", "diff", "d", "2", ""}, "M"},
      {{"verify", ""}, "NAME"},
      {{"verify", "d", ""}, "N"},
      {{"catalog", "rebuild", ""}, "NAME"},
      {{"backup", "d", "--tag", ""}, "--tag"},
      {{"pool", "create", "--disk", "a", ""}, "--disk"},
      {{"pool", "create", "--disk", "a", "--geometry", ""}, "--geometry"},
      {{"business", "add", "d", "--source", ""}, "--source"},
      {{"business", "add", "d", "--file", ""}, "--file"},
      {{"ls", "d", ""}, "N"},
      {{"cat", "d", ""}, "PATH"},
      {{"find", "d", ""}, "PATTERN"},
      {{"--home", "", "status"}, "--home"},
      {{"--home=", "status"}, "--home"},
  };
  for (const auto& [words, option] : cases) {
    CHECK(complaint_about(words) == option + " is empty");
  }
  CHECK(parse({"find", "d", "--", "--a="}));
}

TEST_CASE("a listing takes a number and a path, and names the word too many") {
  CHECK(parse({"ls", "d"}));
  CHECK(parse({"ls", "d", "--", "s/f1"}));
  CHECK(parse({"ls", "d", "2", "--", "-r"}));
  CHECK(complaint_about({"ls", "d", "2", "3", "4"}) == "unknown word or option: 4");
  const auto help = parse({"ls", "--help"});
  REQUIRE(help);
  CHECK_THAT(help->text, Catch::Contains("NAME [N] [PATH]") && !Catch::Contains("0x"));
}

TEST_CASE("every verb that writes has a dry run, the others do not") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"init"},
                                                {"pool", "create", "--disk", "d"},
                                                {"business", "add", "b"},
                                                {"backup", "b"},
                                                {"snapshot", "tag", "b", "1", "t"},
                                                {"restore", "b", "--target", "t"},
                                                {"catalog", "rebuild"}}) {
    std::vector<std::string> dry = words;
    dry.push_back("--dry-run");
    CHECK(parse(dry));
  }
  CHECK_FALSE(parse({"status", "--dry-run"}));
  CHECK_FALSE(parse({"verify", "b", "--dry-run"}));
}

TEST_CASE("all that has verbs of its own says what it is for") {
  for (const char* word : {"pool", "business", "snapshot", "hold", "record", "key", "catalog",
                           "time", "audit", "account"}) {
    for (const auto language : {messages::Language::english, messages::Language::chinese}) {
      const auto help = parse_command({word, "--help"}, language);
      REQUIRE(help);
      CHECK_THAT(help->text, !Catch::Contains("cli.help."));
    }
  }
}

TEST_CASE("help and usage have no English words in Chinese") {
  const auto help = parse_command({"restore", "-h"}, messages::Language::chinese);
  REQUIRE(help);
  for (const char* word : {"Usage", "Options", "OPTIONS", "Positionals", "REQUIRED"}) {
    CHECK_THAT(help->text, !Catch::Contains(word));
  }
  const auto missing = parse_command({"backup"}, messages::Language::chinese);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().argument("what") == "缺少 NAME");
}

TEST_CASE("help and version are texts, not verbs") {
  const auto help = parse({"restore", "--help"});
  REQUIRE(help);
  CHECK(help->verb == nullptr);
  CHECK_THAT(help->text, Catch::Contains("--overwrite"));
  const auto version = parse({"--version"});
  REQUIRE(version);
  CHECK_THAT(version->text, Catch::StartsWith("holdfast "));
}

}  // namespace
}  // namespace holdfast::app

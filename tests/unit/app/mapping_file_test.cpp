// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/mapping_file.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace holdfast::app {
namespace {

constexpr auto kEnglish = messages::Language::english;
const std::string kHead = "schema = 1\nzone = \"UTC\"\n";

Result<records::Mapping> parse(std::string_view text) {
  return parse_mapping(text, "desk.toml", kEnglish);
}

struct Complaint {
  std::string line;
  std::string what;
};

Complaint complaint_about(std::string_view text) {
  INFO(text);
  const auto mapping = parse(text);
  REQUIRE_FALSE(mapping);
  CHECK(mapping.error().code == ErrorCode::bad_business);
  CHECK(mapping.error().where == "desk.toml");
  return {std::string(mapping.error().argument("line")),
          std::string(mapping.error().argument("what"))};
}

constexpr std::string_view kAll = R"toml(schema = 1
zone = "Asia/Shanghai"
key = ["day", "flowno"]
call_id = "呼叫编号"

[start]
column = "start"
format = "%Y-%m-%d \"%H:%M:%S\""
zone = "+09:00"

[duration]
column = "spent"
unit = "h:m:s"

[numbers]
columns = ["from", "to"]
gateway_prefixes = ["9", "17909"]

[recording]
folder = "rec/a"
template = "{start:%m}/{agent}*.wav"
name_pattern = "(?P<agent>\\d+)_(?P<start>\\d{14})"
start_format = "%Y%m%d%H%M%S"
minimum_seconds = 3
late_days = 2

[recording.expected]
column = "state"
equals = ""

[tolerance]
start_seconds = 10
duration_seconds = 0

[thresholds.late]
warning = 1

[thresholds.missing_recording]
warning = "0.5%"
failure = "12%"
)toml";

// Below the head.
std::string with(const std::string& beginning, const std::string& rest) {
  std::string text = kHead;
  text += beginning;
  text += rest;
  text += '\n';
  return text;
}

TEST_CASE("a mapping is read with all its keys, and written as it was") {
  const auto mapping = parse(kAll);
  REQUIRE(mapping);
  CHECK(mapping->zone == "Asia/Shanghai");
  CHECK(mapping->key == std::vector<std::string>{"day", "flowno"});
  CHECK(mapping->call_id == "呼叫编号");
  CHECK(mapping->start == records::StartRule{"start", "%Y-%m-%d \"%H:%M:%S\"", "+09:00"});
  CHECK(mapping->duration.column == "spent");
  CHECK(mapping->duration.unit == records::DurationUnit::clock);
  CHECK(mapping->number_columns == std::vector<std::string>{"from", "to"});
  CHECK(mapping->numbers.gateway_prefixes == std::vector<std::string>{"9", "17909"});
  CHECK(mapping->recording.folder == "rec/a");
  CHECK(mapping->recording.path_template == "{start:%m}/{agent}*.wav");
  CHECK(mapping->recording.name_pattern == R"((?P<agent>\d+)_(?P<start>\d{14}))");
  CHECK(mapping->recording.start_format == "%Y%m%d%H%M%S");
  CHECK(mapping->recording.minimum_seconds == 3);
  CHECK(mapping->recording.late_days == 2);
  CHECK(mapping->recording.expected.kind == records::ExpectedRule::Kind::equals);
  CHECK(mapping->tolerance == records::Tolerance{10, 0});
  CHECK(mapping->thresholds.at("late").warning == records::Limit{1, false});
  CHECK_FALSE(mapping->thresholds.at("late").failure);
  CHECK(mapping->thresholds.at("missing_recording").warning == records::Limit{5000, true});
  CHECK(mapping->thresholds.at("missing_recording").failure == records::Limit{120'000, true});
  CHECK(write_mapping(*mapping) == kAll);
}

TEST_CASE("mappings that mean the same are written the same, defaults and all") {
  const auto bare = parse(kHead);
  const auto spoken = parse(
      "# the desk\nzone = \"UTC\"\n\nschema = 1\n[tolerance]\nduration_seconds = 2\n[recording]\n"
      "late_days = 7\n");
  REQUIRE(bare);
  REQUIRE(spoken);
  CHECK(*bare == *spoken);
  CHECK(write_mapping(*bare) ==
        kHead +
            "\n[recording]\nminimum_seconds = 0\nlate_days = 7\n\n[tolerance]\n"
            "start_seconds = 5\nduration_seconds = 2\n");
}

TEST_CASE("odd bytes in texts come back") {
  records::Mapping mapping;
  mapping.zone = "UTC";
  mapping.key = {"a\tb\"c\\d\ne\x7f"};
  const auto again = parse(write_mapping(mapping));
  REQUIRE(again);
  CHECK(*again == mapping);
}

TEST_CASE("an unknown key of a mapping is refused with its line and what was meant") {
  const Complaint top = complaint_about(kHead + "keys = [\"a\"]\n");
  CHECK(top.line == "3");
  CHECK(top.what == "the key `keys` is not known; did you mean `key`?");
  CHECK(complaint_about(kHead + "[start]\ncolum = \"a\"\n").what ==
        "the key `colum` is not known; did you mean `column`?");
  CHECK(complaint_about(kHead + "[thresholds.missing]\nwarning = 1\n").what ==
        "the key `missing` is not known");
  CHECK(complaint_about(kHead + "[thresholds.lat]\nwarning = 1\n").what ==
        "the key `lat` is not known; did you mean `late`?");
  CHECK(complaint_about(kHead + "[recording.expected]\ncolumn = \"a\"\nequal = \"b\"\n").line ==
        "5");
}

TEST_CASE("a mapping of another schema is refused whatever its keys") {
  CHECK(complaint_about("zone = \"UTC\"\n").what == "`schema` is missing here");
  CHECK(complaint_about("schema = 2\ntongue = 1\n").what == "`schema` must be 1");
  CHECK(complaint_about("schema = 1\n").what == "`zone` is missing here");
}

TEST_CASE("texts of a mapping that mean nothing are refused where they stand") {
  for (const std::string line :
       {"key = []", "key = [\"\"]", "key = \"a\"", "call_id = \"\"", "call_id = 1", "start = 1",
        "[start]\nformat = \"%F %T\"", "[duration]\nunit = \"s\"", "[thresholds.late]"}) {
    CHECK(complaint_about(kHead + line + "\n").line == "3");
  }
  for (const std::string line :
       {"[start]\ncolumn = \"a\"\nformat = \"%F\"", "[start]\ncolumn = \"a\"\nformat = \"%Q\"",
        "[duration]\ncolumn = \"a\"\nunit = \"h\"",
        "[numbers]\ncolumns = [\"a\"]\ngateway_prefixes = [\"+9\"]",
        "[recording]\ncolumn = \"a\"\ntemplate = \"b\"",
        "[recording.expected]\ncolumn = \"a\"\nnot_empty = false"}) {
    CHECK(complaint_about(kHead + line + "\n").line == "5");
  }
  for (const std::string line :
       {"folder = \"/srv\"", "folder = \"a/../b\"", "folder = \"a/\"", "template = \"{\"",
        "column = \"\"", "name_pattern = \"(\"", "name_pattern = \"(?P<fone>x)\"",
        "start_format = \"%F %T\"", "minimum_seconds = -1", "minimum_seconds = 86401",
        "late_days = 3651"}) {
    CHECK(complaint_about(with("[recording]\n", line)).line == "4");
  }
  CHECK(complaint_about(kHead + "[numbers]\ncolumns = []\n").line == "4");
  CHECK(complaint_about("schema = 1\nzone = \"Asia/Peking\"\n").line == "2");
}

TEST_CASE("keys that belong together are asked for together") {
  const auto about = [](const std::string& lines) { return complaint_about(kHead + lines).what; };
  CHECK(about("[recording]\nstrip = \"/srv/\"\n") == "`column` is missing here");
  CHECK(about("[recording]\nname_pattern = \"(?P<start>x)\"\n") ==
        "`start_format` is missing here");
  CHECK(about("[recording]\nname_pattern = \"(?P<phone>x)\"\nstart_format = \"%F %T\"\n") ==
        "`start_format` needs a group (?P<start>…) in `name_pattern`");
  CHECK(about("[recording.expected]\nabove = 0\n") == "`column` is missing here");
  for (const std::string lines : {"", "above = 0\nequals = \"x\"\n"}) {
    CHECK(about("[recording.expected]\ncolumn = \"a\"\n" + lines) ==
          "exactly one of `above`, `equals` and `not_empty` is needed here");
  }
}

TEST_CASE("a threshold is a count or a share") {
  for (const std::string limit :
       {"0", "-1", "4294967296", "\"0%\"", "\"100.1%\"", "\"1\"", "\"%\"", "\".5%\"", "\"1.%\"",
        "\"0.00001%\"", "\"1.5.5%\"", "\"-1%\"", "\"99999999999%\"", "0.5"}) {
    INFO(limit);
    CHECK(complaint_about(with("[thresholds.late]\nfailure = ", limit)).line == "4");
  }
  for (const std::string limit : {"4294967295", "\"100%\"", "\"0.0001%\"", "\"12.5%\""}) {
    INFO(limit);
    const auto mapping = parse(with("[thresholds.late]\nfailure = ", limit));
    REQUIRE(mapping);
    CHECK(write_mapping(*mapping).ends_with("failure = " + limit + "\n"));
  }
}

TEST_CASE("a column that is missing is told with the one that may be meant") {
  const auto mapping =
      parse(kHead + "call_id = \"uniqueid\"\n[start]\ncolumn = \"begin\"\nformat = \"epoch_s\"\n");
  REQUIRE(mapping);
  const std::vector<std::string> columns = {"unique_id", "start"};
  CHECK(
      missing_columns_text(*mapping, columns, kEnglish) ==
      "the mapping's `call_id` names the column uniqueid, and there is none of that name; did you "
      "mean unique_id?\n"
      "the mapping's `start.column` names the column begin, and there is none of that name\n");
  CHECK(missing_columns_text(*mapping, std::vector<std::string>{"uniqueid", "begin"}, kEnglish)
            .empty());
}

}  // namespace
}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/appliance_config.h"

#include <catch2/catch.hpp>

namespace holdfast::app {
namespace {

Result<ApplianceSettings> parse(std::string_view text) {
  return parse_appliance(text, "appliance.toml", messages::Language::english);
}

// "LINE: what".
std::string complaint_about(std::string_view text) {
  const auto settings = parse(text);
  REQUIRE_FALSE(settings);
  CHECK(settings.error().code == ErrorCode::bad_settings);
  CHECK(settings.error().where == "appliance.toml");
  return std::string(settings.error().argument("line")) + ": " +
         std::string(settings.error().argument("what"));
}

TEST_CASE("An appliance without a file of its own has defaults") {
  const auto settings = parse("");
  REQUIRE(settings);
  CHECK(settings->name.empty());
  CHECK_FALSE(settings->language);
  CHECK(settings->zone == policy::TimeZone());
  REQUIRE(settings->jobs.size() == 1);
  CHECK(settings->jobs[0].job == "tend");
  CHECK(settings->jobs[0].text == "daily 03:00");
  CHECK(settings->running_max == 2);
  CHECK(settings->away_hours == 24);
  CHECK(settings->scrub_days == 14);
  CHECK(settings->listen == std::vector<ListenAddress>{{"127.0.0.1", 8443}});
  CHECK(settings->host_names.empty());
}

TEST_CASE("The file of an appliance is read with all its keys") {
  const auto settings = parse(R"(name = "机房 12"
language = "zh-CN"
zone = "Asia/Shanghai"
tend = "every 6h"
jobs = 4
away_hours = 72
scrub_days = 30
[http]
listen = ["10.0.0.12:443", "[fe80::1]:8443"]
names = ["box12.example.com", "BOX12"]
)");
  REQUIRE(settings);
  CHECK(settings->name == "机房 12");
  CHECK(settings->language == messages::Language::chinese);
  CHECK(settings->zone == policy::TimeZone::find("Asia/Shanghai"));
  CHECK(settings->zone_name == "Asia/Shanghai");
  CHECK(std::get<policy::Interval>(settings->jobs[0].times).ns == 6LL * 3'600'000'000'000);
  CHECK(settings->running_max == 4);
  CHECK(settings->away_hours == 72);
  CHECK(settings->scrub_days == 30);
  CHECK(settings->listen == std::vector<ListenAddress>{{"10.0.0.12", 443}, {"fe80::1", 8443}});
  CHECK(settings->host_names == std::vector<std::string>{"box12.example.com", "BOX12"});
}

TEST_CASE("How long a disk may be away, and how long a scrub takes, have their bounds") {
  CHECK(parse("away_hours = 0\n")->away_hours == 0);
  CHECK(parse("scrub_days = 365\n")->scrub_days == 365);
  CHECK(complaint_about("scrub_days = 0\n") == "1: `scrub_days` must be 1, 2 … 365");
  for (const char* text : {"away_hours = 8761\n", "away_hours = -1\n", "scrub_days = 366\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse(text));
  }
}

TEST_CASE("Who hears says why, and finds numbers whole, unless the file says otherwise") {
  const auto defaults = parse("");
  REQUIRE(defaults);
  CHECK(defaults->calls.asks_reason);
  CHECK(defaults->calls.masked.empty());
  const auto settings = parse("[calls]\nreason = false\nmasked = [\"operator\"]\n");
  REQUIRE(settings);
  CHECK_FALSE(settings->calls.asks_reason);
  CHECK(settings->calls.is_masked(api::Role::operator_));
  CHECK_FALSE(settings->calls.is_masked(api::Role::viewer));
  for (const char* name : {"auditor", "administrator", "boss", ""}) {
    CHECK(complaint_about("[calls]\nmasked = [\"" + std::string(name) + "\"]\n") ==
          "2: `masked` must be [\"viewer\", \"operator\"]");
  }
  CHECK(complaint_about("[calls]\nmaskd = []\n") ==
        "2: the key `maskd` is not known; did you mean `masked`?");
}

TEST_CASE("Exports go to folders that the file names, and by default to none") {
  const auto defaults = parse("");
  REQUIRE(defaults);
  CHECK(defaults->export_folders.empty());
  const auto settings = parse("export_folders = [\"/media/handover\", \"/media/移交 2\"]\n");
  REQUIRE(settings);
  CHECK(settings->export_folders == std::vector<std::string>{"/media/handover", "/media/移交 2"});
  for (const std::string& folders :
       {std::string("\"\""), std::string("\"/\""), std::string("\"media\""),
        std::string("\"/media/\""), std::string("\"/media//a\""), std::string("\"/media/../a\""),
        std::string("\"/media/./a\""), std::string("\"/media/a\\nb\""),
        std::string("\"/media/a\", \"/media/a\""), "\"/" + std::string(1024, 'a') + "\""}) {
    INFO(folders);
    CHECK(complaint_about("\nexport_folders = [" + folders + "]\n") ==
          "2: `export_folders` must be [\"/media/handover\", \"…\"]");
  }
  std::string many = "export_folders = [";
  for (int i = 0; i < 17; ++i) many += "\"/media/" + std::to_string(i) + "\",";
  CHECK(complaint_about(many + "]\n").starts_with("1: `export_folders` must be"));
}

TEST_CASE("What is turned off stays off") {
  const auto settings = parse("tend = \"never\"\n[http]\nlisten = []\n");
  REQUIRE(settings);
  CHECK(settings->jobs.empty());
  CHECK(settings->listen.empty());
}

TEST_CASE("Slips of the pen have their lines") {
  CHECK(complaint_about("nmae = \"x\"\n") ==
        "1: the key `nmae` is not known; did you mean `name`?");
  CHECK(complaint_about("\nname = \"a\\nb\"\n") == "2: `name` must be \"…\" (≤ 64)");
  CHECK(complaint_about("name = \"" + std::string(65, 'a') + "\"\n") ==
        "1: `name` must be \"…\" (≤ 64)");
  CHECK(complaint_about("language = \"de\"\n") == "1: `language` must be \"en\", \"zh-CN\"");
  CHECK(complaint_about("zone = \"Mars/Base\"\n") ==
        "1: `zone` must be \"Asia/Shanghai\", \"UTC\", \"+08:00\"");
  CHECK(
      complaint_about("tend = \"Fri..Mon\"\n") ==
      "1: `tend` = Fri..Mon: Fri..Mon at character 1 ends before it begins: write it as two parts "
      "with a comma between them");
  CHECK(complaint_about("jobs = 0\n") == "1: `jobs` must be 1, 2, 3 … 16");
  CHECK(complaint_about("jobs = 17\n") == "1: `jobs` must be 1, 2, 3 … 16");
  CHECK(complaint_about("jobs = \"2\"\n") == "1: `jobs` must be 1, 2, 3 … 16");
  CHECK(complaint_about("name = \"a\"\nname = \"b\"\n").starts_with("2: this is not TOML: "));
  CHECK(complaint_about("http = 5\n") == "1: `http` must be [http]");
  CHECK(complaint_about("[http]\nlistn = []\n") ==
        "2: the key `listn` is not known; did you mean `listen`?");
  CHECK(complaint_about("[http]\nlisten = [\"127.0.0.1:1\",\n\"[::1]:1\",\n\"127.0.0.1:1\"]\n") ==
        "4: 127.0.0.1:1 stands in `listen` twice");
}

TEST_CASE("Listening is by numeric address and port") {
  for (const char* address :
       {"",           "8443",        ":8443",           "localhost:8443", "127.0.0.1",
        "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x",    "127.0.0.256:1",
        "127.0.1:1",  "1.2.3.4.5:1", "1.2.3.4.:1",      "01.2.3.4:1",     "::1:8443",
        "[]:1",       "[1:2]:1",     "[::g]:1",         "[::1:1",         "127.0.0.1:+1"}) {
    INFO(address);
    CHECK(complaint_about("[http]\nlisten = [\"" + std::string(address) + "\"]\n") ==
          "2: `listen` must be \"127.0.0.1:8443\", \"[::1]:8443\"");
  }
}

TEST_CASE("Names of the box are those of hosts") {
  for (const std::string& name :
       {std::string(), std::string("a..b"), std::string("a."), std::string(".a"), std::string("-a"),
        std::string("a-.b"), std::string("a_b"), std::string("box:1"), std::string("ä"),
        std::string(64, 'a'), std::string(200, 'a') + "."}) {
    INFO(name);
    CHECK(complaint_about("[http]\nnames = [\"ok\", \"" + name + "\"]\n") ==
          "2: `names` must be [\"box12.example.com\", \"…\"]");
  }
}

TEST_CASE("The file says how the bays of the disks sit") {
  CHECK_FALSE(parse("")->bays);
  const auto settings = parse(R"([bays]
rows = 2
columns = 12
first = 0
order = "columns"
places = ["/mnt/bay0", "", "/dev/disk/by-path/pci-0000:00:17.0-ata-2"]
)");
  REQUIRE(settings);
  REQUIRE(settings->bays);
  CHECK(settings->bays->rows == 2);
  CHECK(settings->bays->columns == 12);
  CHECK(settings->bays->first == 0);
  CHECK(settings->bays->goes_down);
  CHECK(settings->bays->places.size() == 3);
  const auto defaults = parse("[bays]\ncolumns = 4\n")->bays;
  REQUIRE(defaults);
  CHECK(defaults->rows == 1);
  CHECK(defaults->first == 1);
  CHECK_FALSE(defaults->goes_down);
  CHECK(defaults->places.empty());
}

TEST_CASE("Bays that cannot be are told with their line") {
  CHECK(complaint_about("[bays]\nrows = 0\n") == "2: `rows` must be 1, 2, 3 … 60");
  CHECK(complaint_about("[bays]\ncolumns = 0\n") == "2: `columns` must be 1, 2, 3 … 60");
  CHECK(complaint_about("[bays]\nrows = 30\ncolumns = 30\n").ends_with("may be 256 at most"));
  CHECK(complaint_about("[bays]\norder = \"up\"\n") == "2: `order` must be \"rows\", \"columns\"");
  CHECK(complaint_about("[bays]\nplaces = [\"/a\", \"/b\"]\n").starts_with("2: 2 places for 1"));
  CHECK(complaint_about("[bays]\ncolumns = 2\nplaces = [\n\"/a\",\n\"/a\"]\n") ==
        "5: /a stands in `places` twice");
  for (const char* place : {"bay1", "/mnt/../etc", "/mnt/bay1/", "//mnt", "/"}) {
    INFO(place);
    CHECK(complaint_about("[bays]\nplaces = [\"" + std::string(place) + "\"]\n")
              .starts_with("2: `places` must be"));
  }
  CHECK(complaint_about("[bays]\nrow = 1\n").starts_with("2: "));
}

}  // namespace
}  // namespace holdfast::app

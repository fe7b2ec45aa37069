// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/config.h"

#include <catch2/catch.hpp>

namespace holdfast::app {
namespace {

constexpr auto kEnglish = messages::Language::english;

Result<BusinessFile> parse(std::string_view text) {
  return parse_business(text, "desk.toml", kEnglish);
}

struct Complaint {
  std::string line;
  std::string what;
};

Complaint complaint_about(std::string_view text) {
  const auto file = parse(text);
  REQUIRE_FALSE(file);
  CHECK(file.error().code == ErrorCode::bad_business);
  CHECK(file.error().where == "desk.toml");
  return {std::string(file.error().argument("line")), std::string(file.error().argument("what"))};
}

TEST_CASE("a definition is read with all its keys") {
  const auto file = parse(R"(id = "00112233445566778899aabbccddeeff"
name = "desk"
kind = "mirror"
[[source]]
name = "calls"
type = "directory"
path = "/srv/recordings"
exclude = ["*.part", "tmp/*"]
cross_file_systems = true
compression = "zstd"
class = 7
[[source]]
path = "/srv/export"
)");
  REQUIRE(file);
  CHECK(file->id->hex() == "00112233445566778899aabbccddeeff");
  CHECK(file->definition.name == "desk");
  CHECK(file->definition.kind == source::BusinessKind::mirror);
  REQUIRE(file->definition.sources.size() == 2);
  const source::SourceDefinition& calls = file->definition.sources[0];
  CHECK(calls.name == "calls");
  CHECK(calls.exclude == std::vector<std::string>{"*.part", "tmp/*"});
  CHECK(calls.cross_file_systems);
  CHECK(calls.compression == codec::Compression::zstd);
  CHECK(calls.retention_class == 7);
  const source::SourceDefinition& other = file->definition.sources[1];
  CHECK(other.name == "export");
  CHECK(other.compression == codec::Compression::none);
  CHECK_FALSE(other.cross_file_systems);
}

TEST_CASE("what the box writes, it reads back, odd bytes included") {
  source::BusinessDefinition definition;
  definition.name = "desk";
  source::SourceDefinition source;
  source.name = "a\xb0\"b\\c";
  source.path = "/srv/\xb0\"quoted\"\\slash\n";
  definition.sources.push_back(source);
  BusinessId id;
  id.bytes.fill(0x5a);
  const auto file = parse(write_business(id, definition));
  REQUIRE(file);
  CHECK(file->id == id);
  CHECK(file->definition.kind == source::BusinessKind::archive);
  REQUIRE(file->definition.sources.size() == 1);
  CHECK(file->definition.sources[0].name == source.name);
  CHECK(file->definition.sources[0].path == source.path);
}

TEST_CASE("a person's own text keeps its comments and gets id and name") {
  const std::string text = "# the desk\nkind = \"archive\"\n[[source]]\npath = \"/srv/x\"\n";
  const auto own = parse(text);
  REQUIRE(own);
  BusinessId id;
  id.bytes.fill(1);
  const std::string complete = complete_business(text, *own, id, "desk");
  CHECK(complete.ends_with(text));
  const auto file = parse(complete);
  REQUIRE(file);
  CHECK(file->id == id);
  CHECK(file->definition.name == "desk");
}

TEST_CASE("an unknown key is refused with its line and the key that was meant") {
  const Complaint top = complaint_about("knid = \"mirror\"\n[[source]]\npath = \"/x\"\n");
  CHECK(top.line == "1");
  CHECK(top.what == "the key `knid` is not known; did you mean `kind`?");
  const Complaint below = complaint_about("[[source]]\npath = \"/x\"\n\nexcludes = [\"*\"]\n");
  CHECK(below.line == "4");
  CHECK(below.what == "the key `excludes` is not known; did you mean `exclude`?");
  CHECK(complaint_about("zzzzzzz = 1\n").what == "the key `zzzzzzz` is not known");
}

TEST_CASE("values of the wrong kind are refused where they stand") {
  const auto source = [](std::string_view line) {
    return "[[source]]\npath = \"/x\"\n" + std::string(line) + "\n";
  };
  for (const char* line : {"exclude = \"*\"", "exclude = [1]", "cross_file_systems = \"yes\"",
                           "compression = \"gzip\"", "class = -1", "class = 4294967296",
                           "class = \"1\"", "type = \"ftp\"", "name = 3", "name = \"a\\\\q\""}) {
    INFO(line);
    CHECK(complaint_about(source(line)).line == "3");
  }
  CHECK(complaint_about("kind = \"both\"\n").line == "1");
  CHECK(complaint_about("id = \"12\"\n").line == "1");
  CHECK(complaint_about("name = \"a\nb\"\n").line == "1");
}

TEST_CASE("a class is locked for as long as its part says, else by the kind") {
  const std::string source = "[[source]]\npath = \"/x\"\n";
  const std::string lock = "[[retention]]\nclass = 3\nlock_days = 30\n";
  const auto archive = parse(source + lock);
  REQUIRE(archive);
  CHECK(lock_days_of(archive->definition, 3) == 30);
  CHECK(lock_days_of(archive->definition, 0) == 1095);
  const auto mirror = parse("kind = \"mirror\"\n" + source + lock);
  REQUIRE(mirror);
  CHECK(lock_days_of(mirror->definition, 3) == 30);
  CHECK(lock_days_of(mirror->definition, 0) == 0);
}

TEST_CASE("a lock that cannot be meant is refused where it stands") {
  const auto about = [](const std::string& lines) {
    return complaint_about("[[source]]\npath = \"/x\"\n" + lines);
  };
  const std::string part = "[[retention]]\nclass = 0\n";
  CHECK(about(part + "lock_days = -1\n").line == "5");
  CHECK(about(part + "lock_days = 36526\n").what == "`lock_days` must be 0, 1, 2 … 36525");
  CHECK(about(part + "lock_days = \"3y\"\n").line == "5");
  CHECK(about(part).what == "`lock_days` is missing here");
  CHECK(about("[[retention]]\nlock_days = 1\n").what == "`class` is missing here");
  CHECK(about(part + "lock_day = 1\n").what ==
        "the key `lock_day` is not known; did you mean `lock_days`?");
  const Complaint twice = about(part + "lock_days = 1\n" + part + "lock_days = 2\n");
  CHECK(twice.line == "6");
  CHECK(twice.what == "two [[retention]] parts are of class 0");
  CHECK(about("[retention]\nclass = 0\nlock_days = 1\n").line == "3");
}

TEST_CASE("how long what is kept is read with all its keys") {
  const auto file = parse(R"([[retention]]
path = "calls/trial\\x41"
keep_days = 40
[[retention]]
class = 0
lock_days = 30
keep_days = 100
[[retention]]
class = 3
lock_days = 0
date = "change"
[snapshots]
keep_last = 1
keep_daily = 2
keep_weekly = 3
keep_monthly = 4
keep_yearly = 5
keep_tags = ["audit"]
zone = "Asia/Shanghai"
[[source]]
path = "/srv/calls"
)");
  INFO((file ? "" : std::string(file.error().argument("what"))));
  REQUIRE(file);
  policy::Retention expected;
  expected.classes[0] = {100, policy::ItemDate::call};
  expected.classes[3] = {std::nullopt, policy::ItemDate::change};
  expected.paths = {{"calls/trialA", 40}};
  expected.snapshots = policy::SnapshotRetention{1, 2, 3, 4, 5, {"audit"}, "Asia/Shanghai"};
  CHECK(file->definition.retention == expected);
  CHECK(file->definition.lock_days == source::LockDays{{0, 30}, {3, 0}});
  const auto plain = parse("[[source]]\npath = \"/x\"\n");
  REQUIRE(plain);
  CHECK(plain->definition.retention == policy::Retention());
}

TEST_CASE("rules of retention that cannot be meant are refused where they stand") {
  const auto about = [](const std::string& lines) {
    return complaint_about("[[source]]\npath = \"/calls\"\n" + lines);
  };
  const std::string part = "[[retention]]\nclass = 0\nlock_days = 30\n";
  const Complaint below = about(part + "keep_days = 29\n");
  CHECK(below.line == "6");
  CHECK(below.what == "`keep_days` (29) of class 0 is less than its lock of 30 days");
  // What is not said is locked for three years.
  const std::string path = "[[retention]]\npath = \"calls/a\"\nkeep_days = ";
  CHECK(about(path + "1094\n").what ==
        "`keep_days` (1094) of class 0 is less than its lock of 1095 days");
  CHECK(about(path + "29\n" + part).what ==
        "`keep_days` (29) of class 0 is less than its lock of 30 days");
  const Complaint mirror =
      complaint_about("kind = \"mirror\"\n[[source]]\npath = \"/x\"\n" + part + "keep_days = 99\n");
  CHECK(mirror.line == "7");
  CHECK(
      mirror.what ==
      "`keep_days` is of an archive: in a mirror what is gone goes with the last snapshot that has "
      "it");
  CHECK(about("[[retention]]\npath = \"cals/a\"\nkeep_days = 2000\n").what ==
        "a path begins with the name of a source, and none is named cals; did you mean calls?");
  CHECK(about("[[retention]]\npath = \"other\"\nkeep_days = 2000\n").what ==
        "a path begins with the name of a source, and none is named other");
  CHECK(about(path + "2000\n" + path + "3000\n").what ==
        "two [[retention]] parts are of the path calls/a");
  CHECK(about("[[retention]]\npath = \"calls/a\"\n").what == "`keep_days` is missing here");
  CHECK(about("[[retention]]\npath = \"calls/../a\"\nkeep_days = 2000\n").line == "4");
  CHECK(about(path + "2000\nlock_days = 1\n").line == "6");
  CHECK(about(part + "date = \"today\"\n").what == "`date` must be \"call\", \"change\"");
  CHECK(about(part + "keep_day = 1\n").what ==
        "the key `keep_day` is not known; did you mean `keep_days`?");
  CHECK(about("[snapshots]\nkeep_dayly = 1\n").what ==
        "the key `keep_dayly` is not known; did you mean `keep_daily`?");
  CHECK(about("[snapshots]\nkeep_daily = 0\n").what.starts_with("[snapshots] keeps nothing"));
  CHECK(about("[snapshots]\nkeep_last = 1\nzone = \"Mars/Base\"\n").line == "5");
}

TEST_CASE("a definition without a usable source is refused") {
  CHECK(complaint_about("").what == "at least one [[source]] is needed");
  CHECK(complaint_about("source = []\n").what == "at least one [[source]] is needed");
  CHECK(complaint_about("[[source]]\nname = \"x\"\n").what == "a source needs its `path`");
  CHECK(complaint_about("[[source]]\npath = \"srv\"\n").line == "2");
  CHECK(complaint_about("[[source]]\npath = \"/\"\n").what ==
        "a source needs a `name` without slashes");
  CHECK(complaint_about("[[source]]\npath = \"/x\"\nname = \"a/b\"\n").line == "1");
}

TEST_CASE("two sources of one name are refused at the second") {
  const Complaint twice =
      complaint_about("[[source]]\npath = \"/a/x\"\n[[source]]\npath = \"/b/x\"\n");
  CHECK(twice.line == "3");
  CHECK(twice.what == "two sources have the name x");
}

TEST_CASE("a name in the file is one that a business can have") {
  for (const char* name : {"", "a b", "a\\nb", "-x"}) {
    INFO(name);
    const Complaint complaint = complaint_about("# desk\nname = \"" + std::string(name) +
                                                "\"\n[[source]]\npath = \"/x\"\n");
    CHECK(complaint.line == "2");
    CHECK(complaint.what.starts_with("a business's name is of letters"));
  }
  CHECK(complaint_about("[[source]]\npath = \"/a\\\\x00b\"\n").line == "2");
}

TEST_CASE("names of businesses are words in any script") {
  for (const char* name : {"desk", "desk-2", "a.b_c", "2024", "催收"}) {
    INFO(name);
    CHECK(check_business_name(name, kEnglish));
  }
  for (const char* name : {"", "-x", ".x", "a b", "a/b", "a\\b", "a\nb", "\xb0", "a\"b"}) {
    INFO(name);
    CHECK_FALSE(check_business_name(name, kEnglish));
  }
  CHECK_FALSE(check_business_name(std::string(65, 'a'), kEnglish));
}

}  // namespace
}  // namespace holdfast::app

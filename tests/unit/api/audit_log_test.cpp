// SPDX-License-Identifier: Apache-2.0
// The audit log: its chain, its form, and what cuts and errors leave of it.
#include "firmware/api/audit_log.h"

#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "firmware/api/audit_line.h"
#include "hal/sim/disk.h"
#include "hal/sim/random.h"

namespace holdfast::api {

namespace {

constexpr Timestamp kStart{1'764'000'000'000'000'000};

struct Home {
  sim::World world{7};
  sim::SimClock clock{kStart};
  sim::SimDisk disk{world, "/home"};
  AuditLog log{disk, clock};

  AuditEvent event(const std::string& subject) const {
    return {"alice", "auditor", "10.0.0.7", "listen", subject, "ok"};
  }
  void append(const std::string& subject) { REQUIRE(log.append(event(subject))); }
  std::vector<std::string> subjects() const {
    std::vector<std::string> found;
    const auto take = [&](const AuditLine& line) {
      found.push_back(line.event.subject);
      return true;
    };
    CHECK(log.read(1, take));
    return found;
  }
  std::string text(const std::string& path) {
    const auto bytes = ports::load(disk, path, kMiB);
    REQUIRE(bytes);
    return std::string(text_of(*bytes));
  }
};

const std::string kFirst = "audit/0000000000000001.log";

}  // namespace

TEST_CASE("A line has the form that the formats page shows, and the digest of the line before") {
  Home home;
  home.append("desk/a \"b\"\n.wav");
  home.append("second");
  const std::string text = home.text(kFirst);
  const std::size_t end = text.find('\n');
  const std::string first = text.substr(0, end);
  const auto earlier = parse_audit_line(first);
  REQUIRE(earlier);
  CHECK(first == R"({"number":1,"time":")" + earlier->time.rfc3339() +
                     R"(","actor":"alice","role":"auditor","peer":"10.0.0.7","action":"listen",)"
                     R"("subject":"desk/a \"b\"\\x0a.wav","outcome":"ok","previous":")" +
                     std::string(64, '0') + "\"}");
  const std::string second = text.substr(end + 1, text.size() - end - 2);
  const auto line = parse_audit_line(second);
  REQUIRE(line);
  CHECK(line->number == 2);
  CHECK(line->previous == sha256(view_of(first)));
  CHECK(home.subjects() == std::vector<std::string>{"desk/a \"b\"\n.wav", "second"});
}

TEST_CASE("What pages write of accounts is chosen with what the command line writes") {
  AuditLine line;
  const AuditFilter filter{.action = "account add"};
  for (const auto& [action, is_taken] :
       {std::pair("account add", true), std::pair("account_add", true), std::pair("account", false),
        std::pair("account role", false)}) {
    line.event.action = action;
    CHECK(filter.takes(line) == is_taken);
  }
}

TEST_CASE("What may have been heard or copied is found by who asks for either") {
  AuditLine line;
  line.event.action = "hear_stored";
  for (const char* action : {"hear", "cat", "hear_stored", ""}) {
    CHECK(AuditFilter{.action = action}.takes(line));
  }
  CHECK_FALSE(AuditFilter{.action = "restore"}.takes(line));
  line.event.action = "hear";
  CHECK_FALSE(AuditFilter{.action = "cat"}.takes(line));
}

TEST_CASE("A changed, missing or inserted line is a fault, with its number") {
  Home home;
  for (const char* subject : {"one", "two", "three", "four"}) home.append(subject);
  const std::string text = home.text(kFirst);
  const auto survey_of = [&](const std::string& changed) {
    home.disk.plant(kFirst, view_of(changed));
    const auto survey = home.log.survey();
    REQUIRE(survey);
    return *survey;
  };
  CHECK_FALSE(survey_of(text).fault);
  CHECK(survey_of(text).lines == 4);

  std::string altered = text;
  altered.replace(altered.find("two"), 3, "TWO");
  CHECK(survey_of(altered).fault->number == 3);
  CHECK(survey_of(altered).fault->what == "chain");

  const std::size_t second = text.find('\n') + 1;
  const std::size_t third = text.find('\n', second) + 1;
  CHECK(survey_of(text.substr(0, second) + text.substr(third)).fault->what == "number");

  std::uint64_t read = 0;
  const auto fault = home.log.read(1, [&](const AuditLine&) { return ++read > 0; });
  REQUIRE(fault);
  REQUIRE(*fault);
  CHECK((*fault)->number == 2);
  CHECK(read == 3);

  std::string spaced = text;
  spaced.insert(second + 1, " ");
  CHECK(survey_of(spaced).fault->what == "form");
  CHECK(survey_of(spaced).lines == 3);
  CHECK(home.subjects() == std::vector<std::string>{"one", "three", "four"});

  // Longer than any line of ours: it is thrown away, and what is behind it is not.
  std::string long_line = text;
  long_line.insert(second, std::string(3 * kMiB, 'x') + "\n");
  CHECK(survey_of(long_line).fault->what == "form");
  CHECK(survey_of(long_line).fault->number == 2);
  CHECK(home.subjects() == std::vector<std::string>{"one", "two", "three", "four"});
}

TEST_CASE("A write that was cut is no fault, and the next line begins a new file") {
  Home home;
  home.append("one");
  home.disk.plant(kFirst, view_of(home.text(kFirst) + R"({"number":2,"time":")"));
  home.append("two");
  CHECK(home.text("audit/0000000000000002.log").find("two") != std::string::npos);
  auto survey = home.log.survey();
  REQUIRE(survey);
  CHECK_FALSE(survey->fault);
  CHECK(survey->lines == 2);
  CHECK(survey->unfinished == 1);
  // Cut again, in the new file's first line.
  home.disk.plant("audit/0000000000000003.log", view_of("{"));
  home.append("three");
  CHECK(home.text("audit/0000000000000003-01.log").find("three") != std::string::npos);
  CHECK(home.subjects() == std::vector<std::string>{"one", "two", "three"});
}

namespace {

// Numbers of the lines before that one, newest first.
std::vector<std::uint64_t> numbers_back(const AuditLog& log, std::uint64_t before,
                                        std::size_t count_max = 1'000'000) {
  std::vector<std::uint64_t> numbers;
  CHECK(log.read_back(before, [&](const AuditLine& line) {
    numbers.push_back(line.number);
    return numbers.size() < count_max;
  }));
  return numbers;
}

}  // namespace

TEST_CASE("Read from its end, the log gives the same lines, from wherever one begins") {
  Home home;
  sim::SimRandom random(11);
  for (int i = 0; i < 400; ++i) {
    home.append(std::string(random.array<1>()[0] * (i % 7 == 0 ? 30 : 1), 'x'));
    if (i % 90 != 89) continue;  // a write that was cut, or one whose error came late
    const std::string path = "audit/" + home.disk.list("audit")->back().name;
    const std::string text = home.text(path);
    const std::string last = text.substr(text.rfind('\n', text.size() - 2) + 1);
    if (i % 180 == 89) {
      home.disk.plant(path, view_of(text + "{\"number\":" + std::string(8000, 'y')));
    } else {
      home.disk.plant("audit/0000000000000" + std::to_string(i + 1) + ".log", view_of(last));
    }
  }
  const auto survey = home.log.survey();
  REQUIRE(survey);
  if (survey->fault) FAIL(survey->fault->file << survey->fault->number << survey->fault->what);
  for (std::uint64_t before = 1; before <= 402; before += before < 390 ? 7 : 1) {
    const auto numbers = numbers_back(home.log, before);
    const std::uint64_t count = std::min<std::uint64_t>(before - 1, 400);
    CAPTURE(before);
    REQUIRE(numbers.size() == count);
    for (std::uint64_t i = 0; i < count; ++i) REQUIRE(numbers[i] == count - i);
    if (count > 3) CHECK(numbers_back(home.log, before, 3).size() == 3);
  }
}

TEST_CASE("Of a long log no more is read than what is asked for") {
  Home home;
  AuditLine line{0, kStart, home.event(std::string(100, 'x')), {}};
  std::string text;
  for (line.number = 1; line.number <= 30'000; ++line.number) {
    const std::string each = write_audit_line(line);
    line.previous = sha256(view_of(each));
    text += each + '\n';
  }
  home.disk.plant(kFirst, view_of(text));
  for (const std::uint64_t before : {30'001U, 15'000U, 100U}) {
    const std::uint64_t from = home.world.operations();
    CHECK(numbers_back(home.log, before, 50).size() == 50);
    CHECK(home.world.operations() - from < 30);
  }
}

TEST_CASE("Read from its end, the log tells what does not follow, and gives what is behind it") {
  Home home;
  for (const char* each : {"one", "two", "three", "four", "five"}) home.append(each);
  const std::string text = home.text(kFirst);
  const auto fault_of = [&](const std::string& changed, std::size_t lines) {
    home.disk.plant(kFirst, view_of(changed));
    std::size_t count = 0;
    const auto fault = home.log.read_back(100, [&](const AuditLine&) { return ++count > 0; });
    REQUIRE(fault);
    CHECK(count == lines);
    return *fault ? std::to_string((*fault)->number) + " " + (*fault)->what : "none";
  };
  const std::size_t third = text.find("{\"number\":3");
  const std::size_t fourth = text.find("{\"number\":4");
  CHECK(fault_of(text, 5) == "none");
  std::string changed = text;
  changed.replace(text.find("three"), 5, "THREE");
  CHECK(fault_of(changed, 5) == "4 chain");
  CHECK(fault_of(text.substr(0, third) + text.substr(fourth), 4) == "3 number");
  CHECK(fault_of(text.substr(0, third) + "nothing\n" + text.substr(fourth), 4) == "3 form");
  CHECK(fault_of(text.substr(0, third) + std::string(3 * kMiB, 'x') + "\n" + text.substr(fourth),
                 4) == "3 form");
  CHECK(fault_of("", 0) == "none");
}

TEST_CASE("However often a full disk takes no line, the log goes on once there is room") {
  Home home;
  const std::uint64_t left = GENERATE(0U, 100U);  // bytes: a line fits in none of them
  std::uint64_t used = 0;
  SECTION("an empty log") {}
  SECTION("one that has lines") {
    home.append("one");
    used = home.text(kFirst).size();
  }
  home.disk.set_capacity(used + left);
  for (int i = 0; i < 300; ++i) CHECK_FALSE(home.log.append(home.event("lost")));
  CHECK(home.disk.files().size() < 5);
  home.disk.set_capacity(kMiB);
  home.append("found");
  home.append("more");
  const auto survey = home.log.survey();
  REQUIRE(survey);
  CHECK_FALSE(survey->fault);
  CHECK(home.subjects().back() == "more");
  CHECK(survey->lines == (used == 0 ? 2 : 3));
}

TEST_CASE("There is no last number of a file's attempts") {
  Home home;
  home.disk.plant("audit/0000000000000001-ff.log", view_of("{"));
  for (const char* name : {"audit/0000000000000001-100.log", "audit/0000000000000001-101.log"}) {
    home.append("next");
    CHECK(home.text(name).find("next") != std::string::npos);
    home.disk.plant(name, view_of("{"));
  }
  for (const char* name :
       {"0000000000000001-1.log", "0000000000000001-001.log", "1.log", "0000000000000001-.log",
        "0000000000000001-00.log", "0000000000000001-100000000.log"}) {
    CAPTURE(name);
    CHECK_FALSE(AuditFile::parse(name));
  }
}

TEST_CASE("A last line that is damaged does not stop the log") {
  Home home;
  home.append("one");
  home.append("two");
  std::string text = home.text(kFirst);
  text.replace(text.find("two"), 3, "\xFF\xFF\xFF");
  home.disk.plant(kFirst, view_of(text));
  home.append("three");
  const auto survey = home.log.survey();
  REQUIRE(survey);
  REQUIRE(survey->fault);
  CHECK(survey->fault->number == 2);
  CHECK(home.text(kFirst).find("\"number\":3") != std::string::npos);
}

TEST_CASE("What is too long is cut inside no character") {
  Home home;
  std::string subject;
  while (subject.size() < 3 * kAuditLineMax) subject += "\xE5\xBC\xA0\"";
  home.append(subject);
  const std::string text = home.text(kFirst);
  CHECK(text.size() <= kAuditLineMax);
  CHECK(text.find("\xE2\x80\xA6\",\"outcome\"") != std::string::npos);
  const auto survey = home.log.survey();
  REQUIRE(survey);
  CHECK_FALSE(survey->fault);
}

TEST_CASE("Whatever bytes a line is about, it fits, and is read back as it was written") {
  sim::SimRandom random(5);
  const std::vector<std::string> pieces = {
      "\x01", "\\",       "\"",       "a",    "\xE5\xBC\xA0",       "\xF0\x9F\x98\x80",
      "\x80", "\xE5\xBC", "\xC2\x85", "\x7F", std::string(1, '\0'), "\xFF"};
  const auto text_of_length = [&](std::size_t length) {
    std::string text;
    const std::size_t kinds = 1 + random.array<1>()[0] % pieces.size();
    while (text.size() < length) {
      const std::size_t first = random.array<1>()[0] % pieces.size();
      text += pieces[(first % kinds + kinds) % pieces.size()];
    }
    return text;
  };
  for (std::size_t i = 0; i < 1500; ++i) {
    AuditLine line{i + 1, kStart, {}, {}};
    line.event = {text_of_length(i % 300), "auditor", text_of_length(i % 700), "request",
                  text_of_length(7 * i),   "ok"};
    const std::string text = write_audit_line(line);
    CHECK(text.size() < kAuditLineMax);
    const auto read = parse_audit_line(text);
    REQUIRE(read);
    std::string_view subject = read->event.subject;
    if (subject != line.event.subject) {
      REQUIRE(subject.ends_with("\xE2\x80\xA6"));
      subject.remove_suffix(3);
      CHECK(subject.size() > 500);
      CHECK(line.event.subject.starts_with(subject));
    }
  }
}

TEST_CASE("The log is written on in a new file after 65,536 lines") {
  Home home;
  AuditLine line{65'535, kStart, home.event("before"), Digest{}};
  const std::string before = write_audit_line(line);
  home.disk.plant(kFirst, view_of(before + "\n"));
  home.append("last");
  home.append("next");
  CHECK(home.text(kFirst).find("last") != std::string::npos);
  CHECK(home.text("audit/0000000000065537.log").find("next") != std::string::npos);
}

TEST_CASE("Whatever operation is cut or fails, what was acknowledged stands in the chain") {
  std::uint64_t operations = 0;
  {
    Home good;
    good.append("one");
    good.append("two");
    operations = good.world.operations();
  }
  for (std::uint64_t at = 1; at <= operations; ++at) {
    for (const bool is_cut : {false, true}) {
      for (const auto policy : {sim::CrashPolicy::drop_unsynced, sim::CrashPolicy::random}) {
        CAPTURE(at, is_cut);
        Home home;
        std::vector<std::string> acknowledged;
        is_cut ? home.world.cut_at(at) : home.world.fail_at(at, ErrorCode::io);
        for (const char* subject : {"one", "two"}) {
          if (home.log.append(home.event(subject))) acknowledged.emplace_back(subject);
        }
        if (is_cut) home.world.crash({policy, at});
        home.append("three");
        acknowledged.emplace_back("three");
        const auto survey = home.log.survey();
        REQUIRE(survey);
        CHECK_FALSE(survey->fault);
        const auto found = home.subjects();
        const std::multiset<std::string> all(found.begin(), found.end());
        for (const std::string& subject : acknowledged) CHECK(all.count(subject) == 1);
      }
    }
  }
}

}  // namespace holdfast::api

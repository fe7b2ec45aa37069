// SPDX-License-Identifier: Apache-2.0
// What the box asks of those who find and hear calls.
#include <algorithm>

#include "tests/unit/api/api_box.h"

namespace holdfast::api {
namespace {

using Words = std::vector<std::string>;

const std::string kItem =
    R"({"schema":1,"snapshot":12,"items":[{"path":"a.wav","type":"regular","size":8,"digest":"ab"}]})";
const std::string kPeaks = R"({"schema":1,"form":"GSM 6.10","bytes":10,"peaks":[[0,1]]})";

bool has(const ports::ProcessRequest& request, const std::string& word) {
  return std::ranges::find(request.arguments, word) != request.arguments.end();
}

// `ls` knows the file, `hear` its sound: as a document, or ten bytes of it.
struct CallBox : ApiBox {
  sim::SimScript peaks{{{sim::Stream::output, kPeaks}}};
  sim::SimScript sound{{{sim::Stream::output, "0123456789"}}};
  CallBox() {
    program = [this](const ports::ProcessRequest& request) {
      if (has(request, "ls")) return sim::SimScript{{{sim::Stream::output, kItem}}};
      return has(request, "--json") ? peaks : sound;
    };
  }
  std::size_t count(const std::string& word) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(started, [&](const auto& request) { return has(request, word); }));
  }
};

TEST_CASE("A recording is given for a reason only, unless the box asks for none") {
  CallBox box;
  const auto entry = box.enter_as(Role::auditor);
  for (const std::string what : {"content", "sound", "peaks"}) {
    CAPTURE(what);
    const auto get = [&](ports::HttpFields query) {
      query.emplace_back("path", "a.wav");
      return box.get("/businesses/desk/" + what, entry, std::move(query));
    };
    box.api.set_call_rules({});
    for (const ports::HttpFields& none :
         {ports::HttpFields{}, ports::HttpFields{{"reason", ""}},
          ports::HttpFields{{"reason", " "}}, ports::HttpFields{{"reason", "\u3000\u00A0"}},
          ports::HttpFields{{"reason", "."}}}) {
      box.started.clear();
      const auto refused = get(none);
      CHECK(refused.status() == 400);
      CHECK(refused.problem() == "reason");
      CHECK(box.started.empty());
      CHECK(box.audit().back() == "the-auditor request reason");
    }
    CHECK(get({{"reason", "case 7"}}).status() == 200);
    CHECK(has(box.started.back(), "--reason=case 7"));
    box.api.set_call_rules({.asks_reason = false});
    CHECK(get({}).status() == 200);
  }
}

TEST_CASE("Sound is as long as it was found to be, which is looked up once") {
  CallBox box;
  const auto entry = box.enter_as(Role::auditor);
  const auto get = [&](const std::string& range) {
    return box.send({"GET",
                     "/api/v1/businesses/desk/sound",
                     {{"path", "a.wav"}, {"reason", "r"}},
                     {{"Cookie", entry.cookie}, {"Range", range}}});
  };
  box.sound = {{{sim::Stream::output, "345"}}};
  const auto part = get("bytes=3-5");
  CHECK(part.status() == 206);
  CHECK(part.field("Content-Range") == "bytes 3-5/10");
  CHECK(part.field("Content-Type") == "audio/wav");
  CHECK(part.field("ETag") == "\"wav-ab.wav\"");
  CHECK_FALSE(part.has_failed());
  CHECK(has(box.started.back(), "--from-byte=3"));
  CHECK(has(box.started.back(), "--bytes=3"));
  CHECK(get("bytes=3-5").status() == 206);
  CHECK(box.count("--json") == 3);  // two of `ls`, one of `hear`
  CHECK(box.count("--peaks=0") == 1);
  CHECK(get("bytes=10-").status() == 416);
  SECTION("a decoder that says less breaks it off") {
    box.sound = {{{sim::Stream::output, "34"}}};
    CHECK(get("bytes=3-5").has_failed());
  }
}

TEST_CASE("Who may hear no more hears no more, also of a recording that has begun") {
  CallBox box;
  const auto entry = box.enter_as(Role::auditor);
  int begun = 0;
  const bool is_removed = GENERATE(false, true);
  const auto program = box.program;
  box.program = [&](const ports::ProcessRequest& request) {
    if (is_removed && !has(request, "--json") && begun++ == 0) {
      REQUIRE(box.accounts.set_password("the-auditor", view_of("something else")));
    }
    return program(request);
  };
  const auto answer =
      box.get("/businesses/desk/sound", entry, {{"path", "a.wav"}, {"reason", "r"}});
  CHECK(answer.status() == 200);
  CHECK(answer.may_pause());
  CHECK(answer.has_failed() == is_removed);
  CHECK(answer.body().empty() == is_removed);
}

TEST_CASE("Who listens uses the session") {
  CallBox box;
  const auto entry = box.enter_as(Role::auditor);
  const auto program = box.program;
  box.program = [&](const ports::ProcessRequest& request) {
    if (!has(request, "--json")) box.clock.advance(kSessionIdle_ns / 4 * 3);
    return program(request);
  };
  const auto answer =
      box.get("/businesses/desk/sound", entry, {{"path", "a.wav"}, {"reason", "r"}});
  CHECK(answer.body() == "0123456789");
  box.clock.advance(kSessionIdle_ns / 2);
  CHECK(box.get("/status", entry).status() == 200);
}

TEST_CASE("Beyond the room for large answers the answer says that the box is busy") {
  CallBox box;
  const auto entry = box.enter_as(Role::auditor);
  box.large_min = 10;
  const auto sound = box.get("/businesses/desk/sound", entry, {{"path", "a.wav"}, {"reason", "r"}});
  CHECK(sound.status() == 503);
  CHECK(sound.problem() == "busy");
  box.large_min = 1000;
  box.state.document = std::string(2000, ' ');
  const auto status = box.get("/status", entry);
  CHECK(status.status() == 503);
  CHECK(status.problem() == "busy");
  CHECK_FALSE(status.may_pause());  // a document is taken, or it is not
}

TEST_CASE("What died while somebody listened stands in the log, whatever it noted itself") {
  CallBox box;
  const auto entry = box.enter_as(Role::auditor);
  const std::string what = GENERATE("sound", "peaks");
  auto& script = what == "sound" ? box.sound : box.peaks;
  script.end = ports::ProcessEnd{.signal = 9};
  const auto answer =
      box.get("/businesses/desk/" + what, entry, {{"path", "a.wav"}, {"reason", "why not"}});
  CHECK((answer.has_failed() || answer.status() == 500));
  const auto lines = box.audit();
  const auto subjects = box.subjects();
  const auto found = std::ranges::find(lines, "the-auditor hear signal 9");
  REQUIRE(found != lines.end());
  const std::string& subject = subjects[static_cast<std::size_t>(found - lines.begin())];
  CHECK(subject.find("'--reason=why not'") != subject.npos);
}

TEST_CASE("The same bytes under another name may be another sound") {
  CallBox box;
  const auto entry = box.enter_as(Role::auditor);
  const auto get = [&](const std::string& path) {
    return box.get("/businesses/desk/sound", entry, {{"path", path}, {"reason", "r"}});
  };
  CHECK(get("a.gsm").field("ETag") == "\"wav-ab.gsm\"");
  box.peaks = {{{sim::Stream::output, R"({"schema":1,"bytes":4,"peaks":[]})"}}};
  box.sound = {{{sim::Stream::output, "0123"}}};
  const auto other = get("b.ULAW");
  CHECK(other.field("ETag") == "\"wav-ab.ulaw\"");
  CHECK(other.body() == "0123");
  CHECK_FALSE(other.has_failed());
}

TEST_CASE("Looking for the bytes of a recording is nobody's search") {
  CallBox box;
  const auto entry = box.enter_as(Role::auditor);
  CHECK(box.get("/businesses/desk/content", entry, {{"path", "a.wav"}, {"reason", "r"}}).status() ==
        200);
  const auto actor_of = [](const ports::ProcessRequest& request) {
    return std::ranges::find(request.environment, "HOLDFAST_ACTOR",
                             &std::pair<std::string, std::string>::first)
        ->second;
  };
  const std::size_t count = box.started.size();
  REQUIRE(count >= 2);
  CHECK(has(box.started[count - 2], "ls"));
  CHECK(actor_of(box.started[count - 2]).empty());
  CHECK(has(box.started[count - 1], "cat"));
  CHECK(actor_of(box.started[count - 1]) == "the-auditor");
}

TEST_CASE("A reason says something, and can be seen") {
  for (const char* good : {"r", "case 7", "客户投诉", "жалоба", "7", "é"}) {
    CAPTURE(good);
    CHECK(is_reason(good));
  }
  for (const char* bad : {"", " ", "\u3000", "\u00A0", "\u200B", "。", "...", "—", "x\u202Egnp",
                          "x\u2028y", "x\u200By", "x\n", "\xFFx", "\u2800", "\U000E0041x"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_reason(bad));
  }
}

TEST_CASE("What is no sound is the fault of nobody") {
  CallBox box;
  const auto entry = box.enter_as(Role::auditor);
  box.peaks = {{{sim::Stream::output,
                 R"({"error":{"code":"no_sound","what":"w","where":"a","hint":"h","exit":1}})"}},
               ports::ProcessEnd{.exit_code = 1}};
  for (const std::string what : {"sound", "peaks"}) {
    const auto answer =
        box.get("/businesses/desk/" + what, entry, {{"path", "a.wav"}, {"reason", "r"}});
    CHECK(answer.status() == 422);
    CHECK(answer.problem() == "no_sound");
  }
}

TEST_CASE("Who is named in the settings finds calls, masked until a reason is given") {
  CallBox box;
  const auto viewer = box.enter_as(Role::viewer);
  const auto auditor = box.enter_as(Role::auditor);
  const std::string rows = "/businesses/desk/records";
  CHECK(box.get(rows, viewer).problem() == "role");
  box.api.set_call_rules({.masked = {Role::viewer}});
  CHECK(box.get(rows, viewer).status() == 200);
  CHECK(has(box.started.back(), "--masked"));
  CHECK(box.get(rows, viewer, {{"masked", "false"}}).status() == 200);
  CHECK(has(box.started.back(), "--masked"));
  CHECK(box.get(rows, viewer, {{"reason", " "}}).status() == 200);
  CHECK(has(box.started.back(), "--masked"));
  CHECK(box.get(rows, viewer, {{"reason", "case 7"}}).status() == 200);
  CHECK(has(box.started.back(), "--masked"));  // of all calls there are
  for (const auto& [asked, given] : std::vector<std::pair<std::string, std::string>>{
           {"", "20"}, {"50", "20"}, {"x", "20"}, {"99999999999", "20"}, {"5", "5"}}) {
    ports::HttpFields query = {{"reason", "case 7"}, {"where", "key=1"}, {"skip", "20"}};
    if (!asked.empty()) query.emplace_back("limit", asked);
    CHECK(box.get(rows, viewer, query).status() == 200);
    CHECK_FALSE(has(box.started.back(), "--masked"));
    CHECK(has(box.started.back(), "--reason=case 7"));
    CHECK(has(box.started.back(), "--limit=" + given));
    CHECK_FALSE(has(box.started.back(), "--skip=20"));  // no way to turn over all pages
  }
  CHECK(box.get(rows, auditor).status() == 200);
  CHECK_FALSE(has(box.started.back(), "--masked"));
  CHECK(box.get("/businesses/desk/items", viewer).problem() == "role");
}

TEST_CASE("Who may not hear sees snapshots without what names people") {
  CallBox box;
  const auto viewer = box.enter_as(Role::viewer);
  const auto auditor = box.enter_as(Role::auditor);
  const std::string path = "/businesses/desk/snapshots/7";
  for (const ports::HttpFields& query :
       {ports::HttpFields{}, ports::HttpFields{{"masked", "false"}}}) {
    CHECK(box.get(path, viewer, query).status() == 200);
    CHECK(has(box.started.back(), "--masked"));
  }
  CHECK(box.get(path, viewer, {{"reason", "case 7"}}).status() == 400);
  CHECK(box.get(path, auditor).status() == 200);
  CHECK_FALSE(has(box.started.back(), "--masked"));
}

TEST_CASE("Words of jobs are for who hears; who runs them sees them masked") {
  ApiBox box;
  CHECK(box.get("/jobs", box.enter_as(Role::viewer)).text("log") == "none");
  CHECK(box.get("/jobs", box.enter_as(Role::operator_)).text("log") == "masked");
  CHECK(box.get("/jobs", box.enter_as(Role::auditor)).text("log") == "whole");
}

}  // namespace
}  // namespace holdfast::api

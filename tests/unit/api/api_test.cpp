// SPDX-License-Identifier: Apache-2.0
// Requests: who may do what, what they become, and what is refused.
#include <catch2/catch.hpp>

#include "api_box.h"
#include "firmware/api/byte_range.h"
#include "firmware/api/routes.h"

namespace holdfast::api {

namespace {

using Words = std::vector<std::string>;

// A path that fits the pattern.
std::string path_of(std::string_view pattern) {
  std::string path(pattern);
  for (std::size_t open; (open = path.find('{')) != std::string::npos;) {
    path.replace(open, path.find('}') - open + 1, "5");
  }
  return path;
}

Words words_after_home(const ports::ProcessRequest& request) {
  REQUIRE(request.arguments.size() > 3);
  return {request.arguments.begin() + 3, request.arguments.end()};
}

std::string variable(const ports::ProcessRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.environment) {
    if (key == name) return value;
  }
  return "(none)";
}

}  // namespace

TEST_CASE("Without a session nothing is told, of any route") {
  ApiBox box;
  for (const Route& route : routes()) {
    CAPTURE(route.method, route.path);
    CHECK(box.change(std::string(route.method), path_of(route.path), "{}").status() == 401);
  }
  for (const char* path :
       {"/status", "/jobs", "/events", "/audit", "/accounts", "/businesses/desk/content"}) {
    CAPTURE(path);
    CHECK(box.get(path).status() == 401);
    CHECK(box.get(path, {"__Host-holdfast=" + std::string(64, '0'), ""}).status() == 401);
  }
  CHECK(box.started.empty());
}

TEST_CASE("A role does what its rights allow, and is refused the rest") {
  ApiBox box;
  for (const Role role : {Role::viewer, Role::operator_, Role::auditor, Role::administrator}) {
    const auto entry = box.enter_as(role);
    for (const Route& route : routes()) {
      CAPTURE(name_of(role), route.method, route.path);
      const auto answer = box.change(std::string(route.method), path_of(route.path), "{}", entry);
      CHECK((answer.problem() == "role") == !may(role, route.right));
    }
  }
  // Whoever may only look reads no path of a recording.
  const auto viewer = box.enter_as(Role::viewer);
  CHECK(box.get("/businesses/desk/reconciliation", viewer).problem() == "role");
  CHECK(box.get("/businesses/desk", viewer).problem() == "role");
  for (const Role role : {Role::viewer, Role::operator_, Role::auditor, Role::administrator}) {
    const std::string jobs = box.get("/jobs", box.enter_as(role)).body();
    CHECK((jobs.find("none") == std::string::npos) == (role != Role::viewer));
  }
  CHECK_FALSE(may(Role::viewer, Right::hear));
  CHECK_FALSE(may(Role::operator_, Right::hear));
  CHECK_FALSE(may(Role::auditor, Right::run));
  CHECK_FALSE(may(Role::auditor, Right::rule));
  CHECK(may(Role::administrator, Right::rule));
}

TEST_CASE("A request becomes the words of a verb, and values cannot become options") {
  ApiBox box;
  const auto entry = box.enter_as(Role::auditor);
  box.started.clear();
  CHECK(box.get("/businesses/-h/items", entry, {{"path", "--json"}, {"recursive", "true"}})
            .status() == 200);
  REQUIRE(box.started.size() == 1);
  CHECK(words_after_home(box.started[0]) ==
        Words{"--json", "--quiet", "ls", "--recursive", "--", "-h", "--json"});
  CHECK(box.started[0].arguments[0] == "/bin/holdfast");
  CHECK(variable(box.started[0], "HOLDFAST_ACTOR") == "the-auditor");
  CHECK(variable(box.started[0], "HOLDFAST_ACTOR_ROLE") == "auditor");
  CHECK(variable(box.started[0], "HOLDFAST_ACTOR_PEER") == "10.0.0.9");
  CHECK(variable(box.started[0], "LANG") == "C.UTF-8");
  CHECK(variable(box.started[0], "LC_ALL") == "(none)");
  CHECK(variable(box.started[0], "PATH") == "/bin");

  CHECK(box.get("/businesses/desk/items", entry, {{"path", "7"}, {"lang", "zh-CN"}}).status() ==
        200);
  CHECK(words_after_home(box.started[1]) == Words{"--json", "--quiet", "ls", "--", "desk", "./7"});
  CHECK(variable(box.started[1], "LANG") == "zh_CN.UTF-8");

  CHECK(box.get("/businesses/desk/records", entry,
                {{"where", "a=1"}, {"where", "--b=2"}, {"from", "2026-01-01"}})
            .status() == 200);
  CHECK(words_after_home(box.started[2]) == Words{"--json", "--quiet", "record", "find",
                                                  "--from=2026-01-01", "--", "desk", "a=1",
                                                  "--b=2"});

  CHECK(box.post("/businesses/desk/snapshots/3/hold", R"({"reason":"case 12"})", entry).status() ==
        200);
  CHECK(words_after_home(box.started[3]) ==
        Words{"--json", "--quiet", "snapshot", "hold", "--reason=case 12", "--", "desk", "3"});
}

TEST_CASE("A definition goes to the verb's standard input, and is no word of it") {
  ApiBox box;
  const auto entry = box.enter_as(Role::administrator);
  box.started.clear();
  CHECK(
      box.change("PATCH", "/businesses/desk", R"({"before":"12ab","definition":"--yes\n"})", entry)
          .status() == 200);
  REQUIRE(box.started.size() == 1);
  CHECK(words_after_home(box.started[0]) == Words{"--json", "--quiet", "business", "change",
                                                  "--before=12ab", "--file=-", "--", "desk"});
  CHECK(text_of(box.started[0].input) == "--yes\n");
  CHECK(box.state.asked == Words{"look at settings"});
  CHECK(box.get("/businesses/desk", entry).status() == 200);
  CHECK(box.get("/keys", entry).status() == 200);
  CHECK(box.state.asked.size() == 1);
  CHECK(box.started[1].input.empty());
  for (const char* less : {"{}", R"({"definition":"x"})", R"({"before":"12ab"})"}) {
    CHECK(box.change("PATCH", "/businesses/desk", less, entry).problem() == "value_missing");
  }
  CHECK(box.change("PATCH", "/businesses/desk", R"({"before":"","definition":["a","b"]})", entry)
            .problem() == "value_bytes");
}

TEST_CASE("A flag of two words is a value with a bar") {
  ApiBox box;
  const auto entry = box.enter_as(Role::operator_);
  box.started.clear();
  const std::string body = R"({"old":"a","new":"--b","dry_run":true})";
  CHECK(box.post("/pool/replacements", body, entry).status() == 200);
  REQUIRE(box.started.size() == 1);
  CHECK(words_after_home(box.started[0]) ==
        Words{"--json", "--quiet", "pool", "replace", "--later", "--dry-run", "--", "a", "--b"});
  CHECK(box.post("/pool/replacements", R"({"old":"a","new":"b","dry-run":1})", entry).status() ==
        400);
}

TEST_CASE("Values that are missing, unknown, given twice or cannot be are told by name") {
  ApiBox box;
  const auto entry = box.enter_as(Role::administrator);
  const auto said = [](const KeptAnswer& answer) {
    return std::to_string(answer.status()) + " " + answer.problem() + " " + answer.text("where");
  };
  CHECK(said(box.get("/businesses/desk/found", entry)) == "400 value_missing pattern");
  CHECK(said(box.get("/businesses/desk/found", entry, {{"patern", "x"}, {"pattern", "y"}})) ==
        "400 value_unknown patern");
  CHECK(said(box.get("/businesses/desk/found", entry, {{"pattern", "x"}, {"pattern", "y"}})) ==
        "400 value_twice pattern");
  CHECK(said(box.get("/businesses/desk/items", entry, {{"recursive", "--yes"}})) ==
        "400 value_bytes recursive");
  CHECK(said(box.get("/status", entry, {{"x", "1"}})) == "400 value_unknown x");
  CHECK(said(box.get("/status", entry, {{"lang", ""}})) == "400 value_bytes lang");
  CHECK(said(box.get("/status", entry, {{"lang", "de"}})) == "400 value_bytes lang");
  CHECK(said(box.post("/jobs", R"({"kind":"backup","kind ":"x"})", entry)) ==
        "400 value_unknown kind ");
  CHECK(said(box.post("/jobs", R"({"kind":["a","b"]})", entry)) == "400 value_bytes kind");
  CHECK(said(box.post("/jobs", R"({"kind":["tend"]})", entry)) == "400 value_bytes kind");
  CHECK(said(box.post("/businesses", R"({"business":["desk"],"definition":""})", entry)) ==
        "400 value_bytes business");
  CHECK(said(box.post("/jobs", R"({"kind":{"a":1}})", entry)) == "400 body_value kind");
  CHECK(said(box.post("/jobs", R"({"kind":1.5})", entry)) == "400 body_value kind");
  // A value of another kind is no other way to write it.
  for (const char* body : {R"({"kind":7})", R"({"kind":true})", R"({"kind":null})"}) {
    CHECK(said(box.post("/jobs", body, entry)) == "400 body_value kind");
  }
  for (const char* window : {R"("true")", "1", "null"}) {
    const std::string body = R"({"kind":"backup","ignore_window":)" + std::string(window) + "}";
    CHECK(said(box.post("/jobs", body, entry)) == "400 body_value ignore_window");
  }
  CHECK(said(box.post("/pool/disks", R"({"disk":"d","dry_run":"true"})", entry)) ==
        "400 body_value dry_run");
  CHECK(said(box.post("/pool/disks", R"({"disk":7})", entry)) == "400 body_value disk");
  CHECK(said(box.post("/time/confirmations", R"({"at":"x","by":"a"})", entry)) ==
        "400 body_value by");
  CHECK(said(box.post("/time/confirmations", R"({"at":"x","by":["a",2]})", entry)) ==
        "400 body_value by");
  CHECK(box.post("/jobs", R"({"kind":"backup","kind":"tend"})", entry).problem() == "body");
  CHECK(box.post("/jobs", R"([1])", entry).problem() == "body");
  CHECK(box.post("/jobs", std::string(100'000, '['), entry).problem() == "body");
  CHECK(box.started.empty());
  CHECK(box.state.asked.empty());
}

TEST_CASE("A body of another type is refused: forms of other sites can send no JSON") {
  ApiBox box;
  const auto entry = box.enter_as(Role::administrator);
  const Bytes body = {'{', '}'};
  const auto answer = box.send({"POST",
                                "/api/v1/jobs",
                                {},
                                {{"Cookie", entry.cookie},
                                 {"X-Holdfast-Change", entry.change_word},
                                 {"Content-Type", "text/plain"}},
                                body});
  CHECK(answer.status() == 415);
}

TEST_CASE("A change needs the session's word, and a page of this very box") {
  ApiBox box;
  const auto entry = box.enter_as(Role::administrator);
  const std::string job = R"({"kind":"backup","business":"desk"})";
  CHECK(box.post("/jobs", job, {entry.cookie, ""}).problem() == "change_word");
  CHECK(box.post("/jobs", job, {entry.cookie, std::string(64, '0')}).problem() == "change_word");
  const auto from = [&](ports::HttpFields more) {
    return box.change("POST", "/jobs", job, entry, std::move(more));
  };
  CHECK(from({{"Origin", "https://evil.example"}, {"Host", "box"}}).problem() == "origin");
  CHECK(from({{"Origin", "null"}, {"Host", "box"}}).problem() == "origin");
  CHECK(from({{"Origin", "https://box.evil"}, {"Host", "box"}}).problem() == "origin");
  CHECK(from({{"Origin", "http://box"}, {"Host", "box"}}).problem() == "origin");
  CHECK(from({{"Sec-Fetch-Site", "cross-site"}}).problem() == "origin");
  CHECK(from({{"Sec-Fetch-Site", "same-site"}}).problem() == "origin");
  CHECK(box.state.asked.empty());
  CHECK(from({{"Origin", "https://box"}, {"Host", "box"}, {"Sec-Fetch-Site", "same-origin"}})
            .status() == 202);
  CHECK(box.state.asked == Words{"backup desk by the-administrator"});
  // Nobody can log in a browser from another site either.
  CHECK(box.change("POST", "/session", "{}", {}, {{"Sec-Fetch-Site", "cross-site"}}).problem() ==
        "origin");
}

TEST_CASE("The command's exit code is the answer's status, and its error the problem") {
  ApiBox box;
  const auto entry = box.enter_as(Role::viewer);
  const std::map<int, int> expected = {{0, 200},  {1, 500},  {2, 400},  {3, 200},  {4, 200},
                                       {5, 200},  {10, 404}, {11, 409}, {12, 503}, {13, 503},
                                       {14, 507}, {15, 403}, {130, 503}};
  for (const auto& [exit_code, status] : expected) {
    CAPTURE(exit_code);
    const std::string document =
        R"({"schema":1,"error":{"code":"c","what":"w","where":"x","hint":"h","exit":1}})";
    box.script = {{{sim::Stream::output, document}}, ports::ProcessEnd{.exit_code = exit_code}};
    const auto answer = box.get("/pool", entry);
    CHECK(answer.status() == status);
    if (status == 200) {
      CHECK(answer.body() == document);
    } else {
      CHECK(answer.problem() == "c");
      CHECK(answer.text("title") == "w");
      CHECK(answer.text("detail") == "h");
      CHECK(answer.text("where") == "x");
      CHECK(answer.field("Content-Type") == "application/problem+json");
    }
  }
  const std::map<std::string, int> of_question = {
      {R"("code":"business_exists","what":"w","where":"x")", 409},
      {R"("code":"disk_not_offered","what":"w","where":"x")", 409},
      {R"("code":"no_space","what":"w","where":"x")", 507},
      {R"("code":"read_only","what":"w","where":"x")", 409},
      {R"("code":"bad_business","what":"w","where":"-")", 400},
      {R"("code":"bad_business","what":"w","where":"/home/b.toml")", 500}};
  for (const auto& [error, status] : of_question) {
    CAPTURE(error);
    box.script = {{{sim::Stream::output, "{\"error\":{" + error + "}}"}},
                  ports::ProcessEnd{.exit_code = 1}};
    const auto answer = box.get("/pool", entry);
    CHECK(answer.status() == status);
    CHECK((answer.body().find("\"where\"") == std::string::npos) == (status == 400));
  }
  // Nobody at a page can run a command again.
  box.script = {{{sim::Stream::output,
                  R"({"error":{"code":"interrupted","what":"w","hint":"Run the command again"}})"}},
                ports::ProcessEnd{.exit_code = 130}};
  const auto stopped = box.get("/pool", entry);
  CHECK(stopped.status() == 503);
  CHECK(stopped.text("title").find("the box is stopping") != std::string::npos);
  CHECK(stopped.text("detail").find("command") == std::string::npos);
  box.script = {{}, ports::ProcessEnd{.exit_code = 1}};
  CHECK(box.get("/pool", entry).problem() == "exit");
  box.script = {{}, ports::ProcessEnd{.signal = 9}};
  CHECK(box.get("/pool", entry).status() == 500);
  box.script = {
      {{sim::Stream::output, std::string(600, 'x')}, {sim::Stream::output, std::string(600, 'x')}}};
  CHECK(box.get("/pool", entry).status() == 413);
}

TEST_CASE("Paths that are none, and ways that are none") {
  ApiBox box;
  const auto entry = box.enter_as(Role::administrator);
  for (const char* path : {"/", "/none", "/businesses/", "/businesses//x", "/businesses/a/b/c/d",
                           "/businesses/desk/../keys", "//keys"}) {
    CAPTURE(path);
    CHECK(box.get(path, entry).status() == 404);
  }
  const auto answer = box.change("PUT", "/jobs", "{}", entry);
  CHECK(answer.status() == 405);
  CHECK(answer.field("Allow") == "GET, HEAD, POST");
  CHECK(box.change("DELETE", "/pool/bays", "{}", entry).field("Allow") == "GET, HEAD");
}

TEST_CASE("Every answer forbids to keep, to frame and to run what is not ours") {
  ApiBox box;
  for (const auto& answer : {box.get("/session"), box.get("/none"), box.get("/status")}) {
    CHECK(answer.field("Cache-Control") == "no-store");
    CHECK(answer.field("X-Content-Type-Options") == "nosniff");
    CHECK(answer.field("Content-Security-Policy").find("'unsafe") == std::string::npos);
    CHECK(answer.field("Content-Security-Policy").starts_with("default-src 'none'"));
  }
}

TEST_CASE("Content comes whole or in part, from the snapshot that its size was of") {
  ApiBox box;
  const auto entry = box.enter_as(Role::auditor);
  const std::string item =
      R"({"schema":1,"snapshot":12,"items":[{"path":"a/b.WAV","type":"regular","size":8,"digest":"ab"}]})";
  sim::SimScript content{{{sim::Stream::output, "RIFF"}, {sim::Stream::output, "more"}}};
  box.program = [&](const ports::ProcessRequest& request) {
    const bool is_list = std::ranges::count(request.arguments, "ls") > 0;
    return is_list ? sim::SimScript{{{sim::Stream::output, item}}} : content;
  };
  const auto get = [&](const std::string& range, const std::string& tag = {}) {
    ports::HttpRequest request{"GET",
                               "/api/v1/businesses/desk/content",
                               {{"path", "a/b.WAV"}, {"reason", "a case"}},
                               {{"Cookie", entry.cookie}}};
    if (!range.empty()) request.fields.emplace_back("Range", range);
    if (!tag.empty()) request.fields.emplace_back("If-Range", tag);
    return box.send(std::move(request));
  };
  const auto whole = get("");
  CHECK(whole.status() == 200);
  CHECK(whole.body() == "RIFFmore");
  CHECK(whole.length() == 8);
  CHECK(whole.field("Content-Type") == "audio/wav");
  CHECK(whole.field("Accept-Ranges") == "bytes");
  CHECK(words_after_home(box.started.back()) ==
        Words{"--quiet", "cat", "--reason=a case", "--", "desk", "a/b.WAV", "12"});
  CHECK_FALSE(whole.has_failed());
  content.end = ports::ProcessEnd{.exit_code = 5};
  CHECK(get("").has_failed());
  content.end = ports::ProcessEnd{};
  content.says = {{sim::Stream::output, "FFm"}};
  const auto part = get("bytes=2-4");
  CHECK(part.status() == 206);
  CHECK(part.length() == 3);
  CHECK(part.field("Content-Range") == "bytes 2-4/8");
  CHECK(words_after_home(box.started.back())[2] == "--from-byte=2");
  CHECK(words_after_home(box.started.back())[3] == "--bytes=3");
  CHECK(part.field("ETag") == "\"ab\"");
  const auto changed = get("bytes=2-4", "\"cd\"");
  CHECK(changed.status() == 200);
  CHECK(get("bytes=2-4", "\"ab\"").status() == 206);
  const auto beyond = get("bytes=8-");
  CHECK(beyond.status() == 416);
  CHECK(beyond.field("Content-Range") == "bytes */8");
  content = {{}, ports::ProcessEnd{.exit_code = 5}};
  CHECK(get("").status() == 500);
  CHECK(box.get("/businesses/desk/content", entry).status() == 400);
}

TEST_CASE("A folder, and what is not there, is no content") {
  ApiBox box;
  const auto entry = box.enter_as(Role::auditor);
  const auto get = [&] {
    return box.get("/businesses/desk/content", entry, {{"path", "a"}, {"reason", "r"}});
  };
  box.script = {{{sim::Stream::output, R"({"schema":1,"snapshot":1,"items":[]})"}}};
  CHECK(get().problem() == "no_content");
  box.script = {{{sim::Stream::output,
                  R"({"snapshot":1,"items":[{"path":"a","type":"directory","size":0}]})"}}};
  CHECK(get().problem() == "no_content");
  box.script = {{{sim::Stream::output, std::string(70'000, ' ')}}, std::nullopt};
  CHECK(get().problem() == "no_content");
  CHECK(box.processes.running().empty());
  box.script = {{{sim::Stream::output,
                  R"({"error":{"code":"no_item","what":"w","where":"a","hint":"","exit":10}})"}},
                ports::ProcessEnd{.exit_code = 10}};
  CHECK(get().problem() == "no_item");
}

TEST_CASE("Ranges are read as browsers send them") {
  const auto said = [](std::string_view field, std::uint64_t size) {
    const RangeAnswer answer = parse_range(field, size);
    if (answer.is_beyond) return std::string("beyond");
    if (!answer.range) return std::string("whole");
    return std::to_string(answer.range->first) + "+" + std::to_string(answer.range->count);
  };
  CHECK(said("bytes=0-", 10) == "0+10");
  CHECK(said("bytes=0-0", 10) == "0+1");
  CHECK(said("bytes=9-9", 10) == "9+1");
  CHECK(said("bytes=3-99", 10) == "3+7");
  CHECK(said("bytes=3-18446744073709551615", 10) == "3+7");
  CHECK(said("bytes=-4", 10) == "6+4");
  CHECK(said("bytes=-40", 10) == "0+10");
  CHECK(said("bytes=10-", 10) == "beyond");
  CHECK(said("bytes=-0", 10) == "beyond");
  CHECK(said("bytes=0-", 0) == "beyond");
  for (const char* field :
       {"", "bytes", "bytes=", "bytes=-", "bytes=4-3", "bytes=a-b", "bytes=1-2,4-5", "items=1-2",
        "bytes= 1-2", "bytes=+1-2", "bytes=--1", "bytes=18446744073709551616-"}) {
    CAPTURE(field);
    CHECK(said(field, 10) == "whole");
  }
}

TEST_CASE("A page asks for jobs by name; only who rules asks for one that deletes") {
  ApiBox box;
  const auto runs = box.enter_as(Role::operator_);
  const auto rules = box.enter_as(Role::administrator);
  CHECK(box.post("/jobs", R"({"kind":"drill","business":"desk"})", runs).status() == 202);
  CHECK(box.post("/jobs", R"({"kind":"restore","business":"desk"})", rules).problem() ==
        "job_kind");
  CHECK(box.post("/jobs", R"({"kind":"--help"})", rules).problem() == "job_kind");
  CHECK(box.post("/jobs", R"({"kind":"prune","business":"desk"})", runs).problem() == "role");
  CHECK(box.post("/jobs", R"({"kind":"prune","business":"desk"})", rules).status() == 202);
  // Nothing ends by it.
  CHECK(box.post("/jobs", R"({"kind":"packs","business":"desk"})", runs).status() == 202);
  CHECK(box.state.asked == Words{"drill desk by the-operator", "prune desk by the-administrator",
                                 "packs desk by the-operator"});
  CHECK(box.change("DELETE", "/jobs/7", "", runs).status() == 204);
  CHECK(box.change("DELETE", "/jobs/8", "", runs).problem() == "no_job");
  CHECK(box.change("DELETE", "/jobs/-7", "", runs).problem() == "no_job");
  CHECK(box.change("DELETE", "/jobs/99999999999999999999", "", runs).problem() == "no_job");
}

TEST_CASE("A backup outside its window is asked for in so many words, and stands in the log") {
  ApiBox box;
  const auto runs = box.enter_as(Role::operator_);
  const auto ask = [&](const std::string& kind, const std::string& value) {
    return box.post("/jobs",
                    R"({"kind":")" + kind + R"(","business":"desk","ignore_window":)" + value + "}",
                    runs);
  };
  CHECK(ask("backup", "true").status() == 202);
  CHECK(ask("backup", "false").status() == 202);
  CHECK(ask("verify", "true").problem() == "value_unknown");
  for (const char* wrong : {R"("yes")", "1", R"("TRUE")", R"("")", R"("true")"}) {
    CHECK(ask("backup", wrong).problem() == "body_value");
    CHECK(ask("verify", wrong).problem() == "body_value");
  }
  for (const char* list : {"[true]", "[]"}) CHECK(ask("backup", list).problem() == "value_bytes");
  CHECK(ask("backup", "true").status() == 202);
  const std::string plain = "backup desk by the-operator";
  CHECK(box.state.asked ==
        Words{plain + " whatever the window", plain, plain + " whatever the window"});
  const std::string log = box.get("/audit", box.enter_as(Role::auditor)).body();
  CHECK(log.find("backup desk --ignore-window") != std::string::npos);
  CHECK(box.post("/jobs", R"({"kind":"backup","business":"desk","ignore_window":true})",
                 box.enter_as(Role::viewer))
            .problem() == "role");
}

TEST_CASE("Events tell that the state is another one, until the browser goes") {
  ApiBox box;
  const auto entry = box.enter_as(Role::viewer);
  KeptAnswer answer;
  answer.break_after(3);
  box.api.handle({"GET", "/api/v1/events", {}, {{"Cookie", entry.cookie}}, {}, "10.0.0.9"}, answer);
  CHECK(answer.field("Content-Type") == "text/event-stream");
  CHECK(answer.body() ==
        "event: state\ndata: 1\n\nevent: state\ndata: 2\n\n"
        "event: state\ndata: 3\n\n");
}

TEST_CASE("Events give a beat while nothing changes") {
  ApiBox box;
  const auto entry = box.enter_as(Role::viewer);
  KeptAnswer answer;
  answer.break_after(3);
  box.state.is_still = true;
  box.api.handle({"GET", "/api/v1/events", {}, {{"Cookie", entry.cookie}}, {}, "10.0.0.9"}, answer);
  CHECK(answer.body() ==
        "event: state\ndata: 1\n\nevent: beat\ndata: 1\n\n"
        "event: beat\ndata: 1\n\n");
}

TEST_CASE("Events end soon after their session, whatever ended it") {
  ApiBox box;
  const auto events_until = [&](const std::function<void(const ApiBox::Entry&)>& end) {
    const auto entry = box.enter_as(Role::viewer);
    KeptAnswer answer;
    answer.break_after(1000);
    int events = 0;
    box.state.waits = [&] {
      box.clock.advance(1'000'000'000);
      if (++events == 20) end(entry);
    };
    box.api.handle({"GET", "/api/v1/events", {}, {{"Cookie", entry.cookie}}, {}, "10.0.0.9"},
                   answer);
    box.state.waits = {};
    return events;
  };
  const auto logs_out = [&](const ApiBox::Entry& entry) {
    CHECK(box.change("DELETE", "/session", "", entry).status() == 204);
  };
  CHECK(events_until(logs_out) <= 26);
  CHECK(events_until([&](const auto&) {
          REQUIRE(box.accounts.set_password("the-viewer", view_of("something better")));
        }) <= 26);
  REQUIRE(box.accounts.set_password("the-viewer", view_of(kPassword)));
  REQUIRE(box.accounts.add("root", Role::administrator, view_of(kPassword)));
  CHECK(events_until([&](const auto&) { REQUIRE(box.accounts.set_locked("the-viewer", true)); }) <=
        26);
  REQUIRE(box.accounts.set_locked("the-viewer", false));
  // Nobody asks for anything else: the session is idle, however long its events come.
  CHECK(events_until([&](const auto&) { box.clock.advance(kSessionIdle_ns); }) <= 26);
}

TEST_CASE("What a page asks by itself does not keep its session open") {
  ApiBox box;
  const auto entry = box.enter_as(Role::viewer);
  const auto ask_by_itself = [&] {
    return box.send(
        {"GET", "/api/v1/status", {}, {{"Cookie", entry.cookie}, {"X-Holdfast-Own", "live"}}});
  };
  box.clock.advance(kSessionIdle_ns / 2);
  CHECK(ask_by_itself().status() == 200);
  CHECK(box.get("/status", entry).status() == 200);  // somebody is there
  box.clock.advance(kSessionIdle_ns / 4 * 3);
  CHECK(ask_by_itself().status() == 200);
  // A stream that is taken up again is no use either.
  KeptAnswer stream;
  stream.break_after(1);
  box.api.handle({"GET", "/api/v1/events", {}, {{"Cookie", entry.cookie}}, {}, "10.0.0.9"}, stream);
  CHECK(stream.status() == 200);
  box.clock.advance(kSessionIdle_ns / 4 + 1'000'000'000);
  CHECK(ask_by_itself().status() == 401);
  CHECK(box.get("/status", entry).status() == 401);
}

TEST_CASE("A session has so many streams of events, and room again when they end") {
  ApiBox box;
  const auto entry = box.enter_as(Role::viewer);
  // Each stream opens another one while it waits, until one is refused.
  int depth = 0;
  const auto open_stream = [&] {
    KeptAnswer answer;
    answer.break_after(2);
    const bool has_room = depth++ < kStreamsOfSession;
    box.api.handle({"GET", "/api/v1/events", {}, {{"Cookie", entry.cookie}}, {}, "10.0.0.9"},
                   answer);
    --depth;
    CHECK((answer.status() == 200) == has_room);
  };
  box.state.waits = open_stream;
  open_stream();
  CHECK(depth == 0);
}

TEST_CASE("After stop() no command is started") {
  ApiBox box;
  const auto entry = box.enter_as(Role::viewer);
  box.api.stop();
  CHECK(box.get("/pool", entry).status() == 503);
  CHECK(box.started.empty());
}

}  // namespace holdfast::api

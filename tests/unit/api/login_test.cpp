// SPDX-License-Identifier: Apache-2.0
// The first boot, logging in and out, and what of it stands in the audit log.
#include <algorithm>
#include <catch2/catch.hpp>

#include "api_box.h"
#include "firmware/api/audit_line.h"
#include "firmware/api/one_time_code.h"

namespace holdfast::api {

namespace {

using Lines = std::vector<std::string>;

std::string login_body(const std::string& account, const std::string& password) {
  return R"({"account":")" + account + R"(","password":")" + password + "\"}";
}

}  // namespace

TEST_CASE("The first administrator is made by the code that the box shows, once") {
  ApiBox box;
  CHECK(box.get("/session").body().find("\"first_boot\":true") != std::string::npos);
  const auto code = box.api.first_boot_code();
  REQUIRE(code);
  const auto body = [](const std::string& with) {
    return R"({"code":")" + with + R"(","account":"root","password":")" + kPassword + "\"}";
  };
  CHECK(box.post("/first-administrator", body("123")).problem() == "first_code");
  // A password that will not do does not use the code up.
  const auto weak = box.post("/first-administrator",
                             R"({"code":")" + *code + R"(","account":"root","password":"x"})");
  CHECK(weak.problem() == "password_short");
  CHECK(box.api.first_boot_code() == code);
  const auto made = box.post("/first-administrator", body(*code));
  CHECK(made.status() == 200);
  CHECK(made.text("account") == "root");
  CHECK(made.text("role") == "administrator");
  CHECK_FALSE(box.api.first_boot_code());
  CHECK(box.post("/first-administrator", body(*code)).problem() == "not_first");
  CHECK(box.get("/session").body().find("\"first_boot\":false") != std::string::npos);
  CHECK(box.audit() == Lines{" request first_code", " request password_short",
                             "root account_add begun", "root account_add ok", "root login ok",
                             " request not_first"});
}

TEST_CASE("Requests make no code of the first boot: who guesses has five tries in ten minutes") {
  ApiBox box;
  const auto try_code = [&](const std::string& code) {
    return box.post(
        "/first-administrator",
        R"({"code":")" + code + R"(","account":"root","password":")" + kPassword + "\"}");
  };
  CHECK(try_code("12345678").problem() == "first_code");
  const auto code = box.api.first_boot_code();
  REQUIRE(code);
  const std::string wrong = *code == "00000000" ? "00000001" : "00000000";
  box.clock.advance(61'000'000'000);
  for (int i = 0; i < 20; ++i) {
    CHECK(try_code(wrong).status() != 200);
    box.clock.advance(20'000'000'000);
  }
  CHECK_FALSE(box.api.first_boot_code());
  box.clock.advance(100'000'000'000);
  CHECK(try_code(*code).status() != 200);
  CHECK_FALSE(box.api.first_boot_code());
  box.clock.advance(1'000'000'000'000);
  const auto second = box.api.first_boot_code();
  REQUIRE(second);
  CHECK(second != code);
  CHECK(try_code(*second).status() == 200);
}

TEST_CASE("A file of accounts that cannot be read makes no first boot") {
  ApiBox box;
  box.home.plant("accounts", view_of("{"));
  CHECK_FALSE(box.api.first_boot_code());
  CHECK(box.get("/session").body().find("\"first_boot\":false") != std::string::npos);
}

TEST_CASE("A session's cookie is out of reach of scripts, other sites and plain connections") {
  ApiBox box;
  REQUIRE(box.accounts.add_first("root", view_of(kPassword)));
  const auto answer = box.post("/session", login_body("root", kPassword));
  const std::string cookie = answer.field("Set-Cookie");
  CHECK(cookie.starts_with("__Host-holdfast="));
  for (const char* part : {"; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"}) {
    CHECK(cookie.find(part) != std::string::npos);
  }
  CHECK(answer.body().find(cookie.substr(16, 64)) == std::string::npos);
}

TEST_CASE("Wrong passwords wait longer and longer, and the right one too until then") {
  ApiBox box;
  REQUIRE(box.accounts.add_first("root", view_of(kPassword)));
  for (int i = 0; i < 5; ++i) {
    CHECK(box.post("/session", login_body("root", "wrong password")).status() == 401);
  }
  const auto waits = box.post("/session", login_body("root", kPassword));
  CHECK(waits.status() == 429);
  CHECK(waits.field("Retry-After") == "60");
  box.clock.advance(61'000'000'000);
  CHECK(box.post("/session", login_body("root", kPassword)).status() == 200);
  CHECK(box.audit().back() == "root login ok");
}

TEST_CASE("Who guesses from elsewhere does not lock the owner out, nor pays with an own account") {
  ApiBox box;
  REQUIRE(box.accounts.add_first("root", view_of(kPassword)));
  REQUIRE(box.accounts.add("mallory", Role::viewer, view_of(kPassword)));
  box.peer = "10.0.0.66";
  int looked_at = 0;
  for (int i = 0; i < 60; ++i) {
    if (box.post("/session", login_body("root", "wrong password")).status() == 401) ++looked_at;
    if (i % 4 == 3) (void)box.post("/session", login_body("mallory", kPassword));
  }
  CHECK(looked_at == 5);
  // Other names, until the address itself must wait.
  for (int i = 0; i < 60; ++i) {
    const auto answer = box.post("/session", login_body("a" + std::to_string(i), "wrong password"));
    if (answer.status() == 401) ++looked_at;
  }
  CHECK(looked_at == 20);
  CHECK(box.post("/session", login_body("mallory", kPassword)).status() == 429);
  box.peer = "10.0.0.9";
  CHECK(box.post("/session", login_body("root", kPassword)).status() == 200);
}

TEST_CASE("From very many addresses an account gets fifty guesses, and then one a minute") {
  ApiBox box;
  REQUIRE(box.accounts.add_first("root", view_of(kPassword)));
  int looked_at = 0;
  for (int i = 0; i < 100; ++i) {
    box.peer = "10.0.1." + std::to_string(i);
    if (box.post("/session", login_body("root", "wrong password")).status() == 401) ++looked_at;
  }
  CHECK(looked_at == 50);
  box.peer = "10.0.0.9";
  box.clock.advance(61'000'000'000);
  CHECK(box.post("/session", login_body("root", kPassword)).status() == 200);
}

TEST_CASE("What happens to an account happens to its sessions at once") {
  ApiBox box;
  REQUIRE(box.accounts.add_first("root", view_of(kPassword)));
  const auto root = box.log_in("root");
  const auto auditor = box.enter_as(Role::auditor);
  CHECK(box.get("/audit", auditor).status() == 200);
  CHECK(box.change("PATCH", "/accounts/the-auditor", R"({"role":"viewer"})", root).status() == 204);
  CHECK(box.get("/audit", auditor).status() == 403);
  CHECK(box.get("/status", auditor).status() == 200);
  CHECK(box.change("PATCH", "/accounts/the-auditor", R"({"password":"another password"})", root)
            .status() == 204);
  CHECK(box.get("/status", auditor).status() == 401);
  const auto again = box.log_in("the-auditor", "another password");
  CHECK(box.change("DELETE", "/accounts/the-auditor", "", root).status() == 204);
  CHECK(box.get("/status", again).status() == 401);
  CHECK(box.change("DELETE", "/accounts/root", "", root).status() == 403);
}

TEST_CASE("A locked account is refused as a wrong password is, and only the log tells why") {
  ApiBox box;
  REQUIRE(box.accounts.add_first("root", view_of(kPassword)));
  REQUIRE(box.accounts.add("alice", Role::auditor, view_of(kPassword)));
  const auto root = box.log_in("root");
  const auto alice = box.log_in("alice");
  CHECK(box.change("PATCH", "/accounts/alice", R"({"locked":true})", alice).problem() == "role");
  CHECK(box.change("PATCH", "/accounts/alice", R"({"locked":true})", root).status() == 204);
  CHECK(box.get("/accounts", root).body().find("\"locked\":true") != std::string::npos);
  const auto right = box.post("/session", login_body("alice", kPassword));
  const auto wrong = box.post("/session", login_body("alice", "wrong password"));
  const auto other = box.post("/session", login_body("root", "wrong password"));
  CHECK(right.status() == 401);
  CHECK(right.body() == other.body());
  CHECK(wrong.body() == other.body());
  const Lines lines = box.audit();
  const Lines last(lines.end() - 3, lines.end());
  CHECK(last == Lines{" request locked", " request locked", " request login"});
  CHECK(box.subjects()[lines.size() - 3] == "POST /api/v1/session account alice");
  CHECK(std::ranges::find(lines, "root account_lock ok") != lines.end());
  // The same tries, and so the same waits.
  for (int i = 0; i < 3; ++i) (void)box.post("/session", login_body("alice", kPassword));
  CHECK(box.post("/session", login_body("alice", kPassword)).status() == 429);
  CHECK(box.change("PATCH", "/accounts/alice", R"({"locked":false})", root).status() == 204);
  CHECK(box.get("/session", alice).text("account") == "(none)");
  box.clock.advance(61'000'000'000);
  const auto again = box.log_in("alice");
  CHECK(box.get("/status", again).status() == 200);
  CHECK(box.get("/status", alice).problem() == "no_session");
}

TEST_CASE("Of an account one thing is changed at a time, and a lock is true or false") {
  ApiBox box;
  REQUIRE(box.accounts.add_first("root", view_of(kPassword)));
  const auto root = box.log_in("root");
  const auto change = [&](const std::string& body) {
    return box.change("PATCH", "/accounts/root", body, root).problem();
  };
  CHECK(change(R"({"locked":"yes"})") == "body_value");
  CHECK(change(R"({"locked":[true]})") == "value_bytes");
  CHECK(change(R"({"locked":true,"role":"viewer"})") == "value_unknown");
  CHECK(change(R"({"locked":true,"password":"a new password"})") == "value_unknown");
  CHECK(change(R"({"role":"viewer","password":"a new password"})") == "value_unknown");
  CHECK(change(R"({"locked":true})") == "denied");
  CHECK(box.get("/status", root).status() == 200);
}

TEST_CASE("Who knows the old password changes it; nobody changes that of others") {
  ApiBox box;
  const auto viewer = box.enter_as(Role::viewer);
  (void)box.enter_as(Role::auditor);
  const auto patch = [&](const std::string& name, const std::string& body) {
    return box.change("PATCH", "/accounts/" + name, body, viewer);
  };
  const std::string fresh = R"("password":"something better")";
  CHECK(patch("the-viewer", "{" + fresh + "}").problem() == "role");
  CHECK(patch("the-viewer", "{" + fresh + R"(,"old_password":"wrong one"})").problem() == "login");
  CHECK(patch("the-auditor", "{" + fresh + R"(,"old_password":")" + kPassword + "\"}").problem() ==
        "role");
  CHECK(patch("the-viewer", R"({"role":"administrator"})").problem() == "role");
  CHECK(patch("the-viewer",
              "{" + fresh + R"(,"role":"administrator","old_password":")" + kPassword + "\"}")
            .problem() == "role");
  CHECK(patch("the-viewer", "{" + fresh + R"(,"old_password":")" + kPassword + "\"}").status() ==
        204);
  CHECK(box.get("/status", viewer).status() == 401);
  (void)box.log_in("the-viewer", "something better");
}

TEST_CASE("After the log-out the cookie is worth nothing") {
  ApiBox box;
  const auto viewer = box.enter_as(Role::viewer);
  const auto answer = box.change("DELETE", "/session", "", viewer);
  CHECK(answer.status() == 204);
  CHECK(answer.field("Set-Cookie").find("Max-Age=0") != std::string::npos);
  CHECK(box.get("/status", viewer).status() == 401);
}

TEST_CASE("A browser without scripts logs in by a form, and sees the verdict and its reasons") {
  ApiBox box;
  REQUIRE(box.accounts.add_first("root", view_of(kPassword)));
  const auto form = box.send({"GET", "/plain"});
  CHECK(form.status() == 200);
  CHECK(form.body().find("name=\"password\"") != std::string::npos);
  CHECK(form.body().find("<script") == std::string::npos);
  const auto post = [&](const std::string& body, ports::HttpFields more = {}) {
    const ByteView bytes = view_of(body);
    return box.send({"POST", "/plain", {}, std::move(more), Bytes(bytes.begin(), bytes.end())});
  };
  const auto wrong = post("account=root&password=%3Cb%3Ewrong+one&code=");
  CHECK(wrong.status() == 401);
  CHECK(wrong.body().find("class=\"failure\"") != std::string::npos);
  const std::string good = "account=root&password=correct+horse%20battery&code=";
  CHECK(post(good, {{"Origin", "https://evil.example"}, {"Host", "box"}}).status() == 403);
  const auto entered = post(good);
  CHECK(entered.status() == 303);
  CHECK(entered.field("Location") == "/plain");
  const std::string cookie = entered.field("Set-Cookie");
  const ports::HttpFields in = {{"Cookie", cookie.substr(0, cookie.find(';'))}};
  box.state.document =
      R"({"box":{"verdict":"attention","reasons":[{"what":"<disk> 3 & more"}],)"
      R"("pool":{"may_lose":2,"filling":true,"full_in_days":41},)"
      R"("businesses":[{"name":"<desk>","rpo_seconds":7300,)"
      R"("rpo_target_seconds":93600},{"name":"new","rpo_seconds":null}],)"
      R"("last_backup":"2026-11-30T03:00:00.123456789Z"},"taken":"2026-11-30T04:00:00Z","trouble":null,)"
      R"("complaints":["line 3 & so on"]})";
  const auto page = box.send({"GET", "/plain", {{"lang", "zh"}}, in});
  CHECK(page.status() == 200);
  CHECK(page.body().find("<li>&lt;disk&gt; 3 &amp; more</li>") != std::string::npos);
  CHECK(page.body().find("verdict attention") != std::string::npos);
  CHECK(page.body().find("<dd>2026-11-30 03:00:00 UTC</dd>") != std::string::npos);
  CHECK(page.body().find("lang=\"zh-CN\"") != std::string::npos);
  CHECK(page.body().find("41 天后写满") != std::string::npos);
  CHECK(page.body().find("<li class=\"attention\">line 3 &amp; so on</li>") != std::string::npos);
  const std::string english = box.send({"GET", "/plain", {{"lang", "en"}}, in}).body();
  CHECK(english.find("As of 2026-11-30 04:00:00 UTC.") != std::string::npos);
  CHECK(english.find("<dt>May lose so many more</dt>\n<dd>2</dd>") != std::string::npos);
  CHECK(english.find(
            "<dt>&lt;desk&gt;: Age of what is safe</dt>\n<dd>2 hours (target 26 hours)</dd>") !=
        std::string::npos);
  CHECK(english.find("<dt>new: Age of what is safe</dt>\n<dd>never</dd>") != std::string::npos);
  // Nothing known is nothing good.
  box.state.document = R"({"box":null,"taken":null,"trouble":"no home"})";
  const auto bad = box.send({"GET", "/plain", {}, in});
  CHECK(bad.body().find("verdict danger") != std::string::npos);
  CHECK(bad.body().find("As of") == std::string::npos);
  CHECK(bad.body().find("has not looked at itself yet") != std::string::npos);
}

TEST_CASE("What a browser loads is there without a session, and nothing else is") {
  ApiBox box;
  for (const char* path : {"/", "/app.js", "/style.css", "/words-en.json", "/words-zh-CN.json"}) {
    CAPTURE(path);
    const auto answer = box.send({"GET", path});
    CHECK(answer.status() == 200);
    CHECK(answer.body().size() > 100);
    CHECK(box.send({"POST", path}).status() == 405);
  }
  CHECK(box.send({"GET", "/"}).field("Content-Type") == "text/html; charset=utf-8");
  CHECK(box.send({"GET", "/index.html"}).status() == 404);
  CHECK(box.send({"GET", "/../etc/passwd"}).status() == 404);
  CHECK(box.send({"GET", "/api/v1"}).status() == 404);
}

TEST_CASE("Refusals are in the log, up to so many a minute, and then their count") {
  ApiBox box;
  for (int i = 0; i < 300; ++i) (void)box.get("/status");
  CHECK(box.audit().size() == kRefusalsOfPeer);
  for (int i = 0; i < 100; ++i) {
    box.peer = "10.0.1." + std::to_string(i);
    for (int j = 0; j < 2; ++j) (void)box.get("/status");
  }
  CHECK(box.audit().size() == kRefusalsAMinute);
  box.clock.advance(61'000'000'000);
  (void)box.get("/pool");
  std::string last;
  const AuditLog log(box.home, box.clock);
  CHECK(log.read(1, [&](const AuditLine& line) {
    last = line.event.subject;
    return true;
  }));
  CHECK(last == "GET /api/v1/pool (161)");
  (void)box.get("/businesses/" + std::string(5000, 'x') + "/items");
  CHECK(log.read(1, [&](const AuditLine& line) {
    last = line.event.subject;
    return true;
  }));
  CHECK(last.size() > 150);
  CHECK(last.size() <= 204);
  (void)box.get("/businesses/" + std::string(5000, '\x01') + "/items");
  CHECK(log.read(1, [&](const AuditLine& line) {
    last = write_audit_line(line);
    return true;
  }));
  CHECK(last.size() < 500);
}

TEST_CASE("A day has so many lines of strangers, and a count each minute") {
  ApiBox box;
  constexpr std::size_t kMinutes = 60;
  for (std::size_t minute = 0; minute < kMinutes; ++minute) {
    for (int i = 0; i < 70; ++i) box.api.refused("10.0.0." + std::to_string(i % 7), 400, 1);
    box.clock.advance(61'000'000'000);
    (void)box.api.tell_refused(0, false);
  }
  CHECK(box.audit().size() <= kRefusalsADay + kMinutes);
  CHECK(box.audit().size() > kRefusalsADay);
  // Those who are logged in have their own.
  const auto auditor = box.enter_as(Role::auditor);
  CHECK(box.get("/accounts", auditor).status() == 403);
  CHECK(box.audit().back() == "the-auditor request role");
  box.clock.advance(24LL * 3600 * 1'000'000'000);
  CHECK(box.api.refused("10.0.0.1", 400, 1));
  CHECK(box.audit().back() == " request http_400");
}

TEST_CASE("No garbage hides from the log which account's password was tried") {
  ApiBox box;
  REQUIRE(box.accounts.add_first("root", view_of(kPassword)));
  for (int i = 0; i < 100; ++i) {
    (void)box.api.refused(i % 2 == 0 ? box.peer : std::to_string(i), 400, 1);
    (void)box.get("/status");
    (void)box.post("/session", "{}");
    (void)box.change("POST", "/session", "{}", {}, {{"Sec-Fetch-Site", "cross-site"}});
  }
  for (int i = 0; i < 5; ++i) (void)box.post("/session", login_body("root", "wrong password"));
  const auto lines = box.audit();
  CHECK(std::ranges::count(lines, " request login") == 5);
}

TEST_CASE("A count whose line cannot be written stands in the next one") {
  ApiBox box;
  box.home.set_read_only(true);
  CHECK_FALSE(box.api.refused("10.0.0.1", 400, 3));
  (void)box.get("/status");
  box.clock.advance(61'000'000'000);
  CHECK_FALSE(box.api.tell_refused(5, true));
  box.home.set_read_only(false);
  CHECK(box.api.tell_refused(0, true));
  CHECK(box.api.tell_refused(0, true));
  CHECK(box.subjects() == Lines{"(9)"});
}

TEST_CASE("No path of a refused request says more in the log than that it is one") {
  ApiBox box;
  for (const std::string blank : {" ", "\xC2\xA0", "\xE2\x80\x83", "\xE3\x80\x80"}) {
    std::string path = "/session";
    for (const char* word : {"account", "admin", "(9999)"}) path.append(blank).append(word);
    (void)box.get(path);
    CHECK(box.subjects().back() == "GET '/api/v1" + path + "'");
  }
  (void)box.get("/x\xE2\x80\xA6");
  CHECK(box.subjects().back() == "GET /api/v1/x\xE2\x80\xA6");
}

TEST_CASE("A form's login is noted as what it was, and the first step of two is no refusal") {
  ApiBox box;
  REQUIRE(box.accounts.add_first("root", view_of(kPassword)));
  const auto post = [&](const std::string& body) {
    const ByteView bytes = view_of(body);
    return box.send({"POST", "/plain", {}, {}, Bytes(bytes.begin(), bytes.end())}).status();
  };
  CHECK(post("account=root") == 400);
  CHECK(box.audit() == Lines{" request value_missing"});
  const Bytes secret(kCodeSecretSize, 9);
  REQUIRE(box.accounts.set_code_secret("root", ByteView(secret)));
  CHECK(box.post("/session", login_body("root", kPassword)).problem() == "code_needed");
  CHECK(post("account=root&password=correct+horse+battery") == 401);
  CHECK(box.audit().size() == 1);
  // A wrong code is told as just that: what was typed besides it is right.
  const auto wrong = box.post("/session", R"({"account":"root","code":"12345","password":")" +
                                              std::string(kPassword) + "\"}");
  CHECK(wrong.status() == 401);
  CHECK(wrong.problem() == "code_wrong");
  CHECK(box.audit().back() == " request code_wrong");
}

TEST_CASE("A failed login is in the log with the account that was tried") {
  ApiBox box;
  REQUIRE(box.accounts.add_first("root", view_of(kPassword)));
  (void)box.post("/session", login_body("root", "wrong password"));
  (void)box.post("/session", login_body("x (7) y", "wrong password"));
  std::vector<std::string> subjects;
  const AuditLog log(box.home, box.clock);
  CHECK(log.read(1, [&](const AuditLine& line) {
    subjects.push_back(line.event.subject);
    return true;
  }));
  CHECK(subjects ==
        Lines{"POST /api/v1/session account root", "POST /api/v1/session account 'x (7) y'"});
}

TEST_CASE("A refused path of very many control bytes leaves a line that does not end the log") {
  ApiBox box;
  (void)box.get("/" + std::string(2500, '\x01'));
  for (const std::string& path : {"/status/" + std::string(2500, '\x01'), std::string("/pool")}) {
    (void)box.send({"POST", "/api/v1" + path, {}, {{"Sec-Fetch-Site", "cross-site"}}});
  }
  (void)box.get("/businesses/" + std::string(2500, '\x01'));
  (void)box.get("/pool");
  const auto survey = AuditLog(box.home, box.clock).survey();
  REQUIRE(survey);
  CHECK_FALSE(survey->fault);
  CHECK(survey->lines == 5);
}

TEST_CASE("A long log is given a page at a time, and each says where the next one begins") {
  ApiBox box;
  const auto auditor = box.enter_as(Role::auditor);
  AuditLog log(box.home, box.clock);
  for (int i = 0; i < 450; ++i) REQUIRE(log.append({"alice", "", "", i == 7 ? "rare" : "often"}));
  std::size_t lines = 0;
  std::string before = "1000";
  for (int pages = 0; !before.empty(); ++pages) {
    REQUIRE(pages < 4);
    const auto json = status::read_json(box.get("/audit", auditor, {{"before", before}}).body());
    REQUIRE(json);
    CHECK(*json->get<bool>("good"));
    lines += json->get<status::JsonArray>("lines")->size();
    const auto* next = json->get<std::int64_t>("before");
    before = next == nullptr ? "" : std::to_string(*next);
  }
  CHECK(lines == 451);  // with the login
  const auto rare = status::read_json(box.get("/audit", auditor, {{"action", "rare"}}).body());
  CHECK(rare->get<status::JsonArray>("lines")->size() == 1);
}

TEST_CASE("The log is exported by its verb, whole, or the connection breaks") {
  ApiBox box;
  const auto auditor = box.enter_as(Role::auditor);
  box.script = {.says = {{sim::Stream::output, "number\n"}, {sim::Stream::output, "1\n"}}};
  const auto csv = box.get("/audit/export", auditor, {{"csv", "true"}, {"actor", "alice"}});
  CHECK(csv.status() == 200);
  CHECK(csv.body() == "number\n1\n");
  CHECK(csv.field("Content-Type") == "text/csv; charset=utf-8");
  CHECK_FALSE(csv.has_failed());
  const std::vector<std::string> words = box.started.back().arguments;
  CHECK(std::ranges::find(words, "--actor=alice") != words.end());
  CHECK(std::ranges::find(words, "--csv") != words.end());
  box.script.end->exit_code = 4;  // what does not follow is told by another verb
  CHECK_FALSE(box.get("/audit/export", auditor).has_failed());
  box.script.end->exit_code = 1;
  CHECK(box.get("/audit/export", auditor).has_failed());
  box.script.says.clear();
  CHECK(box.get("/audit/export", auditor).status() == 500);
  CHECK(box.get("/audit/export", auditor, {{"to", "soon"}}).status() == 400);
  CHECK(box.get("/audit/export", auditor, {{"limit", "5"}}).status() == 400);
  CHECK(box.get("/audit/export", box.enter_as(Role::viewer)).status() == 403);
}

TEST_CASE("Whatever is refused is in the log, by whoever it was") {
  ApiBox box;
  const auto entry = box.enter_as(Role::administrator);
  const std::size_t before = box.audit().size();
  CHECK(box.get("/nothing", entry).status() == 404);
  CHECK(box.change("PATCH", "/status", "{}", entry).status() == 405);
  CHECK(box.post("/jobs", "{", entry).status() == 400);
  CHECK(box.get("/status", entry, {{"unknown", "1"}}).status() == 400);
  CHECK(box.send({"GET", "/nothing"}).status() == 404);
  CHECK(box.send({"POST", "/"}).status() == 405);
  CHECK(box.get("/status", entry).status() == 200);
  const Lines lines = box.audit();
  CHECK(Lines(lines.begin() + static_cast<std::ptrdiff_t>(before), lines.end()) ==
        Lines{"the-administrator request no_page", "the-administrator request method",
              "the-administrator request body", "the-administrator request value_unknown",
              " request no_page", " request method"});
}

TEST_CASE("What the server refuses itself has a problem document, and lines in the log") {
  ApiBox box;
  for (const int status : {400, 408, 413, 414, 417, 431, 501, 503, 505}) {
    CAPTURE(status);
    const ports::HttpRefusal refusal = box.api.refusal_of(status);
    const auto json = status::read_json(refusal.body);
    REQUIRE(json);
    CHECK(*json->get<std::int64_t>("status") == status);
    CHECK(*json->get<std::string>("type") == "urn:holdfast:problem:http_" + std::to_string(status));
    CHECK(json->get<std::string>("title")->find("api.") == std::string::npos);
    CHECK(ports::field_of(refusal.fields, "Content-Type") == "application/problem+json");
  }
  for (int i = 0; i < 100; ++i) box.api.refused("10.0.0.1", 400, 1000);
  box.api.refused("10.0.0.2", 431, 1);
  CHECK(box.audit().size() == kRefusalsOfPeer + 1);
  CHECK(box.audit().back() == " request http_431");
}

TEST_CASE("Refusals without a line of their own are told when their minute is over") {
  ApiBox box;
  box.api.refused("10.0.0.1", 400, 1);
  for (int i = 0; i < 100; ++i) box.api.refused("10.0.0.1", 400, 5);
  CHECK(box.api.tell_refused(0, false));
  CHECK(box.audit().size() == kRefusalsOfPeer);
  SECTION("once the minute is over") {
    box.clock.advance(61'000'000'000);
    CHECK(box.api.tell_refused(0, false));
    CHECK(box.api.tell_refused(0, false));
  }
  SECTION("or the listener stops") {
    CHECK(box.api.tell_refused(0, true));
  }
  CHECK(box.audit().size() == kRefusalsOfPeer + 1);
  std::string last;
  CHECK(AuditLog(box.home, box.clock).read(1, [&](const AuditLine& line) {
    last = line.event.peer + line.event.subject + line.event.outcome;
    return true;
  }));
  CHECK(last == "(405)refused");
}

TEST_CASE("What must be in the log is not done if the log cannot be written") {
  ApiBox box;
  const auto entry = box.enter_as(Role::administrator);
  box.home.set_read_only(true);
  CHECK(box.post("/jobs", R"({"kind":"backup"})", entry).problem() == "audit");
  CHECK(box.change("DELETE", "/jobs/7", "", entry).problem() == "audit");
  CHECK(
      box.post("/accounts", R"({"account":"a","role":"viewer","password":"something good"})", entry)
          .problem() == "audit");
  CHECK(box.state.asked.empty());
  CHECK(box.post("/session", login_body("the-administrator", kPassword)).problem() == "audit");
  CHECK(box.get("/status", entry).status() == 200);
}

TEST_CASE("The log is read newest first, by actor and action, and page by page") {
  ApiBox box;
  const auto auditor = box.enter_as(Role::auditor);
  const auto viewer = box.enter_as(Role::viewer);
  (void)box.get("/audit", viewer);
  const auto all = box.get("/audit", auditor);
  CHECK(all.status() == 200);
  const auto numbers = [](const KeptAnswer& answer) {
    std::vector<std::int64_t> found;
    const auto json = status::read_json(answer.body());
    REQUIRE(json);
    for (const auto& line : *json->get<status::JsonArray>("lines")) {
      found.push_back(*line.get<std::int64_t>("number"));
    }
    return found;
  };
  CHECK(numbers(all) == std::vector<std::int64_t>{3, 2, 1});
  CHECK(numbers(box.get("/audit", auditor, {{"before", "3"}})) == std::vector<std::int64_t>{2, 1});
  CHECK(numbers(box.get("/audit", auditor, {{"actor", "the-viewer"}})) ==
        std::vector<std::int64_t>{3, 2});
  CHECK(numbers(box.get("/audit", auditor, {{"action", "request"}})) ==
        std::vector<std::int64_t>{3});
  CHECK(box.get("/audit", auditor, {{"before", "x"}}).status() == 400);
  CHECK(numbers(box.get("/audit", auditor, {{"to", "2020-01-01"}})).empty());
  CHECK(numbers(box.get("/audit", auditor, {{"from", "2020-01-01"}})).size() >= 3);
  CHECK(box.get("/audit", auditor, {{"from", "soon"}}).status() == 400);
}

}  // namespace holdfast::api

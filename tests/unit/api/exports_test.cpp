// SPDX-License-Identifier: Apache-2.0
// Exports as pages ask for them, and the list of them as the audit log has it.
#include "firmware/api/audit_line.h"
#include "tests/unit/api/api_box.h"

namespace holdfast::api {
namespace {

const std::string kWish =
    R"({"business":"desk","snapshot":7,"path":["a/1.wav","b"],"folder":"/media/out",)"
    R"("reason":"case 7"})";

struct ExportBox : ApiBox {
  ExportBox() { api.set_export_folders({"/media/out"}); }
  void note(const std::string& account, const std::string& subject, const std::string& outcome) {
    REQUIRE(AuditLog(home, clock)
                .append({account, "", "", std::string(kExportAction), subject, outcome}));
  }
};

}  // namespace

TEST_CASE("Who may hear calls takes them out, and nobody else does") {
  ExportBox box;
  for (const Role role : {Role::viewer, Role::operator_}) {
    const auto entry = box.enter_as(role);
    CHECK(box.post("/exports", kWish, entry).problem() == "role");
    CHECK(box.get("/exports", entry).problem() == "role");
    CHECK(box.change("DELETE", "/exports/8", {}, entry).problem() == "role");
  }
  CHECK(box.state.wishes.empty());
  const auto entry = box.enter_as(Role::auditor);
  const auto answer = box.post("/exports", kWish, entry);
  CHECK(answer.status() == 202);
  CHECK(answer.body() == "{\"schema\":1,\"job\":8}\n");
  REQUIRE(box.state.wishes.size() == 1);
  const ExportWish& wish = box.state.wishes.front();
  CHECK(wish.business == "desk");
  CHECK(wish.snapshot == "7");
  CHECK(wish.paths == std::vector<std::string>{"a/1.wav", "b"});
  CHECK(wish.folder == "/media/out");
  CHECK(wish.reason == "case 7");
  CHECK_FALSE(wish.with_rows);
  CHECK(wish.account == "the-auditor");
  CHECK(box.audit().back() == "the-auditor job ok");
  CHECK(box.subjects().back() == "export desk 'case 7'");
  CHECK(box.change("DELETE", "/exports/8", {}, entry).status() == 204);
  CHECK(box.state.asked == std::vector<std::string>{"cancel export"});
  CHECK(box.change("DELETE", "/exports/7", {}, entry).problem() == "no_job");
}

TEST_CASE("An export is not asked for when the log cannot have its line") {
  ExportBox box;
  const auto entry = box.enter_as(Role::auditor);
  box.home.set_capacity(0);
  const auto answer = box.post("/exports", kWish, entry);
  CHECK(answer.status() == 500);
  CHECK(answer.problem() == "audit");
  CHECK(box.state.wishes.empty());
}

TEST_CASE("A reason is asked for even where hearing needs none, and a folder must be named") {
  ExportBox box;
  box.api.set_call_rules({.asks_reason = false});
  const auto entry = box.enter_as(Role::administrator);
  const auto refusal = [&](const std::string& from, const std::string& to) {
    std::string wish = kWish;
    wish.replace(wish.find(from), from.size(), to);
    return box.post("/exports", wish, entry).problem();
  };
  CHECK(refusal("case 7", " ") == "reason");
  CHECK(refusal("case 7", std::string(1025, 'x')) == "reason");
  CHECK(refusal(R"(,"reason":"case 7")", "") == "value_missing");
  CHECK(refusal("/media/out", "/media/out/") == "export_folder");
  CHECK(refusal("/media/out", "/etc") == "export_folder");
  CHECK(refusal(R"("a/1.wav","b")", "") == "value_missing");
  CHECK(refusal(R"("a/1.wav")", R"("")") == "value_bytes");
  CHECK(refusal("7,", "\"7 --target=/\",") == "body_value");
  CHECK(refusal(R"("desk")", R"(["desk","d"])") == "value_bytes");
  CHECK(refusal(R"("path")", R"("path*")") == "value_unknown");
  CHECK(box.state.wishes.empty());
  box.api.set_export_folders({});
  CHECK(box.post("/exports", kWish, entry).problem() == "export_folder");
}

TEST_CASE("The list has each export once, with its end if it has one") {
  ExportBox box;
  const std::string one = "business=desk snapshot=7 folder=/m/1 'reason=it'\\''s case 7'";
  box.note("ann", one + " path=a.wav", "begun");
  box.note("bob", "business=desk snapshot=8 folder=/m/2 reason=r path=b", "begun");
  box.note("ann", one + " path=a.wav", "begun");  // in the same second
  box.note("ann", one + " path=a.wav", "medium_missing");
  box.note("ann", one + " items=2 bytes=30 rows=1 path=a.wav 'path=b c'", "ok");
  const auto answer = box.get("/exports", box.enter_as(Role::auditor));
  CHECK(answer.status() == 200);
  const auto json = status::read_json(answer.body());
  REQUIRE(json);
  const auto* exports = json->get<status::JsonArray>("exports");
  REQUIRE(exports != nullptr);
  REQUIRE(exports->size() == 3);
  CHECK(*exports->at(1).get<std::string>("outcome") == "medium_missing");
  const status::JsonValue& ended = exports->at(0);
  CHECK(*ended.get<std::string>("account") == "ann");
  CHECK(*ended.get<std::string>("reason") == "it's case 7");
  CHECK(*ended.get<std::string>("outcome") == "ok");
  CHECK(*ended.get<std::int64_t>("bytes") == 30);
  REQUIRE(ended.get<status::JsonArray>("paths")->size() == 2);
  CHECK(*ended.get<status::JsonArray>("paths")->at(1).as<std::string>() == "b c");
  const status::JsonValue& cut = exports->at(2);
  CHECK(*cut.get<std::string>("account") == "bob");
  CHECK(cut.get<std::string>("outcome") == nullptr);
  CHECK(cut.get<std::int64_t>("bytes") == nullptr);
  CHECK(*json->get<bool>("all"));
}

TEST_CASE("A subject gives back the words that it was made of") {
  using Words = std::vector<std::string>;
  for (const Words& words : {Words{"a"}, Words{"", "b"}, Words{"it's", "'", "''", "\\", "\\'"},
                             Words{"a b", "\"", "c\\d", "tab\there", "字\u3000字"}}) {
    std::string subject;
    for (const std::string& word : words)
      subject += (subject.empty() ? "" : " ") + audit_word(word);
    CHECK(split_audit_words(subject) == words);
  }
  CHECK(split_audit_words("").empty());
  // A line that was cut.
  CHECK(split_audit_words("a 'b c") == Words{"a", "b c"});
}

}  // namespace holdfast::api

// SPDX-License-Identifier: Apache-2.0
// Programs that ask for a backup by a word of their own.
#include "firmware/api/hooks.h"

#include <catch2/catch.hpp>

#include "api_box.h"

namespace holdfast::api {

namespace {

using Lines = std::vector<std::string>;

constexpr const char* kPath = "/hooks/backup/desk";

struct HookBox : ApiBox {
  Hooks hooks{home, clock, random};

  KeptAnswer ask(const std::string& word, const std::string& path = kPath,
                 ports::HttpFields more = {}) {
    if (!word.empty()) more.emplace_back("Authorization", word);
    return send({"POST", "/api/v1" + path, {}, more});
  }
};

}  // namespace

TEST_CASE("A word is good for its business until there is another one, or none") {
  HookBox box;
  const auto first = box.hooks.add("desk");
  REQUIRE(first);
  CHECK(first->size() == 64);
  const auto other = box.hooks.add("loans");
  REQUIRE(other);
  CHECK(box.hooks.is_good("desk", *first).value());
  CHECK_FALSE(box.hooks.is_good("desk", *other).value());
  CHECK_FALSE(box.hooks.is_good("desk", "").value());
  CHECK_FALSE(box.hooks.is_good("cards", *first).value());
  const auto second = box.hooks.add("desk");
  REQUIRE(second);
  CHECK_FALSE(box.hooks.is_good("desk", *first).value());
  CHECK(box.hooks.is_good("desk", *second).value());
  CHECK(box.hooks.list()->size() == 2);
  REQUIRE(box.hooks.remove("desk"));
  CHECK_FALSE(box.hooks.is_good("desk", *second).value());
  CHECK(box.hooks.remove("desk").error().code == ErrorCode::not_found);
  const auto file = box.home.contents("hooks");
  REQUIRE(file);
  CHECK(text_of(*file).find(*other) == std::string_view::npos);
}

TEST_CASE("Whoever knows the word asks for a backup of that business, and for nothing else") {
  HookBox box;
  const std::string word = "Bearer " + box.hooks.add("desk").value();
  const auto answer = box.ask(word);
  CHECK(answer.status() == 202);
  CHECK(answer.body().find("\"job\":7") != std::string::npos);
  CHECK(box.state.asked == std::vector<std::string>{"backup desk by hook"});
  CHECK(box.audit() == Lines{"hook hook begun", "hook hook ok"});
  CHECK(box.ask(word, "/hooks/backup/loans").problem() == "hook_word");
  CHECK(box.ask(word, "/hooks/prune/desk").status() == 404);
  CHECK(box.ask("", "/jobs").status() == 401);
  CHECK(box.state.asked.size() == 1);
}

TEST_CASE("Without the word nothing is asked for, and who guesses must wait") {
  HookBox box;
  const std::string word = box.hooks.add("desk").value();
  CHECK(box.ask("").problem() == "hook_word");
  CHECK(box.ask(word).problem() == "hook_word");
  CHECK(box.ask("Basic " + word).problem() == "hook_word");
  CHECK(box.ask("Bearer " + word + "0").status() == 401);
  // Another site's page, by a browser that sends what it is told.
  CHECK(box.ask("Bearer " + word, kPath, {{"Origin", "https://elsewhere.example"}}).problem() ==
        "origin");
  int status = 0;
  for (int i = 0; i < 30 && status != 429; ++i) status = box.ask("Bearer x").status();
  CHECK(status == 429);
  const auto late = box.ask("Bearer " + word);
  CHECK(late.problem() == "wait");
  CHECK_FALSE(late.field("Retry-After").empty());
  box.peer = "10.0.0.10";
  CHECK(box.ask("Bearer " + word).status() == 202);
  CHECK(box.state.asked.size() == 1);
}

TEST_CASE("A program that asks all the time is slowed down") {
  HookBox box;
  const std::string word = "Bearer " + box.hooks.add("desk").value();
  const std::string other = "Bearer " + box.hooks.add("loans").value();
  CHECK(box.ask(word).status() == 202);
  const auto early = box.ask(word);
  CHECK(early.status() == 429);
  CHECK(early.problem() == "hook_pace");
  CHECK(early.field("Retry-After") == "10");
  CHECK(box.ask(other, "/hooks/backup/loans").status() == 202);
  box.clock.advance(10'000'000'000);
  CHECK(box.ask(word).status() == 202);
}

TEST_CASE("A file that is damaged lets nobody in") {
  HookBox box;
  const std::string word = "Bearer " + box.hooks.add("desk").value();
  REQUIRE(ports::store(box.home, "hooks", view_of(std::string_view("{}"))));
  CHECK(box.ask(word).status() == 500);
  CHECK(box.hooks.add("desk").error().code == ErrorCode::damaged);
  CHECK(box.state.asked.empty());
}

}  // namespace holdfast::api

// SPDX-License-Identifier: Apache-2.0
// An Api with everything around it simulated, and a browser of one line.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "firmware/api/api.h"
#include "firmware/status/json_reader.h"
#include "hal/sim/disk.h"
#include "hal/sim/process.h"
#include "hal/sim/random.h"

namespace holdfast::api {

class KeptAnswer final : public ports::HttpAnswer {
 public:
  void let_pause(const std::function<bool()>& goes_on) override { goes_on_ = goes_on; }
  Result<void> begin(int status, const ports::HttpFields& fields,
                     std::optional<std::uint64_t> length) override {
    CHECK(status_ == 0);
    if (large_min_ && status < 300 && length.value_or(0) >= *large_min_) {
      return make_error(ErrorCode::limit_exceeded, {}, {{"what", "busy"}});
    }
    status_ = status;
    fields_ = fields;
    length_ = length;
    return {};
  }
  Result<void> write(ByteView bytes) override {
    if (writes_max_ && *writes_max_ == writes_) return make_error(ErrorCode::io);
    if (goes_on_ && !goes_on_()) return make_error(ErrorCode::io);
    ++writes_;
    body_ += text_of(bytes);
    return {};
  }
  void fail() override { has_failed_ = true; }
  [[nodiscard]] bool is_stopping() const override { return false; }

  // There is no room for such an answer, of so many bytes or more.
  void refuse_large(std::uint64_t bytes) { large_min_ = bytes; }
  [[nodiscard]] bool may_pause() const { return goes_on_ != nullptr; }
  void break_after(int writes) { writes_max_ = writes; }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] bool has_failed() const { return has_failed_; }
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] const std::optional<std::uint64_t>& length() const { return length_; }
  [[nodiscard]] std::string field(std::string_view name) const {
    return std::string(ports::field_of(fields_, name).value_or(""));
  }
  [[nodiscard]] std::string text(std::string_view key) const {
    const auto json = status::read_json(body_);
    if (!json) return "(no JSON)";
    const auto* value = json->get<std::string>(key);
    return value == nullptr ? "(none)" : *value;
  }
  // What a problem is called.
  [[nodiscard]] std::string problem() const {
    const std::string type = text("type");
    const std::string prefix = "urn:holdfast:problem:";
    return type.starts_with(prefix) ? type.substr(prefix.size()) : type;
  }

 private:
  int status_ = 0;
  bool has_failed_ = false;
  ports::HttpFields fields_;
  std::optional<std::uint64_t> length_;
  std::string body_;
  int writes_ = 0;
  std::optional<int> writes_max_;
  std::optional<std::uint64_t> large_min_;
  std::function<bool()> goes_on_;
};

class KeptState final : public BoxState {
 public:
  std::string status() override { return document; }
  std::string jobs(JobLogs logs) override {
    constexpr std::array kNames = {"none", "masked", "whole"};
    return R"({"log":")" + std::string(kNames.at(static_cast<std::size_t>(logs))) + "\"}\n";
  }
  std::uint64_t version() override { return is_still ? 1 : ++version_; }
  void wait_for_change(std::uint64_t, std::int64_t) override {
    if (waits) waits();
  }
  Result<std::uint64_t> ask(const JobWish& wish) override {
    if (wish.kind == "juggle") {
      return make_error(ErrorCode::invalid_argument, wish.kind, {{"what", "x"}});
    }
    asked.push_back(wish.kind + " " + wish.business + " by " + wish.account +
                    (wish.ignore_window ? " whatever the window" : ""));
    return 7;
  }
  void look_at_settings() override { asked.emplace_back("look at settings"); }
  Result<std::uint64_t> ask_export(const ExportWish& wish) override {
    wishes.push_back(wish);
    return 8;
  }
  Result<void> cancel_export(std::uint64_t job) override {
    if (job != 8) return make_error(ErrorCode::not_found);
    asked.emplace_back("cancel export");
    return {};
  }
  Result<void> cancel(std::uint64_t job) override {
    if (job != 7) return make_error(ErrorCode::not_found);
    asked.emplace_back("cancel");
    return {};
  }

  std::function<void()> waits;  // what happens meanwhile
  bool is_still = false;        // else the state is another one each time
  std::vector<std::string> asked;
  std::vector<ExportWish> wishes;
  std::string document = "{\"schema\":1,\"box\":null}\n";

 private:
  std::uint64_t version_ = 0;
};

inline constexpr const char* kPassword = "correct horse battery";

struct ApiBox {
  sim::World world{1};
  sim::SimClock clock{Timestamp{1'764'000'000'000'000'000}, 1000};
  sim::SimDisk home{world, "/home"};
  sim::SimRandom random{2};
  sim::SimScript script{{{sim::Stream::output, "{\"schema\":1}\n"}}};
  std::function<sim::SimScript(const ports::ProcessRequest&)> program;  // instead of `script`
  std::vector<ports::ProcessRequest> started;
  sim::SimProcesses processes{
      [this](const ports::ProcessRequest& request) -> Result<sim::SimScript> {
        started.push_back(request);
        return program ? program(request) : script;
      }};
  KeptState state;
  std::string peer = "10.0.0.9";
  std::optional<std::uint64_t> large_min;  // bytes of an answer that there is no room for
  Api api{{home, clock, random, processes},
          {{"/bin/holdfast", "/home", {{"PATH", "/bin"}, {"LC_ALL", "C"}}, 1000}, 10},
          state};
  Accounts accounts{home, clock, random, 10};

  // What a logged-in browser sends with each request.
  struct Entry {
    std::string cookie;
    std::string change_word;
  };

  KeptAnswer send(ports::HttpRequest request) {
    KeptAnswer answer;
    if (large_min) answer.refuse_large(*large_min);
    request.peer = peer;
    api.handle(request, answer);
    return answer;
  }
  KeptAnswer get(const std::string& path, const Entry& entry = {}, ports::HttpFields query = {}) {
    return send({"GET", "/api/v1" + path, std::move(query), {{"Cookie", entry.cookie}}});
  }
  KeptAnswer change(const std::string& method, const std::string& path, const std::string& body,
                    const Entry& entry = {}, ports::HttpFields more = {}) {
    more.insert(more.end(), {{"Cookie", entry.cookie},
                             {"X-Holdfast-Change", entry.change_word},
                             {"Content-Type", "application/json"}});
    const ByteView bytes = view_of(body);
    return send({method, "/api/v1" + path, {}, more, Bytes(bytes.begin(), bytes.end())});
  }
  KeptAnswer post(const std::string& path, const std::string& body, const Entry& entry = {}) {
    return change("POST", path, body, entry);
  }
  Entry log_in(const std::string& account, const std::string& password = kPassword) {
    const auto answer =
        post("/session", R"({"account":")" + account + R"(","password":")" + password + "\"}");
    REQUIRE(answer.status() == 200);
    const std::string cookie = answer.field("Set-Cookie");
    return {cookie.substr(0, cookie.find(';')), answer.text("change")};
  }
  Entry enter_as(Role role) {
    const std::string name = "the-" + std::string(name_of(role));
    const auto added = accounts.add(name, role, view_of(kPassword));
    REQUIRE((added || added.error().code == ErrorCode::already_exists));
    return log_in(name);
  }
  std::vector<std::string> subjects() {
    std::vector<std::string> lines;
    CHECK(AuditLog(home, clock).read(1, [&](const AuditLine& line) {
      lines.push_back(line.event.subject);
      return true;
    }));
    return lines;
  }
  // "action outcome" of each line.
  std::vector<std::string> audit() {
    std::vector<std::string> lines;
    const AuditLog log(home, clock);
    CHECK(log.read(1, [&](const AuditLine& line) {
      lines.push_back(line.event.actor + " " + line.event.action + " " + line.event.outcome);
      return true;
    }));
    return lines;
  }
};

}  // namespace holdfast::api

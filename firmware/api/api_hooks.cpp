// SPDX-License-Identifier: Apache-2.0
// A program that knows its word asks for a backup. No browser sends that word by itself, so there
// is nothing that another site could make it do.
#include <array>

#include "firmware/api/api.h"
#include "firmware/api/audit_line.h"
#include "firmware/api/verb_problem.h"

namespace holdfast::api {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::string_view kScheme = "Bearer ";
constexpr std::uint32_t kFreeTriesOfPeer = 20;

std::string seconds_of(std::int64_t wait_ns) {
  return std::to_string(wait_ns / kSecond_ns + 1);
}

std::string_view word_of(const ports::HttpRequest& request) {
  std::string_view field = ports::field_of(request.fields, "Authorization").value_or("");
  if (!field.starts_with(kScheme)) return {};
  field.remove_prefix(kScheme.size());
  return field;
}

}  // namespace

// Of the words of businesses that there are, and of others, nothing is told that differs.
void Api::ask_by_hook(Exchange& exchange, const Visit& visit, const Values& values) {
  const std::string business(value_of(values, "business").value_or(""));
  const std::array<GateKey, 1> keys = {GateKey{"hook " + visit.actor.peer, kFreeTriesOfPeer}};
  const auto wait = [&](std::string_view code, std::int64_t wait_ns) {
    const std::string seconds = seconds_of(wait_ns);
    refuse(exchange, visit, 429, code, seconds, {{"Retry-After", seconds}});
  };
  if (const std::int64_t wait_ns = gate_.enter(keys); wait_ns > 0) return wait("wait", wait_ns);
  const auto is_good = hooks_.is_good(business, word_of(exchange.request()));
  if (!is_good || *is_good) gate_.take_back(keys);
  if (!is_good) return exchange.send_problem(problem_of(is_good.error(), exchange.language()));
  if (!*is_good) return refuse(exchange, visit, 401, "hook_word");
  if (const std::int64_t wait_ns = hook_pace_.enter(business); wait_ns > 0) {
    return wait("hook_pace", wait_ns);
  }
  Visit hook = visit;
  hook.actor.account = kHookActor;
  const std::string subject = "backup " + audit_word(business);
  if (!note(hook, "hook", subject, "begun")) return exchange.send_problem(500, "audit");
  const auto job =
      state_.ask({.kind = "backup", .business = business, .account = std::string(kHookActor)});
  (void)note(hook, "hook", subject, job ? "ok" : holdfast::name_of(job.error().code));
  if (!job) return exchange.send_problem(problem_of(job.error(), exchange.language()));
  exchange.send_json(202, "{\"schema\":1,\"job\":" + std::to_string(*job) + "}\n");
}

}  // namespace holdfast::api

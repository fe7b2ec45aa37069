// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/audit_trail.h"

#include <algorithm>
#include <array>

namespace holdfast::app {

namespace {

constexpr std::array<std::string_view, 23> kNoted = {
    "cat",           "restore",        "hold",         "snapshot hold", "snapshot release",
    "prune",         "time confirm",   "key add",      "key remove",    "pool create",
    "pool add",      "pool replace",   "pool retire",  "business add",  "business remove",
    "account add",   "account remove", "account role", "account code",  "account password",
    "bundle export", "bundle import",  "handover"};
constexpr std::array<std::string_view, 4> kSearches = {"record find", "find", "ls",
                                                       "snapshot diff"};

bool has(std::string_view word, const auto& words) {
  return std::ranges::find(words, word) != words.end();
}

// The words as they were given: none of them is a secret, by the command line's contract.
std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (word == "--json" || word == "--quiet" || word == "--no-progress" || word == "--yes")
      continue;
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

}  // namespace

Result<void> AuditTrail::append(std::string outcome) {
  HF_TRY(ports::Disk * home, session_.home_disk());
  event_->outcome = std::move(outcome);
  return api::AuditLog(*home, session_.ports().clock).append(*event_);
}

Result<void> AuditTrail::begin(const std::string& name, const std::vector<std::string>& arguments) {
  const Environment& environment = session_.environment();
  const bool is_page = !environment.actor.empty();
  if (!has(name, kNoted) && !(is_page && has(name, kSearches))) return {};
  if (has("--dry-run", arguments)) return {};
  // Whoever has no home yet hears so from the verb.
  if (const auto home = session_.home_disk(); !home) return {};
  const std::string user = "uid " + std::to_string(session_.ports().console.user_id());
  event_ = api::AuditEvent{.actor = is_page ? environment.actor : user,
                           .role = environment.actor_role,
                           .peer = environment.actor_peer,
                           .action = name,
                           .subject = joined(arguments)};
  auto written = append("begun");
  if (written) return {};
  event_.reset();
  if (is_page) return written;
  session_.warn("cli.audit.not_written",
                {{"what", messages::render_error(session_.language(), written.error()), true}});
  return {};
}

void AuditTrail::end(const Result<ExitCode>& outcome) {
  if (!event_) return;
  std::string text = "ok";
  if (!outcome) {
    text = holdfast::name_of(outcome.error().code);
  } else if (*outcome != ExitCode::done) {
    text = "exit " + std::to_string(static_cast<int>(*outcome));
  }
  // That it began stands there; that its end could not be written changes nothing for anybody.
  (void)append(std::move(text));
}

}  // namespace holdfast::app

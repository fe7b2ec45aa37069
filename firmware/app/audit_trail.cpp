// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/audit_trail.h"

#include <algorithm>
#include <array>

#include "firmware/api/audit_line.h"
#include "firmware/app/hearing.h"
#include "hal/base/digest.h"

namespace holdfast::app {

namespace {

constexpr std::array<std::string_view, 27> kNoted = {"cat",
                                                     "hear",
                                                     "audit export",
                                                     "restore",
                                                     "hold",
                                                     "snapshot hold",
                                                     "snapshot release",
                                                     "prune",
                                                     "time confirm",
                                                     "key add",
                                                     "key remove",
                                                     "pool create",
                                                     "pool add",
                                                     "pool replace",
                                                     "pool retire",
                                                     "business add",
                                                     "business change",
                                                     "account add",
                                                     "account remove",
                                                     "account role",
                                                     "account lock",
                                                     "account unlock",
                                                     "account code",
                                                     "account password",
                                                     "alert acknowledge",
                                                     "hook add",
                                                     "hook remove"};
constexpr std::array<std::string_view, 6> kSearches = {
    "record find", "record recordings", "find", "ls", "snapshot diff", "business preview"};
// They say the same in short without being noted; as a file to take away they are.
constexpr std::array<std::string_view, 3> kReports = {"record reconcile", "record statistics",
                                                      "drill"};
constexpr std::array<std::string_view, 2> kFileForms = {"--csv", "--html"};

bool has(std::string_view word, const auto& words) {
  return std::ranges::find(words, word) != words.end();
}

constexpr std::array<std::string_view, 4> kManners = {"--json", "--quiet", "--no-progress",
                                                      "--yes"};

bool is_file(const std::string& name, const std::vector<std::string>& arguments) {
  const auto names = std::ranges::find(arguments, "--");
  return has(name, kReports) && std::any_of(arguments.begin(), names, [](const std::string& word) {
           return has(word, kFileForms);
         });
}

api::AuditEvent event_of(Session& session, const std::string& action) {
  const Environment& environment = session.environment();
  return {.actor = actor_of(session),
          .role = environment.actor_role,
          .peer = environment.actor_peer,
          .action = action};
}

std::string subject_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + api::audit_word(word);
  return text;
}

std::vector<std::string> words_of(const source::SourceDefinition& source) {
  if (source.has_folder()) return {"source=" + source.name, "path=" + source.path};
  const source::SqlRules& rules = source.sql;
  std::vector<std::string> words = {"source=" + source.name, "server=" + rules.server,
                                    "database=" + rules.database,
                                    "query=" + sha256(view_of(rules.query)).hex()};
  if (!rules.password_file.empty()) words.push_back("password_file=" + rules.password_file);
  return words;
}

}  // namespace

// Whoever may set variables may name any account: so the user stands beside it.
std::string actor_of(Session& session) {
  const Environment& environment = session.environment();
  const std::uint64_t user_id = session.ports().console.user_id();
  std::string user = "uid " + std::to_string(user_id);
  if (environment.actor.empty()) return user;
  return environment.actor + (user_id == 0 ? "" : "/" + user);
}

Result<void> note_reading(Session& session, const std::string& action,
                          const source::BusinessDefinition& definition, std::string_view text) {
  if (session.environment().actor.empty()) return {};
  HF_TRY(ports::Disk * home, session.home_disk());
  api::AuditLog log(*home, session.ports().clock);
  api::AuditEvent event = event_of(session, action);
  event.outcome = "reads";
  event.subject = subject_of({definition.name, "sha256=" + sha256(view_of(text)).hex()});
  HF_TRY(log.append(event));
  for (const source::SourceDefinition& source : definition.sources) {
    std::vector<std::string> words = words_of(source);
    words.insert(words.begin(), definition.name);
    event.subject = subject_of(words);
    HF_TRY(log.append(event));
  }
  return {};
}

Result<void> note_export(Session& session, const std::vector<std::string>& words,
                         std::string outcome) {
  HF_TRY(ports::Disk * home, session.home_disk());
  api::AuditEvent event = event_of(session, std::string(api::kExportAction));
  event.subject = subject_of(words);
  event.outcome = std::move(outcome);
  return api::AuditLog(*home, session.ports().clock).append(event);
}

std::string audit_subject(const std::vector<std::string>& arguments) {
  const auto names = std::ranges::find(arguments, "--");
  std::string text;
  for (auto word = arguments.begin(); word != arguments.end(); ++word) {
    if (word < names && has(*word, kManners)) continue;
    text += (text.empty() ? "" : " ") + api::audit_word(*word);
  }
  return text;
}

// `--dry-run=false` takes back what stood before it.
bool is_dry_run(const std::vector<std::string>& arguments) {
  const auto names = std::ranges::find(arguments, "--");
  const auto denies = [](const std::string& word) { return word.starts_with("--dry-run="); };
  return std::find(arguments.begin(), names, "--dry-run") != names &&
         std::none_of(arguments.begin(), names, denies);
}

Result<void> AuditTrail::append(std::string outcome) {
  HF_TRY(ports::Disk * home, session_.home_disk());
  event_->outcome = std::move(outcome);
  return api::AuditLog(*home, session_.ports().clock).append(*event_);
}

Result<void> AuditTrail::begin(const std::string& name, const std::vector<std::string>& arguments) {
  const bool is_page = !session_.environment().actor.empty();
  const bool is_asked = is_page && (has(name, kSearches) || is_file(name, arguments));
  if (!has(name, kNoted) && !is_asked) return {};
  if (is_dry_run(arguments)) return {};
  // Whoever has no home yet hears so from the verb.
  if (const auto home = session_.home_disk(); !home) return {};
  event_ = event_of(session_, name);
  event_->subject = audit_subject(arguments);
  const bool is_heard = is_page && (name == "cat" || name == "hear");
  if (const auto hearing = is_heard ? hearing_subject(arguments) : std::nullopt) {
    event_->subject = *hearing;
    if (name == "cat") event_->action = api::kHearStoredAction;
    HF_TRY(ports::Disk * home, session_.home_disk());
    api::AuditLog log(*home, session_.ports().clock);
    auto noted =
        is_hearing_noted(log, *event_, session_.environment().actor, session_.ports().clock.now());
    if (!noted) {
      event_.reset();
      return noted.error();
    }
    is_noted_ = *noted;
    if (is_noted_) return {};
  }
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
  if (is_noted_ && is_usual_end(text)) return;
  // That it began stands there; that its end could not be written changes nothing for anybody.
  (void)append(std::move(text));
}

}  // namespace holdfast::app

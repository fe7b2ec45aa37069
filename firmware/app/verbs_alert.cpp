// SPDX-License-Identifier: Apache-2.0
// alert: what calls for somebody, since when, and who looks after it. It opens no vault: the
// appliance keeps the book.
#include <algorithm>

#include "firmware/api/call_rules.h"
#include "firmware/app/arguments.h"
#include "firmware/app/audit_trail.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/appliance/alert_book.h"
#include "firmware/status/document.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

using appliance::Alert;
using appliance::AlertBook;
using appliance::AlertOrigin;

struct Sorted {
  std::vector<const Alert*> standing;  // the worst first, and of these the oldest
  std::vector<const Alert*> past;      // of those that are over the last one first
};

Sorted sort(const std::vector<Alert>& alerts, int past_max) {
  Sorted sorted;
  for (const Alert& alert : alerts) {
    (alert.ended ? sorted.past : sorted.standing).push_back(&alert);
  }
  std::ranges::sort(sorted.standing, [](const Alert* left, const Alert* right) {
    if (left->calling.level != right->calling.level) {
      return left->calling.level > right->calling.level;
    }
    return std::pair(left->since, left->id) < std::pair(right->since, right->id);
  });
  std::ranges::sort(sorted.past, [](const Alert* left, const Alert* right) {
    return std::pair(*left->ended, left->id) > std::pair(*right->ended, right->id);
  });
  if (sorted.past.size() > static_cast<std::size_t>(past_max)) {
    sorted.past.resize(static_cast<std::size_t>(past_max));
  }
  return sorted;
}

const std::string& text_of(const Alert& alert, messages::Language language) {
  const bool is_chinese = language == messages::Language::chinese;
  return is_chinese ? alert.calling.chinese : alert.calling.english;
}

void write(JsonWriter& json, messages::Language language, const std::string& key,
           const std::vector<const Alert*>& alerts) {
  json.begin_array(key);
  for (const Alert* alert : alerts) {
    const appliance::Calling& calling = alert->calling;
    json.begin_object();
    json.field("id", alert->id);
    json.field("of", calling.origin == AlertOrigin::box ? "box" : "appliance");
    json.field("level", std::string(name_of(calling.level)));
    json.field("code", calling.code);
    json.field("where", calling.where);
    json.field("what", text_of(*alert, language));
    write_texts(json, {calling.english, calling.chinese});
    json.field("since", alert->since);
    json.field("seen", alert->seen);
    status::write_time(json, "ended", alert->ended);
    json.field("returns", alert->returns);
    if (alert->acknowledged) {
      json.begin_object("acknowledged");
      json.path("by", alert->acknowledged->by);
      json.field("time", alert->acknowledged->time);
      json.path("note", alert->acknowledged->note);
      json.end();
    } else {
      json.null("acknowledged");
    }
    json.end();
  }
  json.end();
}

void print(Session& session, const std::vector<const Alert*>& alerts) {
  Table table({{session.text("cli.column.number"), Table::Align::right},
               {session.text("cli.column.since")},
               {session.text("cli.column.ended")},
               {session.text("cli.column.looks_after")},
               {session.text("cli.column.alert")}});
  for (const Alert* alert : alerts) {
    const auto& acknowledged = alert->acknowledged;
    table.add({std::to_string(alert->id), time_text(alert->since),
               alert->ended ? time_text(*alert->ended) : "-",
               acknowledged ? escape_path(acknowledged->by + ": " + acknowledged->note) : "-",
               text_of(*alert, session.language())});
  }
  table.print(session.out());
}

void warn_of_damage(Session& session, std::uint64_t lines) {
  if (lines == 0) return;
  session.warn("cli.alert.damaged", {{"count", std::to_string(lines)}});
}

}  // namespace

Result<ExitCode> run_alert_list(Session& session, const AlertOptions& options) {
  HF_TRY(ports::Disk * home, session.home_disk());
  HF_TRY(const appliance::KeptAlerts kept, AlertBook(*home, session.ports().clock).list());
  const Sorted sorted = sort(kept.alerts, options.limit);
  warn_of_damage(session, kept.lines_damaged);
  if (session.wants_json()) {
    write(session.json(), session.language(), "standing", sorted.standing);
    write(session.json(), session.language(), "past", sorted.past);
    return ExitCode::done;
  }
  if (sorted.standing.empty()) session.say("cli.alert.none");
  std::vector<const Alert*> all = sorted.standing;
  all.insert(all.end(), sorted.past.begin(), sorted.past.end());
  if (!all.empty()) print(session, all);
  return ExitCode::done;
}

Result<ExitCode> run_alert_acknowledge(Session& session, const AlertOptions& options) {
  session.begin_writing(false);
  if (options.note.size() > appliance::kNoteMax || !api::is_reason(options.note)) {
    return usage_error(session.language(), "cli.usage.bad_note");
  }
  const auto number = parse_count(options.id, "ID", 0, session.language());
  const std::uint64_t id = number ? *number : 0;  // of no alert: what is no number names none
  HF_TRY(ports::Disk * home, session.home_disk());
  AlertBook book(*home, session.ports().clock);
  const auto done = book.acknowledge(id, actor_of(session), options.note);
  if (!done && done.error().code == ErrorCode::not_found) {
    return usage_error(session.language(), "cli.usage.no_alert", {{"id", options.id}});
  }
  HF_TRY(done);
  session.set_committed();
  warn_of_damage(session, *done);
  if (session.wants_json()) {
    session.json().field("alert", id);
    session.write_committed();
  }
  session.say("cli.alert.acknowledged", {{"id", options.id}});
  return ExitCode::done;
}

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
// audit list, audit verify: who asked for what, and whether the chain of it holds. They open no
// vault: an auditor needs no key of the box.
#include <deque>

#include "firmware/api/audit_line.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

void print_lines(Session& session, const std::deque<api::AuditLine>& lines) {
  Table table({{session.text("cli.column.number"), Table::Align::right},
               {session.text("cli.column.time")},
               {session.text("cli.column.actor")},
               {session.text("cli.column.action")},
               {session.text("cli.column.outcome")},
               {session.text("cli.column.subject")}});
  for (const api::AuditLine& line : lines) {
    const std::string at = line.event.peer.empty() ? "" : "@" + escape_path(line.event.peer);
    table.add({std::to_string(line.number), time_text(line.time),
               escape_path(line.event.actor) + at, escape_path(line.event.action),
               escape_path(line.event.outcome), escape_path(line.event.subject)});
  }
  table.print(session.out());
}

void warn_of_fault(Session& session, const api::AuditFault& fault) {
  session.warn("cli.audit.fault." + fault.what,
               {{"line", std::to_string(fault.number)}, {"file", fault.file}});
}

}  // namespace

Result<ExitCode> run_audit_list(Session& session, const AuditListOptions& options) {
  HF_TRY(ports::Disk * home, session.home_disk());
  const api::AuditLog log(*home, session.ports().clock);
  std::deque<api::AuditLine> newest;
  HF_TRY(const auto fault, log.read(1, [&](const api::AuditLine& line) {
    const bool is_wanted = (options.actor.empty() || line.event.actor == options.actor) &&
                           (options.action.empty() || line.event.action == options.action);
    if (!is_wanted) return true;
    newest.push_back(line);
    if (newest.size() > static_cast<std::size_t>(options.limit)) newest.pop_front();
    return true;
  }));
  if (fault) warn_of_fault(session, *fault);
  const ExitCode code = fault ? ExitCode::differences : ExitCode::done;
  if (!session.wants_json()) {
    if (!newest.empty()) print_lines(session, newest);
    if (newest.empty()) session.say("cli.audit.empty");
    return code;
  }
  session.json().begin_array("lines");
  for (const api::AuditLine& line : newest) api::write_document_line(session.json(), line);
  session.json().end();
  session.json().field("good", !fault);
  return code;
}

Result<ExitCode> run_audit_verify(Session& session) {
  HF_TRY(ports::Disk * home, session.home_disk());
  HF_TRY(const api::AuditSurvey survey, api::AuditLog(*home, session.ports().clock).survey());
  const bool is_good = !survey.fault;
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.field("good", is_good);
    json.field("lines", survey.lines);
    json.field("unfinished", survey.unfinished);
    json.field("head", survey.head.hex());
    if (survey.fault) {
      json.begin_object("fault");
      json.field("line", survey.fault->number);
      json.field("file", survey.fault->file);
      json.field("what", survey.fault->what);
      json.end();
    }
    return is_good ? ExitCode::done : ExitCode::differences;
  }
  const messages::Arguments lines = {{"lines", std::to_string(survey.lines)},
                                     {"head", survey.head.hex()}};
  if (is_good) {
    session.say("cli.audit.good", lines);
    return ExitCode::done;
  }
  warn_of_fault(session, *survey.fault);
  session.say("cli.audit.until", lines);
  return ExitCode::differences;
}

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
// audit list, audit export, audit verify: who asked for what, and whether the chain of it holds.
// Who cannot open the box can do all that, but compare the log with its signed heads.
#include <deque>
#include <limits>
#include <sstream>

#include "firmware/api/audit_line.h"
#include "firmware/app/arguments.h"
#include "firmware/app/audit_heads.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/records/csv_writer.h"
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

Result<api::AuditFilter> parse_filter(const AuditListOptions& options,
                                      messages::Language language) {
  api::AuditFilter filter{.actor = options.actor, .action = options.action};
  for (const auto& [text, time] :
       {std::pair(&options.from, &filter.from), std::pair(&options.to, &filter.to)}) {
    if (text->empty()) continue;
    const auto parsed = Timestamp::parse(*text);
    if (!parsed) return usage_error(language, "cli.usage.bad_time", {{"text", *text}});
    *time = *parsed;
  }
  return filter;
}

std::string csv_row(const std::vector<std::string>& fields) {
  std::string row;
  const std::vector<records::CsvField> all(fields.begin(), fields.end());
  append_csv_row(records::kRfc4180, all, row);
  return row;
}

// As it stands in the log, or with its digest as a row.
std::string exported(const api::AuditLine& line, bool is_csv) {
  const std::string text = api::write_audit_line(line);
  if (!is_csv) return text + "\n";
  const api::AuditEvent& event = line.event;
  return csv_row({std::to_string(line.number), line.time.rfc3339(), escape_path(event.actor),
                  escape_path(event.role), escape_path(event.peer), escape_path(event.action),
                  escape_path(event.subject), escape_path(event.outcome), line.previous.hex(),
                  sha256(view_of(text)).hex()});
}

// What is no line, at its place. Without control characters, so that it stays one line and one row.
std::string exported(const api::UnreadLine& unread, bool is_csv) {
  if (is_csv) {
    return "# unreadable: " + std::to_string(unread.size) + " bytes in line " +
           std::to_string(unread.file_line) + " of " + unread.file + ": " +
           escape_path(unread.bytes) + "\n";
  }
  std::ostringstream text;
  {
    status::JsonWriter json(text);
    json.begin_object();
    json.begin_object("unreadable");
    json.field("file", unread.file);
    json.field("file_line", unread.file_line);
    json.field("size", unread.size);
    json.field("finished", !unread.is_unfinished);
    json.path("bytes", unread.bytes);
    json.end();
    json.end();
  }
  return text.str() + "\n";
}

// Behind all lines: the first that cannot be read, or does not follow the one before it.
std::string exported(const api::AuditFault& fault, bool is_csv) {
  if (is_csv) {
    return "# fault: line " + std::to_string(fault.number) + " of " + fault.file + ": " +
           fault.what + "\n";
  }
  return R"({"fault":{"line":)" + std::to_string(fault.number) + R"(,"file":")" + fault.file +
         R"(","what":")" + fault.what + "\"}}\n";
}

}  // namespace

Result<ExitCode> run_audit_export(Session& session, const AuditListOptions& options) {
  if (session.wants_json()) return usage_error(session.language(), "cli.usage.csv_or_json");
  HF_TRY(const api::AuditFilter filter, parse_filter(options, session.language()));
  HF_TRY(ports::Disk * home, session.home_disk());
  if (options.csv) {
    HF_TRY(session.output().write(csv_row({"number", "time", "actor", "role", "peer", "action",
                                           "subject", "outcome", "previous", "digest"})));
  }
  Result<void> written;
  const api::AuditLog log(*home, session.ports().clock);
  const auto take = [&](const api::AuditLine& line) {
    if (written && filter.takes(line))
      written = session.output().write(exported(line, options.csv));
    return written.has_value() && !session.stop().load();
  };
  // Whatever is asked for: what cannot be read may be just that.
  const auto see_unread = [&](const api::UnreadLine& unread) {
    if (written) written = session.output().write(exported(unread, options.csv));
  };
  HF_TRY(const auto fault, log.read(1, take, see_unread));
  HF_TRY(written);
  if (session.stop().load()) return make_error(ErrorCode::interrupted);
  if (fault) {
    // A file that is passed on without the exit code must not look whole.
    HF_TRY(session.output().write(exported(*fault, options.csv)));
    warn_of_fault(session, *fault);
  }
  return fault ? ExitCode::differences : ExitCode::done;
}

Result<ExitCode> run_audit_list(Session& session, const AuditListOptions& options) {
  HF_TRY(const api::AuditFilter filter, parse_filter(options, session.language()));
  HF_TRY(ports::Disk * home, session.home_disk());
  const api::AuditLog log(*home, session.ports().clock);
  std::deque<api::AuditLine> newest;
  constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();
  HF_TRY(const auto fault, log.read_back(kEnd, [&](const api::AuditLine& line) {
    if (filter.takes(line)) newest.push_front(line);
    return newest.size() < static_cast<std::size_t>(options.limit);
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
  HF_TRY(HeadCheck heads, HeadCheck::load(session));
  const api::AuditLog log(*home, session.ports().clock);
  HF_TRY(const api::AuditSurvey survey, log.survey([&](std::uint64_t number, const Digest& digest) {
    heads.see(number, digest);
  }));
  const bool is_good = !survey.fault && heads.is_good();
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
    heads.write(json);
    return is_good ? ExitCode::done : ExitCode::differences;
  }
  const messages::Arguments lines = {{"lines", std::to_string(survey.lines)},
                                     {"head", survey.head.hex()}};
  if (survey.fault) warn_of_fault(session, *survey.fault);
  session.say(survey.fault ? "cli.audit.until" : "cli.audit.good", lines);
  heads.print(session);
  return is_good ? ExitCode::done : ExitCode::differences;
}

}  // namespace holdfast::app

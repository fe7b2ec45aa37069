// SPDX-License-Identifier: Apache-2.0
// record reconcile: the report that a snapshot has, by class; with --csv and --html what became of
// each row and recording that is not matched as well.
#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/app/reconcile_page.h"
#include "firmware/app/records_text.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/outcome_files.h"
#include "firmware/job/outcome_list.h"
#include "firmware/records/csv_writer.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

using Reports = std::map<std::string, job::StoredReport>;

// What a snapshot says of all of its sources.
struct Reconciled {
  catalog::SnapshotRow snapshot;
  Reports reports;
  job::SuggestionsBySource suggestions;
};

// As the report file of a snapshot has them, and of single rows, recordings and pairs what follows.
const std::vector<std::string> kColumns = {"source",
                                           "about",
                                           "name",
                                           "count",
                                           "usual",
                                           "reason",
                                           "item",
                                           "row",
                                           "rung",
                                           "recording",
                                           "duration_ms",
                                           "first_seen",
                                           "start_difference_ms",
                                           "duration_difference_ms"};

// A spreadsheet program takes a text that begins so for a formula, and runs it: an apostrophe in
// front makes it a text. A number below zero is none.
std::string as_cell(std::string text) {
  const bool is_number = text.size() > 1 && text.front() == '-' &&
                         text.find_first_not_of("0123456789", 1) == std::string::npos;
  const bool is_formula = !text.empty() && std::string_view("=+-@\t\r").contains(text.front());
  return is_formula && !is_number ? "'" + text : text;
}

class CsvReport {
 public:
  explicit CsvReport(Session& session) : session_(session) {}

  Result<void> write_reports(const Reports& reports) {
    HF_TRY(line(kColumns));
    for (const auto& [source, report] : reports) {
      for (const job::StoredReport::Count& count : report.counts) {
        std::vector<std::string> cells(kColumns.size());
        cells[0] = escape_path(source);
        cells[1] = count.about;
        cells[2] = escape_path(count.name);
        cells[3] = std::to_string(count.count);
        if (count.usual > 0) cells[4] = std::to_string(count.usual);
        HF_TRY(line(cells));
      }
    }
    return {};
  }
  Result<void> write(const job::Outcome& outcome) {
    if (!outcome.is_counted() || outcome.call_class == name_of(records::CallClass::matched)) {
      return {};
    }
    const bool is_of_row = outcome.is_of_row();
    const auto& length = outcome.duration_ms;
    return line({escape_path(outcome.source), is_of_row ? "row" : "recording", outcome.call_class,
                 "", "", outcome.reason, escape_path(outcome.item),
                 is_of_row ? std::to_string(outcome.row) : "",
                 outcome.rung ? std::to_string(static_cast<unsigned>(*outcome.rung)) : "",
                 escape_path(outcome.recording), length ? std::to_string(*length) : "",
                 outcome.first_seen, "", ""});
  }
  Result<void> write(const std::string& source, const job::StoredSuggestion& suggestion) {
    const std::vector<std::string> of_pair = suggestion_line(suggestion);
    return line({escape_path(source), "suggestion", suggestion.reason, "", "", "", of_pair[0],
                 of_pair[1], "4", of_pair[2], "", "", of_pair[4], of_pair[5]});
  }

 private:
  Result<void> line(std::vector<std::string> cells) {
    std::ranges::transform(cells, cells.begin(), as_cell);
    const std::vector<records::CsvField> fields(cells.begin(), cells.end());
    text_.clear();
    append_csv_row(records::kRfc4180, fields, text_);
    return session_.output().write(text_);
  }

  Session& session_;
  std::string text_;
};

// The lines of the form that was asked for. What they cannot tell is added to `lost`.
Result<void> write_lines(Session& session, const RecordReconcileOptions& options,
                         vault::Business& business, const Reconciled& of, job::Problems& lost) {
  if (options.csv) {
    CsvReport csv(session);
    HF_TRY(csv.write_reports(of.reports));
    HF_TRY(auto unlisted,
           job::for_each_outcome(business, of.snapshot, &session.stop(),
                                 [&](const job::Outcome& outcome) { return csv.write(outcome); }));
    lost.add_all(std::move(unlisted));
    for (const auto& [source, suggestions] : of.suggestions) {
      for (const job::StoredSuggestion& each : suggestions) HF_TRY(csv.write(source, each));
    }
    return {};
  }
  ReconcilePage page(session, options.name, of.snapshot);
  HF_TRY(auto unlisted, job::for_each_outcome(business, of.snapshot, &session.stop(),
                                              [&](const job::Outcome& outcome) -> Result<void> {
                                                page.take(outcome);
                                                return {};
                                              }));
  lost.add_all(std::move(unlisted));
  return page.write(of.reports, of.suggestions, lost);
}

void tell(Session& session, const std::string& business, Reconciled& of) {
  const std::uint64_t number = of.snapshot.head.number;
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.field("snapshot", number);
    json.begin_array("records");
    for (const auto& [source, report] : of.reports) {
      write_report(json, source, report, &of.suggestions[source]);
    }
    json.end();
  }
  for (const auto& [source, report] : of.reports) {
    say_report(session, source, report);
    say_suggestions(session, business, number, of.suggestions[source]);
  }
  if (of.reports.empty()) session.say("cli.records.no_report");
}

}  // namespace

Result<ExitCode> run_record_reconcile(Session& session, const RecordReconcileOptions& options) {
  if (session.wants_json() + options.csv + options.html > 1) {
    return usage_error(session.language(), "cli.usage.one_form");
  }
  HF_TRY(const auto selector, parse_snapshot(options.snapshot, session.language()));
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  Reconciled of;
  HF_TRY(of.snapshot, business->find_snapshot(selector));
  HF_TRY(of.reports, job::read_reports(*business, of.snapshot));
  job::Problems lost;
  HF_TRY(of.suggestions, job::read_suggestions(*business, of.snapshot, lost));
  if (options.csv || options.html) {
    HF_TRY(write_lines(session, options, *business, of, lost));
  } else {
    tell(session, options.name, of);
  }
  if (lost.count > 0) warn_of_problems(session, "cli.lost", lost);
  const bool has_failed = std::ranges::any_of(
      of.reports, [](const auto& report) { return report.second.verdict() == "failure"; });
  return worst_of({lost.count > 0 ? ExitCode::lost : ExitCode::done,
                   has_failed ? ExitCode::differences : ExitCode::done});
}

}  // namespace holdfast::app

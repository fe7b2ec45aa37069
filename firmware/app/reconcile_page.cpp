// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/reconcile_page.h"

#include <algorithm>
#include <span>

#include "firmware/app/records_text.h"
#include "firmware/records/call_class.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::int64_t kMillisecond_ns = 1'000'000;
constexpr std::size_t kListedMax = 200;  // lines of one class: what a person reads on paper

// Nothing is wrong with these, so nobody looks for them one by one.
bool is_as_it_should_be(std::string_view call_class) {
  return call_class == name_of(records::CallClass::matched) ||
         call_class == name_of(records::CallClass::not_expected) ||
         call_class == name_of(records::CallClass::under_minimum) ||
         call_class == name_of(records::CallClass::recording_pruned);
}

bool is_same_row(const job::Outcome& left, const job::Outcome& right) {
  return left.is_of_row() && left.item == right.item && left.row == right.row;
}

}  // namespace

void ReconcilePage::take(const job::Outcome& outcome) {
  if (!outcome.is_counted() || is_as_it_should_be(outcome.call_class)) return;
  OfSource& source = sources_[outcome.source];
  auto& classes = outcome.is_of_row() ? source.rows : source.recordings;
  Listed& listed = classes[outcome.call_class];
  if (!is_same_row(outcome, last_)) ++listed.count;
  if (listed.count <= kListedMax) listed.first.push_back(outcome);
  last_ = outcome;
}

std::string ReconcilePage::words(std::string_view key, const messages::Arguments& arguments) {
  return session_.text(key, arguments);
}

void ReconcilePage::write_head() {
  page_.begin(words("cli.page.title", {{"business", business_}}));
  page_.element("p",
                words("cli.page.about", {{"number", std::to_string(snapshot_.head.number)},
                                         {"time", utc_text(snapshot_.time)},
                                         {"printed", utc_text(session_.ports().clock.now())}}));
}

void ReconcilePage::write_verdict(const job::StoredReport& report) {
  const std::string verdict(report.verdict());
  page_.html("<div class=\"" + verdict + "\">\n");
  page_.element("p", words("cli.page_verdict." + verdict));
  for (const job::StoredReport::Count& count : report.counts) {
    if (count.about != "warning" && count.about != "failure") continue;
    page_.element("p", verdict_text(session_, count));
  }
  for (const job::StoredReport::Count& count : report.counts) {
    if (is_column_change(count)) page_.element("p", column_text(session_.language(), count));
  }
  page_.html("</div>\n");
}

// Rows and recordings are summed each by itself.
void ReconcilePage::write_classes(const job::StoredReport& report) {
  page_.html("<table class=\"sums\">\n<thead>");
  page_.cells("th", {words("cli.page.class"), words("cli.page.rows"), words("cli.page.recordings")},
              1);
  page_.html("</thead>\n<tbody>\n");
  for (const records::CallClass each : records::kCallClasses) {
    const std::uint64_t rows = report.count_of("rows", name_of(each));
    const std::uint64_t recordings = report.count_of("recordings", name_of(each));
    if (rows + recordings == 0) continue;
    page_.cells("td",
                {class_text(session_.language(), name_of(each)), std::to_string(rows),
                 std::to_string(recordings)},
                1);
  }
  page_.html("</tbody>\n<tfoot>");
  page_.cells("td",
              {words("cli.page.sum"), std::to_string(report.count_of("sum", "rows")),
               std::to_string(report.count_of("sum", "recordings"))},
              1);
  page_.html("</tfoot>\n</table>\n");
  page_.element("p", words("cli.page.balance"));
}

void ReconcilePage::write_not_given(const job::StoredReport& report) {
  if (report.judged_until().empty()) return;
  page_.element("h3", words("cli.page.not_given", {{"until", report.judged_until()}}));
  page_.html("<ul>\n");
  bool has_any = false;
  for (const job::StoredReport::Count& count : report.counts) {
    if (!is_not_given(count)) continue;
    has_any = true;
    page_.element("li", not_given_text(session_, count));
  }
  if (!has_any) page_.element("li", words("cli.page.all_given"));
  page_.html("</ul>\n");
}

void ReconcilePage::write_row(const job::Outcome& outcome) {
  std::string recording = escape_path(outcome.recording);
  if (outcome.rung) recording += " (" + rung_text(session_, *outcome.rung) + ")";
  page_.cells("td", {escape_path(outcome.item), std::to_string(outcome.row),
                     reason_text(session_.language(), outcome.reason), recording});
}

void ReconcilePage::write_recording(const job::Outcome& outcome) {
  const std::string length =
      outcome.duration_ms ? duration_text(*outcome.duration_ms * kMillisecond_ns) : "";
  const auto seen = Timestamp::parse(outcome.first_seen);
  page_.cells("td", {escape_path(outcome.recording), length, seen ? time_text(*seen) : "",
                     reason_text(session_.language(), outcome.reason)});
}

void ReconcilePage::write_listed(const OfSource& listed, bool is_of_rows) {
  for (const auto& [name, of_class] : is_of_rows ? listed.rows : listed.recordings) {
    page_.element("h3", words(is_of_rows ? "cli.page.listed_rows" : "cli.page.listed_recordings",
                              {{"class", class_text(session_.language(), name)},
                               {"count", std::to_string(of_class.count)}}));
    page_.open_table(is_of_rows
                         ? std::vector{words("cli.page.item"), words("cli.page.row"),
                                       words("cli.page.reason"), words("cli.page.recording")}
                         : std::vector{words("cli.page.recording"), words("cli.page.length"),
                                       words("cli.page.first_seen"), words("cli.page.reason")});
    for (const job::Outcome& outcome : of_class.first) {
      if (is_of_rows) write_row(outcome);
      if (!is_of_rows) write_recording(outcome);
    }
    page_.close_table();
    write_more(of_class.count);
  }
}

// Of so many the first ones were listed.
void ReconcilePage::write_more(std::uint64_t count) {
  if (count <= kListedMax) return;
  page_.element("p", words("cli.page.more", {{"count", std::to_string(count - kListedMax)},
                                             {"business", business_},
                                             {"number", std::to_string(snapshot_.head.number)}}));
}

void ReconcilePage::write_suggestions(const std::vector<job::StoredSuggestion>& suggestions) {
  if (suggestions.empty()) return;
  page_.element("h3",
                words("cli.page.suggestions", {{"count", std::to_string(suggestions.size())}}));
  page_.open_table({words("cli.page.item"), words("cli.page.row"), words("cli.page.recording"),
                    words("cli.page.reason")});
  for (const job::StoredSuggestion& each :
       std::span(suggestions).first(std::min(suggestions.size(), kListedMax))) {
    page_.cells("td", {escape_path(each.item), std::to_string(each.row),
                       escape_path(each.recording), suggestion_text(session_.language(), each)});
  }
  page_.close_table();
  write_more(suggestions.size());
}

void ReconcilePage::write_source(const std::string& source, const job::StoredReport& report,
                                 const std::vector<job::StoredSuggestion>& suggestions) {
  page_.html("<section>\n");
  page_.element("h2", words("cli.page.source", {{"source", source}}));
  write_verdict(report);
  write_classes(report);
  write_not_given(report);
  write_suggestions(suggestions);
  write_listed(sources_[source], true);
  write_listed(sources_[source], false);
  page_.html("</section>\n");
}

Result<void> ReconcilePage::write(const std::map<std::string, job::StoredReport>& reports,
                                  const job::SuggestionsBySource& suggestions,
                                  const job::Problems& lost) {
  write_head();
  if (lost.count > 0) {
    page_.html("<div class=\"failure\">");
    page_.element("p", words("cli.page.lost", {{"count", std::to_string(lost.count)}}));
    page_.html("</div>\n");
  }
  for (const auto& [source, report] : reports) {
    const auto found = suggestions.find(source);
    write_source(source, report, found == suggestions.end() ? Suggestions() : found->second);
  }
  if (reports.empty()) page_.element("p", words("cli.records.no_report"));
  return page_.write();
}

}  // namespace holdfast::app

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

constexpr std::string_view kStyle = R"(
body { font: 10.5pt/1.45 "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #111;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #999; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; break-after: avoid; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .15rem .6rem .15rem 0;
  border-bottom: 1px solid #ddd; unicode-bidi: isolate; overflow-wrap: anywhere; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
tfoot td { font-weight: bold; border-top: 2px solid #111; }
.count { text-align: right; font-variant-numeric: tabular-nums; width: 9rem; }
.sums { max-width: 34rem; }
.failure { border-left: .4rem solid #b00020; padding-left: .6rem; }
.warning { border-left: .4rem solid #b26a00; padding-left: .6rem; }
.good { border-left: .4rem solid #1b7f3b; padding-left: .6rem; }
@media print { body { margin: 0; max-width: none; } }
@page { margin: 15mm; }
)";

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    switch (byte) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += byte;
    }
  }
  return out;
}

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

void ReconcilePage::element(const char* tag, const std::string& text) {
  html_ += "<" + std::string(tag) + ">" + escape_html(text) + "</" + tag + ">\n";
}

// Of a table whose first column is text, and all others what their texts are.
void ReconcilePage::cells(const char* tag, const std::vector<std::string>& texts) {
  html_ += "<tr>";
  for (const std::string& text : texts) {
    const bool is_count = &text != &texts.front() && texts.size() == 3;
    html_ += "<" + std::string(tag) + (is_count ? " class=\"count\">" : ">") + escape_html(text) +
             "</" + tag + ">";
  }
  html_ += "</tr>\n";
}

void ReconcilePage::write_head() {
  const std::string title = words("cli.page.title", {{"business", business_}});
  const bool is_chinese = session_.language() == messages::Language::chinese;
  html_ += "<!DOCTYPE html>\n<html lang=\"" + std::string(is_chinese ? "zh-CN" : "en") +
           "\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" "
           "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";
  element("title", title);
  html_ += "<style>" + std::string(kStyle) + "</style>\n</head>\n<body>\n";
  element("h1", title);
  element("p", words("cli.page.about", {{"number", std::to_string(snapshot_.head.number)},
                                        {"time", time_text(snapshot_.time)},
                                        {"printed", time_text(session_.ports().clock.now())}}));
}

void ReconcilePage::write_verdict(const job::StoredReport& report) {
  const std::string verdict(report.verdict());
  html_ += "<div class=\"" + verdict + "\">\n";
  element("p", words("cli.page_verdict." + verdict));
  for (const job::StoredReport::Count& count : report.counts) {
    if (count.about != "warning" && count.about != "failure") continue;
    element("p", verdict_text(session_, count));
  }
  for (const job::StoredReport::Count& count : report.counts) {
    if (is_column_change(count)) element("p", column_text(session_, count));
  }
  html_ += "</div>\n";
}

// Rows and recordings are summed each by itself.
void ReconcilePage::write_classes(const job::StoredReport& report) {
  html_ += "<table class=\"sums\">\n<thead>";
  cells("th", {words("cli.page.class"), words("cli.page.rows"), words("cli.page.recordings")});
  html_ += "</thead>\n<tbody>\n";
  for (const records::CallClass each : records::kCallClasses) {
    const std::uint64_t rows = report.count_of("rows", name_of(each));
    const std::uint64_t recordings = report.count_of("recordings", name_of(each));
    if (rows + recordings == 0) continue;
    cells("td",
          {class_text(session_, name_of(each)), std::to_string(rows), std::to_string(recordings)});
  }
  html_ += "</tbody>\n<tfoot>";
  cells("td", {words("cli.page.sum"), std::to_string(report.count_of("sum", "rows")),
               std::to_string(report.count_of("sum", "recordings"))});
  html_ += "</tfoot>\n</table>\n";
  element("p", words("cli.page.balance"));
}

void ReconcilePage::write_not_given(const job::StoredReport& report) {
  if (report.judged_until().empty()) return;
  element("h3", words("cli.page.not_given", {{"until", report.judged_until()}}));
  html_ += "<ul>\n";
  bool has_any = false;
  for (const job::StoredReport::Count& count : report.counts) {
    if (!is_not_given(count)) continue;
    has_any = true;
    element("li", not_given_text(session_, count));
  }
  if (!has_any) element("li", words("cli.page.all_given"));
  html_ += "</ul>\n";
}

void ReconcilePage::write_row(const job::Outcome& outcome) {
  std::string recording = escape_path(outcome.recording);
  if (outcome.rung) recording += " (" + rung_text(session_, *outcome.rung) + ")";
  cells("td", {escape_path(outcome.item), std::to_string(outcome.row),
               reason_text(session_, outcome.reason), recording});
}

void ReconcilePage::write_recording(const job::Outcome& outcome) {
  const std::string length =
      outcome.duration_ms ? duration_text(*outcome.duration_ms * kMillisecond_ns) : "";
  const auto seen = Timestamp::parse(outcome.first_seen);
  cells("td", {escape_path(outcome.recording), length, seen ? time_text(*seen) : "",
               reason_text(session_, outcome.reason)});
}

void ReconcilePage::write_listed(const OfSource& listed, bool is_of_rows) {
  for (const auto& [name, of_class] : is_of_rows ? listed.rows : listed.recordings) {
    element("h3", words(is_of_rows ? "cli.page.listed_rows" : "cli.page.listed_recordings",
                        {{"class", class_text(session_, name)},
                         {"count", std::to_string(of_class.count)}}));
    html_ += "<table>\n<thead>";
    cells("th", is_of_rows ? std::vector{words("cli.page.item"), words("cli.page.row"),
                                         words("cli.page.reason"), words("cli.page.recording")}
                           : std::vector{words("cli.page.recording"), words("cli.page.length"),
                                         words("cli.page.first_seen"), words("cli.page.reason")});
    html_ += "</thead>\n<tbody>\n";
    for (const job::Outcome& outcome : of_class.first) {
      if (is_of_rows) write_row(outcome);
      if (!is_of_rows) write_recording(outcome);
    }
    html_ += "</tbody>\n</table>\n";
    write_more(of_class.count);
  }
}

// Of so many the first ones were listed.
void ReconcilePage::write_more(std::uint64_t count) {
  if (count <= kListedMax) return;
  element("p", words("cli.page.more", {{"count", std::to_string(count - kListedMax)},
                                       {"business", business_},
                                       {"number", std::to_string(snapshot_.head.number)}}));
}

void ReconcilePage::write_suggestions(const std::vector<job::StoredSuggestion>& suggestions) {
  if (suggestions.empty()) return;
  element("h3", words("cli.page.suggestions", {{"count", std::to_string(suggestions.size())}}));
  html_ += "<table>\n<thead>";
  cells("th", {words("cli.page.item"), words("cli.page.row"), words("cli.page.recording"),
               words("cli.page.reason")});
  html_ += "</thead>\n<tbody>\n";
  for (const job::StoredSuggestion& each :
       std::span(suggestions).first(std::min(suggestions.size(), kListedMax))) {
    cells("td", {escape_path(each.item), std::to_string(each.row), escape_path(each.recording),
                 suggestion_text(session_, each)});
  }
  html_ += "</tbody>\n</table>\n";
  write_more(suggestions.size());
}

void ReconcilePage::write_source(const std::string& source, const job::StoredReport& report,
                                 const std::vector<job::StoredSuggestion>& suggestions) {
  html_ += "<section>\n";
  element("h2", words("cli.page.source", {{"source", source}}));
  write_verdict(report);
  write_classes(report);
  write_not_given(report);
  write_suggestions(suggestions);
  write_listed(sources_[source], true);
  write_listed(sources_[source], false);
  html_ += "</section>\n";
}

Result<void> ReconcilePage::write(const std::map<std::string, job::StoredReport>& reports,
                                  const job::SuggestionsBySource& suggestions,
                                  const job::Problems& lost) {
  write_head();
  if (lost.count > 0) {
    html_ += "<div class=\"failure\">";
    element("p", words("cli.page.lost", {{"count", std::to_string(lost.count)}}));
    html_ += "</div>\n";
  }
  for (const auto& [source, report] : reports) {
    const auto found = suggestions.find(source);
    write_source(source, report, found == suggestions.end() ? Suggestions() : found->second);
  }
  if (reports.empty()) element("p", words("cli.records.no_report"));
  html_ += "</body>\n</html>\n";
  return session_.output().write(html_);
}

}  // namespace holdfast::app

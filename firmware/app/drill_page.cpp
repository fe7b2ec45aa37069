// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/drill_page.h"

#include "firmware/app/page.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

std::string printed_text(Session& session) {
  return session.text("cli.drill_page.printed", {{"time", utc_text(session.ports().clock.now())}});
}

void write_lost(Session& session, Page& page, const job::Problems& lost) {
  if (lost.count == 0) return;
  page.element("h2", session.text("cli.drill_page.lost", {{"count", std::to_string(lost.count)}}));
  page.html("<ul>\n");
  for (const job::Problem& problem : lost.kept) {
    Error error = problem.error;
    error.where.clear();
    page.element(
        "li", escape_path(problem.path) + ": " + messages::render_error(session.language(), error));
  }
  page.html("</ul>\n");
}

void write_differences(Session& session, Page& page, const job::DrillReport& report) {
  if (report.differences.empty()) return;
  page.element("h2", session.text("cli.drill_page.differences",
                                  {{"count", std::to_string(report.differences.size())}}));
  page.html("<ul>\n");
  for (const job::DrillDifference& each : report.differences) {
    page.element("li", difference_text(session, each));
  }
  page.html("</ul>\n");
}

void write_items(Session& session, Page& page, const job::DrillReport& report) {
  constexpr std::int64_t kMillisecond_ns = 1'000'000;
  page.element(
      "h2", session.text("cli.drill_page.items", {{"count", std::to_string(report.items.size())}}));
  page.open_table({session.text("cli.drill_page.item"), session.text("cli.drill_page.outcome"),
                   session.text("cli.drill_page.size"), session.text("cli.drill_page.length"),
                   session.text("cli.drill_page.rows")});
  for (const job::DrilledItem& item : report.items) {
    const bool has_length = item.sound && item.sound->duration_ms;
    page.cells("td", {escape_path(item.path), outcome_text(session, item), size_text(item.bytes),
                      has_length ? duration_text(*item.sound->duration_ms * kMillisecond_ns) : "",
                      std::to_string(item.rows)});
  }
  page.close_table();
}

// For a name and a date, on paper.
void write_signature(Session& session, Page& page) {
  page.element("p", session.text("cli.drill_page.signature"));
}

}  // namespace

Result<void> write_drill_page(Session& session, const Drilled& drilled) {
  const job::DrillReport& report = drilled.report;
  Page page(session);
  page.begin(session.text("cli.drill_page.title",
                          {{"business", drilled.business}, {"time", utc_text(report.ended)}}));
  page.element("p", printed_text(session));
  page.html(report.is_good() ? "<div class=\"good\">\n" : "<div class=\"failure\">\n");
  page.element("p", verdict_text(session, drilled));
  page.html("</div>\n");
  page.element("p", rows_text(session, report));
  page.element("p", without_text(session, report));
  if (const auto text = heard_text(session, report)) page.element("p", *text);
  if (report.rebuilt > 0) {
    page.element("p",
                 session.text("cli.drill.rebuilt", {{"count", std::to_string(report.rebuilt)}}));
  }
  if (const auto text = index_text(session, report)) page.element("p", *text);
  page.element("p", pool_text(session, drilled.pool));
  write_lost(session, page, report.lost);
  write_differences(session, page, report);
  write_items(session, page, report);
  write_signature(session, page);
  return page.write();
}

Result<void> write_month_page(Session& session, const DrillMonth& month) {
  const job::PastDrill sum = month.sum();
  const bool is_good = sum.good && month.days_without().empty() && month.drills() > 0;
  Page page(session);
  page.begin(session.text("cli.drill_month.title",
                          {{"business", month.business}, {"month", month.month.text()}}));
  page.element("p", printed_text(session));
  std::string_view verdict = is_good ? "good" : "warning";
  if (!sum.good) verdict = "failure";
  page.html("<div class=\"" + std::string(verdict) + "\">\n");
  page.element("p", session.text("cli.drill_month.verdict",
                                 {{"drills", std::to_string(month.drills())},
                                  {"differences", std::to_string(sum.differences)},
                                  {"lost", std::to_string(sum.lost)}}));
  for (const std::string& note : month_notes(session, month)) page.element("p", note);
  page.html("</div>\n");
  page.open_table(month_titles(session));
  for (const job::DrillDay& day : month.days) {
    for (const job::PastDrill& drill : day.drills) page.cells("td", month_cells(day.day, drill));
    if (day.drills.empty()) page.cells("td", {day.day, session.text("cli.drill_month.none")});
  }
  page.close_table();
  page.html("<table>\n<tfoot>");
  page.cells("td", month_cells(session.text("cli.drill_month.sum"), sum));
  page.html("</tfoot>\n</table>\n");
  write_signature(session, page);
  return page.write();
}

}  // namespace holdfast::app

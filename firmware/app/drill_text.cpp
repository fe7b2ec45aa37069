// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/drill_text.h"

#include <algorithm>

#include "firmware/app/report.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kShortId = 8;  // of a disk, as `pool status` shows it
constexpr std::int64_t kMillisecond_ns = 1'000'000;

}  // namespace

DrilledPool pool_of(const pool::Pool& pool) {
  const pool::LabelRecord& record = pool.label().record;
  const auto failed = std::ranges::count_if(
      pool.status(), [](const pool::DiskStatus& disk) { return disk.errors > 0; });
  return {record.k, record.m, record.members.size(), pool.members_present(),
          static_cast<std::uint64_t>(failed)};
}

std::string_view outcome_of(const job::DrilledItem& item) {
  if (item.is_lost) return "lost";
  if (!item.is_good) return "differs";
  return item.rebuilt ? "rebuilt" : "good";
}

std::string outcome_text(Session& session, const job::DrilledItem& item) {
  return session.text("cli.drill_outcome." + std::string(outcome_of(item)));
}

std::string verdict_text(Session& session, const Drilled& drilled) {
  const job::DrillReport& report = drilled.report;
  std::string_view key = report.is_good() ? "cli.drill.good" : "cli.drill.bad";
  if (report.items_total == 0 && report.is_good()) key = "cli.drill.empty";
  return session.text(key, {{"number", std::to_string(drilled.snapshot.head.number)},
                            {"items", std::to_string(report.items.size())},
                            {"good", std::to_string(report.items_good)},
                            {"total", std::to_string(report.items_total)},
                            {"size", size_text(report.bytes)},
                            {"differences", std::to_string(report.differences.size())},
                            {"lost", std::to_string(report.lost.count)},
                            {"time", duration_text(report.duration_ns)}});
}

std::string rows_text(Session& session, const job::DrillReport& report) {
  return session.text("cli.drill.rows", {{"rows", std::to_string(report.rows)},
                                         {"recordings", std::to_string(report.recordings)},
                                         {"sound", std::to_string(report.sound)}});
}

std::string without_text(Session& session, const job::DrillReport& report) {
  if (!report.without) return session.text("cli.drill.no_spare");
  return session.text(report.without->came_back ? "cli.drill.without" : "cli.drill.without_failed",
                      {{"disk", report.without->disk.hex().substr(0, kShortId)},
                       {"path", escape_path(report.without->path)}});
}

std::optional<std::string> heard_text(Session& session, const job::DrillReport& report) {
  if (!report.heard) return std::nullopt;
  return session.text("cli.drill_heard." + std::string(name_of(report.heard->heard)),
                      {{"path", escape_path(report.heard->path)}});
}

std::string pool_text(Session& session, const DrilledPool& pool) {
  return session.text("cli.drill.pool", {{"geometry", geometry_text(pool.k, pool.m)},
                                         {"present", std::to_string(pool.present)},
                                         {"members", std::to_string(pool.members)},
                                         {"failed", std::to_string(pool.failed)}});
}

std::string difference_text(Session& session, const job::DrillDifference& each) {
  std::string text = escape_path(each.path);
  if (!each.row_item.empty()) {
    text += (text.empty() ? "" : ", ") + escape_path(each.row_item);
    if (each.row > 0) text += ":" + std::to_string(each.row);
  }
  const std::string what = session.text("cli.drill_finding." + std::string(name_of(each.finding)));
  return text.empty() ? what : text + ": " + what;
}

std::optional<std::string> index_text(Session& session, const job::DrillReport& report) {
  if (report.index != job::ComparedIndex::newer) return std::nullopt;
  return session.text("cli.drill.index_newer");
}

std::vector<std::string> DrillMonth::days_without() const {
  std::vector<std::string> without;
  for (const job::DrillDay& day : days) {
    if (day.drills.empty()) without.push_back(day.day);
  }
  return without;
}

job::PastDrill DrillMonth::sum() const {
  job::PastDrill sum;
  for (const job::DrillDay& day : days) {
    for (const job::PastDrill& drill : day.drills) {
      sum.duration_ms += drill.duration_ms;
      sum.items += drill.items;
      sum.bytes += drill.bytes;
      sum.rows += drill.rows;
      sum.rebuilt += drill.rebuilt;
      sum.without += drill.without;
      sum.differences += drill.differences;
      sum.lost += drill.lost;
    }
  }
  sum.good = sum.differences + sum.lost == 0;
  return sum;
}

std::uint64_t DrillMonth::drills() const {
  std::uint64_t count = 0;
  for (const job::DrillDay& day : days) count += day.drills.size();
  return count;
}

std::vector<std::string> month_titles(Session& session) {
  std::vector<std::string> titles;
  for (const char* key :
       {"cli.drill_month.day", "cli.drill_month.snapshot", "cli.drill_month.items",
        "cli.drill_month.size", "cli.drill_month.rows", "cli.drill_month.rebuilt",
        "cli.drill_month.without", "cli.drill_month.differences", "cli.drill_month.lost",
        "cli.drill_month.time"}) {
    titles.push_back(session.text(key));
  }
  return titles;
}

std::vector<std::string> month_cells(const std::string& day, const job::PastDrill& drill) {
  return {day,
          drill.snapshot > 0 ? std::to_string(drill.snapshot) : "",
          std::to_string(drill.items),
          size_text(drill.bytes),
          std::to_string(drill.rows),
          std::to_string(drill.rebuilt),
          std::to_string(drill.without),
          std::to_string(drill.differences),
          std::to_string(drill.lost),
          duration_text(static_cast<std::int64_t>(drill.duration_ms) * kMillisecond_ns)};
}

std::vector<std::string> month_notes(Session& session, const DrillMonth& month) {
  std::vector<std::string> notes;
  std::string without;
  for (const std::string& day : month.days_without()) {
    without += (without.empty() ? "" : ", ") + day;
  }
  if (month.days.empty()) {
    notes.push_back(session.text("cli.drill_month.no_days", {{"month", month.month.text()}}));
  } else if (without.empty()) {
    notes.push_back(session.text("cli.drill_month.every_day"));
  } else {
    notes.push_back(session.text(
        "cli.drill_month.days_without",
        {{"count", std::to_string(month.days_without().size())}, {"days", without, true}}));
  }
  if (month.unreadable > 0) {
    notes.push_back(
        session.text("cli.drill_month.unreadable", {{"count", std::to_string(month.unreadable)}}));
  }
  return notes;
}

}  // namespace holdfast::app

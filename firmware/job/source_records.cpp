// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/source_records.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace holdfast::job {

std::string_view StoredReport::verdict() const {
  const auto has = [this](std::string_view about) {
    return std::ranges::find(counts, about, &Count::about) != counts.end();
  };
  if (has("failure")) return "failure";
  return has("warning") ? "warning" : "good";
}

std::uint64_t StoredReport::count_of(std::string_view about, std::string_view name) const {
  const auto found = std::ranges::find_if(
      counts, [&](const Count& count) { return count.about == about && count.name == name; });
  return found == counts.end() ? 0 : found->count;
}

bool StoredReport::balances() const {
  std::uint64_t rows = 0;
  std::uint64_t recordings = 0;
  for (const Count& count : counts) {
    if (count.about == "rows") rows += count.count;
    if (count.about == "recordings") recordings += count.count;
  }
  return rows == count_of("sum", "rows") && recordings == count_of("sum", "recordings");
}

bool StoredReport::counts_hours() const {
  return std::ranges::any_of(counts, [](const Count& count) {
    return count.about == "sum" && count.name == "calls_by_hour";
  });
}

std::string StoredReport::judged_until() const {
  const auto found = std::ranges::find(counts, "judged", &Count::about);
  return found == counts.end() ? std::string() : found->name;
}

StoredReport stored_report(const records::ReconcileReport& report,
                           const std::vector<records::Exceeded>& exceeded) {
  StoredReport stored;
  const auto add = [&](const char* about, std::string_view name, std::uint64_t count) {
    stored.counts.push_back({about, std::string(name), count});
  };
  add("sum", "rows", report.rows);
  add("sum", "recordings", report.recordings);
  for (const records::CallClass each : records::kCallClasses) {
    add("rows", name_of(each), report.row_classes.of(each));
  }
  for (const records::CallClass each : records::kCallClasses) {
    add("recordings", name_of(each), report.recording_classes.of(each));
  }
  for (const records::Exceeded& each : exceeded) {
    const bool is_failure = each.verdict == records::Verdict::failure;
    add(is_failure ? "failure" : "warning", name_of(each.call_class), each.count);
  }
  return stored;
}

void add_sums(StoredReport& report, const records::DayStatistics& sum) {
  report.counts.push_back({"sum", "calls", sum.calls});
  report.counts.push_back({"sum", "bytes", sum.bytes});
  report.counts.push_back({"sum", "speech_ms", sum.speech_ms});
  const auto& hours = sum.calls_by_hour;
  const auto timed = std::accumulate(hours.begin(), hours.end(), std::uint64_t{0});
  report.counts.push_back({"sum", "calls_by_hour", timed});
}

void add_drift(std::vector<StoredReport::Count>& columns, const records::ColumnDrift& drift) {
  const auto add = [&](const char* about, const std::string& name) {
    const auto known = std::ranges::find_if(columns, [&](const StoredReport::Count& each) {
      return each.about == about && each.name == name;
    });
    if (known != columns.end()) ++known->count;
    if (known == columns.end()) columns.push_back({about, name, 1});
  };
  for (const std::string& name : drift.added) add("column_added", name);
  for (const std::string& name : drift.gone) add("column_gone", name);
  for (const auto& [before, now] : drift.renamed) {
    std::string name = before;
    name += " > ";
    name += now;
    add("column_renamed", name);
  }
  if (drift.reordered) add("columns_reordered", "");
}

void add_columns(StoredReport& report, const std::vector<StoredReport::Count>& columns) {
  if (columns.empty()) return;
  report.counts.push_back({"warning", std::string(kColumnDrift), columns.size()});
  report.counts.insert(report.counts.end(), columns.begin(), columns.end());
}

void add_completeness(StoredReport& report, const Completeness& found,
                      const records::CompletenessRules& rules) {
  const bool has_any = found.days.first <= found.days.last;
  const auto days =
      static_cast<std::uint64_t>(has_any ? found.days.last - found.days.first + 1 : 0);
  report.counts.push_back({"judged", records::day_text(found.days.last), days});
  for (const records::IncompleteKind kind : records::kIncompleteKinds) {
    const std::uint64_t count = found.counts.at(std::to_underlying(kind));
    if (count == 0) continue;
    const bool is_failure = rules.failures.contains(kind);
    report.counts.push_back(
        {is_failure ? "failure" : "warning", std::string(name_of(kind)), count});
  }
  for (const records::Incomplete& each : found.findings) {
    report.counts.push_back({std::string(name_of(each.kind)), each.what, each.count, each.usual});
  }
}

}  // namespace holdfast::job

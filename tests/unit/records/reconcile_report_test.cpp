// SPDX-License-Identifier: Apache-2.0
// Classes have the names, numbers and order that the formats promise; thresholds judge the counts.
#include "firmware/records/reconcile_report.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace holdfast::records {

namespace {

ReconcileReport report_with(std::uint64_t missing, std::uint64_t rows, std::uint64_t orphans = 0,
                            std::uint64_t recordings = 0) {
  ReconcileReport report;
  report.rows = rows;
  report.recordings = recordings;
  for (std::uint64_t n = 0; n < rows; ++n) {
    report.row_classes.add(n < missing ? CallClass::missing_recording : CallClass::matched);
  }
  for (std::uint64_t n = 0; n < recordings; ++n) {
    report.recording_classes.add(n < orphans ? CallClass::orphan_recording : CallClass::matched);
  }
  return report;
}

Verdict verdict(const ReconcileReport& report, const Threshold& threshold) {
  return verdict_of(
      exceeded(report, {{"missing_recording", threshold}, {"orphan_recording", threshold}}));
}

}  // namespace

TEST_CASE("Names, numbers and precedence of the classes are frozen") {
  std::vector<std::string> table;
  for (const CallClass call_class : kCallClasses) {
    table.push_back(std::to_string(static_cast<int>(call_class)) + " " +
                    std::string(name_of(call_class)));
  }
  CHECK(table == std::vector<std::string>{
                     "1 row_rejected", "2 duplicate_key", "3 unreadable_audio",
                     "4 duplicate_content", "5 contradiction", "6 not_expected", "7 under_minimum",
                     "14 recording_pruned", "8 missing_recording", "9 orphan_recording",
                     "10 size_mismatch", "11 duration_mismatch", "12 late", "13 matched"});
  CHECK(static_cast<int>(Rung::call_id) == 1);
  CHECK(static_cast<int>(Rung::suggestion) == 4);
  CHECK(name_of(Rung::numbers) == "numbers");
}

TEST_CASE("The first class in precedence is the one") {
  ClassSet classes;
  classes.add(CallClass::matched);
  CHECK(classes.first() == CallClass::matched);
  classes.add(CallClass::late);
  classes.add(CallClass::size_mismatch, false);
  CHECK(classes.first() == CallClass::late);
  classes.add(CallClass::row_rejected);
  CHECK(classes.first() == CallClass::row_rejected);
  CHECK(goes_before(CallClass::row_rejected, CallClass::matched));
  CHECK(!goes_before(CallClass::late, CallClass::late));
}

TEST_CASE("A report balances only if every row and recording has a class") {
  ReconcileReport report = report_with(1, 3, 1, 2);
  CHECK(report.balances());
  ++report.rows;
  CHECK(!report.balances());
  report = report_with(1, 3, 1, 2);
  report.recording_classes.add(CallClass::late);
  CHECK(!report.balances());
}

TEST_CASE("A threshold is reached by a count or by a share, rows and recordings apart") {
  Threshold one_percent;
  one_percent.warning = Limit{10'000, true};
  CHECK(verdict(report_with(1, 101), one_percent) == Verdict::good);
  CHECK(verdict(report_with(1, 100), one_percent) == Verdict::warning);
  CHECK(verdict(report_with(2, 101), one_percent) == Verdict::warning);
  CHECK(verdict(report_with(0, 1000, 1, 100), one_percent) == Verdict::warning);

  Threshold counted;
  counted.warning = Limit{3, false};
  counted.failure = Limit{5, false};
  CHECK(verdict(report_with(2, 9), counted) == Verdict::good);
  CHECK(verdict(report_with(3, 9), counted) == Verdict::warning);
  CHECK(verdict(report_with(5, 9), counted) == Verdict::failure);
  CHECK(verdict(report_with(3, 9, 5, 9), counted) == Verdict::failure);
}

TEST_CASE("Nothing reaches no threshold") {
  Threshold least;
  least.failure = Limit{1, true};
  CHECK(verdict(report_with(0, 0), least) == Verdict::good);
  CHECK(verdict(report_with(0, 9), least) == Verdict::good);
  CHECK(verdict(report_with(1, 9), least) == Verdict::failure);
}

TEST_CASE("What was reached is told by class, with its count") {
  Threshold any;
  any.warning = Limit{1, false};
  const auto list =
      exceeded(report_with(2, 9, 1, 4),
               {{"missing_recording", any}, {"orphan_recording", any}, {"late", any}});
  REQUIRE(list.size() == 2);
  CHECK(list[0].call_class == CallClass::missing_recording);
  CHECK(list[0].is_of_rows);
  CHECK(list[0].count == 2);
  CHECK(list[1].call_class == CallClass::orphan_recording);
  CHECK(!list[1].is_of_rows);
}

}  // namespace holdfast::records

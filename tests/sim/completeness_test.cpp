// SPDX-License-Identifier: Apache-2.0
// What a source does not give is told, and nobody is alarmed by what is as it should be.
#include "tests/sim/records_box.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;

// A desk with six calls an hour, at nine and at ten, on each day from 2026-01-02 on. The box is
// there since the day before.
class DeskBox : public RecordsBox {
 public:
  DeskBox() {
    completeness.emplace();
    completeness->day.usual_min = 4;
    completeness->call_ids_count_up = true;
    record(call_of(0, 0));
    write_rows("2026-01-01.csv", header() + row(call_of(0, 0)));
    backed_up();
  }

  static Call call_of(int day, int number) {
    const std::string date = records::day_text(kFirstDay + day);
    const std::string minute = std::to_string(10 + number % 6);
    Call call;
    call.id = "D" + std::to_string(100'000 + day * 12 + number);
    call.agent = "2001";
    call.phone = std::to_string(13'800'000'000 + day * 100 + number);
    call.start = date + (number < 6 ? " 09:" : " 10:") + minute + ":00";
    call.seconds = 1;
    return call;
  }
  // The night after that day has come. Of its twelve calls the first ones have rows, the last ones
  // recordings.
  void begin_day(int day, int rows, int recordings, int without = -1) {
    std::string text = header();
    for (int number = 0; number < 12; ++number) {
      const Call call = call_of(day, number);
      if (number < rows && number != without) text += row(call);
      if (number >= 12 - recordings) record(call);
    }
    if (rows > 0) write_rows(records::day_text(kFirstDay + day) + ".csv", text);
    clock.set(Timestamp{(kFirstDay + day + 1) * kDay_ns});
  }
  job::BackupReport day(int number, int rows = 12, int recordings = 12, int without = -1) {
    begin_day(number, rows, recordings, without);
    return backed_up();
  }

 private:
  static constexpr std::int64_t kFirstDay = 20'454;  // 2026-01-01
};

using Found = std::vector<std::string>;

// What was not given, as "kind what count usual".
Found found(const job::BackupReport& report) {
  Found texts;
  for (const auto& count : report.records.at(0).report->counts) {
    if (!records::incomplete_kind_named(count.about)) continue;
    texts.push_back(count.about + " " + count.name + " " + std::to_string(count.count) + " " +
                    std::to_string(count.usual));
  }
  return texts;
}

}  // namespace

TEST_CASE("A business that has just begun, and one that goes on, alarm nobody") {
  DeskBox box;
  for (int day = 1; day < 40; ++day) {
    const auto report = box.day(day);
    CHECK(found(report) == Found{});
    CHECK(report.records.at(0).report->verdict() == "good");
  }
}

TEST_CASE("What came before the box is nobody's loss, and today is not over") {
  DeskBox box;
  CHECK(found(box.day(1, 12, 0)) == Found{});  // settles tomorrow
  CHECK(found(box.day(2)) == Found{"hour_without_recordings 2026-01-02 09:00 6 0",
                                   "hour_without_recordings 2026-01-02 10:00 6 0"});
  box.begin_day(1, 12, 12);  // what was late is there
  box.begin_day(3, 12, 12);
  CHECK(found(box.backed_up()) == Found{});
}

TEST_CASE("Ids that are missing are told by what stands around them, once their day has settled") {
  DeskBox box;
  CHECK(found(box.day(1, 12, 12, 5)) == Found{});
  CHECK(found(box.day(2, 12, 12, 0)) == Found{"sequence_gap D100017 1 0"});
  CHECK(found(box.day(3)) == Found{"sequence_gap D100017 1 0", "sequence_gap D100024 1 0"});
}

TEST_CASE("Hours with recordings and no row are told") {
  DeskBox box;
  box.day(1, 6, 12);
  const auto report = box.day(2);
  CHECK(found(report) == Found{"hour_without_rows 2026-01-02 10:00 6 0"});
  CHECK(report.records.at(0).report->count_of("warning", "hour_without_rows") == 1);
  CHECK(report.records.at(0).report->verdict() == "warning");
}

TEST_CASE("A day far below its weekday is told, but for holidays") {
  DeskBox box;
  for (int day = 1; day < 28; ++day) box.day(day);
  box.completeness->call_ids_count_up = false;
  box.begin_day(28, 3, 12);
  const auto report = box.day(29);
  CHECK(found(report) ==
        Found{"hour_without_rows 2026-01-29 10:00 6 0", "low_rows 2026-01-29 3 12"});
  box.completeness->day.holidays.insert(20'454 + 28);
  box.completeness->off.insert(records::IncompleteKind::hour_without_rows);
  box.completeness_rules = "holidays\n";  // takes effect at once
  CHECK(found(box.backed_up()) == Found{});
}

TEST_CASE("A recorder that has gone silent is told each day, also where nothing else has changed") {
  DeskBox box;
  box.completeness->failures.insert(records::IncompleteKind::silent_recordings);
  for (int day = 1; day < 28; ++day) box.day(day);
  box.day(28, 12, 0);
  CHECK(found(box.day(29, 12, 0)) == Found{"silent_recordings 2026-01-29 1 0"});
  // The rows stop as well.
  box.clock.advance(kDay_ns);
  const auto second = box.backed_up();
  CHECK(found(second) == Found{"silent_recordings 2026-01-29 2 0"});
  CHECK(second.records.at(0).report->verdict() == "failure");
  box.clock.advance(kDay_ns);
  const auto third = box.backed_up();
  CHECK(third.entry_written);
  CHECK(found(third) == Found{"silent_rows 2026-01-31 1 0", "silent_recordings 2026-01-29 3 0"});
  box.clock.advance(kDay_ns / 24);
  const auto again = box.backed_up();
  CHECK_FALSE(again.entry_written);
  CHECK(found(again) == found(third));
  CHECK(box.newest().at("records/rows/report.csv").find("silent_recordings,2026-01-29,3,") !=
        std::string::npos);
  // Without the rules nobody is told, and they are not kept.
  box.completeness.reset();
  CHECK(found(box.backed_up()) == Found{});
  CHECK_FALSE(box.newest().contains("records/rows/completeness.toml"));
}

TEST_CASE("A recorder that is back is silent no longer") {
  DeskBox box;
  box.completeness->call_ids_count_up = false;
  for (int day = 1; day < 28; ++day) box.day(day);
  box.day(28, 12, 0);
  box.day(29, 12, 0);
  CHECK(found(box.day(30)) == Found{"hour_without_recordings 2026-01-29 09:00 6 0",
                                    "hour_without_recordings 2026-01-29 10:00 6 0",
                                    "hour_without_recordings 2026-01-30 09:00 6 0",
                                    "hour_without_recordings 2026-01-30 10:00 6 0",
                                    "low_recordings 2026-01-29 0 12",
                                    "low_recordings 2026-01-30 0 12"});
}

}  // namespace holdfast::test

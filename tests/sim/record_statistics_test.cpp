// SPDX-License-Identifier: Apache-2.0
// What each day has, as snapshots keep it by months, also where an earlier release counted less.
#include "firmware/job/made_items.h"
#include "firmware/job/record_index_file.h"
#include "firmware/job/statistics_files.h"
#include "tests/sim/records_box.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

namespace {

using records::CallClass;

// The newest snapshot, which has these files, once more, as a release that counted no hours wrote.
void forget_hours(RecordsBox& box, const std::map<std::string, std::string>& files) {
  const auto opened = box.open();
  const auto business = (*opened)->open_business("calls", vault::Access::write);
  REQUIRE(business);
  auto body = (*business)->find_snapshot({})->body;
  const auto run = vault::Run::begin(**business);
  REQUIRE(run);
  const auto content = vault::ContentReader::open(**business);
  job::MadeItems made(**run, **content, body.items, box.clock.now());
  for (const auto& [path, text] : files) {
    const bool is_report = path == "records/rows/report.csv";
    if (!is_report && !path.starts_with("records/rows/statistics/")) continue;
    std::string shorter;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      const std::string line = text.substr(at, text.find("\r\n", at) - at);
      if (!is_report) shorter += line.substr(0, line.rfind(',')) + "\r\n";
      if (is_report && !line.starts_with("sum,calls_by_hour,")) shorter += line + "\r\n";
    }
    REQUIRE(made.put(path, 0, view_of(shorter)));
  }
  body.items = *made.lay_in(**run);
  const auto head = (*run)->commit(body);
  REQUIRE(head);
  auto index = catalog::RecordIndex::open(job::record_index_path(**business),
                                          catalog::OpenMode::write, (*business)->id());
  REQUIRE(index);
  REQUIRE(index->begin());
  REQUIRE(index->commit(*head));
}

}  // namespace

TEST_CASE("what each day has is counted, kept by months, and read back as it was") {
  RecordsBox box;
  Call other = RecordsBox::call(7);
  other.start = "2026-02-01 00:00:01";  // on the site's clock; in UTC it is January still, and 16
  other.seconds = 20;
  std::string rows = RecordsBox::header();
  for (const Call& call : {RecordsBox::call(1), RecordsBox::call(2), other}) {
    rows += RecordsBox::row(call);
  }
  box.record(RecordsBox::call(1));
  box.record(other);
  box.write("no time", "?");
  box.write_rows("day.csv", rows + "c9,x,y,no time,z\n");
  const auto report = box.backed_up();
  CHECK(report.records[0].report->count_of("sum", "calls") == 3);
  CHECK(report.records[0].report->count_of("sum", "speech_ms") == 30'000);
  const auto texts = box.newest();
  CHECK(texts.contains("records/rows/statistics/2026-01.csv"));
  CHECK(texts.contains("records/rows/statistics/2026-02.csv"));
  CHECK(texts.contains("records/rows/statistics/undated.csv"));

  const auto opened = box.open();
  const auto business = (*opened)->open_business("calls", vault::Access::read);
  const auto snapshot = (*business)->find_snapshot({}).value();
  const auto read = job::read_statistics(**business, snapshot, nullptr).value();
  REQUIRE(read.size() == 1);
  CHECK(read[0].source == "rows");
  CHECK(read[0].statistics.days == report.records[0].statistics.days);
  REQUIRE(read[0].statistics.days.size() == 3);
  const auto& january = read[0].statistics.days.at(20'454);
  CHECK((january.calls == 2 && january.recordings == 1 && january.speech_ms == 10'000));
  CHECK(january.row_classes.of(CallClass::missing_recording) == 1);
  const auto& february = read[0].statistics.days.at(20'485);
  CHECK((february.calls == 1 && february.speech_ms == 20'000));
  CHECK((january.calls_by_hour.at(9) == 2 && february.calls_by_hour.front() == 1));
  const auto& undated = read[0].statistics.days.at(std::nullopt);
  CHECK((undated.calls == 0 && undated.rows == 1 && undated.recordings == 1));
  CHECK(undated.file_types.at("") == records::FileTypeCount{1, 1});
}

TEST_CASE("a month in which nothing changed keeps its file") {
  RecordsBox box;
  Call later = RecordsBox::call(7);
  later.start = "2026-02-02 09:00:00";
  box.record(RecordsBox::call(1));
  box.write_rows("one.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)));
  box.backed_up();
  const auto before = box.newest();
  CHECK_FALSE(before.contains("records/rows/statistics/2026-02.csv"));
  box.clock.advance(3'600'000'000'000);
  box.record(later);
  box.write_rows("two.csv", RecordsBox::header() + RecordsBox::row(later));
  box.backed_up();
  const auto after = box.newest();
  const std::string january = "records/rows/statistics/2026-01.csv";
  CHECK(after.at(january) == before.at(january));
  CHECK(after.at("records/rows/statistics/2026-02.csv").find("2026-02-02,1,1,1,") !=
        std::string::npos);
}

TEST_CASE("hours that an earlier release did not count come with the next run, once") {
  const TemporaryFolder folder;  // for an index that is there the next time
  RecordsBox box;
  box.settings.catalog_directory = folder.path();
  box.record(RecordsBox::call(1));
  box.write_rows("day.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)));
  box.backed_up();
  const auto files = box.newest();
  forget_hours(box, files);
  const std::string month = "records/rows/statistics/2026-01.csv";
  REQUIRE(box.newest().at(month).find("calls_by_hour") == std::string::npos);
  CHECK(box.backed_up().entry_written);
  CHECK(box.newest() == files);
  CHECK(files.at(month).find("9=1") != std::string::npos);
  // What is not judged anew has no statistics to tell.
  const auto after = box.backed_up();
  CHECK_FALSE(after.entry_written);
  CHECK(after.records[0].statistics.days.empty());
}

}  // namespace holdfast::test

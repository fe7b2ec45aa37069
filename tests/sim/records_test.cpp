// SPDX-License-Identifier: Apache-2.0
// Rows are bound to recordings in the snapshot itself: what a late one changes, what is told, and
// that it all comes back without any index (P8).
#include "firmware/job/outcome_list.h"
#include "tests/sim/lost_packs.h"
#include "tests/sim/records_box.h"
#include "tests/sim/sweep.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

namespace {

using records::CallClass;

std::uint64_t rows_of(const job::BackupReport& report, CallClass call_class) {
  return report.records.at(0).report->count_of("rows", name_of(call_class));
}
std::uint64_t recordings_of(const job::BackupReport& report, CallClass call_class) {
  return report.records.at(0).report->count_of("recordings", name_of(call_class));
}

std::string ogg_page(std::uint8_t flags, std::uint64_t granule, const std::string& payload) {
  Bytes bytes;
  ByteWriter out(bytes);
  out.raw(view_of(std::string_view("OggS")));
  out.u8(0);
  out.u8(flags);
  out.u64(granule);
  out.u32(1);  // stream
  out.u32(0);
  out.u32(0);
  const std::size_t segments = payload.size() / 255 + 1;
  out.u8(static_cast<std::uint8_t>(segments));
  for (std::size_t i = 0; i + 1 < segments; ++i) out.u8(255);
  out.u8(static_cast<std::uint8_t>(payload.size() % 255));
  return std::string(text_of(bytes)) + payload;
}

// Its length stands in the last page alone, farther from the head than an item's ends are long.
std::string opus_of(std::uint64_t seconds) {
  constexpr std::uint64_t kRate = 48'000;
  constexpr std::size_t kPayload = 60'000;
  const std::string head("OpusHead\x01\x01\0\0\x80\xBB\0\0\0\0\0", 19);
  std::string text = ogg_page(2, 0, head) + ogg_page(0, 0, "OpusTags" + std::string(8, '\0'));
  for (char page = 0; page < 3; ++page) text += ogg_page(0, 0, std::string(kPayload, page));
  return text + ogg_page(4, seconds * kRate, "last");
}

}  // namespace

TEST_CASE("each row gets its recording, and what has none is told") {
  RecordsBox box;
  std::string rows = RecordsBox::header();
  for (int i = 0; i < 20; ++i) {
    if (i != 3) box.record(RecordsBox::call(i));
    if (i != 5) rows += RecordsBox::row(RecordsBox::call(i));
  }
  box.write_rows("day.csv", rows);
  const auto report = box.backed_up();
  CHECK(report.problems.count == 0);
  REQUIRE(report.records.size() == 1);
  CHECK(report.records[0].rows_taken == 19);
  CHECK(report.records[0].report->count_of("sum", "rows") == 19);
  CHECK(rows_of(report, CallClass::matched) == 18);
  CHECK(rows_of(report, CallClass::missing_recording) == 1);
  CHECK(recordings_of(report, CallClass::matched) == 18);
  CHECK(recordings_of(report, CallClass::orphan_recording) == 1);

  auto texts = box.newest();
  CHECK(texts.at("rows/day.csv") == rows);
  CHECK(texts.at("records/rows/mapping.toml") == box.rules);
  const std::string outcomes = texts.at("records/rows/rows/day.csv");
  CHECK(outcomes.starts_with("row,digest,class,reason,rung,recording,content\r\n1,"));
  const std::string first =
      "matched,,2,calls/" + RecordsBox::name_of(RecordsBox::call(0)) + ",\r\n";
  CHECK(outcomes.find(first) != std::string::npos);
  CHECK(outcomes.find(",missing_recording,,,,\r\n") != std::string::npos);
  CHECK(texts.at("records/rows/recordings/2026/01/01.csv").find(",orphan_recording,") !=
        std::string::npos);
  CHECK(texts.at("records/rows/report.csv").find("rows,matched,18,\r\n") != std::string::npos);
}

TEST_CASE("a snapshot lists what became of each row and recording, but for what is lost") {
  RecordsBox box;
  box.settings.node_size_target = 65536;  // one node, which each run writes anew
  box.full_interval_ns = 0;
  box.record(RecordsBox::call(1));
  box.record(RecordsBox::call(4));
  box.write_rows("early.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)) +
                                  RecordsBox::row(RecordsBox::call(2)));
  box.backed_up();
  const auto early = packs_of(box);
  box.write_rows("late.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(3)));
  box.backed_up();

  job::Problems lost;
  const auto list = [&] {
    std::vector<std::string> lines;
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", vault::Access::read);
    REQUIRE(business);
    const auto found =
        job::for_each_outcome(**business, (*business)->find_snapshot({}).value(), nullptr,
                              [&](const job::Outcome& each) -> Result<void> {
                                CHECK(each.source == "rows");
                                CHECK(each.is_of_row() == each.first_seen.empty());
                                lines.push_back(each.item + ":" + std::to_string(each.row) + " " +
                                                each.call_class + " " + each.recording);
                                return {};
                              });
    INFO((found ? "" : debug_text(found.error())));
    REQUIRE(found);
    lost = *found;
    return lines;
  };
  const std::string bound = "calls/" + RecordsBox::name_of(RecordsBox::call(1));
  const std::vector<std::string> of_recordings = {
      ":0 matched " + bound,
      ":0 orphan_recording calls/" + RecordsBox::name_of(RecordsBox::call(4))};
  const std::vector<std::string> of_early = {"rows/early.csv:1 matched " + bound,
                                             "rows/early.csv:2 missing_recording "};
  const std::string of_late = "rows/late.csv:1 missing_recording ";
  auto all = of_recordings;
  all.insert(all.end(), of_early.begin(), of_early.end());
  all.push_back(of_late);
  CHECK(list() == all);
  CHECK(lost.count == 0);

  for (const auto& pack : early) lose_pack(box, pack.pack.name);
  CHECK(list() == std::vector{of_late});
  REQUIRE(lost.count == 2);
  CHECK(lost.kept[1].path == "records/rows/rows/early.csv");
}

TEST_CASE("a template with a star finds the recording that fits, and none where two do") {
  RecordsBox box;
  box.is_strict = true;  // nothing but the template tells
  box.path_template = "*_{phone}_*.wav";
  std::string rows = RecordsBox::header();
  for (int i = 0; i < 4; ++i) rows += RecordsBox::row(RecordsBox::call(i));
  box.write_rows("day.csv", rows);
  for (int i = 0; i < 2; ++i) box.record(RecordsBox::call(i));
  const auto first = box.backed_up();
  CHECK(rows_of(first, CallClass::matched) == 2);
  CHECK(rows_of(first, CallClass::missing_recording) == 2);
  const std::string bound = "matched,,2,calls/" + RecordsBox::name_of(RecordsBox::call(1)) + ",";
  CHECK(box.newest().at("records/rows/rows/day.csv").find(bound) != std::string::npos);
  CHECK_FALSE(box.newest().contains("records/rows/suggestions.csv"));

  // Two that fit row 3; another one that fits row 1, which has its own by now.
  int hour = 0;
  for (const int i : {2, 2, 0}) {
    Call call = RecordsBox::call(i);
    call.id += std::to_string(hour);  // another sound
    call.start = "2026-01-01 1" + std::to_string(hour++) + ":00:00";
    box.record(call);
  }
  const auto second = box.backed_up();
  CHECK(rows_of(second, CallClass::matched) == 2);
  CHECK(recordings_of(second, CallClass::orphan_recording) == 3);
  auto texts = box.newest();
  CHECK(texts.at("records/rows/rows/day.csv").find(",missing_recording,ambiguous,,,\r\n") !=
        std::string::npos);
  const std::string suggestions = texts.at("records/rows/suggestions.csv");
  CHECK(std::ranges::count(suggestions, '\n') == 3);
  CHECK(suggestions.find("rows/day.csv,3,calls/2002_13810000002_20260101100000.wav,several,") !=
        std::string::npos);
  CHECK(texts.at("records/rows/report.csv").find("suggested,several,2,\r\n") != std::string::npos);

  box.record(RecordsBox::call(3));
  CHECK(rows_of(box.backed_up(), CallClass::matched) == 3);
}

TEST_CASE("where nothing changed nothing is written") {
  RecordsBox box;
  box.record(RecordsBox::call(1));
  box.write_rows("day.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)));
  box.backed_up();
  const auto files = box.newest();
  box.clock.advance(86'400'000'000'000);
  const auto again = box.backed_up();
  CHECK_FALSE(again.entry_written);
  CHECK(box.newest() == files);
}

TEST_CASE("a recording that comes late heals what was missing") {
  RecordsBox box;
  box.write_rows("day.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)));
  box.record(RecordsBox::call(2));
  const auto first = box.backed_up();
  CHECK(rows_of(first, CallClass::missing_recording) == 1);
  box.clock.advance(3'600'000'000'000);
  box.record(RecordsBox::call(1));
  const auto second = box.backed_up();
  CHECK(rows_of(second, CallClass::missing_recording) == 0);
  CHECK(rows_of(second, CallClass::matched) == 1);
  CHECK(recordings_of(second, CallClass::orphan_recording) == 1);
}

TEST_CASE("rows of a file that was written again take the place of the former ones") {
  RecordsBox box;
  const Call call = RecordsBox::call(1);
  box.record(call);
  box.write_rows("day.csv", RecordsBox::header() + RecordsBox::row(call));
  box.backed_up();
  box.clock.advance(3'600'000'000'000);
  Call longer = call;
  longer.seconds = 40;
  box.write_rows("day.csv", RecordsBox::header() + RecordsBox::row(longer));
  const auto second = box.backed_up();
  CHECK(second.records[0].report->count_of("sum", "rows") == 1);
  CHECK(box.newest().at("rows/day.csv").find(",40\n") != std::string::npos);
}

TEST_CASE("columns that are others than before are told once, and rows stay right") {
  const TemporaryFolder folder;  // for an index that is there the next time
  RecordsBox box;
  box.settings.catalog_directory = folder.path();
  const Call first = RecordsBox::call(1);
  const Call second = RecordsBox::call(2);
  const Call third = RecordsBox::call(3);
  for (const Call& call : {first, second, third}) box.record(call);
  box.write_rows("1.csv", RecordsBox::header() + RecordsBox::row(first));
  CHECK(box.backed_up().records.at(0).report->verdict() == "good");

  box.write_rows("2.csv", "note," + RecordsBox::header() + "x," + RecordsBox::row(second));
  const auto report = box.backed_up().records.at(0).report.value();
  CHECK(report.verdict() == "warning");
  CHECK(report.count_of("warning", "column_drift") == 1);
  CHECK(report.count_of("column_added", "note") == 1);
  CHECK(report.count_of("rows", "matched") == 2);
  CHECK(box.newest().at("records/rows/report.csv").find("column_added,note,1,") !=
        std::string::npos);

  box.write_rows("3.csv", "seconds,start,phone,agent,call_id\n10," + third.start + "," +
                              third.phone + "," + third.agent + "," + third.id + "\n");
  const auto turned = box.backed_up().records.at(0).report.value();
  CHECK(turned.count_of("warning", "column_drift") == 2);
  CHECK(turned.count_of("column_gone", "note") == 1);
  CHECK(turned.count_of("columns_reordered", "") == 1);
  CHECK(turned.count_of("rows", "matched") == 3);

  // What was told is told no more, and rules that change change no column.
  box.write_rows("4.csv", "seconds,start,phone,agent,call_id\n");
  CHECK(box.backed_up().records.at(0).report->verdict() == "good");
  box.rules = "schema = 1 # other\n";
  CHECK(box.backed_up().records.at(0).report->verdict() == "good");
}

TEST_CASE("a file of which no row can be taken is told, each time, and the others are read") {
  RecordsBox box;
  box.record(RecordsBox::call(1));
  box.write_rows("a.csv", "call_id,agent,agent\n1,2,3\n");
  box.write_rows("b.csv", "call_id,agent\n1,2\n");
  box.write_rows("c.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)));
  box.write_rows("d.csv", "\n");
  for (int run = 0; run < 2; ++run) {
    const auto report = box.backed_up();
    REQUIRE(report.problems.kept.size() == 3);
    CHECK(report.problems.kept[0].path == "rows/a.csv");
    CHECK(report.problems.kept[0].error.code == ErrorCode::rows_duplicate_column);
    CHECK(report.problems.kept[1].error.code == ErrorCode::rows_missing_columns);
    CHECK(report.problems.kept[1].error.argument("names") == "start, seconds, phone");
    CHECK(report.problems.kept[2].error.code == ErrorCode::rows_no_header);
    CHECK(box.newest().at("rows/a.csv") == "call_id,agent,agent\n1,2,3\n");
  }
}

TEST_CASE("a query's rows are an item of their source, and asked for again they are none") {
  RecordsBox box;
  box.has_csv = false;
  box.has_sql = true;
  const Timestamp first_run = box.clock.now();
  box.record(RecordsBox::call(1));
  box.answer({RecordsBox::call(1), RecordsBox::call(2)}, {});
  const auto first = box.backed_up();
  CHECK(first.problems.count == 0);
  CHECK(first.records.at(0).rows_taken == 2);
  CHECK(rows_of(first, CallClass::matched) == 1);
  CHECK(rows_of(first, CallClass::missing_recording) == 1);
  const std::string day = "cdr/2026/01/01/20260101T000000Z.csv";
  const std::string lines = RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)) +
                            RecordsBox::row(RecordsBox::call(2));
  CHECK(box.newest().at(day) == lines);

  box.clock.advance(3'600'000'000'000);
  box.answer({RecordsBox::call(1), RecordsBox::call(2)}, first_run);
  CHECK_FALSE(box.backed_up().entry_written);

  // The row of a call that went on is another one now; the former one stays where it is.
  box.clock.advance(3'600'000'000'000);
  Call longer = RecordsBox::call(2);
  longer.seconds = 50;
  box.answer({RecordsBox::call(1), longer, RecordsBox::call(3)}, first_run);
  const auto third = box.backed_up();
  CHECK(third.records.at(0).report->count_of("sum", "rows") == 3);
  auto texts = box.newest();
  CHECK(texts.at(day) == lines);
  CHECK(texts.at("cdr/2026/01/01/20260101T020000Z.csv") ==
        RecordsBox::header() + RecordsBox::row(longer) + RecordsBox::row(RecordsBox::call(3)));
}

TEST_CASE("a database that is away is told, and all else is backed up") {
  RecordsBox box;
  box.has_sql = true;
  box.record(RecordsBox::call(1));
  box.write_rows("day.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)));
  const auto report = box.backed_up();
  REQUIRE(report.problems.kept.size() == 1);
  CHECK(report.problems.kept[0].path == "cdr");
  CHECK(report.problems.kept[0].error.code == ErrorCode::sql_unreachable);
  CHECK(rows_of(report, CallClass::matched) == 1);
}

TEST_CASE("an answer that breaks off leaves no rows") {
  RecordsBox box;
  box.has_csv = false;
  box.has_sql = true;
  box.record(RecordsBox::call(1));
  box.answer({RecordsBox::call(1), RecordsBox::call(2)}, {});
  box.sql.set_faults({.gone = 1});
  const auto report = box.backed_up();
  REQUIRE(report.problems.kept.size() == 1);
  CHECK(report.problems.kept[0].error.code == ErrorCode::sql_gone);
  for (const auto& [path, text] : box.newest()) CHECK_FALSE(path.starts_with("cdr/"));
  box.sql.set_faults({});
  CHECK(box.backed_up().records.at(0).rows_taken == 2);
}

TEST_CASE("what was bound stays bound, though the rules are others") {
  RecordsBox box;
  box.record(RecordsBox::call(1));
  box.write_rows("day.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)));
  box.backed_up();
  box.clock.advance(3'600'000'000'000);
  box.is_strict = true;  // names no path any more, and believes no number
  box.rules = "schema = 1\n# strict\n";
  const auto report = box.backed_up();
  CHECK(report.entry_written);
  CHECK(report.records.at(0).rows_taken == 1);
  CHECK(rows_of(report, CallClass::matched) == 1);
}

TEST_CASE("a row that stands at another place keeps no binding of the row that stood there") {
  RecordsBox box;
  std::string rows;
  for (const int number : {1, 2, 3}) {
    box.record(RecordsBox::call(number));
    rows += RecordsBox::row(RecordsBox::call(number));
  }
  box.write_rows("day.csv", RecordsBox::header() + rows);
  box.backed_up();
  box.clock.advance(3'600'000'000'000);
  box.record(RecordsBox::call(9));
  rows = RecordsBox::row(RecordsBox::call(9)) + rows;
  box.write_rows("day.csv", RecordsBox::header() + rows);
  const auto report = box.backed_up();
  CHECK(rows_of(report, CallClass::matched) == 4);
  const std::string outcomes = box.newest().at("records/rows/rows/day.csv");
  std::size_t line = outcomes.find("\r\n");
  for (const int number : {9, 1, 2, 3}) {
    const std::size_t next = outcomes.find("\r\n", line + 2);
    CHECK(
        outcomes.substr(line, next - line)
            .ends_with(",matched,,2,calls/" + RecordsBox::name_of(RecordsBox::call(number)) + ","));
    line = next;
  }
}

TEST_CASE("a slip in a mapping takes nothing away that was found before") {
  RecordsBox box;
  box.record(RecordsBox::call(1));
  box.write_rows("day.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)));
  box.backed_up();
  const std::string outcomes = box.newest().at("records/rows/rows/day.csv");
  box.clock.advance(3'600'000'000'000);
  box.slip = "secunds";
  box.rules = "schema = 1\n# slip\n";
  const auto report = box.backed_up();
  REQUIRE(report.problems.kept.size() == 1);
  CHECK(report.problems.kept[0].error.code == ErrorCode::rows_missing_columns);
  CHECK(box.newest().at("records/rows/rows/day.csv") == outcomes);
  box.clock.advance(3'600'000'000'000);
  box.slip.clear();
  box.rules = "schema = 1\n";
  CHECK(rows_of(box.backed_up(), CallClass::matched) == 1);
  CHECK(box.newest().at("records/rows/rows/day.csv") == outcomes);
}

TEST_CASE("a recording of before the business had rows is looked at in the store, at both ends") {
  RecordsBox box;
  box.has_csv = false;
  const Call good = RecordsBox::call(1);
  const Call wrong = RecordsBox::call(2);
  Call wave = RecordsBox::call(3);
  wave.seconds = 30'000;
  box.write(RecordsBox::name_of(good), opus_of(10));
  box.write(RecordsBox::name_of(wrong), opus_of(60));
  box.record(wave);
  box.backed_up();
  box.has_csv = true;
  box.write_rows("day.csv", RecordsBox::header() + RecordsBox::row(good) + RecordsBox::row(wrong) +
                                RecordsBox::row(wave));
  const auto report = box.backed_up();
  CHECK(report.bytes_read < 1000);  // the rows alone
  CHECK(rows_of(report, CallClass::matched) == 2);
  CHECK(rows_of(report, CallClass::duration_mismatch) == 1);
  const std::string found = box.newest().at("records/rows/recordings/2026/01/01.csv");
  for (const char* known : {",ogg/opus,10000,", ",ogg/opus,60000,", ",30000000,"}) {
    CAPTURE(known, found);
    CHECK(found.find(known) != std::string::npos);
  }
}

TEST_CASE("items of a source that had the name of the box's folder are left alone") {
  RecordsBox box;
  box.has_csv = false;
  box.first_source = "records";
  box.write("a.txt", "mine");
  box.backed_up();
  box.has_csv = true;
  box.first_source = "calls";
  box.write_rows("day.csv", RecordsBox::header());
  const auto report = box.backed_up();
  REQUIRE(report.problems.kept.size() == 1);
  CHECK(report.problems.kept[0].path == "records");
  CHECK(box.newest().at("records/a.txt") == "mine");
}

TEST_CASE("a clock that once stood in the future keeps no later row away") {
  RecordsBox box;
  box.has_csv = false;
  box.has_sql = true;
  const Timestamp now = box.clock.now();
  box.clock.set(Timestamp{now.ns + 315'360'000'000'000'000});  // ten years
  box.answer({RecordsBox::call(1)}, {});
  box.backed_up();
  box.clock.set(now);
  box.answer({RecordsBox::call(1), RecordsBox::call(2)}, {});
  box.backed_up();
  std::string later;
  for (const auto& [path, text] : box.newest()) {
    if (path.starts_with("cdr/2026/")) later += text;
  }
  CHECK(later == RecordsBox::header() + RecordsBox::row(RecordsBox::call(2)));
}

TEST_CASE("the power may go at every change: afterwards each row has its recording") {
  RecordsBox box;
  box.has_sql = true;
  const Timestamp first_run = box.clock.now();
  box.record(RecordsBox::call(1));
  box.write_rows("day1.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(1)));
  box.answer({RecordsBox::call(1)}, {});
  box.backed_up();
  box.clock.advance(3'600'000'000'000);
  box.record(RecordsBox::call(2));
  box.write_rows("day2.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(2)) +
                                 RecordsBox::row(RecordsBox::call(3)));
  const std::vector<Call> calls = {RecordsBox::call(1), RecordsBox::call(2)};
  box.answer(calls, first_run);
  box.answer(calls, box.clock.now());  // asked once more, if this run gets through
  const auto before = box.newest();
  const Sweep sweep{stride_of({.usual = 7, .long_run = 1, .sanitized = 60, .sanitized_long = 20})};
  cut_everywhere(
      sweep, box, [](RecordsBox& of) { return of.backup(); },
      [&](RecordsBox& of, const Result<job::BackupReport>& answer) {
        const auto now = of.newest();
        if (answer) {
          CHECK(now.contains("rows/day2.csv"));
        } else if (!now.contains("rows/day2.csv")) {
          CHECK(now == before);
        }
        const auto again = of.backed_up();
        for (const job::Problem& each : again.problems.kept) {
          UNSCOPED_INFO(each.path << ": " << debug_text(each.error));
        }
        CHECK(again.problems.count == 0);
        REQUIRE(again.records.size() == 2);
        for (const job::SourceRecords& records : again.records) {
          CHECK(records.report->count_of("rows", "matched") == 2);
          CHECK(records.report->count_of("recordings", "orphan_recording") == 0);
        }
        auto texts = of.newest();
        std::string outcomes;
        for (const auto& [path, text] : texts) {
          if (path.starts_with("records/cdr/rows/")) outcomes += text;
        }
        for (const int number : {1, 2}) {
          const std::string recording = "calls/" + RecordsBox::name_of(RecordsBox::call(number));
          CHECK(texts.at("records/rows/rows/day" + std::to_string(number) + ".csv")
                    .find("matched,,2," + recording) != std::string::npos);
          CHECK(outcomes.find("matched,,2," + recording) != std::string::npos);
        }
      });
}

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// Every mapping that is shipped, on rows as its system writes them.
#include "firmware/records/shipped_mappings.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "firmware/app/mapping_file.h"
#include "firmware/records/csv_file.h"
#include "firmware/records/recording_names.h"
#include "firmware/records/row_mapper.h"
#include "hal/base/time.h"

namespace holdfast::app {
namespace {

using records::CsvDialect;
using records::RowFacts;
using Names = std::vector<std::string>;

records::Mapping shipped(std::string_view name) {
  const auto all = records::shipped_mappings();
  const auto found = std::ranges::find(all, name, &records::ShippedMapping::name);
  REQUIRE(found != all.end());
  auto mapping = parse_mapping(found->text, std::string(name), messages::Language::english);
  INFO((mapping ? std::string() : debug_text(mapping.error())));
  REQUIRE(mapping);
  return std::move(*mapping);
}

std::vector<RowFacts> mapped(std::string_view name, std::string_view text,
                             const CsvDialect& dialect = records::kRfc4180, Names columns = {}) {
  records::CsvFile file(dialect, records::Charset::utf8, {}, std::move(columns));
  file.push(view_of(text));
  file.finish();
  std::optional<records::RowMapper> mapper;
  std::vector<RowFacts> out;
  records::CsvRow row;
  while (file.next(row) == records::CsvStep::row) {
    if (!mapper) {
      const auto mapping = shipped(name);
      REQUIRE(missing_columns_text(mapping, file.columns(), messages::Language::english) == "");
      mapper.emplace(mapping, file.columns());
    }
    if (row.kind == records::RowKind::row) mapper->map(row.fields, out.emplace_back());
  }
  return out;
}

records::RecordingFacts named(std::string_view mapping, std::string path) {
  const auto by = shipped(mapping);
  records::RecordingFacts facts;
  facts.path = std::move(path);
  records::RecordingNames(by).read(facts);
  return facts;
}

std::int64_t ms_of(std::string_view text) {
  return Timestamp::parse(text)->ns / 1'000'000;
}

constexpr auto kNone = records::RowFault::none;

TEST_CASE("all shipped mappings are good, and are what they are written as") {
  Names names;
  for (const auto& one : records::shipped_mappings()) {
    names.emplace_back(one.name);
    const auto mapping = shipped(one.name);
    const auto again = parse_mapping(write_mapping(mapping), "again", messages::Language::english);
    REQUIRE(again);
    CHECK(*again == mapping);
  }
  CHECK(names == Names{"asterisk", "freepbx", "freeswitch", "generic-csv", "robot", "vos3000"});
}

TEST_CASE("generic-csv") {
  const auto rows =
      mapped("generic-csv",
             "\xEF\xBB\xBF"
             "call_id,start,seconds,caller,callee,recording,contract,备注\r\n"
             "C1,2021-01-31 11:41:29,65,2049,'13800138000,01/31/C1.wav,HT1,\"承诺,还款\"\r\n"
             "C2,2021/1/31 11:41,65,2049,13800138000,,HT2,\r\n");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].fault == kNone);
  CHECK(rows[0].key == "C1");
  CHECK(rows[0].call_id == "C1");
  CHECK(rows[0].start_ms == ms_of("2021-01-31T03:41:29Z"));
  CHECK(rows[0].duration_ms == 65'000);
  CHECK(rows[0].numbers == Names{"2049", "13800138000"});
  CHECK(rows[0].path == "recordings/01/31/C1.wav");
  CHECK(rows[1].fault == records::RowFault::excel_date);
}

TEST_CASE("robot") {
  const auto rows =
      mapped("robot",
             "call_id,agent,phone,contract,start,seconds,outcome,note\r\n"
             "C00000001,2049,15372388463,HT00000001,2021-01-31 11:41:29,42,promise,\r\n");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].fault == kNone);
  CHECK(rows[0].path == "recordings/01/31/2049_15372388463_20210131114129.wav");
  const auto recording = named("robot", rows[0].path);
  CHECK(recording.numbers == rows[0].numbers);
  CHECK(recording.start_ms == rows[0].start_ms);
}

TEST_CASE("vos3000") {
  const auto rows =
      mapped("vos3000",
             "1001\t2049\t8613800138000\t1612064489123\t1612064554456\t65\t1612064489200\n"
             "1002\t2050\t013900139000\t1612064490000\t1612064490000\t0\t0\n"
             "1003\t2051\t075512345678\t1612064491000\t\\N\t0\t\\N\n",
             records::kMysqlOutfile,
             {"flowno", "callere164", "calleee164", "starttime", "stoptime", "holdtime",
              "recordstarttime"});
  REQUIRE(rows.size() == 3);
  for (const auto& row : rows) CHECK(row.fault == kNone);
  CHECK(rows[0].key == "1001");
  CHECK(rows[0].start_ms == ms_of("2021-01-31T03:41:29.123Z"));
  CHECK(rows[0].duration_ms == 65'000);
  CHECK(rows[0].numbers == Names{"2049", "13800138000"});
  CHECK(rows[0].expects_recording);
  CHECK(rows[1].numbers == Names{"2050", "13900139000"});
  CHECK_FALSE(rows[1].expects_recording);
  CHECK(rows[2].numbers == Names{"2051", "075512345678"});
  CHECK_FALSE(rows[2].expects_recording);
}

TEST_CASE("asterisk") {
  CsvDialect dialect;
  dialect.header = false;
  const auto rows = mapped(
      "asterisk",
      R"("","2049","13800138000","from-internal","""desk"" <2049>","SIP/2049-00000001","SIP/trunk-00000002","Dial","SIP/trunk/13800138000,60","2021-01-31 11:41:20","2021-01-31 11:41:29","2021-01-31 11:42:34",74,65,"ANSWERED","DOCUMENTATION","1612064480.12","")"
      "\n"
      R"("","2049","13900139000","from-internal","""desk"" <2049>","SIP/2049-00000003","","Dial","","2021-01-31 11:50:20","","2021-01-31 11:50:34",14,0,"NO ANSWER","DOCUMENTATION","1612065020.13","")"
      "\n",
      dialect,
      {"accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp",
       "lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags",
       "uniqueid", "userfield"});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].fault == kNone);
  CHECK(rows[0].key == "1612064480.12|SIP/2049-00000001|SIP/trunk-00000002|2021-01-31 11:41:20");
  CHECK(rows[0].call_id == "1612064480.12");
  CHECK(rows[0].duration_ms == 65'000);
  CHECK(rows[0].expects_recording);
  CHECK(named("asterisk", "recordings/1612064480.12.wav").call_id == rows[0].call_id);
  CHECK(rows[1].fault == kNone);
  CHECK_FALSE(rows[1].expects_recording);
}

TEST_CASE("freepbx") {
  const auto rows =
      mapped("freepbx",
             "calldate,clid,src,dst,channel,dstchannel,duration,billsec,disposition,uniqueid,did,"
             "recordingfile\n"
             "2021-01-31 11:41:29,2049,2049,13800138000,SIP/2049-1,SIP/trunk-2,74,65,ANSWERED,"
             "1612064489.12,,out-13800138000-2049-20210131-114129-1612064489.12.wav\n"
             "2021-01-31 11:50:20,2049,2049,*97,SIP/2049-3,,5,5,ANSWERED,1612065020.13,,\n");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].fault == kNone);
  CHECK(rows[0].path ==
        "recordings/2021/01/31/out-13800138000-2049-20210131-114129-1612064489.12.wav");
  const auto recording = named("freepbx", rows[0].path);
  CHECK(recording.call_id == rows[0].call_id);
  CHECK(recording.start_ms == rows[0].start_ms);
  CHECK(recording.numbers == Names{"13800138000", "2049"});
  CHECK(rows[1].fault == kNone);
  CHECK(rows[1].path.empty());
  CHECK_FALSE(rows[1].expects_recording);
}

TEST_CASE("freeswitch") {
  CsvDialect dialect;
  dialect.header = false;
  const std::string uuid = "0a1b2c3d-1111-2222-3333-444455556666";
  const auto rows =
      mapped("freeswitch",
             "\"desk\",\"2049\",\"13800138000\",\"default\",\"2021-01-31 11:41:20\",\"2021-01-31 "
             "11:41:29\",\"2021-01-31 11:42:34\",\"74\",\"65\",\"NORMAL_CLEARING\",\"" +
                 uuid + "\",\"\",\"\",\"PCMA\",\"PCMA\"\n",
             dialect,
             {"caller_id_name", "caller_id_number", "destination_number", "context", "start_stamp",
              "answer_stamp", "end_stamp", "duration", "billsec", "hangup_cause", "uuid",
              "bleg_uuid", "accountcode", "read_codec", "write_codec"});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].fault == kNone);
  CHECK(rows[0].key == uuid);
  CHECK(rows[0].start_ms == ms_of("2021-01-31T03:41:20Z"));
  CHECK(rows[0].duration_ms == 65'000);
  CHECK(rows[0].expects_recording);
  CHECK(named("freeswitch", "recordings/archive/2021/Jan/31/" + uuid + ".wav").call_id == uuid);
}

}  // namespace
}  // namespace holdfast::app

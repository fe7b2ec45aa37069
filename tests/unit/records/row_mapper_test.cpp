// SPDX-License-Identifier: Apache-2.0
// Rows as a mapping understands them.
#include "firmware/records/row_mapper.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "hal/base/time.h"

namespace holdfast::records {

namespace {

std::int64_t ms_of(std::string_view text) {
  return Timestamp::parse(text)->ns / 1'000'000;
}

const std::vector<std::string> kColumns = {"id", "part", "call", "start",    "spent", "from",
                                           "to", "file", "flag", "contract", "note"};

Mapping mapping() {
  Mapping out;
  out.zone = "Asia/Shanghai";
  out.key = {"id"};
  out.call_id = "call";
  out.start = {.column = "start", .format = "%Y-%m-%d %H:%M:%S", .zone = ""};
  out.duration = {.column = "spent"};
  out.number_columns = {"from", "to"};
  out.recording.folder = "rec";
  out.recording.column = "file";
  return out;
}

// A good row, with other fields where they are named.
std::vector<CsvField> row(const std::vector<std::pair<std::string, CsvField>>& others = {}) {
  std::vector<CsvField> fields = {"1",  "a",           "c-1",   "2021-01-31 11:41:29",
                                  "65", "13800138000", "2049",  "01/31/x.wav",
                                  "1",  "HT1",         "a note"};
  for (const auto& [column, field] : others) {
    fields[static_cast<std::size_t>(std::ranges::find(kColumns, column) - kColumns.begin())] =
        field;
  }
  return fields;
}

RowFacts mapped(const Mapping& by, const std::vector<CsvField>& fields) {
  RowMapper mapper(by, kColumns);
  RowFacts facts;
  facts.numbers = {"of the row before"};
  facts.path = facts.key = facts.call_id = "of the row before";
  mapper.map(fields, facts);
  return facts;
}

RowFault fault_of(const Mapping& by, const std::vector<CsvField>& fields) {
  return mapped(by, fields).fault;
}

}  // namespace

TEST_CASE("a row is understood by its named columns") {
  const RowFacts facts = mapped(mapping(), row());
  CHECK(facts.fault == RowFault::none);
  CHECK(facts.key == "1");
  CHECK(facts.call_id == "c-1");
  CHECK(facts.start_ms == ms_of("2021-01-31T03:41:29Z"));
  CHECK(facts.duration_ms == 65'000);
  CHECK(facts.numbers == std::vector<std::string>{"13800138000", "2049"});
  CHECK(facts.path == "rec/01/31/x.wav");
  CHECK(facts.expects_recording);
}

TEST_CASE("fields that are empty say nothing, and are no fault") {
  for (const CsvField& field : {CsvField(""), CsvField()}) {
    const RowFacts facts = mapped(mapping(), row({{"call", field},
                                                  {"start", field},
                                                  {"spent", field},
                                                  {"from", field},
                                                  {"to", field},
                                                  {"file", field}}));
    CHECK(facts.fault == RowFault::none);
    CHECK(facts.call_id.empty());
    CHECK_FALSE(facts.start_ms);
    CHECK_FALSE(facts.duration_ms);
    CHECK(facts.numbers.empty());
    CHECK(facts.path.empty());
    CHECK(fault_of(mapping(), row({{"id", field}})) == RowFault::no_key);
  }
  for (const std::string none : {"0", "0000-00-00 00:00:00", "0000-00-00"}) {
    const RowFacts facts = mapped(mapping(), row({{"start", none}}));
    CHECK(facts.fault == RowFault::none);
    CHECK_FALSE(facts.start_ms);
  }
}

TEST_CASE("a mapping that names nothing asks nothing of a row") {
  Mapping nothing;
  nothing.zone = "UTC";
  const RowFacts facts = mapped(nothing, row({{"start", "never"}, {"from", "1.38E+10"}}));
  CHECK(facts.fault == RowFault::none);
  CHECK(facts.key.empty());
  CHECK(facts.path.empty());
}

TEST_CASE("keys of several columns differ where the rows do") {
  Mapping two = mapping();
  two.key = {"id", "part"};
  const auto key = [&](const CsvField& id, const CsvField& part) {
    return mapped(two, row({{"id", id}, {"part", part}})).key;
  };
  CHECK(key("1", "a") == "1|a");
  CHECK(key("1|", "a") == "1\\||a");
  CHECK(key("1|", "a") != key("1", "|a"));
  CHECK(key("1\\", "a") != key("1", "\\a"));
  CHECK(key("1", {}) == "1|");
  CHECK(fault_of(two, row({{"id", ""}, {"part", {}}})) == RowFault::no_key);
}

TEST_CASE("what Excel has damaged in a named column rejects the row, elsewhere it does not") {
  CHECK(fault_of(mapping(), row({{"from", "1.38E+10"}})) == RowFault::excel_exponent);
  CHECK(fault_of(mapping(), row({{"id", "3月5日"}})) == RowFault::excel_date);
  CHECK(fault_of(mapping(), row({{"call", "#NAME?"}})) == RowFault::excel_error);
  CHECK(fault_of(mapping(), row({{"start", "2021/1/31 11:41"}})) == RowFault::excel_date);
  CHECK(fault_of(mapping(), row({{"contract", "1.38E+10"}})) == RowFault::none);
  CHECK(mapped(mapping(), row({{"id", "=\"007\""}})).key == "007");
  Mapping templated = mapping();
  templated.recording.column.clear();
  templated.recording.path_template = "{contract}.wav";
  CHECK(fault_of(templated, row({{"contract", "1.38E+10"}})) == RowFault::excel_exponent);
}

TEST_CASE("cut digits show once the whole file was looked at") {
  const auto cut = row({{"call", "110101199003071000"}});
  const auto cut_too = row({{"call", "110101199003072000"}});
  RowMapper mapper(mapping(), kColumns);
  RowFacts facts;
  mapper.map(cut, facts);
  CHECK(facts.fault == RowFault::none);
  mapper.look(cut);
  mapper.look(cut_too);
  mapper.map(cut, facts);
  CHECK(facts.fault == RowFault::excel_cut_digits);
}

TEST_CASE("a time that cannot be understood rejects the row") {
  for (const std::string text :
       {"2021-02-30 11:41:29", "31/01/2021 11:41:29", "yesterday", "1612064489"}) {
    CAPTURE(text);
    const RowFacts facts = mapped(mapping(), row({{"start", text}}));
    CHECK(facts.fault == RowFault::bad_time);
    CHECK_FALSE(facts.start_ms);
  }
  CHECK(mapped(mapping(), row({{"start", " 2021-01-31 11:41:29 "}})).start_ms);
}

TEST_CASE(
    "clocks set at the source: an hour that never was is refused, of one twice the first is "
    "taken") {
  Mapping berlin = mapping();
  berlin.zone = "Europe/Berlin";
  RowMapper mapper(berlin, kColumns);
  RowFacts facts;
  mapper.map(row({{"start", "2021-03-28 02:30:00"}}), facts);
  CHECK(facts.fault == RowFault::skipped_time);
  CHECK(mapper.repeated_starts() == 0);
  mapper.map(row({{"start", "2021-10-31 02:30:00"}}), facts);
  CHECK(facts.fault == RowFault::none);
  CHECK(facts.start_ms == ms_of("2021-10-31T00:30:00Z"));
  CHECK(mapper.repeated_starts() == 1);

  // A source that says which of the two it was is believed.
  berlin.start.format = "iso8601";
  RowMapper exact(berlin, kColumns);
  exact.map(row({{"start", "2021-10-31T02:30:00+01:00"}}), facts);
  CHECK(facts.start_ms == ms_of("2021-10-31T01:30:00Z"));
  CHECK(exact.repeated_starts() == 0);
}

TEST_CASE("a row's clock may differ from the site's, by which recordings are called") {
  Mapping by = mapping();
  by.start.zone = "UTC";
  by.recording.column.clear();
  by.recording.path_template = "{start:%m%d-%H%M%S}_{to}.wav";
  const RowFacts facts = mapped(by, row({{"start", "2021-01-31 23:41:29"}}));
  CHECK(facts.start_ms == ms_of("2021-01-31T23:41:29Z"));
  CHECK(facts.path == "rec/0201-074129_2049.wav");
}

TEST_CASE("durations are read in their units") {
  const auto duration = [](DurationUnit unit, std::string_view text) {
    Mapping by = mapping();
    by.duration.unit = unit;
    const RowFacts facts = mapped(by, row({{"spent", text}}));
    CHECK((facts.fault == RowFault::none) == facts.duration_ms.has_value());
    CHECK((facts.fault == RowFault::none || facts.fault == RowFault::bad_duration));
    return facts.duration_ms.value_or(-1);
  };
  CHECK(duration(DurationUnit::seconds, "65") == 65'000);
  CHECK(duration(DurationUnit::seconds, "65.5") == 65'500);
  CHECK(duration(DurationUnit::seconds, "0") == 0);
  CHECK(duration(DurationUnit::milliseconds, "65250") == 65'250);
  CHECK(duration(DurationUnit::microseconds, "65250999") == 65'250);
  CHECK(duration(DurationUnit::clock, "0:01:05") == 65'000);
  CHECK(duration(DurationUnit::clock, "01:05") == 65'000);
  CHECK(duration(DurationUnit::clock, "25:00:00.25") == 90'000'250);
  for (const std::string text : {"-1", "1m", "1:05", "abc", "1.", ".5", "9999999999999999", "+1"}) {
    CAPTURE(text);
    CHECK(duration(DurationUnit::seconds, text) == -1);
  }
  for (const std::string text :
       {"65", "1:60", "0:60:00", "1:2:3:4", ":05", "1:", "1:5", "-1:05", "1::05"}) {
    CAPTURE(text);
    CHECK(duration(DurationUnit::clock, text) == -1);
  }
}

TEST_CASE("numbers are each told once, and what is none rejects the row") {
  CHECK(mapped(mapping(), row({{"to", "+8613800138000"}})).numbers ==
        std::vector<std::string>{"13800138000"});
  CHECK(mapped(mapping(), row({{"from", "anonymous"}})).numbers ==
        std::vector<std::string>{"2049"});
  CHECK(fault_of(mapping(), row({{"from", "13800138000,13900139000"}})) == RowFault::bad_number);
}

TEST_CASE("a path in a column is put below the folder") {
  Mapping by = mapping();
  by.recording.strip = "/var/spool/";
  const auto path = [&](std::string_view text) { return mapped(by, row({{"file", text}})); };
  CHECK(path("/var/spool/a/b.wav").path == "rec/a/b.wav");
  CHECK(path("a/b.wav").path == "rec/a/b.wav");
  CHECK(path("a\\b.wav").path == "rec/a/b.wav");
  for (const std::string text : {"/srv/b.wav", "../b.wav", "a//b.wav", "a/", "/var/spool//b"}) {
    CAPTURE(text);
    CHECK(path(text).fault == RowFault::bad_path);
    CHECK(path(text).path.empty());
  }
  by.recording.strip = "D:\\rec\\";
  CHECK(path("D:\\rec\\a\\b.wav").path == "rec/a/b.wav");
}

TEST_CASE("a template with a star gives what the path must fit") {
  Mapping by = mapping();
  by.recording.column.clear();
  by.recording.path_template = "{start:%m/%d}/*_{from}_*.wav";
  RowMapper mapper(by, kColumns);
  RowFacts facts;
  mapper.map(row(), facts);
  const PathPattern pattern = PathPattern::parse(facts.path);
  CHECK(pattern.pieces.size() == 3);
  CHECK(pattern.prefix() == "rec/01/31/");
  CHECK(pattern.fits("rec/01/31/2049_13800138000_1.wav"));
  CHECK_FALSE(pattern.fits("rec/01/31/2049_13800138000/1.wav"));
  CHECK(pattern.text() == facts.path);
  mapper.map(row({{"start", ""}}), facts);
  CHECK(facts.path.empty());
  CHECK(facts.fault == RowFault::none);
}

TEST_CASE("what a template is filled with cannot lead out of the folder") {
  Mapping by = mapping();
  by.recording.column.clear();
  by.recording.path_template = "{contract}.wav";
  CHECK(mapped(by, row({{"contract", "a/b"}})).path == "rec/a/b.wav");
  CHECK(fault_of(by, row({{"contract", "../../x"}})) == RowFault::bad_path);
}

TEST_CASE("whether a recording is expected is the mapping's rule") {
  using Kind = ExpectedRule::Kind;
  const auto expects = [](ExpectedRule rule, const CsvField& field) {
    Mapping by = mapping();
    rule.column = "flag";
    by.recording.expected = std::move(rule);
    const RowFacts facts = mapped(by, row({{"flag", field}}));
    CHECK(facts.fault == RowFault::none);
    return facts.expects_recording;
  };
  const ExpectedRule above{.kind = Kind::above, .above = 0};
  CHECK(expects(above, "1612064489123"));
  CHECK(expects(above, "0.5"));
  for (const CsvField& field : {CsvField("0"), CsvField("0.0"), CsvField("-0.5"), CsvField("-1"),
                                CsvField(""), CsvField()}) {
    CHECK_FALSE(expects(above, field));
  }
  const ExpectedRule equals{.kind = Kind::equals, .equals = "ANSWERED"};
  CHECK(expects(equals, "ANSWERED"));
  CHECK_FALSE(expects(equals, "NO ANSWER"));
  CHECK_FALSE(expects(equals, {}));
  const ExpectedRule not_empty{.kind = Kind::not_empty};
  CHECK(expects(not_empty, "x"));
  CHECK_FALSE(expects(not_empty, ""));
  CHECK_FALSE(expects(not_empty, {}));
  Mapping by = mapping();
  by.recording.expected = {.kind = Kind::above, .column = "flag"};
  CHECK(fault_of(by, row({{"flag", "yes"}})) == RowFault::bad_amount);
}

TEST_CASE("columns that a mapping names and nobody has are told, each with its key") {
  Mapping by = mapping();
  by.recording.column.clear();
  by.recording.path_template = "{agent}_{from}.wav";
  CHECK(missing_columns(by, kColumns).size() == 1);
  const std::vector<std::string> columns = {"id", "call", "Start", "spent", "to", "agent"};
  std::vector<std::string> told;
  for (const NamedColumn& named : missing_columns(by, columns)) {
    told.push_back(std::string(named.key) + "=" + named.column);
  }
  CHECK(told == std::vector<std::string>{"start.column=start", "numbers.columns=from",
                                         "recording.template=from"});
  CHECK(missing_columns(mapping(), kColumns).empty());
}

TEST_CASE("columns that came, went or have another name are told") {
  using Names = std::vector<std::string>;
  const Names before = {"a", "b", "c", "d"};
  CHECK(drift_of(before, before) == ColumnDrift{});
  CHECK(drift_of(before, Names{"d", "c", "b", "a"}) ==
        ColumnDrift{.added = {}, .gone = {}, .renamed = {}, .reordered = true});
  CHECK(drift_of(before, Names{"x", "b", "a", "d"}) ==
        ColumnDrift{.added = {"x"}, .gone = {"c"}, .renamed = {}, .reordered = true});
  CHECK(drift_of(before, Names{"a", "b", "x", "c", "d"}) ==
        ColumnDrift{.added = {"x"}, .gone = {}, .renamed = {}});
  CHECK(drift_of(before, Names{"a", "c", "d"}) ==
        ColumnDrift{.added = {}, .gone = {"b"}, .renamed = {}});
  CHECK(drift_of(before, Names{"a", "x", "c", "d"}) ==
        ColumnDrift{.added = {}, .gone = {}, .renamed = {{"b", "x"}}});
  CHECK(drift_of(before, Names{"x", "y", "c", "d", "z"}) ==
        ColumnDrift{.added = {"z"}, .gone = {}, .renamed = {{"a", "x"}, {"b", "y"}}});
  CHECK(drift_of(before, Names{"a", "c", "d", "x"}) ==
        ColumnDrift{.added = {"x"}, .gone = {"b"}, .renamed = {}});
}

TEST_CASE("a limit is reached by a count or by a share of all") {
  CHECK(is_reached({.value = 3}, 3, 1000));
  CHECK_FALSE(is_reached({.value = 3}, 2, 1000));
  const Limit half_percent{.value = 5000, .is_share = true};
  CHECK(is_reached(half_percent, 5, 1000));
  CHECK_FALSE(is_reached(half_percent, 5, 1001));
  CHECK_FALSE(is_reached(half_percent, 0, 0));
  CHECK(is_reached(half_percent, 1, 1));
}

}  // namespace holdfast::records

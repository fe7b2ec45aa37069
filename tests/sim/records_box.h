// SPDX-License-Identifier: Apache-2.0
// A box whose business has recordings and rows: a folder of calls, a folder of CSV files, and a
// database that is asked.
#pragma once

#include "firmware/source/row_query.h"
#include "hal/sim/sql.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

// One call as all systems of the site know it.
struct Call {
  std::string id;
  std::string agent;
  std::string phone;
  std::string start;  // 2026-01-01 09:00:00, Shanghai
  int seconds = 10;
};

class RecordsBox : public ReadyBox {
 public:
  RecordsBox() { files.add_folder("/rows"); }

  static records::Mapping mapping() {
    records::Mapping mapping;
    mapping.zone = "Asia/Shanghai";
    mapping.key = {"call_id"};
    mapping.call_id = "call_id";
    mapping.start = {"start", "%Y-%m-%d %H:%M:%S", ""};
    mapping.duration = {"seconds", records::DurationUnit::seconds};
    mapping.number_columns = {"agent", "phone"};
    mapping.recording.folder = "calls";
    mapping.recording.path_template = "{agent}_{phone}_{start:%Y%m%d%H%M%S}.wav";
    mapping.recording.name_pattern = R"(/(?P<agent>\d+)_(?P<phone>\d+)_(?P<start>\d{14})\.wav$)";
    mapping.recording.start_format = "%Y%m%d%H%M%S";
    return mapping;
  }
  static std::string header() { return "call_id,agent,phone,start,seconds\n"; }
  static std::string row(const Call& call) {
    return call.id + "," + call.agent + "," + call.phone + "," + call.start + "," +
           std::to_string(call.seconds) + "\n";
  }
  static std::string name_of(const Call& call) {
    std::string digits;
    for (const char c : call.start) {
      if (c >= '0' && c <= '9') digits += c;
    }
    return call.agent + "_" + call.phone + "_" + digits + ".wav";
  }
  static Call call(int number) {
    const std::string two = std::to_string(10 + number % 50);
    return {"c" + std::to_string(number), std::to_string(2000 + number % 7),
            "138" + std::to_string(10000000 + number), "2026-01-01 09:00:" + two, 10};
  }
  // A few bytes a second, each of them the call's own.
  static std::string sound(const Call& call) {
    constexpr std::uint32_t kRate = 8;
    const auto size = static_cast<std::uint32_t>(call.seconds) * kRate;
    Bytes bytes;
    ByteWriter out(bytes);
    out.raw(view_of(std::string_view("RIFF")));
    out.u32(size + 36);
    out.raw(view_of(std::string_view("WAVEfmt ")));
    out.u32(16);
    out.u16(1);  // PCM
    out.u16(1);  // mono
    out.u32(kRate);
    out.u32(kRate);
    out.u16(1);
    out.u16(8);
    out.raw(view_of(std::string_view("data")));
    out.u32(size);
    std::string text(text_of(bytes));
    for (std::uint32_t i = 0; i < size; ++i) text += call.id[i % call.id.size()];
    return text;
  }
  void record(const Call& call) { write(name_of(call), sound(call)); }
  void write_rows(const std::string& name, const std::string& text) {
    files.write_file("/rows/" + name, view_of(text));
  }

  static source::SourceDefinition csv_source() {
    source::SourceDefinition rows{"rows", "/rows", {}, false, {}, 0};
    rows.type = source::SourceType::csv;
    rows.mapping = mapping();
    rows.rules = "schema = 1\n";
    return rows;
  }
  static source::SourceDefinition sql_source() {
    source::SourceDefinition cdr{"cdr", "", {}, false, {}, 0};
    cdr.type = source::SourceType::sql;
    cdr.mapping = mapping();
    cdr.rules = "schema = 1\n";
    cdr.sql.server = "crm.example";
    cdr.sql.query = "select * from cdr where t >= :since and t < :until";
    cdr.sql.time = "%Y-%m-%d %H";  // the simulated clock goes on while a run works
    cdr.sql.zone = "UTC";
    cdr.sql.first = "2020-01-01 00";
    return cdr;
  }
  static sim::SqlTable table_of(const std::vector<Call>& calls) {
    sim::SqlTable table;
    for (const char* name : {"call_id", "agent", "phone", "start", "seconds"}) {
      table.columns.push_back({name, "text", false});
    }
    for (const Call& call : calls) {
      table.rows.push_back(
          {call.id, call.agent, call.phone, call.start, std::to_string(call.seconds)});
    }
    return table;
  }
  source::BusinessDefinition definition() const {
    source::BusinessDefinition definition;
    definition.name = "calls";
    definition.kind = kind;
    definition.sources.push_back({first_source, "/calls", {}, false, {}, 0});
    if (has_csv) {
      source::SourceDefinition rows = csv_source();
      if (!slip.empty()) rows.mapping.duration.column = slip;
      if (!has_recordings) rows.mapping.recording = {};
      if (reuses_names) {
        rows.mapping.recording.path_template = "ch{agent}.wav";
        rows.mapping.recording.name_pattern.clear();
        rows.mapping.recording.start_format.clear();
      }
      if (is_strict) {
        rows.mapping.recording.path_template.clear();
        rows.mapping.recording.name_pattern.clear();
        rows.mapping.recording.start_format.clear();
      }
      if (!path_template.empty()) rows.mapping.recording.path_template = path_template;
      rows.rules = rules;
      rows.completeness = completeness;
      rows.completeness_rules = completeness_rules;
      definition.sources.push_back(rows);
    }
    if (has_sql) {
      source::SourceDefinition cdr = sql_source();
      cdr.rules = rules;
      cdr.sql.slice_days = slice_days;
      definition.sources.push_back(cdr);
    }
    return definition;
  }
  Result<job::BackupReport> backup() {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::write));
    job::BackupRequest request;
    request.definition = definition();
    request.paths = only_paths;
    request.stop = &stop;
    request.sql = &sql;
    request.full_interval_ns = full_interval_ns;
    request.partial_interval_ns = partial_interval_ns;
    request.window = hours;
    request.progress = progress;
    request.rebuild_index = rebuild_index;
    return job::run_backup(*business, wrapped_files != nullptr ? *wrapped_files : files, request);
  }
  // One that must be done.
  job::BackupReport backed_up() {
    auto report = backup();
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    return std::move(*report);
  }
  // What the database says to the question of a run at this moment, when the newest item of the
  // source was asked for at `newest`.
  void answer(const std::vector<Call>& calls, std::optional<Timestamp> newest) {
    const source::SqlRules asked = definition().sources.back().sql;
    answer_window(calls, source::window_after(asked, newest, clock.now()));
  }
  void answer_window(const std::vector<Call>& calls, const source::RowWindow& window) {
    const source::SqlRules asked = definition().sources.back().sql;
    sql.answer(asked.server, source::make_query(asked, window), table_of(calls));
  }
  // That snapshot, or the newest one, with the rows of each recording beside it.
  Result<job::RestoreReport> restore_with_rows(const std::string& target, bool overwrite = false,
                                               std::optional<std::uint64_t> number = {}) {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::read));
    job::RestoreRequest request;
    HF_TRY(request.selection.snapshot, business->find_snapshot({number, {}, {}}));
    request.target = target;
    request.selection.paths = restored_paths;
    request.selection.gone = restores_gone;
    request.overwrite = overwrite;
    request.rows_by = definition();
    return job::run_restore(*business, files, request);
  }
  // All that the newest snapshot has, with the names of the sources.
  std::map<std::string, std::string> newest() {
    const auto box = open();
    REQUIRE(box);
    const auto business = (*box)->open_business("calls", vault::Access::read);
    REQUIRE(business);
    job::RestoreRequest request;
    request.selection.snapshot = (*business)->find_snapshot({}).value();
    request.target = "/newest" + std::to_string(++restores_);
    const auto report = job::run_restore(**business, files, request);
    REQUIRE(report);
    CHECK(report->lost.count == 0);
    std::map<std::string, std::string> texts;
    for (const auto& [path, bytes] : read_tree(request.target)) {
      texts[path] = std::string(text_of(bytes));
    }
    return texts;
  }

  sim::SimSql sql{world};
  bool has_csv = true;
  bool has_sql = false;
  std::uint32_t slice_days = 0;  // at once
  bool is_strict = false;
  bool reuses_names = false;   // a recorder that has a file for each agent
  bool has_recordings = true;  // that the rows of the folder tell of
  std::int64_t partial_interval_ns = job::kPartialInterval_ns;
  job::Progress* progress = nullptr;
  std::optional<policy::Window> hours;    // in which sources may be read
  ports::Files* wrapped_files = nullptr;  // none: the box's own are read
  job::RebuildIndex rebuild_index;
  std::vector<std::string> restored_paths;  // none: everything
  bool restores_gone = false;
  std::string slip;           // a column that there is not
  std::string path_template;  // another one
  std::string first_source = "calls";
  std::string rules = "schema = 1\n";
  std::optional<records::CompletenessRules> completeness;  // of the rows of the folder
  std::string completeness_rules = "days = 7\n";

 private:
  int restores_ = 0;
};

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// How fast rows are taken into a record index, and found in it. Prints a table; docs/bench.md says
// how to run it.
//
//   bench_lookup FOLDER ROWS [QUERIES]    makes records.sqlite in FOLDER, an absolute path; 20
//                                         queries of each kind by default
//
// Rows are calls of three years, in files of a day each. Each query opens the file anew, as a new
// process does.
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "firmware/catalog/catalog.h"
#include "firmware/catalog/record_batch.h"
#include "firmware/catalog/record_index.h"
#include "hal/linux/clock.h"
#include "hal/linux/disk.h"
#include "tools/bench_values.h"

namespace holdfast {

namespace {

using catalog::OpenMode;
using catalog::RecordIndex;
using catalog::RecordQuery;
using catalog::Row;
using catalog::RowItem;

constexpr std::uint32_t kDays = 1'096;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kFirstDayMs = 1'672'531'200'000;
const BusinessId kBusiness{{1}};

// Of 100 calls: outcomes from common to rare.
const std::vector<std::string> kOutcomes{"no answer", "承诺还款", "拒绝", "空号", "转人工"};
const std::vector<std::string> kNotes{"客户承诺本周五前还款", "无人接听, 稍后再拨", "号码已停机",
                                      "家人代接, 转告本人", "call back on Friday"};
const std::vector<std::string> kFamilies{"张", "王", "李", "赵", "陈", "刘", "杨", "黄"};
const std::vector<std::string> kGiven{"伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋"};

class Calls {
 public:
  explicit Calls(std::uint32_t rows) : rows_(rows) {}

  [[nodiscard]] std::uint32_t in_a_day() const { return rows_ / kDays + 1; }

  // The rows of a day, in the order in which days are asked for.
  std::vector<Row> day(std::uint32_t day) {
    std::vector<Row> rows;
    const std::uint32_t first = day * in_a_day();
    const std::uint32_t end = day < kDays ? std::min(rows_, first + in_a_day()) : first + 1;
    for (std::uint32_t index = first; index < end; ++index) rows.push_back(row(index));
    return rows;
  }

 private:
  // The fields of a call centre's row, some 120 bytes. Number by number the same every time.
  Row row(std::uint32_t index) {
    const auto below = [&](std::uint32_t end) {
      return static_cast<std::uint32_t>(random_() % end);
    };
    const std::uint32_t day = index / in_a_day();
    Row row;
    row.number = index % in_a_day() + 1;
    row.facts.start_ms = kFirstDayMs + day * kDayMs + 28'800'000 + below(36'000) * 1'000;
    row.facts.duration_ms = below(600) * 1'000;
    row.facts.call_id = std::to_string(1'700'000'000 + index) + "." + std::to_string(below(900));
    row.facts.key = row.facts.call_id;
    const std::string agent = std::to_string(2'000 + below(300));
    const std::string phone = "13" + std::to_string(100'000'000 + below(899'999'999));
    row.facts.numbers = {phone, agent};
    row.facts.path = "recordings/" + std::to_string(day) + "/" + agent + "_" + phone + ".wav";
    const std::uint32_t outcome = below(100);
    const std::uint32_t kind = outcome < 60 ? 0 : outcome < 90 ? 1 : outcome < 99 ? 2 : 3;
    row.fields = {
        row.facts.call_id,
        agent,
        phone,
        "HT" + std::to_string(10'000'000 + below(rows_ / 4 + 1)),
        kFamilies[below(8)] + kGiven[below(10)] + (below(2) == 0 ? kGiven[below(10)] : ""),
        std::to_string(*row.facts.start_ms),
        std::to_string(*row.facts.duration_ms / 1'000),
        below(10'000) == 0 ? kOutcomes[4] : kOutcomes[kind],
        kNotes[below(5)]};
    row.verbatim.bytes[0] = static_cast<std::uint8_t>(index);
    return row;
  }

  std::uint32_t rows_;
  std::mt19937 random_{1};  // NOLINT: the same every time
};

RowItem item_of_day(std::uint32_t day) {
  return {"calls",
          "rows/" + std::to_string(day) + ".csv",
          sha256(view_of(std::to_string(day))),
          day + 1,
          {"call_id", "agent", "phone", "contract", "name", "start", "seconds", "outcome", "note"}};
}

void add_day(RecordIndex& index, std::uint32_t day, const std::vector<Row>& rows) {
  must(index.begin());
  must(index.add_row_item(item_of_day(day)));
  for (const Row& row : rows) must(index.add_row(row));
  must(index.commit({day + 1, sha256(view_of(std::to_string(day)))}));
}

// Wall time, and processor time, which other programs on the machine do not change.
struct Times {
  double wall_ms = 0;
  double cpu_ms = 0;
};

class Bench {
 public:
  Bench(const std::string& folder, std::uint32_t rows, int queries)
      : folder_(folder), path_(folder + "/" + kName), rows_(rows), queries_(queries) {}

  void run() {
    build();
    std::cout << "\n| query | rows found | p50, ms | max, ms | p50, CPU ms |\n"
                 "|---|---:|---:|---:|---:|\n";
    measure_numbers();
    measure_values();
    measure_texts();
    measure_classes();
  }

 private:
  using Ask = std::function<void(RecordQuery& query, const Row& like)>;

  void measure_numbers() {
    measure("call id",
            [&](RecordQuery& query, const Row& like) { query.call_id = like.facts.call_id; });
    measure("key", [&](RecordQuery& query, const Row& like) { query.key = like.facts.key; });
    measure("number", [&](RecordQuery& query, const Row& like) {
      query.numbers.push_back(like.facts.numbers[0]);
    });
    for (const std::size_t digits : {4U, 5U, 6U, 7U, 8U}) {
      const std::string what = "last " + std::to_string(digits) + " digits";
      measure(what.c_str(), [&](RecordQuery& query, const Row& like) {
        query.number_endings.push_back(ending_of(like, digits));
      });
    }
    measure("last 4 digits, one day", [&](RecordQuery& query, const Row& like) {
      query.number_endings.push_back(ending_of(like, 4));
      on_day_of(like, query);
    });
  }

  void measure_values() {
    measure("contract", [&](RecordQuery& query, const Row& like) {
      query.columns.push_back({"contract", *like.fields[3]});
    });
    measure("outcome of 3 in 10 rows", [&](RecordQuery& query, const Row&) {
      query.columns.push_back({"outcome", kOutcomes[1]});
    });
    measure("outcome of 3 in 10 rows, rarest outcome of all: none",
            [&](RecordQuery& query, const Row&) {
              query.columns.push_back({"outcome", kOutcomes[1]});
              query.texts.push_back({"outcome", kOutcomes[4]});
            });
    measure("outcome of 9 in 100 rows, last 4 digits", [&](RecordQuery& query, const Row& like) {
      query.columns.push_back({"outcome", kOutcomes[2]});
      query.number_endings.push_back(ending_of(like, 4));
    });
    measure("outcome of 9 in 100 rows, name, agent, one day",
            [&](RecordQuery& query, const Row& like) {
              query.columns.push_back({"outcome", kOutcomes[2]});
              query.texts.push_back({"name", *like.fields[4]});
              query.columns.push_back({"agent", *like.fields[1]});
              on_day_of(like, query);
            });
    measure("outcome of 3 in 10 and one of 9 in 100 rows: none",
            [&](RecordQuery& query, const Row&) {
              query.columns.push_back({"outcome", kOutcomes[1]});
              query.texts.push_back({"", kOutcomes[2]});
            });
  }

  void measure_texts() {
    measure("name of two characters", [&](RecordQuery& query, const Row& like) {
      query.texts.push_back({"name", like.fields[4]->substr(0, 6)});
    });
    measure("words of a note",
            [&](RecordQuery& query, const Row&) { query.texts.push_back({"", "call back"}); });
    measure("words of a note, in another order: none",
            [&](RecordQuery& query, const Row&) { query.texts.push_back({"", "friday call"}); });
    measure("part of a Chinese note",
            [&](RecordQuery& query, const Row&) { query.texts.push_back({"", "五前还款"}); });
    measure("part of a note, outcome of 9 in 100 rows, contract",
            [&](RecordQuery& query, const Row& like) {
              query.texts.push_back({"", like.fields[8]->substr(0, 12)});
              query.columns.push_back({"outcome", *like.fields[7]});
              query.columns.push_back({"contract", *like.fields[3]});
            });
  }

  void measure_classes() {
    measure("agent", [&](RecordQuery& query, const Row& like) {
      query.columns.push_back({"agent", *like.fields[1]});
    });
    measure("agent, outcome of 1 in 10,000 rows", [&](RecordQuery& query, const Row& like) {
      query.columns.push_back({"agent", *like.fields[1]});
      query.columns.push_back({"outcome", kOutcomes[4]});
    });
    measure("class of 1 in 50 rows", [&](RecordQuery& query, const Row&) {
      query.row_class = records::CallClass::missing_recording;
    });
    measure("class of no row, outcome of 9 in 100 rows: none", [&](RecordQuery& query, const Row&) {
      query.row_class = records::CallClass::late;
      query.columns.push_back({"outcome", kOutcomes[2]});
    });
    measure("first year, outcome of 3 in 10 rows", [&](RecordQuery& query, const Row&) {
      query.until_ms = kFirstDayMs + 365 * kDayMs;
      query.columns.push_back({"outcome", kOutcomes[1]});
    });
    measure("one day", [&](RecordQuery& query, const Row& like) { on_day_of(like, query); });
    measure("no condition", [&](RecordQuery&, const Row&) {});
  }

  [[nodiscard]] Times since(std::int64_t wall_ns, std::clock_t cpu) {
    return {static_cast<double>(clock_.monotonic_ns() - wall_ns) / 1e6,
            static_cast<double>(std::clock() - cpu) * 1e3 / CLOCKS_PER_SEC};
  }
  static std::string ending_of(const Row& row, std::size_t digits) {
    const std::string& number = row.facts.numbers[0];
    return number.substr(number.size() - digits);
  }
  static void on_day_of(const Row& row, RecordQuery& query) {
    query.from_ms = *row.facts.start_ms / kDayMs * kDayMs;
    query.until_ms = *query.from_ms + kDayMs;
  }

  // Keeps a row of every now and then, as what is asked for.
  void build() {
    must(catalog::remove_files(path_));
    RecordIndex index = value_of(RecordIndex::open(path_, OpenMode::write, kBusiness));
    Calls calls(rows_);
    const std::int64_t wall = clock_.monotonic_ns();
    const std::clock_t cpu = std::clock();
    double slowest = 0;
    for (std::uint32_t at = 0; at < rows_; at += calls.in_a_day()) {
      const std::int64_t day = clock_.monotonic_ns();
      const std::vector<Row> rows = calls.day(at / calls.in_a_day());
      add_day(index, at / calls.in_a_day(), rows);
      slowest = std::max(slowest, since(day, 0).wall_ms);
      if (random_() % 50 == 0 || wanted_.empty()) wanted_.push_back(rows[random_() % rows.size()]);
    }
    must(index.checkpoint());
    const Times times = since(wall, cpu);
    judge(index);
    const std::uint64_t bytes =
        value_of(value_of(linux::PosixDisk::open_root(folder_))->size_of(kName));
    const Row late = calls.day(kDays)[0];
    const std::int64_t more = clock_.monotonic_ns();
    add_day(index, kDays, {late});
    std::cout << rows_ << " rows in files of " << calls.in_a_day() << ": " << times.wall_ms / 1e3
              << " s, " << rows_ / times.wall_ms << " thousand rows a second (by processor time "
              << rows_ / times.cpu_ms << "), slowest file " << slowest << " ms\n"
              << bytes << " bytes, " << bytes / rows_ << " a row\n"
              << "One row more: " << since(more, 0).wall_ms << " ms\n";
  }

  // One row in fifty has no recording.
  void judge(RecordIndex& index) {
    must(index.begin());
    must(catalog::RecordBatch(index).set_row_classes([](std::uint32_t row) {
      return row % 50 == 7 ? records::CallClass::missing_recording : records::CallClass::matched;
    }));
    must(index.commit({kDays, sha256(view_of(std::string_view("judged")))}));
    must(index.checkpoint());
  }

  void measure(const char* what, const Ask& ask) {
    std::vector<Times> all;
    std::size_t found = 0;
    for (int i = 0; i < queries_; ++i) {
      RecordQuery query;
      ask(query, wanted_[static_cast<std::size_t>(i) % wanted_.size()]);
      const std::int64_t wall = clock_.monotonic_ns();
      const std::clock_t cpu = std::clock();
      RecordIndex index = value_of(RecordIndex::open(path_, OpenMode::read, kBusiness));
      const catalog::FoundRows rows = value_of(index.find(query));
      all.push_back(since(wall, cpu));
      found = std::max(found, rows.rows.size());
    }
    std::ranges::sort(all, {}, &Times::wall_ms);
    const double median = all[all.size() / 2].wall_ms;
    const double longest = all.back().wall_ms;
    std::ranges::sort(all, {}, &Times::cpu_ms);
    std::cout << "| " << what << " | " << found << " | " << median << " | " << longest << " | "
              << all[all.size() / 2].cpu_ms << " |\n";
  }

  static constexpr const char* kName = "records.sqlite";

  std::string folder_;
  std::string path_;
  std::uint32_t rows_;
  int queries_;
  linux::SystemClock clock_;
  std::mt19937 random_{2};  // NOLINT: the same every time
  std::vector<Row> wanted_;
};

}  // namespace

}  // namespace holdfast

int main(int argc, char** argv) {
  const long rows = argc > 2 ? std::atol(argv[2]) : 0;
  const int queries = argc > 3 ? std::atoi(argv[3]) : 20;
  if (argc > 4 || rows < 1 || rows > 1'000'000'000 || queries < 1) {
    std::cerr << "usage: bench_lookup FOLDER ROWS [QUERIES]\n";
    return 2;
  }
  std::cout.precision(3);
  holdfast::Bench(argv[1], static_cast<std::uint32_t>(rows), queries).run();
  return 0;
}

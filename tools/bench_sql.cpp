// SPDX-License-Identifier: Apache-2.0
// How fast rows come out of SQLite by the sql port, against a loop over sqlite3_step() that takes
// each column's text and looks at no more. Prints a table; docs/bench.md says how to run it.
//
//   bench_sql FOLDER [ROUNDS]      a file of a million calls is made in FOLDER; 9 rounds by default
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "hal/linux/sql/client.h"

namespace holdfast {

namespace {

constexpr std::size_t kRows = 1'000'000;
constexpr const char* kQuery = "select * from calls";
// One call: id, agent, number, contract, start, seconds, outcome, note.
constexpr const char* kMake =
    "pragma journal_mode = off; drop table if exists calls;"
    "create table calls (call_id integer, agent text, phone text, contract text, start text,"
    " seconds real, outcome text, note text);"
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000)"
    " insert into calls select 9000000000 + i, '2' || (i % 500), '138' || (10000000 + i),"
    " 'HT' || (20000000 + i), datetime(1770000000 + i, 'unixepoch'), (i % 18000) / 10.0,"
    " case when i % 3 then '承诺还款' end, 'customer will pay on Friday' from n";

struct Count {
  std::size_t rows = 0;
  std::size_t bytes = 0;
};

Count extract(const std::string& path) {
  linux::SqlClients client;
  auto session = *client.open({.server = path});
  std::vector<ports::SqlField> row;
  Count count;
  static_cast<void>(*session->start({.text = kQuery}));
  for (; *session->next(row); ++count.rows) {
    for (const ports::SqlField& field : row) count.bytes += field ? field->size() : 0;
  }
  return count;
}

Count step(const std::string& path) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  HF_CHECK(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  HF_CHECK(sqlite3_prepare_v2(database, kQuery, -1, &statement, nullptr) == SQLITE_OK);
  const int columns = sqlite3_column_count(statement);
  Count count;
  for (; sqlite3_step(statement) == SQLITE_ROW; ++count.rows) {
    for (int i = 0; i < columns; ++i) {
      if (sqlite3_column_text(statement, i) == nullptr) continue;
      count.bytes += static_cast<std::size_t>(sqlite3_column_bytes(statement, i));
    }
  }
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return count;
}

// Seconds of this process's processor time: other programs on the machine do not count.
double seconds_of(const std::function<Count()>& work) {
  const std::clock_t start = std::clock();
  const Count count = work();
  const std::clock_t end = std::clock();
  HF_CHECK(count.rows == kRows && count.bytes > 80 * kRows);
  return static_cast<double>(end - start) / CLOCKS_PER_SEC;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void run(const std::string& path, int rounds) {
  sqlite3* database = nullptr;
  HF_CHECK(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  HF_CHECK(sqlite3_exec(database, kMake, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
  std::vector<double> ours;
  std::vector<double> naive;
  std::vector<double> ratios;
  // One round is one of each, so that what else the machine does hits both.
  for (int round = 0; round < rounds; ++round) {
    ours.push_back(kRows / seconds_of([&] { return extract(path); }));
    naive.push_back(kRows / seconds_of([&] { return step(path); }));
    ratios.push_back(ours.back() / naive.back());
  }
  std::cout.precision(2);
  std::cout << "| rows | ours, rows/s | sqlite3_step, rows/s | ratio |\n|---:|---:|---:|---:|\n| "
            << kRows << " | " << static_cast<int>(median(ours)) << " | "
            << static_cast<int>(median(naive)) << " | " << median(ratios) << " |\n";
}

}  // namespace

}  // namespace holdfast

int main(int argc, char** argv) {
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  if (argc < 2 || argc > 3 || rounds < 1) {
    std::cerr << "usage: bench_sql FOLDER [ROUNDS]\n";
    return 2;
  }
  holdfast::run(std::string(argv[1]) + "/bench_sql.db", rounds);
  return 0;
}

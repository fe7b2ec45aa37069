// SPDX-License-Identifier: Apache-2.0
// How fast business files are taken apart, against a split by line ends and commas that knows no
// quotes, checks nothing and keeps nothing. Prints a table; docs/bench.md says how to run it.
//
//   bench_csv [ROUNDS]      files of 64 MiB made in memory, 9 rounds by default
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "firmware/records/csv_file.h"

namespace holdfast {

namespace {

using records::Charset;

constexpr std::size_t kFileSize = 64 * kMiB;
constexpr std::size_t kBlockSize = 256 * kKiB;

struct Words {
  std::string outcome;
  std::string note;
};

const Words kEnglish{"promise", "customer will pay on Friday"};
const Words kChinese{"承诺还款", "客户承诺本周五前还款"};
const Words kGb18030{
    "\xB3\xD0\xC5\xB5\xBB\xB9\xBF\xEE",
    "\xBF\xCD\xBB\xA7\xB3\xD0\xC5\xB5\xB1\xBE\xD6\xDC\xCE\xE5\xC7\xB0\xBB\xB9\xBF\xEE"};
const Words kQuoted{"\"promise\"", "\"customer will pay \"\"on Friday\"\", in full\""};

// One call: id, agent, number, contract, start, seconds, outcome, note.
std::string row_of(std::mt19937& random, const Words& words) {
  const auto number = [&](std::size_t digits) {
    std::string text = std::to_string(random());
    text.resize(digits, '7');
    return text;
  };
  const std::string two = std::to_string(10 + random() % 18);
  return number(10) + ",2" + number(3) + ",138" + number(8) + ",HT" + number(8) + ",2026-03-" +
         two + " " + two + ":" + two + ":" + two + "," + std::to_string(random() % 1800) + "," +
         words.outcome + "," + words.note + "\n";
}

std::string make_file(const Words& words) {
  std::mt19937 random(1);  // NOLINT: the same every time
  std::string file = "call_id,agent,phone,contract,start,seconds,outcome,note\n";
  while (file.size() < kFileSize) file += row_of(random, words);
  return file;
}

// Of ASCII.
std::string as_utf16(const std::string& ascii) {
  std::string out;
  for (const char byte : ascii) out.append({byte, '\0'});
  return out;
}

struct Count {
  std::size_t rows = 0;
  std::size_t fields = 0;
};

Count parse(const std::string& text, Charset charset) {
  records::CsvFile file(records::kRfc4180, charset);
  records::CsvRow row;
  Count count;
  const auto take = [&] {
    while (file.next(row) == records::CsvStep::row) {
      HF_CHECK(row.fault == records::RowFault::none);
      ++count.rows;
      count.fields += row.fields.size();
    }
  };
  const std::string_view all = text;
  for (std::size_t at = 0; at < all.size(); at += kBlockSize) {
    file.push(view_of(all.substr(at, kBlockSize)));
    take();
  }
  file.finish();
  take();
  return count;
}

Count split(const std::string& text) {
  std::vector<std::string_view> fields;
  Count count;
  for (std::string_view rest = text; !rest.empty(); ++count.rows) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    fields.clear();
    for (std::size_t at = 0; at != std::string_view::npos;) {
      at = line.find(',');
      fields.push_back(line.substr(0, at));
      if (at != std::string_view::npos) line.remove_prefix(at + 1);
    }
    count.fields += fields.size();
  }
  return count;
}

// Seconds of this process's processor time: other programs on the machine do not count.
double seconds_of(const std::function<Count()>& work) {
  const std::clock_t start = std::clock();
  const Count count = work();
  const std::clock_t end = std::clock();
  HF_CHECK(count.rows > kFileSize / 1000 && count.fields >= 8 * count.rows);
  return static_cast<double>(end - start) / CLOCKS_PER_SEC;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// One round is one of each, so that what else the machine does hits both.
void measure(const std::string& what, const std::string& file, Charset charset, int rounds) {
  std::vector<double> ours;
  std::vector<double> naive;
  std::vector<double> ratios;
  const double megabytes = static_cast<double>(file.size()) / 1e6;
  for (int round = 0; round < rounds; ++round) {
    ours.push_back(megabytes / seconds_of([&] { return parse(file, charset); }));
    if (charset != Charset::utf8) continue;  // there is nothing as simple
    naive.push_back(megabytes / seconds_of([&] { return split(file); }));
    ratios.push_back(ours.back() / naive.back());
  }
  std::cout << "| " << what << " | " << static_cast<int>(median(ours)) << " | ";
  if (!naive.empty()) std::cout << static_cast<int>(median(naive)) << " | " << median(ratios);
  std::cout << (naive.empty() ? "| |\n" : " |\n");
}

void run(int rounds) {
  std::cout.precision(2);
  std::cout << "| file | ours, MB/s | naive split, MB/s | ratio |\n|---|---:|---:|---:|\n";
  measure("ASCII", make_file(kEnglish), Charset::utf8, rounds);
  measure("Chinese outcome and note", make_file(kChinese), Charset::utf8, rounds);
  measure("two of eight fields quoted, with quotes inside", make_file(kQuoted), Charset::utf8,
          rounds);
  measure("as the second, in GB18030", make_file(kGb18030), Charset::gb18030, rounds);
  measure("as the first, in UTF-16", as_utf16(make_file(kEnglish)), Charset::utf16le, rounds);
}

}  // namespace

}  // namespace holdfast

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 9;
  if (argc > 2 || rounds < 1) {
    std::cerr << "usage: bench_csv [ROUNDS]\n";
    return 2;
  }
  holdfast::run(rounds);
  return 0;
}

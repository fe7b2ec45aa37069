// SPDX-License-Identifier: Apache-2.0
// The n-th operation of a kind fails, for every job, every kind of operation that it does, and n
// all over it: once; and from then on, on that disk or everywhere, until the job has ended. And one
// fails wherever it is reached through a call of the product that has seen no failure before. The
// job is then done or says why not; what was acknowledged is as it was; and the same job passes.
//
// Starts of threads, openings of disks, and what the catalog's database does, are operations here
// as well.
//
// A fault's site is what a person would call "there": the call, and the kind of file or folder that
// it was done to (kind_of).
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <iostream>
#include <map>

#include "tests/sim/failing_sqlite.h"
#include "tests/sim/jobs.h"
#include "tests/sim/sweep.h"
#include "tests/support/call_sites.h"

namespace holdfast::test {

namespace {

using Counts = std::map<std::string, std::uint64_t, std::less<>>;  // operations by their names

constexpr const char* kStartThread = "start thread";
constexpr const char* kDatabase = "database";
constexpr const char* kOpenDisk = "open disk";

struct Way {
  const char* name;
  ErrorCode code;
  // Of operations of that name: what comes after the n-th fails as well.
  bool lasts = false;
  bool everywhere = false;  // else on the disk of the n-th alone
  // How many of the operations of one name fail so at the least, if there are as many, each in a
  // copy of its own.
  std::uint64_t points = 1;
  std::uint64_t points_long = 2;
  bool at_new_calls = false;  // at those instead
};

constexpr std::array kWays{
    Way{"once", ErrorCode::io, false, false, 3, 16},
    Way{"once, at a limit of the process", ErrorCode::out_of_memory, false, false, 6, 16},
    Way{"for good on that disk", ErrorCode::io, true},
    Way{"for good on that disk, which is full", ErrorCode::no_space, true},
    Way{"for good everywhere", ErrorCode::io, true, true, 2, 4},
    Way{.name = "where a call comes by, at a limit of the process",
        .code = ErrorCode::out_of_memory,
        .at_new_calls = true},
#ifndef HOLDFAST_SANITIZED
    Way{.name = "where a call comes by", .code = ErrorCode::io, .at_new_calls = true},
#endif
};
using CallsByWay = std::array<CallSites, kWays.size()>;  // of all jobs together

// What a database does has no path that would tell one call from another: more of them fail.
std::uint64_t points_of([[maybe_unused]] const Way& way, [[maybe_unused]] const std::string& name) {
#ifdef HOLDFAST_SANITIZED
  return 1;
#else
  return (std::getenv("HOLDFAST_LONG") != nullptr ? way.points_long : way.points) *
         (name == kDatabase ? 6 : 1);
#endif
}

std::uint64_t stride_of(const Way& way, const std::string& name, std::uint64_t total) {
  return std::max<std::uint64_t>(1, total / points_of(way, name));
}

// Of an operation that no full disk refuses.
bool is_senseless(const Way& way, sim::Touch touch) {
  return way.code == ErrorCode::no_space && touch == sim::Touch::look;
}

// "/disk0" of "/disk0/packs/00".
std::string_view disk_of(std::string_view path) {
  return path.substr(0, path.find('/', 1));
}

std::unique_ptr<JobBox> make_box(const Job& job) {
  auto box = std::make_unique<JobBox>();
  require_done(job.prepare(*box));
  return box;
}

// Asks `meet(name, path, touch)` at each operation of `act`.
template <class Meet>
Result<void> act_asking(const Job& job, JobBox& box, const Meet& meet) {
  box.world.ask([&](const sim::Moment& now) { return meet(now.name, now.where, now.touch); });
  box.workers.ask([&, runs = 0]() mutable {
    ++runs;
    if (!meet(kStartThread, "", sim::Touch::look)) return sim::Starts::all;
    return runs % 2 == 0 ? sim::Starts::some : sim::Starts::none;
  });
  box.ask_open = [&](const std::string& path) { return meet(kOpenDisk, path, sim::Touch::look); };
  const FailingSqlite database([&] { return meet(kDatabase, "", sim::Touch::change); });
  auto answer = job.act(box);
  box.ask_open = {};
  box.world.ask({});
  box.workers.ask({});
  return answer;
}

Counts count_operations(const Job& job) {
  Counts counts;
  const auto box = make_box(job);
  require_done(act_asking(job, *box, [&](std::string_view name, auto&&...) {
    ++counts[std::string(name)];
    return std::optional<ErrorCode>();
  }));
  return counts;
}

// The fault that a copy has met.
struct Met {
  const Way* way = nullptr;
  std::string name;
  std::string disk;

  [[nodiscard]] std::optional<ErrorCode> again(std::string_view other,
                                               std::string_view path) const {
    const bool fails = way->lasts && other == name && (way->everywhere || disk_of(path) == disk);
    return fails ? std::optional(way->code) : std::nullopt;
  }
};

void check_answer(const Result<void>& answer) {
  if (answer) return;
  INFO(debug_text(answer.error()));
  constexpr std::array kForNobody{ErrorCode::internal, ErrorCode::power_cut,
                                  ErrorCode::invalid_argument};
  CHECK(std::ranges::find(kForNobody, answer.error().code) == kForNobody.end());
}

// "/disk#/packs/#/#-#-#.shard" of every shard: words that are numbers, and numbers behind words,
// are the same.
std::string kind_of(std::string_view path) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_hex = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  const auto is_word = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); };
  std::string kind;
  while (!path.empty()) {
    const auto end = std::ranges::find_if_not(path, is_word);
    std::string_view word = path.substr(0, static_cast<std::size_t>(end - path.begin()));
    path.remove_prefix(word.size());
    const bool is_number = !word.empty() && std::ranges::all_of(word, is_hex);
    const std::size_t kept = is_number ? 0 : word.find_last_not_of("0123456789") + 1;
    kind += word.substr(0, kept);
    if (kept < word.size()) kind += '#';
    const auto next = std::ranges::find_if(path, is_word);
    kind += path.substr(0, static_cast<std::size_t>(next - path.begin()));
    path.remove_prefix(static_cast<std::size_t>(next - path.begin()));
  }
  return kind;
}

// Of all jobs together.
struct Sites {
#ifdef HOLDFAST_SANITIZED
  static constexpr std::uint64_t kCountMin = 100;  // faults are fewer
#else
  static constexpr std::uint64_t kCountMin = 150;
#endif
  Tally count;         // different calls on different kinds of files
  Tally count_by_job;  // the same, each job's by itself
  std::size_t jobs_done = 0;

  void add(std::string_view job, std::string_view name, std::string_view path) {
    const std::string site = std::string(name) + " " + kind_of(path);
    if (known_.add(number_of(site))) count.add(1);
    if (known_.add(number_of(std::string(job) + ": " + site))) count_by_job.add(1);
  }

 private:
  static std::uint64_t number_of(const std::string& text) {
    return ByteReader(sha256(view_of(text)).view()).u64() | 1;
  }
  SharedSet known_;
};

struct Tallies {
  Tally faults;
  Tally outlived;  // the job was done all the same
  Tally changed;   // a state that no other fault had left
  SharedSet states;
};

// The fault is gone.
void check_after(const Job& job, JobBox& box, const Result<void>& answer, Tallies& tallies) {
  check_answer(answer);
  if (answer) job.check_done(box);
  if (!tallies.states.add(box.state())) return;
  tallies.changed.add(1);
  box.check_kept();
  if (!answer) {
    require_done(job.act(box));
    job.check_done(box);
  }
  box.check_goes_on();
}

void fail_everywhere(const Job& job, Tallies& tallies, Sites& sites, CallsByWay& calls) {
  const Counts totals = count_operations(job);
  const auto box = make_box(job);
  tallies.states.add(box->state());  // from where the good run goes on
  Branches branches;
  Counts seen;
  std::optional<Met> met;
  std::string what;
  const auto is_taken = [&](const std::string& name, std::uint64_t number, std::size_t way) {
    if (kWays[way].at_new_calls) return calls[way].add_way_here();
    const std::uint64_t stride = stride_of(kWays[way], name, totals.at(name));
    return number % stride == (name.size() + way) % stride;
  };
  const auto meet = [&](std::string_view operation, std::string_view path,
                        sim::Touch touch) -> std::optional<ErrorCode> {
    if (met) return met->again(operation, path);
    const std::string name(operation);
    const std::uint64_t number = ++seen[name];
    for (std::size_t way = 0; way < kWays.size(); ++way) {
      if (!is_taken(name, number, way) || is_senseless(kWays[way], touch)) continue;
      what = std::string(job.name) + ": " + name + " number " + std::to_string(number) + " of " +
             std::to_string(totals.at(name)) + ", at " + std::string(path) + ", fails " +
             kWays[way].name;
      if (!branches.split(what)) continue;
      met = Met{&kWays[way], name, std::string(disk_of(path))};
      sites.add(job.name, name, path);
      return kWays[way].code;
    }
    return std::nullopt;
  };
  branches.run([&] {
    const auto answer = act_asking(job, *box, meet);
    INFO(what);
    if (!branches.is_copy()) {
      require_done(answer);
      REQUIRE(seen == totals);
    } else {
      tallies.faults.add(1);
      tallies.outlived.add(answer ? 1 : 0);
    }
    check_after(job, *box, answer, tallies);
  });
}

}  // namespace

TEST_CASE("Whatever operation of a job fails, it is told or made up for, and the job can be done") {
  static Sites sites;  // the case runs once a section
  static CallsByWay calls;
  for (const Job& job : all_jobs()) {
    DYNAMIC_SECTION(job.name) {
      Tallies tallies;
      fail_everywhere(job, tallies, sites, calls);
      std::cout << job.name << ": " << tallies.faults.sum() << " faults, done all the same "
                << tallies.outlived.sum() << " times, " << tallies.changed.sum() << " states\n";
      CHECK(tallies.faults.sum() > 0);
      if (++sites.jobs_done < all_jobs().size()) continue;
      std::cout << sites.count.sum() << " sites of faults, " << sites.count_by_job.sum()
                << " if each job has its own\n";
      CHECK(sites.count.sum() >= Sites::kCountMin);
    }
  }
}

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// A job of the appliance: one run of the command line as a child, from the wish to its end.
//
//   queued ---> running ---> done      it came to its end; the exit code says what it found
//    ^  |          | |-----> failed    it ended in an error, or was killed
//    |  |          | |-----> stopped   somebody asked for that, or its window has closed
//    |  +----------|-------> stopped
//    |             +-------> cut       this process, or the machine, went while it ran
//    +--- locked --+
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/error.h"
#include "hal/base/time.h"

namespace holdfast::appliance {

using JobId = std::uint64_t;  // from 1, rising

// hot: a backup of what is new (hot_runs.h), which only the appliance asks for. packs: a prune that
// lets nothing end.
enum class JobKind {
  backup,
  hot,
  prune,
  packs,
  verify,
  drill,
  reconcile,
  restore,
  tend,
  scrub,
  heal,
};

// What a kind keeps from others.
enum class JobScope {
  writes_business,  // the business's only writer
  reads_business,   // nothing
  works_on_pool,    // the only one that works on all of the pool
};

struct KindFacts {
  JobKind kind = JobKind::backup;
  std::string_view name;  // in files and documents
  std::vector<std::string_view> verb;
  JobScope scope = JobScope::reads_business;
  bool is_patient = false;     // may last for days: one place is always left for others
  bool is_repeatable = false;  // if it was cut, it is asked for again by itself
};
[[nodiscard]] const KindFacts& facts_of(JobKind kind);
// nullptr: there is no such kind.
[[nodiscard]] const KindFacts* find_kind(std::string_view name);

// Programs that ask by a word (docs/manual.md, hook), or by a file (trigger_files.h), as the one
// who asked.
inline constexpr std::string_view kAskedByHook = "hook";
inline constexpr std::string_view kAskedByFile = "file";

struct JobRequest {
  JobKind kind = JobKind::backup;
  std::string business = {};                // none for what works on the pool
  std::vector<std::string> arguments = {};  // options of the verb
  std::uint32_t priority = 0;               // smaller ones first
  std::string asked_by = {};                // a person; empty: the schedule
};
// Of a backup, where a person says so: now, and as fast as it goes.
inline constexpr std::string_view kIgnoreWindow = "--ignore-window";

// They would do the same, whoever asks.
[[nodiscard]] bool is_same_work(const JobRequest& left, const JobRequest& right);
// What stands behind `holdfast` on the command line, without the options that all verbs share.
[[nodiscard]] std::vector<std::string> words_of(const JobRequest& request);

enum class JobState { queued, running, done, failed, stopped, cut };
[[nodiscard]] std::string_view name_of(JobState state);
[[nodiscard]] std::optional<JobState> find_state(std::string_view name);

// As the newest progress line has it; 0: not known.
struct JobProgress {
  std::string phase;
  std::uint64_t items_done = 0;
  std::uint64_t items_total = 0;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t bytes_per_second = 0;
  double seconds = 0;
  double seconds_left = 0;
  bool operator==(const JobProgress&) const = default;
};

struct Job {
  JobId id = 0;
  JobRequest request;
  JobState state = JobState::queued;
  Timestamp asked = {};
  std::optional<Timestamp> started = {};  // the last time
  std::optional<Timestamp> ended = {};
  std::optional<int> exit_code = {};
  int signal = 0;     // that ended it
  unsigned cuts = 0;  // how often the same work was cut before, one time after the other

  // Not kept over a restart.
  unsigned refusals = 0;           // how often it found a lock held
  std::int64_t not_before_ns = 0;  // monotonic
  bool is_cancelled = false;
  std::uint64_t end_number = 0;  // grows from end to end, whatever the clock says
  bool is_cut_off = false;       // it stopped by itself before its end: its window has closed
  std::optional<JobProgress> progress = {};
  std::deque<std::string> log = {};   // its last lines for people
  std::string document = {};          // what it printed; empty if it was too large, or is long ago
  std::optional<Error> error = {};    // why it could not be begun
  std::optional<Error> warning = {};  // what went wrong once it was done
};

}  // namespace holdfast::appliance

// SPDX-License-Identifier: Apache-2.0
// One hot business: hears what changes at its sources, and says what backup it needs next.
//
//   events --> waiting paths --+
//   its newest folders are due-+--> backup of paths ---good--> forgotten
//                                        |  +---------failed-> 5 s, 10 s … 5 min, the same again
//                                        +-- it takes too long: stopped --+
//   it is not proved that all was seen --+--> backup of everything, every 15 min at most
//
// One run at a time; while everything is backed up, paths wait, for a business has one writer.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "firmware/appliance/job_queue.h"
#include "firmware/appliance/watched_source.h"

namespace holdfast::appliance {

// One thread.
class HotRuns {
 public:
  // From run to run, while it fits. What was closed waits for that and WaitingPaths::kSettleMax_ns
  // at most, and the rest of a minute is for the run.
  static constexpr std::int64_t kPeriod_ns = 30'000'000'000;
  static constexpr std::int64_t kWholePeriod_ns = 900'000'000'000;  // of backups of everything
  // Of a run of paths: when it is cut nothing of it is kept, so what takes longer is left to a
  // backup of everything.
  static constexpr std::int64_t kPathsMax_ns = 600'000'000'000;
  // Of a look at newest folders, which may last, without getting on: a mount that hangs must not
  // hold a place that others need.
  static constexpr std::int64_t kSilenceMax_ns = 600'000'000'000;
  static constexpr std::size_t kWaitingMax = 100'000;

  HotRuns(HotBusiness business, const std::vector<std::string>& exclude_paths,
          ports::Watches& watches, ports::Bell& bell);

  // Takes a definition on that leads to the same sources; false: it needs new watches.
  [[nodiscard]] bool follow(const HotBusiness& business);
  // True if `status` is to tell something else of a source.
  bool look(std::int64_t now_ns);
  // What is to be asked for now. `was_backed_up`: there is a good backup of everything.
  [[nodiscard]] std::optional<JobRequest> due(const Moment& now, const policy::TimeZone& site,
                                              bool was_backed_up);
  // That was asked for, as a job of that number; nothing: there was no place for it.
  void note_asked(const JobRequest& request, std::optional<JobId> job, const Moment& now);
  // Of any job of this business.
  void note_start(const Job& job, const Moment& now);
  void note_progress(JobId job, std::int64_t now_ns);
  void note_end(const Job& job, const Moment& now);
  void drop_cancelled(const std::function<bool(JobId job)>& is_there, const Moment& now);
  // A job that has run for too long and is to be stopped; said once.
  [[nodiscard]] std::optional<JobId> take_late(std::int64_t now_ns);
  // Monotonic: when due() or take_late() may have something, unless more is told.
  [[nodiscard]] std::int64_t next_ns() const { return std::min(next_ns_, late_ns_); }
  void add_notes(const Moment& now, std::vector<vault::HotNote>& notes) const;

 private:
  [[nodiscard]] std::optional<JobRequest> paths_due(std::int64_t now_ns);
  [[nodiscard]] bool is_whole_due(std::int64_t now_ns, bool was_backed_up);
  void note_paths_end(const Job& job, std::int64_t now_ns);
  void note_paths_unknown(std::int64_t now_ns);
  void note_whole_end(const Job& job, std::int64_t now_ns);
  void wake_at(std::int64_t time_ns) { next_ns_ = std::min(next_ns_, time_ns); }

  HotBusiness business_;
  WaitingPaths waiting_;
  std::vector<WatchedSource> sources_;
  WatchedSource* newest_asked_ = nullptr;  // by the run that is under way
  std::optional<JobId> paths_job_;
  std::int64_t paths_began_ns_ = 0;
  std::int64_t late_ns_ = std::numeric_limits<std::int64_t>::max();  // when that is to be stopped
  bool hangs_ = false;                                               // and why it was
  std::optional<JobId> whole_job_;
  std::int64_t whole_began_ns_ = 0;

  bool has_base_ = false;     // a backup that looked at everything was seen to end well
  bool wants_whole_ = false;  // runs of paths fail: one of everything says why
  bool is_too_much_ = false;  // for a run of paths: none until everything was backed up
  unsigned paths_failures_ = 0;
  unsigned whole_failures_ = 0;
  std::int64_t next_paths_ns_ = 0;
  std::int64_t next_whole_ns_ = 0;
  std::int64_t next_ns_ = 0;
};

}  // namespace holdfast::appliance

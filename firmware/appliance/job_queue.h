// SPDX-License-Identifier: Apache-2.0
// Which job runs next. No I/O and no clock: whoever has children says what became of them.
//
// At most `running_max` jobs run, since each has its own memory. A business has one writer, and one
// job at a time works on the pool. Of what lasts for days, one less runs than may, so that a backup
// never waits for it. A backup of what is new waits for no place among these: as many of them
// run beside all others, of one business one; it tries a lock again within seconds, and is soon
// forgotten. Among those that may start, the
// smallest priority goes first, and of one priority the oldest.
//
// The same work waits once. While it runs, the schedule does not ask for more of it, but a person
// does: what they have in mind may have come after it had begun. So does a program, but what it
// asks for begins five minutes after what it had asked for before has ended: a word that leaked, a
// file that is written all the time, or a program gone wild, must not keep the disks of a source at
// work all day. A file whose backup did not read all sources is tried again as trigger_files.h
// says.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "firmware/appliance/job.h"
#include "hal/base/result.h"

namespace holdfast::appliance {

struct QueueLimits {
  std::size_t running_max = 2;
  std::size_t waiting_max = 200;
  std::size_t kept_max = 200;      // jobs that have ended
  std::size_t kept_hot_max = 10;   // of these, backups of what is new
  std::size_t documents_max = 20;  // of these, with document and log
};

struct Moment {
  Timestamp time;
  std::int64_t monotonic_ns = 0;
};

// How a child ended.
struct JobEnd {
  int exit_code = 0;
  int signal = 0;
  std::string document = {};
  std::optional<Error> error = {};    // it could not be begun
  std::optional<Error> warning = {};  // something went wrong behind it
};

enum class Cancelled {
  no,         // there is no such job, or it has ended
  waiting,    // it will not start
  must_stop,  // it runs: its child must be told
};

// One thread.
class JobQueue {
 public:
  explicit JobQueue(const QueueLimits& limits) : limits_(limits) {}

  // What an earlier process left, as job_file.h has it. An export that waited then was cut. What
  // ran then was cut, too, and waits once more
  // if it can be repeated, but not for ever: something about it may be what ends the machine.
  void take_over(std::vector<Job> jobs, const Moment& now);

  // The job's id, or that of the same work that is there already. limit_exceeded: too many wait.
  [[nodiscard]] Result<JobId> ask(const JobRequest& request, const Moment& now);
  // Marks a job as running; nullptr if none may start now. Valid until the next call.
  [[nodiscard]] const Job* start_next(const Moment& now);
  // The monotonic time at which a job that was refused may try again, if one is waiting for that.
  [[nodiscard]] std::optional<std::int64_t> next_try_ns(const Moment& now) const;
  // These are ignored for a job that does not run.
  void note_progress(JobId id, JobProgress progress);
  void note_line(JobId id, std::string line);
  // The job as it ended or waits again, with all that it printed and was asked for, of which the
  // queue may keep less. Nothing: it did not run.
  std::optional<Job> note_end(JobId id, JobEnd end, const Moment& now);
  [[nodiscard]] Cancelled cancel(JobId id, const Moment& now);
  void set_running_max(std::size_t running_max) { limits_.running_max = running_max; }

  // In the order of their ids. Valid until the next call.
  [[nodiscard]] const std::vector<Job>& jobs() const { return jobs_; }
  [[nodiscard]] const Job* find(JobId id) const;
  // Grows with each change that a restart must know of.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }

 private:
  [[nodiscard]] Job* find_running(JobId id);
  [[nodiscard]] bool may_start(const Job& job, const Moment& now) const;
  JobId add(const JobRequest& request, unsigned cuts, const Moment& now);
  void set_ended(Job& job, const Moment& now);
  void drop_old();
  [[nodiscard]] bool has_place(const Job& job) const;
  [[nodiscard]] std::int64_t not_before_ns(const Job& job) const;
  void note_program_end(const Job& job, const Moment& now);

  QueueLimits limits_;
  std::vector<Job> jobs_;
  std::map<std::string, std::int64_t> program_ended_ns_;  // by business: a program's last job
  JobId last_id_ = 0;
  std::uint64_t last_end_ = 0;
  std::uint64_t revision_ = 0;
};

}  // namespace holdfast::appliance

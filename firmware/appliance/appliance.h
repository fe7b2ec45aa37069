// SPDX-License-Identifier: Apache-2.0
// The box by itself: asks its agenda what is due, queues it, runs it as children of the command
// line, keeps what became of it and the newest status, and tells who looks.
//
//   settings --> agenda --> queue --> children --> queue, book of duties --> file `jobs` in home
//                             ^                           |
//        ask(), cancel() -----+                           +--> state()
//
// One thread calls turn() again and again; all others may call what is marked so. Children are
// started and files are written with no lock held, so that nobody who asks waits for a disk.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "firmware/appliance/alert_book.h"
#include "firmware/appliance/duty_book.h"
#include "firmware/appliance/event.h"
#include "firmware/appliance/hot_keeper.h"
#include "firmware/appliance/job_queue.h"
#include "firmware/appliance/job_run.h"
#include "firmware/appliance/settings.h"
#include "firmware/appliance/status_keeper.h"
#include "firmware/appliance/trigger_files.h"
#include "hal/ports/disk.h"

namespace holdfast::appliance {

// References must outlive the appliance.
struct AppliancePorts {
  ports::Clock& clock;
  ports::Bell& bell;  // wakes who calls turn()
  ports::Processes& processes;
  ports::Disk& home;
  SettingsSource& settings;
  EventLog& log;
  ports::Watches& watches;
};

// How the command line is called.
struct CommandLine {
  std::string program;  // absolute path
  std::string home;     // absolute path
  std::vector<std::pair<std::string, std::string>> environment;
  // Of commands that people have written down: nothing that leads to a key.
  std::vector<std::pair<std::string, std::string>> command_environment = {};
};

struct DutyView {
  policy::Duty duty;
  policy::DutyHistory history;
  policy::Outlook outlook;
};

// All that there is to see, of one moment.
struct ApplianceState {
  std::uint64_t revision = 0;  // another one with each change
  Timestamp time;
  Timestamp started;
  StatusAnswer status;
  std::vector<Job> jobs;  // in the order of their ids
  std::vector<DutyView> duties;
  std::vector<TriggerView> triggers;
  // What the appliance itself complains of, as its alerts have it: but for the status, which is
  // above, and a book of alerts that cannot be kept.
  std::vector<status::Reason> complaints;
  std::optional<Error> alerts_not_kept = {};  // a restart would not know of them
  bool is_stopping = false;
};

class Appliance {
 public:
  // Takes over what an earlier one left in home.
  Appliance(const AppliancePorts& ports, const CommandLine& command);
  ~Appliance();
  Appliance(const Appliance&) = delete;
  Appliance& operator=(const Appliance&) = delete;

  // Does what there is to do; returns the monotonic time at which it wants to be called again,
  // earlier if the bell rings.
  std::int64_t turn();
  // From now on nothing starts, and what runs is asked to stop. What does not come to its end by
  // itself counts as cut at the next start.
  void stop();
  // Nothing runs.
  [[nodiscard]] bool is_idle() const;
  // What is not as it should be with the pages, as of now. The thread of turn().
  void hear_of_pages(const std::vector<status::Reason>& complaints);

  // Any thread, at any time.
  // The settings are looked at in the next turn.
  void reload();
  // The newest state; whoever asks is looking, so that the status is asked for more often.
  [[nodiscard]] std::shared_ptr<const ApplianceState> state();
  // limit_exceeded: too many wait. interrupted: it is stopping.
  [[nodiscard]] Result<JobId> ask(const JobRequest& request);
  // False: there is no such job, or it has ended.
  bool cancel(JobId id);
  // The bell is rung at each change of the state, until it is taken off.
  void listen(ports::Bell& bell);
  void unlisten(ports::Bell& bell);

 private:
  [[nodiscard]] Moment now();
  void take_over();
  void look_at_settings(const Moment& moment);
  void tell_complaints(const std::vector<Error>& complaints);
  void hear_children(const Moment& moment);
  [[nodiscard]] bool was_cut(JobId id, const JobRun& run, const JobEnd& end);
  void note_end(JobId id, JobEnd end, const Moment& moment);
  void ask_for_duties(const Moment& moment);
  [[nodiscard]] policy::DutyHistory history_of(const policy::Duty& duty, const Moment& moment);
  void ask_for_hot(const Moment& moment);
  void ask_for_triggers(const Moment& moment);
  [[nodiscard]] bool is_there(JobId id) const;
  void start_jobs(const Moment& moment);
  void begin(const Job& job);
  void stop_cancelled(const Moment& moment);
  // True: there is another answer.
  bool look_at_status(const Moment& moment);
  void hear_status();
  void look_at_alerts(const Moment& moment, bool has_answer);
  [[nodiscard]] std::vector<status::Reason> own_complaints() const;
  void keep_jobs();
  void publish(const Moment& moment);
  [[nodiscard]] std::int64_t next_turn_ns(const Moment& moment);

  AppliancePorts ports_;
  CommandLine command_;
  Timestamp started_;

  // Of the thread that calls turn().
  StatusKeeper status_;
  Settings settings_;
  std::int64_t next_look_ns_ = 0;  // at the settings
  HotKeeper hot_;
  TriggerFiles triggers_;
  policy::Agenda agenda_;
  std::int64_t next_agenda_ns_ = 0;
  std::map<JobId, std::unique_ptr<JobRun>> runs_;
  std::vector<std::string> told_;  // complaints that stand in the log
  std::uint64_t kept_queue_ = 0;   // revisions that the file has
  std::uint64_t kept_book_ = 0;
  std::uint64_t kept_triggers_ = 0;
  std::optional<Error> jobs_not_kept_;
  std::vector<status::Reason> of_pages_;
  AlertBook alerts_;
  std::optional<Error> alerts_not_kept_;
  std::vector<Calling> own_alerts_;  // as the book was told last
  std::int64_t next_alerts_ns_ = 0;
  bool is_damage_aside_ = false;  // of the book, for somebody to look at
  bool has_changed_ = true;

  std::atomic<bool> must_reload_ = false;
  std::atomic<std::int64_t> looked_ns_ = StatusKeeper::kNever_ns;

  std::mutex work_;  // what follows; held for moments only
  JobQueue queue_;
  DutyBook book_;
  bool is_stopping_ = false;

  std::mutex shown_;  // what follows
  std::shared_ptr<const ApplianceState> state_;
  std::set<ports::Bell*> listeners_;
};

}  // namespace holdfast::appliance

// SPDX-License-Identifier: Apache-2.0
// The hot businesses of a box (hot_runs.h), and their note in home.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "firmware/appliance/hot_runs.h"

namespace holdfast::appliance {

// One thread.
class HotKeeper {
 public:
  HotKeeper(ports::Watches& watches, ports::Bell& bell, ports::Disk& home)
      : watches_(watches), bell_(bell), home_(home) {}

  // Watches of what is as it was go on.
  void follow(const Settings& settings);
  // True if `status` is to tell something else of a source.
  bool look(std::int64_t now_ns);
  // Asks for what is due. `ask` gives the job's number, or an error if there is no place;
  // `was_backed_up` says if a business has a good backup of everything.
  void ask(const Moment& now, const policy::TimeZone& site,
           const std::function<bool(const std::string& business)>& was_backed_up,
           const std::function<Result<JobId>(const JobRequest& request)>& ask);
  void note_start(const Job& job, const Moment& now);
  // It got on.
  void note_progress(JobId job, std::int64_t now_ns);
  void note_end(const Job& job, const Moment& now);
  // Before asking: somebody may have taken back a job that waited, which has no end of its own.
  void drop_cancelled(const std::function<bool(JobId job)>& is_there, const Moment& now);
  // Jobs that have run for too long and are to be stopped; each is said once.
  [[nodiscard]] std::vector<JobId> take_late(std::int64_t now_ns);
  [[nodiscard]] std::int64_t next_ns() const;
  // Before somebody reads it. A home that cannot be written keeps its old note, which grows old.
  void keep_note(const Moment& now);

 private:
  ports::Watches& watches_;
  ports::Bell& bell_;
  ports::Disk& home_;
  std::map<std::string, std::unique_ptr<HotRuns>> businesses_;
  std::vector<std::string> exclude_paths_;
  std::optional<bool> has_note_;  // in home, with something in it; nothing: not looked at yet
};

}  // namespace holdfast::appliance

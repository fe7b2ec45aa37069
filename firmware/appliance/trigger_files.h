// SPDX-License-Identifier: Apache-2.0
// Files whose appearing or change starts a backup: each business may name one.
//
//   nothing known --the file is there--> owed --a backup that began after that ended well--> served
//                                         ^ |                                                  |
//                                         | +-- it failed, or a source was away:               |
//                                         | |   1 min, 2 min … 1 h, the same again             |
//                                         | +-- a person took it back -----------------------> |
//                                         +--------- it is another one than was seen ----------+
//
// Looked at by time, for remote mounts tell nothing; by a thread of the port's own, for they may
// hang. A file that is gone starts nothing, and takes nothing back: what is owed stays owed. Which
// file was seen last, and whether it is owed, is durable with the queue, so that a restart neither
// loses nor repeats a backup.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/appliance/job_queue.h"
#include "firmware/appliance/settings.h"
#include "hal/ports/watch.h"

namespace holdfast::appliance {

// What tells one file from the one that had its name before. Not the number of its inode: cifs and
// fuse give another one to the same file.
struct FileMark {
  std::uint64_t size = 0;
  Timestamp modified;  // mtime
  Timestamp changed;   // ctime
  bool operator==(const FileMark&) const = default;
};

// Kept in home.
struct TriggerRecord {
  std::string business;
  std::string path;
  FileMark seen;         // the last one
  bool is_owed = false;  // no backup has followed it yet
};

enum class TriggerState { unknown, absent, there, hangs, unreadable };
[[nodiscard]] std::string_view name_of(TriggerState state);

struct TriggerView {
  std::string business;
  std::string path;
  TriggerState state = TriggerState::unknown;  // as of the last look
  std::optional<Error> error = {};             // why it is unreadable
  std::optional<Timestamp> modified = {};      // of the last file that was seen
  bool is_owed = false;
};

// One thread.
class TriggerFiles {
 public:
  static constexpr std::int64_t kPeriod_ns = 20'000'000'000;    // from look to look
  static constexpr std::int64_t kPatience_ns = 60'000'000'000;  // of one; then it hangs

  TriggerFiles(ports::Watches& watches, ports::Bell& bell) : watches_(watches), bell_(bell) {}

  void take_over(std::vector<TriggerRecord> records) { records_ = std::move(records); }
  // What is known of a file is forgotten once its business names another one.
  void follow(const Settings& settings);
  // True if views() are others.
  bool look(std::int64_t now_ns);
  // Asks for what is owed, within its window. `is_there`: that job waits or runs.
  void ask(const Moment& now, const policy::TimeZone& site,
           const std::function<bool(JobId job)>& is_there,
           const std::function<Result<JobId>(const JobRequest& request)>& ask);
  // Of any job.
  void note_start(const Job& job);
  void note_end(const Job& job, std::int64_t now_ns);
  // Monotonic: when look() or ask() may have something, unless the bell rings.
  [[nodiscard]] std::int64_t next_ns() const;

  [[nodiscard]] std::vector<TriggerView> views() const;
  [[nodiscard]] const std::vector<TriggerRecord>& records() const { return records_; }
  // Grows with each change of the records.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }

 private:
  struct Backup {
    JobId job = 0;
    std::optional<FileMark> seen;  // before it was asked for, or began
  };
  struct File {
    std::string path;
    std::optional<policy::Window> window;
    std::unique_ptr<ports::FileLook> look;
    bool is_asked = false;      // and gave no answer yet
    std::int64_t asked_ns = 0;  // the last time
    TriggerState state = TriggerState::unknown;
    std::optional<Error> error;
    std::optional<Backup> asked;  // for
    std::optional<Backup> under_way;
    std::int64_t not_before_ns = 0;  // of the next try
    std::uint32_t failures = 0;
  };

  [[nodiscard]] TriggerRecord* find(const std::string& business);
  void hear(const std::string& business, File& file, const Result<ports::FileStatus>& found,
            std::int64_t now_ns);
  void settle(const std::string& business, const Backup& backup);

  ports::Watches& watches_;
  ports::Bell& bell_;
  std::map<std::string, File> files_;  // by business
  std::vector<TriggerRecord> records_;
  std::uint64_t revision_ = 0;
};

}  // namespace holdfast::appliance

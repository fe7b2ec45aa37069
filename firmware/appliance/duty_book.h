// SPDX-License-Identifier: Apache-2.0
// What became of each duty until now: what policy/agenda.h asks for.
#pragma once

#include <vector>

#include "firmware/appliance/good_ends.h"
#include "firmware/appliance/job_queue.h"
#include "firmware/policy/agenda.h"

namespace holdfast::appliance {

struct DutyRecord {
  JobKind kind = JobKind::backup;
  std::string business;         // empty: of the box
  policy::DutyHistory history;  // is_running is not kept here
};

// One thread.
class DutyBook {
 public:
  void take_over(std::vector<DutyRecord> records) { records_ = std::move(records); }

  // Makes one that is not known yet a duty from now on.
  [[nodiscard]] const policy::DutyHistory& history_of(JobKind kind, const std::string& business,
                                                      Timestamp now);
  // A good end is known.
  [[nodiscard]] bool has_good_end(JobKind kind, const std::string& business) const;
  // A job has begun, or come to an end. Whoever asked for it, and whatever its arguments: it did
  // the work. One that a person stopped counts as neither good nor failed, and so does one that was
  // cut off, but it is to go on; one that was refused by a lock as nothing. Ignored for what is no
  // duty.
  void note_start(const Job& job);
  void note_end(const Job& job, Timestamp now);

  // It came to a good end, whoever had begun it. One that is known, or older, changes nothing.
  void note_good_end(const GoodEnd& end);

  [[nodiscard]] const std::vector<DutyRecord>& records() const { return records_; }
  // Grows with each change.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }

 private:
  [[nodiscard]] DutyRecord* find(JobKind kind, const std::string& business);

  std::vector<DutyRecord> records_;
  std::uint64_t revision_ = 0;
};

}  // namespace holdfast::appliance

// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/duty_book.h"

#include <algorithm>

namespace holdfast::appliance {

DutyRecord* DutyBook::find(JobKind kind, const std::string& business) {
  const auto found = std::ranges::find_if(records_, [&](const DutyRecord& record) {
    return record.kind == kind && record.business == business;
  });
  return found == records_.end() ? nullptr : &*found;
}

const policy::DutyHistory& DutyBook::history_of(JobKind kind, const std::string& business,
                                                Timestamp now) {
  if (const DutyRecord* known = find(kind, business)) return known->history;
  ++revision_;
  return records_.emplace_back(DutyRecord{kind, business, {.since = now}}).history;
}

bool DutyBook::has_good_end(JobKind kind, const std::string& business) const {
  return std::ranges::any_of(records_, [&](const DutyRecord& record) {
    return record.kind == kind && record.business == business && record.history.last_good_end;
  });
}

void DutyBook::note_start(const Job& job) {
  DutyRecord* record = find(job.request.kind, job.request.business);
  if (record == nullptr || !job.started) return;
  record->history.last_start = *job.started;
  record->history.cut_off.reset();
  ++revision_;
}

void DutyBook::note_end(const Job& job, Timestamp now) {
  DutyRecord* record = find(job.request.kind, job.request.business);
  if (record == nullptr) return;
  policy::DutyHistory& history = record->history;
  if (job.state == JobState::done) {
    history.last_good_end = now;
    history.failures = 0;
  } else if (job.state == JobState::failed || job.state == JobState::cut) {
    history.last_failure = now;
    ++history.failures;
  } else if (job.is_cut_off) {
    history.cut_off = now;
  } else {
    return;
  }
  ++revision_;
}

// When it began is not known: later than the last start, or it would be known.
void DutyBook::note_good_end(const GoodEnd& end) {
  DutyRecord* record = find(end.kind, end.business);
  if (record == nullptr || record->history.last_good_end >= end.time) return;
  policy::DutyHistory& history = record->history;
  history.last_good_end = end.time;
  if (history.last_start < end.time) history.last_start = end.time;
  if (history.last_failure < end.time) history.failures = 0;
  if (history.cut_off < end.time) history.cut_off.reset();
  ++revision_;
}

}  // namespace holdfast::appliance

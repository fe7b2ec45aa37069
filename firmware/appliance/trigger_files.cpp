// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/trigger_files.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "firmware/appliance/child_output.h"

namespace holdfast::appliance {

namespace {

// Of what was cut off by its window, which may have been opened by a person since.
constexpr std::int64_t kCutOff_ns = 60'000'000'000;
// Of another file, while backups fail: it may be written all the time.
constexpr std::int64_t kAnother_ns = 300'000'000'000;

constexpr std::array<std::string_view, 5> kStates = {"unknown", "absent", "there", "hangs",
                                                     "unreadable"};

}  // namespace

std::string_view name_of(TriggerState state) {
  return kStates.at(static_cast<std::size_t>(state));
}

TriggerRecord* TriggerFiles::find(const std::string& business) {
  const auto found = std::ranges::find(records_, business, &TriggerRecord::business);
  return found == records_.end() ? nullptr : &*found;
}

void TriggerFiles::follow(const Settings& settings) {
  std::map<std::string, File> followed;
  for (const TriggerFile& wanted : settings.triggers) {
    const auto known = files_.find(wanted.business);
    const auto [place, is_new] = followed.try_emplace(wanted.business);
    if (!is_new) continue;  // a copy of its definition
    File& file = place->second;
    if (known != files_.end() && known->second.path == wanted.path) {
      file = std::move(known->second);
    } else {
      file.path = wanted.path;
      file.look = watches_.look_at(wanted.path, bell_);
      file.asked_ns = -kPeriod_ns;
    }
    file.window = wanted.window;
  }
  files_ = std::move(followed);
  // Of a business whose definition cannot be read now it is kept.
  const auto forgotten = std::erase_if(records_, [this](const TriggerRecord& record) {
    const auto file = files_.find(record.business);
    return file != files_.end() && file->second.path != record.path;
  });
  if (forgotten > 0) ++revision_;
}

bool TriggerFiles::look(std::int64_t now_ns) {
  const std::uint64_t before = revision_;
  bool is_another = false;
  for (auto& [business, file] : files_) {
    const TriggerState state = file.state;
    if (const auto found = file.look->take()) {
      file.is_asked = false;
      hear(business, file, *found, now_ns);
    } else if (file.is_asked && now_ns - file.asked_ns >= kPatience_ns) {
      file.state = TriggerState::hangs;
    }
    if (!file.is_asked && now_ns - file.asked_ns >= kPeriod_ns) {
      file.is_asked = true;
      file.asked_ns = now_ns;
      file.look->ask();
    }
    is_another = is_another || file.state != state;
  }
  return is_another || revision_ != before;
}

// A file that cannot be looked at says nothing about the one that was there.
void TriggerFiles::hear(const std::string& business, File& file,
                        const Result<ports::FileStatus>& found, std::int64_t now_ns) {
  file.error.reset();
  if (!found) {
    const bool is_absent = found.error().code == ErrorCode::not_found;
    file.state = is_absent ? TriggerState::absent : TriggerState::unreadable;
    if (!is_absent) file.error = found.error();
    return;
  }
  file.state = TriggerState::there;
  const FileMark mark{found->size, Timestamp{found->mtime_ns}, Timestamp{found->ctime_ns}};
  TriggerRecord* record = find(business);
  if (record == nullptr) {
    record = &records_.emplace_back(TriggerRecord{business, file.path, {}, false});
  } else if (record->seen == mark) {
    return;
  }
  record->seen = mark;
  record->is_owed = true;
  file.not_before_ns = std::min(file.not_before_ns, now_ns + kAnother_ns);
  ++revision_;
}

// Nothing more is owed for the file that was seen then.
void TriggerFiles::settle(const std::string& business, const Backup& backup) {
  TriggerRecord* record = find(business);
  if (record == nullptr || !record->is_owed || backup.seen != record->seen) return;
  record->is_owed = false;
  ++revision_;
}

void TriggerFiles::ask(const Moment& now, const policy::TimeZone& site,
                       const std::function<bool(JobId job)>& is_there,
                       const std::function<Result<JobId>(const JobRequest& request)>& ask) {
  for (auto& [business, file] : files_) {
    // It was taken back while it waited, and has no end of its own.
    if (file.asked && !is_there(file.asked->job)) {
      settle(business, *std::exchange(file.asked, std::nullopt));
    }
    const TriggerRecord* record = find(business);
    if (record == nullptr || !record->is_owed || file.asked) continue;
    const bool is_under_way = file.under_way && file.under_way->seen == record->seen;
    if (is_under_way || now.monotonic_ns < file.not_before_ns) continue;
    if (file.window && !policy::allowance_at(*file.window, now.time, site).may_read) continue;
    const auto job =
        ask({.kind = JobKind::backup, .business = business, .asked_by = std::string(kAskedByFile)});
    if (job) file.asked = Backup{*job, record->seen};
  }
}

void TriggerFiles::note_start(const Job& job) {
  const auto file = files_.find(job.request.business);
  if (job.request.kind != JobKind::backup || file == files_.end()) return;
  const TriggerRecord* record = find(job.request.business);
  file->second.under_way =
      Backup{job.id, record == nullptr ? std::nullopt : std::optional(record->seen)};
}

void TriggerFiles::note_end(const Job& job, std::int64_t now_ns) {
  const auto found = files_.find(job.request.business);
  if (found == files_.end()) return;
  File& file = found->second;
  if (!file.under_way || file.under_way->job != job.id) return;
  const Backup ended = *std::exchange(file.under_way, std::nullopt);
  if (job.state == JobState::queued) return;  // it found a lock held
  if (file.asked && file.asked->job == job.id) file.asked.reset();
  if (job.is_cancelled || has_read_sources(job)) {
    file.failures = 0;
    return settle(found->first, ended);
  }
  file.not_before_ns =
      now_ns + (job.is_cut_off ? kCutOff_ns : policy::retry_delay_ns(++file.failures));
}

std::int64_t TriggerFiles::next_ns() const {
  std::int64_t next_ns = std::numeric_limits<std::int64_t>::max();
  for (const auto& [business, file] : files_) {
    if (file.state == TriggerState::hangs) continue;  // until it rings
    next_ns = std::min(next_ns, file.asked_ns + (file.is_asked ? kPatience_ns : kPeriod_ns));
  }
  return next_ns;
}

std::vector<TriggerView> TriggerFiles::views() const {
  std::vector<TriggerView> views;
  for (const auto& [business, file] : files_) {
    TriggerView view{business, file.path, file.state, file.error};
    const auto record = std::ranges::find(records_, business, &TriggerRecord::business);
    if (record != records_.end()) {
      view.modified = record->seen.modified;
      view.is_owed = record->is_owed;
    }
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace holdfast::appliance

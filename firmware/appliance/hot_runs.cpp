// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/hot_runs.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "firmware/appliance/child_output.h"

namespace holdfast::appliance {

namespace {

constexpr std::int64_t kNever_ns = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::int64_t kFirstDelay_ns = 5 * kSecond_ns;
constexpr std::int64_t kLongestDelay_ns = 300 * kSecond_ns;
constexpr unsigned kFailuresMax = 3;  // from then on a backup of everything is asked for
constexpr int kLost = 5;              // an exit code

std::int64_t delay_ns(unsigned failures) {
  constexpr unsigned kDoublingsMax = 10;
  return std::min(kFirstDelay_ns << std::min(failures - 1, kDoublingsMax), kLongestDelay_ns);
}

std::optional<Timestamp> time_of(std::optional<std::int64_t> time_ns, const Moment& now) {
  if (!time_ns) return std::nullopt;
  return Timestamp{now.time.ns - (now.monotonic_ns - *time_ns)};
}

bool is_of_everything(const Job& job) {
  return job.request.kind == JobKind::backup && job.request.arguments.empty();
}

}  // namespace

HotRuns::HotRuns(HotBusiness business, const std::vector<std::string>& exclude_paths,
                 ports::Watches& watches, ports::Bell& bell)
    : business_(std::move(business)) {
  sources_.reserve(business_.sources.size());  // their places are kept
  for (const HotSource& source : business_.sources) {
    sources_.emplace_back(source, exclude_paths, watches, bell);
  }
}

bool HotRuns::follow(const HotBusiness& business) {
  if (business.sources != business_.sources) return false;
  business_.window = business.window;
  next_ns_ = 0;
  return true;
}

bool HotRuns::look(std::int64_t now_ns) {
  bool is_another = false;
  for (WatchedSource& source : sources_) {
    const WatchedSource::News news = source.look(waiting_, now_ns);
    if (news.was_told) wake_at(now_ns + kSecond_ns);
    is_another = is_another || news.is_another;
  }
  if (waiting_.size() <= kWaitingMax) return is_another;
  waiting_.fold();
  if (waiting_.size() <= kWaitingMax / 2) return is_another;
  // So many are found sooner by looking.
  waiting_.clear();
  for (WatchedSource& source : sources_) source.lose(now_ns);
  return true;
}

std::optional<JobRequest> HotRuns::due(const Moment& now, const policy::TimeZone& site,
                                       bool was_backed_up) {
  const std::int64_t now_ns = now.monotonic_ns;
  if (now_ns < next_ns_) return std::nullopt;
  next_ns_ = kNever_ns;
  if (paths_job_ || whole_job_) return std::nullopt;
  if (business_.window) {
    const policy::Allowance allowance = policy::allowance_at(*business_.window, now.time, site);
    // Once a minute: the clock may be set.
    constexpr std::int64_t kMinute_ns = 60 * kSecond_ns;
    if (!allowance.may_read) {
      wake_at(now_ns + kMinute_ns);
      return std::nullopt;
    }
  }
  if (!is_too_much_ && (has_base_ || was_backed_up)) {
    if (auto paths = paths_due(now_ns)) return paths;
  }
  if (is_whole_due(now_ns, was_backed_up)) {
    return JobRequest{.kind = JobKind::backup, .business = business_.name};
  }
  return std::nullopt;
}

std::optional<JobRequest> HotRuns::paths_due(std::int64_t now_ns) {
  std::int64_t first_ns = waiting_.ready_ns().value_or(kNever_ns);
  for (const WatchedSource& source : sources_) {
    first_ns = std::min(first_ns, source.newest_due_ns());
  }
  if (first_ns == kNever_ns) return std::nullopt;
  first_ns = std::max(first_ns, next_paths_ns_);
  if (first_ns > now_ns) {
    wake_at(first_ns);
    return std::nullopt;
  }
  JobRequest request{.kind = JobKind::hot, .business = business_.name};
  // One thing at a time: together they might be more than a run takes (job::kPathsSizeMax).
  newest_asked_ = nullptr;
  const auto newest = std::ranges::min_element(sources_, {}, &WatchedSource::newest_due_ns);
  if (newest->newest_due_ns() <= now_ns) {
    newest_asked_ = &*newest;
    request.arguments.push_back("--newest=" + escape_path(newest->source().name));
  } else {
    for (const std::string& path : waiting_.take(now_ns)) {
      request.arguments.push_back("--path=" + escape_path(path));
    }
  }
  const bool has_more =
      newest_asked_ != nullptr || waiting_.ready_ns().value_or(kNever_ns) <= now_ns;
  next_paths_ns_ = has_more ? now_ns : now_ns + kPeriod_ns;
  return request;
}

bool HotRuns::is_whole_due(std::int64_t now_ns, bool was_backed_up) {
  const auto is_starting = [](const WatchedSource& source) {
    return source.watch() == vault::HotWatch::starting;
  };
  // It proves more when all watches stand.
  if (std::ranges::any_of(sources_, is_starting)) return false;
  const bool is_needed = wants_whole_ || is_too_much_ || !(has_base_ || was_backed_up) ||
                         std::ranges::any_of(sources_, &WatchedSource::needs_whole);
  if (!is_needed) return false;
  if (next_whole_ns_ > now_ns) wake_at(next_whole_ns_);
  return next_whole_ns_ <= now_ns;
}

void HotRuns::note_asked(const JobRequest& request, std::optional<JobId> job, const Moment& now) {
  constexpr std::int64_t kAgain_ns = 5 * kSecond_ns;
  if (request.kind == JobKind::backup) {
    next_whole_ns_ = now.monotonic_ns + kAgain_ns;  // unless it begins
    next_ns_ = now.monotonic_ns + kAgain_ns;
    return;
  }
  if (job) {
    paths_job_ = job;
    paths_began_ns_ = now.monotonic_ns;
    return;
  }
  waiting_.give_back();
  next_paths_ns_ = now.monotonic_ns + kAgain_ns;
  next_ns_ = next_paths_ns_;
}

void HotRuns::note_start(const Job& job, const Moment& now) {
  if (job.id == paths_job_) {
    paths_began_ns_ = now.monotonic_ns;
    late_ns_ = now.monotonic_ns + (newest_asked_ == nullptr ? kPathsMax_ns : kSilenceMax_ns);
    hangs_ = false;
  }
  if (!is_of_everything(job)) return;
  whole_job_ = job.id;
  whole_began_ns_ = now.monotonic_ns;
  for (WatchedSource& source : sources_) source.note_whole_start();
}

void HotRuns::note_progress(JobId job, std::int64_t now_ns) {
  const bool may_last = job == paths_job_ && newest_asked_ != nullptr && late_ns_ != kNever_ns;
  if (may_last) late_ns_ = now_ns + kSilenceMax_ns;
}

void HotRuns::note_end(const Job& job, const Moment& now) {
  if (job.id != paths_job_ && job.id != whole_job_) return;
  next_ns_ = now.monotonic_ns;
  if (job.id == paths_job_) late_ns_ = kNever_ns;
  // One that was refused by a lock has looked at nothing, and tries again by itself.
  if (job.state == JobState::queued) {
    if (job.id == whole_job_) whole_job_.reset();
  } else if (job.id == paths_job_) {
    note_paths_end(job, now.monotonic_ns);
  } else {
    note_whole_end(job, now.monotonic_ns);
  }
}

void HotRuns::drop_cancelled(const std::function<bool(JobId job)>& is_there, const Moment& now) {
  if (paths_job_ && !is_there(*paths_job_)) {
    paths_job_.reset();
    waiting_.give_back();
    // Who took it back does not want the next one at once.
    next_paths_ns_ = now.monotonic_ns + kPeriod_ns;
    next_ns_ = now.monotonic_ns;
  }
  if (whole_job_ && !is_there(*whole_job_)) {
    whole_job_.reset();
    next_ns_ = now.monotonic_ns;
  }
}

std::optional<JobId> HotRuns::take_late(std::int64_t now_ns) {
  if (now_ns < late_ns_) return std::nullopt;
  late_ns_ = kNever_ns;
  // A backup of everything would hang there as well.
  hangs_ = newest_asked_ != nullptr;
  is_too_much_ = is_too_much_ || !hangs_;
  return paths_job_;
}

// It is not known what of them was read. Others come first when they are tried again.
void HotRuns::note_paths_unknown(std::int64_t now_ns) {
  const std::int64_t again_ns = now_ns + delay_ns(++paths_failures_);
  wants_whole_ = wants_whole_ || (paths_failures_ >= kFailuresMax && !hangs_);
  waiting_.give_back(again_ns);
  // Nor does a source come again before all that waits.
  if (newest_asked_ != nullptr) newest_asked_->note_newest(paths_began_ns_, now_ns, false);
}

void HotRuns::note_paths_end(const Job& job, std::int64_t now_ns) {
  paths_job_.reset();
  const auto unread = job.state == JobState::done ? unread_by(job) : std::nullopt;
  if (!unread) {
    note_paths_unknown(now_ns);
    // What was not done at all will not be done for others either.
    if (job.state != JobState::done) next_paths_ns_ = now_ns + delay_ns(paths_failures_);
    return;
  }
  paths_failures_ = 0;
  is_too_much_ = false;
  // A gap in the snapshot before: one of everything says what became of it.
  wants_whole_ = wants_whole_ || job.exit_code == kLost;
  if (newest_asked_ != nullptr) {
    const auto is_of_it = [&](const std::string& path) {
      return is_within(path, newest_asked_->source().name);
    };
    newest_asked_->note_newest(paths_began_ns_, now_ns, std::ranges::none_of(*unread, is_of_it));
  }
  waiting_.forget_taken(*unread, now_ns);
}

void HotRuns::note_whole_end(const Job& job, std::int64_t now_ns) {
  whole_job_.reset();
  is_too_much_ = false;
  const auto unread = job.state == JobState::done ? unread_by(job) : std::nullopt;
  if (!unread) {
    has_base_ = has_base_ || job.state == JobState::done;
    next_whole_ns_ = now_ns + policy::retry_delay_ns(++whole_failures_);
    return;
  }
  whole_failures_ = 0;
  has_base_ = true;
  wants_whole_ = false;
  paths_failures_ = 0;
  next_paths_ns_ = now_ns;
  next_whole_ns_ = whole_began_ns_ + kWholePeriod_ns;
  waiting_.forget_until(whole_began_ns_, *unread, now_ns);
  for (WatchedSource& source : sources_) {
    source.note_whole_end(std::ranges::find(*unread, source.source().name) == unread->end());
  }
}

void HotRuns::add_notes(const Moment& now, std::vector<vault::HotNote>& notes) const {
  for (const WatchedSource& source : sources_) {
    const bool is_scanned = source.watch() == vault::HotWatch::scan;
    notes.push_back({.business = business_.name,
                     .source = source.source().name,
                     .watch = source.watch(),
                     .interval_s = is_scanned ? static_cast<std::uint64_t>(source.interval_ns()) /
                                                    static_cast<std::uint64_t>(kSecond_ns)
                                              : 0,
                     .proved = time_of(source.proved_ns(waiting_), now),
                     .newest = is_scanned ? time_of(source.newest_ns(), now) : std::nullopt});
  }
}

}  // namespace holdfast::appliance

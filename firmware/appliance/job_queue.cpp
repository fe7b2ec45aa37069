// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/job_queue.h"

#include <algorithm>
#include <utility>

#include "firmware/appliance/child_output.h"

namespace holdfast::appliance {

namespace {

constexpr std::int64_t kFirstPatience_ns = 1'000'000'000;
constexpr std::int64_t kLongestPatience_ns = 300'000'000'000;
constexpr std::int64_t kHotPatience_ns = 4'000'000'000;
constexpr std::int64_t kProgramPause_ns = 300'000'000'000;
constexpr unsigned kCutsMax = 3;
constexpr std::size_t kLinesMax = 50;
constexpr std::size_t kDocumentSizeMax = 64 << 10;

// Of the command line (docs/manual.md).
constexpr int kUnreadable = 3;
constexpr int kLost = 5;
constexpr int kLocked = 11;
constexpr int kDenied = 15;
constexpr int kInterrupted = 130;

bool is_over(const Job& job) {
  return job.state != JobState::queued && job.state != JobState::running;
}

// In the middle, or before it had begun.
bool has_been_cut_off(const Job& job, const JobEnd& end) {
  if (job.is_cancelled || end.error || end.signal != 0) return false;
  return end.exit_code == kInterrupted ||
         (end.exit_code == kDenied && error_code_of(end.document) == "window_closed");
}

// Codes 3 to 5 tell what was found by a job that came to its end.
JobState state_after(const Job& job, const JobEnd& end) {
  if (job.is_cancelled) return JobState::stopped;
  if (end.error || end.signal != 0) return JobState::failed;
  if (job.is_cut_off) return JobState::stopped;
  const bool is_done =
      end.exit_code == 0 || (end.exit_code >= kUnreadable && end.exit_code <= kLost);
  return is_done ? JobState::done : JobState::failed;
}

// Twice as long each time.
std::int64_t patience_ns(JobKind kind, unsigned refusals) {
  constexpr unsigned kDoublingsMax = 20;
  const std::int64_t longest_ns = kind == JobKind::hot ? kHotPatience_ns : kLongestPatience_ns;
  return std::min(kFirstPatience_ns << std::min(refusals, kDoublingsMax), longest_ns);
}

bool is_of_program(const JobRequest& request) {
  return request.asked_by == kAskedByHook || request.asked_by == kAskedByFile;
}

// It is the job of whoever is most in a hurry; that of a program only while nobody else wants it.
void join(Job& job, const JobRequest& request, std::uint64_t& revision) {
  const bool is_hurried = request.priority < job.request.priority;
  const bool takes_over = !is_of_program(request) && (is_hurried || is_of_program(job.request));
  if (!is_hurried && !takes_over) return;
  job.request.priority = std::min(request.priority, job.request.priority);
  if (takes_over) job.request.asked_by = request.asked_by;
  ++revision;
}

// "Now, outside its window" was somebody's word for that time, not for whenever power is back.
JobRequest again_of(JobRequest request) {
  std::erase(request.arguments, kIgnoreWindow);
  return request;
}

void add_line(Job& job, std::string line) {
  job.log.push_back(std::move(line));
  if (job.log.size() > kLinesMax) job.log.pop_front();
}

}  // namespace

void JobQueue::take_over(std::vector<Job> jobs, const Moment& now) {
  jobs_ = std::move(jobs);
  for (const Job& job : jobs_) last_id_ = std::max(last_id_, job.id);
  std::vector<std::pair<JobRequest, unsigned>> again;
  for (Job& job : jobs_) {
    // Who takes something out waits for it: after a restart there may be another medium.
    const bool is_stale = job.state == JobState::queued && job.request.kind == JobKind::restore;
    if (job.state != JobState::running && !is_stale) continue;
    job.state = JobState::cut;
    if (!facts_of(job.request.kind).is_repeatable || job.cuts + 1 > kCutsMax) continue;
    again.emplace_back(again_of(job.request), job.cuts + 1);
  }
  for (const auto& [request, cuts] : again) {
    const auto is_waiting = [&, &wanted = request](const Job& job) {
      return job.state == JobState::queued && is_same_work(job.request, wanted);
    };
    const auto waiting = std::ranges::find_if(jobs_, is_waiting);
    if (waiting == jobs_.end()) {
      add(request, cuts, now);
    } else {
      waiting->cuts = cuts;
    }
  }
  ++revision_;
  std::vector<Job*> over;
  for (Job& job : jobs_) {
    if (is_over(job)) over.push_back(&job);
  }
  // No better order is known of what ended before: the clock may have been set meanwhile.
  std::ranges::sort(
      over, {}, [](const Job* job) { return std::pair(job->ended.value_or(job->asked), job->id); });
  for (Job* job : over) job->end_number = ++last_end_;
  drop_old();
}

JobId JobQueue::add(const JobRequest& request, unsigned cuts, const Moment& now) {
  jobs_.push_back({.id = ++last_id_, .request = request, .asked = now.time, .cuts = cuts});
  ++revision_;
  return last_id_;
}

Result<JobId> JobQueue::ask(const JobRequest& request, const Moment& now) {
  std::size_t waiting = 0;
  for (Job& job : jobs_) {
    if (job.state == JobState::queued) ++waiting;
    if (is_over(job) || !is_same_work(job.request, request)) continue;
    if (job.state == JobState::running && !request.asked_by.empty()) continue;
    if (job.state == JobState::queued) join(job, request, revision_);
    return job.id;
  }
  if (waiting >= limits_.waiting_max) {
    return make_error(ErrorCode::limit_exceeded, {},
                      {{"what", "jobs waiting"}, {"limit", std::to_string(limits_.waiting_max)}});
  }
  return add(request, 0, now);
}

bool JobQueue::has_place(const Job& job) const {
  const bool is_hot = job.request.kind == JobKind::hot;
  std::size_t running = 0;
  std::size_t patient = 0;
  for (const Job& other : jobs_) {
    if (other.state != JobState::running || (other.request.kind == JobKind::hot) != is_hot)
      continue;
    // What was told to stop and hangs in a file system may never end.
    if (is_hot && other.is_cancelled) continue;
    ++running;
    if (facts_of(other.request.kind).is_patient) ++patient;
  }
  if (is_hot) return running < limits_.running_max;
  const std::size_t patient_max = std::max<std::size_t>(1, limits_.running_max - 1);
  const bool is_patient = facts_of(job.request.kind).is_patient;
  return running < limits_.running_max && (!is_patient || patient < patient_max);
}

std::int64_t JobQueue::not_before_ns(const Job& job) const {
  if (!is_of_program(job.request)) return job.not_before_ns;
  const auto last = program_ended_ns_.find(job.request.business);
  if (last == program_ended_ns_.end()) return job.not_before_ns;
  return std::max(job.not_before_ns, last->second + kProgramPause_ns);
}

void JobQueue::note_program_end(const Job& job, const Moment& now) {
  if (!is_of_program(job.request)) return;
  // Its file is what has not been served: how soon it is tried again is known there.
  const bool is_of_file = job.request.asked_by == kAskedByFile && !job.is_cancelled;
  if (is_of_file && !has_read_sources(job)) return;
  std::erase_if(program_ended_ns_, [&](const auto& each) {
    return now.monotonic_ns - each.second >= kProgramPause_ns;
  });
  program_ended_ns_[job.request.business] = now.monotonic_ns;
}

bool JobQueue::may_start(const Job& job, const Moment& now) const {
  if (job.state != JobState::queued || not_before_ns(job) > now.monotonic_ns) return false;
  const KindFacts& facts = facts_of(job.request.kind);
  const auto excludes_it = [&](const Job& other) {
    if (other.state != JobState::running) return false;
    if (facts_of(other.request.kind).scope != facts.scope) return false;
    if (facts.scope == JobScope::works_on_pool) return true;
    return facts.scope == JobScope::writes_business &&
           other.request.business == job.request.business;
  };
  return has_place(job) && std::ranges::none_of(jobs_, excludes_it);
}

const Job* JobQueue::start_next(const Moment& now) {
  Job* best = nullptr;
  for (Job& job : jobs_) {
    if (!may_start(job, now)) continue;
    if (best == nullptr || job.request.priority < best->request.priority) best = &job;
  }
  if (best == nullptr) return nullptr;
  best->state = JobState::running;
  best->started = now.time;
  best->progress.reset();
  ++revision_;
  return best;
}

std::optional<std::int64_t> JobQueue::next_try_ns(const Moment& now) const {
  std::optional<std::int64_t> next;
  for (const Job& job : jobs_) {
    const std::int64_t begin_ns = not_before_ns(job);
    if (job.state != JobState::queued || begin_ns <= now.monotonic_ns) continue;
    next = std::min(next.value_or(begin_ns), begin_ns);
  }
  return next;
}

const Job* JobQueue::find(JobId id) const {
  const auto found = std::ranges::find(jobs_, id, &Job::id);
  return found == jobs_.end() ? nullptr : &*found;
}

Job* JobQueue::find_running(JobId id) {
  const auto found = std::ranges::find(jobs_, id, &Job::id);
  if (found == jobs_.end() || found->state != JobState::running) return nullptr;
  return &*found;
}

void JobQueue::note_progress(JobId id, JobProgress progress) {
  if (Job* job = find_running(id)) job->progress = std::move(progress);
}

void JobQueue::note_line(JobId id, std::string line) {
  Job* job = find_running(id);
  if (job == nullptr) return;
  add_line(*job, std::move(line));
}

std::optional<Job> JobQueue::note_end(JobId id, JobEnd end, const Moment& now) {
  Job* job = find_running(id);
  if (job == nullptr) return std::nullopt;
  ++revision_;
  const bool has_ended_by_itself = !end.error && end.signal == 0;
  job->exit_code = has_ended_by_itself ? std::optional(end.exit_code) : std::nullopt;
  job->signal = end.signal;
  job->is_cut_off = has_been_cut_off(*job, end);
  // With a document the command line says nothing beside it.
  std::string why = error_text_of(end.document);
  if (!why.empty()) add_line(*job, std::move(why));
  job->state = state_after(*job, end);
  job->error = std::move(end.error);
  job->warning = std::move(end.warning);
  if (job->state == JobState::failed && job->exit_code == kLocked) {
    job->state = JobState::queued;
    job->not_before_ns = now.monotonic_ns + patience_ns(job->request.kind, job->refusals++);
    return *job;
  }
  set_ended(*job, now);
  job->document = std::move(end.document);
  note_program_end(*job, now);
  Job ended = *job;
  if (job->document.size() > kDocumentSizeMax) job->document.clear();
  if (job->request.kind == JobKind::hot) job->request.arguments.clear();  // thousands of paths
  drop_old();
  return ended;
}

void JobQueue::set_ended(Job& job, const Moment& now) {
  job.ended = now.time;
  job.end_number = ++last_end_;
}

Cancelled JobQueue::cancel(JobId id, const Moment& now) {
  const auto found = std::ranges::find(jobs_, id, &Job::id);
  if (found == jobs_.end() || is_over(*found)) return Cancelled::no;
  found->is_cancelled = true;
  if (found->state == JobState::running) return Cancelled::must_stop;
  found->state = JobState::stopped;
  set_ended(*found, now);
  ++revision_;
  return Cancelled::waiting;
}

// By when they ended: one that took long is not old.
void JobQueue::drop_old() {
  std::vector<std::pair<std::uint64_t, JobId>> over;
  for (const Job& job : jobs_) {
    if (is_over(job)) over.emplace_back(job.end_number, job.id);
  }
  std::ranges::sort(over);
  const std::size_t with_documents = std::min(limits_.documents_max, over.size());
  for (std::size_t i = 0; i < over.size() - with_documents; ++i) {
    Job& job = *std::ranges::find(jobs_, over[i].second, &Job::id);
    job.document.clear();
    job.log.clear();
  }
  const auto is_hot = [this](const auto& each) {
    return std::ranges::find(jobs_, each.second, &Job::id)->request.kind == JobKind::hot;
  };
  const auto others = std::ranges::partition(over, is_hot);
  const auto drop = [this](auto begin, auto end, std::size_t kept) {
    std::sort(begin, end);
    const auto count = static_cast<std::size_t>(end - begin);
    for (auto next = begin; next != end - static_cast<std::ptrdiff_t>(std::min(kept, count));
         ++next) {
      jobs_.erase(std::ranges::find(jobs_, next->second, &Job::id));
    }
  };
  drop(over.begin(), others.begin(), limits_.kept_hot_max);
  drop(others.begin(), over.end(), limits_.kept_max);
}

}  // namespace holdfast::appliance

// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/appliance.h"

#include <algorithm>
#include <utility>

#include "firmware/appliance/job_file.h"

namespace holdfast::appliance {

namespace {

constexpr std::int64_t kSettingsPeriod_ns = 60'000'000'000;
constexpr std::int64_t kAlertsPeriod_ns = 60'000'000'000;

ports::ProcessRequest request_of(const CommandLine& command,
                                 const std::vector<std::string>& words) {
  ports::ProcessRequest request{.arguments = {command.program, "--home", command.home, "--json"},
                                .environment = command.environment};
  request.arguments.insert(request.arguments.end(), words.begin(), words.end());
  return request;
}

JobKind kind_of(const policy::Duty& duty) {
  const KindFacts* facts = find_kind(duty.job);
  HF_CHECK(facts != nullptr);  // the settings have no others
  return facts->kind;
}

status::Reason reason_of(const Error& error) {
  return {status::Verdict::attention,
          std::string(name_of(error.code)),
          error.where,
          0,
          std::nullopt,
          error};
}

// Of one that should have run.
status::Reason overdue_reason(const policy::Duty& duty) {
  return {status::Verdict::attention, "overdue",
          duty.business.empty() ? duty.job : duty.job + " " + duty.business};
}

// Of a file that was to start backups and cannot.
std::optional<status::Reason> reason_of(const TriggerView& trigger) {
  const bool hangs = trigger.state == TriggerState::hangs;
  if (!hangs && !trigger.error) return std::nullopt;
  return status::Reason{status::Verdict::attention,
                        hangs ? "trigger_hangs" : "trigger_unreadable",
                        trigger.business + " " + trigger.path,
                        0,
                        std::nullopt,
                        trigger.error};
}

}  // namespace

Appliance::Appliance(const AppliancePorts& ports, const CommandLine& command)
    : ports_(ports),
      command_(command),
      started_(ports.clock.now()),
      status_(ports.clock, ports.bell, ports.processes, request_of(command, {"status"})),
      hot_(ports.watches, ports.bell, ports.home),
      triggers_(ports.watches, ports.bell),
      alerts_(ports.home, ports.clock),
      queue_(QueueLimits()) {
  take_over();
  publish(now());
}

Appliance::~Appliance() = default;

Moment Appliance::now() {
  return {ports_.clock.now(), ports_.clock.monotonic_ns()};
}

// A file that cannot be read is as one that is not there: it must not keep the box from working.
void Appliance::take_over() {
  const auto file = ports::load(ports_.home, kJobsPath, kJobsSizeMax);
  if (!file && file.error().code != ErrorCode::not_found) jobs_not_kept_ = file.error();
  KeptJobs kept = file ? read_jobs(text_of(*file)) : KeptJobs();
  const Moment moment = now();
  std::vector<JobId> cut;
  for (const Job& job : kept.jobs) {
    if (job.state == JobState::running) cut.push_back(job.id);
  }
  book_.take_over(std::move(kept.duties));
  triggers_.take_over(std::move(kept.triggers));
  queue_.take_over(std::move(kept.jobs), moment);
  for (const JobId id : cut) {
    const Job* job = queue_.find(id);
    if (job == nullptr) continue;
    book_.note_end(*job, moment.time);
    ports_.log.note({.kind = EventKind::job_cut, .job = job});
  }
}

std::int64_t Appliance::turn() {
  const Moment moment = now();
  look_at_settings(moment);
  hear_children(moment);
  stop_cancelled(moment);
  ask_for_duties(moment);
  ask_for_hot(moment);
  ask_for_triggers(moment);
  start_jobs(moment);
  const bool has_answer = look_at_status(moment);
  keep_jobs();
  look_at_alerts(moment, has_answer);
  if (std::exchange(has_changed_, false)) publish(moment);
  return next_turn_ns(moment);
}

void Appliance::look_at_settings(const Moment& moment) {
  const bool is_asked = must_reload_.exchange(false);
  if (!is_asked && moment.monotonic_ns < next_look_ns_) return;
  next_look_ns_ = moment.monotonic_ns + kSettingsPeriod_ns;
  next_agenda_ns_ = moment.monotonic_ns;
  settings_ = ports_.settings.look();
  hot_.follow(settings_);
  triggers_.follow(settings_);
  tell_complaints(settings_.complaints);
  has_changed_ = true;
  const std::scoped_lock lock(work_);
  queue_.set_running_max(settings_.running_max);
}

// Each once, and once more when it is different.
void Appliance::tell_complaints(const std::vector<Error>& complaints) {
  std::vector<std::string> texts;
  for (const Error& complaint : complaints) {
    texts.push_back(debug_text(complaint));
    if (std::ranges::find(told_, texts.back()) != told_.end()) continue;
    ports_.log.note({.kind = EventKind::settings_wrong, .error = &complaint});
  }
  if (texts.empty() && !told_.empty()) ports_.log.note({.kind = EventKind::settings_good});
  told_ = std::move(texts);
}

void Appliance::hear_children(const Moment& moment) {
  for (auto next = runs_.begin(); next != runs_.end();) {
    const auto run = next++;
    JobRun::News news = run->second->turn();
    if (news.progress) hot_.note_progress(run->first, moment.monotonic_ns);
    has_changed_ = has_changed_ || news.progress || !news.lines.empty() || news.end;
    {
      const std::scoped_lock lock(work_);
      if (news.progress) queue_.note_progress(run->first, std::move(*news.progress));
      for (std::string& line : news.lines) queue_.note_line(run->first, std::move(line));
    }
    if (!news.end) continue;
    if (!was_cut(run->first, *run->second, *news.end)) {
      note_end(run->first, std::move(*news.end), moment);
    }
    runs_.erase(run);
    next_agenda_ns_ = moment.monotonic_ns;
  }
}

// Of what was stopped because the appliance stops, the file goes on saying that it runs.
bool Appliance::was_cut(JobId id, const JobRun& run, const JobEnd& end) {
  constexpr int kInterrupted = 130;
  const bool has_come_to_its_end = end.error || (end.signal == 0 && end.exit_code != kInterrupted);
  const std::scoped_lock lock(work_);
  const Job* job = queue_.find(id);
  HF_CHECK(job != nullptr);
  return is_stopping_ && run.is_stopped() && !job->is_cancelled && !has_come_to_its_end;
}

void Appliance::note_end(JobId id, JobEnd end, const Moment& moment) {
  std::optional<Job> ended;
  {
    const std::scoped_lock lock(work_);
    ended = queue_.note_end(id, std::move(end), moment);
    HF_CHECK(ended.has_value());
    book_.note_end(*ended, moment.time);
  }
  const Job& job = *ended;
  hot_.note_end(job, moment);
  triggers_.note_end(job, moment.monotonic_ns);
  // They come all the time: status and log are for what is not as usual.
  if (job.request.kind == JobKind::hot && job.state == JobState::done) return;
  if (job.state != JobState::queued) status_.hurry();
  if (job.warning) {
    ports_.log.note({.kind = EventKind::command_failed, .job = &job, .error = &*job.warning});
  }
  const bool waits = job.state == JobState::queued;
  // It tries again every few seconds, perhaps for days.
  if (waits && job.request.kind == JobKind::hot && job.refusals > 1) return;
  ports_.log.note({.kind = waits ? EventKind::job_waits : EventKind::job_ended,
                   .job = &job,
                   .error = job.error ? &*job.error : nullptr});
}

// Somebody else took the job back, it takes too long, or this process is about to end.
void Appliance::stop_cancelled(const Moment& moment) {
  const std::scoped_lock lock(work_);
  for (const JobId late : hot_.take_late(moment.monotonic_ns)) {
    static_cast<void>(queue_.cancel(late, moment));
  }
  for (const auto& [id, run] : runs_) {
    const Job* job = queue_.find(id);
    if (is_stopping_ || (job != nullptr && job->is_cancelled)) run->stop();
  }
}

policy::DutyHistory Appliance::history_of(const policy::Duty& duty, const Moment& moment) {
  const JobKind kind = kind_of(duty);
  policy::DutyHistory history = book_.history_of(kind, duty.business, moment.time);
  history.is_running = std::ranges::any_of(queue_.jobs(), [&](const Job& job) {
    const bool is_there = job.state == JobState::queued || job.state == JobState::running;
    return is_there && job.request.kind == kind && job.request.business == duty.business;
  });
  return history;
}

// Not before it is known whether there is a box in this home at all.
void Appliance::ask_for_duties(const Moment& moment) {
  if (moment.monotonic_ns < next_agenda_ns_) return;
  const std::scoped_lock lock(work_);
  std::vector<policy::DutyHistory> histories;
  for (const policy::Duty& duty : settings_.duties) {
    histories.push_back(history_of(duty, moment));
  }
  agenda_ = policy::plan_agenda(settings_.duties, histories, moment.time, settings_.site);
  next_agenda_ns_ = moment.monotonic_ns + agenda_.wait_ns;
  has_changed_ = true;
  if (is_stopping_ || !status_.has_tried() || !status_.answer().is_set_up) return;
  for (const std::size_t i : agenda_.due) {
    const policy::Duty& duty = settings_.duties[i];
    const JobRequest request{
        .kind = kind_of(duty), .business = duty.business, .priority = duty.priority};
    // A full queue: it is due again at the next look. Else that is to show what is not due any
    // more.
    if (queue_.ask(request, moment)) next_agenda_ns_ = moment.monotonic_ns;
  }
}

// As with duties: not before it is known whether there is a box.
void Appliance::ask_for_hot(const Moment& moment) {
  if (hot_.look(moment.monotonic_ns)) status_.hurry();
  const std::scoped_lock lock(work_);
  hot_.drop_cancelled([this](JobId id) { return is_there(id); }, moment);
  if (is_stopping_ || !status_.has_tried() || !status_.answer().is_set_up) return;
  hot_.ask(
      moment, settings_.site,
      [this](const std::string& business) { return book_.has_good_end(JobKind::backup, business); },
      [&](const JobRequest& request) {
        has_changed_ = true;
        return queue_.ask(request, moment);
      });
}

// With the queue's lock held.
bool Appliance::is_there(JobId id) const {
  const Job* job = queue_.find(id);
  return job != nullptr && (job->state == JobState::queued || job->state == JobState::running);
}

void Appliance::ask_for_triggers(const Moment& moment) {
  if (triggers_.look(moment.monotonic_ns)) has_changed_ = true;
  const std::scoped_lock lock(work_);
  if (is_stopping_ || !status_.has_tried() || !status_.answer().is_set_up) return;
  triggers_.ask(
      moment, settings_.site, [this](JobId id) { return is_there(id); },
      [&](const JobRequest& request) {
        has_changed_ = true;
        return queue_.ask(request, moment);
      });
}

void Appliance::start_jobs(const Moment& moment) {
  std::vector<Job> starting;
  {
    const std::scoped_lock lock(work_);
    if (is_stopping_) return;
    while (const Job* job = queue_.start_next(moment)) {
      book_.note_start(*job);
      starting.push_back(*job);
    }
  }
  if (starting.empty()) return;
  // What was changed before they were asked for counts for them.
  look_at_settings(moment);
  has_changed_ = true;
  next_agenda_ns_ = moment.monotonic_ns;
  keep_jobs();  // before they begin: what is due once must not begin twice
  for (const Job& job : starting) {
    hot_.note_start(job, moment);
    triggers_.note_start(job);
    begin(job);
  }
}

void Appliance::begin(const Job& job) {
  JobSteps steps;
  JobRequest request = job.request;
  if (request.kind == JobKind::tend && request.arguments.empty()) {
    request.arguments = settings_.tend_arguments;
  }
  steps.job = request_of(command_, words_of(request));
  steps.job.is_background = facts_of(job.request.kind).is_patient;
  steps.job.environment.emplace_back("HOLDFAST_ZONE", settings_.site_name);
  // Only a page asks for one: its lines in the audit log are of who did, or nothing is written.
  if (job.request.kind == JobKind::restore) {
    steps.job.environment.emplace_back("HOLDFAST_ACTOR", job.request.asked_by);
  }
  steps.environment = command_.command_environment;
  const auto commands = settings_.commands.find(job.request.business);
  if (job.request.kind == JobKind::backup && commands != settings_.commands.end()) {
    steps.before = commands->second.before;
    steps.after = commands->second.after;
  }
  if (job.request.kind != JobKind::hot) {
    ports_.log.note({.kind = EventKind::job_started, .job = &job});
  }
  runs_.emplace(job.id, std::make_unique<JobRun>(ports_.clock, ports_.bell, ports_.processes,
                                                 std::move(steps)));
}

bool Appliance::look_at_status(const Moment& moment) {
  status_.look(looked_ns_);
  // What it is about to read.
  if (!status_.is_asking() && status_.next_ns() <= moment.monotonic_ns) hot_.keep_note(moment);
  const bool has_tried = status_.has_tried();
  const bool was_set_up = status_.answer().is_set_up;
  const StatusTrouble trouble = status_.answer().trouble;
  if (!status_.turn()) return false;
  has_changed_ = true;
  hear_status();
  if (!has_tried || was_set_up != status_.answer().is_set_up) next_agenda_ns_ = 0;
  const bool hangs = status_.answer().trouble == StatusTrouble::hangs;
  if (hangs && trouble != StatusTrouble::hangs) ports_.log.note({.kind = EventKind::status_hangs});
  return true;
}

// What others have done counts. Of what runs here its own end is to tell, with its start.
void Appliance::hear_status() {
  if (status_.answer().trouble != StatusTrouble::none) return;
  const std::vector<GoodEnd> ends = good_ends_in(status_.answer().document);
  const std::scoped_lock lock(work_);
  const std::uint64_t before = book_.revision();
  for (const GoodEnd& end : ends) {
    const bool is_running = std::ranges::any_of(queue_.jobs(), [&](const Job& job) {
      return job.state == JobState::running && job.request.kind == end.kind &&
             job.request.business == end.business;
    });
    if (!is_running) book_.note_good_end(end);
  }
  if (book_.revision() != before) next_agenda_ns_ = 0;
}

// Each time that the status has answered, or has not, when something else has changed, and each
// minute, for a child that hangs must not keep the book from what the appliance knows by itself.
void Appliance::look_at_alerts(const Moment& moment, bool has_answer) {
  const bool is_due = has_answer || moment.monotonic_ns >= next_alerts_ns_;
  if (!status_.has_tried() || (!is_due && !has_changed_)) return;
  if (is_due) is_damage_aside_ = ports_.home.size_of(kDamagedAlertsPath).has_value();
  std::vector<status::Reason> reasons = own_complaints();
  const StatusAnswer& answer = status_.answer();
  const bool is_good = answer.trouble == StatusTrouble::none;
  if (!is_good && answer.is_set_up) reasons.push_back({status::Verdict::danger, "no_status"});
  std::vector<Calling> own = callings_of(reasons);
  const auto is_same = [](const Calling& one, const Calling& other) {
    return one.is_same_as(other) && one.level == other.level;
  };
  if (!is_due && std::ranges::equal(own, own_alerts_, is_same)) return;
  next_alerts_ns_ = moment.monotonic_ns + kAlertsPeriod_ns;
  std::optional<std::vector<Calling>> box;
  if (has_answer && is_good) box = callings_in(answer.document);
  const Unseen unseen = box ? unseen_in(answer.document) : Unseen();
  auto damaged = alerts_.look(box, own, moment.time, unseen);
  own_alerts_ = std::move(own);
  has_changed_ = true;
  if (damaged && *damaged > 0) {
    is_damage_aside_ = true;
    ports_.log.note({.kind = EventKind::alerts_damaged});
  }
  if (!damaged && !alerts_not_kept_) {
    ports_.log.note({.kind = EventKind::alerts_not_kept, .error = &damaged.error()});
  }
  alerts_not_kept_.reset();
  if (!damaged) alerts_not_kept_ = std::move(damaged.error());
}

// What `holdfast status` cannot know.
std::vector<status::Reason> Appliance::own_complaints() const {
  std::vector<status::Reason> reasons;
  for (const Error& complaint : settings_.complaints) reasons.push_back(reason_of(complaint));
  if (jobs_not_kept_) reasons.push_back(reason_of(*jobs_not_kept_));
  reasons.insert(reasons.end(), of_pages_.begin(), of_pages_.end());
  const std::size_t count = std::min(settings_.duties.size(), agenda_.outlooks.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (!agenda_.outlooks[i].is_overdue) continue;
    reasons.push_back(overdue_reason(settings_.duties[i]));
  }
  for (const TriggerView& trigger : triggers_.views()) {
    if (auto reason = reason_of(trigger)) reasons.push_back(std::move(*reason));
  }
  if (is_damage_aside_) {
    reasons.push_back(
        {status::Verdict::attention, "alerts_damaged", std::string(kDamagedAlertsPath)});
  }
  return reasons;
}

void Appliance::keep_jobs() {
  std::string text;
  {
    const std::scoped_lock lock(work_);
    if (queue_.revision() == kept_queue_ && book_.revision() == kept_book_ &&
        triggers_.revision() == kept_triggers_) {
      return;
    }
    kept_queue_ = queue_.revision();
    kept_book_ = book_.revision();
    kept_triggers_ = triggers_.revision();
    text = write_jobs(queue_.jobs(), book_.records(), triggers_.records());
  }
  has_changed_ = true;
  auto stored = ports::store(ports_.home, kJobsPath, view_of(text));
  if (!stored && !jobs_not_kept_) {
    ports_.log.note({.kind = EventKind::jobs_not_kept, .error = &stored.error()});
  }
  jobs_not_kept_.reset();
  if (!stored) jobs_not_kept_ = std::move(stored.error());
}

void Appliance::publish(const Moment& moment) {
  auto state = std::make_shared<ApplianceState>();
  state->time = moment.time;
  state->started = started_;
  state->status = status_.answer();
  state->complaints = own_complaints();
  state->alerts_not_kept = alerts_not_kept_;
  state->triggers = triggers_.views();
  {
    const std::scoped_lock lock(work_);
    state->jobs = queue_.jobs();
    state->is_stopping = is_stopping_;
    for (std::size_t i = 0; i < agenda_.outlooks.size(); ++i) {
      const policy::Duty& duty = settings_.duties[i];
      state->duties.push_back({duty, history_of(duty, moment), agenda_.outlooks[i]});
    }
  }
  const std::scoped_lock lock(shown_);
  state->revision = state_ == nullptr ? 1 : state_->revision + 1;
  state_ = std::move(state);
  for (ports::Bell* listener : listeners_) listener->ring();
}

std::int64_t Appliance::next_turn_ns(const Moment& moment) {
  std::int64_t next_ns = std::min(
      {next_look_ns_, next_agenda_ns_, status_.next_ns(), hot_.next_ns(), triggers_.next_ns()});
  if (status_.has_tried()) next_ns = std::min(next_ns, next_alerts_ns_);
  for (const auto& [id, run] : runs_) next_ns = std::min(next_ns, run->limit_ns());
  const std::scoped_lock lock(work_);
  if (const auto try_ns = queue_.next_try_ns(moment)) next_ns = std::min(next_ns, *try_ns);
  return next_ns;
}

void Appliance::stop() {
  {
    const std::scoped_lock lock(work_);
    is_stopping_ = true;
  }
  status_.stop();
  has_changed_ = true;
  ports_.bell.ring();
}

bool Appliance::is_idle() const {
  return runs_.empty() && !status_.is_asking();
}

// Compared as people see them.
void Appliance::hear_of_pages(const std::vector<status::Reason>& complaints) {
  if (complaints.empty() && of_pages_.empty()) return;
  const auto is_same = [](const Calling& one, const Calling& other) {
    return one.is_same_as(other) && one.level == other.level && one.english == other.english;
  };
  if (std::ranges::equal(callings_of(complaints), callings_of(of_pages_), is_same)) return;
  of_pages_ = complaints;
  has_changed_ = true;
  ports_.bell.ring();
}

void Appliance::reload() {
  must_reload_ = true;
  ports_.bell.ring();
}

std::shared_ptr<const ApplianceState> Appliance::state() {
  constexpr std::int64_t kSoon_ns = 5'000'000'000;
  const std::int64_t now_ns = ports_.clock.monotonic_ns();
  if (now_ns - looked_ns_.exchange(now_ns) > kSoon_ns) ports_.bell.ring();
  const std::scoped_lock lock(shown_);
  return state_;
}

Result<JobId> Appliance::ask(const JobRequest& request) {
  const Moment moment = now();
  const std::scoped_lock lock(work_);
  if (is_stopping_) return make_error(ErrorCode::interrupted);
  HF_TRY(const JobId id, queue_.ask(request, moment));
  ports_.bell.ring();
  return id;
}

bool Appliance::cancel(JobId id) {
  const Moment moment = now();
  const std::scoped_lock lock(work_);
  const bool is_done = queue_.cancel(id, moment) != Cancelled::no;
  if (is_done) ports_.bell.ring();
  return is_done;
}

void Appliance::listen(ports::Bell& bell) {
  const std::scoped_lock lock(shown_);
  listeners_.insert(&bell);
}

void Appliance::unlisten(ports::Bell& bell) {
  const std::scoped_lock lock(shown_);
  listeners_.erase(&bell);
}

}  // namespace holdfast::appliance

// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/job_file.h"

#include <limits>

#include "firmware/appliance/line_words.h"
#include "firmware/vault/checked_line.h"

namespace holdfast::appliance {

namespace {

constexpr std::string_view kOwed = "owed";
constexpr std::string_view kServed = "served";

std::string line_of(const Job& job) {
  std::string line =
      "job " + std::to_string(job.id) + " " + std::string(facts_of(job.request.kind).name) + " " +
      word_text(job.request.business) + " " + std::string(name_of(job.state)) + " " +
      std::to_string(job.request.priority) + " " + std::to_string(job.cuts) + " " +
      job.asked.rfc3339() + " " + word_text(job.started) + " " + word_text(job.ended) + " " +
      (job.exit_code ? std::to_string(*job.exit_code) : std::string(kNoWord)) + " " +
      std::to_string(job.signal) + " " + word_text(job.request.asked_by);
  for (const std::string& word : job.request.arguments) line += " " + word_text(word);
  return vault::checked_line(line);
}

std::string line_of(const DutyRecord& duty) {
  const policy::DutyHistory& history = duty.history;
  return vault::checked_line(
      "duty " + std::string(facts_of(duty.kind).name) + " " + word_text(duty.business) + " " +
      history.since.rfc3339() + " " + word_text(history.last_start) + " " +
      word_text(history.last_good_end) + " " + word_text(history.last_failure) + " " +
      std::to_string(history.failures) + " " + word_text(history.cut_off));
}

std::string line_of(const TriggerRecord& trigger) {
  return vault::checked_line(
      "trigger " + word_text(trigger.business) + " " + word_text(trigger.path) + " " +
      std::to_string(trigger.seen.size) + " " + trigger.seen.modified.rfc3339() + " " +
      trigger.seen.changed.rfc3339() + " " + std::string(trigger.is_owed ? kOwed : kServed));
}

JobKind kind_in(LineWords& words) {
  const KindFacts* facts = find_kind(words.next());
  if (facts == nullptr) words.fail();
  return facts == nullptr ? JobKind::backup : facts->kind;
}

JobState state_in(LineWords& words) {
  const auto state = find_state(words.next());
  if (!state) words.fail();
  return state.value_or(JobState::cut);
}

constexpr std::uint64_t kNumberMax = std::numeric_limits<std::uint32_t>::max();

std::optional<Job> parse_job(LineWords& words) {
  constexpr std::uint64_t kExitCodeMax = 255;
  Job job;
  job.id = words.number();
  job.request.kind = kind_in(words);
  job.request.business = words.text();
  job.state = state_in(words);
  job.request.priority = static_cast<std::uint32_t>(words.number(kNumberMax));
  job.cuts = static_cast<unsigned>(words.number(kNumberMax));
  job.asked = words.known_time();
  job.started = words.time();
  job.ended = words.time();
  LineWords exit_code(words.next());
  if (LineWords copy = exit_code; copy.next() != kNoWord) {
    job.exit_code = static_cast<int>(exit_code.number(kExitCodeMax));
  }
  job.signal = static_cast<int>(words.number(kExitCodeMax));
  job.request.asked_by = words.text();
  while (!words.is_at_end()) job.request.arguments.push_back(words.text());
  if (words.has_failed() || exit_code.has_failed()) return std::nullopt;
  return job;
}

std::optional<DutyRecord> parse_duty(LineWords& words) {
  DutyRecord duty;
  duty.kind = kind_in(words);
  duty.business = words.text();
  duty.history.since = words.known_time();
  duty.history.last_start = words.time();
  duty.history.last_good_end = words.time();
  duty.history.last_failure = words.time();
  duty.history.failures = static_cast<std::uint32_t>(words.number(kNumberMax));
  if (!words.is_at_end()) duty.history.cut_off = words.time();  // older files end before it
  if (words.has_failed() || !words.is_at_end()) return std::nullopt;
  return duty;
}

std::optional<TriggerRecord> parse_trigger(LineWords& words) {
  TriggerRecord trigger;
  trigger.business = words.text();
  trigger.path = words.text();
  trigger.seen.size = words.number();
  trigger.seen.modified = words.known_time();
  trigger.seen.changed = words.known_time();
  const std::string_view word = words.next();
  trigger.is_owed = word == kOwed;
  const bool is_known = trigger.is_owed || word == kServed;
  if (words.has_failed() || !words.is_at_end() || !is_known) return std::nullopt;
  return trigger;
}

}  // namespace

std::string write_jobs(const std::vector<Job>& jobs, const std::vector<DutyRecord>& duties,
                       const std::vector<TriggerRecord>& triggers) {
  std::string text;
  for (const Job& job : jobs) text += line_of(job);
  for (const DutyRecord& duty : duties) text += line_of(duty);
  for (const TriggerRecord& trigger : triggers) text += line_of(trigger);
  return text;
}

KeptJobs read_jobs(std::string_view text) {
  KeptJobs kept;
  static_cast<void>(for_each_line(text, [&](LineWords& words) {
    const std::string_view what = words.next();
    if (what == "job") {
      auto job = parse_job(words);
      const bool is_in_order = job && (kept.jobs.empty() || kept.jobs.back().id < job->id);
      if (is_in_order) kept.jobs.push_back(std::move(*job));
    } else if (what == "duty") {
      if (auto duty = parse_duty(words)) kept.duties.push_back(std::move(*duty));
    } else if (what == "trigger") {
      if (auto trigger = parse_trigger(words)) kept.triggers.push_back(std::move(*trigger));
    }
  }));
  return kept;
}

}  // namespace holdfast::appliance

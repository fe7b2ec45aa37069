// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/job_file.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "firmware/vault/checked_line.h"
#include "hal/base/path.h"

namespace holdfast::appliance {

namespace {

constexpr std::string_view kNone = "-";
constexpr std::size_t kCheckSize = 10;  // " #" and eight digits

std::string word_text(const std::string& word) {
  if (word.empty()) return std::string(kNone);
  if (word == kNone) return "\\x2d";
  std::string text;
  for (const char each : escape_path(word)) {
    if (each == ' ') {
      text += "\\x20";
    } else {
      text += each;
    }
  }
  return text;
}

std::string time_text(const std::optional<Timestamp>& time) {
  return time ? time->rfc3339() : std::string(kNone);
}

std::string line_of(const Job& job) {
  std::string line =
      "job " + std::to_string(job.id) + " " + std::string(facts_of(job.request.kind).name) + " " +
      word_text(job.request.business) + " " + std::string(name_of(job.state)) + " " +
      std::to_string(job.request.priority) + " " + std::to_string(job.cuts) + " " +
      job.asked.rfc3339() + " " + time_text(job.started) + " " + time_text(job.ended) + " " +
      (job.exit_code ? std::to_string(*job.exit_code) : std::string(kNone)) + " " +
      std::to_string(job.signal) + " " + word_text(job.request.asked_by);
  for (const std::string& word : job.request.arguments) line += " " + word_text(word);
  return vault::checked_line(line);
}

std::string line_of(const DutyRecord& duty) {
  const policy::DutyHistory& history = duty.history;
  return vault::checked_line(
      "duty " + std::string(facts_of(duty.kind).name) + " " + word_text(duty.business) + " " +
      history.since.rfc3339() + " " + time_text(history.last_start) + " " +
      time_text(history.last_good_end) + " " + time_text(history.last_failure) + " " +
      std::to_string(history.failures) + " " + time_text(history.cut_off));
}

// The words of a line, one after the other. What is not there or not right makes it fail for good.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  std::string_view next() {
    if (is_at_end_) {
      failed_ = true;
      return {};
    }
    const std::size_t end = rest_.find(' ');
    const std::string_view word = rest_.substr(0, end);
    is_at_end_ = end == std::string_view::npos;
    if (!is_at_end_) rest_.remove_prefix(end + 1);
    return word;
  }
  std::string text() {
    const std::string_view word = next();
    if (word == kNone) return {};
    auto plain = unescape_path(word);
    failed_ = failed_ || !plain;
    return plain ? std::move(*plain) : std::string();
  }
  std::uint64_t number(std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) {
    const std::string_view word = next();
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), number);
    failed_ = failed_ || parsed.ec != std::errc() || parsed.ptr != word.data() + word.size() ||
              number > most;
    return number;
  }
  std::optional<Timestamp> time() {
    const std::string_view word = next();
    if (word == kNone) return std::nullopt;
    const auto time = Timestamp::parse(word);
    failed_ = failed_ || !time;
    return time ? std::optional(*time) : std::nullopt;
  }
  Timestamp known_time() {
    const auto known = time();
    failed_ = failed_ || !known;
    return known.value_or(Timestamp());
  }
  JobKind kind() {
    const KindFacts* facts = find_kind(next());
    failed_ = failed_ || facts == nullptr;
    return facts == nullptr ? JobKind::backup : facts->kind;
  }
  JobState state() {
    const auto state = find_state(next());
    failed_ = failed_ || !state;
    return state.value_or(JobState::cut);
  }
  [[nodiscard]] bool is_at_end() const { return is_at_end_; }
  [[nodiscard]] bool has_failed() const { return failed_; }

 private:
  std::string_view rest_;
  bool is_at_end_ = false;
  bool failed_ = false;
};

constexpr std::uint64_t kNumberMax = std::numeric_limits<std::uint32_t>::max();

std::optional<Job> parse_job(Words& words) {
  constexpr std::uint64_t kExitCodeMax = 255;
  Job job;
  job.id = words.number();
  job.request.kind = words.kind();
  job.request.business = words.text();
  job.state = words.state();
  job.request.priority = static_cast<std::uint32_t>(words.number(kNumberMax));
  job.cuts = static_cast<unsigned>(words.number(kNumberMax));
  job.asked = words.known_time();
  job.started = words.time();
  job.ended = words.time();
  Words exit_code(words.next());
  if (Words copy = exit_code; copy.next() != kNone) {
    job.exit_code = static_cast<int>(exit_code.number(kExitCodeMax));
  }
  job.signal = static_cast<int>(words.number(kExitCodeMax));
  job.request.asked_by = words.text();
  while (!words.is_at_end()) job.request.arguments.push_back(words.text());
  if (words.has_failed() || exit_code.has_failed()) return std::nullopt;
  return job;
}

std::optional<DutyRecord> parse_duty(Words& words) {
  DutyRecord duty;
  duty.kind = words.kind();
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

}  // namespace

std::string write_jobs(const std::vector<Job>& jobs, const std::vector<DutyRecord>& duties) {
  std::string text;
  for (const Job& job : jobs) text += line_of(job);
  for (const DutyRecord& duty : duties) text += line_of(duty);
  return text;
}

KeptJobs read_jobs(std::string_view text) {
  KeptJobs kept;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto checked = vault::words_of_line(line);
    // One without a check is taken as it is there: not here, where no line was ever without.
    if (!checked || checked->size() + kCheckSize != line.size()) continue;
    Words words(*checked);
    const std::string_view what = words.next();
    if (what == "job") {
      auto job = parse_job(words);
      const bool is_in_order = job && (kept.jobs.empty() || kept.jobs.back().id < job->id);
      if (is_in_order) kept.jobs.push_back(std::move(*job));
    } else if (what == "duty") {
      if (auto duty = parse_duty(words)) kept.duties.push_back(std::move(*duty));
    }
  }
  return kept;
}

}  // namespace holdfast::appliance

// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/job_run.h"

#include <limits>
#include <utility>

namespace holdfast::appliance {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr int kInterrupted = 130;

std::string reason_of(const ports::ProcessEnd& end, bool is_late) {
  if (is_late) return "time limit";
  if (end.signal != 0) return "signal " + std::to_string(end.signal);
  return "exit code " + std::to_string(end.exit_code);
}

}  // namespace

JobRun::JobRun(ports::Clock& clock, ports::Bell& bell, ports::Processes& processes, JobSteps steps)
    : clock_(clock), bell_(bell), processes_(processes), steps_(std::move(steps)) {
  begin(steps_.before ? Step::before : Step::job);
}

void JobRun::begin(Step step) {
  step_ = step;
  is_late_ = false;
  output_ = std::make_unique<ChildOutput>(bell_);
  if (step == Step::job) return begin_job();
  const policy::Command& command = *(step == Step::before ? steps_.before : steps_.after);
  limit_ns_ = clock_.monotonic_ns() + std::int64_t{command.timeout_s} * kSecond_ns;
  auto child =
      processes_.start({.arguments = command.words, .environment = steps_.environment}, *output_);
  if (!child) return fail_command(std::move(child.error()));
  child_ = std::move(*child);
}

void JobRun::begin_job() {
  auto child = processes_.start(steps_.job, *output_);
  if (child) {
    child_ = std::move(*child);
    return;
  }
  step_ = Step::over;
  end_ = JobEnd{.error = std::move(child.error())};
}

JobRun::News JobRun::turn() {
  News news;
  if (child_ != nullptr) {
    ChildOutput::News heard = output_->take();
    news.lines = std::move(heard.lines);
    if (step_ == Step::job) news.progress = std::move(heard.progress);
    if (heard.end) {
      child_.reset();
      take_end(*heard.end, std::move(heard.document));
    } else if (!is_late_ && clock_.monotonic_ns() >= limit_ns()) {
      is_late_ = true;
      child_->stop();
    }
  }
  if (step_ == Step::over) news.end = std::exchange(end_, std::nullopt);
  return news;
}

void JobRun::take_end(const ports::ProcessEnd& end, std::string document) {
  if (step_ != Step::job) return take_command_end(end);
  end_ = JobEnd{.exit_code = end.exit_code, .signal = end.signal, .document = std::move(document)};
  if (steps_.after && !is_stopped_) return begin(Step::after);
  step_ = Step::over;
}

void JobRun::take_command_end(const ports::ProcessEnd& end) {
  const bool is_good = end.signal == 0 && end.exit_code == 0 && !is_late_;
  if (!is_good && !is_stopped_) {
    const policy::Command& command = *(step_ == Step::before ? steps_.before : steps_.after);
    return fail_command(
        make_error(ErrorCode::io, command.words.front(),
                   {{"operation", step_ == Step::before ? "command before" : "command after"},
                    {"reason", reason_of(end, is_late_)}}));
  }
  if (step_ == Step::before && !is_stopped_) return begin(Step::job);
  if (step_ == Step::before) end_ = JobEnd{.exit_code = kInterrupted};
  step_ = Step::over;
}

void JobRun::fail_command(Error error) {
  if (step_ == Step::before) {
    end_ = JobEnd{.error = std::move(error)};
  } else {
    end_->warning = std::move(error);
  }
  step_ = Step::over;
}

void JobRun::stop() {
  if (std::exchange(is_stopped_, true)) return;
  if (child_ != nullptr) child_->stop();
}

std::int64_t JobRun::limit_ns() const {
  const bool is_command = step_ == Step::before || step_ == Step::after;
  if (child_ == nullptr || !is_command || is_late_) {
    return std::numeric_limits<std::int64_t>::max();
  }
  return limit_ns_;
}

}  // namespace holdfast::appliance

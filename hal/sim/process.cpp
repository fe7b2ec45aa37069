// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/process.h"

#include <utility>

namespace holdfast::sim {

namespace {

constexpr int kKilled = 9;

}  // namespace

Result<std::unique_ptr<ports::Process>> SimProcesses::start(const ports::ProcessRequest& request,
                                                            ports::ProcessSink& sink) {
  HF_CHECK(!request.arguments.empty() && request.arguments.front().starts_with('/'));
  HF_TRY(SimScript script, program_(request));
  auto child = std::make_unique<SimProcess>(*this, request, std::move(script), sink);
  return std::unique_ptr<ports::Process>(std::move(child));
}

void SimProcesses::run() {
  const std::vector<SimProcess*> now = running_;  // those that end leave the list
  for (SimProcess* child : now) child->run();
}

SimProcess::SimProcess(SimProcesses& all, ports::ProcessRequest request, SimScript script,
                       ports::ProcessSink& sink)
    : all_(all), request_(std::move(request)), script_(std::move(script)), sink_(sink) {
  all_.running_.push_back(this);
}

SimProcess::~SimProcess() {
  script_.is_unkillable = false;
  stop();
  wait();
}

void SimProcess::stop() {
  if (!is_over_) was_asked_ = true;
}

void SimProcess::wait() {
  if (!is_over_) HF_CHECK(run());
}

bool SimProcess::wait_until(std::int64_t) {
  return is_over_ || run();
}

// Asked to stop by whoever hears it, it says no more.
void SimProcess::say_all() {
  for (const SimScript::Piece& piece : std::exchange(script_.says, {})) {
    if (!was_asked_) speak(piece.stream, piece.text);
  }
}

void SimProcess::speak(Stream stream, std::string_view text) {
  HF_CHECK(!is_over_);
  if (stream == Stream::output) {
    sink_.output(view_of(text));
  } else {
    sink_.error_output(view_of(text));
  }
}

void SimProcess::finish(ports::ProcessEnd end) {
  HF_CHECK(!is_over_);
  is_over_ = true;
  std::erase(all_.running_, this);
  end.was_asked = was_asked_;
  sink_.ended(end);
}

bool SimProcess::run() {
  if (!was_asked_) say_all();
  if (was_asked_ && script_.is_unkillable) return false;
  if (was_asked_) {
    finish(script_.end_if_asked.value_or(ports::ProcessEnd{.signal = kKilled}));
  } else if (script_.end) {
    finish(*script_.end);
  }
  return is_over_;
}

}  // namespace holdfast::sim

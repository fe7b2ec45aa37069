// SPDX-License-Identifier: Apache-2.0
// The two bodies of ports::Processes, and what children do in the suite: a line of shell on one, a
// script of the simulation on the other.
#pragma once

#include <condition_variable>
#include <mutex>

#include "hal/linux/process.h"
#include "hal/sim/process.h"
#include "tests/conformance/support.h"

namespace holdfast::test {

// Keeps what it hears, which comes on another thread.
class Listener final : public ports::ProcessSink {
 public:
  void output(ByteView bytes) override {
    const std::scoped_lock lock(mutex_);
    output_ += text_of(bytes);
    late_ = late_ || end_;
    changed_.notify_all();
  }
  void error_output(ByteView bytes) override {
    const std::scoped_lock lock(mutex_);
    error_output_ += text_of(bytes);
    late_ = late_ || end_;
  }
  void ended(const ports::ProcessEnd& end) override {
    const std::scoped_lock lock(mutex_);
    late_ = late_ || end_;
    end_ = end;
    changed_.notify_all();
  }

  void wait_for_output() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !output_.empty() || end_; });
  }
  [[nodiscard]] std::string output_text() {
    const std::scoped_lock lock(mutex_);
    return output_;
  }
  [[nodiscard]] std::string error_text() {
    const std::scoped_lock lock(mutex_);
    return error_output_;
  }
  // "exit 7", "signal 9, asked", "runs"; "late" if something came behind the end.
  [[nodiscard]] std::string end_text() {
    const std::scoped_lock lock(mutex_);
    if (late_) return "late";
    if (!end_) return "runs";
    return (end_->signal != 0 ? "signal " + std::to_string(end_->signal)
                              : "exit " + std::to_string(end_->exit_code)) +
           (end_->was_asked ? ", asked" : "");
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string output_;
  std::string error_output_;
  std::optional<ports::ProcessEnd> end_;
  bool late_ = false;
};

enum class Deed {
  speaks,          // "out\n" and "err\n", exit code 7
  echoes,          // what it is given: input, then each argument in brackets, then its variables
  stops_politely,  // says "ready", goes on until asked, then exit code 130
  never_stops,     // the same, but takes no notice
  never_shuts_up,  // says "more" again and again until asked, then exit code 130
  kills_itself,    // SIGTERM
};

class LinuxProcesses {
 public:
  ports::Processes& processes() { return processes_; }
  static ports::ProcessRequest request(Deed deed, const std::vector<std::string>& arguments = {}) {
    ports::ProcessRequest request{.arguments = {"/bin/sh", "-c", script_of(deed), "name"}};
    request.arguments.insert(request.arguments.end(), arguments.begin(), arguments.end());
    return request;
  }
  static constexpr const char* kMissing = "/nowhere/program";
  static constexpr const char* kForbidden = "/etc";
  // They go on by themselves.
  void go_on() {}

 private:
  static std::string script_of(Deed deed) {
    switch (deed) {
      case Deed::speaks:
        return "echo out; echo err >&2; exit 7";
      case Deed::echoes:
        return "/bin/cat; for each; do printf '[%s]' \"$each\"; done; exec /usr/bin/env";
      case Deed::stops_politely:
        return "trap 'exit 130' INT; echo ready; sleep 1000 & wait";
      case Deed::never_stops:
        return "trap '' INT; echo ready; while :; do sleep 1000; done";
      case Deed::never_shuts_up:
        return "trap 'exit 130' INT; while :; do echo more; done";
      case Deed::kills_itself:
        return "kill -TERM $$";
    }
    return {};
  }

  linux::PosixProcesses processes_;
};

class SimulatedProcesses {
 public:
  ports::Processes& processes() { return processes_; }
  static ports::ProcessRequest request(Deed deed, const std::vector<std::string>& arguments = {}) {
    ports::ProcessRequest request{
        .arguments = {"/program", std::to_string(static_cast<int>(deed))}};
    request.arguments.insert(request.arguments.end(), arguments.begin(), arguments.end());
    return request;
  }
  static constexpr const char* kMissing = "/missing";
  static constexpr const char* kForbidden = "/forbidden";
  void go_on() {
    for (sim::SimProcess* child : processes_.running()) child->say_all();
  }

 private:
  static std::string echo_of(const ports::ProcessRequest& request) {
    std::string said(text_of(request.input));
    for (std::size_t i = 2; i < request.arguments.size(); ++i) {
      said += "[";
      said += request.arguments[i];
      said += "]";
    }
    for (const auto& [name, value] : request.environment) {
      said += name;
      said += "=";
      said += value;
      said += "\n";
    }
    return said;
  }
  static Result<sim::SimScript> script_of(const ports::ProcessRequest& request) {
    const std::string& program = request.arguments.front();
    if (program == kMissing) return make_error(ErrorCode::not_found, program);
    if (program == kForbidden) return make_error(ErrorCode::permission_denied, program);
    const sim::SimScript::Piece ready{sim::Stream::output, "ready\n"};
    switch (static_cast<Deed>(std::stoi(request.arguments.at(1)))) {
      case Deed::speaks:
        return sim::SimScript{
            .says = {{sim::Stream::output, "out\n"}, {sim::Stream::error_output, "err\n"}},
            .end = ports::ProcessEnd{.exit_code = 7}};
      case Deed::echoes:
        return sim::SimScript{.says = {{sim::Stream::output, echo_of(request)}}};
      case Deed::stops_politely:
        return sim::SimScript{.says = {ready}, .end = {}};
      case Deed::never_stops:
        return sim::SimScript{.says = {ready}, .end = {}, .end_if_asked = {}};
      case Deed::never_shuts_up:
        return sim::SimScript{
            .says = {{sim::Stream::output, "more\n"}, {sim::Stream::output, "more\n"}}, .end = {}};
      case Deed::kills_itself:
        return sim::SimScript{.end = ports::ProcessEnd{.signal = 15}};
    }
    return sim::SimScript{};
  }

  sim::SimProcesses processes_{script_of};
};

}  // namespace holdfast::test

// SPDX-License-Identifier: Apache-2.0
// Has the head of the audit log signed on the disks by `audit sign`: when the appliance starts,
// each day, and when it stops.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "hal/ports/clock.h"
#include "hal/ports/process.h"

namespace holdfast::app {

// One thread. What it uses must outlive it.
class AuditSigner {
 public:
  // `tell`: a child could not be started, or how it ended; called by turn().
  using Tell = std::function<void(const std::string& why)>;
  AuditSigner(ports::Processes& processes, ports::Clock& clock, ports::ProcessRequest request,
              Tell tell)
      : processes_(processes),
        clock_(clock),
        request_(std::move(request)),
        tell_(std::move(tell)) {}

  // Returns at once.
  void turn();
  // One last time. Returns at once; turn() sees to it.
  void begin_stop();
  [[nodiscard]] bool is_idle() const { return child_ == nullptr && !is_due_; }

 private:
  // What it says stands in its exit code as well.
  class Sink final : public ports::ProcessSink {
   public:
    void output(ByteView) override {}
    void error_output(ByteView) override {}
    void ended(const ports::ProcessEnd& end) override {
      exit_code_ = end.signal != 0 ? 128 + end.signal : end.exit_code;
      has_ended_ = true;
    }
    std::atomic<bool> has_ended_ = false;
    std::atomic<int> exit_code_ = 0;
  };
  void start();

  ports::Processes& processes_;
  ports::Clock& clock_;
  ports::ProcessRequest request_;
  Tell tell_;
  bool is_due_ = true;
  bool is_stopping_ = false;
  std::int64_t next_ns_ = 0;
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<ports::Process> child_;
};

}  // namespace holdfast::app

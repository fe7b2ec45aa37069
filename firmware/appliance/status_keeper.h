// SPDX-License-Identifier: Apache-2.0
// The newest answer of `holdfast status`, and when to ask again.
//
//   asks --answer or failure--> waits 60 s, 10 s while somebody looks or the box is not set up;
//    |                          no more than 2 s once a job has ended
//    +-- 60 s without an answer: the child is stopped, and that is said
#pragma once

#include <memory>

#include "firmware/appliance/child_output.h"
#include "hal/ports/clock.h"

namespace holdfast::appliance {

enum class StatusTrouble {
  none,
  not_started,  // `error` says why
  failed,       // `document` is the newest failure's
  hangs,        // it gave no answer in time
};

struct StatusAnswer {
  std::string document;                         // the newest good one; empty before the first
  std::optional<Timestamp> taken;               // when it was asked for
  StatusTrouble trouble = StatusTrouble::none;  // of the newest try
  std::optional<Error> error;
  std::string failure;
  bool is_set_up = true;  // false: there is no box in this home yet, or no pool
};

// One thread.
class StatusKeeper {
 public:
  StatusKeeper(ports::Clock& clock, ports::Bell& bell, ports::Processes& processes,
               ports::ProcessRequest request)
      : clock_(clock), bell_(bell), processes_(processes), request_(std::move(request)) {}

  static constexpr std::int64_t kNever_ns = -1'000'000'000'000;

  // When somebody looked last at what it says, monotonic.
  void look(std::int64_t looked_ns) { looked_ns_ = looked_ns; }
  // Something has changed that it should tell.
  void hurry();
  // Hears the child, asks if it is time. True if the answer is another one now.
  bool turn();
  // No more questions; the child is asked to stop.
  void stop();

  [[nodiscard]] const StatusAnswer& answer() const { return answer_; }
  // A first try has ended, one way or the other.
  [[nodiscard]] bool has_tried() const { return has_tried_; }
  [[nodiscard]] bool is_asking() const { return child_ != nullptr; }
  // Monotonic time of the next turn() that may have something to do.
  [[nodiscard]] std::int64_t next_ns() const;

 private:
  void ask();
  void take_answer(const ports::ProcessEnd& end, std::string document);

  ports::Clock& clock_;
  ports::Bell& bell_;
  ports::Processes& processes_;
  ports::ProcessRequest request_;

  StatusAnswer answer_;
  bool has_tried_ = false;
  bool is_hanging_ = false;
  bool is_stopped_ = false;
  Timestamp asked_;
  std::int64_t asked_ns_ = 0;
  std::int64_t next_ns_ = 0;
  std::int64_t looked_ns_ = kNever_ns;
  std::unique_ptr<ChildOutput> output_;  // outlives the child
  std::unique_ptr<ports::Process> child_;
};

}  // namespace holdfast::appliance

// SPDX-License-Identifier: Apache-2.0
// hal/ports/process.h on both bodies.
#include <atomic>
#include <catch2/catch.hpp>

#include "hal/linux/clock.h"
#include "tests/conformance/process_fixture.h"

namespace holdfast::test {

namespace {

// Has it stop as soon as it says something, and does not hear the rest.
class OneWordListener final : public ports::ProcessSink {
 public:
  void attach(ports::Process& child) { child_ = &child; }
  void output(ByteView) override {
    if (ports::Process* child = child_) child->stop();
  }
  void error_output(ByteView) override {}
  void ended(const ports::ProcessEnd& end) override { end_.ended(end); }
  [[nodiscard]] std::string end_text() { return end_.end_text(); }

 private:
  std::atomic<ports::Process*> child_ = nullptr;
  Listener end_;
};

}  // namespace

#define ON_BOTH(name) TEMPLATE_TEST_CASE(name, "[process]", LinuxProcesses, SimulatedProcesses)

ON_BOTH("what a child writes arrives, and then how it ended") {
  TestType body;
  Listener listener;
  const auto child = body.processes().start(body.request(Deed::speaks), listener);
  REQUIRE(outcome(child) == "ok");
  (*child)->wait();
  CHECK(listener.output_text() == "out\n");
  CHECK(listener.error_text() == "err\n");
  CHECK(listener.end_text() == "exit 7");
}

ON_BOTH("a child gets its input, its arguments as they are, and no other variables") {
  TestType body;
  Listener listener;
  ports::ProcessRequest request =
      body.request(Deed::echoes, {"a b", "", "$HOME 'x' \"y\"", "录音"});
  std::string input(1'000'000, 'x');
  input += "end";
  request.input = bytes_of(input);
  request.environment = {{"ONE", "1 $X"}, {"PWD", "/"}};
  const auto child = body.processes().start(request, listener);
  REQUIRE(outcome(child) == "ok");
  (*child)->wait();
  const std::string expected = input + "[a b][][$HOME 'x' \"y\"][录音]" + "ONE=1 $X\nPWD=/\n";
  CHECK((listener.output_text() == expected));  // too long to be shown
  CHECK(listener.end_text() == "exit 0");
}

ON_BOTH("a child that is asked to stop may end as it likes") {
  TestType body;
  Listener listener;
  const auto child = body.processes().start(body.request(Deed::stops_politely), listener);
  REQUIRE(outcome(child) == "ok");
  body.go_on();
  listener.wait_for_output();
  CHECK(listener.end_text() == "runs");
  (*child)->stop();
  (*child)->stop();
  (*child)->wait();
  CHECK(listener.end_text() == "exit 130, asked");
}

ON_BOTH("a child that takes no notice is killed when the grace is over") {
  TestType body;
  Listener listener;
  ports::ProcessRequest request = body.request(Deed::never_stops);
  request.grace_ns = 20'000'000;
  const auto child = body.processes().start(request, listener);
  REQUIRE(outcome(child) == "ok");
  body.go_on();
  listener.wait_for_output();
  (*child)->stop();
  (*child)->wait();
  CHECK(listener.end_text() == "signal 9, asked");
}

ON_BOTH("a child that a signal ended says so") {
  TestType body;
  Listener listener;
  const auto child = body.processes().start(body.request(Deed::kills_itself), listener);
  REQUIRE(outcome(child) == "ok");
  (*child)->wait();
  CHECK(listener.end_text() == "signal 15");
}

ON_BOTH("stopping what has ended does nothing, and nobody waits for it") {
  TestType body;
  Listener listener;
  const auto child = body.processes().start(body.request(Deed::speaks), listener);
  REQUIRE(outcome(child) == "ok");
  (*child)->wait();
  (*child)->stop();
  (*child)->wait();
  CHECK(listener.end_text() == "exit 7");
}

ON_BOTH("a child does not outlive its object") {
  TestType body;
  Listener listener;
  {
    const auto child = body.processes().start(body.request(Deed::stops_politely), listener);
    REQUIRE(outcome(child) == "ok");
    body.go_on();
    listener.wait_for_output();
  }
  CHECK(listener.end_text() == "exit 130, asked");
}

ON_BOTH("who waits for a time is told whether the child has ended by then") {
  TestType body;
  Listener stopped_listener;
  const auto stopped = body.processes().start(body.request(Deed::stops_politely), stopped_listener);
  REQUIRE(outcome(stopped) == "ok");
  CHECK_FALSE((*stopped)->wait_until(linux::SystemClock().monotonic_ns() + 300'000'000));
  CHECK(stopped_listener.output_text() == "ready\n");
  CHECK(stopped_listener.end_text() == "runs");
  (*stopped)->stop();
  constexpr std::int64_t kLong_ns = 3'600'000'000'000;
  CHECK((*stopped)->wait_until(linux::SystemClock().monotonic_ns() + kLong_ns));
  CHECK(stopped_listener.end_text() == "exit 130, asked");
  CHECK((*stopped)->wait_until(0));
}

ON_BOTH("whoever hears a child may ask it to stop") {
  TestType body;
  OneWordListener listener;
  const auto child = body.processes().start(body.request(Deed::never_shuts_up), listener);
  REQUIRE(outcome(child) == "ok");
  listener.attach(**child);
  (*child)->wait();
  CHECK(listener.end_text() == "exit 130, asked");
}

ON_BOTH("what cannot be started is an error, and nothing is heard") {
  TestType body;
  Listener listener;
  for (const auto& [program, code] : {std::pair(TestType::kMissing, "not_found"),
                                      std::pair(TestType::kForbidden, "permission_denied")}) {
    const auto child = body.processes().start({.arguments = {program}}, listener);
    CHECK(outcome(child) == code);
    CHECK(child.error().where == program);
  }
  CHECK(listener.end_text() == "runs");
}

ON_BOTH("children run beside each other") {
  TestType body;
  Listener first_listener;
  Listener second_listener;
  const auto first = body.processes().start(body.request(Deed::stops_politely), first_listener);
  const auto second = body.processes().start(body.request(Deed::speaks), second_listener);
  REQUIRE(outcome(first) == "ok");
  REQUIRE(outcome(second) == "ok");
  body.go_on();
  first_listener.wait_for_output();
  (*second)->wait();
  CHECK(first_listener.end_text() == "runs");
  CHECK(second_listener.end_text() == "exit 7");
  (*first)->stop();
  (*first)->wait();
  CHECK(first_listener.end_text() == "exit 130, asked");
}

}  // namespace holdfast::test

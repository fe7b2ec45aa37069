// SPDX-License-Identifier: Apache-2.0
// hal/ports/process.h on both bodies.
#include <catch2/catch.hpp>

#include "tests/conformance/process_fixture.h"

namespace holdfast::test {

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

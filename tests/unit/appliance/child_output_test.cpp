// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/child_output.h"

#include <catch2/catch.hpp>

#include "hal/sim/bell.h"

namespace holdfast::appliance {

namespace {

struct Heard {
  sim::SimClock clock{Timestamp{0}};
  sim::SimBell bell{clock};
  ChildOutput output{bell};

  void error(std::string_view text) { output.error_output(view_of(text)); }
  void say(std::string_view text) { output.output(view_of(text)); }
};

}  // namespace

TEST_CASE("a line of progress is one whatever else it says", "[output]") {
  CHECK(parse_progress("{\"phase\":\"reading\",\"items_done\":7,\"more\":[1]}") ==
        JobProgress{.phase = "reading", .items_done = 7});
  CHECK(parse_progress("{\"phase\":\"a\\nb\",\"items_done\":\"x\"}") ==
        JobProgress{.phase = "a\\x0ab"});
  CHECK(parse_progress("{\"phase\":5,\"items_done\":-1,\"seconds\":\"x\"}").has_value());
  for (const char* line : {"", "{", "{}", "[]", "{\"warning\":\"x\"}", "phase", "null",
                           "{\"phase\":\"x\"", "\"phase\""}) {
    CHECK_FALSE(parse_progress(line));
  }
  CHECK_FALSE(parse_progress(std::string(100'000, '{')));
  CHECK_FALSE(parse_progress("{\"a\":" + std::string(1000, '[') + std::string(1000, ']') +
                             ",\"phase\":\"x\"}"));
}

TEST_CASE("the code of a failure stands in its document", "[output]") {
  CHECK(error_code_of("{\"schema\":1,\"error\":{\"code\":\"no_home\"}}") == "no_home");
  CHECK(error_text_of(R"({"schema":1,"error":{"what":"no\nhome"}})") == "no\\x0ahome");
  for (const char* document : {"", "{}", "{\"error\":5}", "no_home"}) {
    CHECK(error_code_of(document).empty());
    CHECK(error_text_of(document).empty());
  }
}

TEST_CASE("what a child says is taken once", "[output]") {
  Heard heard;
  heard.error("one\ntw");
  CHECK(heard.bell.wait_until(0));
  CHECK(heard.output.take().lines == std::vector<std::string>{"one"});
  CHECK(heard.output.take().lines.empty());
  heard.say("{}");
  CHECK_FALSE(heard.bell.has_rung());
  heard.error("o\n\n{\"phase\":\"x\"}\n");
  const ChildOutput::News news = heard.output.take();
  CHECK(news.lines == std::vector<std::string>{"two"});
  REQUIRE(news.progress);
  CHECK_FALSE(news.end);
  heard.output.ended({.exit_code = 4});
  const ChildOutput::News last = heard.output.take();
  CHECK(last.end->exit_code == 4);
  CHECK(last.document == "{}");
}

TEST_CASE("whatever a child does, what is kept of it is bounded", "[output]") {
  Heard heard;
  heard.error(std::string(100'000, 'x') + "\nshort\n");
  std::vector<std::string> lines = heard.output.take().lines;
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].size() == ChildOutput::kLineSizeMax);
  for (int i = 0; i < 1000; ++i) heard.error(std::to_string(i) + "\n");
  lines = heard.output.take().lines;
  CHECK(lines.size() == ChildOutput::kLinesMax);
  CHECK(lines.back() == "999");
  for (std::size_t i = 0; i <= ChildOutput::kDocumentSizeMax / 1024; ++i) {
    heard.say(std::string(1024, 'x'));
  }
  heard.say("end");
  heard.output.ended({});
  CHECK(heard.output.take().document.empty());
}

}  // namespace holdfast::appliance

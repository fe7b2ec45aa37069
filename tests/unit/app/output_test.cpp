// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/output.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "firmware/app/progress_line.h"
#include "firmware/app/suggestion.h"

namespace holdfast::app {
namespace {

class FullDiskConsole final : public ports::Console {
 public:
  Result<void> write(std::string_view text) override {
    if (full) return make_error(ErrorCode::no_space, "standard output");
    written += text;
    return {};
  }
  Result<std::string> read_all(std::size_t) override { return std::string(); }
  void write_error(std::string_view text) override { errors += text; }
  [[nodiscard]] bool error_is_terminal() const override { return true; }
  Result<std::optional<SecretBytes>> ask_secret(std::string_view) override {
    return std::optional<SecretBytes>();
  }
  [[nodiscard]] std::string host_name() const override { return "host"; }
  [[nodiscard]] std::uint64_t process_id() const override { return 1; }
  [[nodiscard]] std::uint64_t user_id() const override { return 0; }

  bool full = false;
  std::string written;
  std::string errors;
};

TEST_CASE("output is taken back until it has left") {
  FullDiskConsole console;
  Output output(console);
  output.stream() << "half a document";
  CHECK_FALSE(output.has_left());
  output.discard();
  output.stream() << "error";
  REQUIRE(output.finish());
  CHECK(console.written == "error");
  CHECK(output.has_left());
}

TEST_CASE("large output passes through in order") {
  FullDiskConsole console;
  Output output(console);
  const std::string large(200000, 'b');
  REQUIRE(output.write("a"));
  REQUIRE(output.write(large));
  REQUIRE(output.write("c"));
  REQUIRE(output.finish());
  CHECK(console.written == "a" + large + "c");
}

TEST_CASE("output that cannot be written is an error, at once or at the end") {
  FullDiskConsole console;
  console.full = true;
  Output output(console);
  REQUIRE(output.write("a"));
  const auto finished = output.finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().code == ErrorCode::no_space);
  CHECK_FALSE(output.write("b"));
}

TEST_CASE("columns line up, Chinese ones too") {
  std::ostringstream out;
  Table table({{"名称"}, {"N", Table::Align::right}});
  table.add({"催收业务", "7"});
  table.add({"desk", "12"});
  table.print(out);
  CHECK(out.str() == "名称       N\n催收业务   7\ndesk      12\n");
}

TEST_CASE("progress says what is known and leaves out what is not") {
  constexpr std::int64_t kTenSeconds_ns = 10'000'000'000;
  const auto text = [](const job::ProgressState& state) {
    return progress_text(messages::Language::english, state, kTenSeconds_ns);
  };
  CHECK(text({"reading", 5, 0, 0, 0}) == "Reading  5 items");
  CHECK(text({"reading", 5, 10, 0, 0}) == "Reading  5 of 10 items  10.0 s left");
  CHECK(text({"restoring", 5, 10, 10 * kMiB, 40 * kMiB}) ==
        "Restoring  5 of 10 items  10.0 MiB / 40.0 MiB  1.0 MiB/s  30.0 s left");
  CHECK(time_left_ns({"reading", 0, 10, 0, 0}, kTenSeconds_ns) == 0);
  CHECK(time_left_ns({"reading", 11, 10, 0, 0}, kTenSeconds_ns) == 0);
}

TEST_CASE("progress for programs is one JSON line") {
  CHECK(progress_json({"reading", 5, 10, 1000, 3000}, 2'000'000'000) ==
        "{\"schema\":1,\"phase\":\"reading\",\"items_done\":5,\"items_total\":10,"
        "\"bytes_done\":1000,\"bytes_total\":3000,\"seconds\":2,\"bytes_per_second\":500,"
        "\"seconds_left\":4}\n");
}

struct SetClock final : ports::Clock {
  Timestamp now() override { return {}; }
  std::int64_t monotonic_ns() override { return ns; }
  std::optional<BootId> boot() override { return std::nullopt; }
  void wait(std::int64_t duration_ns) override { ns += duration_ns; }
  std::int64_t ns = 0;
};

TEST_CASE("counts that begin anew are measured from where they began") {
  FullDiskConsole console;
  SetClock clock;
  ProgressLine line(console, clock, messages::Language::english, ProgressForm::json);
  const auto seconds_at = [&](std::int64_t seconds, const job::ProgressState& state) {
    clock.ns = seconds * 1'000'000'000;
    console.errors.clear();
    line.update(state);
    return console.errors.substr(console.errors.find("\"seconds\""));
  };
  CHECK(seconds_at(100, {"reading", 50, 100, 0, 0}).starts_with("\"seconds\":100,"));
  line.update({"asking", 0, 10, 0, 0});
  CHECK(seconds_at(110, {"asking", 1, 10, 0, 0}).starts_with("\"seconds\":10,"));
  CHECK(seconds_at(110 + 10, {"asking", 2, 10, 0, 0}).find("\"seconds_left\":80") !=
        std::string::npos);
  // A phase that counts on goes on.
  CHECK(seconds_at(130, {"reading", 3, 10, 0, 0}).starts_with("\"seconds\":30,"));
}

TEST_CASE("near words are found, far ones are not") {
  const std::vector<std::string> known = {"exclude", "path", "name"};
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("kind", "knid") == 1);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(nearest_word("excludes", known) == "exclude");
  CHECK(nearest_word("nmae", known) == "name");
  CHECK(nearest_word("pth", known) == "path");
  CHECK(nearest_word("colour", known).empty());
}

}  // namespace
}  // namespace holdfast::app

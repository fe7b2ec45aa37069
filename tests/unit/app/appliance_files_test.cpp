// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/appliance_files.h"

#include <catch2/catch.hpp>
#include <map>

#include "firmware/app/appliance_options.h"
#include "hal/sim/clock.h"
#include "hal/sim/disk.h"

namespace holdfast::app {

namespace {

constexpr std::string_view kDesk = "businesses/00000000000000000000000000000001.toml";
constexpr std::string_view kLoans = "businesses/00000000000000000000000000000002.toml";

std::string business(const std::string& name, const std::string& schedule) {
  return "name = \"" + name +
         "\"\n[[source]]\nname = \"calls\"\ntype = \"directory\"\npath = \"/srv/" + name +
         "\"\n[schedule]\ndrill = \"never\"\n" + schedule;
}

struct Home {
  void put(std::string_view path, const std::string& text) { disk.plant(path, view_of(text)); }
  // "backup desk, tend"; complaints as "! where".
  std::string look() {
    const appliance::Settings settings = files.look();
    std::string text;
    for (const policy::Duty& duty : settings.duties) {
      text += (text.empty() ? "" : ", ") + duty.job + (duty.business.empty() ? "" : " ") +
              duty.business;
    }
    for (const Error& complaint : settings.complaints) text += " ! " + complaint.where;
    return text;
  }

  sim::World world{1};
  sim::SimDisk disk{world, "/home"};
  sim::SimClock clock{Timestamp{1'790'000'000'000'000'000}};  // in September of 2026
  ApplianceFiles files{disk, clock, messages::Language::english};
};

constexpr const char* kDaily = "backup = \"daily\"\nrpo = \"26h\"\n";

}  // namespace

TEST_CASE("a home without files has what is so without them", "[appliance_files]") {
  Home home;
  CHECK(home.look() == "tend");
}

TEST_CASE("a business is not there only where every definition says so", "[appliance_files]") {
  Home home;
  const auto may_have = [&](const std::string& name) {
    return may_have_business(home.disk, name, messages::Language::english);
  };
  CHECK_FALSE(may_have("desk"));
  home.put(kDesk, business("desk", kDaily));
  CHECK(may_have("desk"));
  CHECK_FALSE(may_have("loans"));
  home.put(kLoans, "name = \"lo");
  CHECK(may_have("loans"));
}

TEST_CASE("duties follow what is written, as it is changed", "[appliance_files]") {
  Home home;
  home.put("appliance.toml", "tend = \"never\"\njobs = 5\n");
  home.put(kDesk, business("desk", kDaily));
  CHECK(home.look() == "backup desk");
  CHECK(home.files.look().running_max == 5);
  using Words = std::vector<std::string>;
  CHECK(home.files.look().tend_arguments == Words{"--away-hours", "24", "--within-days", "14"});
  home.put(kLoans, business("loans", std::string(kDaily) + "verify = \"weekly\"\n"));
  CHECK(home.look() == "backup desk, backup loans, verify loans");
  home.disk.erase(kDesk);
  home.disk.erase("appliance.toml");
  CHECK(home.look() == "tend, backup loans, verify loans");
  home.put("businesses/notes.txt", "no business");
  CHECK(home.look() == "tend, backup loans, verify loans");
}

TEST_CASE("commands come with their business", "[appliance_files]") {
  Home home;
  home.put(kDesk, business("desk", std::string(kDaily) +
                                       "[schedule.pre]\ncommand = [\"/bin/flush\", \"now\"]\n"));
  home.put(kLoans, business("loans", kDaily));
  const appliance::Settings settings = home.files.look();
  REQUIRE(settings.commands.size() == 1);
  CHECK(settings.commands.at("desk").before->words ==
        std::vector<std::string>{"/bin/flush", "now"});
  CHECK_FALSE(settings.commands.at("desk").after);
}

TEST_CASE("a file that is wrong counts as it was when it was right", "[appliance_files]") {
  Home home;
  home.put("appliance.toml", "tend = \"never\"\n");
  home.put(kDesk, business("desk", kDaily));
  REQUIRE(home.look() == "backup desk");
  SECTION("a business") {
    home.put(kDesk, "name = ");
    const std::string wrong = "backup desk ! /home/" + std::string(kDesk);
    CHECK(home.look() == wrong);
    CHECK(home.look() == wrong);
    home.put(kDesk, business("desk", "backup = \"never\"\n"));
    CHECK(home.look().empty());
  }
  SECTION("the appliance's own") {
    home.put("appliance.toml", "jobs = 0\n");
    CHECK(home.look() == "backup desk ! /home/appliance.toml");
    home.put("appliance.toml", "tend = \"never\"\n");
    CHECK(home.look() == "backup desk");
  }
  SECTION("it cannot be read") {
    home.disk.spoil(kDesk);
    CHECK(home.look() == "backup desk ! /home/" + std::string(kDesk));
    home.put(kDesk, business("desk", kDaily));
    CHECK(home.look() == "backup desk");
  }
  SECTION("they cannot be listed") {
    home.world.ask([](const sim::Moment& moment) -> std::optional<ErrorCode> {
      if (moment.name == "list") return ErrorCode::io;
      return std::nullopt;
    });
    CHECK(home.look() == "backup desk ! /home/businesses");
    home.world.ask({});
    CHECK(home.look() == "backup desk");
  }
  SECTION("it was never right") {
    home.put(kLoans, "nonsense");
    CHECK(home.look() == "backup desk ! /home/" + std::string(kLoans));
  }
}

TEST_CASE("a schedule that can never be kept counts as it was, and is told", "[appliance_files]") {
  Home home;
  home.put("appliance.toml", "tend = \"never\"\n");
  home.put(kDesk, business("desk", kDaily));
  REQUIRE(home.look() == "backup desk");
  const std::string desk_told = " ! /home/" + std::string(kDesk);
  const std::string past = "backup = \"2020-01-01\"\nrpo = \"26h\"\n";
  SECTION("a business") {
    home.put(kDesk, business("desk", past + "verify = \"daily\"\n"));
    CHECK(home.look() == "backup desk" + desk_told);
    CHECK(home.look() == "backup desk" + desk_told);
    home.put(kDesk, business("desk", std::string(kDaily) + "verify = \"daily\"\n"));
    CHECK(home.look() == "backup desk, verify desk");
  }
  SECTION("none was right before") {
    home.put(kLoans, business("loans", past + "verify = \"daily\"\n"));
    const std::string told = "backup desk, backup loans, verify loans ! /home/";
    CHECK(home.look() == told + std::string(kLoans));
    CHECK(home.look() == told + std::string(kLoans));
  }
  SECTION("its last time passes") {
    home.put(kDesk, business("desk", "backup = \"2026-12-01\"\nrpo = \"26h\"\n"));
    CHECK(home.look() == "backup desk");
    home.clock.advance(100LL * 24 * 3600 * 1'000'000'000);
    CHECK(home.look() == "backup desk" + desk_told);
    CHECK(home.look() == "backup desk" + desk_told);
  }
  SECTION("the appliance's own") {
    home.put("appliance.toml", "jobs = 5\ntend = \"2020-01-01\"\n");
    CHECK(home.look() == "backup desk ! /home/appliance.toml");
    const auto complaints = home.files.look().complaints;
    REQUIRE(complaints.size() == 1);
    CHECK(complaints[0].code == ErrorCode::bad_settings);
    CHECK(complaints[0].argument("line") == "2");
    CHECK(home.files.look().running_max == 2);
  }
}

TEST_CASE("what fails night for night is late at some time", "[appliance_files]") {
  Home home;
  home.put(kDesk, business("desk", std::string(kDaily) + "prune = \"weekly\"\n"));
  constexpr std::int64_t kHour_ns = 3'600'000'000'000;
  std::map<std::string, std::int64_t> targets;
  for (const policy::Duty& duty : home.files.look().duties) {
    targets[duty.job] = duty.rpo_ns.value_or(0) / kHour_ns;
  }
  CHECK(targets == std::map<std::string, std::int64_t>{
                       {"backup", 26}, {"tend", 26}, {"prune", 7 * 24 * 13 / 12}});
}

TEST_CASE("no more jobs run than the machine has memory for, and one in any case",
          "[appliance_files]") {
  Home home;
  const auto running_max = [&](std::optional<std::uint64_t> memory_bytes) {
    ApplianceFiles files(home.disk, home.clock, messages::Language::english, memory_bytes);
    return files.look().running_max;
  };
  home.put("appliance.toml", "jobs = 4\n");
  CHECK(running_max({}) == 4);
  CHECK(running_max(4 * kJobMemory) == 4);
  CHECK(running_max(4 * kJobMemory - 1) == 3);
  CHECK(running_max(100 * kJobMemory) == 4);
  CHECK(running_max(kJobMemory / 2) == 1);
}

TEST_CASE("the words of the daemon", "[appliance_options]") {
  const auto parse = [](const std::vector<std::string>& words) {
    return parse_daemon_options(words, messages::Language::english);
  };
  CHECK(parse({})->home.empty());
  CHECK(parse({"--home", "/a"})->home == "/a");
  CHECK(parse({"--check", "--home=/a"})->only_check);
  CHECK(parse({"--home=/a"})->home == "/a");
  CHECK_FALSE(parse({"-h"})->text.empty());
  CHECK(parse({"--version"})->text.starts_with("holdfastd "));
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--home"}, {"--home="}, {"--home", ""}, {"--chek"}, {"x"}}) {
    const auto refused = parse(words);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid_argument);
  }
}

}  // namespace holdfast::app

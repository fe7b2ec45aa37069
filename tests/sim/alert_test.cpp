// SPDX-License-Identifier: Apache-2.0
// Alerts of a running appliance: kept over restarts and power cuts, whatever the status answers.
#include <catch2/catch.hpp>

#include "appliance_box.h"

namespace holdfast::test {

namespace {

using appliance::Alert;
using appliance::AlertBook;
using appliance::EventKind;

const std::string kMissing =
    R"({"level":"attention","code":"disk_missing","where":"/d1","texts":{"en":"A","zh-CN":"B"}})";
const std::string kGap =
    R"({"level":"danger","code":"gap","where":"desk","texts":{"en":"C","zh-CN":"D"}})";

std::string status_with(const std::string& reasons) {
  return R"({"schema":1,"reasons":[)" + reasons + "]}";
}

ApplianceBox::Program says(const std::string& reasons, int exit_code = 0) {
  return [=](const std::string&) { return ApplianceBox::answer(status_with(reasons), exit_code); };
}

std::vector<Alert> alerts_of(ApplianceBox& box) {
  const auto kept = AlertBook(box.home, box.clock).list();
  REQUIRE(kept);
  return kept->alerts;
}

// As the page has them.
std::string complaints_of(ApplianceBox& box) {
  std::string text;
  for (const status::Reason& each : box.running->state()->complaints) {
    text += each.code + " " + each.where + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("alerts stand over a restart, and end with what the status says", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.duties.clear();
  box.status = says(kMissing + "," + kGap);
  box.settle();
  const auto before = alerts_of(box);
  REQUIRE(before.size() == 2);
  REQUIRE(AlertBook(box.home, box.clock).acknowledge(1, "ann", "on the way"));
  box.kill();
  box.clock.advance(kHour_ns);
  box.start();
  // Nothing is known yet.
  CHECK_FALSE(alerts_of(box)[0].ended);
  box.status = says(kMissing);
  box.live(kMinute_ns);
  const auto after = alerts_of(box);
  REQUIRE(after.size() == 2);
  CHECK(after[0].since == before[0].since);
  CHECK(after[0].acknowledged->by == "ann");
  CHECK_FALSE(after[0].ended);
  CHECK(after[1].ended);
  CHECK(after[1].calling.level == status::Verdict::danger);
}

TEST_CASE("a status that fails ends no alert and is one", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.duties.clear();
  box.status = says(kGap);
  box.settle();
  box.status = says("", 1);
  box.live(2 * kMinute_ns);
  auto alerts = alerts_of(box);
  REQUIRE(alerts.size() == 2);
  CHECK_FALSE(alerts[0].ended);
  CHECK(alerts[1].calling.code == "no_status");
  CHECK(alerts[1].calling.level == status::Verdict::danger);
  CHECK_FALSE(alerts[1].calling.english.empty());
  box.status = says(kGap);
  box.live(2 * kMinute_ns);
  alerts = alerts_of(box);
  REQUIRE(alerts.size() == 2);
  CHECK_FALSE(alerts[0].ended);
  CHECK(alerts[1].ended);
}

TEST_CASE("a home without a box yet is no alert", "[appliance]") {
  ApplianceBox box;
  box.status = [](const std::string&) {
    return ApplianceBox::answer(R"({"error":{"code":"no_home"}})", 3);
  };
  box.live(2 * kMinute_ns);
  CHECK(alerts_of(box).empty());
}

TEST_CASE("what the appliance complains of is an alert, and what should have run", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.duties.clear();
  box.settings.settings.complaints = {
      make_error(ErrorCode::bad_settings, "/home/appliance.toml", {{"what", "x"}})};
  box.status = says("");
  box.settle();
  auto alerts = alerts_of(box);
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0].calling.origin == appliance::AlertOrigin::appliance);
  CHECK(alerts[0].calling.code == "bad_settings");
  CHECK(alerts[0].calling.where == "/home/appliance.toml");
  box.settings.settings.complaints.clear();
  box.settings.settings.duties = {ApplianceBox::every("backup", "desk", kHour_ns)};
  box.settings.settings.duties[0].rpo_ns = kHour_ns;
  box.program = [](const std::string&) {
    return sim::SimScript{.end = ports::ProcessEnd{.exit_code = 1}};
  };
  box.live(3 * kHour_ns);
  alerts = alerts_of(box);
  REQUIRE(alerts.size() >= 2);
  CHECK(alerts[0].ended);
  CHECK(alerts[1].calling.code == "overdue");
  CHECK(alerts[1].calling.where == "backup desk");
}

TEST_CASE("a damaged book stops nothing, and is said", "[appliance]") {
  ApplianceBox box;
  box.status = says(kGap);
  box.running.reset();
  box.home.plant(appliance::kAlertsPath, view_of("rot\n"));
  box.start();
  box.settle();
  CHECK(box.log.count(EventKind::alerts_damaged) == 1);
  CHECK(alerts_of(box).at(0).calling.code == "gap");
  box.live(5 * kMinute_ns);
  CHECK(box.log.count(EventKind::alerts_damaged) == 1);
  REQUIRE(box.home.contents(appliance::kDamagedAlertsPath));
  // Whoever met the damage first: it is told until somebody takes it away.
  const auto stands = [&] {
    return std::ranges::any_of(alerts_of(box), [](const Alert& alert) {
      return alert.calling.code == "alerts_damaged" && !alert.ended;
    });
  };
  CHECK(stands());
  CHECK(complaints_of(box) == "alerts_damaged alerts.damaged\n");
  REQUIRE(box.home.remove(appliance::kDamagedAlertsPath));
  box.live(2 * kMinute_ns);
  CHECK_FALSE(stands());
}

TEST_CASE("while a status hangs for ever the book goes on with what the appliance knows",
          "[appliance]") {
  ApplianceBox box;
  box.settings.settings.duties.clear();
  box.status = says(kGap);
  box.settle();
  // Not even a stop ends it.
  box.status = [](const std::string&) { return sim::SimScript{.end = {}, .is_unkillable = true}; };
  box.live(3 * kMinute_ns);
  REQUIRE(alerts_of(box).size() == 2);
  CHECK(alerts_of(box)[1].calling.code == "no_status");
  box.settings.settings.complaints = {
      make_error(ErrorCode::bad_settings, "/home/appliance.toml", {{"what", "x"}})};
  box.live(2 * kMinute_ns);
  auto alerts = alerts_of(box);
  REQUIRE(alerts.size() == 3);
  CHECK(alerts[2].calling.code == "bad_settings");
  CHECK_FALSE(alerts[0].ended);
  box.settings.settings.complaints.clear();
  box.live(2 * kMinute_ns);
  alerts = alerts_of(box);
  CHECK(alerts[2].ended);
  CHECK_FALSE(alerts[1].ended);
  CHECK_FALSE(alerts[0].ended);
}

TEST_CASE("a file that is to start backups and cannot is an alert, as it is a complaint",
          "[appliance]") {
  ApplianceBox box;
  box.settings.settings.duties.clear();
  box.settings.settings.triggers = {{"desk", "/exports/done"}};
  box.status = says("");
  box.watches.put("/exports/done", make_error(ErrorCode::io, "/exports/done"));
  box.live(2 * kMinute_ns);
  auto alerts = alerts_of(box);
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0].calling.origin == appliance::AlertOrigin::appliance);
  CHECK(alerts[0].calling.code == "trigger_unreadable");
  CHECK(alerts[0].calling.where == "desk /exports/done");
  CHECK(complaints_of(box) == "trigger_unreadable desk /exports/done\n");
  box.watches.put("/exports/done", make_error(ErrorCode::not_found));
  box.live(2 * kMinute_ns);
  CHECK(alerts_of(box)[0].ended);
  CHECK(complaints_of(box).empty());
  box.watches.hang("/exports/done", true);
  box.live(3 * kMinute_ns);
  alerts = alerts_of(box);
  REQUIRE(alerts.size() == 2);
  CHECK(alerts[1].calling.code == "trigger_hangs");
  CHECK(alerts[1].calling.where == "desk /exports/done");
}

TEST_CASE("a book that cannot be kept is said once, and shown until it is", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.duties.clear();
  box.settle();
  box.status = says(kGap);
  box.world.ask([](const sim::Moment& moment) -> std::optional<ErrorCode> {
    const bool is_change = moment.touch == sim::Touch::change;
    return is_change ? std::optional(ErrorCode::no_space) : std::nullopt;
  });
  box.live(5 * kMinute_ns);
  CHECK(box.log.count(EventKind::alerts_not_kept) == 1);
  CHECK(box.running->state()->alerts_not_kept);
  box.world.ask({});
  box.live(2 * kMinute_ns);
  CHECK_FALSE(box.running->state()->alerts_not_kept);
  REQUIRE(alerts_of(box).size() >= 1);
}

namespace {

using appliance::Calling;

Calling danger_of(const std::string& code) {
  return {appliance::AlertOrigin::box, status::Verdict::danger, code, "w", "e", "z"};
}

// "a. b! ": a is over, somebody looks after b.
std::string text_of(const appliance::KeptAlerts& kept) {
  std::string text;
  for (const Alert& alert : kept.alerts) {
    text += alert.calling.code + (alert.ended ? "." : "") + (alert.acknowledged ? "!" : "") + " ";
  }
  return text;
}

// A home with a book, which may be damaged, and one look and a note that may be cut.
struct CutBook {
  CutBook(std::uint64_t cut, bool is_damaged) : world(cut) {
    REQUIRE(
        AlertBook(home, clock).look(std::vector{danger_of("a"), danger_of("b")}, {}, clock.now()));
    planted = holdfast::text_of(*home.contents(appliance::kAlertsPath));
    if (is_damaged) planted += "rot\n";
    home.plant(appliance::kAlertsPath, view_of(planted));
    world.cut_at(world.operations() + cut);
    AlertBook book(home, clock);
    is_seen = book.look(now, {}, clock.now()).has_value();
    is_acknowledged = book.acknowledge(2, "ann", "at it").has_value();
    is_through = !world.is_cut();
  }
  [[nodiscard]] bool may_be(const std::string& found) const {
    if (is_seen && is_acknowledged) return found == kLast;
    return is_seen ? found == kSeen || found == kLast : found == kBefore || found == kSeen;
  }

  static constexpr std::string_view kBefore = "a b ";
  static constexpr std::string_view kSeen = "a. b c ";
  static constexpr std::string_view kLast = "a. b! c ";

  sim::World world;
  sim::SimClock clock{*Timestamp::parse("2026-03-02T10:00:00Z")};
  sim::SimDisk home{world, "/home"};
  std::vector<Calling> now = {danger_of("b"), danger_of("c")};
  std::string planted;
  bool is_seen = false;
  bool is_acknowledged = false;
  bool is_through = false;  // it was not cut
};

bool check_cut(std::uint64_t cut, sim::CrashPolicy policy, bool is_damaged) {
  CAPTURE(cut, is_damaged, static_cast<int>(policy));
  CutBook box(cut, is_damaged);
  box.world.crash({.policy = policy, .seed = cut});
  AlertBook next(box.home, box.clock);
  const auto kept = next.list();
  REQUIRE(kept);
  const std::string found = text_of(*kept);
  CHECK(box.may_be(found));
  // What was damaged is there, in the book or beside it.
  const bool is_new = found != CutBook::kBefore;
  CHECK(kept->lines_damaged == (is_damaged && !is_new ? 1 : 0));
  const auto aside = box.home.contents(appliance::kDamagedAlertsPath);
  if (is_damaged && is_new) CHECK((aside && holdfast::text_of(*aside) == box.planted));
  // The next one goes on from there.
  REQUIRE(next.look(box.now, {}, box.clock.now()));
  REQUIRE(next.acknowledge(2, "bob", "mine"));
  CHECK(text_of(*next.list()) == CutBook::kLast);
  const auto seconds = static_cast<std::uint64_t>(box.clock.now().ns / 1'000'000'000);
  CHECK(next.list()->alerts.back().id == (is_damaged ? seconds : 3));
  return box.is_through;
}

}  // namespace

// One look that adds an alert and ends another, and an acknowledgement, cut at each operation.
TEST_CASE("wherever the power goes, the book is the old one or the new one", "[appliance]") {
  for (const bool is_damaged : {false, true}) {
    bool is_through = false;
    for (std::uint64_t cut = 1; !is_through; ++cut) {
      REQUIRE(cut < 200);
      for (const auto policy : {sim::CrashPolicy::drop_unsynced, sim::CrashPolicy::keep_all,
                                sim::CrashPolicy::random}) {
        is_through = check_cut(cut, policy, is_damaged);
      }
    }
  }
}

}  // namespace holdfast::test

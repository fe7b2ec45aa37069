// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/item_plan.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <string>

namespace holdfast::policy {
namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;

Timestamp day(std::int64_t number) {
  return Timestamp{number * kDay_ns};
}

// Class 0: kept for 100 days, locked for 30. Class 1: no end.
ItemPlan::Rules plain_rules() {
  ItemPlan::Rules rules;
  rules.retention.classes[0].keep_days = 100;
  rules.lock_days = {{0, 30}, {1, 30}};
  return rules;
}

ItemFacts gone_item(std::string_view path, std::int64_t date) {
  ItemFacts item;
  item.path = path;
  item.bytes = 5;
  item.retention_class = 0;
  item.date = day(date);
  return item;
}

ItemVerdict decide(const ItemPlan::Rules& rules, const ItemFacts& item, std::int64_t now) {
  return ItemPlan(rules, {}, day(now)).decide(item);
}

}  // namespace

TEST_CASE("an item goes when its days have passed, and not a moment before") {
  const ItemFacts item = gone_item("calls/a", 1000);
  const ItemPlan::Rules rules = plain_rules();
  CHECK(decide(rules, item, 1029) == ItemVerdict{ItemReason::locked, day(1100)});
  CHECK(decide(rules, item, 1030) == ItemVerdict{ItemReason::kept, day(1100)});
  CHECK(decide(rules, item, 1099) == ItemVerdict{ItemReason::kept, day(1100)});
  ItemPlan one_before(rules, {}, Timestamp{day(1100).ns - 1});
  CHECK(one_before.decide(item).reason == ItemReason::kept);
  CHECK(decide(rules, item, 1100) == ItemVerdict{ItemReason::ended, day(1100)});
}

TEST_CASE("a lock that is longer than the rules counts") {
  ItemPlan::Rules rules = plain_rules();
  rules.lock_days[0] = 300;
  CHECK(decide(rules, gone_item("calls/a", 0), 200) == ItemVerdict{ItemReason::locked, day(300)});
  rules.retention.paths = {{"calls", 1}};
  CHECK(decide(rules, gone_item("calls/a", 0), 200).reason == ItemReason::locked);
}

TEST_CASE("what is not known for certain stays, and each with its reason") {
  const ItemPlan::Rules rules = plain_rules();
  const ItemFacts old = gone_item("calls/a", 0);
  const auto reason = [&](auto change) {
    ItemFacts item = old;
    change(item);
    return decide(rules, item, 5000).reason;
  };
  CHECK(reason([](ItemFacts&) {}) == ItemReason::ended);
  CHECK(reason([](ItemFacts& item) { item.at_source = true; }) == ItemReason::at_source);
  CHECK(reason([](ItemFacts& item) { item.made_here = true; }) == ItemReason::made_here);
  CHECK(reason([](ItemFacts& item) { item.retention_class.reset(); }) == ItemReason::no_rules);
  CHECK(reason([](ItemFacts& item) { item.retention_class = 1; }) == ItemReason::no_end);
  CHECK(reason([](ItemFacts& item) { item.date.reset(); }) == ItemReason::no_date);
  CHECK(reason([](ItemFacts& item) { item.hold = 7; }) == ItemReason::held);
  CHECK(reason([](ItemFacts& item) { item.may_be_held = true; }) == ItemReason::unbound);
  ItemPlan::Rules mirror = rules;
  mirror.is_mirror = true;
  CHECK(decide(mirror, old, 5000).reason == ItemReason::mirror);
}

TEST_CASE("dates at either end of time neither wrap nor end anything early") {
  ItemPlan::Rules rules = plain_rules();
  rules.retention.classes[0].keep_days = 36'525;
  ItemFacts item = gone_item("calls/a", 0);
  item.date = Timestamp{INT64_MAX - 5};
  CHECK(decide(rules, item, 100'000).reason == ItemReason::locked);
  item.date = Timestamp{INT64_MIN};
  CHECK(decide(rules, item, 0).reason == ItemReason::ended);
}

TEST_CASE("rules that no item lies in are told") {
  ItemPlan::Rules rules = plain_rules();
  rules.retention.paths = {{"calls/x", 200}, {"calls/a", 200}};
  ItemPlan plan(rules, {{"calls/none", 3}, {"calls/b", 4}}, day(5000));
  for (const char* path : {"calls/a", "calls/b/c"}) {
    static_cast<void>(plan.decide(gone_item(path, 0)));
  }
  REQUIRE(plan.unused_rules().size() == 1);
  CHECK(plan.unused_rules().front().path == "calls/x");
}

TEST_CASE("a tally sums by reason, class, hold and month") {
  ItemTally tally;
  const ItemFacts item = gone_item("calls/a", 0);
  tally.add(item, {ItemReason::kept, day(40)});
  tally.add(item, {ItemReason::kept, day(35)});
  tally.add(item, {ItemReason::held, {}, 9});
  tally.add(item, {ItemReason::ended, day(1)});
  const ItemSums kept = tally.reasons.at({ItemReason::kept, 0U});
  CHECK(kept.items == 2);
  CHECK(kept.bytes == 10);
  CHECK(kept.first == day(35));
  CHECK(kept.last == day(40));
  CHECK(tally.holds.at(9).items == 1);
  REQUIRE(tally.months.size() == 1);
  CHECK(tally.months.at(1).items == 2);
}

namespace {

// Tried in no order: every rule that is true of the item, each by itself.
ItemVerdict naive(const ItemPlan::Rules& rules, const std::vector<HeldPath>& held,
                  const ItemFacts& item, Timestamp now) {
  std::set<ItemReason> true_of_it{ItemReason::ended};
  std::optional<Timestamp> until;
  for (const HeldPath& each : held) {
    if (is_within(item.path, each.path)) true_of_it.insert(ItemReason::held);
  }
  if (item.hold) true_of_it.insert(ItemReason::held);
  if (item.at_source) true_of_it.insert(ItemReason::at_source);
  if (item.made_here) true_of_it.insert(ItemReason::made_here);
  if (rules.is_mirror) true_of_it.insert(ItemReason::mirror);
  if (!item.retention_class) true_of_it.insert(ItemReason::no_rules);
  std::optional<std::uint32_t> days;
  const auto found = rules.retention.classes.find(item.retention_class.value_or(99));
  if (found != rules.retention.classes.end()) days = found->second.keep_days;
  std::size_t depth = 0;
  for (const PathRetention& each : rules.retention.paths) {
    if (!is_within(item.path, each.path) || each.path.size() < depth) continue;
    depth = each.path.size();
    days = each.keep_days;
  }
  if (!days) true_of_it.insert(ItemReason::no_end);
  if (!item.date) true_of_it.insert(ItemReason::no_date);
  if (item.retention_class && item.date && days) {
    const std::int64_t lock = rules.lock_days.at(*item.retention_class) * kDay_ns;
    const std::int64_t keep = *days * kDay_ns;
    if (now.ns - item.date->ns < lock) true_of_it.insert(ItemReason::locked);
    if (now.ns - item.date->ns < keep) true_of_it.insert(ItemReason::kept);
    until = Timestamp{item.date->ns + std::max(lock, keep)};
  }
  const ItemReason first = *true_of_it.begin();
  if (item.may_be_held && first != ItemReason::held) return {ItemReason::unbound, {}};
  return {first, first >= ItemReason::locked ? until : std::nullopt};
}

}  // namespace

TEST_CASE("in random worlds every item gets what a naive plan gives it") {
  std::mt19937 random(11);
  const auto below = [&](unsigned end) { return static_cast<unsigned>(random() % end); };
  const auto some_path = [&] {
    std::string path = "s" + std::to_string(below(2));
    for (unsigned depth = below(4); depth > 0; --depth) {
      // A name that another one begins with, and bytes below and above the slash.
      path += "/" + std::string(below(2), 'a') + std::string(1, "ab-~"[below(4)]);
    }
    return path;
  };
  std::set<ItemReason> seen;
  for (int world = 0; world < 2000; ++world) {
    ItemPlan::Rules rules;
    rules.is_mirror = below(10) == 0;
    for (const std::uint32_t each : {0U, 1U}) {
      rules.lock_days[each] = below(20);
      if (below(4) > 0) rules.retention.classes[each].keep_days = below(40);
    }
    std::map<std::string, std::uint32_t> paths;
    for (unsigned i = below(4); i > 0; --i) paths[some_path()] = below(40);
    for (const auto& [path, days] : paths) rules.retention.paths.push_back({path, days});
    std::vector<HeldPath> held;
    for (unsigned i = below(3); i > 0; --i) held.push_back({some_path(), i});
    const Timestamp now = day(100 + below(3));
    ItemPlan plan(rules, held, now);
    std::set<std::string, PathLess> items;
    for (int i = 0; i < 20; ++i) items.insert(some_path());
    for (const std::string& path : items) {
      ItemFacts item = gone_item(path, 60 + below(40));
      item.at_source = below(5) == 0;
      item.made_here = below(10) == 0;
      if (below(10) == 0) item.date.reset();
      if (below(10) == 0) item.hold = 77;
      item.may_be_held = below(10) == 0;
      item.retention_class = below(2);
      if (below(10) == 0) item.retention_class.reset();
      const ItemVerdict planned = plan.decide(item);
      const ItemVerdict expected = naive(rules, held, item, now);
      INFO(path << ": " << name_of(planned.reason) << ", " << name_of(expected.reason));
      REQUIRE(planned.reason == expected.reason);
      ItemFacts unheld = item;
      unheld.hold.reset();
      unheld.may_be_held = false;
      const ItemReason reason = naive(rules, {}, unheld, now).reason;
      REQUIRE(plan.may_be_over(item) == (goes(reason) || reason == ItemReason::no_date));
      REQUIRE(planned.until == expected.until);
      seen.insert(planned.reason);
    }
  }
  CHECK(seen.size() == 11);
}

}  // namespace holdfast::policy

// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/item_plan.h"

#include "hal/base/check.h"

namespace holdfast::policy {

ItemPlan::ItemPlan(Rules rules, std::vector<HeldPath> held, Timestamp now)
    : rules_(std::move(rules)), paths_(rules_.retention.paths), held_(std::move(held)), now_(now) {}

ItemDate ItemPlan::date_of(std::uint32_t retention_class) const {
  const auto found = rules_.retention.classes.find(retention_class);
  return found == rules_.retention.classes.end() ? ItemDate::call : found->second.date;
}

// The order is that of HOLDFAST_ITEM_REASONS.
ItemVerdict ItemPlan::decide(const ItemFacts& item) {
  // Both before any answer: what is not asked counts as unused.
  const HeldPath* held = held_.find(item.path);
  const PathRetention* path = paths_.find(item.path);
  if (held != nullptr) return {ItemReason::held, {}, held->hold};
  if (item.hold) return {ItemReason::held, {}, *item.hold};
  if (item.may_be_held) return {ItemReason::unbound, {}};
  return decide_unheld(item, path);
}

bool ItemPlan::may_be_over(const ItemFacts& item) {
  const ItemReason reason = decide_unheld(item, paths_.find(item.path)).reason;
  return goes(reason) || reason == ItemReason::no_date;
}

ItemVerdict ItemPlan::decide_unheld(const ItemFacts& item, const PathRetention* path) const {
  if (item.at_source) return {ItemReason::at_source, {}};
  if (item.made_here) return {ItemReason::made_here, {}};
  if (!item.retention_class) return {ItemReason::no_rules, {}};
  if (rules_.is_mirror) return {ItemReason::mirror, {}};
  return decide_by_age(item, path);
}

ItemVerdict ItemPlan::decide_by_age(const ItemFacts& item, const PathRetention* path) const {
  const auto found = rules_.retention.classes.find(*item.retention_class);
  std::optional<std::uint32_t> keep_days;
  if (found != rules_.retention.classes.end()) keep_days = found->second.keep_days;
  if (path != nullptr) keep_days = path->keep_days;
  if (!keep_days) return {ItemReason::no_end, {}};
  if (!item.date) return {ItemReason::no_date, {}};
  const auto lock = rules_.lock_days.find(*item.retention_class);
  HF_CHECK(lock != rules_.lock_days.end());
  const Timestamp unlocked = days_behind(*item.date, lock->second);
  const Timestamp until = std::max(unlocked, days_behind(*item.date, *keep_days));
  if (now_ < unlocked) return {ItemReason::locked, until};
  return {now_ < until ? ItemReason::kept : ItemReason::ended, until};
}

void ItemSums::add(std::uint64_t item_bytes, std::optional<Timestamp> until) {
  items += 1;
  bytes += item_bytes;
  if (!until) return;
  first = std::min(first.value_or(*until), *until);
  last = std::max(last.value_or(*until), *until);
}

void ItemTally::add(const ItemFacts& item, const ItemVerdict& verdict) {
  reasons[{verdict.reason, item.retention_class}].add(item.bytes, verdict.until);
  if (verdict.reason == ItemReason::held) holds[verdict.hold].add(item.bytes, {});
  if (!verdict.until || goes(verdict.reason)) return;
  months[verdict.until->month()].add(item.bytes, verdict.until);
}

}  // namespace holdfast::policy

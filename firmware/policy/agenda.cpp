// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/agenda.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "firmware/policy/schedule_outlook.h"
#include "hal/base/check.h"

namespace holdfast::policy {

namespace {

constexpr std::int64_t kMinute_ns = 60 * kSecond_ns;
constexpr std::int64_t kRetryMax_ns = 60 * kMinute_ns;

// The end of time if that is past it.
Timestamp behind(Timestamp moment, std::int64_t ns) {
  constexpr std::int64_t kEnd_ns = std::numeric_limits<std::int64_t>::max();
  if (moment.ns > 0 && ns > kEnd_ns - moment.ns) return Timestamp{kEnd_ns};
  return Timestamp{moment.ns + ns};
}

std::optional<Timestamp> next_regular(const Duty& duty, Timestamp moment, const TimeZone& site) {
  if (const auto* interval = std::get_if<Interval>(&duty.times)) {
    return behind(moment, interval->ns);
  }
  return next_after(std::get<Calendar>(duty.times), moment, site);
}

// A start ahead of now leaves out more than one regular time.
bool is_too_far_ahead(const Duty& duty, Timestamp start, Timestamp now, const TimeZone& site) {
  if (start <= now) return false;
  const auto first = next_regular(duty, now, site);
  const auto second = first ? next_regular(duty, *first, site) : std::nullopt;
  return second && start >= *second;
}

// The regular time that it waits for, which may have passed; none: there is none any more.
std::optional<Timestamp> awaited(const Duty& duty, const DutyHistory& history, Timestamp now,
                                 const TimeZone& site) {
  if (!history.last_start && std::holds_alternative<Interval>(duty.times)) return now;
  const Timestamp from = history.last_start.value_or(history.since);
  if (is_too_far_ahead(duty, from, now, site)) return now;
  return next_regular(duty, from, site);
}

// Earlier than the regular time, if that is later.
void try_after(Timestamp end, std::int64_t delay_ns, Timestamp now, Outlook& outlook) {
  const Timestamp retry = end > now ? now : behind(end, delay_ns);
  if (outlook.next && *outlook.next <= retry) return;
  outlook.is_retry = true;
  outlook.next = retry;
}

void try_again(const DutyHistory& history, Timestamp now, Outlook& outlook) {
  if (history.failures > 0 && history.last_failure) {
    try_after(*history.last_failure, retry_delay_ns(history.failures), now, outlook);
  }
  if (history.cut_off) try_after(*history.cut_off, kMinute_ns, now, outlook);
}

void wait_for_window(const Duty& duty, Timestamp now, const TimeZone& site, Outlook& outlook) {
  if (!duty.window || !outlook.next) return;
  const Timestamp start = std::max(*outlook.next, now);
  const Allowance allowance = allowance_at(*duty.window, start, site);
  if (allowance.may_read) return;
  outlook.waits_for_window = *outlook.next <= now;
  outlook.next = allowance.changes;
}

void judge_target(const Duty& duty, const DutyHistory& history, Timestamp now, Outlook& outlook) {
  if (!duty.rpo_ns) return;
  const Timestamp proved = history.last_good_end.value_or(history.since);
  const bool is_believed = proved <= behind(now, *duty.rpo_ns);
  outlook.overdue_at = is_believed ? behind(proved, *duty.rpo_ns) : now;
  outlook.is_overdue = *outlook.overdue_at <= now;
}

Outlook outlook_of(const Duty& duty, const DutyHistory& history, Timestamp now,
                   const TimeZone& site) {
  Outlook outlook;
  judge_target(duty, history, now, outlook);
  if (history.is_running) return outlook;
  outlook.next = awaited(duty, history, now, site);
  try_again(history, now, outlook);
  wait_for_window(duty, now, site, outlook);
  outlook.is_due = outlook.next && *outlook.next <= now;
  return outlook;
}

}  // namespace

std::optional<std::int64_t> good_age_max_ns(const Times& times, Timestamp now) {
  constexpr std::int64_t kLate_ns = 120 * kMinute_ns;
  const auto longest_ns = longest_wait_ns(times, now);
  if (!longest_ns) return std::nullopt;
  return behind(Timestamp{*longest_ns}, std::max(*longest_ns / 12, kLate_ns)).ns;
}

std::int64_t retry_delay_ns(std::uint32_t failures) {
  std::int64_t delay_ns = kMinute_ns;
  for (std::uint32_t i = 1; i < failures && delay_ns < kRetryMax_ns; ++i) delay_ns *= 2;
  return std::min(delay_ns, kRetryMax_ns);
}

Agenda plan_agenda(std::span<const Duty> duties, std::span<const DutyHistory> histories,
                   Timestamp now, const TimeZone& site) {
  HF_CHECK(duties.size() == histories.size());
  Agenda agenda;
  Timestamp look = behind(now, kWaitMax_ns);
  for (std::size_t i = 0; i < duties.size(); ++i) {
    const Outlook outlook = outlook_of(duties[i], histories[i], now, site);
    if (outlook.is_due) agenda.due.push_back(i);
    for (const auto& moment : {outlook.next, outlook.overdue_at}) {
      if (moment && *moment > now) look = std::min(look, *moment);
    }
    agenda.outlooks.push_back(outlook);
  }
  std::ranges::sort(agenda.due, {}, [&](std::size_t i) {
    return std::tuple(duties[i].priority, *agenda.outlooks[i].next, i);
  });
  agenda.wait_ns = std::max(look.ns - now.ns, kSecond_ns);
  return agenda;
}

}  // namespace holdfast::policy

// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/alert_file.h"

#include <algorithm>

#include "firmware/appliance/line_words.h"
#include "firmware/status/document.h"
#include "firmware/vault/checked_line.h"

namespace holdfast::appliance {

namespace {

constexpr std::string_view kBox = "box";
constexpr std::string_view kAppliance = "appliance";

std::string line_of(const Alert& alert) {
  const Calling& calling = alert.calling;
  std::string line = "alert " + std::to_string(alert.id) + " " +
                     std::string(calling.origin == AlertOrigin::box ? kBox : kAppliance) + " " +
                     std::string(name_of(calling.level)) + " " + word_text(calling.code) + " " +
                     word_text(calling.where) + " " + word_text(alert.since) + " " +
                     word_text(alert.seen) + " " + word_text(alert.ended) + " " +
                     word_text(calling.english) + " " + word_text(calling.chinese);
  if (alert.acknowledged) {
    line += " " + word_text(alert.acknowledged->by) + " " + word_text(alert.acknowledged->time) +
            " " + word_text(alert.acknowledged->note);
  }
  std::string lines = vault::checked_line(line);
  if (alert.returns > 0) {
    lines += vault::checked_line("returns " + std::to_string(alert.id) + " " +
                                 std::to_string(alert.returns));
  }
  return lines;
}

// Behind the line of its alert. That one may be damaged: then it is passed over.
bool take_returns(LineWords& words, std::vector<Alert>& alerts) {
  const std::uint64_t id = words.number();
  const std::uint64_t returns = words.number();
  if (words.has_failed() || !words.is_at_end()) return false;
  if (!alerts.empty() && alerts.back().id == id) alerts.back().returns = returns;
  return true;
}

AlertOrigin origin_in(LineWords& words) {
  const std::string_view word = words.next();
  if (word != kBox && word != kAppliance) words.fail();
  return word == kBox ? AlertOrigin::box : AlertOrigin::appliance;
}

status::Verdict level_in(LineWords& words) {
  const std::string_view word = words.next();
  if (word == name_of(status::Verdict::danger)) return status::Verdict::danger;
  if (word != name_of(status::Verdict::attention)) words.fail();
  return status::Verdict::attention;
}

std::optional<Alert> parse_alert(LineWords& words) {
  Alert alert;
  alert.id = words.number();
  alert.calling.origin = origin_in(words);
  alert.calling.level = level_in(words);
  alert.calling.code = words.text();
  alert.calling.where = words.text();
  alert.since = words.known_time();
  alert.seen = words.known_time();
  alert.ended = words.time();
  alert.calling.english = words.text();
  alert.calling.chinese = words.text();
  if (!words.is_at_end()) {
    Acknowledgement& acknowledged = alert.acknowledged.emplace();
    acknowledged.by = words.text();
    acknowledged.time = words.known_time();
    acknowledged.note = words.text();
  }
  if (words.has_failed() || !words.is_at_end()) return std::nullopt;
  return alert;
}

}  // namespace

std::string write_alerts(const KeptAlerts& kept) {
  std::string text = vault::checked_line("next " + std::to_string(kept.next_id));
  for (const Alert& alert : kept.alerts) text += line_of(alert);
  return text;
}

KeptAlerts read_alerts(std::string_view text) {
  KeptAlerts kept;
  std::uint64_t misread = 0;
  const std::uint64_t damaged = for_each_line(text, [&](LineWords& words) {
    const std::string_view what = words.next();
    if (what == "next") {
      const std::uint64_t id = words.number();
      if (words.has_failed()) ++misread;
      if (!words.has_failed()) kept.next_id = std::max(kept.next_id, id);
    } else if (what == "alert") {
      auto alert = parse_alert(words);
      const bool is_in_order = alert && (kept.alerts.empty() || kept.alerts.back().id < alert->id);
      if (is_in_order) kept.alerts.push_back(std::move(*alert));
      if (!is_in_order) ++misread;
    } else if (what == "returns") {
      if (!take_returns(words, kept.alerts)) ++misread;
    }
  });
  kept.lines_damaged = damaged + misread;
  // Also if the line that says so is lost.
  if (!kept.alerts.empty()) kept.next_id = std::max(kept.next_id, kept.alerts.back().id + 1);
  return kept;
}

}  // namespace holdfast::appliance

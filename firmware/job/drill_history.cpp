// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/drill_history.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "firmware/vault/checked_line.h"
#include "firmware/vault/note_words.h"

namespace holdfast::job {

namespace {

constexpr std::string_view kFolder = "proofs";
constexpr std::uint64_t kSizeMax = kMiB;

std::string path_of(const BusinessId& business) {
  return std::string(kFolder) + "/" + business.hex() + ".drills";
}

std::string line_of(const PastDrill& drill) {
  std::string line = drill.time.rfc3339();
  for (const std::uint64_t number :
       {drill.duration_ms, drill.snapshot, drill.items, drill.items_total, drill.bytes, drill.rows,
        drill.rebuilt, drill.without, drill.differences, drill.lost}) {
    line += " " + std::to_string(number);
  }
  return vault::checked_line(line + (drill.good ? " good" : " bad"));
}

std::optional<PastDrill> parse_line(std::string_view line) {
  const auto checked = vault::words_of_line(line);
  if (!checked || checked->size() == line.size()) return std::nullopt;  // it has a check always
  vault::NoteWords words(vault::split(*checked, ' '));
  PastDrill drill;
  const auto time = words.value<Timestamp>();
  for (std::uint64_t* number :
       {&drill.duration_ms, &drill.snapshot, &drill.items, &drill.items_total, &drill.bytes,
        &drill.rows, &drill.rebuilt, &drill.without, &drill.differences, &drill.lost}) {
    *number = words.number();
  }
  drill.good = words.choice("good", "bad");
  if (!words.right() || !time) return std::nullopt;
  drill.time = *time;
  return drill;
}

// A file that is larger than any of ours is none.
Result<std::string> load_text(ports::Disk& home, const BusinessId& business) {
  auto bytes = ports::load(home, path_of(business), kSizeMax);
  if (bytes) return std::string(text_of(*bytes));
  const ErrorCode code = bytes.error().code;
  if (code == ErrorCode::not_found || code == ErrorCode::limit_exceeded) return std::string();
  return std::move(bytes.error());
}

}  // namespace

Result<void> note_drill(ports::Disk& home, const BusinessId& business, const PastDrill& drill) {
  HF_TRY(ports::make_directories(home, kFolder));
  HF_TRY(std::string text, load_text(home, business));
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += line_of(drill);
  auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  std::string_view kept = text;
  for (; lines > DrillHistory::kLinesMax; --lines) kept.remove_prefix(kept.find('\n') + 1);
  return ports::store(home, path_of(business), view_of(kept));
}

Result<DrillHistory> load_drills(ports::Disk& home, const BusinessId& business) {
  DrillHistory history;
  HF_TRY(const std::string text, load_text(home, business));
  const std::size_t end = text.rfind('\n') + 1;  // what has no end was cut
  if (end < text.size()) ++history.unreadable;
  for (const std::string_view line : vault::split(std::string_view(text).substr(0, end), '\n')) {
    const auto drill = parse_line(line);
    if (drill) history.drills.push_back(*drill);
    if (!drill) ++history.unreadable;
  }
  return history;
}

std::optional<Month> Month::parse(std::string_view text) {
  constexpr std::size_t kSize = 7;
  constexpr std::size_t kDash = 4;
  if (text.size() != kSize || text[kDash] != '-') return std::nullopt;
  Month month;
  const auto is_number = [&](std::string_view digits, auto& number) {
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
  };
  if (!is_number(text.substr(0, kDash), month.year)) return std::nullopt;
  if (!is_number(text.substr(kDash + 1), month.month)) return std::nullopt;
  const bool is_right = month.year >= 1970 && month.month >= 1 && month.month <= 12;
  return is_right ? std::optional(month) : std::nullopt;
}

std::string Month::text() const {
  return std::to_string(year) + (month < 10 ? "-0" : "-") + std::to_string(month);
}

namespace {

std::chrono::sys_days day_of(Timestamp time) {
  return std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(time.ns)));
}

// Not by way of a timestamp, whose nanoseconds end in the year 2262.
std::string text_of_day(const Month& month, std::chrono::sys_days day) {
  const auto number = static_cast<unsigned>(std::chrono::year_month_day(day).day());
  return month.text() + (number < 10 ? "-0" : "-") + std::to_string(number);
}

}  // namespace

std::vector<DrillDay> days_of(const Month& month, const DrillHistory& history, Timestamp first,
                              Timestamp last) {
  const std::chrono::year_month of{std::chrono::year(month.year), std::chrono::month(month.month)};
  std::vector<DrillDay> days;
  for (std::chrono::sys_days day = of / 1; day <= std::chrono::sys_days(of / std::chrono::last);
       day += std::chrono::days(1)) {
    DrillDay each{text_of_day(month, day), {}};
    std::ranges::copy_if(history.drills, std::back_inserter(each.drills),
                         [&](const PastDrill& drill) { return day_of(drill.time) == day; });
    const bool counts = day >= day_of(first) && day <= day_of(last);
    if (counts || !each.drills.empty()) days.push_back(std::move(each));
  }
  return days;
}

}  // namespace holdfast::job

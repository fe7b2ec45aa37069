// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/hearing.h"

#include <algorithm>
#include <array>
#include <limits>

#include "firmware/app/audit_trail.h"

namespace holdfast::app {

namespace {

constexpr std::int64_t kHearing_ns = 30 * 60 * 1'000'000'000LL;
constexpr std::uint64_t kLinesMax = 5000;  // that are looked at
constexpr std::string_view kParts = "(parts)";
constexpr std::string_view kCut = "…";

bool is_same(const api::AuditEvent& left, const api::AuditEvent& right) {
  return left.actor == right.actor && left.role == right.role && left.peer == right.peer &&
         left.action == right.action && left.subject == right.subject;
}

// What players seek in. Whoever asks for parts of any other file takes it away.
constexpr std::array<std::string_view, 6> kSounds = {".wav",  ".mp3",  ".ogg",
                                                     ".opus", ".flac", ".m4a"};

bool is_sound(std::string_view path) {
  return std::ranges::any_of(kSounds, [&](std::string_view ending) {
    return path.size() > ending.size() &&
           std::ranges::equal(path.substr(path.size() - ending.size()), ending, {},
                              [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : +c; });
  });
}

}  // namespace

std::optional<std::string> hearing_subject(const std::vector<std::string>& arguments) {
  const auto names = std::ranges::find(arguments, "--");
  const auto is_part = [](const std::string& word) {
    return word.starts_with("--from-byte=") || word.starts_with("--bytes=");
  };
  if (std::none_of(arguments.begin(), names, is_part)) return std::nullopt;
  const bool is_stored = std::find(arguments.begin(), names, "cat") != names;
  constexpr std::ptrdiff_t kPath = 2;  // behind "--" and the business
  if (is_stored && (arguments.end() - names <= kPath || !is_sound(names[kPath]))) {
    return std::nullopt;
  }
  std::vector<std::string> words;
  std::copy_if(arguments.begin(), names, std::back_inserter(words),
               [&](const std::string& word) { return !is_part(word); });
  words.emplace_back(kParts);
  words.insert(words.end(), names, arguments.end());
  return audit_subject(words);
}

Result<bool> is_hearing_noted(api::AuditLog& log, const api::AuditEvent& event,
                              std::string_view account, Timestamp now) {
  // Of two names that are cut nobody knows whether they are one.
  if (event.subject.contains(kCut)) return false;
  std::uint64_t left = kLinesMax;
  std::optional<std::uint64_t> begun;
  const auto look = [&](const api::AuditLine& line) {
    const api::AuditEvent& seen = line.event;
    const std::int64_t age_ns = now.ns - line.time.ns;
    if (left-- == 0 || age_ns < 0 || age_ns > kHearing_ns) return false;
    if (seen.action == "login" && seen.actor == account) return false;
    if (!is_same(seen, event)) return true;
    if (seen.outcome == "begun") begun = line.number;
    return !begun && is_usual_end(seen.outcome);
  };
  const auto fault = log.read_back(std::numeric_limits<std::uint64_t>::max(), look);
  if (!fault || *fault || !begun) return false;
  return log.confirm(*begun);
}

bool is_usual_end(std::string_view outcome) {
  return outcome == "ok" || outcome == "interrupted";
}

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/name_pattern.h"

#include <re2/re2.h>

#include <algorithm>

namespace holdfast::records {

namespace {

constexpr std::int64_t kPatternMemoryMax = 1 << 20;

}  // namespace

// What the groups hold in one path; kept so that no path costs memory of its own.
struct NamePattern::Found {
  std::vector<re2::StringPiece> texts;
  std::string start;
};

NamePattern::NamePattern() : found_(std::make_unique<Found>()) {}
NamePattern::~NamePattern() = default;
NamePattern::NamePattern(NamePattern&&) noexcept = default;
NamePattern& NamePattern::operator=(NamePattern&&) noexcept = default;

std::optional<NamePattern> NamePattern::parse(std::string_view text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemoryMax);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // a path is bytes
  NamePattern out;
  out.pattern_ = std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!out.pattern_->ok()) return std::nullopt;
  const auto groups = static_cast<std::size_t>(out.pattern_->NumberOfCapturingGroups()) + 1;
  out.groups_.resize(groups, Group::unnamed);
  out.found_->texts.resize(groups);
  if (out.pattern_->CapturingGroupNames().empty()) return std::nullopt;
  for (const auto& [number, name] : out.pattern_->CapturingGroupNames()) {
    Group& group = out.groups_[static_cast<std::size_t>(number)];
    if (name == "call_id") {
      group = Group::call_id;
    } else if (name.starts_with("start")) {
      group = Group::start;
      out.has_start_ = true;
    } else if (name.starts_with("phone") || name.starts_with("agent") ||
               name.starts_with("number")) {
      group = Group::number;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

void NamePattern::read(RecordingFacts& facts, const NumberRules& rules,
                       const std::optional<TimeFormat>& format, TimeZone& zone) {
  facts.call_id.clear();
  facts.numbers.clear();
  facts.start_ms.reset();
  auto& texts = found_->texts;
  const re2::StringPiece path(facts.path);
  if (!pattern_->Match(path, 0, path.size(), re2::RE2::UNANCHORED, texts.data(),
                       static_cast<int>(texts.size()))) {
    return;
  }
  found_->start.clear();
  for (std::size_t i = 1; i < texts.size(); ++i) {
    const std::string_view text(texts[i].data(), texts[i].size());
    if (groups_[i] == Group::call_id) facts.call_id = text;
    if (groups_[i] == Group::start) found_->start += text;
    if (groups_[i] != Group::number) continue;
    const auto number = normalised_number(text, rules);
    if (number && !number->empty() &&
        std::ranges::find(facts.numbers, *number) == facts.numbers.end()) {
      facts.numbers.push_back(*number);
    }
  }
  if (!has_start_ || !format) return;
  const auto written = format->read(found_->start);
  if (!written) return;
  const Moment moment =
      written->is_moment ? Moment{.utc_ms = written->ms} : zone.moment_of(written->ms);
  if (moment.kind != Moment::Kind::skipped) facts.start_ms = moment.utc_ms;
}

}  // namespace holdfast::records

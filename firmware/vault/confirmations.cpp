// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/confirmations.h"

#include <algorithm>

#include "firmware/vault/checked_line.h"
#include "firmware/vault/note_words.h"

namespace holdfast::vault {

namespace {

constexpr std::string_view kPath = "time-confirmed";
constexpr std::size_t kKept = 100;
constexpr std::uint64_t kSizeMax = 1024 * 1024;

Result<std::string> load(ports::Disk& home) {
  const auto bytes = ports::load(home, kPath, kSizeMax);
  if (bytes) return std::string(text_of(*bytes));
  const ErrorCode code = bytes.error().code;
  const bool is_none = code == ErrorCode::not_found || code == ErrorCode::limit_exceeded;
  return is_none ? Result<std::string>(std::string()) : bytes.error();
}

std::optional<Confirmation> parse(std::string_view line) {
  const auto words = words_of_line(line);
  if (!words) return std::nullopt;
  const auto parts = split(*words, '\t');
  if (parts.size() < 3) return std::nullopt;
  const auto confirmed = Timestamp::parse(parts[0]);
  const auto clock = Timestamp::parse(parts[1]);
  if (!confirmed || !clock) return std::nullopt;
  return Confirmation{*confirmed, *clock, {parts.begin() + 2, parts.end()}};
}

std::string line_of(const Confirmation& confirmation) {
  std::string words = confirmation.confirmed.rfc3339() + '\t' + confirmation.clock.rfc3339();
  for (const std::string& name : confirmation.by) words += '\t' + name;
  return checked_line(words);
}

}  // namespace

Result<std::vector<Confirmation>> noted_confirmations(ports::Disk& home) {
  HF_TRY(const std::string text, load(home));
  std::vector<Confirmation> confirmations;
  for (const std::string_view line : split(text, '\n')) {
    if (auto each = parse(line)) confirmations.push_back(std::move(*each));
  }
  return confirmations;
}

Result<void> note_confirmation(ports::Disk& home, const Confirmation& confirmation) {
  HF_TRY(auto all, noted_confirmations(home));
  all.push_back(confirmation);
  std::string text;
  for (std::size_t i = all.size() - std::min(all.size(), kKept); i < all.size(); ++i) {
    text += line_of(all[i]);
  }
  return ports::store(home, kPath, view_of(text));
}

}  // namespace holdfast::vault

// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/read_back_note.h"

#include <string>

#include "firmware/vault/checked_line.h"
#include "firmware/vault/note_words.h"

namespace holdfast::vault {

namespace {

constexpr std::string_view kPath = "read-back";
constexpr std::uint64_t kSizeMax = 4 * kKiB;

}  // namespace

std::uint32_t load_read_back_percent(ports::Disk& home) {
  const auto bytes = ports::load(home, kPath, kSizeMax);
  if (!bytes) return kReadBackPercent;
  const auto lines = split(text_of(*bytes), '\n');
  const auto checked = lines.empty() ? std::nullopt : words_of_line(lines.front());
  if (!checked || checked->size() == lines.front().size()) return kReadBackPercent;
  NoteWords words(split(*checked, ' '));
  const std::uint64_t percent = words.number();
  const bool is_right = words.right() && percent <= kReadBackPercentMax;
  return is_right ? static_cast<std::uint32_t>(percent) : kReadBackPercent;
}

Result<void> store_read_back_percent(ports::Disk& home, std::uint32_t percent) {
  HF_CHECK(percent <= kReadBackPercentMax);
  return ports::store(home, kPath, view_of(checked_line(std::to_string(percent))));
}

}  // namespace holdfast::vault

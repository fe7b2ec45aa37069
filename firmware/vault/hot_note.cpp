// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/hot_note.h"

#include <array>

#include "firmware/vault/checked_line.h"
#include "firmware/vault/note_words.h"
#include "hal/base/path.h"

namespace holdfast::vault {

namespace {

constexpr std::string_view kPath = "hot";
constexpr std::uint64_t kSizeMax = 1 << 20;
constexpr std::array<std::string_view, 5> kWatches = {"events", "scan", "starting", "away", "none"};

// Without spaces, which are between words.
std::string word_of(const std::string& name) {
  std::string text;
  for (const char each : escape_path(name)) {
    if (each == ' ') {
      text += "\\x20";
    } else {
      text += each;
    }
  }
  return text;
}

std::string word_of(const std::optional<Timestamp>& time) {
  return time ? time->rfc3339() : std::string(kNoWord);
}

std::optional<HotNote> parse_line(std::string_view line) {
  constexpr std::size_t kNames = 3;
  const auto checked = words_of_line(line);
  if (!checked || checked->size() == line.size()) return std::nullopt;
  std::vector<std::string_view> parts = split(*checked, ' ');
  if (parts.size() < kNames) return std::nullopt;
  const auto business = unescape_path(parts[0]);
  const auto source = unescape_path(parts[1]);
  const auto watch = std::ranges::find(kWatches, parts[2]);
  if (!business || !source || watch == kWatches.end()) return std::nullopt;
  NoteWords words({parts.begin() + kNames, parts.end()});
  HotNote note{*business, *source, static_cast<HotWatch>(watch - kWatches.begin())};
  note.interval_s = words.number();
  note.proved = words.value<Timestamp>();
  note.newest = words.value<Timestamp>();
  return words.right() ? std::optional(note) : std::nullopt;
}

}  // namespace

std::string_view name_of(HotWatch watch) {
  return kWatches.at(static_cast<std::size_t>(watch));
}

// A line: "BUSINESS SOURCE WATCH INTERVAL PROVED NEWEST", "-" for a time that there is not.
Result<void> store_hot_notes(ports::Disk& home, const std::vector<HotNote>& notes) {
  std::string text;
  for (const HotNote& note : notes) {
    text += checked_line(word_of(note.business) + " " + word_of(note.source) + " " +
                         std::string(name_of(note.watch)) + " " + std::to_string(note.interval_s) +
                         " " + word_of(note.proved) + " " + word_of(note.newest));
  }
  return ports::store(home, kPath, view_of(text));
}

std::vector<HotNote> load_hot_notes(ports::Disk& home) {
  std::vector<HotNote> notes;
  const auto bytes = ports::load(home, kPath, kSizeMax);
  if (!bytes) return notes;
  for (const std::string_view line : split(text_of(*bytes), '\n')) {
    if (auto note = parse_line(line)) notes.push_back(std::move(*note));
  }
  return notes;
}

}  // namespace holdfast::vault

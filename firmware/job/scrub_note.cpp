// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/scrub_note.h"

#include <algorithm>
#include <string>
#include <vector>

#include "firmware/vault/checked_line.h"
#include "firmware/vault/note_words.h"

namespace holdfast::job {

namespace {

constexpr std::string_view kPath = "scrub";
constexpr std::uint64_t kSizeMax = 1024;

// A line: "scrub|heal BEGUN ENDED CURSOR PACKS MISSING BAD LOST COPIES ENTRIES WRITTEN WORK_MS",
// "-" for what there is not.
std::string line_of(const ScrubRound& round) {
  std::string line = round.heals ? "heal " : "scrub ";
  line += round.begun.rfc3339() + " ";
  line += (round.ended ? round.ended->rfc3339() : std::string(vault::kNoWord)) + " ";
  line += round.cursor ? round.cursor->hex() : std::string(vault::kNoWord);
  for (const std::uint64_t number :
       {round.packs, round.shards_missing, round.shards_bad, round.packs_lost, round.copies_bad,
        round.entries_lost, round.bytes_written, round.work_ms}) {
    line += " " + std::to_string(number);
  }
  return vault::checked_line(line);
}

std::optional<ScrubRound> parse_line(std::string_view line) {
  const auto checked = vault::words_of_line(line);
  if (!checked) return std::nullopt;
  vault::NoteWords words(vault::split(*checked, ' '));
  ScrubRound round;
  round.heals = words.choice("heal", "scrub");
  const auto begun = words.value<Timestamp>();
  round.ended = words.value<Timestamp>();
  round.cursor = words.value<Digest>();
  round.packs = words.number();
  round.shards_missing = words.number();
  round.shards_bad = words.number();
  round.packs_lost = words.number();
  if (!words.at_end()) {  // lines of before have no more
    round.copies_bad = words.number();
    round.entries_lost = words.number();
  }
  if (!words.at_end()) {
    round.bytes_written = words.number();
    round.work_ms = words.number();
  }
  if (!words.right() || !begun) return std::nullopt;
  round.begun = *begun;
  return round;
}

std::uint64_t larger(const ScrubNote& note, std::uint64_t ScrubRound::* number) {
  const std::uint64_t last = note.last ? (*note.last).*number : 0;
  return std::max(last, note.current ? (*note.current).*number : 0);
}

}  // namespace

std::uint64_t ScrubNote::shards_bad() const {
  return larger(*this, &ScrubRound::shards_bad);
}

const ScrubRound* ScrubNote::newest() const {
  if (current) return &*current;
  return last ? &*last : nullptr;
}

Result<void> store_scrub_note(ports::Disk& home, const ScrubNote& note) {
  std::string text;
  for (const auto* round : {&note.last, &note.current}) {
    if (*round) text += line_of(**round);
  }
  return ports::store(home, kPath, view_of(text));
}

ScrubNote load_scrub_note(ports::Disk& home) {
  ScrubNote note;
  const auto bytes = ports::load(home, kPath, kSizeMax);
  if (!bytes) return note;
  // What has no end was cut.
  const std::string_view text = text_of(*bytes);
  const std::size_t end = text.rfind('\n');
  if (end == std::string_view::npos) return note;
  for (const std::string_view line : vault::split(text.substr(0, end), '\n')) {
    auto round = parse_line(line);
    if (round) (round->ended ? note.last : note.current) = round;
  }
  return note;
}

}  // namespace holdfast::job

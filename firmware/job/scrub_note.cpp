// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/scrub_note.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "firmware/job/checked_line.h"

namespace holdfast::job {

namespace {

constexpr std::string_view kPath = "scrub";
constexpr std::uint64_t kSizeMax = 1024;
constexpr std::string_view kNone = "-";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    parts.push_back(text.substr(0, text.find(separator)));
    text.remove_prefix(std::min(text.size(), parts.back().size() + 1));
  }
  return parts;
}

// A line: "scrub|heal BEGUN ENDED CURSOR PACKS MISSING BAD LOST COPIES ENTRIES WRITTEN WORK_MS",
// "-" for what there is not.
std::string line_of(const ScrubRound& round) {
  std::string line = round.heals ? "heal " : "scrub ";
  line += round.begun.rfc3339() + " ";
  line += (round.ended ? round.ended->rfc3339() : std::string(kNone)) + " ";
  line += round.cursor ? round.cursor->hex() : std::string(kNone);
  for (const std::uint64_t number :
       {round.packs, round.shards_missing, round.shards_bad, round.packs_lost, round.copies_bad,
        round.entries_lost, round.bytes_written, round.work_ms}) {
    line += " " + std::to_string(number);
  }
  return checked_line(line);
}

// Takes words one after the other; what does not fit makes all of it wrong.
class Words {
 public:
  explicit Words(std::vector<std::string_view> words) : words_(std::move(words)) {}

  bool choice(std::string_view yes, std::string_view no) {
    const std::string_view word = next();
    wrong_ = wrong_ || (word != yes && word != no);
    return word == yes;
  }
  std::uint64_t number() {
    const std::string_view word = next();
    std::uint64_t number = 0;
    const char* end = word.data() + word.size();
    const auto parsed = std::from_chars(word.data(), end, number);
    wrong_ = wrong_ || parsed.ec != std::errc() || parsed.ptr != end;
    return number;
  }
  // Timestamp or Digest, or nothing.
  template <class Value>
  std::optional<Value> value() {
    const std::string_view word = next();
    if (word == kNone) return std::nullopt;
    const auto parsed = Value::parse(word);
    wrong_ = wrong_ || !parsed;
    return parsed ? std::optional<Value>(*parsed) : std::nullopt;
  }
  [[nodiscard]] bool at_end() const { return at_ == words_.size(); }
  [[nodiscard]] bool right() const { return !wrong_ && at_end(); }

 private:
  std::string_view next() {
    wrong_ = wrong_ || at_ == words_.size();
    return wrong_ ? kNone : words_[at_++];
  }
  std::vector<std::string_view> words_;
  std::size_t at_ = 0;
  bool wrong_ = false;
};

std::optional<ScrubRound> parse_line(std::string_view line) {
  const auto checked = words_of_line(line);
  if (!checked) return std::nullopt;
  Words words(split(*checked, ' '));
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
  for (const std::string_view line : split(text.substr(0, end), '\n')) {
    auto round = parse_line(line);
    if (round) (round->ended ? note.last : note.current) = round;
  }
  return note;
}

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/disk_watch_note.h"

#include "firmware/vault/checked_line.h"
#include "firmware/vault/note_words.h"

namespace holdfast::vault {

namespace {

constexpr std::string_view kPath = "disks";
constexpr std::uint64_t kSizeMax = 64 * kKiB;

std::string word_of(const std::optional<Timestamp>& time) {
  return time ? time->rfc3339() : std::string(kNoWord);
}

std::uint32_t count_of(std::uint64_t number) {
  constexpr std::uint64_t kMax = 1'000'000;  // nobody counts so far
  return static_cast<std::uint32_t>(std::min(number, kMax));
}

std::optional<policy::WatchedDisk> parse_line(std::string_view line) {
  const auto checked = words_of_line(line);
  if (!checked || checked->size() == line.size()) return std::nullopt;
  NoteWords words(split(*checked, ' '));
  policy::WatchedDisk watched;
  const auto disk = words.value<DiskId>();
  watched.away_since = words.value<Timestamp>();
  watched.strikes = count_of(words.number());
  watched.struck = words.value<Timestamp>();
  watched.clean_looks = count_of(words.number());
  watched.clean_since = words.value<Timestamp>();
  if (!words.at_end()) watched.slow = words.value<Timestamp>();
  if (!words.at_end()) watched.read_only = words.value<Timestamp>();
  if (!words.at_end()) watched.healed = words.value<Timestamp>();
  if (!words.at_end()) watched.well_since = words.value<Timestamp>();
  if (!words.at_end()) watched.visits = count_of(words.number());
  if (!words.at_end()) watched.given_up = words.value<Timestamp>();
  if (!words.at_end()) watched.returns = count_of(words.number());
  if (!words.right() || !disk) return std::nullopt;
  watched.disk = *disk;
  return watched;
}

}  // namespace

// A line: "DISK AWAY-SINCE STRIKES STRUCK CLEAN-LOOKS CLEAN-SINCE SLOW READ-ONLY HEALED
// WELL-SINCE VISITS GIVEN-UP RETURNS", "-" for what there is not. Programs of before wrote fewer of
// the last seven.
Result<void> store_disk_watch(ports::Disk& home, const std::vector<policy::WatchedDisk>& disks) {
  std::string text;
  for (const policy::WatchedDisk& disk : disks) {
    text += checked_line(
        disk.disk.hex() + " " + word_of(disk.away_since) + " " + std::to_string(disk.strikes) +
        " " + word_of(disk.struck) + " " + std::to_string(disk.clean_looks) + " " +
        word_of(disk.clean_since) + " " + word_of(disk.slow) + " " + word_of(disk.read_only) + " " +
        word_of(disk.healed) + " " + word_of(disk.well_since) + " " + std::to_string(disk.visits) +
        " " + word_of(disk.given_up) + " " + std::to_string(disk.returns));
  }
  return ports::store(home, kPath, view_of(text));
}

Result<std::vector<policy::WatchedDisk>> load_disk_watch(ports::Disk& home) {
  std::vector<policy::WatchedDisk> disks;
  const auto bytes = ports::load(home, kPath, kSizeMax);
  if (!bytes && bytes.error().is_of_process()) return bytes.error();
  if (!bytes) return disks;
  for (const std::string_view line : split(text_of(*bytes), '\n')) {
    if (auto disk = parse_line(line)) disks.push_back(*disk);
  }
  return disks;
}

}  // namespace holdfast::vault

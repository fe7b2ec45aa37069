// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/last_run.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace holdfast::app {

namespace {

constexpr std::uint64_t kSizeMax = 256;

std::string path_of(const BusinessId& business) {
  return "runs/" + business.hex();
}

// All of the text as a number that fits.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

// One line: "NUMBER TIME PROBLEMS".
Result<void> note_last_run(ports::Disk& home, const BusinessId& business, const LastRun& run) {
  HF_TRY(ports::make_directories(home, "runs"));
  const std::string line = std::to_string(run.snapshot) + " " + run.time.rfc3339() + " " +
                           std::to_string(run.problems) + "\n";
  return ports::store(home, path_of(business), view_of(line));
}

std::optional<LastRun> load_last_run(ports::Disk& home, const BusinessId& business) {
  const auto bytes = ports::load(home, path_of(business), kSizeMax);
  if (!bytes) return std::nullopt;
  std::string_view line = text_of(*bytes);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == last || !line.ends_with('\n')) return std::nullopt;
  line.remove_suffix(1);
  const auto snapshot = parse_number(line.substr(0, first));
  const auto time = Timestamp::parse(line.substr(first + 1, last - first - 1));
  const auto problems = parse_number(line.substr(last + 1));
  if (!snapshot || !time || !problems) return std::nullopt;
  return LastRun{*snapshot, *time, *problems};
}

Timestamp last_backup_time(std::uint64_t snapshot, Timestamp snapshot_time,
                           const std::optional<LastRun>& run) {
  if (!run || run->snapshot != snapshot || run->problems > 0) return snapshot_time;
  return std::max(snapshot_time, run->time);
}

std::uint64_t last_problems(std::uint64_t snapshot, const std::optional<LastRun>& run) {
  return run && run->snapshot == snapshot ? run->problems : 0;
}

bool is_old(Timestamp last_backup, Timestamp now) {
  return now.ns - last_backup.ns > kBackupAgeMax_ns;
}

}  // namespace holdfast::app

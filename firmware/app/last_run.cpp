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

}  // namespace

// One line: "NUMBER TIME".
Result<void> note_last_run(ports::Disk& home, const BusinessId& business, const LastRun& run) {
  HF_TRY(ports::make_directories(home, "runs"));
  const std::string line = std::to_string(run.snapshot) + " " + run.time.rfc3339() + "\n";
  return ports::store(home, path_of(business), view_of(line));
}

std::optional<LastRun> load_last_run(ports::Disk& home, const BusinessId& business) {
  const auto bytes = ports::load(home, path_of(business), kSizeMax);
  if (!bytes) return std::nullopt;
  const std::string_view line = text_of(*bytes);
  LastRun run;
  const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), run.snapshot);
  std::string_view rest = line.substr(static_cast<std::size_t>(end - line.data()));
  if (code != std::errc() || !rest.starts_with(' ') || !rest.ends_with('\n')) return std::nullopt;
  rest.remove_prefix(1);
  rest.remove_suffix(1);
  const auto time = Timestamp::parse(rest);
  if (!time) return std::nullopt;
  run.time = *time;
  return run;
}

Timestamp last_backup_time(std::uint64_t snapshot, Timestamp snapshot_time,
                           const std::optional<LastRun>& run) {
  if (!run || run->snapshot != snapshot) return snapshot_time;
  return std::max(snapshot_time, run->time);
}

bool is_old(Timestamp last_backup, Timestamp now) {
  return now.ns - last_backup.ns > kBackupAgeMax_ns;
}

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
// What a business lets the appliance do by itself, as values (docs/formats.md, section 11), and the
// duties that follow from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "firmware/policy/agenda.h"
#include "firmware/policy/window.h"

namespace holdfast::policy {

struct ScheduledJob {
  std::string job;   // "backup", "prune", "packs", "verify", "drill"; of the box: "tend"
  std::string text;  // as it was written
  Times times;
  bool operator==(const ScheduledJob&) const = default;
};

// cold: backups come at their times. hot: between these, what is new is backed up as it comes.
enum class BackupMode : std::uint8_t { cold, hot };

// Run without a shell, before or after each backup.
struct Command {
  std::vector<std::string> words;  // the first is the program's absolute path
  std::uint32_t timeout_s = 60;
  bool operator==(const Command&) const = default;
};

struct Schedule {
  std::vector<ScheduledJob> jobs;      // each job once at most; one that is not there never runs
  std::optional<Window> window;        // of what reads the sources
  std::optional<std::int64_t> rpo_ns;  // longer without a good backup is an alarm
  // Of hot: so long what is new at a source may be in no snapshot. None: it is not judged.
  std::optional<std::int64_t> hot_rpo_ns;
  BackupMode mode = BackupMode::cold;
  std::optional<Command> pre;
  std::optional<Command> post;
  std::string trigger_file;  // absolute path, raw bytes; empty: none
  bool operator==(const Schedule&) const = default;
};

// Backups first, then what mends, then what proves; what removes comes last. Of the box, with an
// empty name, too.
[[nodiscard]] std::vector<Duty> duties_of(const std::string& business, const Schedule& schedule);

}  // namespace holdfast::policy

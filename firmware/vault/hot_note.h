// SPDX-License-Identifier: Apache-2.0
// How fresh what is stored of each source of a hot business is: a note in home (docs/formats.md,
// section 2) that the appliance writes and `status` reads. Of no weight: without it, the age of
// the last backup that looked at everything counts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/error.h"
#include "hal/base/time.h"
#include "hal/ports/disk.h"

namespace holdfast::vault {

enum class HotWatch {
  events,    // it tells what changes
  scan,      // it tells nothing, or not all: its newest folders are looked at again and again
  starting,  // it is being found out
  away,      // it is not there
  none,      // it has no folder: only backups that look at everything see it
};
[[nodiscard]] std::string_view name_of(HotWatch watch);

struct HotNote {
  std::string business;
  std::string source;
  HotWatch watch = HotWatch::none;
  std::uint64_t interval_s = 0;       // of looks at the newest folders; 0: there are none
  std::optional<Timestamp> proved{};  // all that was whole there before is in a snapshot
  std::optional<Timestamp> newest{};  // the same of its newest folders
  bool operator==(const HotNote&) const = default;
};

[[nodiscard]] Result<void> store_hot_notes(ports::Disk& home, const std::vector<HotNote>& notes);
// Empty if there is no note, or none that can be read; without lines that are not what they were.
[[nodiscard]] std::vector<HotNote> load_hot_notes(ports::Disk& home);

}  // namespace holdfast::vault

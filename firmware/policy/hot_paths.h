// SPDX-License-Identifier: Apache-2.0
// What of a busy source one backup looks at: so little that it ends soon, and so much that nothing
// waits for long. No I/O, no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::policy {

struct HotLimits {
  std::size_t paths_max = 1000;      // a delta entry holds so many records
  std::size_t bytes_max = 48 << 10;  // of all paths; below job::kPathsSizeMax
  std::size_t fold_min = 64;         // files of one folder for which all of it may be looked at
};

// Of paths that wait, the oldest first. If they are too many, the folder that holds the most of
// them stands for these, and then the next one; if that is not enough, the oldest ones go first.
[[nodiscard]] std::vector<std::string> choose_paths(std::span<const std::string_view> waiting,
                                                    const HotLimits& limits = {});

struct SeenFolder {
  std::string name;
  std::int64_t mtime_ns = 0;
};

// Of the folders in one folder, the numbers of those in which something new is likely, rising. Of
// names that begin with a digit (years, months, days) the two highest and the two that changed
// last; of the others, which may be agents or queues, the 64 that changed last.
[[nodiscard]] std::vector<std::size_t> choose_newest(std::span<const SeenFolder> folders);

}  // namespace holdfast::policy

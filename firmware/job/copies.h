// SPDX-License-Identifier: Apache-2.0
// The small files that every disk has a copy of: journals, wraps, keyring, label. A scrub reads all
// of them and compares them; a heal mends what is damaged or missing from the other disks.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "firmware/job/progress.h"
#include "firmware/vault/business.h"

namespace holdfast::job {

struct BadCopy {
  vault::DamagedCopy copy;
  std::string business;         // of journals and wraps
  journal::EntryRange entries;  // of a journal: what this disk lacks; may be empty
};

// Entries that no present disk has whole.
struct LostEntries {
  std::string business;
  journal::EntryRange entries;
};

struct CopiesReport {
  // The first ones are kept; all are counted.
  static constexpr std::size_t kKeptMax = 1000;
  std::uint64_t count = 0;
  std::vector<BadCopy> kept;
  std::vector<LostEntries> lost;
  std::set<std::string> businesses;  // with bad journals or wraps

  void add(BadCopy copy);
};

// Reads only. Businesses that cannot be looked at are passed over: who opens them says why. A fork,
// and disks older than home, are told as problems of the business. interrupted; errors of the
// process. While a backup writes, a copy may look damaged that is being written: look twice.
[[nodiscard]] Result<CopiesReport> look_at_copies(vault::Box& box, const StopFlag* stop,
                                                  Problems& problems);

// Takes the lock of each business that has something to mend. What cannot be mended is told as a
// problem, `locked` among them; interrupted, and errors of the process. What was mended stays.
[[nodiscard]] Result<void> mend_copies(vault::Box& box, const CopiesReport& found,
                                       const StopFlag* stop, Problems& problems);

}  // namespace holdfast::job

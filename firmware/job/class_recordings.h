// SPDX-License-Identifier: Apache-2.0
// The recordings of one class, as the newest snapshot with rows tells it: what stands behind a
// count of a reconciliation.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "firmware/catalog/recording_calls.h"
#include "firmware/job/outcome_list.h"
#include "firmware/records/call_class.h"

namespace holdfast::job {

struct ClassRecording {
  Outcome outcome;
  catalog::RecordingCall call;
};

struct ClassRecordings {
  std::uint64_t snapshot = 0;  // its number
  std::uint64_t count = 0;     // of all that are wanted
  std::vector<ClassRecording> recordings;
  Problems lost;  // files that could not be read: what they tell of is not counted
};

struct ClassQuestion {
  records::CallClass call_class = records::CallClass::matched;
  std::string source;  // its name; empty: of all, each by itself
  // Whether a call that began then is wanted (UTC, milliseconds).
  std::function<bool(const std::optional<std::int64_t>& start_ms)> is_wanted;
  std::uint64_t skip = 0;
  std::uint64_t limit = 100;
};

// In the order of the files below records/: by the day on which the box first had them, then by
// path. All lines of these files are read, whatever the limit. Memory: `limit` recordings. Errors:
// of open_record_index() and for_each_outcome().
[[nodiscard]] Result<ClassRecordings> find_class_recordings(vault::Business& business,
                                                            const ClassQuestion& question,
                                                            const StopFlag* stop);

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// What a snapshot says became of each of its rows and recordings: the lines of the files below
// records/ (docs/formats.md, section 10), read from the store. No index is asked, so it is what
// that snapshot says, and not what is known now.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "firmware/job/progress.h"
#include "firmware/records/binding.h"
#include "firmware/source/definition.h"
#include "firmware/vault/business.h"
#include "firmware/vault/content_reader.h"

namespace holdfast::job {

// Paths are raw bytes. What is empty is not known, or there is none.
struct Outcome {
  std::string source;
  std::string item;  // of a row: the path of the item that it stands in; empty: of a recording
  std::uint64_t row = 0;
  Digest digest;           // of the row's bytes
  std::string call_class;  // its name
  std::string reason;      // of a rejected row or a contradiction: its name
  std::optional<records::Rung> rung;
  std::string recording;
  std::optional<std::int64_t> duration_ms;
  std::string first_seen;  // RFC 3339
  // Of a recording: what its header said when it was backed up (records::AudioState, by its name).
  std::string audio;

  [[nodiscard]] bool is_of_row() const { return !item.empty(); }
  // False of a row whose later version took its place, and where nobody judges: it is in no sum.
  [[nodiscard]] bool is_counted() const { return !call_class.empty(); }
};

// Source by source, recordings before rows, each in the order of its files; a row of several
// recordings comes once for each. What comes back names the files that are lost: what they tell of
// is not visited; a line that no box has written is a loss as well. interrupted.
// `folder`: one below records/, where not all are wanted.
using VisitOutcome = std::function<Result<void>(const Outcome& outcome)>;
[[nodiscard]] Result<Problems> for_each_outcome(vault::Business& business,
                                                const catalog::SnapshotRow& snapshot,
                                                const StopFlag* stop, const VisitOutcome& visit,
                                                std::string_view folder = source::kRecordsFolder);

}  // namespace holdfast::job

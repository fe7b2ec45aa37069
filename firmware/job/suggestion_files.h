// SPDX-License-Identifier: Apache-2.0
// Pairs of a row and a recording that are likely to belong together but are not bound, as the files
// below records/ keep them (docs/formats.md, section 10): for people to look at, read by nothing
// that binds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/catalog/record_index_input.h"
#include "firmware/job/findings.h"
#include "firmware/job/outcome_files.h"
#include "firmware/records/kept_suggestions.h"
#include "firmware/vault/business.h"

namespace holdfast::job {

// So many of a source are kept: those whose rows started last.
inline constexpr std::size_t kSuggestionsMax = 10'000;

[[nodiscard]] std::string suggestions_file(std::string_view source);

// Paths are raw bytes.
struct StoredSuggestion {
  std::string item;  // in which the row stands
  std::uint64_t row = 0;
  std::string recording;
  std::string reason;  // the name of a records::Hint
  // Recording less row; none: one of both is not known.
  std::optional<std::int64_t> start_difference_ms;
  std::optional<std::int64_t> duration_difference_ms;
};

// By item, row and recording. Rows that need no suggestion, by what `rows` says of them, are left
// out. `input`: that of the reconciliation, as it was.
[[nodiscard]] Result<std::vector<StoredSuggestion>> stored_suggestions(
    const records::KeptSuggestions& suggestions, catalog::RecordInput& input, const Findings& rows);
// How many of each reason, and how many more there were.
void add_suggestions(StoredReport& report, const std::vector<StoredSuggestion>& suggestions,
                     std::uint64_t left_out);

// A line of such a file, and the names of its columns.
[[nodiscard]] const std::vector<std::string>& suggestion_columns();
[[nodiscard]] std::vector<std::string> suggestion_line(const StoredSuggestion& suggestion);

// What a snapshot says, by source. A file that is lost, or that no box has written, is told in
// `lost`. Other errors of the store.
using SuggestionsBySource = std::map<std::string, std::vector<StoredSuggestion>>;
[[nodiscard]] Result<SuggestionsBySource> read_suggestions(vault::Business& business,
                                                           const catalog::SnapshotRow& snapshot,
                                                           Problems& lost);

}  // namespace holdfast::job

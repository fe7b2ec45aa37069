// SPDX-License-Identifier: Apache-2.0
// What is known of a recording by its first and last bytes.
#pragma once

#include <optional>

#include "firmware/catalog/record_index.h"
#include "firmware/job/content_ends.h"
#include "firmware/job/outcome_files.h"
#include "firmware/records/facts.h"
#include "firmware/vault/content_reader.h"

namespace holdfast::job {

// `ends` have the whole item, which has no holes.
[[nodiscard]] catalog::Probe probe(const vault::Item& item, const ContentEnds& ends);
// The same by the chunks in which its ends lie. Nothing: they are lost, or it has holes.
[[nodiscard]] Result<std::optional<catalog::Probe>> probe_stored(vault::ContentReader& content,
                                                                 const vault::Item& item);

// Of a line of a recordings file. The size is one that no item has: whoever meets the item looks at
// it.
[[nodiscard]] records::RecordingFacts facts_of_outcome(const OutcomeField& field);
[[nodiscard]] std::optional<catalog::Probe> probe_of_outcome(const OutcomeField& field);
// Nothing if it is none.
[[nodiscard]] std::optional<std::int64_t> number_of(std::string_view text);

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// What is known of a recording by itself: what its name says, and its first and last bytes.
#pragma once

#include <optional>

#include "firmware/catalog/record_index.h"
#include "firmware/job/content_ends.h"
#include "firmware/job/outcome_files.h"
#include "firmware/records/mapping.h"
#include "firmware/records/name_pattern.h"
#include "firmware/records/time_format.h"
#include "firmware/records/time_zone.h"
#include "firmware/vault/content_reader.h"

namespace holdfast::job {

// What the names of a mapping's recordings say. One thread at a time.
class RecordingNames {
 public:
  explicit RecordingNames(const records::Mapping& mapping);
  // Fills in call id, numbers and start by facts.path.
  void read(records::RecordingFacts& facts);

 private:
  records::NumberRules rules_;
  std::optional<records::NamePattern> pattern_;
  std::optional<records::TimeFormat> format_;
  std::optional<records::TimeZone> zone_;
};

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

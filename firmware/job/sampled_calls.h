// SPDX-License-Identifier: Apache-2.0
// Rows and recordings few enough to be held in memory, bound as a backup would bind them: for a
// look at a source before it is taken.
#pragma once

#include <vector>

#include "firmware/records/binding.h"
#include "firmware/records/facts.h"
#include "hal/base/result.h"

namespace holdfast::job {

// Ids are set to the places in the vectors. Contents of recordings are not compared, and durations
// only where both are known. Memory: that of both, four times.
[[nodiscard]] Result<std::vector<records::Binding>> bind_sample(
    std::vector<records::RowFacts> rows, std::vector<records::RecordingFacts> recordings,
    const records::BindingRules& rules);

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// What a look at one pack adds to the summary of a scrub: each is counted, and the first ones are
// kept. Whoever holds the summary's lock calls them.
#pragma once

#include "firmware/job/scrub.h"

namespace holdfast::job {

// Shards that no disk has, or that have no disk of their own.
void add_missing(ScrubSummary& summary, const Digest& pack, const pool::ScrubReport& found);
// Of one damaged file.
void add_damages(ScrubSummary& summary, const pool::ShardState& shard, const Digest& pack);
void add_stray(ScrubSummary& summary, pool::StrayFile file);

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/scrub_findings.h"

#include <algorithm>

namespace holdfast::job {

void add_missing(ScrubSummary& summary, const Digest& pack, const pool::ScrubReport& found) {
  summary.shards_missing += found.missing.size() + found.crowded.size();
  // No disk says what others have: all that can be told is whether those that are away could.
  const std::size_t lacking = found.missing.size();
  const bool may_be_away = lacking > 0 && lacking <= summary.disks_away.size();
  summary.packs_away += may_be_away ? 1 : 0;
  summary.shards_away += may_be_away ? lacking : 0;
  const auto keep = [&](std::uint8_t index, const std::string& path) {
    if (summary.kept_missing.size() == ScrubSummary::kDamagesKeptMax) return;
    summary.kept_missing.push_back(
        {pack, found.shape->generation, index, path, may_be_away && path.empty()});
  };
  for (const std::uint8_t index : found.missing) keep(index, {});
  for (const std::uint8_t index : found.crowded) {
    const auto where = std::ranges::find_if(found.shards, [&](const pool::ShardState& shard) {
      return shard.index == index && shard.intact();
    });
    keep(index, where->path);
  }
}

void add_stray(ScrubSummary& summary, pool::StrayFile file) {
  summary.strays += 1;
  if (summary.kept_strays.size() == ScrubSummary::kDamagesKeptMax) return;
  summary.kept_strays.push_back(std::move(file));
}

void add_damages(ScrubSummary& summary, const pool::ShardState& shard, const Digest& pack) {
  summary.damages += shard.damages.size() + shard.damages_more;
  for (const pool::ShardDamage& damage : shard.damages) {
    if (summary.kept_damages.size() == ScrubSummary::kDamagesKeptMax) return;
    summary.kept_damages.push_back({pack, shard.index, shard.disk, shard.path, damage});
  }
}

}  // namespace holdfast::job

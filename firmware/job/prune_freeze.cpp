// SPDX-License-Identifier: Apache-2.0
// What stands against a prune: the words for it, and what it stops.
#include <algorithm>

#include "firmware/job/prune_plan.h"

namespace holdfast::job {

// A time that nobody has confirmed is more than that: the day that bytes wait is counted by it. So
// is a gap in the newest snapshot: what it lacks, some tree may name.
bool is_about_ends(FreezeReason reason) {
  switch (reason) {
    case FreezeReason::rows_not_indexed:
    case FreezeReason::rows_missing:
    case FreezeReason::holds_on_keys:
    case FreezeReason::keys_too_wide:
    case FreezeReason::no_rows:
    case FreezeReason::not_backed_up:
      return true;
    default:
      return false;
  }
}

bool PrunePlan::has_ends() const {
  return going + unsure > 0 || std::ranges::any_of(snapshots, [](const PlannedSnapshot& each) {
           return goes(each.verdict.reason);
         });
}

bool PrunePlan::is_frozen() const {
  return !std::ranges::all_of(frozen, is_about_ends, &Freeze::reason);
}

std::string_view name_of(FreezeReason reason) {
  switch (reason) {
    case FreezeReason::disks_absent:
      return "disks_absent";
    case FreezeReason::packs_lost:
      return "packs_lost";
    case FreezeReason::entries_lost:
      return "entries_lost";
    case FreezeReason::names_lost:
      return "names_lost";
    case FreezeReason::newest_has_gap:
      return "newest_has_gap";
    case FreezeReason::packs_needed:
      return "packs_needed";
    case FreezeReason::packs_thin:
      return "packs_thin";
    case FreezeReason::time_unconfirmed:
      return "time_unconfirmed";
    case FreezeReason::rows_not_indexed:
      return "rows_not_indexed";
    case FreezeReason::rows_missing:
      return "rows_missing";
    case FreezeReason::holds_on_keys:
      return "holds_on_keys";
    case FreezeReason::not_backed_up:
      return "not_backed_up";
    case FreezeReason::keys_too_wide:
      return "keys_too_wide";
    case FreezeReason::no_rows:
      return "no_rows";
  }
  return {};
}

}  // namespace holdfast::job

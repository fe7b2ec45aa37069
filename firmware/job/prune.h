// SPDX-License-Identifier: Apache-2.0
// Does what a prune plans: one journal entry, from which on it is gone for every reader. Its bytes
// go with a later call.
//
//   lock -> look at the store -> plan, shown -> bytes of earlier prunes
//        -> what is needed of packs that go, written anew -> entry (the commit)
//
// A cut before the entry counts leaves everything, one behind it nothing of what goes.
#pragma once

#include <functional>
#include <optional>

#include "firmware/job/prune_bytes.h"
#include "firmware/job/repack.h"

namespace holdfast::job {

struct PruneReport {
  PrunePlan plan;                      // made under the lock: what was held until then is held
  RemovedBytes removed;                // of earlier prunes
  RepackReport repacked;               // of this one; its packs stand in the plan's entry
  std::optional<journal::Head> entry;  // none: nothing was to go, or something stood against it

  // What stood against it.
  [[nodiscard]] bool is_refused() const { return !plan.frozen.empty() || removed.refused; }
  // And nothing at all could be done.
  [[nodiscard]] bool is_stopped() const { return plan.is_frozen() || removed.refused; }
  // It did all there was to do now.
  [[nodiscard]] bool is_done() const {
    return !is_refused() || !(is_stopped() ? has_work : plan.has_ends());
  }
  bool has_work = false;  // there was something to do
};

// Called once, with what is about to be done, and the time that it goes by.
using ShowPlan = std::function<void(const PrunePlan& plan, Timestamp now)>;

// `business` is open for writing: no backup, hold or other prune is at work. The request's time is
// taken from the business, if one was confirmed. A stop while bytes go is told by what went
// (RemovedBytes::stopped), one before that is `interrupted`. A definition that was changed by hand
// gets its policy entry first, unless it is for packs only. As plan_prune(), remove_condemned(),
// repack(), and what writing says; after an error of the entry it counts or not, as the next
// opening finds. `show` may be null.
[[nodiscard]] Result<PruneReport> run_prune(vault::Business& business, PruneRequest request,
                                            const ShowPlan& show = {});

}  // namespace holdfast::job

// SPDX-License-Identifier: Apache-2.0
// The index of a business's rows and recordings, made anew from its newest snapshot.
#pragma once

#include "firmware/app/session.h"
#include "firmware/job/record_rebuild.h"

namespace holdfast::app {

// By the definition that the journal has: home's own may have been changed since. As
// job::rebuild_records(); of a journal without a definition that can be read nothing, or why.
[[nodiscard]] Result<std::optional<job::RecordRebuild>> rebuild_rows(Session& session,
                                                                     vault::Business& business);

}  // namespace holdfast::app

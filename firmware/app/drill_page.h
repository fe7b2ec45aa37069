// SPDX-License-Identifier: Apache-2.0
// A drill, and the drills of a month, as pages that are made to be printed and signed.
#pragma once

#include "firmware/app/drill_text.h"

namespace holdfast::app {

// To standard output.
[[nodiscard]] Result<void> write_drill_page(Session& session, const Drilled& drilled);
[[nodiscard]] Result<void> write_month_page(Session& session, const DrillMonth& month);

}  // namespace holdfast::app

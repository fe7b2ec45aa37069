// SPDX-License-Identifier: Apache-2.0
// What scrub and heal say to people and to programs.
#pragma once

#include "firmware/app/exit_code.h"
#include "firmware/app/session.h"
#include "firmware/job/scrub.h"

namespace holdfast::app {

// Fields of the object that is open.
void write_scrub_report(Session& session, const job::ScrubSummary& summary, bool heals);
// All that it was to look at.
[[nodiscard]] bool found_all_whole(const job::ScrubSummary& summary);
// Packs that are lost, and items with them.
void warn_of_lost(Session& session, const job::ScrubSummary& summary);
void print_scrub_report(Session& session, const job::ScrubSummary& summary, bool heals);
[[nodiscard]] ExitCode exit_code_of(const job::ScrubSummary& summary, bool heals);

}  // namespace holdfast::app

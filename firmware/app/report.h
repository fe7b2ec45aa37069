// SPDX-License-Identifier: Apache-2.0
// What the reports of several verbs have in common, as JSON and as lines for people.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "firmware/app/session.h"
#include "firmware/job/progress.h"
#include "firmware/journal/body.h"
#include "firmware/pool/label.h"

namespace holdfast::app {

// items_new, items_changed, …
void write_counts(JsonWriter& json, const journal::SnapshotCounts& counts);
// "Items: 5 new, …".
void say_counts(Session& session, const journal::SnapshotCounts& counts);

// `<key>_total`, and the list of those that were kept.
void write_problems(Session& session, const std::string& key, const job::Problems& problems);
// A line of `key` for each, at most `lines_max`; then how many more there are.
void warn_of_problems(Session& session, std::string_view key, const job::Problems& problems,
                      std::size_t lines_max = std::numeric_limits<std::size_t>::max());

// no_content, unreadable, unreadable_folders; or a note for each that there is.
// What was read and had to be made up for, to say that the disks are not as they should be.
void write_made_up(JsonWriter& json, const vault::Business& business);
void warn_of_made_up(Session& session, const vault::Business& business);

void write_unread(JsonWriter& json, const job::Unread& unread);
void warn_of_unread(Session& session, const job::Unread& unread);

// `complete` and `gap`.
void write_state(JsonWriter& json, const journal::SnapshotBody& body);
// That the snapshot to be read from does not have all.
void warn_of_state(Session& session, const catalog::SnapshotRow& snapshot);

// `lost_entries`: of a journal.
void write_lost_entries(JsonWriter& json, const std::vector<journal::EntryRange>& all);

void write_seconds(JsonWriter& json, std::int64_t duration_ns);

// "3+2".
[[nodiscard]] std::string geometry_text(int k, int m);

}  // namespace holdfast::app

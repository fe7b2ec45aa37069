// SPDX-License-Identifier: Apache-2.0
// What a run found out about rows and recordings, as JSON and as lines for people.
#pragma once

#include <vector>

#include "firmware/app/session.h"
#include "firmware/job/outcome_files.h"
#include "firmware/job/record_keeper.h"
#include "firmware/job/suggestion_files.h"

namespace holdfast::app {

// "records": an object for each source with rows.
void write_records(JsonWriter& json, const std::vector<job::SourceRecords>& records);
// A line for each class that has any; a warning for each threshold that was reached.
void say_records(Session& session, const job::SourceRecords& records);
// Some class reached the threshold that makes the run a failure.
[[nodiscard]] bool has_failed(const std::vector<job::SourceRecords>& records);

// The same of a report that a snapshot has; with the pairs that it suggests, or null: their counts
// alone.
using Suggestions = std::vector<job::StoredSuggestion>;
void write_report(JsonWriter& json, const std::string& source, const job::StoredReport& report,
                  const Suggestions* suggestions = nullptr);
void say_report(Session& session, const std::string& source, const job::StoredReport& report);

// A line of a report that tells of something the source did not give.
[[nodiscard]] bool is_not_given(const job::StoredReport::Count& count);
[[nodiscard]] std::string not_given_text(Session& session, const job::StoredReport::Count& count);
// A line that tells how the columns of a source changed.
[[nodiscard]] bool is_column_change(const job::StoredReport::Count& count);
[[nodiscard]] std::string column_text(messages::Language language,
                                      const job::StoredReport::Count& count);
// The first ones.
void say_suggestions(Session& session, const std::string& business, std::uint64_t snapshot,
                     const Suggestions& suggestions);
// Why the pair is likely, with what is off.
[[nodiscard]] std::string suggestion_text(messages::Language language,
                                          const job::StoredSuggestion& each);
// Of a line about a warning or a failure.
[[nodiscard]] std::string verdict_text(Session& session, const job::StoredReport::Count& count);

// A class, a rung and a reason in the person's words. What a newer version has written, and this
// one has no words for, is told as such, with its name: in all texts here.
[[nodiscard]] std::string class_text(messages::Language language, std::string_view name);
[[nodiscard]] std::string rung_text(Session& session, records::Rung rung);
[[nodiscard]] std::string reason_text(messages::Language language, std::string_view name);

}  // namespace holdfast::app

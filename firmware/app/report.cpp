// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/report.h"

#include "firmware/app/problem_text.h"

namespace holdfast::app {

void write_counts(JsonWriter& json, const journal::SnapshotCounts& counts) {
  json.field("items_new", counts.items_new);
  json.field("items_changed", counts.items_changed);
  json.field("items_unchanged", counts.items_unchanged);
  json.field("items_gone", counts.items_gone);
  json.field("items_unreadable", counts.items_unreadable);
  json.field("items_changing", counts.items_changing);
}

void say_counts(Session& session, const journal::SnapshotCounts& counts) {
  session.say("cli.backup.counts", {{"new", std::to_string(counts.items_new)},
                                    {"changed", std::to_string(counts.items_changed)},
                                    {"unchanged", std::to_string(counts.items_unchanged)},
                                    {"gone", std::to_string(counts.items_gone)},
                                    {"unreadable", std::to_string(counts.items_unreadable)}});
}

void write_problems(Session& session, const std::string& key, const job::Problems& problems) {
  write_each_problem(session, key, problems, [](const job::Problem& /*problem*/) {});
}

void warn_of_problems(Session& session, std::string_view key, const job::Problems& problems,
                      std::size_t lines_max) {
  warn_of_each_problem(session, key, problems, lines_max,
                       [](const job::Problem& /*problem*/) { return std::string(); });
}

void write_lost_entries(JsonWriter& json, const std::vector<journal::EntryRange>& all) {
  json.begin_array("lost_entries");
  for (const journal::EntryRange& lost : all) {
    json.begin_object();
    json.field("first", lost.first);
    json.field("last", lost.last);
    json.end();
  }
  json.end();
}

void write_made_up(JsonWriter& json, const vault::Business& business) {
  json.field("made_up", business.made_up());
}

void warn_of_made_up(Session& session, const vault::Business& business) {
  if (business.made_up() == 0) return;
  session.warn("cli.made_up", {{"count", std::to_string(business.made_up())}});
}

void write_unread(JsonWriter& json, const job::Unread& unread) {
  json.field("no_content", unread.no_content);
  json.field("unreadable", unread.older);
  json.field("unreadable_folders", unread.folders);
}

void warn_of_unread(Session& session, const job::Unread& unread) {
  const auto note = [&](std::string_view key, std::uint64_t count) {
    if (count > 0) session.note(key, {{"count", std::to_string(count)}});
  };
  note("cli.unread.no_content", unread.no_content);
  note("cli.unread.older", unread.older);
  note("cli.unread.folders", unread.folders);
}

void write_state(JsonWriter& json, const journal::SnapshotBody& body) {
  json.field("complete", body.complete);
  json.field("gap", body.has_gap);
  json.field("paths_only", body.looked_at.has_value());
}

void warn_of_state(Session& session, const catalog::SnapshotRow& snapshot) {
  if (snapshot.body.complete) return;
  session.warn(snapshot.body.has_gap ? "cli.snapshot.gap" : "cli.snapshot.partial",
               {{"number", std::to_string(snapshot.head.number)}});
}

void write_seconds(JsonWriter& json, std::int64_t duration_ns) {
  json.field("seconds", static_cast<double>(duration_ns) / 1e9);
}

std::string geometry_text(int k, int m) {
  return std::to_string(k) + "+" + std::to_string(m);
}

}  // namespace holdfast::app

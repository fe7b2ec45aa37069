// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/report.h"

#include <algorithm>
#include <charconv>

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
  JsonWriter& json = session.json();
  json.field(key + "_total", problems.count);
  json.begin_array(key);
  for (const job::Problem& problem : problems.kept) {
    const std::string name(name_of(problem.error.code));
    json.begin_object();
    json.path("path", problem.path);
    json.field("code", name);
    json.field("what",
               messages::render(session.language(), "error." + name, problem.error.arguments));
    json.end();
  }
  json.end();
}

namespace {

// Items that one line tells of.
std::uint64_t items_of(const job::Problem& problem) {
  const std::string_view items = problem.error.argument("items");
  std::uint64_t count = 1;
  if (problem.error.code == ErrorCode::names_lost) {
    std::from_chars(items.data(), items.data() + items.size(), count);
  }
  return count;
}

}  // namespace

void warn_of_problems(Session& session, std::string_view key, const job::Problems& problems,
                      std::size_t lines_max) {
  const std::size_t shown = std::min(problems.kept.size(), lines_max);
  std::uint64_t told = 0;
  for (std::size_t i = 0; i < shown; ++i) {
    told += items_of(problems.kept[i]);
    Error error = problems.kept[i].error;
    error.where.clear();
    const std::string& path = problems.kept[i].path;
    // The root of the list of items has no path: all items are below it.
    const bool all = path.empty();
    session.warn(key, {{"path", all ? session.text("cli.everything") : path, all},
                       {"what", messages::render_error(session.language(), error), true}});
  }
  if (problems.count > told) {
    session.warn("cli.more_problems", {{"count", std::to_string(problems.count - told)}});
  }
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

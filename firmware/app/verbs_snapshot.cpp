// SPDX-License-Identifier: Apache-2.0
// snapshot list, show, diff, tag.
#include <algorithm>
#include <array>

#include "firmware/app/arguments.h"
#include "firmware/app/holds.h"
#include "firmware/app/item_text.h"
#include "firmware/app/pruned.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/browse.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + escape_path(word);
  return text;
}

// The fields that `list` and `show` share.
void write_row(JsonWriter& json, const catalog::SnapshotRow& row, bool held) {
  json.field("number", row.head.number);
  json.field("id", row.head.digest.hex());
  json.field("time", row.time);
  json.begin_array("tags");
  for (const std::string& tag : row.tags) json.path_element(tag);
  json.end();
  json.field("items", row.body.counts.items);
  json.field("bytes", row.body.counts.bytes);
  json.path("host", row.body.host);
  json.field("hold", held);
  write_state(json, row.body);
}

void print_rows(Session& session, const std::vector<catalog::SnapshotRow>& rows) {
  Table table({{session.text("cli.column.number"), Table::Align::right},
               {session.text("cli.column.time")},
               {session.text("cli.column.items"), Table::Align::right},
               {session.text("cli.column.size"), Table::Align::right},
               {session.text("cli.column.complete")},
               {session.text("cli.column.host")},
               {session.text("cli.column.tags")}});
  for (const catalog::SnapshotRow& row : rows) {
    table.add({std::to_string(row.head.number), time_text(row.time),
               std::to_string(row.body.counts.items), size_text(row.body.counts.bytes),
               session.text(row.body.complete ? "cli.yes" : "cli.no"), escape_path(row.body.host),
               joined(row.tags)});
  }
  table.print(session.out());
}

struct SnapshotPair {
  catalog::SnapshotRow before;
  catalog::SnapshotRow after;
};

Result<void> for_each_change(Session& session, vault::Business& business, const SnapshotPair& pair,
                             const job::VisitChange& visit) {
  return job::compare_snapshots(business, pair.before, pair.after, &session.stop(), visit);
}

// As `ls` marks what is kept although it is gone.
std::string_view mark_of(job::Change change, const vault::Item& item) {
  if (item.is_gone()) return "†";
  switch (change) {
    case job::Change::added:
      return "+";
    case job::Change::removed:
    case job::Change::passed:
      return "-";
    case job::Change::changed:
      return "~";
  }
  return "?";
}

Result<void> write_gone(Session& session, vault::Business& business, const SnapshotPair& pair,
                        std::uint64_t& count) {
  JsonWriter& json = session.json();
  json.begin_array("gone");
  HF_TRY(for_each_change(session, business, pair,
                         [&](job::Change /*change*/, const vault::Item& item) -> Result<void> {
                           if (!item.is_gone()) return {};
                           ++count;
                           json.begin_object();
                           json.path("path", item.path);
                           json.field("since", item.gone_since);
                           json.end();
                           return session.output().write({});
                         }));
  json.end();
  return {};
}

// One walk for each list: the paths of a difference may be more than fits in memory.
Result<void> write_changes(Session& session, vault::Business& business, const SnapshotPair& pair) {
  struct List {
    job::Change change;
    const char* key;
    std::uint64_t count = 0;
  };
  JsonWriter& json = session.json();
  json.field("before", pair.before.head.number);
  json.field("after", pair.after.head.number);
  std::array<List, 3> lists = {{{job::Change::added, "added"},
                                {job::Change::removed, "removed"},
                                {job::Change::changed, "changed"}}};
  for (List& list : lists) {
    json.begin_array(list.key);
    HF_TRY(for_each_change(session, business, pair,
                           [&](job::Change change, const vault::Item& item) -> Result<void> {
                             if (change != list.change) return {};
                             ++list.count;
                             json.path_element(item.path);
                             return session.output().write({});
                           }));
    json.end();
  }
  std::uint64_t gone = 0;
  HF_TRY(write_gone(session, business, pair, gone));
  json.begin_object("counts");
  for (const List& list : lists) json.field(list.key, list.count);
  json.field("gone", gone);
  json.end();
  return {};
}

Result<catalog::SnapshotRow> find(Session& session, vault::Business& business,
                                  const std::string& text) {
  HF_TRY(const auto selector, parse_snapshot(text, session.language()));
  return business.find_snapshot(selector);
}

void write_looked_at(JsonWriter& json, const journal::SnapshotBody& body) {
  if (!body.looked_at) return;
  json.begin_array("paths");
  for (const std::string& path : body.looked_at->paths) json.path_element(path);
  json.end();
  write_time(json, "whole_started", body.looked_at->whole_started);
}

void write_snapshot(JsonWriter& json, const catalog::SnapshotRow& row,
                    const std::vector<catalog::HoldRow>& holds) {
  write_row(json, row, !holds.empty());
  json.field("started", row.body.started);
  if (row.body.finished.ns == 0) {
    json.null("finished");
  } else {
    json.field("finished", row.body.finished);
  }
  write_counts(json, row.body.counts);
  write_looked_at(json, row.body);
  write_holds(json, holds, {});
}

// The number of the tag's entry, or the snapshot's if it has the tag already.
Result<std::uint64_t> give_tag(vault::Business& business, const catalog::SnapshotRow& row,
                               const std::string& tag) {
  if (std::ranges::find(row.tags, tag) != row.tags.end()) return row.head.number;
  HF_TRY(const journal::Head head, business.tag_snapshot(row, tag));
  return head.number;
}

}  // namespace

Result<ExitCode> run_snapshot_list(Session& session, const NameOptions& options) {
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const auto rows, business->snapshots());
  HF_TRY(const auto holds, business->holds());
  HF_TRY(const Prunes prunes, load_prunes(*business));
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.begin_array("snapshots");
    for (const catalog::SnapshotRow& row : rows) {
      json.begin_object();
      write_row(json, row, is_held(holds, row.head));
      json.field("pruned", prunes.touched(row.head.number));
      json.end();
    }
    json.end();
    write_prunes(json, prunes);
  } else {
    print_rows(session, rows);
    say_prunes(session, prunes);
  }
  return ExitCode::done;
}

Result<ExitCode> run_snapshot_show(Session& session, const NameOptions& options) {
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(auto row, find(session, *business, options.snapshot));
  HF_TRY(auto holds, business->holds());
  std::erase_if(holds, [&](const auto& hold) { return !is_held({hold}, row.head); });
  if (options.masked) hide_names(holds);
  if (session.wants_json()) {
    if (options.masked && row.body.looked_at) row.body.looked_at->paths.clear();
    write_snapshot(session.json(), row, holds);
    return ExitCode::done;
  }
  print_rows(session, {row});
  say_counts(session, row.body.counts);
  if (const auto& looked_at = row.body.looked_at) {
    session.say("cli.snapshot.paths_only", {{"paths", std::to_string(looked_at->paths.size())},
                                            {"time", time_text(looked_at->whole_started)}});
  }
  say_holds(session, holds);
  return ExitCode::done;
}

Result<ExitCode> run_snapshot_diff(Session& session, const SnapshotDiffOptions& options) {
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  SnapshotPair pair;
  HF_TRY(pair.before, find(session, *business, options.before));
  HF_TRY(pair.after, find(session, *business, options.after));
  if (session.wants_json()) {
    HF_TRY(write_changes(session, *business, pair));
    return ExitCode::done;
  }
  HF_TRY(
      for_each_change(session, *business, pair, [&](job::Change change, const vault::Item& item) {
        return session.output().write(std::string(mark_of(change, item)) + " " +
                                      escape_path(item.path) + gone_text(session.language(), item) +
                                      "\n");
      }));
  return ExitCode::done;
}

Result<ExitCode> run_snapshot_tag(Session& session, const SnapshotTagOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(check_tag(options.tag, session.language()));
  HF_TRY(const auto selector, parse_snapshot(options.snapshot, session.language()));
  const auto access = options.dry_run ? vault::Access::read : vault::Access::write;
  HF_TRY(const auto business, session.open_business(options.name, access));
  HF_TRY(const auto row, business->find_snapshot(selector));
  if (options.dry_run) {
    HF_TRY(business->pool().writable());
    HF_TRY(business->journal().writable());
    HF_TRY(business->box().check_newest());
  } else {
    HF_TRY(const std::uint64_t number, give_tag(*business, row, options.tag));
    session.set_committed(number, business->warnings());
  }
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.field("snapshot", row.head.number);
    json.field("tag", options.tag);
    session.write_committed();
  }
  session.say(options.dry_run ? "cli.snapshot.would_tag" : "cli.snapshot.tagged",
              {{"number", std::to_string(row.head.number)}, {"tag", options.tag}});
  return ExitCode::done;
}

}  // namespace holdfast::app

// SPDX-License-Identifier: Apache-2.0
// snapshot list, show, diff, tag.
#include <array>

#include "firmware/app/arguments.h"
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
void write_row(JsonWriter& json, const catalog::SnapshotRow& row) {
  json.field("number", row.head.number);
  json.field("id", row.head.digest.hex());
  json.field("time", row.time);
  json.begin_array("tags");
  for (const std::string& tag : row.tags) json.path_element(tag);
  json.end();
  json.field("items", row.body.counts.items);
  json.field("bytes", row.body.counts.bytes);
  json.path("host", row.body.host);
  json.field("hold", false);
  json.field("complete", row.body.complete);
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

// What kind of difference it is; none for a folder that differs only in its times or its place on
// the source's disk, as every folder does whose contents changed.
enum class Change { none, added, removed, changed };

bool looks_the_same(const vault::Item& before, const vault::Item& after) {
  return before.mode == after.mode && before.uid == after.uid && before.gid == after.gid &&
         before.attributes == after.attributes && before.is_gone() == after.is_gone();
}

Change change_of(const vault::Item* before, const vault::Item* after) {
  if (before == nullptr) return Change::added;
  if (after == nullptr) return Change::removed;
  const bool folders =
      before->type == ports::FileType::directory && after->type == ports::FileType::directory;
  return folders && looks_the_same(*before, *after) ? Change::none : Change::changed;
}

using VisitChange = std::function<Result<void>(Change change, const std::string& path)>;

struct SnapshotPair {
  catalog::SnapshotRow before;
  catalog::SnapshotRow after;
};

Result<void> for_each_change(vault::Business& business, const SnapshotPair& pair,
                             const VisitChange& visit) {
  return job::compare_snapshots(
      business, pair.before, pair.after,
      [&](const vault::Item* before, const vault::Item* after) -> Result<void> {
        const Change change = change_of(before, after);
        if (change == Change::none) return {};
        return visit(change, after == nullptr ? before->path : after->path);
      });
}

// One walk for each list: the paths of a difference may be more than fits in memory.
Result<void> write_changes(Session& session, vault::Business& business, const SnapshotPair& pair) {
  struct List {
    Change change;
    const char* key;
    std::uint64_t count = 0;
  };
  JsonWriter& json = session.json();
  json.field("before", pair.before.head.number);
  json.field("after", pair.after.head.number);
  std::array<List, 3> lists = {
      {{Change::added, "added"}, {Change::removed, "removed"}, {Change::changed, "changed"}}};
  for (List& list : lists) {
    json.begin_array(list.key);
    HF_TRY(for_each_change(business, pair,
                           [&](Change change, const std::string& path) -> Result<void> {
                             if (change != list.change) return {};
                             ++list.count;
                             json.path_element(path);
                             return session.output().write({});
                           }));
    json.end();
  }
  json.begin_object("counts");
  for (const List& list : lists) json.field(list.key, list.count);
  json.end();
  return {};
}

Result<catalog::SnapshotRow> find(Session& session, vault::Business& business,
                                  const std::string& text) {
  HF_TRY(const auto selector, parse_snapshot(text, session.language()));
  return business.find_snapshot(selector);
}

void write_snapshot(JsonWriter& json, const catalog::SnapshotRow& row) {
  const journal::SnapshotCounts& counts = row.body.counts;
  write_row(json, row);
  json.field("started", row.body.started);
  json.field("finished", row.body.finished);
  json.field("items_new", counts.items_new);
  json.field("items_changed", counts.items_changed);
  json.field("items_unchanged", counts.items_unchanged);
  json.field("items_gone", counts.items_gone);
  json.field("items_unreadable", counts.items_unreadable);
  json.field("items_changing", counts.items_changing);
}

}  // namespace

Result<ExitCode> run_snapshot_list(Session& session, const NameOptions& options) {
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const auto rows, business->snapshots());
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.begin_array("snapshots");
    for (const catalog::SnapshotRow& row : rows) {
      json.begin_object();
      write_row(json, row);
      json.end();
    }
    json.end();
  } else {
    print_rows(session, rows);
  }
  return ExitCode::done;
}

Result<ExitCode> run_snapshot_show(Session& session, const NameOptions& options) {
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const auto row, find(session, *business, options.snapshot));
  if (session.wants_json()) {
    write_snapshot(session.json(), row);
    return ExitCode::done;
  }
  const journal::SnapshotCounts& counts = row.body.counts;
  print_rows(session, {row});
  session.say("cli.backup.counts", {{"new", std::to_string(counts.items_new)},
                                    {"changed", std::to_string(counts.items_changed)},
                                    {"unchanged", std::to_string(counts.items_unchanged)},
                                    {"gone", std::to_string(counts.items_gone)},
                                    {"unreadable", std::to_string(counts.items_unreadable)}});
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
  HF_TRY(for_each_change(*business, pair, [&](Change change, const std::string& path) {
    const char* mark = change == Change::added ? "+ " : change == Change::removed ? "- " : "~ ";
    return session.output().write(mark + escape_path(path) + "\n");
  }));
  return ExitCode::done;
}

Result<ExitCode> run_snapshot_tag(Session& session, const SnapshotTagOptions& options) {
  session.set_committed(false);
  HF_TRY(check_tag(options.tag, session.language()));
  HF_TRY(const auto selector, parse_snapshot(options.snapshot, session.language()));
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::write));
  HF_TRY(const auto row, business->find_snapshot(selector));
  HF_TRY(const journal::Head head, business->tag_snapshot(row, options.tag));
  session.set_committed(true, head.number);
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.field("snapshot", row.head.number);
    json.field("tag", options.tag);
    session.write_committed();
  }
  session.say("cli.snapshot.tagged",
              {{"number", std::to_string(row.head.number)}, {"tag", options.tag}});
  return ExitCode::done;
}

}  // namespace holdfast::app

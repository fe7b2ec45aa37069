// SPDX-License-Identifier: Apache-2.0
// ls, cat, find: looking without restoring. Output leaves as it is made, so that a million items
// cost no memory and the first byte of a recording comes at once.
#include "firmware/app/arguments.h"
#include "firmware/app/item_text.h"
#include "firmware/app/pruned.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/browse.h"
#include "firmware/vault/loss.h"

namespace holdfast::app {

namespace {

using Browse = std::function<Result<job::Problems>(const job::VisitItem&)>;
using BrowsePruned = std::function<Result<void>(const job::VisitPruned&)>;

Result<void> print_pruned(Session& session, const BrowsePruned& browse) {
  if (!session.wants_json()) {
    return browse([&](const catalog::DeletedRow& row) {
      return session.output().write(pruned_line(session, row));
    });
  }
  session.json().begin_array("pruned");
  HF_TRY(browse([&](const catalog::DeletedRow& row) -> Result<void> {
    write_pruned(session.json(), row);
    return session.output().write({});
  }));
  session.json().end();
  return {};
}

// Runs `browse` with a visitor that prints each item in the form that was asked for, and then the
// same for what was pruned.
Result<ExitCode> print_items(Session& session, const catalog::SnapshotRow& snapshot,
                             const Browse& browse, const BrowsePruned& browse_pruned) {
  warn_of_state(session, snapshot);
  job::Problems lost;
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.field("snapshot", snapshot.head.number);
    write_state(json, snapshot.body);
    json.begin_array("items");
    HF_TRY(lost, browse([&](const vault::Item& item) -> Result<void> {
             write_item(json, item);
             return session.output().write({});
           }));
    json.end();
    HF_TRY(print_pruned(session, browse_pruned));
    if (lost.count > 0) write_problems(session, "lost", lost);
  } else {
    HF_TRY(lost, browse([&](const vault::Item& item) -> Result<void> {
             return session.output().write(item_line(session.language(), item) + "\n");
           }));
    HF_TRY(print_pruned(session, browse_pruned));
    warn_of_problems(session, "cli.lost", lost);
  }
  return lost.count > 0 ? ExitCode::lost : ExitCode::done;
}

}  // namespace

Result<ExitCode> run_ls(Session& session, const ListOptions& options) {
  HF_TRY(const ListPlace place, parse_list_place(options.where, session.language()));
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const auto snapshot, business->find_snapshot(place.snapshot));
  const auto browse = [&](const job::VisitItem& visit) -> Result<job::Problems> {
    auto lost =
        job::list_items(*business, snapshot, place.path, options.recursive, &session.stop(), visit);
    if (!lost) return explain_missing(*business, std::move(lost.error()));
    return lost;
  };
  return print_items(session, snapshot, browse, [&](const job::VisitPruned& visit) {
    return job::list_pruned(*business, snapshot, place.path, options.recursive, &session.stop(),
                            visit);
  });
}

Result<ExitCode> run_find(Session& session, const FindOptions& options) {
  HF_TRY(const std::string pattern, parse_pattern(options.pattern, session.language()));
  HF_TRY(const auto selector, parse_snapshot(options.snapshot, session.language()));
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const auto snapshot, business->find_snapshot(selector));
  const auto browse = [&](const job::VisitItem& visit) {
    return job::find_items(*business, snapshot, pattern, &session.stop(), visit);
  };
  return print_items(session, snapshot, browse, [&](const job::VisitPruned& visit) {
    return job::find_pruned(*business, pattern, &session.stop(), visit);
  });
}

Result<ExitCode> run_cat(Session& session, const ItemOptions& options) {
  HF_TRY(const std::string path, parse_item_path(options.path, session.language()));
  HF_TRY(const auto selector, parse_snapshot(options.snapshot, session.language()));
  job::ByteRange range;
  HF_TRY(range.offset, parse_count(options.from_byte, "--from-byte", 0, session.language()));
  HF_TRY(range.length, parse_count(options.bytes, "--bytes", range.length, session.language()));
  HF_TRY(check_reason(options.reason, session.language()));
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const auto snapshot, business->find_snapshot(selector));
  warn_of_state(session, snapshot);
  auto printed =
      job::print_item(*business, snapshot, path, range, &session.stop(),
                      [&](ByteView bytes) { return session.output().write(text_of(bytes)); });
  if (!printed) {
    // Content that does not come back is lost, whatever the store called what it met.
    printed.error().data_loss |= vault::is_loss(printed.error());
    return explain_missing(*business, std::move(printed.error()));
  }
  return ExitCode::done;
}

}  // namespace holdfast::app
